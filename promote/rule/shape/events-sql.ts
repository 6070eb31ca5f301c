/** The events of a shape as SELECTs, checked against the columns that the datasets have. Browser-safe. */
import type { Issue } from "../../../connectors/issue/issue.ts";
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { conditionSql } from "../condition/sql.ts";
import { type FieldSql, fieldSql, isNumericType, isPlainType, type ShapeColumn } from "./column.ts";
import { intervalSql } from "./interval-sql.ts";
import type { ShapeEvents, ShapeLookup } from "./shape.ts";

/** What is known of the data while a shape becomes SQL, and what was found wrong with the shape. */
export interface ShapeContext {
  readonly columnsOf: (dataset: string) => readonly ShapeColumn[] | null;
  readonly issues: Issue[];
}

/** Adds an issue at a part of the shape: `shape.yaml#events.failed`. */
export function report(
  context: ShapeContext,
  code: string,
  part: string,
  message: string,
  remedy: string,
  severity: Issue["severity"] = "error",
): void {
  context.issues.push({ severity, code: `shape.${code}`, place: `shape.yaml#${part}`, message, remedy });
}

function columnsOf(context: ShapeContext, dataset: string, part: string): readonly ShapeColumn[] {
  const columns = context.columnsOf(dataset);
  if (columns === null || columns.length === 0) {
    const message = `There is no dataset ${dataset === "" ? "chosen" : `\`${dataset}\``}.`;
    report(context, "dataset", part, message, "Choose one of the datasets that the workspace has.");
    return [];
  }
  return columns.some(({ name }) => name.toLowerCase() === "_time")
    ? columns
    : [{ name: "_time", type: "TIMESTAMP" }, ...columns];
}

function field(
  context: ShapeContext,
  events: ShapeEvents,
  name: string,
  columns: readonly ShapeColumn[],
): FieldSql | null {
  if (columns.length === 0) return null;
  const found = fieldSql(name, columns, events.lookup === undefined ? null : events.dataset);
  if (found === null) {
    report(
      context,
      "field",
      events.name,
      name === "" ? "A field is not chosen yet." : `\`${events.dataset}\` has no field \`${name}\`.`,
      "Choose one of the dataset's columns, nested fields with dots.",
    );
  }
  return found;
}

/** A value as text, without the quotes that JSON puts around one. */
export function asText({ sql, type }: FieldSql): string {
  if (type.toUpperCase() === "VARCHAR") return sql;
  return type.toUpperCase() === "JSON" ? `json_extract_string(${sql}, '$')` : `CAST(${sql} AS VARCHAR)`;
}

/**
 * The expressions made comparable across datasets: as they are when all have one plain type, as numbers when all are numbers
 * (with fractions among them as DOUBLE, so that 5 is 5.0), else as texts.
 */
function alike(fields: readonly (FieldSql | null)[]): string[] {
  const types = [...new Set(fields.flatMap((one) => (one === null ? [] : [one.type.toUpperCase()])))];
  const plain = types.length <= 1 && types.every(isPlainType);
  const numeric = types.every(isNumericType);
  const whole = types.every((type) => type.endsWith("INT") || type.endsWith("INTEGER"));
  return fields.map((one) => {
    if (one === null) return "NULL";
    if (plain || (numeric && whole)) return one.sql;
    return numeric ? `CAST(${one.sql} AS DOUBLE)` : asText(one);
  });
}

function lookupSql(context: ShapeContext, events: ShapeEvents, lookup: ShapeLookup): string {
  const eventColumns = columnsOf(context, events.dataset, events.name);
  const lookupColumns = columnsOf(context, lookup.dataset, `${events.name}.lookup`);
  if (lookup.on.length === 0) {
    report(
      context,
      "lookup",
      `${events.name}.lookup`,
      "The lookup has no pair of columns.",
      "Choose the event's column and the lookup's.",
    );
  }
  const pairs = lookup.on.map((pair) => {
    const own = field(context, events, pair.column, eventColumns);
    const other = fieldSql(pair.lookupColumn, lookupColumns, "known");
    if (other === null && lookupColumns.length > 0) {
      report(
        context,
        "field",
        `${events.name}.lookup`,
        `\`${lookup.dataset}\` has no field \`${pair.lookupColumn}\`.`,
        "Choose one of the lookup's columns.",
      );
    }
    const [left, right] = alike([own, other]);
    return `${right} = ${left}`;
  });
  const where = pairs.length === 0 ? "true" : pairs.join(" AND ");
  const exists = `EXISTS (SELECT 1 FROM ${quoteIdentifier(lookup.dataset)} AS "known" WHERE ${where})`;
  return lookup.present ? exists : `NOT ${exists}`;
}

