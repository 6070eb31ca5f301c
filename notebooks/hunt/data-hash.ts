/** One hash for one set of rows. Browser-safe: uses Web Crypto only. */

/** A JSON-safe value: bigint as decimal text, bytes as hex text. */
export type HashedCell =
  | string
  | number
  | boolean
  | null
  | readonly HashedCell[]
  | { readonly [key: string]: HashedCell };

/**
 * SHA-256 (hex) over column names, types and rows, whatever the order of the rows: each row becomes the JSON of its
 * values in column order, the texts are sorted by code unit. Equal hashes mean equal multisets of rows.
 */
export async function dataHash(
  columns: readonly { readonly name: string; readonly type: string }[],
  rows: readonly Readonly<Record<string, HashedCell>>[],
): Promise<string> {
  const head = JSON.stringify(columns.map(({ name, type }) => [name, type]));
  const lines = rows.map((row) => JSON.stringify(columns.map(({ name }) => row[name] ?? null)));
  lines.sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  return sha256([head, ...lines].join("\n"));
}

/** SHA-256 of a text's UTF-8 bytes, as hex. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** First and last instant of the rows: of `_time`, else of the first TIMESTAMP column; nulls without one. */
export function timeRangeOf(
  columns: readonly { readonly name: string; readonly type: string }[],
  rows: readonly Readonly<Record<string, unknown>>[],
): { readonly first: string | null; readonly last: string | null } {
  const timed = columns.filter(({ type }) => type.startsWith("TIMESTAMP"));
  const column = timed.find(({ name }) => name === "_time") ?? timed[0];
  let first: string | null = null;
  let last: string | null = null;
  if (column) {
    for (const row of rows) {
      const time = row[column.name];
      if (typeof time !== "string") continue;
      if (first === null || time < first) first = time;
      if (last === null || time > last) last = time;
    }
  }
  return { first, last };
}
