import { isMap, isScalar, isSeq } from "yaml";
import type { SourceLogSource } from "./source.ts";

/** Tells an error at a node: code, node, what is wrong, what to do. */
type Tell = (code: string, where: unknown, message: string, remedy: string) => void;

const KEYS = ["product", "category", "service", "dataset", "where", "fields"];
const DATASET = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Reads `logsources:` of a source.yaml: a list of product, category and service (as Sigma rules name them), the dataset, the
 * events (`where:` a field and its values) and names of fields (`fields:` the rule's name and the column).
 */
export function readLogSources(node: unknown, tell: Tell): SourceLogSource[] {
  if (node === undefined || (isScalar(node) && node.value === null)) return [];
  if (!isSeq(node)) {
    tell("source.value.wrong", node, "logsources must be a list.", "Write `- product: …` for each.");
    return [];
  }
  return node.items.flatMap((item) => readOne(item, tell) ?? []);
}

function readOne(item: unknown, tell: Tell): SourceLogSource | null {
  if (!isMap(item)) {
    tell(
      "source.logsource.shape",
      item,
      "A log source holds no keys.",
      "Write `product:`, `category:` or `service:`.",
    );
    return null;
  }
  const given = new Map(
    item.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : "", pair.value]),
  );
  for (const key of given.keys()) {
    if (KEYS.includes(key)) continue;
    tell(
      "source.logsource.key",
      item,
      `\`${key}\` is no key of a log source.`,
      `Known keys: ${KEYS.join(", ")}.`,
    );
    return null;
  }
  const text = (key: string): string | undefined => {
    const value = given.get(key);
    return isScalar(value) && value.value !== null ? String(value.value).trim() : undefined;
  };
  const names = Object.fromEntries(
    ["product", "category", "service"].flatMap((key) => {
      const value = text(key)?.toLowerCase();
      return value ? [[key, value]] : [];
    }),
  );
  if (Object.keys(names).length === 0) {
    tell(
      "source.logsource.empty",
      item,
      "A log source names no product, category or service.",
      "Name at least one.",
    );
    return null;
  }
  const dataset = text("dataset");
  if (dataset !== undefined && !DATASET.test(dataset)) {
    tell(
      "source.logsource.dataset",
      item,
      `"${dataset}" is no name of a dataset.`,
      "Name the dataset that holds it.",
    );
    return null;
  }
  const where = readMap(given.get("where"), tell).map(([field, value]) => ({
    field,
    values: valuesOf(value, tell),
  }));
  const fields = readMap(given.get("fields"), tell).map(([field, value]) => [
    field,
    String(valuesOf(value, tell)[0] ?? field),
  ]);
  return {
    ...names,
    ...(dataset === undefined ? {} : { dataset }),
    where,
    fields: Object.fromEntries(fields),
  };
}

/** Pairs of a map; where a definition was written by the program, also those of its list of `field` and `values`. */
function readMap(node: unknown, tell: Tell): [string, unknown][] {
  if (node === undefined || node === null || (isScalar(node) && node.value === null)) return [];
  if (isMap(node))
    return node.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : "", pair.value]);
  if (isSeq(node))
    return node.items.flatMap((item): [string, unknown][] => {
      if (!isMap(item)) return [];
      const field = item.get("field");
      return typeof field === "string" ? [[field, item.get("values", true)]] : [];
    });
  tell(
    "source.logsource.shape",
    node,
    "There is no `field: value` where one is meant.",
    "Write fields and values.",
  );
  return [];
}

function valuesOf(node: unknown, tell: Tell): (string | number | boolean)[] {
  const items = isSeq(node) ? node.items : [node];
  return items.flatMap((item) => {
    const value = isScalar(item) ? item.value : undefined;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return [value];
    tell(
      "source.logsource.value",
      item,
      "A value of a log source is no text or number.",
      "Give single values.",
    );
    return [];
  });
}
