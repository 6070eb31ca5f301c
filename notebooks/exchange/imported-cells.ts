/** Cells of an imported notebook as they are collected, with what was dropped or assumed. Pure functions only. */
import type { Issue } from "../../connectors/issue/issue.ts";
import { type CellMode, type NotebookCell, newCell } from "../document/notebook.ts";
import { fenced } from "./markdown-export.ts";
import { quotedWhenNeeded, translateSparkSql } from "./spark-sql.ts";
import { type SqlDialect, tokensOf } from "./sql-tokens.ts";

/** One piece of a foreign notebook. */
export type ForeignBlock =
  | { readonly kind: "markdown"; readonly text: string; readonly place: string }
  | { readonly kind: "code"; readonly language: string; readonly text: string; readonly place: string };

/** Collects cells under fresh ids and free names. */
export class ImportedCells {
  readonly cells: NotebookCell[] = [];
  readonly issues: Issue[] = [];
  readonly tables = new Set<string>();
  readonly #datasets: Readonly<Record<string, string>>;
  readonly #names = new Set<string>();

  constructor(datasets: Readonly<Record<string, string>>) {
    this.#datasets = datasets;
  }

  markdown(text: string): void {
    const trimmed = text.replace(/^\s*\n/, "").trimEnd();
    if (trimmed !== "") this.#add("md", withoutHoles(trimmed), null);
  }

  /** Code that stays text: shown, never run. */
  code(text: string, language: string): void {
    if (text.trim() !== "") this.markdown(fenced(text, /^[\w+-]*$/.test(language) ? language : ""));
  }

