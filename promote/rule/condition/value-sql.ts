/** Equality and order of one value, as SQL. Browser-safe: pure functions only. */
import type { ConditionValue, FieldTest } from "./condition.ts";
import { type FieldValue, textOf } from "./field.ts";
import { isCaseless, lowerLiteral, numberLiteral, numberWritten, textLiteral } from "./literal.ts";

type Asked = NonNullable<ConditionValue>;

const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z?)?$/;

/**
 * Whether a value equals one of those asked for, or another field's value (`same-as-field`, or a part of it). Numbers meet
 * numeric columns as numbers, also when written as text, and text columns as their decimal digits.
 */
export function sameSql(value: FieldValue, asked: readonly Asked[] | FieldValue, test: FieldTest): string {
  if (!Array.isArray(asked)) return sameFieldSql(value, asked as FieldValue, test);
  const byLeft = new Map<string, Set<string>>();
  const add = (left: string, right: string): void => {
    const rights = byLeft.get(left) ?? new Set();
    byLeft.set(left, rights.add(right));
  };
  const values = asked as readonly Asked[];
  const text = textOf(value);
  const folded = !test.caseSensitive && !values.every((one) => typeof one !== "string" || isCaseless(one));
  for (const one of values) {
    const number = typeof one === "string" ? numberWritten(one) : typeof one === "boolean" ? null : one;
    if ((value.family === "whole" || value.family === "fraction") && number !== null) {
      const literal = numberLiteral(number);
      // Each kind of number has a list of its own: in one, all of them would become DOUBLE.
      add(
        /[.e]/.test(literal) && value.family === "whole" ? `CAST(${value.sql} AS DOUBLE)` : value.sql,
        literal,
      );
    } else if (value.family === "boolean" && /^(?:true|false)$/i.test(String(one))) {
      add(value.sql, String(one).toUpperCase());
    } else if (value.family === "time" && typeof one === "string" && DATE.test(one)) {
      add(value.sql, `TRY_CAST(${textLiteral(one)} AS TIMESTAMP)`);
    } else {
      const written = String(one);
      if (folded || (typeof one === "boolean" && !test.caseSensitive))
        add(`lower(${text})`, lowerLiteral(written));
      else add(text, textLiteral(written));
    }
  }
  const tests = [...byLeft].map(([left, rights]) => {
    const list = [...rights];
    return list.length === 1 ? `${left} = ${list[0]}` : `${left} IN (${list.join(", ")})`;
  });
  return tests.length === 1 ? tests[0]! : `(${tests.join(" OR ")})`;
}

function sameFieldSql(left: FieldValue, right: FieldValue, test: FieldTest): string {
  const numeric = (value: FieldValue): boolean => value.family === "whole" || value.family === "fraction";
  const part = test.fieldPart ?? "whole";
  if (
    part === "whole" &&
    ((numeric(left) && numeric(right)) || (left.family === right.family && left.family !== "text"))
  )
    return `${left.sql} = ${right.sql}`;
  const [a, b] = [textOf(left), textOf(right)].map((text) => (test.caseSensitive ? text : `lower(${text})`));
  if (part === "whole") return `${a} = ${b}`;
  const name = { contains: "contains", "starts-with": "starts_with", "ends-with": "ends_with" }[part];
  return `${name}(${a}, ${b})`;
}

/** Whether a value lies before or after the one asked for. Texts are read as numbers; what is none meets no order. */
export function orderSql(value: FieldValue, order: string, asked: Asked): string {
  const number =
    typeof asked === "string" ? numberWritten(asked) : typeof asked === "boolean" ? Number(asked) : asked;
  if (number === null) {
    const text = String(asked);
    if (value.family === "time") return `${value.sql} ${order} TRY_CAST(${textLiteral(text)} AS TIMESTAMP)`;
    return value.family === "text" ? `${value.sql} ${order} ${textLiteral(text)}` : "FALSE";
  }
  const literal = numberLiteral(number);
  if (value.family === "whole" || value.family === "fraction") return `${value.sql} ${order} ${literal}`;
  if (value.family === "boolean" || value.family === "time") return "FALSE";
  return `TRY_CAST(${textOf(value)} AS DOUBLE) ${order} ${literal}`;
}
