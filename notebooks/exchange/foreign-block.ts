/** One piece of a foreign notebook as cells. Pure functions only. */
import type { ForeignBlock, ImportedCells } from "./imported-cells.ts";
import { pythonQueries } from "./python-sql.ts";

/** Adds one block of a notebook whose SQL is found in magics and calls. */
export function addBlock(block: ForeignBlock, collected: ImportedCells, name: string | null = null): void {
  if (block.kind === "markdown") {
    collected.markdown(block.text);
    return;
  }
  const { text, language, place } = block;
  const magic = /^\s*%%sql\b[ \t]*([^\n]*)(?:\n([\s\S]*))?$/.exec(text);
  if (magic) {
    const { output, rest } = magicLine(magic[1]!);
    const sql = [rest, magic[2] ?? ""].filter((part) => part.trim() !== "").join("\n");
    if (sql.trim() !== "") collected.sql(sql, output ?? name, place, "sql");
    return;
  }
  const line = /^\s*(?:([A-Za-z_]\w*)\s*=\s*)?%sql[ \t]+([^\n]+)\s*$/.exec(text);
  if (line) {
    const { output, rest } = magicLine(line[2]!);
    if (rest.trim() !== "") collected.sql(rest, line[1] ?? output ?? name, place, "sql");
    return;
  }
  if (/^\s*%%/.test(text)) {
    const [, kind = ""] = /^\s*%%(\w+)/.exec(text) ?? [];
    collected.code(text, kind);
    return;
  }
  if (/^(sql|duckdb)$/i.test(language)) {
    collected.sql(text, name, place, language.toLowerCase() === "duckdb" ? "duckdb" : "sql");
    return;
  }
  if (!/^(|i?python\d*|pyspark)$/i.test(language) || language === "") {
    collected.code(text, language);
    return;
  }
  const found = pythonQueries(text);
  if (found.computed > 0) {
    collected.warn(
      "import.sql.computed",
      place,
      `${found.computed === 1 ? "A query is" : `${found.computed} queries are`} put together by the program and cannot be known without running it.`,
      "Write the query as a SQL cell: the code is kept as text.",
    );
  }
  if (found.queries.length === 0 || !found.onlyQueries) collected.code(text, "python");
  for (const { dialect, sql, output } of found.queries) {
    const cellName =
      output === null || /^_?(df|result|results|res|out|data)\d*$/i.test(output) ? (name ?? output) : output;
    if (dialect === "spark") collected.spark(sql, cellName, place);
    else collected.sql(sql, cellName, place, dialect);
  }
}

/** What stands behind `%%sql`: options and a connection are left out, `name <<` names the result. */
export function magicLine(line: string): { readonly output: string | null; readonly rest: string } {
  let rest = line.trim();
  let output: string | null = null;
  for (;;) {
    const option = /^(--?[\w-]+)(?:[ =]+(?!select|with|from|describe|show|summarize)(\S+))?\s*/i.exec(rest);
    if (option) {
      if (option[1] === "--save" && option[2]) output = option[2];
      rest = rest.slice(option[0].length);
      continue;
    }
    const connection = /^([a-z][\w+]*:\/\/\S*|@\w+)\s*/i.exec(rest);
    if (!connection) break;
    rest = rest.slice(connection[0].length);
  }
  const named = /^([A-Za-z_]\w*)\s*(?:=\s*)?<<\s*/.exec(rest);
  if (named) {
    output = named[1]!;
    rest = rest.slice(named[0].length);
  }
  return { output, rest };
}

/** A title from a file's name: `lsass_access.ipynb` is "lsass access". */
export function fileTitle(file: string): string {
  const name = file
    .replace(/^.*[\\/]/, "")
    .replace(/\.[A-Za-z]+$/, "")
    .replace(/[_-]+/g, " ")
    .trim();
  return name === "" ? "Imported notebook" : name;
}
