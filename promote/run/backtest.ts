import type { Clock } from "../../connectors/time/instant.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { BacktestReport } from "../records/backtest.ts";
import { detectionRow } from "../records/detection-row.ts";
import type { Rule } from "../rule/rule.ts";
import { dataSpan } from "./data-span.ts";
import { evaluateHistory } from "./slice.ts";

const WEEK_US = 7 * 24 * 3600 * 1_000_000;
const WEEKS_PER_YEAR = 365.25 / 7;
const SAMPLE_SIZE = 20;

/**
 * What a rule would have done over the whole history: detections, by UTC day, alerts a week over the data's span (at
 * least one week, so that an hour of data does not become a flood), and what looking at them costs.
 * `minutesPerAlert` and `hourlyRateUsd` are the owner's. Throws QueryError as the query does.
 */
export async function backtestRule(request: {
  readonly rule: Rule;
  readonly engine: QueryEngine;
  /** First and last event time of the data; asked of the engine when absent. */
  readonly spanUs?: { readonly firstUs: bigint; readonly lastUs: bigint } | null;
  readonly minutesPerAlert: number;
  readonly hourlyRateUsd: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}): Promise<BacktestReport> {
  const { rule, engine, clock, signal } = request;
  const startedMs = clock();
  const span =
    request.spanUs === undefined
      ? await dataSpan(engine, await engine.datasetsOf(rule.sql), signal)
      : { minTimeUs: request.spanUs?.firstUs ?? null, maxTimeUs: request.spanUs?.lastUs ?? null };
  const { detections } = await evaluateHistory(
    rule,
    engine,
    signal === undefined ? { clock } : { clock, signal },
  );
  const weeks =
    span.minTimeUs === null || span.maxTimeUs === null
      ? 1
      : Math.max(1, Number(span.maxTimeUs - span.minTimeUs) / WEEK_US);
  const alertsPerWeek = detections.length / weeks;
  const triageMinutesPerWeek = alertsPerWeek * request.minutesPerAlert;
  const byDay = new Map<string, number>();
  for (const { eventTimeUs } of detections) {
    const day = formatInstant(eventTimeUs).slice(0, 10);
    byDay.set(day, (byDay.get(day) ?? 0) + 1);
  }
  return {
    detections: detections.length,
    alertsPerWeek,
    triageMinutesPerWeek,
    triageUsdPerYear: (triageMinutesPerWeek / 60) * request.hourlyRateUsd * WEEKS_PER_YEAR,
    from: span.minTimeUs === null ? null : formatInstant(span.minTimeUs),
    until: span.maxTimeUs === null ? null : formatInstant(span.maxTimeUs),
    days: [...byDay]
      .map(([day, count]) => ({ day, detections: count }))
      .sort((a, b) => (a.day < b.day ? -1 : 1)),
    sample: detections.slice(-SAMPLE_SIZE).reverse().map(detectionRow),
    elapsedMs: clock() - startedMs,
  };
}
