import type { Issue } from "../../connectors/issue/issue.ts";
import { shown } from "../../connectors/yaml/yaml-tree.ts";
import { type QueryColumn, type QueryEngine, QueryError } from "../../notebooks/engine/engine.ts";
import type { Rule } from "./rule.ts";
import { type SqlToken, sqlTokens } from "./sql-tokens.ts";

/** Words that are a clock by themselves, and functions whose answer changes from run to run. */
const CLOCK_WORDS = new Set([
  "current_timestamp",
  "current_date",
  "current_time",
  "localtime",
  "localtimestamp",
]);
const UNSTABLE_FUNCTIONS = new Set([
  ...CLOCK_WORDS,
  ...[
    "now",
    "today",
    "transaction_timestamp",
    "statement_timestamp",
    "clock_timestamp",
    "get_current_timestamp",
  ],
  ...[
    "get_current_time",
    "current_localtime",
    "current_localtimestamp",
    "random",
    "setseed",
    "uuid",
    "gen_random_uuid",
  ],
  ...["uuidv4", "uuidv7", "txid_current"],
]);
/** Aggregates whose answer hangs on the order in which rows are read. */
const ORDERED_AGGREGATES = new Set([
  ...["list", "array_agg", "string_agg", "group_concat", "listagg"],
  ...["any_value", "arbitrary", "first", "last"],
]);
/** What makes the order of a list no matter. */
const ORDER_FREE = new Set([
  ...["list_sort", "array_sort", "list_reverse_sort", "array_reverse_sort", "len", "length", "array_length"],
  ...["list_contains", "array_contains", "list_has", "list_sum", "list_min", "list_max", "list_unique"],
]);
const FROM_ENDS = new Set([
  "where",
  "group",
  "having",
  "order",
  "limit",
  "window",
  "qualify",
  "union",
  "except",
  "intersect",
  "select",
  "on",
  "using",
  "offset",
]);

export interface CheckedSql {
  /** Columns of the result; empty when the SQL is not valid. */
  readonly columns: readonly QueryColumn[];
  /** Datasets that it reads, sorted. */
  readonly datasets: readonly string[];
  readonly issues: readonly Issue[];
}

type SqlRule = Pick<Rule, "sql" | "timeColumn" | "entities">;

/**
 * Checks a rule's SQL against the lake, without running it: it must be valid, read a dataset, give the time and entity
 * columns, and mean the same whenever and wherever it runs. Codes begin with `rule.sql`, `rule.time` or `rule.entities`.
 */
export async function checkRuleSql(
  rule: SqlRule,
  engine: Pick<QueryEngine, "describe" | "datasetsOf">,
  place: string,
): Promise<CheckedSql> {
  const issues = textIssues(rule.sql, place);
  if (issues.some(({ severity }) => severity === "error")) return { columns: [], datasets: [], issues };
  try {
    const columns = await engine.describe(rule.sql);
    const datasets = await engine.datasetsOf(rule.sql);
    return { columns, datasets, issues: [...issues, ...resultIssues(rule, columns, datasets, place)] };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const line = error.offset === null ? "" : `:${rule.sql.slice(0, error.offset).split("\n").length}`;
    issues.push({
      severity: "error",
      code: "rule.sql.invalid",
      place: `${place}${line}`,
      message: error.message,
      remedy: "Correct the query; run it in a notebook first.",
    });
    return { columns: [], datasets: [], issues };
  }
}

/** What the columns and datasets of a valid query lack. Pure. */
export function resultIssues(
  rule: SqlRule,
  columns: readonly QueryColumn[],
  datasets: readonly string[],
  place: string,
): Issue[] {
  const issues: Issue[] = [];
  const error = (code: string, message: string, remedy: string) =>
    issues.push({ severity: "error", code, place, message, remedy });
  const names = columns.map(({ name }) => name);
  const has = `The query gives ${names.map((name) => `\`${shown(name)}\``).join(", ")}.`;
  const time = columns.find(({ name }) => name === rule.timeColumn);
  if (!time)
    error(
      "rule.time.missing",
      `The query gives no column \`${shown(rule.timeColumn)}\`, which timeColumn names.`,
      has,
    );
  else if (!time.type.startsWith("TIMESTAMP"))
    error(
      "rule.time.type",
      `The time column \`${shown(time.name)}\` is ${time.type} and no TIMESTAMP.`,
      "Select _time, or cast it to TIMESTAMP.",
    );
  if (rule.entities.length === 0)
    error(
      "rule.entities.none",
      "No entity is named.",
      `Name at least one column that says whom it concerns. ${has}`,
    );
  for (const { column } of rule.entities) {
    if (!names.includes(column))
      error(
        "rule.entities.missing",
        `The query gives no column \`${shown(column)}\`, which an entity names.`,
        has,
      );
  }
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    error(
      "rule.sql.column-twice",
      `The query gives two columns named \`${shown(name)}\`.`,
      "Rename one with AS.",
    );
  }
  if (datasets.length === 0)
    error("rule.sql.no-dataset", "The query reads no dataset.", "Select from at least one dataset.");
  return issues;
}

