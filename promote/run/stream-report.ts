import type { Clock } from "../../connectors/time/instant.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { Detection, RecordStore, Run } from "../records/records.ts";
import type { Arrivals } from "./arrivals.ts";
import type { RuleTurns } from "./rule-turns.ts";
import type { RunSurroundings } from "./run-record.ts";

/** What a committed batch of events tells the runner. */
export interface CommittedEvents {
  readonly datasets: readonly string[];
  /** Event times in the batch, by dataset where a batch touches several. */
  readonly eventTimesUs: readonly bigint[] | ReadonlyMap<string, readonly bigint[]>;
  /** The arrival that each dataset's part of the batch is, where it is known. */
  readonly arrivals?: ReadonlyMap<string, bigint>;
}

/** What a call brought about. */
export interface StreamReport {
  readonly runs: readonly Run[];
  readonly inserted: readonly Detection[];
  readonly updated: readonly Detection[];
  readonly withdrawn: readonly Detection[];
}

/** Where one rule stands. */
export interface StreamStatus {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly evaluatedUntilUs: bigint;
  readonly watermarkUs: bigint | null;
  /** Whether it evaluates events as they come, without waiting for the watermark. */
  readonly immediate: boolean;
  readonly waitingRanges: number;
  readonly failures: number;
  readonly error: string | null;
  /** For how long something has been due that is not evaluated, milliseconds; 0 while nothing is. */
  readonly lagMs: number;
}

export interface StreamOptions {
  readonly engine: QueryEngine;
  readonly store: RecordStore;
  readonly clock: Clock;
  /** How what came in is numbered; by `_ingested` when absent. */
  readonly arrivals?: Arrivals;
  readonly surroundings?: RunSurroundings;
  /** Shared with whatever else evaluates the same rules. */
  readonly turns?: RuleTurns;
}