/** WHERE of the events that count: at a time, of the keys, meeting the condition, in or out of the lookup. */
function whereSql(context: ShapeContext, events: ShapeEvents, required: readonly string[]): string {
  const columns = columnsOf(context, events.dataset, events.name);
  const parts = ['"_time" IS NOT NULL', ...required.map((sql) => `${sql} IS NOT NULL`)];
  if (columns.length > 0) {
    const condition = conditionSql(events.where, columns, `shape.yaml#${events.name}`);
    context.issues.push(...condition.issues);
    if (condition.where !== "TRUE") parts.push(condition.where);
  }
  if (events.lookup !== undefined) parts.push(lookupSql(context, events, events.lookup));
  return parts.join("\n    AND ");
}

/** Checks that names of a shape are usable and that every kind of events gives every key. */
function checkNames(context: ShapeContext, all: readonly ShapeEvents[], by: readonly string[]): void {
  const names = new Set<string>();
  for (const events of all) {
    if (!/^[a-z][a-z0-9_]{0,31}$/.test(events.name) || names.has(events.name)) {
      report(
        context,
        "name",
        events.name,
        `\`${events.name}\` is no name for events, or is there twice.`,
        "Give each kind of events a name of its own: lower-case letters, digits and underscores, a letter first.",
      );
    }
    names.add(events.name);
    if (events.by.length !== by.length) {
      report(
        context,
        "by",
        events.name,
        `\`${events.name}\` names ${events.by.length} of ${by.length} columns that say what belongs together.`,
        "Give one column for each entity.",
      );
    }
    if (!Number.isInteger(events.minimumCount) || events.minimumCount < 1 || events.minimumCount > 100_000) {
      report(
        context,
        "count",
        events.name,
        `\`${events.name}\` takes ${events.minimumCount} events.`,
        "Give a whole number from 1 to 100000.",
      );
    }
  }
  const lower = by.map((column) => column.toLowerCase());
  const wrong = by.find(
    (column, at) => column === "" || column.startsWith("_") || lower.indexOf(lower[at]!) !== at,
  );
  if (wrong !== undefined) {
    report(
      context,
      "by",
      "by",
      `\`${wrong}\` cannot name an entity's column, or is there twice.`,
      "Give every entity a column name of its own that does not begin with an underscore.",
    );
  }
}

/** What follows the WHERE of events of which only those count that complete a burst. */
function burstSql(context: ShapeContext, events: ShapeEvents, columns: readonly ShapeColumn[]): string {
  const { burst } = events;
  if (burst === undefined) return "";
  if (!Number.isInteger(burst.count) || burst.count < 1 || !(burst.windowMs >= 1)) {
    const message = `A burst of \`${events.name}\` has no whole number of events or no window.`;
    report(context, "burst", events.name, message, "Give both, such as 10 in 5m.");
    return "";
  }
  const keys = burst.by.map((name) => field(context, events, name, columns)?.sql ?? "NULL");
  const partition = keys.length === 0 ? "" : `PARTITION BY ${keys.join(", ")} `;
  const filled = keys.map((sql) => `\n    AND ${sql} IS NOT NULL`).join("");
  const span = intervalSql(burst.windowMs, 1n);
  return `${filled}
  QUALIFY count(*) OVER (${partition}ORDER BY "_time" RANGE BETWEEN ${span} PRECEDING AND CURRENT ROW) >= ${burst.count}`;
}

/** How far before their own time the events of a shape depend on others of their kind. */
export function burstWindowMs(all: readonly ShapeEvents[]): number {
  return Math.max(0, ...all.map(({ burst }) => burst?.windowMs ?? 0));
}

/** One kind of events, ready to be written into a query. */
export interface EventsSelect {
  readonly from: string;
  readonly where: string;
  /** Expressions of the entities, in the order of `by`. */
  readonly keys: readonly string[];
  /** Expression of the measured field; null without one. */
  readonly value: string | null;
}

/**
 * Prepares kinds of events that are looked at together: their keys (and `valueField`) get types that can be compared.
 * Events without a key belong to nothing and are left out (unless keys are not required); so are those without the measured value.
 */
export function eventsSelects(
  context: ShapeContext,
  all: readonly ShapeEvents[],
  by: readonly string[],
  value: { readonly field: string; readonly as: (field: FieldSql) => string } | null = null,
  options: { readonly keysRequired: boolean } = { keysRequired: true },
): EventsSelect[] {
  checkNames(context, all, by);
  const fields = all.map((events) => {
    const columns = columnsOf(context, events.dataset, events.name);
    return by.map((_, at) => {
      const name = events.by[at];
      return name === undefined ? null : field(context, events, name, columns);
    });
  });
  const keysOf = by.map((_, at) => alike(fields.map((one) => one[at] ?? null)));
  return all.map((events, index) => {
    const keys = keysOf.map((expressions) => expressions[index]!);
    const columns = columnsOf(context, events.dataset, events.name);
    const measured = value === null ? null : field(context, events, value.field, columns);
    const valueSql = value === null ? null : measured === null ? "NULL" : value.as(measured);
    const required = [...(options.keysRequired ? keys : []), ...(valueSql === null ? [] : [valueSql])];
    return {
      from: quoteIdentifier(events.dataset),
      where: whereSql(context, events, required) + burstSql(context, events, columns),
      keys,
      value: valueSql,
    };
  });
}
