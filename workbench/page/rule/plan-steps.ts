import { parse } from "yaml";

export interface DrawnStep {
  readonly name: string;
  readonly title: string;
  readonly uses: string;
  readonly effect: string;
  readonly outcome: string;
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
    }));
}

function words(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
