import type { Clock } from "../../connectors/time/instant.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import { correlateDetections } from "../correlate/correlate.ts";
import type { PlanStep, ResponsePlan } from "../plan/plan.ts";
import { deterministicId } from "../records/deterministic-id.ts";
import type { Action, Alert, Case, Detection, RecordStore } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { carryOut, startedAction } from "./action-record.ts";
import { type ActionContext, isReadOnly } from "./actions.ts";
import { alertId } from "./alert-id.ts";
import { holdBack } from "./hold-back.ts";
import { alertSentence } from "./plain-text.ts";
import { noteWithdrawals } from "./withdrawal-note.ts";

const AUTOMATION_ACTOR = "spoor";
const FORECAST_DAYS = 30;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A rule and what is done when it fires. */
export interface RuleWithPlan {
  readonly rule: Rule;
  readonly plan: ResponsePlan;
}

export interface RespondRequest {
  readonly store: RecordStore;
  readonly engine: QueryEngine;
  readonly clock: Clock;
  /** The rule as it is now; undefined when it is gone. */
  readonly ruleOf: (name: string) => RuleWithPlan | undefined;
  /** Whether the rule may reach a person now; every rule with a plan when absent. Asked in the turn that opens alerts. */
  readonly mayPage?: (rule: string) => boolean;
  /** P(true positive) of the rule's next alert: the mean of its precision's posterior. */
  readonly precisionOf: (rule: Rule) => number;
  /** Names of the sources that the rule reads, for scoring forecasts by source. */
  readonly sourcesOf?: (rule: Rule) => readonly string[];
  /** Alerts that the rule may raise in any hour; null (or absent) for as many as there are. */
  readonly throttleOf?: (rule: string) => number | null;
  readonly windowMs?: number;
  readonly signal?: AbortSignal;
}

/** The id of the forecast that is made when the alert fires. */
export function alertForecastId(alert: string): string {
  return deterministicId("forecast", "alert", alert);
}

function automationId(alert: string, step: string): string {
  return deterministicId("action", alert, "automation", step);
}

function gatheredSentence(title: string, count: number): string {
  const head = alertSentence(title, {}).replace(/\.$/, "");
  return `${head}: ${count} ${count === 1 ? "detection" : "detections"} beyond the alerts an hour that its throttle lets through, together.`;
}

/** Writes the alert and the forecast of its outcome; both belong to the transaction that opens the case. */
function openAlert(request: RespondRequest, value: Case, first: Detection): void {
  const { store, clock } = request;
  const known = request.ruleOf(first.rule);
  const id = alertId(value.id);
  const nowMs = clock();
  const alert: Alert = {
    id,
    caseId: value.id,
    rule: first.rule,
    ruleVersion: first.ruleVersion,
    owner: known?.rule.owner ?? "",
    sentence:
      value.gatheredFor === undefined
        ? alertSentence(known?.rule.title ?? first.rule, first.entities, known?.rule.entities)
        : value.title,
    state: "automating",
    openedMs: nowMs,
    decidedMs: null,
  };
  store.putAlert(alert);
  if (known === undefined) return;
  store.putForecast({
    id: alertForecastId(id),
    statement: `This alert is a true positive: ${alert.sentence}`,
    kind: "binary",
    subject: `alert:${id}`,
    value: Math.min(1, Math.max(0, request.precisionOf(known.rule))),
    author: `rule:${known.rule.name}`,
    createdMs: nowMs,
    resolveByMs: nowMs + FORECAST_DAYS * DAY_MS,
    rule: known.rule.name,
    sources: request.sourcesOf?.(known.rule) ?? [],
    modelVersion: first.ruleVersion,
  });
}

async function automate(
  request: RespondRequest,
  alert: Alert,
  step: PlanStep,
  context: ActionContext,
): Promise<Action> {
  const { store, clock } = request;
  const id = automationId(alert.id, step.name);
  const known = store.actions(alert.id).find((action) => action.id === id);
  if (known !== undefined && known.state !== "started") return known;
  const of = {
    id,
    alertId: alert.id,
    trigger: "automation",
    actor: AUTOMATION_ACTOR,
    startedMs: known?.startedMs ?? clock(),
  } as const;
  if (known !== undefined && !isReadOnly(step.uses)) {
    const ended: Action = {
      ...known,
      state: "failed",
      finishedMs: clock(),
      summary: "It was interrupted, and it is not known whether it took effect; it is not repeated.",
    };
    store.transaction(() => store.putAction(ended));
    return ended;
  }
  return carryOut(store, step, startedAction(step, of), context, clock);
}

