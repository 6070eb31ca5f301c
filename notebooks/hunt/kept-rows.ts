/** Rows that are kept beside a query, and how two sets of rows differ. Browser-safe: uses Web Crypto only. */
import { sha256 } from "./data-hash.ts";
import { KEPT_ROW_HASHES, KEPT_ROWS } from "./hunt-record.ts";

/** Rows that are larger than this together, as JSON, are kept as hashes. */
const KEPT_CHARACTERS = 64 * 1024;
/** Differing rows that a comparison shows. */
const SHOWN_ROWS = 100;

type PlainRow = Readonly<Record<string, unknown>>;
interface NamedColumn {
  readonly name: string;
  readonly type: string;
}

/** What is kept of a result: the rows where they are few, else a hash for each, else only their number. */
export interface KeptRows {
  readonly columns: readonly NamedColumn[];
  readonly rowCount: number;
  readonly rows: readonly PlainRow[];
  readonly rowHashes: readonly string[];
}

/** How the rows of a later result differ from those of an earlier one, both as multisets. */
export interface RowsDiff {
  /** False where one side kept too little: then only the numbers of rows are known. */
  readonly comparable: boolean;
  readonly added: number;
  readonly removed: number;
  /** The first hundred rows of each, where their values are known. */
  readonly addedRows: readonly PlainRow[];
  readonly removedRows: readonly PlainRow[];
  readonly columnsAdded: readonly string[];
  readonly columnsRemoved: readonly string[];
}

/** A row as text: the JSON of its values in column order. Equal texts mean equal rows. */
export function rowText(columns: readonly { readonly name: string }[], row: PlainRow): string {
  return JSON.stringify(columns.map(({ name }) => row[name] ?? null));
}

/** The first 16 hexadecimal digits of each row's SHA-256, over its column names and values. */
export function rowKeys(columns: readonly NamedColumn[], rows: readonly PlainRow[]): Promise<string[]> {
  const head = JSON.stringify(columns.map(({ name }) => name));
  return Promise.all(
    rows.map(async (row) => (await sha256(`${head}\n${rowText(columns, row)}`)).slice(0, 16)),
  );
}

/** Keeps of a result what a record may hold. `whole` keeps the rows themselves up to KEPT_ROWS whatever their size. */
export async function keepRows(
  columns: readonly NamedColumn[],
  rows: readonly PlainRow[],
  whole = false,
): Promise<KeptRows> {
  const plain = columns.map(({ name, type }) => ({ name, type }));
  const kept = { columns: plain, rowCount: rows.length };
  if (rows.length <= KEPT_ROWS && (whole || JSON.stringify(rows).length <= KEPT_CHARACTERS))
    return { ...kept, rows, rowHashes: [] };
  if (rows.length <= KEPT_ROW_HASHES) return { ...kept, rows: [], rowHashes: await rowKeys(columns, rows) };
  return { ...kept, rows: [], rowHashes: [] };
}

/** Compares two kept results. The order of rows does not matter. */
export async function diffKeptRows(before: KeptRows, after: KeptRows): Promise<RowsDiff> {
  const names = (kept: KeptRows) => kept.columns.map(({ name }) => name);
  const columnsAdded = names(after).filter((name) => !names(before).includes(name));
  const columnsRemoved = names(before).filter((name) => !names(after).includes(name));
  const [old, fresh] = await Promise.all([keysOf(before), keysOf(after)]);
  const rest = { columnsAdded, columnsRemoved };
  if (old === null || fresh === null) {
    const [added, removed] = [
      Math.max(0, after.rowCount - before.rowCount),
      Math.max(0, before.rowCount - after.rowCount),
    ];
    return { comparable: false, added, removed, addedRows: [], removedRows: [], ...rest };
  }
  const addedAt = missingIn(fresh, old);
  const removedAt = missingIn(old, fresh);
  return {
    comparable: true,
    added: addedAt.length,
    removed: removedAt.length,
    addedRows: rowsAt(after.rows, addedAt),
    removedRows: rowsAt(before.rows, removedAt),
    ...rest,
  };
}

/** Indices in `these` of what `others` has not, counting repetitions. */
export function missingIn(these: readonly string[], others: readonly string[]): number[] {
  const left = new Map<string, number>();
  for (const key of others) left.set(key, (left.get(key) ?? 0) + 1);
  return these.flatMap((key, at) => {
    const count = left.get(key) ?? 0;
    if (count === 0) return [at];
    left.set(key, count - 1);
    return [];
  });
}

function rowsAt(rows: readonly PlainRow[], places: readonly number[]): PlainRow[] {
  return places
    .slice(0, SHOWN_ROWS)
    .map((at) => rows[at])
    .filter((row) => row !== undefined);
}

async function keysOf(kept: KeptRows): Promise<readonly string[] | null> {
  if (kept.rows.length === kept.rowCount) return rowKeys(kept.columns, kept.rows);
  return kept.rowHashes.length === kept.rowCount ? kept.rowHashes : null;
}
