import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { PlanStep, ResponsePlan } from "../plan/plan.ts";
import { registeredAction } from "../plan/registered.ts";
import { deterministicId } from "../records/deterministic-id.ts";
import {
  type Action,
  type Alert,
  type Forecast,
  type ForecastResolution,
  OUTCOME_KINDS,
  type Outcome,
  type OutcomeKind,
  type RecordStore,
} from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { carryOut, startedAction } from "./action-record.ts";
import { alertForecastId } from "./respond.ts";

const MOST_MINUTES = 10_080;
const LONGEST_REASON = 4_000;

export type DecisionErrorCode =
  | "alert.unknown"
  | "alert.decided"
  | "alert.automating"
  | "option.unknown"
  | "outcome.missing"
  | "outcome.unknown"
  | "minutes.wrong"
  | "reason.long";

/** Why a press was refused. `alert.decided` and `alert.automating` say that the alert is not in a state for it. */
export class DecisionError extends Error {
  readonly code: DecisionErrorCode;

  constructor(code: DecisionErrorCode, message: string) {
    super(message);
    this.name = "DecisionError";
    this.code = code;
  }
}

export interface PressRequest {
  readonly alertId: string;
  /** Name of the option in the plan. */
  readonly name: string;
  readonly actor: string;
  readonly reason: string;
  /** Minutes that the person spent. */
  readonly minutes: number;
  /** The person's own choice, over the option's. */
  readonly outcome?: OutcomeKind;
  readonly nowMs: number;
  readonly store: RecordStore;
  readonly engine: QueryEngine;
  readonly plan: ResponsePlan;
  readonly rule: Rule;
  readonly signal?: AbortSignal;
}

/** What a press moved. */
export interface Pressed {
  readonly alert: Alert;
  readonly action: Action;
  readonly outcome: Outcome | null;
  /** The alert's forecast, when this press resolved it: what was seen and the squared error. */
  readonly resolved: { readonly forecastId: string; readonly outcome: 0 | 1; readonly brier: number } | null;
}

/** Whether pressing this option ends the alert. */
export function decidesAlert(step: PlanStep): boolean {
  return step.outcome !== null || registeredAction(step.uses)?.endsAlert === true;
}

/** 1 for a true positive, 0 for a benign or false one; null for what tells nothing. */
export function resolutionOf(kind: OutcomeKind): 0 | 1 | null {
  if (kind === "true-positive") return 1;
  return kind === "benign-positive" || kind === "false-positive" ? 0 : null;
}

function checked(request: PressRequest): { readonly alert: Alert; readonly step: PlanStep } {
  const alert = request.store.alert(request.alertId);
  if (alert === undefined) throw new DecisionError("alert.unknown", "There is no such alert.");
  if (alert.state === "decided" || request.store.outcome(alert.id) !== undefined) {
    throw new DecisionError("alert.decided", "The alert is decided already.");
  }
  if (alert.state === "automating")
    throw new DecisionError("alert.automating", "The automations still run; wait a moment.");
  const step = request.plan.options.find(({ name }) => name === request.name);
  if (step === undefined) throw new DecisionError("option.unknown", "The response plan has no such option.");
  if (!Number.isFinite(request.minutes) || request.minutes < 0 || request.minutes > MOST_MINUTES) {
    throw new DecisionError("minutes.wrong", `Minutes must lie between 0 and ${MOST_MINUTES}.`);
  }
  if (request.reason.length > LONGEST_REASON) {
    throw new DecisionError("reason.long", `Give the reason in at most ${LONGEST_REASON} characters.`);
  }
  return { alert, step };
}

function outcomeKind(request: PressRequest, step: PlanStep): OutcomeKind {
  const kind = request.outcome ?? step.outcome;
  if (kind === null) throw new DecisionError("outcome.missing", "Say what the alert was.");
  if (!OUTCOME_KINDS.includes(kind)) throw new DecisionError("outcome.unknown", "There is no such outcome.");
  return kind;
}

