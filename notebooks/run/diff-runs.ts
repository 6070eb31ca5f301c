/** What changed between two runs of a notebook. Browser-safe: pure functions only. */
import { diffKeptRows, type RowsDiff } from "../hunt/kept-rows.ts";
import type { CellRecord, RunRecord } from "./run-record.ts";

export interface ChangedText {
  readonly before: string;
  readonly after: string;
}

export interface DatasetDiff {
  readonly dataset: string;
  /** `new`: only the later run read it; `gone`: only the earlier one did. */
  readonly kind: "changed" | "new" | "gone";
  readonly versionBefore: number | null;
  readonly versionAfter: number | null;
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
}

export interface ParameterDiff {
  readonly name: string;
  /** As JSON; null where that run had no such parameter. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface CellDiff {
  readonly id: number;
  readonly name: string;
  /**
   * `unsure`: one of the two gave no complete result, or neither kept enough, so that nothing can be said of its rows.
   */
  readonly kind: "same" | "changed" | "new" | "gone" | "unsure";
  /** Whether the cell asked another question: its SQL or its values. */
  readonly questionChanged: boolean;
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
  readonly rows: RowsDiff | null;
  /** Why it is unsure; empty otherwise. */
  readonly message: string;
}

export interface RunDiff {
  /** The same answer: every cell gave the same complete rows, whatever else changed. */
  readonly same: boolean;
  readonly engine: ChangedText | null;
  readonly spoor: ChangedText | null;
  readonly datasets: readonly DatasetDiff[];
  readonly parameters: readonly ParameterDiff[];
  /** All cells that either run had, in the later one's order. */
  readonly cells: readonly CellDiff[];
}

/** Compares a run with an earlier one. `diffRuns(a, a)` is the same unless a cell of it was not complete. */
export async function diffRuns(before: RunRecord, after: RunRecord): Promise<RunDiff> {
  const cells = await diffCells(before.cells, after.cells);
  return {
    same: cells.every(({ kind }) => kind === "same"),
    engine: changedText(before.engineVersion, after.engineVersion),
    spoor: changedText(before.spoorVersion, after.spoorVersion),
    datasets: diffDatasets(before.datasets, after.datasets),
    parameters: diffParameters(before.parameters, after.parameters),
    cells,
  };
}

/** One line for each thing that changed, as plain text; empty when nothing did. */
export function diffLines(diff: RunDiff): string[] {
  const lines: string[] = [];
  if (diff.engine) lines.push(`engine: DuckDB ${diff.engine.before} -> ${diff.engine.after}`);
  if (diff.spoor) lines.push(`Spoor: ${diff.spoor.before} -> ${diff.spoor.after}`);
  for (const { dataset, kind, rowsBefore, rowsAfter } of diff.datasets) {
    if (kind === "changed")
      lines.push(`data: ${dataset} has other data (${rowsBefore} -> ${rowsAfter} rows)`);
    else lines.push(`data: ${dataset} is ${kind === "new" ? "read now and was not" : "not read any more"}`);
  }
  for (const { name, before, after } of diff.parameters)
    lines.push(`parameter ${name}: ${before ?? "none"} -> ${after ?? "none"}`);
  for (const cell of diff.cells) {
    const name = `cell ${cell.id}${cell.name === "" ? "" : ` (${cell.name})`}`;
    if (cell.questionChanged) lines.push(`${name}: asks another question`);
    if (cell.kind === "new" || cell.kind === "gone") lines.push(`${name}: is ${cell.kind}`);
    if (cell.kind === "unsure") lines.push(`${name}: cannot be compared: ${cell.message}`);
    if (cell.kind !== "changed" || cell.rows === null) continue;
    const { added, removed, comparable } = cell.rows;
    lines.push(
      comparable
        ? `${name}: ${added} rows added, ${removed} removed (${cell.rowsBefore} -> ${cell.rowsAfter})`
        : `${name}: other rows (${cell.rowsBefore} -> ${cell.rowsAfter}); too many to be told apart`,
    );
  }
  return lines;
}

function changedText(before: string, after: string): ChangedText | null {
  return before === after ? null : { before, after };
}

function diffDatasets(before: RunRecord["datasets"], after: RunRecord["datasets"]): DatasetDiff[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((dataset): DatasetDiff[] => {
    const [old, now] = [before[dataset], after[dataset]];
    if (old && now && old.hash === now.hash) return [];
    return [
      {
        dataset,
        kind: old && now ? "changed" : now ? "new" : "gone",
        versionBefore: old?.version ?? null,
        versionAfter: now?.version ?? null,
        rowsBefore: old?.rowCount ?? null,
        rowsAfter: now?.rowCount ?? null,
      },
    ];
  });
}

function diffParameters(before: RunRecord["parameters"], after: RunRecord["parameters"]): ParameterDiff[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const text = (of: RunRecord["parameters"], name: string) =>
    Object.hasOwn(of, name) ? JSON.stringify(of[name]) : null;
  return names.flatMap((name) => {
    const [old, now] = [text(before, name), text(after, name)];
    return old === now ? [] : [{ name, before: old, after: now }];
  });
}

async function diffCells(
  before: readonly CellRecord[],
  after: readonly CellRecord[],
): Promise<readonly CellDiff[]> {
  const old = new Map(before.map((cell) => [cell.id, cell]));
  const present = new Set(after.map(({ id }) => id));
  const kept = await Promise.all(
    after.map((cell) => {
      const earlier = old.get(cell.id);
      return earlier ? diffCell(earlier, cell) : Promise.resolve(lone(cell, "new"));
    }),
  );
  return [...kept, ...before.filter(({ id }) => !present.has(id)).map((cell) => lone(cell, "gone"))];
}

async function diffCell(before: CellRecord, after: CellRecord): Promise<CellDiff> {
  const base = {
    id: after.id,
    name: after.name,
    questionChanged:
      before.sqlHash !== after.sqlHash ||
      JSON.stringify(sorted(before.parameters)) !== JSON.stringify(sorted(after.parameters)),
    rowsBefore: before.rowCount,
    rowsAfter: after.rowCount,
  };
  const unfit = [before, after].map((cell, at) => {
    const which = at === 0 ? "the earlier" : "the later";
    if (cell.state !== "done") return `${which} run gave no result (${cell.message || cell.state})`;
    return cell.complete ? "" : `${which} result is not complete`;
  });
  const message = unfit.filter(Boolean).join("; ");
  if (message !== "") return { ...base, kind: "unsure", rows: null, message };
  if (before.dataHash === after.dataHash) return { ...base, kind: "same", rows: null, message: "" };
  return { ...base, kind: "changed", rows: await diffKeptRows(before, after), message: "" };
}

function lone(cell: CellRecord, kind: "new" | "gone"): CellDiff {
  return {
    id: cell.id,
    name: cell.name,
    kind,
    questionChanged: false,
    rowsBefore: kind === "gone" ? cell.rowCount : null,
    rowsAfter: kind === "new" ? cell.rowCount : null,
    rows: null,
    message: "",
  };
}

function sorted(parameters: CellRecord["parameters"]): readonly (readonly [string, unknown])[] {
  return Object.entries(parameters).sort(([left], [right]) => (left < right ? -1 : 1));
}
