/** Inline code in Markdown. Browser-safe: pure functions only. */

/** Any text as inline code on one line: fenced by more backticks than it holds in a row. */
export function codeSpan(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = line.startsWith("`") || line.endsWith("`") || line === "" ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}

/** The inline code that a text begins with, and what follows it; null when it begins with none. */
export function readCodeSpan(text: string): { readonly code: string; readonly rest: string } | null {
  const fence = /^`+/.exec(text)?.[0];
  if (fence === undefined) return null;
  for (const close of text.slice(fence.length).matchAll(/`+/g)) {
    if (close[0].length !== fence.length) continue;
    const code = text.slice(fence.length, fence.length + close.index);
    const rest = text.slice(fence.length + close.index + fence.length);
    const padded = code.length > 2 && code.startsWith(" ") && code.endsWith(" ");
    return { code: (padded ? code.slice(1, -1) : code).trim(), rest };
  }
  return null;
}

/** SQL for a list item: inline where it is one line, else a fence that is nested under the item's text. */
export function sqlText(sql: string): { readonly inline: string; readonly nested: string } {
  const text = sql
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[ \t]+$/gm, "")
    .trim();
  if (!/[\n\t]| {2}/.test(text)) return { inline: codeSpan(text), nested: "" };
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return { inline: "", nested: `${fence}sql\n${text}\n${fence}` };
}

/** The SQL of an item's first inline code or of the fence nested under it, with the text around; null where it has none. */
export function readSql(
  text: string,
  nested: string,
): { readonly sql: string; readonly before: string; readonly after: string; readonly nested: string } | null {
  const start = text.indexOf("`");
  const span = start < 0 ? null : readCodeSpan(text.slice(start));
  if (span) return { sql: span.code, before: text.slice(0, start).trim(), after: span.rest.trim(), nested };
  const fence = /^(`{3,})[^\n`]*\n([\s\S]*?)\n?\1[ \t]*(?:\n|$)/.exec(nested);
  if (!fence) return null;
  return {
    sql: fence[2]!.trim(),
    before: text.trim(),
    after: "",
    nested: nested.slice(fence[0].length).trim(),
  };
}
