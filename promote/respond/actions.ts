import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import type { QueryEngine, QueryParameter, Row } from "../../notebooks/engine/engine.ts";
import { EVENT_TIME_PARAMETER, parameterOf, usedParameters } from "../plan/parameters.ts";
import type { PlanStep } from "../plan/plan.ts";
import { registeredAction } from "../plan/registered.ts";
import type { Detection, RecordStore } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { sqlTokens } from "../rule/sql-tokens.ts";

const MOST_ROWS = 200;
const ACTION_TIME_LIMIT_MS = 60_000;
/** A shorter value is looked for as a whole column only: inside nested data it would be found everywhere. */
const SHORTEST_NESTED_VALUE = 4;

/** What an action needs to know of its alert. */
export interface ActionContext {
  readonly rule: Rule;
  /** The first detection of the alert's case. */
  readonly detection: Detection;
  readonly alertId: string;
  readonly engine: QueryEngine;
  readonly store: RecordStore;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

/** What an action found or did. */
export interface ActionResult {
  readonly summary: string;
  readonly rows: readonly Row[];
}

type ActionImplementation = (step: PlanStep, context: ActionContext) => Promise<ActionResult>;

function textSetting(step: PlanStep, name: string): string {
  const value = step.with[name];
  if (typeof value !== "string" || value === "") throw new TypeError(`The step ${step.name} has no ${name}.`);
  return value;
}

function numberSetting(step: PlanStep, name: string): number {
  const declared = registeredAction(step.uses)?.settings.find((setting) => setting.name === name);
  const value = step.with[name] ?? declared?.default;
  if (typeof value !== "number") throw new TypeError(`The step ${step.name} has no ${name}.`);
  return Math.max(declared?.minimum ?? value, Math.min(declared?.maximum ?? value, Math.trunc(value)));
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Parameters are bound as text; the event time is cast so that it compares as the TIMESTAMP it stands for. */
function withEventTimeCast(sql: string): string {
  let written = "";
  let from = 0;
  for (const { kind, text, offset } of sqlTokens(sql)) {
    if (kind !== "parameter" || text.slice(1).toLowerCase() !== EVENT_TIME_PARAMETER) continue;
    written += `${sql.slice(from, offset)}CAST(${text} AS TIMESTAMP)`;
    from = offset + text.length;
  }
  return written + sql.slice(from);
}

function alertParameters(sql: string, context: ActionContext): Record<string, QueryParameter> {
  const values = new Map<string, QueryParameter>([
    [EVENT_TIME_PARAMETER, formatInstant(context.detection.eventTimeUs).slice(0, -1)],
  ]);
  for (const { column } of context.rule.entities) {
    values.set(parameterOf(column).toLowerCase(), context.detection.entities[column] ?? "");
  }
  const used = usedParameters(sql).filter((name) => values.has(name.toLowerCase()));
  return Object.fromEntries(used.map((name) => [name, values.get(name.toLowerCase())!]));
}

async function query(step: PlanStep, context: ActionContext): Promise<ActionResult> {
  const sql = textSetting(step, "sql");
  const limit = Math.min(MOST_ROWS, numberSetting(step, "maximumRows"));
  const { rows, complete } = await context.engine.rows({
    sql: withEventTimeCast(sql),
    parameters: alertParameters(sql, context),
    rowLimit: limit,
    timeLimitMs: ACTION_TIME_LIMIT_MS,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  if (rows.length === 0) return { summary: "The query found nothing.", rows };
  const more = complete ? "" : ", and there are more";
  return { summary: `The query found ${counted(rows.length, "row", "rows")}${more}.`, rows };
}

async function relatedActivity(step: PlanStep, context: ActionContext): Promise<ActionResult> {
  const dataset = textSetting(step, "dataset");
  const before = numberSetting(step, "minutesBefore");
  const after = numberSetting(step, "minutesAfter");
  const values = [...new Set(Object.values(context.detection.entities))].filter((value) => value !== "");
  if (values.length === 0) return { summary: "The alert names nobody and nothing to look for.", rows: [] };
  const columns = await context.engine.describe(`SELECT * FROM ${quoteIdentifier(dataset)}`);
  const parameters: Record<string, QueryParameter> = {};
  const conditions = values.flatMap((value, at) => {
    parameters[`value_${at}`] = value.toLowerCase();
    return columns.flatMap(({ name, type }) => {
      if (name.startsWith("_")) return [];
      const column = quoteIdentifier(name);
      if (type === "VARCHAR") return [`lower(${column}) = $value_${at}`];
      const nested = /^(STRUCT|MAP|UNION|JSON)|\[\]$/.test(type);
      return nested && value.length >= SHORTEST_NESTED_VALUE
        ? [`contains(lower(CAST(${column} AS VARCHAR)), $value_${at})`]
        : [];
    });
  });
  const searched = Object.keys(parameters).filter((name) =>
    conditions.some((text) => text.includes(`$${name}`)),
  );
  if (searched.length === 0) return { summary: `${dataset} has no column to find them in.`, rows: [] };
  const eventUs = context.detection.eventTimeUs;
  const { rows, complete } = await context.engine.rows({
    sql: `SELECT * FROM ${quoteIdentifier(dataset)} WHERE ${conditions.join(" OR ")} ORDER BY "_time"`,
    parameters: Object.fromEntries(searched.map((name) => [name, parameters[name]!])),
    window: {
      afterUs: eventUs - BigInt(before) * 60_000_000n - 1n,
      untilUs: eventUs + BigInt(after) * 60_000_000n,
    },
    rowLimit: MOST_ROWS,
    timeLimitMs: ACTION_TIME_LIMIT_MS,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  const more = complete ? "" : " or more";
  return {
    summary: `${counted(rows.length, "event", "events")}${more} in ${dataset} from ${before} minutes before to ${after} minutes after.`,
    rows,
  };
}

async function history(step: PlanStep, context: ActionContext): Promise<ActionResult> {
  const { detection, store, rule } = context;
  const days = numberSetting(step, "days");
  const afterUs = detection.eventTimeUs - BigInt(days) * 86_400_000_000n;
  const same = store
    .detections({ rule: rule.name, afterUs })
    .filter(
      ({ id, entities }) =>
        id !== detection.id && JSON.stringify(entities) === JSON.stringify(detection.entities),
    );
  const earlier = same.filter(({ eventTimeUs }) => eventTimeUs < detection.eventTimeUs);
  const ids = new Set(same.map(({ id }) => id));
  const ended = store.outcomes({ rule: rule.name }).flatMap((outcome) => {
    const alert = store.alert(outcome.alertId);
    const found = alert === undefined ? undefined : store.case(alert.caseId);
    return found?.detectionIds.some((id) => ids.has(id)) ? [outcome] : [];
  });
  const kinds = new Map<string, number>();
  for (const { kind } of ended) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const how = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
  return {
    summary: `Fired ${counted(earlier.length, "time", "times")} for the same in the ${days} days before${how === "" ? "; none was decided yet" : `; decided: ${how}`}.`,
    rows: earlier
      .slice(0, MOST_ROWS)
      .map(({ id, eventTimeUs, late }) => ({ id, time: formatInstant(eventTimeUs), late })),
  };
}

async function decide(): Promise<ActionResult> {
  return { summary: "Decided.", rows: [] };
}

async function escalateToAuthor(_step: PlanStep, { rule }: ActionContext): Promise<ActionResult> {
  return { summary: `Handed to ${rule.author}, who wrote the rule.`, rows: [] };
}

/** How each registered action is done, by its name in promote/plan/registered.ts. */
const IMPLEMENTATIONS: Readonly<Record<string, ActionImplementation>> = {
  query,
  "related-activity": relatedActivity,
  history,
  decide,
  "collect-more-data": query,
  "escalate-to-author": escalateToAuthor,
};

/** Actions that change nothing outside of the records: after a crash they may run again under the same id. */
const READ_ONLY: ReadonlySet<string> = new Set(["query", "related-activity", "history", "collect-more-data"]);

export function isReadOnly(uses: string): boolean {
  return READ_ONLY.has(uses);
}

/** Names of the actions that are implemented. */
export const IMPLEMENTED_ACTIONS: readonly string[] = Object.keys(IMPLEMENTATIONS);

/** Does one step for an alert. Rejects with what went wrong: QueryError, or TypeError for a step that cannot be done. */
export async function performAction(step: PlanStep, context: ActionContext): Promise<ActionResult> {
  if (!Object.hasOwn(IMPLEMENTATIONS, step.uses))
    throw new TypeError(`Nothing is registered as ${step.uses}.`);
  return IMPLEMENTATIONS[step.uses]!(step, context);
}
