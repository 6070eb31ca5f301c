import { parse } from "yaml";
import type { PlanStep } from "../../../promote/plan/plan.ts";
import { type ActionDeclaration, registeredAction } from "../../../promote/plan/registered.ts";
import { responseYaml } from "../../../promote/plan/serialize.ts";
import type { OutcomeKind } from "../../../promote/records/records.ts";

export interface DrawnStep {
  readonly name: string;
  readonly title: string;
  readonly uses: string;
  readonly effect: string;
  readonly outcome: string;
  /** Settings of its action, as far as they are texts or numbers. */
  readonly with: Readonly<Record<string, string | number | boolean>>;
}

export type DrawnPlan =
  | { readonly ok: true; readonly automations: readonly DrawnStep[]; readonly options: readonly DrawnStep[] }
  | { readonly ok: false; readonly message: string };

/** Reads response.yaml as far as it can be drawn while it is being written. The server decides whether it is right. */
export function readPlan(yaml: string): DrawnPlan {
  let value: unknown;
  try {
    value = parse(yaml, { maxAliasCount: 50 });
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message.split("\n")[0]! : String(error) };
  }
  if (value === null || value === undefined) return { ok: true, automations: [], options: [] };
  if (typeof value !== "object" || Array.isArray(value)) {
    return { ok: false, message: "It must have the lists `automations` and `options`." };
  }
  const plan = value as Record<string, unknown>;
  return { ok: true, automations: steps(plan.automations), options: steps(plan.options) };
}

function steps(value: unknown): DrawnStep[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((step): step is Record<string, unknown> => typeof step === "object" && step !== null)
    .map((step) => ({
      name: words(step.name),
      title: words(step.title) || words(step.name) || "unnamed",
      uses: words(step.uses),
      effect: words(step.effect),
      outcome: words(step.outcome),
      with: settings(step.with),
    }));
}

function settings(value: unknown): DrawnStep["with"] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string | number | boolean] =>
      ["string", "number", "boolean"].includes(typeof entry[1]),
    ),
  );
}

/** response.yaml of steps as a form has them, whether or not they are right yet. */
export function planYaml(plan: {
  readonly automations: readonly DrawnStep[];
  readonly options: readonly DrawnStep[];
}): string {
  return responseYaml({ automations: plan.automations.map(written), options: plan.options.map(written) });
}

function written(step: DrawnStep): PlanStep {
  const ends = registeredAction(step.uses)?.endsAlert === true;
  return { ...step, outcome: ends ? ((step.outcome || "undetermined") as OutcomeKind) : null };
}

const OUTCOMES_IN_ORDER = ["true-positive", "benign-positive", "false-positive", "ignored", "undetermined"];
const DECISION_TITLES: Readonly<Record<string, string>> = {
  "true-positive": "This was not us",
  "benign-positive": "This was us",
  "false-positive": "It did not happen",
  ignored: "Let it be",
  undetermined: "It cannot be told",
};
const DECISION_EFFECTS: Readonly<Record<string, string>> = {
  "true-positive": "Closes the alert as an attack; the security team takes over.",
  "benign-positive": "Closes the alert as work that we do.",
  "false-positive": "Closes the alert as a mistake of the rule, which gets tuned.",
  ignored: "Closes the alert without looking further.",
  undetermined: "Closes the alert without an answer.",
};

/** A new step of a registered action, with a name that no other has and every setting that has a default. */
export function newStep(
  action: ActionDeclaration,
  others: readonly DrawnStep[],
  given: DrawnStep["with"] = {},
): DrawnStep {
  const outcome = action.endsAlert
    ? (OUTCOMES_IN_ORDER.find((one) => !others.some((step) => step.outcome === one)) ?? "undetermined")
    : "";
  const base = action.endsAlert ? outcome : action.name;
  let name = base;
  for (let count = 2; others.some((step) => step.name === name); count += 1) name = `${base}-${count}`;
  return {
    name,
    title: DECISION_TITLES[outcome] ?? action.title,
    uses: action.name,
    effect: DECISION_EFFECTS[outcome] ?? action.does,
    outcome,
    with: Object.fromEntries(
      action.settings.flatMap((setting): [string, string | number | boolean][] => {
        const value = given[setting.name] ?? setting.default ?? "";
        return [[setting.name, value]];
      }),
    ),
  };
}

/** The plan that most rules begin with: what else happened there and how it ended before, then three answers. */
export function usualPlan(dataset: string): {
  readonly automations: readonly DrawnStep[];
  readonly options: readonly DrawnStep[];
} {
  const steps = (names: readonly string[]) => {
    const made: DrawnStep[] = [];
    for (const name of names) {
      const action = registeredAction(name);
      if (action) made.push(newStep(action, made, { dataset }));
    }
    return made;
  };
  return {
    automations: steps(dataset === "" ? ["history"] : ["related-activity", "history"]),
    options: steps(["decide", "decide", "escalate-to-author"]),
  };
}

function words(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
