/** How a rule's runner keeps up: runs that did not come when they were due, and trouble that its author is told of. */
import type { RunMode } from "./records.ts";

export type MissedWhy = "not-running" | "paused" | "failed" | "busy";

/** Turns of a schedule (or a stretch of a stream) that passed without a run, and whether it was made good. */
export interface MissedRun {
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: string;
  readonly mode: RunMode;
  /** When the first of them was due; for a stream, when it stopped. */
  readonly dueMs: number;
  /** When the last of them was due; for a stream, when it went on. */
  readonly untilMs: number;
  /** How many turns of the schedule these are; 1 for a stream. */
  readonly turns: number;
  readonly why: MissedWhy;
  readonly foundMs: number;
  /** When a run made it good; null while none has. */
  readonly refilledMs: number | null;
  readonly runId: string | null;
}

export type TroubleKind = "failing" | "behind";

/** Trouble of one rule from when it began to when it was over. One of a kind is open at a time. */
export interface RuleTrouble {
  readonly id: string;
  readonly rule: string;
  readonly kind: TroubleKind;
  /** Who is told: the rule's author. */
  readonly author: string;
  readonly sinceMs: number;
  readonly endedMs: number | null;
  readonly message: string;
  readonly remedy: string;
}

/** Where they are kept, and the claim that keeps two runs of one rule apart, wherever they run. */
export interface RuleWatchRecords {
  putMissedRun(missed: MissedRun): void;
  /** Newest first; `open` for those that no run has made good. */
  missedRuns(filter: { rule?: string; open?: boolean; limit?: number }): MissedRun[];

  putTrouble(trouble: RuleTrouble): void;
  /** Newest first; `open` for those that last. */
  troubles(filter: { rule?: string; open?: boolean; limit?: number }): RuleTrouble[];

  /** Takes the rule for one run until `untilMs`; false while another holder has it and its time is not over. */
  claimRule(rule: string, holder: string, nowMs: number, untilMs: number): boolean;
  /** Gives the rule back, if the holder still has it. */
  releaseRule(rule: string, holder: string): void;
  /** Forgets the claims of every other holder: only for who knows that they are dead. */
  releaseOthers(holder: string): void;
}
