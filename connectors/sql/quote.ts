/** Names and texts as SQL. Browser-safe: pure functions only. */

/** Quotes a name for SQL. The only place where a name becomes SQL text. Throws on NUL, which no name may hold. */
export function quoteIdentifier(name: string): string {
  if (name.includes("\0")) throw new RangeError("A name in SQL cannot hold the character NUL.");
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Quotes a text for the statements that take no parameters (view definitions, settings): our own paths and
 * labels only. Values of queries are always bound.
 */
export function quoteText(text: string): string {
  if (text.includes("\0")) throw new RangeError("A text in SQL cannot hold the character NUL.");
  return `'${text.replaceAll("'", "''")}'`;
}

/** Quotes one path for `read_parquet`, so that none of its characters is read as a pattern. */
export function quotePath(path: string): string {
  return quoteText(path.replaceAll(/[*?[]/g, (character) => `[${character}]`));
}