  /** SQL of DuckDB, or of a database whose SQL is near enough to be read over by a person. */
  sql(text: string, name: string | null, place: string, dialect: "duckdb" | "sqlite" | "sql"): void {
    const named = withDatasets(text, this.#datasets, "duckdb");
    for (const table of named.tables) this.tables.add(table);
    if (dialect !== "duckdb") {
      this.warn(
        "import.sql.dialect",
        place,
        `The query was written for ${dialect === "sqlite" ? "SQLite" : "a database that the notebook does not name"} and is taken as it is.`,
        "Read it over: LIKE, dates and division may mean other things in DuckDB.",
      );
    }
    this.#add("sql", withoutHoles(named.sql.trim()), name);
  }

  /** SQL of Spark, translated where that is sure. */
  spark(text: string, name: string | null, place: string): void {
    const result = translateSparkSql(text, this.#datasets);
    for (const table of result.tables) this.tables.add(table);
    if (result.state === "kept") {
      this.warn(
        "import.spark.kept",
        place,
        `Its SQL was kept as text: ${result.notes.join(" ")}`,
        "Write the query anew as a SQL cell below it.",
      );
      this.markdown(
        `**Not translated.** ${result.notes.join(" ")} The query as it was published:\n\n${fenced(text.trim(), "sql")}`,
      );
      return;
    }
    for (const note of result.notes) {
      this.warn(
        "import.spark.assumed",
        place,
        note,
        "Read the comment at the head of the cell, and check that it is what was meant.",
      );
    }
    const marks = result.notes
      .map((note) => `-- Assumed while translating from Spark SQL: ${note}\n`)
      .join("");
    this.#add("sql", withoutHoles(`${marks}${result.sql.trim()}`), name);
  }

  warn(code: string, place: string, message: string, remedy: string): void {
    this.issues.push({ severity: "warning", code, place, message, remedy });
  }

  #add(mode: CellMode, value: string, name: string | null): void {
    this.cells.push(
      newCell({ id: this.cells.length + 1, mode, value, output: name === null ? null : this.#free(name) }),
    );
  }

  /** A name that no other cell has and that JavaScript takes. */
  #free(name: string): string {
    const base =
      name
        .toLowerCase()
        .replace(/[^a-z0-9_]+/g, "_")
        .replace(/^_+|_+$/g, "")
        .replace(/^(?=\d)/, "q")
        .slice(0, 60) || "result";
    const safe = RESERVED.has(base) ? `${base}_rows` : base;
    let free = safe;
    for (let count = 2; this.#names.has(free); count += 1) free = `${safe}_${count}`;
    this.#names.add(free);
    return free;
  }
}

const RESERVED = new Set(
  `break case catch class const continue debugger default delete do else enum export extends false finally for
  function if implements import in instanceof interface let new null package private protected public return static
  super switch this throw true try typeof var void while with yield await arguments eval display view width now
  invalidation visibility Plot Inputs html svg md hunt charts`.split(/\s+/),
);

/** A text in which `\${` shows `${`: an imported text fills nothing in. */
function withoutHoles(text: string): string {
  return text.replace(/\$\{/g, "\\${");
}

const TABLE_ENDS = new Set(
  "where group order on using having limit union except intersect select window qualify inner left right full cross join natural positional asof semi anti lateral".split(
    " ",
  ),
);

/**
 * SQL with other names in the places of tables, and the tables that it reads (not its CTEs, not functions). Reads tokens
 * only, so that the rest of the text stays as it is, comments and `${…}` included.
 *
 * @param datasets new name by the name as written; absent ones stay
 */
export function withDatasets(
  sql: string,
  datasets: Readonly<Record<string, string>>,
  dialect: SqlDialect,
): { readonly sql: string; readonly tables: readonly string[] } {
  const tokens = tokensOf(sql, dialect);
  const common = new Set<string>();
  const tables = new Set<string>();
  const said = (at: number, step: 1 | -1): number => {
    let next = at + step;
    while (["blank", "comment"].includes(tokens[next]?.kind ?? "")) next += step;
    return next;
  };
  const lower = (at: number) => (tokens[at]?.kind === "name" ? "" : (tokens[at]?.text.toLowerCase() ?? ""));
  const isName = (at: number) => tokens[at]?.kind === "word" || tokens[at]?.kind === "name";
  for (let at = 0; at < tokens.length; at += 1) {
    if (!isName(at)) continue;
    let as = said(at, 1);
    if (lower(as) === "(" && ["with", ",", "recursive"].includes(lower(said(at, -1)))) {
      // A common table that names its columns: `name(a, b) as (…)`.
      while (as < tokens.length && lower(as) !== ")") as += 1;
      as = said(as, 1);
    }
    if (lower(as) !== "as") continue;
    const body = ["not", "materialized"].includes(lower(said(as, 1))) ? said(said(as, 1), 1) : said(as, 1);
    if (lower(body) === "(" || lower(body) === "materialized") {
      if (["with", ",", "recursive"].includes(lower(said(at, -1))))
        common.add(tokens[at]!.value.toLowerCase());
    }
  }
  const out = tokens.map(({ text }) => text);
  /** For each open bracket: whether a comma at its level parts tables. */
  const levels: { inFrom: boolean; call: boolean }[] = [{ inFrom: false, call: false }];
  for (let at = 0; at < tokens.length; at += 1) {
    const level = levels.at(-1)!;
    const word = lower(at);
    if (word === "(" || word === "[") {
      const before = said(at, -1);
      const call =
        isName(before) &&
        !TABLE_ENDS.has(lower(before)) &&
        !["from", "in", "as", "and", "or", "not", "exists", "materialized"].includes(lower(before));
      levels.push({ inFrom: false, call: call && lower(said(at, 1)) !== "select" });
      continue;
    }
    if (word === ")" || word === "]") {
      if (levels.length > 1) levels.pop();
      continue;
    }
    if (tokens[at]!.kind === "word" && TABLE_ENDS.has(word) && word !== "join") level.inFrom = false;
    const opens =
      (word === "from" && !level.call && lower(said(at, -1)) !== "distinct") ||
      word === "join" ||
      (word === "," && level.inFrom);
    if (!opens || (tokens[at]!.kind !== "word" && word !== ",")) continue;
    level.inFrom = true;
    const name = said(at, 1);
    if (!isName(name) || lower(said(name, 1)) === "(" || TABLE_ENDS.has(lower(name))) continue;
    const value = tokens[name]!.value;
    if (common.has(value.toLowerCase()) || lower(said(name, 1)) === ".") continue;
    tables.add(value);
    const dataset = Object.hasOwn(datasets, value) ? datasets[value] : undefined;
    if (dataset !== undefined && dataset !== value) {
      // Without an alias of its own the old name stays usable as a prefix: `sysmon.EventID`.
      const next = said(name, 1);
      const aliased = isName(next) && (lower(next) === "as" || !TABLE_ENDS.has(lower(next)));
      const usedAsPrefix = tokens.some(
        (token, other) =>
          other !== name &&
          (token.kind === "word" || token.kind === "name") &&
          token.value.toLowerCase() === value.toLowerCase() &&
          tokens[other + 1]?.text === ".",
      );
      const quoted = quotedWhenNeeded(dataset);
      out[name] = usedAsPrefix && !aliased ? `${quoted} AS ${tokens[name]!.text}` : quoted;
    }
  }
  return { sql: out.join(""), tables: [...tables] };
}
