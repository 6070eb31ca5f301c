/** A condition as SQL. Browser-safe: pure functions only. */
import type { Issue } from "../../../connectors/issue/issue.ts";
import { type Network, networksSql, parseNetwork } from "./cidr.ts";
import type { Condition, ConditionOperator, ConditionValue, FieldTest } from "./condition.ts";
import {
  type ConditionColumn,
  type FieldAccess,
  type FieldValue,
  findField,
  textOf,
  wholeEvent,
} from "./field.ts";
import { type GlobPart, globParts, globSql } from "./glob.ts";
import { textLiteral } from "./literal.ts";
import { readRegex } from "./regex.ts";
import { orderSql, sameSql } from "./value-sql.ts";

export interface ConditionSql {
  /** A boolean that is true or false in every row and never NULL. */
  readonly sql: string;
  /** The same for `WHERE`, `FILTER` and `CASE WHEN`, where NULL counts as false: shorter, and DuckDB can push it down. */
  readonly where: string;
  /** Fields that the columns lack (warnings: their tests are false), values that cannot be compared (errors). */
  readonly issues: readonly Issue[];
}

/** A boolean of which NULL means false. */
interface Piece {
  readonly sql: string;
  readonly nullable: boolean;
}

const FALSE: Piece = { sql: "FALSE", nullable: false };
const TRUE: Piece = { sql: "TRUE", nullable: false };

/**
 * Writes a condition over the columns of one dataset (with the system columns, if they may be asked). A field is looked for
 * by its name, then without regard to case, then as a path into nested columns. Values are quoted literals. A test of a
 * field that is not there, or is NULL, is false; `not` of it is true. `place` begins the place of every issue.
 */
export function conditionSql(
  condition: Condition,
  columns: readonly ConditionColumn[],
  place = "condition",
): ConditionSql {
  const issues = new Map<string, Issue>();
  const report = (severity: Issue["severity"], code: string, message: string, remedy: string): Piece => {
    const issue = { severity, code: `condition.${code}`, place, message, remedy };
    issues.set(`${issue.code} ${message}`, issue);
    return FALSE;
  };
  const write = (part: Condition): Piece => {
    if (part.kind === "not") return negated(write(part.of));
    if (part.kind === "test") return testPiece(part, columns, report);
    return joined(part.kind, part.of.map(write));
  };
  const { sql, nullable } = write(condition);
  return { sql: nullable ? `(${sql}) IS TRUE` : sql, where: sql, issues: [...issues.values()] };
}

type Report = (severity: Issue["severity"], code: string, message: string, remedy: string) => Piece;

function negated(piece: Piece): Piece {
  if (piece === TRUE) return FALSE;
  if (piece === FALSE) return TRUE;
  if (piece.nullable) return { sql: `(${piece.sql}) IS NOT TRUE`, nullable: false };
  const opposite =
    / IS NULL$/.test(piece.sql) && !piece.sql.includes("(") ? piece.sql.replace(/NULL$/, "NOT NULL") : null;
  return { sql: opposite ?? `NOT (${piece.sql})`, nullable: false };
}

function joined(kind: "all" | "any", pieces: readonly Piece[]): Piece {
  const [neutral, absorbing] = kind === "all" ? [TRUE, FALSE] : [FALSE, TRUE];
  if (pieces.includes(absorbing)) return absorbing;
  const kept = [
    ...new Map(pieces.filter((piece) => piece !== neutral).map((piece) => [piece.sql, piece])).values(),
  ];
  if (kept.length === 0) return neutral;
  if (kept.length === 1) return kept[0]!;
  const word = kind === "all" ? " AND " : " OR ";
  return {
    sql: `(${kept.map(({ sql }) => sql).join(word)})`,
    nullable: kept.some(({ nullable }) => nullable),
  };
}

function testPiece(test: FieldTest, columns: readonly ConditionColumn[], report: Report): Piece {
  if (test.operator === "keyword") return keywordPiece(test, columns);
  const access = test.field === "" ? wholeAccess(columns) : findField(test.field, columns);
  if (!access) {
    report(
      "warning",
      "column.missing",
      `The data have no column \`${test.field}\`; a test of it is false.`,
      "Load data that have it, or map it to a column by an alias.",
    );
    if (test.operator === "is-null") return TRUE;
    const pieces = test.values.map((value) => (value === null ? TRUE : FALSE));
    return pieces.length === 0 ? FALSE : joined(test.everyValue ? "all" : "any", pieces);
  }
  const missing: Piece = { sql: access.missing, nullable: false };
  if (test.operator === "is-null") return missing;
  if (test.operator === "exists") return negated(missing);
  if (test.operator === "same-as-field") return sameAsField(test, access, columns, report);
  const wrong = refusal(test);
  if (wrong) return report("error", wrong.code, wrong.message, wrong.remedy);
  const texts = test.values.filter((value) => value !== null);
  const nulls = test.values.length > texts.length;
  const groups = test.everyValue ? texts.map((value) => [value]) : texts.length > 0 ? [texts] : [];
  const pieces: Piece[] = groups.map((values) => ({
    sql: access.any((value) =>
      valueSql(test, test.datePart ? datePart(value, test.datePart) : value, values),
    ),
    nullable: true,
  }));
  if (nulls) pieces.push(missing);
  return joined(test.everyValue ? "all" : "any", pieces);
}

