/** Joins two changes of one JSON value. Browser-safe: pure functions only. */

/** Texts that people write: when both changed one, both are kept, one below the other. */
const FREE_TEXTS: ReadonlySet<string> = new Set([
  "hypothesis",
  "actor",
  "behaviour",
  "location",
  "evidence",
  "refutation",
  "conclusion",
  "note",
  "reference",
]);

/**
 * Three-way merge of JSON values. Objects are merged by key, lists of objects that have an `id` by that id, lists of
 * texts as sets. Where both changed the same thing, a free text (by the name of its field) keeps both and anything else
 * is `mine`. Laws: a side that changed nothing gives way; equal changes are one change.
 */
export function mergeRecord(base: unknown, mine: unknown, theirs: unknown, field = ""): unknown {
  if (same(mine, theirs) || same(theirs, base)) return mine;
  if (same(mine, base)) return theirs;
  if (isObject(mine) && isObject(theirs)) return mergeObjects(isObject(base) ? base : {}, mine, theirs);
  if (Array.isArray(mine) && Array.isArray(theirs))
    return mergeLists(Array.isArray(base) ? base : [], mine, theirs);
  if (typeof mine === "string" && typeof theirs === "string" && FREE_TEXTS.has(field)) {
    if (theirs.includes(mine)) return theirs;
    if (mine.includes(theirs)) return mine;
    return [theirs, mine].filter((text) => text.trim() !== "").join("\n");
  }
  return mine;
}

type JsonObject = Readonly<Record<string, unknown>>;

function mergeObjects(base: JsonObject, mine: JsonObject, theirs: JsonObject): JsonObject {
  const merged: Record<string, unknown> = Object.create(null);
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const [was, here, there] = [base, mine, theirs].map((side) =>
      Object.hasOwn(side, key) ? side[key] : undefined,
    );
    const value = mergePresence(was, here, there, key);
    if (value !== undefined) merged[key] = value;
  }
  return Object.fromEntries(Object.entries(merged));
}

/** One side took it away: that holds, unless the other one changed it meanwhile. */
function mergePresence(base: unknown, mine: unknown, theirs: unknown, field: string): unknown {
  if (mine === undefined) return base !== undefined && same(theirs, base) ? undefined : theirs;
  if (theirs === undefined) return base !== undefined && same(mine, base) ? undefined : mine;
  return mergeRecord(base, mine, theirs, field);
}

function mergeLists(
  base: readonly unknown[],
  mine: readonly unknown[],
  theirs: readonly unknown[],
): unknown[] {
  const keyOf = (item: unknown) =>
    isObject(item) && typeof item.id === "string" ? item.id : JSON.stringify(item);
  const [was, here, there] = [base, mine, theirs].map(
    (list) => new Map(list.map((item) => [keyOf(item), item])),
  );
  const merged: unknown[] = [];
  for (const key of new Set([...there!.keys(), ...here!.keys()])) {
    const value = mergePresence(was!.get(key), here!.get(key), there!.get(key), "");
    if (value !== undefined) merged.push(value);
  }
  return merged;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function same(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => same(item, right[index]));
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]))
  );
}
