import { IssuesError } from "../../connectors/issue/issue.ts";
import type { Clock } from "../../connectors/time/instant.ts";
import type { QueryEngine, RowsResult, SimulatedArrival } from "../../notebooks/engine/engine.ts";
import type { RunMode } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { type DetectionSet, detectionsOf } from "./detection.ts";

/** Rows of one evaluation that are held in memory; a rule that gives more is no rule. */
const MAXIMUM_ROWS = 1_000_000;
const TIME_LIMIT_MS = 300_000;

/** Detections of one evaluation and the versions of the datasets it read. */
export interface Evaluation extends DetectionSet {
  readonly datasetVersions: ReadonlyMap<string, number>;
}

export interface SliceRequest {
  readonly rule: Rule;
  readonly engine: QueryEngine;
  /** The slice is `afterUs < time <= untilUs`. */
  readonly afterUs: bigint;
  readonly untilUs: bigint;
  readonly clock: Clock;
  readonly mode?: RunMode;
  /** Whether a late event reopened the slice. */
  readonly late?: boolean;
  readonly arrival?: SimulatedArrival;
  readonly signal?: AbortSignal;
}

export function microseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1000));
}

function checkComplete(rule: Rule, result: RowsResult): void {
  if (result.complete) return;
  throw new IssuesError("The rule gave too many rows.", [
    {
      severity: "error",
      code: "rule.rows.too-many",
      place: `rules/${rule.name}/rule.sql`,
      message: `One evaluation gave more than ${MAXIMUM_ROWS} rows.`,
      remedy: "Make the rule narrower: a detection is something that a person may have to look at.",
    },
  ]);
}

/**
 * Evaluates a rule on one slice: it sees the events of `(after - lookback, until + allowed lateness]` and keeps the
 * rows whose time lies in the slice. Throws QueryError as the query does, IssuesError past a million rows.
 */
export async function evaluateSlice(request: SliceRequest): Promise<Evaluation> {
  const { rule, afterUs, untilUs, arrival, signal } = request;
  const window = {
    afterUs: afterUs - microseconds(rule.lookbackMs),
    untilUs: untilUs + microseconds(rule.allowedLatenessMs),
    ...(arrival === undefined ? {} : { arrival }),
    ...(rule.lookups === undefined ? {} : { whole: rule.lookups }),
  };
  const result = await request.engine.rows({
    sql: rule.sql,
    window,
    rowLimit: MAXIMUM_ROWS,
    timeLimitMs: TIME_LIMIT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  checkComplete(rule, result);
  const origin = { mode: request.mode ?? "batch", late: request.late ?? false, detectedMs: request.clock() };
  const found = detectionsOf(rule, result.rows, { afterUs, untilUs }, origin);
  return { ...found, datasetVersions: result.datasetVersions };
}

/**
 * The meaning of a rule: its rows over the whole history. Throws QueryError as the query does, IssuesError past a
 * million rows.
 */
export async function evaluateHistory(
  rule: Rule,
  engine: QueryEngine,
  options: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<Evaluation> {
  const result = await engine.rows({
    sql: rule.sql,
    rowLimit: MAXIMUM_ROWS,
    timeLimitMs: TIME_LIMIT_MS,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  checkComplete(rule, result);
  const found = detectionsOf(rule, result.rows, null, {
    mode: "batch",
    late: false,
    detectedMs: options.clock(),
  });
  return { ...found, datasetVersions: result.datasetVersions };
}