function resolve(store: RecordStore, alert: Alert, kind: OutcomeKind, nowMs: number): Pressed["resolved"] {
  const outcome = resolutionOf(kind);
  const forecast: Forecast | undefined = store
    .forecasts({ subject: `alert:${alert.id}`, open: true })
    .find(({ id }) => id === alertForecastId(alert.id));
  if (outcome === null || forecast === undefined || typeof forecast.value !== "number") return null;
  const resolution: ForecastResolution = { forecastId: forecast.id, outcome, resolvedMs: nowMs };
  store.resolveForecast(resolution);
  return { forecastId: forecast.id, outcome, brier: (forecast.value - outcome) ** 2 };
}

function activity(request: PressRequest, verb: string, detail: string): void {
  const { store, nowMs: atMs, actor, alertId } = request;
  store.putActivity({ atMs, actor, verb, subject: `alert:${alertId}`, detail });
}

/** Everything that has no effect outside of the records happens in one transaction. */
function decide(request: PressRequest, alert: Alert, step: PlanStep, started: Action): Pressed {
  const { store, nowMs } = request;
  const kind = outcomeKind(request, step);
  const action: Action = { ...started, state: "succeeded", finishedMs: nowMs, summary: `Decided: ${kind}.` };
  const outcome: Outcome = {
    alertId: alert.id,
    rule: alert.rule,
    ruleVersion: alert.ruleVersion,
    kind,
    actor: request.actor,
    reason: request.reason,
    minutes: request.minutes,
    recordedMs: nowMs,
  };
  const decided: Alert = { ...alert, state: "decided", decidedMs: nowMs };
  return store.transaction(() => {
    store.putOutcome(outcome);
    store.putAction(action);
    store.putAlert(decided);
    const resolved = resolve(store, alert, kind, nowMs);
    activity(request, "decided", `${kind}: ${request.reason}`);
    return { alert: decided, action, outcome, resolved };
  });
}

function escalate(request: PressRequest, alert: Alert, started: Action): Pressed {
  const { store, nowMs, rule } = request;
  const summary = `Handed to ${rule.author}, who wrote the rule.`;
  const action: Action = { ...started, state: "succeeded", finishedMs: nowMs, summary };
  const handed: Alert = { ...alert, owner: rule.author };
  return store.transaction(() => {
    store.putAction(action);
    store.putAlert(handed);
    activity(request, "escalated", `${summary} ${request.reason}`.trim());
    return { alert: handed, action, outcome: null, resolved: null };
  });
}

/**
 * Carries out the option that a person pressed. A deciding one records the outcome once, closes the alert and resolves
 * its forecast; the others leave it open. Throws DecisionError when it is refused; a query that fails is a failed
 * action, not an exception.
 */
export async function pressOption(request: PressRequest): Promise<Pressed> {
  const { alert, step } = checked(request);
  const { store, nowMs, engine, rule, actor } = request;
  const started = startedAction(step, {
    id: deterministicId("action", alert.id, "person", step.name, actor, BigInt(Math.trunc(nowMs))),
    alertId: alert.id,
    trigger: "person",
    actor,
    startedMs: nowMs,
  });
  if (decidesAlert(step)) return decide(request, alert, step, started);
  if (step.uses === "escalate-to-author") return escalate(request, alert, started);
  const detection = store.detection(store.case(alert.caseId)?.detectionIds[0] ?? "");
  if (detection === undefined) throw new DecisionError("alert.unknown", "The alert has lost its detection.");
  const context = {
    rule,
    detection,
    alertId: alert.id,
    engine,
    store,
    nowMs,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  const action = await carryOut(store, step, started, context, () => nowMs);
  store.transaction(() => activity(request, "asked", `${step.title}: ${action.summary}`));
  return { alert, action, outcome: null, resolved: null };
}
