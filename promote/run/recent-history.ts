import type { Clock } from "../../connectors/time/instant.ts";
import { type QueryEngine, QueryError } from "../../notebooks/engine/engine.ts";
import type { RecordStore } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { evaluateSlice, microseconds } from "./slice.ts";

/**
 * What lies so near before a streaming rule's beginning that a slice or a late event may find it is recorded while the
 * rule cannot page: the past wakes nobody.
 */
export async function recordRecentHistory(given: {
  readonly rule: Rule;
  /** Time of the newest event that was there before the rule, or of the clock where that is earlier. */
  readonly nearUs: bigint;
  /** Where it ends: beyond that for a rule that looks at events of the future as they come. */
  readonly untilUs: bigint;
  readonly engine: QueryEngine;
  readonly store: RecordStore;
  readonly clock: Clock;
}): Promise<void> {
  const { rule, nearUs, untilUs, engine, store, clock } = given;
  const reachUs = microseconds(2 * rule.allowedLatenessMs + rule.lookbackMs);
  const evaluation = await evaluateSlice({
    rule: { ...rule, stage: "staged" },
    engine,
    afterUs: nearUs - reachUs - 1n,
    untilUs,
    clock,
    mode: "backfill",
  }).catch((error: unknown) => {
    // A query that fails is told by the first run, which is recorded and tried again.
    if (error instanceof QueryError) return null;
    throw error;
  });
  if (evaluation !== null) store.putDetections(evaluation.detections);
}
