// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
/** Values beside the SQL, never inside it. Browser-safe: pure functions only. */
import type { QueryParameter } from "../engine/engine.ts";
import type { BoundSql } from "./notebook.ts";

/** Thrown when an interpolation cannot become a bound parameter; the message says what to write instead. */
export class InterpolationError extends Error {
  /** Zero-based position of the interpolation in the cell: the first is 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = "InterpolationError";
    this.position = position;
  }
}

/**
 * Joins the texts around `${…}` into one SQL text with a named parameter for each value. A list becomes a list of
 * parameters (`IN ${names}`), a Date a TIMESTAMP in UTC, a bigint a HUGEINT. The names avoid every `$name` in the text.
 * Throws InterpolationError for a value of another type or one inside a quoted text or a comment.
 *
 * @param texts texts around the values; one more than `values`
 * @param values current values of the interpolations
 */
export function bindInterpolations(texts: readonly string[], values: readonly unknown[]): BoundSql {
  const whole = texts.join(" ");
  let prefix = "value";
  while (whole.includes(`$${prefix}_`)) prefix += "_";
  const parameters: Record<string, QueryParameter> = {};
  let count = 0;
  const parameter = (value: QueryParameter) => {
    count += 1;
    const name = `${prefix}_${count}`;
    parameters[name] = value;
    return `$${name}`;
  };
  const placeholder = (value: unknown, position: number): string => {
    if (value === null || typeof value === "string" || typeof value === "boolean") return parameter(value);
    if (typeof value === "number") {
      if (Number.isNaN(value))
        throw new InterpolationError("The value of ${…} is not a number (NaN).", position);
      return parameter(value);
    }
    if (typeof value === "bigint") return `CAST(${parameter(value.toString())} AS HUGEINT)`;
    if (value instanceof Date) {
      if (Number.isNaN(value.getTime()))
        throw new InterpolationError("The value of ${…} is no valid date.", position);
      return `CAST(${parameter(value.toISOString().slice(0, -1))} AS TIMESTAMP)`;
    }
    if (Array.isArray(value) || value instanceof Set) {
      return `[${[...value].map((item) => placeholder(item, position)).join(", ")}]`;
    }
    throw new InterpolationError(
      `The value of \${…} is ${value === undefined ? "undefined" : `of type ${typeof value}`}; SQL takes texts, numbers, booleans, dates, null and lists of them.`,
      position,
    );
  };
  let sql = texts[0] ?? "";
  const textStarts = [0];
  let place = endOf(sql);
  values.forEach((value, position) => {
    if (place !== "code") {
      throw new InterpolationError(
        place === "text"
          ? "${…} stands inside a quoted text. Join it instead: '%' || ${…} || '%'."
          : "${…} stands inside a comment or a quoted name, where no value can be bound.",
        position,
      );
    }
    const next = texts[position + 1] ?? "";
    sql += placeholder(value, position);
    textStarts.push(sql.length);
    sql += next;
    place = endOf(next);
  });
  return { sql, parameters, textStarts };
}

type SqlPlace = "code" | "text" | "elsewhere";

/** Where in SQL the end of `text` lies, when its start lies in code. */
function endOf(text: string): SqlPlace {
  let position = 0;
  while (position < text.length) {
    const rest = text.slice(position);
    if (rest.startsWith("--")) {
      const end = text.indexOf("\n", position);
      if (end < 0) return "elsewhere";
      position = end + 1;
    } else if (rest.startsWith("/*")) {
      const end = text.indexOf("*/", position + 2);
      if (end < 0) return "elsewhere";
      position = end + 2;
    } else if (text[position] === "'" || text[position] === '"') {
      const quote = text[position]!;
      let end = text.indexOf(quote, position + 1);
      while (end >= 0 && text[end + 1] === quote) end = text.indexOf(quote, end + 2);
      if (end < 0) return quote === "'" ? "text" : "elsewhere";
      position = end + 1;
    } else {
      const dollar = /^\$([A-Za-z_]\w*)?\$/.exec(rest)?.[0];
      if (dollar && !/[\w$]/.test(text[position - 1] ?? " ")) {
        const end = text.indexOf(dollar, position + dollar.length);
        if (end < 0) return "text";
        position = end + dollar.length;
      } else {
        position += 1;
      }
    }
  }
  return "code";
}

/** The text of a template as SQL means it: the kit escapes backticks, a person escapes `\${`. */
export function sqlOfTemplate(raw: string): string {
  return raw.replace(/\\(?=`|\$\{)/g, "");
}

const INTEGER = /^-?\d+$/;

/**
 * The SQL with its values written as literals, for a person to read and keep (a new rule's SQL); every text is quoted
 * by doubling its quotes. Never run it as a notebook query: those bind.
 */
export function sqlWithLiterals(bound: Pick<BoundSql, "sql" | "parameters">): string {
  let sql = bound.sql;
  const names = Object.keys(bound.parameters).sort((left, right) => right.length - left.length);
  if (names.length === 0) return sql;
  sql = sql.replace(new RegExp(`\\$(${names.join("|")})(?!\\w)`, "g"), (_whole, name: string) => {
    const value = bound.parameters[name] ?? null;
    if (value === null) return "NULL";
    if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
    if (typeof value === "number" && !Number.isFinite(value)) return `CAST('${value}' AS DOUBLE)`;
    return typeof value === "bigint" || INTEGER.test(String(value))
      ? String(value)
      : String(value).toUpperCase();
  });
  return sql;
}
