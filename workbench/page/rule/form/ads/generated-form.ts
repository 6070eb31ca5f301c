import { html, nothing, type TemplateResult } from "lit";
import type { Generated, WithGenerated } from "../../../../../promote/ads/generated-block.ts";
import { parseResponse, renderResponse, responseText } from "../../../../../promote/ads/response.ts";
import { strategyAbstract } from "../../../../../promote/ads/strategy/strategy-abstract.ts";
import { parseStrategy, renderStrategy } from "../../../../../promote/ads/strategy.ts";
import { renderMarkdown } from "../../../../markdown/render-markdown.ts";
import type { CheckContext } from "../../gate/check-context.ts";
import { readPlan } from "../../plan-steps.ts";
import { datasetsRead, ruleValue } from "./rule-value.ts";
import { prose, type SectionForm } from "./section-form.ts";

/** What the rule does, in words made from the rule; null while rule.yaml cannot be read. */
export function strategyNow(context: CheckContext): Generated | null {
  const rule = ruleValue(context);
  return rule === null ? null : strategyAbstract(rule, datasetsRead(context), null);
}

/** What the plan does, in words made from the plan; null while there is none. */
export function responseNow({ files, fields }: Pick<CheckContext, "files" | "fields">): Generated | null {
  const plan = readPlan(files.responseYaml);
  if (!plan.ok || fields === null || plan.automations.length + plan.options.length === 0) return null;
  const told = (steps: typeof plan.options) =>
    steps.map(({ title, effect, outcome }) => ({ title, effect, outcome: outcome === "" ? null : outcome }));
  return responseText({ automations: told(plan.automations), options: told(plan.options) }, fields.owner);
}

function generatedForm(
  section: WithGenerated,
  put: (section: WithGenerated) => void,
  now: Generated | null,
  from: string,
  missing: string,
): TemplateResult {
  const stale = now !== null && section.generated?.hash !== now.hash;
  return html`${
    section.generated === null
      ? nothing
      : html`<div class="panel">${renderMarkdown(section.generated.markdown)}</div>`
  }
    ${
      now === null
        ? html`<p class="notice warning">${missing}</p>`
        : html`<div class="buttons">
            <button
              type="button"
              class="button ${stale ? "primary" : ""}"
              data-generate
              ?disabled=${!stale}
              @click=${() => put({ ...section, generated: now })}
            >
              ${section.generated === null ? `Write it from the ${from}` : `Write it anew from the ${from}`}
            </button>
            <span class="muted">${stale ? `It is made of the ${from}, so it says what runs.` : `It is what the ${from} says now.`}</span>
          </div>`
    }
    ${prose("In your own words, besides", section.after, (after) => put({ ...section, after }), { rows: 3 })}
    ${section.before === "" ? nothing : prose("Before it", section.before, (before) => put({ ...section, before }))}`;
}

/** Strategy Abstract: generated from the rule, with a person's words after it. */
export const strategyForm: SectionForm<WithGenerated> = {
  parse: parseStrategy,
  render: renderStrategy,
  form: (section, put, context) =>
    generatedForm(
      section,
      put,
      strategyNow(context),
      "rule",
      "It is made of the rule, which cannot be read yet.",
    ),
};

/** Response: generated from the response plan, with a person's words after it. */
export const responseForm: SectionForm<WithGenerated> = {
  parse: parseResponse,
  render: renderResponse,
  form: (section, put, context) =>
    generatedForm(
      section,
      put,
      responseNow(context),
      "plan",
      "It is made of the response plan: make that first.",
    ),
};
