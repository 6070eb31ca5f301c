import { deterministicId } from "../records/deterministic-id.ts";
import type { Action, Alert, RecordStore } from "../records/records.ts";

const ACTOR = "spoor";
export const HELD_BACK_NOTE = "held-back";

function noteOf({ id, rule }: Alert, nowMs: number): Action {
  return {
    id: deterministicId("note", id, HELD_BACK_NOTE),
    alertId: id,
    name: HELD_BACK_NOTE,
    uses: "note",
    trigger: "automation",
    actor: ACTOR,
    state: "succeeded",
    startedMs: nowMs,
    finishedMs: nowMs,
    summary: `It never opened: ${rule} may not page, or its response plan is gone.`,
    rows: [],
  };
}

/** Rules with anything that waits to reach a person: detections, what a throttle gathered, alerts that have not opened. */
export function rulesThatWait(store: RecordStore): string[] {
  return [
    ...new Set([
      ...store.uncasedRules(),
      ...store.waitingCases().map(({ gatheredFor }) => gatheredFor ?? ""),
      ...store.alerts({ state: "automating" }).map(({ rule }) => rule),
    ]),
  ];
}

/**
 * No plan, no alert: what waits of a rule that may not page now, or is gone, stays recorded and reaches nobody. What a
 * throttle gathered is taken apart, an alert that has not opened ends without an outcome, detections are staged. One
 * transaction; answers how many detections it held back.
 */
export function holdBack(store: RecordStore, mayPage: (rule: string) => boolean, nowMs: number): number {
  const held = rulesThatWait(store).filter((rule) => !mayPage(rule));
  if (held.length === 0) return 0;
  return store.transaction(() => {
    const isHeld = new Set(held);
    for (const { id, gatheredFor } of store.waitingCases()) {
      if (isHeld.has(gatheredFor ?? "")) store.dissolveCase(id);
    }
    for (const alert of store.alerts({ state: "automating" })) {
      if (!isHeld.has(alert.rule)) continue;
      const note = noteOf(alert, nowMs);
      store.putAlert({ ...alert, state: "decided", decidedMs: nowMs });
      store.putAction(note);
      store.putActivity({
        atMs: nowMs,
        actor: ACTOR,
        verb: "held back",
        subject: `alert:${alert.id}`,
        detail: note.summary,
      });
    }
    let sum = 0;
    for (const rule of held) {
      const count = store.stopPaging(rule);
      if (count === 0) continue;
      sum += count;
      store.putActivity({
        atMs: nowMs,
        actor: ACTOR,
        verb: "held back",
        subject: `rule:${rule}`,
        detail: `${count} detections: the rule may not page`,
      });
    }
    return sum;
  });
}
