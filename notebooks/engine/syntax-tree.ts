/** A number kept as it was written, because JavaScript's would lose digits. Written back by `JSON.stringify`. */
interface RawNumber {
  readonly rawJSON: string;
}
interface RawJson {
  rawJSON(text: string): RawNumber;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}

export type TreeValue = string | number | boolean | null | RawNumber | TreeValue[] | TreeNode;
export interface TreeNode {
  [key: string]: TreeValue | undefined;
}

/** Parses `json_serialize_sql`'s answer, keeping every number's digits (64-bit constants, locations). */
export function parseTree(json: string): TreeNode {
  const raw = JSON as unknown as RawJson;
  return raw.parse(json, (_key, value, context) =>
    typeof value === "number" && context.source !== undefined && String(value) !== context.source
      ? raw.rawJSON(context.source)
      : value,
  ) as TreeNode;
}

export function isNode(value: TreeValue | undefined): value is TreeNode {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("rawJSON" in value);
}

export function textOf(value: TreeValue | undefined): string {
  return typeof value === "string" ? value : "";
}

export function nodesOf(value: TreeValue | undefined): TreeNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Byte offset where the node stands in the statement, or null. */
export function locationOf(node: TreeNode): number | null {
  return typeof node.query_location === "number" ? node.query_location : null;
}

/** The CTEs that a query node defines, in order, and the rest of the node. */
export function commonTablesOf(node: TreeNode): { name: string; query: TreeNode }[] {
  const map = isNode(node.cte_map) ? nodesOf(node.cte_map.map) : [];
  return map.flatMap((entry) => {
    const query = isNode(entry.value) && isNode(entry.value.query) ? entry.value.query : null;
    return query ? [{ name: textOf(entry.key), query }] : [];
  });
}
