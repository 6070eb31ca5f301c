import { html, nothing, type TemplateResult } from "lit";
import type { Mutant, MutationReport } from "../../../../promote/rule/mutation/report.ts";
import { badge } from "../../../element/badge.ts";
import { formatShare } from "../../../format/number.ts";
import { textDifferenceView } from "./difference-view.ts";

export interface MutationViewOptions {
  /** The rule's SQL as the variants write SQL. */
  readonly sql: string;
  /** Ids that a person judged to mean the same. */
  readonly judged: readonly string[];
  readonly busy: boolean;
  /** Adds the test that notices it. */
  readonly suggest: (mutant: Mutant) => void;
  /** Keeps the judgement that it means the same, with its reason. */
  readonly judge: (mutant: Mutant, reason: string) => void;
}

/** Broken variants of the rule's SQL: those that no test noticed stand first, each as a difference with what can be done. */
export function mutationView(report: MutationReport, options: MutationViewOptions): TemplateResult {
  const same = new Set([...report.equivalent, ...options.judged]);
  const survivors = report.mutants.filter(({ id, caught }) => !caught && !same.has(id));
  const caught = report.mutants.filter((mutant) => mutant.caught);
  const equivalent = report.mutants.filter(({ id, caught: noticed }) => !noticed && same.has(id));
  const weighed = caught.length + survivors.length;
  return html`<div class="stack">
    <dl class="figures">
      <div><dt>Score</dt><dd>${formatShare(caught.length / Math.max(weighed, 1))}<small>${caught.length} of ${weighed} noticed</small></dd></div>
      <div><dt>Not noticed</dt><dd>${survivors.length}</dd></div>
      <div><dt>Mean the same</dt><dd>${equivalent.length}<small>the same rows on all data, or judged so</small></dd></div>
    </dl>
    ${survivors.map((mutant) => survivor(mutant, options))}
    ${others("noticed", caught, (mutant) => html`<span class="muted">by <code>${mutant.by ?? ""}</code></span>`)}
    ${others("that mean the same", equivalent, (mutant) => html`<span class="muted">${options.judged.includes(mutant.id) ? "judged so in Validation" : "by the data there is"}</span>`)}
  </div>`;
}

function survivor(mutant: Mutant, { sql, busy, suggest, judge }: MutationViewOptions): TemplateResult {
  return html`<section class="form-item" data-mutant=${mutant.id}>
    <header>
      ${badge("not noticed", "bad")}
      <h3 class="grow">${mutant.what}</h3>
      ${
        mutant.suggestion === undefined
          ? html`<span class="muted">no test is known that notices it</span>`
          : html`<button type="button" class="button small" ?disabled=${busy} @click=${() => suggest(mutant)}>
              Add a test that notices<span class="hidden">: ${mutant.what}</span>
            </button>`
      }
    </header>
    ${mutant.onHistory ? html`<p class="muted">${mutant.onHistory}</p>` : nothing}
    ${mutant.suggestion ? html`<p class="muted">${mutant.suggestion.why}</p>` : nothing}
    ${mutant.sql === undefined ? nothing : textDifferenceView(sql, mutant.sql.trim(), `The SQL with ${mutant.what}`)}
    <form
      class="inline-form"
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        judge(mutant, String(new FormData(event.target as HTMLFormElement).get("reason")).trim());
      }}
    >
      <label class="field wide"
        ><span>Or it means the same, because</span
        ><input type="text" name="reason" required minlength="8" placeholder="the collector writes no other event"
      /></label>
      <button class="button" ?disabled=${busy}>Judge it so<span class="hidden">: ${mutant.what}</span></button>
    </form>
  </section>`;
}

function others(
  words: string,
  mutants: readonly Mutant[],
  how: (mutant: Mutant) => TemplateResult,
): TemplateResult | typeof nothing {
  if (mutants.length === 0) return nothing;
  return html`<details>
    <summary>${mutants.length} ${words}</summary>
    <ul class="form-rows">
      ${mutants.map((mutant) => html`<li><span class="grow">${mutant.what}</span> ${how(mutant)}</li>`)}
    </ul>
  </details>`;
}
