/** Whether a measurement still speaks of the query that is in the notebook. Browser-safe: pure functions only. */
import { sqlOfTemplate } from "../document/bind-interpolations.ts";
import type { NotebookDocument } from "../document/notebook.ts";
import type { QueryParameter } from "../engine/engine.ts";
import type { PowerMeasurement } from "./hunt-record.ts";

/** A query with the values that its interpolations have. */
export interface AskedSql {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, QueryParameter>>;
}

/** What bindInterpolations writes for a value. */
const BOUND_VALUE = String.raw`(?:\$\w+|CAST\(\$\w+ AS \w+\)|\[[\[\]\w$(), ]*\])`;

/**
 * Tells of a measurement whether its cell still asks what was measured: the same SQL with the same values. The values
 * are those of the query that the cell asked last (`asked`), as long as that is the cell's text; where nobody knows them,
 * the text alone decides.
 */
export function currentIn(
  notebook: Pick<NotebookDocument, "cells">,
  asked: (cell: number) => AskedSql | undefined,
): (power: PowerMeasurement) => boolean {
  return (power) => {
    const cell = notebook.cells.find(({ id, mode }) => id === power.cell && mode === "sql");
    const texts = cell ? textsOf(cell.value) : null;
    if (texts === null) return false;
    const shape = new RegExp(`^${texts.map(escapePattern).join(BOUND_VALUE)}$`);
    if (!shape.test(power.sql)) return false;
    const last = texts.length > 1 ? asked(power.cell) : undefined;
    if (!last || !shape.test(last.sql)) return true;
    return last.sql === power.sql && parametersText(last) === parametersText(power);
  };
}

/** The texts around the interpolations of a SQL cell; null where one does not end. */
function textsOf(value: string): readonly string[] | null {
  const texts: string[] = [];
  let from = 0;
  for (let at = 0; at < value.length; at += 1) {
    if (value[at] === "\\") at += 1;
    else if (value.startsWith("${", at)) {
      const end = expressionEnd(value, at + 2);
      if (end === null) return null;
      texts.push(value.slice(from, at));
      from = end + 1;
      at = end;
    }
  }
  return [...texts, value.slice(from)].map(sqlOfTemplate);
}

/** Where the brace stands that ends an expression; null without one. */
function expressionEnd(value: string, start: number): number | null {
  let depth = 0;
  let quote = "";
  for (let at = start; at < value.length; at += 1) {
    const character = value[at]!;
    if (quote !== "") {
      if (character === "\\") at += 1;
      else if (character === quote) quote = "";
    } else if (`'"\``.includes(character)) quote = character;
    else if (character === "{") depth += 1;
    else if (character === "}") {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return null;
}

function parametersText({ parameters }: AskedSql): string {
  return JSON.stringify(
    Object.entries(parameters)
      .map(([name, value]) => [name, typeof value === "bigint" ? value.toString() : value] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