/** A test without a field asks the text of the whole event. */
function wholeAccess(columns: readonly ConditionColumn[]): FieldAccess {
  const value: FieldValue = { sql: wholeEvent(columns), family: "text" };
  return { any: (test) => test(value), missing: "FALSE" };
}

/** Why a test cannot be written, or null. */
function refusal(test: FieldTest): { code: string; message: string; remedy: string } | null {
  for (const value of test.values) {
    if (typeof value === "number" && !Number.isFinite(value))
      return {
        code: "number",
        message: `A value of \`${test.field}\` is no finite number.`,
        remedy: "Give a number.",
      };
    if (test.operator === "regex") {
      const read = readRegex(String(value), test.flags);
      if (!read.ok)
        return {
          code: "regex.unsupported",
          message: `The regular expression of \`${test.field}\` ${read.what}, which DuckDB cannot do.`,
          remedy: "Write it without, or as several conditions joined by and, or, not.",
        };
    }
    if (test.operator === "cidr" && parseNetwork(String(value)) === null)
      return {
        code: "cidr",
        message: `\`${String(value).slice(0, 60)}\` is no network.`,
        remedy: "Write it like 10.0.0.0/8 or fe80::/10.",
      };
  }
  return null;
}

function keywordPiece(test: FieldTest, columns: readonly ConditionColumn[]): Piece {
  const event = wholeEvent(columns);
  const pieces = test.values.map((value) => {
    const parts: GlobPart[] = [{ wildcard: "*" }, ...globParts(String(value ?? "")), { wildcard: "*" }];
    return { sql: globSql(event, withoutDoubles(parts), test.caseSensitive), nullable: false };
  });
  return joined(test.everyValue ? "all" : "any", pieces);
}

function withoutDoubles(parts: readonly GlobPart[]): GlobPart[] {
  const isAny = (part: GlobPart | undefined): boolean => typeof part === "object" && part.wildcard === "*";
  return parts.filter((part, index) => !(isAny(part) && isAny(parts[index - 1])));
}

function sameAsField(
  test: FieldTest,
  access: FieldAccess,
  columns: readonly ConditionColumn[],
  report: Report,
): Piece {
  const pieces = test.values.map((name): Piece => {
    const other = findField(String(name), columns, "other");
    if (!other)
      return report(
        "warning",
        "column.missing",
        `The data have no column \`${String(name)}\`; a comparison with it is false.`,
        "Load data that have it, or map it to a column by an alias.",
      );
    const sql = access.any((left) => other.any((right) => sameSql(left, right, test)));
    return { sql, nullable: true };
  });
  return joined(test.everyValue ? "all" : "any", pieces);
}

/** One part of a date as a number; whole numbers are read as seconds, milliseconds or microseconds by their size. */
function datePart({ sql, family }: FieldValue, part: NonNullable<FieldTest["datePart"]>): FieldValue {
  const time = {
    text: `TRY_CAST(${sql} AS TIMESTAMP)`,
    time: sql,
    whole: `make_timestamp(CAST(${sql} * CASE WHEN abs(${sql}) < 100000000000 THEN 1000000 WHEN abs(${sql}) < 100000000000000 THEN 1000 ELSE 1 END AS BIGINT))`,
    fraction: `make_timestamp(CAST(${sql} * 1e6 AS BIGINT))`,
    boolean: "CAST(NULL AS TIMESTAMP)",
    other: "CAST(NULL AS TIMESTAMP)",
  }[family];
  return { sql: `date_part('${part}', ${time})`, family: "whole" };
}

const ORDER: Partial<Record<ConditionOperator, string>> = {
  less: "<",
  "less-or-equal": "<=",
  greater: ">",
  "greater-or-equal": ">=",
};

/** A boolean (or NULL) that says whether one value of the field meets one of the values asked for. */
function valueSql(test: FieldTest, value: FieldValue, asked: readonly NonNullable<ConditionValue>[]): string {
  const order = ORDER[test.operator];
  if (order !== undefined) return or(asked.map((one) => orderSql(value, order, one)));
  if (test.operator === "is") return sameSql(value, asked, test);
  const text = textOf(value);
  const written = asked.map(String);
  if (test.operator === "cidr")
    return networksSql(text, written.map((one) => parseNetwork(one)) as Network[]);
  if (test.operator === "regex") {
    const flags = `${test.flags ?? ""}${test.caseSensitive ? "" : "i"}`;
    const read = written.map((one) => readRegex(one, flags));
    return or(read.map((one) => `regexp_matches(${text}, ${textLiteral(one.ok ? one.pattern : "")})`));
  }
  const any = { wildcard: "*" } as const;
  const parts = (one: string): GlobPart[] => {
    const plain = one === "" ? [] : [one];
    if (test.operator === "contains") return plain.length === 0 ? [any] : [any, one, any];
    if (test.operator === "starts-with") return [...plain, any];
    if (test.operator === "ends-with") return [any, ...plain];
    return globParts(one);
  };
  return or(written.map((one) => globSql(text, parts(one), test.caseSensitive)));
}

function or(tests: readonly string[]): string {
  return tests.length === 1 ? tests[0]! : `(${[...new Set(tests)].join(" OR ")})`;
}
