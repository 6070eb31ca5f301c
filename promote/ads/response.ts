/** Response: what happens at an alert, told from the response plan. Browser-safe: pure functions only. */
import type { Gap } from "./gap.ts";
import {
  type Generated,
  type GeneratedState,
  generatedFrom,
  generatedState,
  parseGenerated,
  renderGenerated,
  type WithGenerated,
} from "./generated-block.ts";
import { oneLine } from "./list-parts.ts";

/** What is told of one step of a response plan. */
export interface ToldStep {
  readonly title: string;
  readonly effect: string;
  /** What pressing it records; null when the alert stays open. */
  readonly outcome: string | null;
}

/** What is told of a response plan. */
export interface ToldPlan {
  readonly automations: readonly ToldStep[];
  readonly options: readonly ToldStep[];
}

/** Reads the section: what was generated from the plan, and a person's words around it. */
export function parseResponse(body: string): WithGenerated {
  return parseGenerated(body, "plan");
}

/** Writes the section; parses back to the same value. */
export function renderResponse(section: WithGenerated): string {
  return renderGenerated(section, "plan");
}

/** What the plan does, in sentences for who is asked. */
export function responseText(plan: ToldPlan, owner: string): Generated {
  const { automations, options } = plan;
  const lines = (steps: readonly ToldStep[], numbered: boolean): string =>
    steps
      .map(
        ({ title, effect, outcome }, index) =>
          `${numbered ? `${index + 1}.` : "-"} **${told(title)}**: ${told(effect)}${outcome === null ? "" : ` It is recorded as ${outcome.replaceAll("-", " ")}.`}`,
      )
      .join("\n");
  const parts = [
    automations.length === 0
      ? "Nothing runs before somebody is asked."
      : "Before anybody is asked, this runs by itself:",
    lines(automations, true),
    owner === "" ? "Whoever is asked may choose:" : `Then ${told(owner)} is asked, and may choose:`,
    lines(options, false),
  ];
  return generatedFrom(standsFor(plan, owner), parts.filter((part) => part !== "").join("\n\n"));
}

/** Whether a generated text is of the plan as it is now. */
export function responseState(plan: ToldPlan, owner: string, generated: Generated): GeneratedState {
  return generatedState(generated, standsFor(plan, owner));
}

function standsFor(plan: ToldPlan, owner: string): string[] {
  const step = ({ title, effect, outcome }: ToldStep): unknown => [title, effect, outcome];
  return [owner, JSON.stringify([plan.automations.map(step), plan.options.map(step)])];
}

/** Where the section and the plan disagree. Own words agree when they name every step by its title. */
export function responseGaps(body: string, plan: ToldPlan | null, owner: string): Gap[] {
  const refresh = "Write it anew from the plan, here or by `spoor rule describe`.";
  if (plan === null)
    return [{ message: "There is no response plan that it could tell of.", remedy: "Write response.yaml." }];
  const { generated, before, after } = parseResponse(body);
  if (generated) {
    const state = responseState(plan, owner, generated);
    if (state === "current") return [];
    return [
      state === "stale"
        ? {
            message: "It tells of another plan or owner than response.yaml and rule.yaml have now.",
            remedy: refresh,
          }
        : {
            message: "What was generated from the plan was changed by hand.",
            remedy: `${refresh} Write your own words around it.`,
          },
    ];
  }
  const words = oneLine(`${before} ${after}`).toLowerCase();
  const untold = [...plan.automations, ...plan.options]
    .map(({ title }) => oneLine(title))
    .filter((title) => !words.includes(title.toLowerCase()));
  if (untold.length === 0) return [];
  return [
    {
      message: `It does not tell of ${untold.map((title) => `"${title}"`).join(", ")}, which the plan has.`,
      remedy: `${refresh} Or name the steps by their titles.`,
    },
  ];
}

function told(text: string): string {
  return oneLine(text).replaceAll("<", "&lt;");
}
