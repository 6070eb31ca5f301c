import { formatInstant } from "../../connectors/time/instant.ts";
import type { RuleControlKind } from "../../promote/records/rule-control.ts";
import type { MissedRun } from "../../promote/records/rule-watch.ts";
import { detectionDelay } from "../../promote/run/detection-delay.ts";
import { nextRunMs } from "../../promote/run/schedule.ts";
import type { RunTotals } from "../ledger/rule-records.ts";
import type { Spoor } from "../spoor.ts";

const WEEK_MS = 7 * 86_400_000;
const SHOWN = 50;

/** One act on a rule's runner, as the API tells it. Times are ISO 8601 UTC. */
export interface RuleControlRow {
  readonly kind: RuleControlKind;
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  readonly until: string | null;
  readonly maximumPerHour: number | null;
}

/** Turns that passed without a run. */
export interface MissedRunRow {
  readonly due: string;
  readonly until: string;
  readonly turns: number;
  readonly mode: string;
  readonly why: MissedRun["why"];
  readonly found: string;
  readonly refilled: string | null;
  readonly runId: string | null;
}

/** Who holds the rule back, how it keeps up, what it missed, and what it took in the last seven days. */
export interface RuleRunnerReport {
  readonly paused: {
    readonly at: string;
    readonly by: string;
    readonly reason: string;
    readonly until: string | null;
  } | null;
  readonly throttle: {
    readonly maximumPerHour: number;
    readonly at: string;
    readonly by: string;
    readonly reason: string;
    /** Detections of the last seven days that were gathered instead of raising an alert each. */
    readonly gathered: number;
    /** Of those, the ones whose alert still waits for room. */
    readonly waiting: number;
  } | null;
  /** Whether its runner has it. */
  readonly running: boolean;
  /** For how long something has been due, milliseconds; null when it is not running. */
  readonly lagMs: number | null;
  /** How long after an event it can detect it, in words; null when it is not running as a stream. */
  readonly delay: string | null;
  readonly evaluatedUntil: string | null;
  readonly watermark: string | null;
  /** When its schedule next comes round. */
  readonly nextRun: string | null;
  /** Turns that nothing has made good yet. */
  readonly missedRuns: number;
  readonly missed: readonly MissedRunRow[];
  /** Why it fails or falls behind; empty when it is well. */
  readonly trouble: string;
  readonly totals: RunTotals;
  readonly withdrawn: number;
  readonly controls: readonly RuleControlRow[];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Turns of the rule that passed without a run, newest first, made good or not. */
export function missedRunRows(spoor: Spoor, name: string, limit = SHOWN): MissedRunRow[] {
  return spoor.store.missedRuns({ rule: name, limit }).map((missed) => ({
    due: iso(missed.dueMs),
    until: iso(missed.untilMs),
    turns: missed.turns,
    mode: missed.mode,
    why: missed.why,
    found: iso(missed.foundMs),
    refilled: missed.refilledMs === null ? null : iso(missed.refilledMs),
    runId: missed.runId,
  }));
}

/** Everything about how the rule runs. Throws RefusedError(404). */
export async function ruleRunnerReport(spoor: Spoor, name: string): Promise<RuleRunnerReport> {
  const { store, clock, streams, rules, controls } = spoor;
  rules.known(name);
  const nowMs = clock();
  const { paused, throttle } = controls.stateOf(name);
  const rule = (await rules.loaded(name))?.rule ?? null;
  const status = streams.runners.statusOf(name);
  const progress = rule === null ? undefined : store.progress(name, rule.version, rule.run.mode);
  const watermarkUs = status !== undefined && "watermarkUs" in status ? status.watermarkUs : null;
  const gathered = (throttle === null ? [] : store.cases({ limit: 1_000 })).filter(
    ({ gatheredFor, openedMs }) => gatheredFor === name && openedMs > nowMs - WEEK_MS,
  );
  const count = (cases: typeof gathered) =>
    cases.reduce((sum, { detectionIds }) => sum + detectionIds.length, 0);
  const nextMs = rule?.run.mode === "batch" && status !== undefined ? nextRunMs(rule, nowMs) : null;
  return {
    paused:
      paused === null
        ? null
        : {
            at: iso(paused.atMs),
            by: paused.by,
            reason: paused.reason,
            until: paused.untilMs === null ? null : iso(paused.untilMs),
          },
    throttle:
      throttle === null
        ? null
        : {
            maximumPerHour: throttle.maximumPerHour,
            at: iso(throttle.atMs),
            by: throttle.by,
            reason: throttle.reason,
            gathered: count(gathered),
            waiting: count(gathered.filter(({ waitsForRoom }) => waitsForRoom === true)),
          },
    running: status !== undefined,
    lagMs: status?.lagMs ?? null,
    delay:
      rule !== null && status !== undefined && "immediate" in status
        ? detectionDelay(rule, status.immediate)
        : null,
    evaluatedUntil: progress === undefined ? null : formatInstant(progress.evaluatedUntilUs),
    watermark: watermarkUs === null ? null : formatInstant(watermarkUs),
    nextRun: nextMs === null ? null : iso(nextMs),
    missedRuns: store.missedRuns({ rule: name, open: true }).reduce((sum, missed) => sum + missed.turns, 0),
    missed: missedRunRows(spoor, name),
    trouble: store
      .troubles({ rule: name, open: true })
      .map(({ message, remedy }) => `${message} ${remedy}`)
      .join(" "),
    totals: store.runTotals(name, nowMs - WEEK_MS),
    withdrawn: store.detections({ rule: name, withdrawn: "only", limit: 1_000 }).length,
    controls: store.ruleControls({ rule: name, limit: SHOWN }).map((control) => ({
      kind: control.kind,
      at: iso(control.atMs),
      by: control.actor,
      reason: control.reason,
      until: control.untilMs === null ? null : iso(control.untilMs),
      maximumPerHour: control.maximumPerHour,
    })),
  };
}
