/** What of an ADS can be generated or proposed, filled in without touching a person's words. Browser-safe: pure functions only. */
import type { Rule } from "../rule/rule.ts";
import { proposedResources, renderAdditionalResources } from "./additional-resources.ts";
import { type Ads, type AdsSectionName, isEmptySection } from "./ads.ts";
import { categorized, proposedCategories, renderCategorization } from "./categorization.ts";
import { type ProposedPriority, parsePriority, renderPriority } from "./priority.ts";
import { parseResponse, renderResponse, responseText, type ToldPlan } from "./response.ts";
import { strategyAbstract } from "./strategy/strategy-abstract.ts";
import { parseStrategy, renderStrategy } from "./strategy.ts";
import { withFields } from "./technical-context.ts";

export interface RefreshFacts {
  readonly rule: Rule;
  /** Datasets that the rule reads, from the engine. */
  readonly datasets: readonly string[];
  /** Where rule.sql is what the rule's shape gives; null for a rule written as SQL. */
  readonly shapeSentence: string | null;
  /** Names of the rule's result columns. */
  readonly columns: readonly string[];
  /** Null, or without a step, leaves the Response as it is. */
  readonly plan: ToldPlan | null;
  /** From dollars and precision; null where nothing is proposed. */
  readonly priority: ProposedPriority | null;
}

/**
 * The ADS with its generated parts written anew, a line for every field that is not named yet, and proposals where a section
 * is empty or lacks them: tactics of the rule's techniques, the priority, links. A person's words stay as they are.
 */
export function refreshAds(ads: Ads, facts: RefreshFacts): Ads {
  const { rule, plan } = facts;
  const body = (name: AdsSectionName): string => (isPrompt(ads.sections[name]) ? "" : ads.sections[name]);
  const or = (name: AdsSectionName, written: string): string =>
    written === "" ? ads.sections[name] : written;
  const technicalContext = withFields(
    body("technicalContext"),
    facts.columns.map((name) => ({
      name,
      kind: rule.entities.find(({ column }) => column === name)?.kind ?? "",
    })),
    rule.timeColumn,
  );
  const hasSteps = plan !== null && plan.automations.length + plan.options.length > 0;
  return {
    ...ads,
    sections: {
      ...ads.sections,
      categorization: or("categorization", categorizationFor(body("categorization"), rule.techniques)),
      strategyAbstract: renderStrategy({
        ...parseStrategy(body("strategyAbstract")),
        generated: strategyAbstract(rule, facts.datasets, facts.shapeSentence),
      }),
      technicalContext: or("technicalContext", technicalContext),
      priority: or("priority", priorityFor(body("priority"), facts)),
      response: hasSteps
        ? renderResponse({ ...parseResponse(body("response")), generated: responseText(plan, rule.owner) })
        : ads.sections.response,
      additionalResources: or(
        "additionalResources",
        body("additionalResources") !== ""
          ? body("additionalResources")
          : renderAdditionalResources(
              proposedResources(rule.techniques, rule.from).map((item) => ({ kind: "item", item })),
            ),
      ),
    },
  };
}

function categorizationFor(body: string, techniques: readonly string[]): string {
  const named = new Set(categorized(body).map(({ technique }) => technique));
  const missing = proposedCategories(techniques.filter((id) => !named.has(id)));
  const lines = renderCategorization(missing.map((item) => ({ kind: "item", item })));
  return [body, lines].filter((text) => text !== "").join("\n");
}

function priorityFor(body: string, { priority }: RefreshFacts): string {
  const written = parsePriority(body);
  if (written.level !== "" || priority === null) return body;
  return renderPriority({
    ...written,
    level: priority.level,
    prose: written.prose === "" ? priority.sentence : written.prose,
  });
}

/** Whether a section holds nothing but the template's prompt. */
function isPrompt(body: string): boolean {
  return body === "" || (isEmptySection(body) && /^\s*>\s*prompt:/i.test(body));
}
