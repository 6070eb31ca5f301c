import type { PlanStep } from "../plan/plan.ts";
import type { Action, RecordStore } from "../records/records.ts";
import { type ActionContext, performAction } from "./actions.ts";

/** An action as it starts. */
export function startedAction(
  step: PlanStep,
  of: Pick<Action, "id" | "alertId" | "trigger" | "actor" | "startedMs">,
): Action {
  return {
    ...of,
    name: step.name,
    uses: step.uses,
    state: "started",
    finishedMs: null,
    summary: "",
    rows: [],
  };
}

/**
 * Records that an action starts, does it, and records how it ended; a failure is recorded, not thrown. An abort leaves
 * it started, to be taken up again.
 */
export async function carryOut(
  store: RecordStore,
  step: PlanStep,
  started: Action,
  context: ActionContext,
  nowMs: () => number,
): Promise<Action> {
  store.transaction(() => store.putAction(started));
  let ended: Action;
  try {
    const { summary, rows } = await performAction(step, context);
    ended = { ...started, state: "succeeded", finishedMs: nowMs(), summary, rows };
  } catch (error) {
    if (context.signal?.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    ended = {
      ...started,
      state: "failed",
      finishedMs: nowMs(),
      summary: `It failed: ${message.slice(0, 500)}`,
    };
  }
  store.transaction(() => store.putAction(ended));
  return ended;
}
