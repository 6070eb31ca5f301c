import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { Fields } from "../../connectors/yaml/fields.ts";
import { readYamlTree, shown } from "../../connectors/yaml/yaml-tree.ts";
import { OUTCOME_KINDS } from "../records/records.ts";
import type { PlanStep, ResponsePlan } from "./plan.ts";
import {
  type ActionDeclaration,
  type ActionSetting,
  REGISTERED_ACTIONS,
  registeredAction,
} from "./registered.ts";

export const MINIMUM_OPTIONS = 2;
export const MAXIMUM_OPTIONS = 6;
const STEP_NAME = /^[a-z][a-z0-9-]{0,47}$/;

/**
 * Parses `response.yaml`. A step that names no registered action, or settings that do not fit it, is an error; a plan
 * that is still too small for paging (no automation, fewer than 2 options) is a warning, so that a draft can be shown.
 * Settings left out are filled with their defaults. Never throws.
 */
export function parseResponsePlan(yaml: string, place: string): Parsed<ResponsePlan> {
  const issues: Issue[] = [];
  const read = readYamlTree(yaml, place);
  issues.push(...read.issues);
  const fields = new Fields(read.tree, place, "plan", issues);
  const names = new Set<string>();
  const automations = fields.list("automations", 50).map((step) => parseStep(step, "automation", names));
  const options = fields.list("options", 50).map((step) => parseStep(step, "option", names));
  fields.finish();
  const plan: ResponsePlan = {
    automations: automations.filter((step) => step !== null),
    options: options.filter((step) => step !== null),
  };
  if (read.tree !== null) issues.push(...sizeIssues(plan, place));
  return issues.some(({ severity }) => severity === "error")
    ? { ok: false, issues }
    : { ok: true, value: plan, issues };
}

function sizeIssues(plan: ResponsePlan, place: string): Issue[] {
  const issues: Issue[] = [];
  if (plan.automations.length === 0) {
    issues.push({
      severity: "warning",
      code: "plan.automations.none",
      place: `${place}#automations`,
      message: "Nothing runs before a person is asked.",
      remedy: "Add at least one automation that gathers what the owner needs to decide.",
    });
  }
  if (plan.options.length < MINIMUM_OPTIONS || plan.options.length > MAXIMUM_OPTIONS) {
    issues.push({
      severity: "warning",
      code: "plan.options.count",
      place: `${place}#options`,
      message: `The plan offers ${plan.options.length} options.`,
      remedy: `Offer ${MINIMUM_OPTIONS} to ${MAXIMUM_OPTIONS} buttons.`,
    });
  }
  return issues;
}

function parseStep(fields: Fields, role: "automation" | "option", names: Set<string>): PlanStep | null {
  const name = fields.text("name", "", 200);
  const uses = fields.text("uses", "", 200);
  const action = registeredAction(uses);
  const title = fields.text("title", action?.title ?? name, 120);
  const effect = fields.text("effect", action?.does ?? "", 500);
  const given = fields.map("with");
  const outcome = fields.choice("outcome", "undetermined", OUTCOME_KINDS);
  const wrong = (code: string, message: string, remedy: string): null => {
    fields.report("error", code, fields.line, message, remedy);
    return null;
  };
  fields.finish();
  if (!STEP_NAME.test(name))
    return wrong(
      "name",
      `"${shown(name)}" is no name of a step.`,
      "Use lower-case letters, digits and dashes, at most 48, a letter first.",
    );
  if (names.has(name))
    return wrong("name-twice", `Two steps are named ${name}.`, "Give every step a name of its own.");
  names.add(name);
  if (!action) {
    return wrong(
      "uses",
      `The step ${name} uses "${shown(uses)}", which is no registered action.`,
      `Use one of ${REGISTERED_ACTIONS.map((each) => each.name).join(", ")}.`,
    );
  }
  if (role === "automation" && !action.mayAutomate) {
    return wrong(
      "not-automatic",
      `${action.name} needs a person and cannot run as an automation.`,
      "Move the step to options.",
    );
  }
  if (role === "option" && !action.mayOffer)
    return wrong("not-offered", `${action.name} is no button.`, "Move the step to automations.");
  if (role === "option" && action.endsAlert && !fields.has("outcome")) {
    return wrong(
      "outcome-missing",
      `The step ${name} ends the alert and records no outcome.`,
      `Add outcome: one of ${OUTCOME_KINDS.join(", ")}.`,
    );
  }
  if (!action.endsAlert && fields.has("outcome")) {
    return wrong(
      "outcome-open",
      `The step ${name} leaves the alert open and cannot record an outcome.`,
      "Remove its outcome, or use decide.",
    );
  }
  return {
    name,
    title,
    uses,
    with: settingsOf(action, given, fields),
    effect,
    outcome: action.endsAlert ? outcome : null,
  };
}

function settingsOf(action: ActionDeclaration, given: Fields | null, step: Fields): PlanStep["with"] {
  const entries: [string, string | number | boolean][] = [];
  for (const setting of action.settings) {
    if (!given?.has(setting.name)) {
      if (setting.default === null) {
        step.report(
          "error",
          "setting-missing",
          given?.line ?? step.line,
          `${action.name} needs the setting ${setting.name}.`,
          `Give ${setting.describes}.`,
        );
      } else entries.push([setting.name, setting.default]);
      continue;
    }
    entries.push([setting.name, readSetting(setting, given)]);
  }
  given?.finish();
  return Object.fromEntries(entries);
}

function readSetting(setting: ActionSetting, given: Fields): string | number {
  if (setting.type === "whole-number") {
    const value = given.number(
      setting.name,
      Number(setting.default),
      setting.minimum ?? 0,
      setting.maximum ?? Number.MAX_SAFE_INTEGER,
    );
    if (!Number.isInteger(value))
      given.wrong(setting.name, `\`${setting.name}\` is no whole number.`, "Give a whole number.");
    return value;
  }
  const value = given.text(setting.name, "", setting.type === "sql" ? 20_000 : 200).trim();
  if (value === "") given.wrong(setting.name, `\`${setting.name}\` is empty.`, `Give ${setting.describes}.`);
  return value;
}
