import { formatInstant } from "../../connectors/time/instant.ts";
import { deterministicId } from "../records/deterministic-id.ts";
import type { Action, Case, Detection, RecordStore } from "../records/records.ts";
import { alertId } from "./alert-id.ts";

export const WITHDRAWN_NOTE = "detection-withdrawn";
export const RESTORED_NOTE = "detection-restored";
const AT_ONCE = 500;

function noteOf(alert: string, detection: Detection, standing: number, nowMs: number): Action {
  const { withdrawnMs, withdrawnReason = "" } = detection;
  const isGone = withdrawnMs !== undefined;
  const time = `${formatInstant(detection.eventTimeUs).slice(0, 19).replace("T", " ")} UTC`;
  const rest =
    standing === 0
      ? "No detection of this alert stands any more; it stays open until somebody decides it."
      : `${standing} ${standing === 1 ? "detection" : "detections"} of this alert ${standing === 1 ? "stands" : "stand"}.`;
  return {
    id: deterministicId(
      "note",
      alert,
      detection.id,
      isGone ? "gone" : "again",
      BigInt(Math.trunc(withdrawnMs ?? nowMs)),
    ),
    alertId: alert,
    name: isGone ? WITHDRAWN_NOTE : RESTORED_NOTE,
    uses: "note",
    trigger: "automation",
    actor: "spoor",
    state: "succeeded",
    startedMs: nowMs,
    finishedMs: nowMs,
    summary: isGone
      ? `${withdrawnReason} The detection of ${time} is withdrawn. ${rest}`.trim()
      : `The detection of ${time}, which was withdrawn, is found again. ${rest}`,
    rows: [],
  };
}

/**
 * Tells alerts of detections that were withdrawn, or found again, since they were raised: a note on the alert, which
 * stays as it is. Each change is told once, in one transaction with the mark that says so.
 */
export function noteWithdrawals(store: RecordStore, nowMs: number): number {
  let told = 0;
  for (;;) {
    const changed = store.untoldWithdrawals(AT_ONCE);
    if (changed.length === 0) return told;
    const cases = new Map<string, Case>();
    for (const value of store.cases({})) for (const id of value.detectionIds) cases.set(id, value);
    store.transaction(() => {
      for (const detection of changed) {
        store.putWithdrawalTold(detection.id);
        const value = cases.get(detection.id);
        const alert = value === undefined ? undefined : store.alert(alertId(value.id));
        if (value === undefined || alert === undefined) continue;
        const standing = value.detectionIds.filter((id) => {
          const other = store.detection(id);
          return other !== undefined && other.withdrawnMs === undefined;
        }).length;
        const note = noteOf(alert.id, detection, standing, nowMs);
        store.putAction(note);
        store.putActivity({
          atMs: nowMs,
          actor: "spoor",
          verb: detection.withdrawnMs === undefined ? "restored" : "withdrew",
          subject: `alert:${alert.id}`,
          detail: note.summary,
        });
        told += 1;
      }
    });
  }
}