/** Null for an alert whose plan is gone by now: it does not open. */
async function automateAndOpen(request: RespondRequest, alert: Alert): Promise<Alert | null> {
  const { store, engine, clock } = request;
  const known = request.ruleOf(alert.rule);
  if (known === undefined) return null;
  const detection = store.detection(store.case(alert.caseId)?.detectionIds[0] ?? "");
  const failed: string[] = [];
  if (detection !== undefined) {
    const context: ActionContext = {
      rule: known.rule,
      detection,
      alertId: alert.id,
      engine,
      store,
      nowMs: clock(),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
    for (const step of known.plan.automations) {
      const action = await automate(request, alert, step, context);
      if (action.state === "failed") failed.push(step.title);
    }
  } else failed.push("its detection is gone");
  const note = failed.length === 0 ? "" : ` (not done before: ${failed.join("; ")})`;
  const opened: Alert = { ...alert, state: "open", sentence: `${alert.sentence}${note}`, openedMs: clock() };
  store.transaction(() => {
    store.putAlert(opened);
    store.putActivity({
      atMs: opened.openedMs,
      actor: AUTOMATION_ACTOR,
      verb: "alerted",
      subject: `alert:${alert.id}`,
      detail: `${alert.owner}: ${opened.sentence}`,
    });
  });
  return opened;
}

/**
 * Brings detections of paging rules to their owners: cases, an alert and its forecast for each new case, the plan's
 * automations, and only then the open alert. It also takes up whatever a crash left: call it at start and after each
 * run. What has finished is not repeated; an automation that fails is told in the alert, which opens all the same. What
 * waits of a rule that may not page, or has no plan, is held back before anything opens. Returns the alerts that opened.
 */
export async function respondToDetections(request: RespondRequest): Promise<Alert[]> {
  const { store, mayPage = () => true } = request;
  const canPage = (rule: string): boolean => request.ruleOf(rule) !== undefined && mayPage(rule);
  holdBack(store, canPage, request.clock());
  correlateDetections({
    store,
    nowMs: request.clock(),
    ...(request.windowMs === undefined ? {} : { windowMs: request.windowMs }),
    titleOf: (detection) => {
      const rule = request.ruleOf(detection.rule)?.rule;
      return alertSentence(rule?.title ?? detection.rule, detection.entities, rule?.entities);
    },
    isOpen: (value) => store.alert(alertId(value.id))?.state !== "decided",
    onOpened: (value, first) => openAlert(request, value, first),
    throttle: {
      maximumPerHour: (rule) => request.throttleOf?.(rule) ?? null,
      alertsLately: (rule) => store.alerts({ rule, openedAfterMs: request.clock() - HOUR_MS }).length,
      titleOf: (rule, count) => gatheredSentence(request.ruleOf(rule)?.rule.title ?? rule, count),
    },
  });
  noteWithdrawals(store, request.clock());
  const opened: Alert[] = [];
  for (const alert of store.alerts({ state: "automating" }).reverse()) {
    request.signal?.throwIfAborted();
    const next = await automateAndOpen(request, alert);
    if (next !== null) opened.push(next);
  }
  return opened;
}

/** Takes up actions that a person started and a crash broke off: those that only read run again under the same id. */
export async function resumePersonActions(request: RespondRequest): Promise<Action[]> {
  const { store, clock, engine } = request;
  const resumed: Action[] = [];
  for (const action of store.unfinishedActions().filter(({ trigger }) => trigger === "person")) {
    const alert = store.alert(action.alertId);
    const known = alert === undefined ? undefined : request.ruleOf(alert.rule);
    const step = known?.plan.options.find(({ name }) => name === action.name);
    const detection = store.detection(store.case(alert?.caseId ?? "")?.detectionIds[0] ?? "");
    if (known !== undefined && step !== undefined && detection !== undefined && isReadOnly(step.uses)) {
      const context = { rule: known.rule, detection, alertId: action.alertId, engine, store, nowMs: clock() };
      resumed.push(await carryOut(store, step, action, context, clock));
      continue;
    }
    const ended: Action = { ...action, state: "failed", finishedMs: clock(), summary: "It was interrupted." };
    store.transaction(() => store.putAction(ended));
    resumed.push(ended);
  }
  return resumed;
}
