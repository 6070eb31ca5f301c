/** Windows of event time as SQL. Browser-safe: pure functions only. */
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import type { EventsSelect } from "./events-sql.ts";
import { intervalSql } from "./interval-sql.ts";

/** Column names of the entities, quoted, as a list that begins with a comma; empty without entities. */
export function keyList(by: readonly string[]): string {
  return by.map((column) => `, ${quoteIdentifier(column)}`).join("");
}

function partition(by: readonly string[]): string {
  return by.length === 0 ? "" : `PARTITION BY ${by.map(quoteIdentifier).join(", ")} `;
}

/** The window (t - windowMs, t] of an entity: all events of the instant t belong to it. */
export function upToNow(by: readonly string[], windowMs: number): string {
  return `(${partition(by)}ORDER BY "_time" RANGE BETWEEN ${intervalSql(windowMs, 1n)} PRECEDING AND CURRENT ROW)`;
}

/** The window (t - windowMs, t) of an entity: no event of the instant t belongs to it. */
export function beforeNow(by: readonly string[], windowMs: number): string {
  return `(${partition(by)}ORDER BY "_time" RANGE BETWEEN ${intervalSql(windowMs, 1n)} PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING)`;
}

/** All kinds of events one under the other: `_time`, the entities, and what `more` gives for each. */
export function unionSql(
  selects: readonly EventsSelect[],
  by: readonly string[],
  more: (select: EventsSelect, at: number) => readonly string[],
): string {
  return selects
    .map((select, at) => {
      const keys = by.map((column, index) => `${select.keys[index]} AS ${quoteIdentifier(column)}`);
      const columns = ['"_time"', ...keys, ...more(select, at)].join(", ");
      return `  SELECT ${columns}\n  FROM ${select.from}\n  WHERE ${select.where}`;
    })
    .join("\n  UNION ALL\n");
}

/** `GROUP BY` of the rows of one instant and entity into one. */
export function oneRowEach(by: readonly string[]): string {
  return `GROUP BY "_time"${keyList(by)}`;
}

/** A name for a result column that no entity has. */
export function freeName(wanted: string, by: readonly string[]): string {
  const taken = new Set(by.map((column) => column.toLowerCase()));
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}_${number}`;
  return name;
}
