import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import type { QueryEngine, QueryParameter, TimeWindow } from "../../notebooks/engine/engine.ts";
import { isNode, parseTree, type TreeNode } from "../../notebooks/engine/syntax-tree.ts";
import type { EventBench } from "./event-bench.ts";
import type { Rule } from "./rule.ts";
import { type TestedDataset, TestProblem } from "./test-events.ts";

/** Events taken from one dataset to begin with, the nearest in time first; and without asking for the entities. */
const MOST_EVENTS = 400;
const TIME_LIMIT_MS = 30_000;
/** Trials in which events are left out one after the other. */
const MOST_TRIALS = 150;
const EVER: TimeWindow = { afterUs: -(2n ** 55n), untilUs: 2n ** 55n };

export interface EventsRequest {
  readonly rule: Pick<Rule, "lookbackMs" | "allowedLatenessMs">;
  /** The SELECT that must give a detection over the events: the rule's own, or a broken variant of it. */
  readonly sql: string;
  readonly eventTimeUs: bigint;
  /** Values of the detection's entities, as text. */
  readonly entityValues: readonly string[];
  /** The datasets that the rule reads. */
  readonly datasets: readonly TestedDataset[];
  readonly engine: QueryEngine;
  readonly bench: EventBench;
  /** Other SELECTs that must give none over the same events. */
  readonly without?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * The fewest events of the lake over which the SELECT gives a detection: those within the rule's lookback of the moment
 * that name one of the entities, then every event at that time, then what can be left out is left out. One JSON object a
 * line, as a test has them; null where no such events were found. Throws QueryError as reading the datasets does.
 */
export async function eventsOf(request: EventsRequest): Promise<string | null> {
  const { rule, eventTimeUs } = request;
  const lookbackUs = BigInt(Math.round(rule.lookbackMs * 1000));
  const latenessUs = BigInt(Math.round(rule.allowedLatenessMs * 1000));
  const near = { afterUs: eventTimeUs - lookbackUs - 1n, untilUs: eventTimeUs };
  const wide = { afterUs: near.afterUs - lookbackUs - latenessUs, untilUs: eventTimeUs + latenessUs };
  const attempts: readonly (readonly [TimeWindow, readonly string[]])[] = [
    [near, request.entityValues],
    [near, []],
    [wide, request.entityValues],
    [wide, []],
    // A variant that forgets how far back it may look finds what lies anywhere.
    ...(request.without === undefined ? [] : [[EVER, request.entityValues] as const]),
  ];
  for (const [window, values] of attempts) {
    request.signal?.throwIfAborted();
    const lines = await linesIn(request, window, values);
    if (lines.length > 0 && (await fits(request, lines))) return (await fewest(request, lines)).join("\n");
  }
  return null;
}

async function fits(request: EventsRequest, lines: readonly string[]): Promise<boolean> {
  const { bench, sql, without = [] } = request;
  if (lines.length === 0) return false;
  try {
    await bench.load(lines.join("\n"));
  } catch (error) {
    if (error instanceof TestProblem) return false;
    throw error;
  }
  if ((await bench.matches(sql)) !== true) return false;
  for (const other of without) if ((await bench.matches(other)) !== false) return false;
  return true;
}

/** Leaves out ever smaller parts as long as what is left still gives the detection. */
async function fewest(request: EventsRequest, lines: readonly string[]): Promise<readonly string[]> {
  let kept = lines;
  let trials = 0;
  for (let size = Math.ceil(kept.length / 2); size >= 1 && kept.length > 1; ) {
    let shrunk = false;
    for (let at = 0; at < kept.length && trials < MOST_TRIALS; ) {
      request.signal?.throwIfAborted();
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      trials += 1;
      if (rest.length > 0 && (await fits(request, rest))) {
        kept = rest;
        shrunk = true;
      } else at += size;
    }
    if (trials >= MOST_TRIALS || (size === 1 && !shrunk)) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return kept;
}

async function linesIn(
  request: EventsRequest,
  window: TimeWindow,
  entityValues: readonly string[],
): Promise<string[]> {
  const { datasets, eventTimeUs } = request;
  const lines: { readonly timeUs: bigint; readonly line: string }[] = [];
  for (const dataset of datasets) lines.push(...(await eventsIn(request, dataset, window, entityValues)));
  const far = (timeUs: bigint) => (timeUs > eventTimeUs ? timeUs - eventTimeUs : eventTimeUs - timeUs);
  lines.sort((left, right) => (far(left.timeUs) < far(right.timeUs) ? -1 : 1));
  const nearest = lines.slice(0, MOST_EVENTS);
  nearest.sort((left, right) => (left.timeUs < right.timeUs ? -1 : left.timeUs > right.timeUs ? 1 : 0));
  return nearest.map(({ line }) => line);
}

/** The events of a dataset in the window that hold one of the values in a column of text or number. */
async function eventsIn(
  { engine, eventTimeUs, datasets, signal }: EventsRequest,
  { dataset, isLookup = false }: TestedDataset,
  window: TimeWindow,
  entityValues: readonly string[],
): Promise<{ readonly timeUs: bigint; readonly line: string }[]> {
  const parameters: Record<string, QueryParameter> = { at: eventTimeUs };
  const fields = dataset.columns.map(({ key, name }, index) => {
    parameters[`key${index}`] = key;
    return `CAST($key${index} AS VARCHAR), ${quoteIdentifier(name)}`;
  });
  const values = entityValues.map((value, index) => {
    parameters[`value${index}`] = value;
    return `CAST($value${index} AS VARCHAR)`;
  });
  const scalars = dataset.columns.filter(({ type }) => /^(?:VARCHAR|\w*INT\w*|UUID|DOUBLE)$/.test(type));
  const named =
    values.length === 0 || scalars.length === 0
      ? ""
      : `AND (${scalars
          .map(({ name }) => `CAST(${quoteIdentifier(name)} AS VARCHAR) IN (${values.join(", ")})`)
          .join(" OR ")})`;
  const { rows } = await engine.rows({
    sql: `SELECT epoch_us("_time") AS "t", CAST(json_object(${fields.join(", ")}) AS VARCHAR) AS "event"
FROM ${quoteIdentifier(dataset.name)} WHERE ${isLookup ? "true" : '"_time" IS NOT NULL'} ${named}
ORDER BY abs(epoch_us("_time") - CAST($at AS BIGINT)) LIMIT ${MOST_EVENTS}`,
    parameters,
    ...(isLookup ? {} : { window }),
    timeLimitMs: TIME_LIMIT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  return rows.map(({ t, event }) => {
    const timeUs = typeof t === "bigint" ? t : typeof t === "number" ? BigInt(t) : null;
    const system = {
      ...(datasets.length > 1 ? { _dataset: dataset.name } : {}),
      ...(timeUs === null ? {} : { _time: formatInstant(timeUs) }),
    };
    return {
      timeUs: timeUs ?? eventTimeUs,
      line: JSON.stringify({ ...system, ...withoutNulls(parseTree(String(event))) }),
    };
  });
}

/** A test says what its event has; every digit of its numbers is kept. */
function withoutNulls(event: TreeNode): TreeNode {
  return Object.fromEntries(
    Object.entries(event).flatMap(([key, value]) => {
      if (value === null || value === undefined) return [];
      return [[key, isNode(value) ? withoutNulls(value) : value]];
    }),
  );
}
