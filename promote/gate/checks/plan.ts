import { planParameters, usedParameters } from "../../plan/parameters.ts";
import { MAXIMUM_OPTIONS, MINIMUM_OPTIONS } from "../../plan/parse.ts";
import { registeredAction } from "../../plan/registered.ts";
import { type GateInput, ownerOf } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, errorsOf, failed, listed, passed } from "./answer.ts";

/** What runs before anybody is asked, what they may choose, and who they are. */
export function planChecks(input: GateInput): GateCheck[] {
  return [
    check("plan", "Something runs before a person is asked", "plan", planAnswer(input)),
    check("plan.options", "The owner has 2 to 6 choices", "plan", optionsAnswer(input)),
    check("owner", "Somebody answers for it", "owners", ownerAnswer(input)),
  ];
}

function planAnswer(input: GateInput): Answer {
  const { plan, rule } = input;
  const errors = errorsOf(
    input.parseIssues.filter(
      ({ code, place }) =>
        code.startsWith("plan.") || (code.startsWith("yaml.") && place.includes("response.yaml")),
    ),
  );
  if (errors.length > 0) return failed(listed(errors, ""), errors[0]!.remedy);
  if (!plan) return failed("There is no response plan.", "Write response.yaml.");
  if (plan.automations.length === 0)
    return failed(
      "No automation runs before the alert.",
      "Add at least one that gathers what the owner needs to decide.",
    );
  const steps = [...plan.automations, ...plan.options];
  const unfit = steps
    .filter(({ uses }) => !registeredAction(uses))
    .map(({ name, uses }) => `${name} uses ${uses}, which is not registered`);
  const known = planParameters(rule?.entities ?? []);
  for (const step of steps) {
    for (const setting of registeredAction(step.uses)?.settings ?? []) {
      const value = step.with[setting.name];
      if (typeof value !== "string") continue;
      if (setting.type === "dataset" && input.datasets && !input.datasets.includes(value))
        unfit.push(`${step.name} reads ${value}, which is no dataset`);
      if (setting.type === "sql") {
        const strange = usedParameters(value).filter((name) => !known.includes(name));
        if (strange.length > 0) unfit.push(`${step.name} uses $${strange.join(", $")}`);
      }
    }
  }
  if (unfit.length > 0)
    return failed(
      `${unfit.join("; ")}.`,
      `Correct the steps; parameters are ${known.map((name) => `$${name}`).join(", ")}.`,
    );
  return passed(`${plan.automations.length}: ${plan.automations.map(({ title }) => title).join(", ")}.`);
}

function optionsAnswer({ plan }: GateInput): Answer {
  const options = plan?.options ?? [];
  if (options.length < MINIMUM_OPTIONS || options.length > MAXIMUM_OPTIONS) {
    return failed(
      `The plan offers ${options.length}.`,
      `Offer ${MINIMUM_OPTIONS} to ${MAXIMUM_OPTIONS} buttons.`,
    );
  }
  if (!options.some(({ uses }) => registeredAction(uses)?.endsAlert))
    return failed("No option ends the alert.", "Add at least one that uses decide.");
  return passed(`${options.length}: ${options.map(({ title }) => title).join(", ")}.`);
}

function ownerAnswer(input: GateInput): Answer {
  const name = input.rule?.owner ?? "";
  if (name === "")
    return failed("The rule names no owner.", "Set owner in rule.yaml to a name from owners.yaml.");
  const owner = ownerOf(input);
  if (!owner) return failed(`"${name}" is not in owners.yaml.`, "Add the owner there, or name one that is.");
  if (owner.onCall.length === 0)
    return failed(`Nobody is on call for ${name}.`, "Name at least one person in onCall.");
  return passed(`${owner.title}, on call: ${owner.onCall.join(", ")}.`);
}
