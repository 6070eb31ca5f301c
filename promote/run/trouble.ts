import { deterministicId } from "../records/deterministic-id.ts";
import type { RecordStore } from "../records/records.ts";
import type { RuleTrouble, TroubleKind } from "../records/rule-watch.ts";

/** Failures in a row after which a rule is in trouble: one may be chance. */
export const FAILURES_UNTIL_TROUBLE = 3;
/** A rule that is due for longer than this is behind. */
export const LAG_BOUND_MS = 120_000;

/** How one rule does now. */
export interface RuleCondition {
  readonly rule: string;
  readonly author: string;
  readonly failures: number;
  readonly error: string | null;
  readonly lagMs: number;
  /** How long it may be due; `LAG_BOUND_MS` when absent. */
  readonly lagBoundMs?: number;
  /** It cannot run at all. */
  readonly broken?: boolean;
  /** Its file asks for a stage that the gate does not let it have: it runs as another. */
  readonly refused?: { readonly asked: string; readonly runs: string };
}

/** Troubles that began and ended with this look: each is told once. */
export interface TroubleChanges {
  readonly began: readonly RuleTrouble[];
  readonly ended: readonly RuleTrouble[];
}

function spoken(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes < 90) return `${Math.max(1, Math.round(minutes))} minutes`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`;
}

function ails(condition: RuleCondition): Map<TroubleKind, { message: string; remedy: string }> {
  const found = new Map<TroubleKind, { message: string; remedy: string }>();
  const error = (condition.error ?? "").slice(0, 500);
  if (condition.refused) {
    const { asked, runs } = condition.refused;
    found.set("failing", {
      message:
        runs === "draft"
          ? `${condition.rule} does not run, although its file says ${asked}: ${error}`
          : `${condition.rule} runs as ${runs}, although its file says ${asked}: ${error}`,
      remedy:
        runs === "draft"
          ? "Mend its files; until then nobody watches with it."
          : "Mend what the gate lists; until then it wakes nobody.",
    });
  } else if (condition.broken) {
    found.set("failing", {
      message: `${condition.rule} cannot run: ${error}`,
      remedy: "Mend its query; until then nobody watches with it.",
    });
  } else if (condition.failures >= FAILURES_UNTIL_TROUBLE) {
    found.set("failing", {
      message: `${condition.rule} has failed ${condition.failures} times in a row: ${error}`,
      remedy: "Mend its query or its data; what it missed is made good by itself then.",
    });
  } else if (condition.failures === 0 && condition.lagMs > (condition.lagBoundMs ?? LAG_BOUND_MS)) {
    found.set("behind", {
      message: `${condition.rule} is ${spoken(condition.lagMs)} behind.`,
      remedy: "Make its query look back less or read less, or give the engine more room.",
    });
  }
  return found;
}

/**
 * Compares how rules do with the troubles on record: new ones begin, and those that are over end. A rule that is no
 * longer among `conditions` is at rest, and its troubles end. The records change in one transaction.
 */
export function watchTroubles(
  store: RecordStore,
  conditions: readonly RuleCondition[],
  nowMs: number,
): TroubleChanges {
  const began: RuleTrouble[] = [];
  const ended: RuleTrouble[] = [];
  const open = store.troubles({ open: true });
  const wanted = new Map(conditions.map((condition) => [condition.rule, ails(condition)]));
  store.transaction(() => {
    for (const trouble of open) {
      if (wanted.get(trouble.rule)?.has(trouble.kind)) continue;
      ended.push({ ...trouble, endedMs: nowMs });
    }
    for (const { rule, author } of conditions) {
      for (const [kind, told] of wanted.get(rule) ?? []) {
        if (open.some((trouble) => trouble.rule === rule && trouble.kind === kind)) continue;
        const id = deterministicId("trouble", rule, kind, BigInt(Math.trunc(nowMs)));
        began.push({ id, rule, kind, author, sinceMs: nowMs, endedMs: null, ...told });
      }
    }
    for (const trouble of [...began, ...ended]) store.putTrouble(trouble);
  });
  return { began, ended };
}
