/** Where the entities of a dataset are. Browser-safe: types parsed, nothing read. */
import { ENTITY_KINDS, type EntityField, type EntityKind } from "../../connectors/source/source.ts";
import { type ColumnType, parseColumnType } from "../catalog/column-type.ts";
import { kindsByName } from "./field-kinds.ts";

/** What must be known of a dataset to ask it about an entity; the catalog's entries are such. */
export interface EntityDataset {
  readonly name: string;
  readonly source: string;
  /** `source` for data brought in, `spoor` for what Spoor records. */
  readonly origin: "source" | "spoor";
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly entity: string | null;
  }[];
  /** What the source declares, nested paths included; absent where nothing is known of a declaration. */
  readonly entities?: readonly EntityField[];
}

/** One field that holds entities of one kind. */
export interface FoundField {
  readonly kind: EntityKind;
  /** As a person writes it: `event_data.User`. */
  readonly path: string;
  readonly column: string;
  /** Type of the whole column. */
  readonly type: ColumnType;
  /** Names below the column, outermost first. */
  readonly below: readonly string[];
  /** True where the source's definition says so, false where the field's name does. */
  readonly declared: boolean;
}

const DEEPEST = 5;
const MOST_LEAVES = 400;
const OWN_COLUMNS: ReadonlySet<string> = new Set(["_time", "_ingested", "_file", "_line"]);

/** The type below a path of names, lists looked through; null where the path leads nowhere. JSON takes any path. */
function typeBelow(type: ColumnType, below: readonly string[]): ColumnType | null {
  let at = type;
  for (const name of below) {
    while (at.kind === "list" || at.kind === "array") at = at.item;
    if (at.kind === "scalar" && at.name === "JSON") return at;
    if (at.kind !== "struct") return null;
    const exact = at.fields.find((field) => field.name === name);
    const field = exact ?? at.fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (field === undefined) return null;
    at = field.type;
  }
  return at;
}

/** True where a value of the type is one text or number, or a list of them. */
function isLeaf(type: ColumnType): boolean {
  let at = type;
  while (at.kind === "list" || at.kind === "array") at = at.item;
  if (at.kind === "enum") return true;
  if (at.kind !== "scalar") return false;
  return !/^(?:BLOB|BIT|DATE|TIME|TIMESTAMP|INTERVAL|BOOLEAN|FLOAT|DOUBLE)/.test(at.name);
}

/** True where a value of the type is text, or a list of texts: only such fields are told by their name. */
function isText(type: ColumnType): boolean {
  let at = type;
  while (at.kind === "list" || at.kind === "array") at = at.item;
  return at.kind === "enum" || (at.kind === "scalar" && (at.name === "VARCHAR" || at.name === "UUID"));
}

interface Leaf {
  readonly below: readonly string[];
  readonly type: ColumnType;
}

function leavesOf(type: ColumnType, below: readonly string[], found: Leaf[]): void {
  if (below.length > DEEPEST || found.length >= MOST_LEAVES) return;
  let at = type;
  while (at.kind === "list" || at.kind === "array") at = at.item;
  if (at.kind !== "struct") {
    if (isLeaf(type)) found.push({ below, type });
    return;
  }
  for (const field of at.fields) leavesOf(field.type, [...below, field.name], found);
}

function safeType(text: string): ColumnType | null {
  try {
    return parseColumnType(text);
  } catch {
    return null;
  }
}

/** Where a declared path leads: a column of that very name first, else the longest name before a dot. */
function resolvePath(
  columns: ReadonlyMap<string, { readonly name: string; readonly type: ColumnType }>,
  path: string,
): Omit<FoundField, "kind" | "declared"> | null {
  const parts = path.split(".");
  for (let count = parts.length; count > 0; count -= 1) {
    const name = parts.slice(0, count).join(".");
    const column = columns.get(name) ?? columns.get(name.toLowerCase());
    if (column === undefined) continue;
    const below = parts.slice(count);
    const type = typeBelow(column.type, below);
    if (type === null || !isLeaf(type)) return null;
    return { path, column: column.name, type: column.type, below };
  }
  return null;
}

/** True for the datasets that keep entities in one JSON column, `{column of the rule: value}`. */
export function hasEntityRecords(dataset: EntityDataset): boolean {
  return (
    dataset.origin === "spoor" &&
    dataset.columns.some((column) => column.name === "entities" && column.type === "JSON")
  );
}

/** True for the dataset of notes that people left on entities. */
export function isAnnotations(dataset: EntityDataset): boolean {
  return dataset.origin === "spoor" && dataset.name === "annotations";
}

/**
 * Every field of the dataset that holds entities: what its source declares, then what its names say. A field may be of
 * several kinds (an image path is a file and says which process), so it may come more than once.
 */
export function entityFieldsOf(dataset: EntityDataset): readonly FoundField[] {
  const known = FIELDS.get(dataset);
  if (known !== undefined) return known;
  const found = findFields(dataset);
  FIELDS.set(dataset, found);
  return found;
}

/** A dataset's entry does not change, and its types take longer to read than a list of values to ask about. */
const FIELDS = new WeakMap<EntityDataset, readonly FoundField[]>();

function findFields(dataset: EntityDataset): FoundField[] {
  if (dataset.origin === "spoor") return [];
  const columns = new Map<string, { readonly name: string; readonly type: ColumnType }>();
  for (const { name, type } of dataset.columns) {
    const parsed = safeType(type);
    if (parsed === null || OWN_COLUMNS.has(name)) continue;
    columns.set(name, { name, type: parsed });
    if (!columns.has(name.toLowerCase())) columns.set(name.toLowerCase(), { name, type: parsed });
  }
  const found = new Map<string, FoundField>();
  const put = (field: FoundField) => {
    const key = JSON.stringify([field.kind, field.column, ...field.below]);
    if (!found.has(key)) found.set(key, field);
  };
  const declared: readonly EntityField[] = [
    ...(dataset.entities ?? []),
    ...dataset.columns.flatMap(({ name, entity }) =>
      (ENTITY_KINDS as readonly (string | null)[]).includes(entity)
        ? [{ kind: entity as EntityKind, field: name }]
        : [],
    ),
  ];
  for (const { kind, field } of declared) {
    const resolved = resolvePath(columns, field);
    if (resolved !== null) put({ ...resolved, kind, declared: true });
  }
  for (const column of new Set(columns.values())) {
    const leaves: Leaf[] = [];
    leavesOf(column.type, [], leaves);
    for (const leaf of leaves) {
      if (!isText(leaf.type)) continue;
      const path = [column.name, ...leaf.below].join(".");
      for (const kind of kindsByName(path))
        put({ kind, path, column: column.name, type: column.type, below: leaf.below, declared: false });
    }
  }
  return [...found.values()];
}

/** The fields of the dataset that can hold an entity of this kind, declared ones first. */
export function fieldsOfKind(dataset: EntityDataset, kind: EntityKind): FoundField[] {
  return entityFieldsOf(dataset).filter((field) => field.kind === kind);
}

/** True where the dataset can be asked about an entity of this kind. */
export function canAnswer(dataset: EntityDataset, kind: EntityKind): boolean {
  return hasEntityRecords(dataset) || isAnnotations(dataset) || fieldsOfKind(dataset, kind).length > 0;
}