/** What can be said from the text alone. Pure. */
export function textIssues(sql: string, place: string): Issue[] {
  const issues: Issue[] = [];
  const tokens = sqlTokens(sql);
  const report = (
    severity: Issue["severity"],
    token: SqlToken,
    code: string,
    message: string,
    remedy: string,
  ) => {
    issues.push({
      severity,
      code,
      place: `${place}:${sql.slice(0, token.offset).split("\n").length}`,
      message,
      remedy,
    });
  };
  const levels = [newLevel()];
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    const before = tokens[index - 1];
    const word = token.kind === "word" ? token.text.toLowerCase() : "";
    const level = levels.at(-1)!;
    const called = isSymbol(next, "(") && (token.kind === "word" || token.kind === "quoted");
    const bare =
      CLOCK_WORDS.has(word) && !isSymbol(before, ".") && !isSymbol(next, ".") && wordOf(before) !== "as";
    if ((called && UNSTABLE_FUNCTIONS.has(token.text.toLowerCase())) || bare) {
      report(
        "error",
        token,
        "rule.sql.unstable",
        `\`${token.text}\` gives another answer at every run.`,
        "Take times from the events; the runner bounds what is seen.",
      );
    }
    if (called && isUnordered(tokens, index)) {
      const inner = wordOf(tokens[index + 2]) === "distinct" ? "DISTINCT x" : "x";
      const isList = !/^(?:any_value|arbitrary|first|last)$/i.test(token.text);
      report(
        "warning",
        token,
        "rule.sql.unordered",
        `\`${token.text}\` without ORDER BY may give another value at every run.`,
        isList
          ? `Write ${token.text}(${inner} ORDER BY x), or sort what it gives with list_sort(...).`
          : `Write ${token.text}(x ORDER BY _time), or min(x).`,
      );
    }
    if (token.kind === "parameter")
      report(
        "error",
        token,
        "rule.sql.parameter",
        `A rule takes no parameters, and \`${shown(token.text)}\` is one.`,
        "Write the value into the query.",
      );
    if (isSymbol(token, "(")) levels.push(newLevel());
    else if (isSymbol(token, ")")) {
      if (levels.length > 1) levels.pop();
    } else {
      level.tokenCount += 1;
      if (word === "select") level.isQuery = true;
      const opensFrom =
        word === "from" && (level.isQuery || level.tokenCount === 1) && wordOf(before) !== "distinct";
      if (level.inFrom && FROM_ENDS.has(word) && !opensFrom)
        level.inFrom = word === "on" || word === "using" ? level.inFrom : false;
      if (opensFrom) {
        level.inFrom = true;
        level.isQuery = true;
      }
      const opensTable = opensFrom || (level.inFrom && (word === "join" || isSymbol(token, ",")));
      if (
        opensTable &&
        next &&
        (next.kind === "word" || next.kind === "quoted") &&
        isSymbol(tokens[index + 2], ".")
      ) {
        report(
          "error",
          next,
          "rule.sql.qualified",
          `\`${shown(next.text)}.…\` names a schema, which other workspaces do not have.`,
          "Name the dataset alone.",
        );
      }
      if (opensTable && next?.kind === "string")
        report(
          "error",
          next,
          "rule.sql.file",
          "The query reads a file.",
          "Load it as a source and name its dataset.",
        );
      if (word === "order" && wordOf(next) === "by") level.ordered = true;
      if (word === "limit" && !level.ordered && !isSymbol(before, ".")) {
        report(
          "warning",
          token,
          "rule.sql.limit",
          "LIMIT without ORDER BY keeps other rows at every run.",
          "Add ORDER BY, or drop LIMIT.",
        );
      }
    }
  });
  return issues;
}

/** Whether an aggregate that hangs on the order of rows is called here without one. */
function isUnordered(tokens: readonly SqlToken[], at: number): boolean {
  const word = wordOf(tokens[at]);
  if (!ORDERED_AGGREGATES.has(word) || isSymbol(tokens[at - 1], ".")) return false;
  if (isSymbol(tokens[at - 1], "(") && ORDER_FREE.has(wordOf(tokens[at - 2]))) return false;
  let depth = 0;
  for (let index = at + 1; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (isSymbol(token, "(")) depth += 1;
    else if (isSymbol(token, ")")) depth -= 1;
    else if (depth === 1 && wordOf(token) === "order" && wordOf(tokens[index + 1]) === "by") return false;
    if (depth > 0) continue;
    const next = wordOf(tokens[index + 1]);
    // A window orders its rows itself, or is told by its own shape.
    return next !== "over" && next !== "within";
  }
  return false;
}

function newLevel(): { tokenCount: number; isQuery: boolean; inFrom: boolean; ordered: boolean } {
  return { tokenCount: 0, isQuery: false, inFrom: false, ordered: false };
}

function isSymbol(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === "symbol" && token.text === text;
}

function wordOf(token: SqlToken | undefined): string {
  return token?.kind === "word" ? token.text.toLowerCase() : "";
}
