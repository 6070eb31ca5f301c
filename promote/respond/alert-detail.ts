import { technique } from "../attack/attack.ts";
import type { PlanStep, ResponsePlan } from "../plan/plan.ts";
import type { DetectionRow, JsonRow } from "../records/backtest.ts";
import { detectionRow, jsonRow } from "../records/detection-row.ts";
import type {
  Action,
  Alert,
  Case,
  Detection,
  Forecast,
  ForecastResolution,
  Outcome,
  OutcomeKind,
} from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { decidesAlert } from "./decide.ts";
import { HELD_BACK_NOTE } from "./hold-back.ts";
import { RESTORED_NOTE, WITHDRAWN_NOTE } from "./withdrawal-note.ts";

/** An alert in a list. Times are ISO 8601 UTC text. */
export interface AlertSummary {
  readonly id: string;
  readonly rule: string;
  readonly ruleTitle: string;
  readonly severity: string;
  readonly owner: string;
  readonly sentence: string;
  readonly state: "automating" | "open" | "decided";
  readonly opened: string;
  readonly outcome: OutcomeKind | null;
  readonly entities: Readonly<Record<string, string>>;
  readonly caseId: string;
}

/** Everything an alert's page shows. */
export interface AlertDetail extends AlertSummary {
  /** For somebody outside security. */
  readonly meaning: string;
  /** What is normal here, and how this differs. */
  readonly normal: string;
  readonly falsePositives: string;
  readonly detections: readonly DetectionRow[];
  readonly automations: readonly AlertAction[];
  readonly options: readonly AlertOption[];
  readonly done: readonly AlertAction[];
  readonly decision: {
    readonly outcome: OutcomeKind;
    readonly actor: string;
    readonly reason: string;
    readonly minutes: number;
    readonly at: string;
  } | null;
  /** The forecast made when it fired. */
  readonly forecast: { readonly probability: number; readonly brier: number | null } | null;
  readonly author: string;
  readonly techniques: readonly {
    readonly id: string;
    readonly name: string;
    readonly tactics: readonly string[];
  }[];
}

export interface AlertAction {
  readonly name: string;
  readonly title: string;
  readonly actor: string;
  readonly state: "started" | "succeeded" | "failed";
  readonly started: string;
  readonly summary: string;
  readonly rows: readonly JsonRow[];
}

export interface AlertOption {
  readonly name: string;
  readonly title: string;
  /** What pressing it does, in a sentence. */
  readonly effect: string;
  /** True when it ends the alert. */
  readonly decides: boolean;
  /** Outcome that it records unless the person chooses another; null when it does not decide. */
  readonly outcome: OutcomeKind | null;
}

/** Texts of the ADS sections that an alert shows (Markdown). */
export interface AlertTexts {
  readonly meaning: string;
  readonly normal: string;
  readonly falsePositives: string;
}

/** What is recorded about one alert. */
export interface AlertRecords {
  readonly alert: Alert;
  readonly case: Case;
  /** The case's detections, in its order. */
  readonly detections: readonly Detection[];
  readonly actions: readonly Action[];
  readonly outcome: Outcome | undefined;
  readonly forecast: Forecast | undefined;
  readonly resolution: ForecastResolution | undefined;
}

function isoText(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** An alert for a list; `rule` is undefined when it is gone. */
export function alertSummary(
  records: Pick<AlertRecords, "alert" | "case" | "outcome">,
  rule: Rule | undefined,
): AlertSummary {
  const { alert } = records;
  return {
    id: alert.id,
    rule: alert.rule,
    ruleTitle: rule?.title ?? alert.rule,
    severity: rule?.severity ?? "medium",
    owner: alert.owner,
    sentence: alert.sentence,
    state: alert.state,
    opened: isoText(alert.openedMs),
    outcome: records.outcome?.kind ?? null,
    entities: records.case.entities,
    caseId: alert.caseId,
  };
}

/** What Spoor notes on an alert by itself, beside the plan's automations. */
const NOTE_TITLES: Readonly<Record<string, string>> = {
  [WITHDRAWN_NOTE]: "A detection was withdrawn",
  [RESTORED_NOTE]: "A detection stands again",
  [HELD_BACK_NOTE]: "It was held back",
};

function alertAction(action: Action, steps: readonly PlanStep[]): AlertAction {
  return {
    name: action.name,
    title: steps.find(({ name }) => name === action.name)?.title ?? NOTE_TITLES[action.name] ?? action.name,
    actor: action.actor,
    state: action.state,
    started: isoText(action.startedMs),
    summary: action.summary,
    rows: action.rows.map(jsonRow),
  };
}

function alertOption(step: PlanStep): AlertOption {
  return {
    name: step.name,
    title: step.title,
    effect: step.effect,
    decides: decidesAlert(step),
    outcome: step.outcome,
  };
}

function forecastOf({ forecast, resolution }: AlertRecords): AlertDetail["forecast"] {
  if (forecast === undefined || typeof forecast.value !== "number") return null;
  const brier = resolution === undefined ? null : (forecast.value - resolution.outcome) ** 2;
  return { probability: forecast.value, brier };
}

/** The page of one alert from what is recorded, its rule, its plan and the texts of its ADS. */
export function alertDetail(
  records: AlertRecords,
  rule: Rule | undefined,
  plan: ResponsePlan | undefined,
  texts: AlertTexts,
): AlertDetail {
  const { outcome } = records;
  return {
    ...alertSummary(records, rule),
    ...texts,
    detections: records.detections.map(detectionRow),
    automations: records.actions
      .filter(({ trigger }) => trigger === "automation")
      .map((action) => alertAction(action, plan?.automations ?? [])),
    options: records.alert.state === "decided" ? [] : (plan?.options ?? []).map(alertOption),
    done: records.actions
      .filter(({ trigger }) => trigger === "person")
      .map((action) => alertAction(action, plan?.options ?? [])),
    decision:
      outcome === undefined
        ? null
        : {
            outcome: outcome.kind,
            actor: outcome.actor,
            reason: outcome.reason,
            minutes: outcome.minutes,
            at: isoText(outcome.recordedMs),
          },
    forecast: forecastOf(records),
    author: rule?.author ?? "",
    techniques: (rule?.techniques ?? []).map((id) => {
      const known = technique(id);
      return { id, name: known?.name ?? id, tactics: known?.tactics ?? [] };
    }),
  };
}
