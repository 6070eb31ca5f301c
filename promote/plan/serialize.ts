/** Writes response.yaml. Browser-safe: pure functions only. */
import { yamlBlock, yamlText } from "../../connectors/yaml/yaml-scalar.ts";
import type { PlanStep, ResponsePlan } from "./plan.ts";

/** Writes `response.yaml`; parses back to the same plan. */
export function responseYaml(plan: ResponsePlan): string {
  return [
    "# What runs before anybody is asked. At least one.",
    plan.automations.length === 0 ? "automations: []" : "automations:",
    ...plan.automations.flatMap(stepLines),
    "",
    "# What the owner may choose: 2 to 6 buttons.",
    plan.options.length === 0 ? "options: []" : "options:",
    ...plan.options.flatMap(stepLines),
    "",
  ].join("\n");
}

function stepLines(step: PlanStep): string[] {
  const settings = Object.entries(step.with);
  return [
    `  - name: ${yamlText(step.name)}`,
    `    title: ${yamlText(step.title)}`,
    `    uses: ${yamlText(step.uses)}`,
    ...(settings.length === 0 ? [] : ["    with:"]),
    ...settings.map(
      ([name, value]) =>
        `      ${yamlText(name)}: ${typeof value === "string" ? yamlBlock(value, 8) : value}`,
    ),
    `    effect: ${yamlText(step.effect)}`,
    ...(step.outcome === null ? [] : [`    outcome: ${step.outcome}`]),
  ];
}
