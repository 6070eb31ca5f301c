import { html } from "lit";
import {
  DEFAULT_MUTATION_SCORE,
  parseValidation,
  renderValidation,
  type Validation,
} from "../../../../../promote/ads/validation.ts";
import { line, prose, type SectionForm } from "./section-form.ts";

/** Validation: the steps that make the rule fire, and how much of what is broken its tests must notice. */
export const validationForm: SectionForm<Validation> = {
  parse: parseValidation,
  render: renderValidation,
  form: (
    validation,
    put,
  ) => html`${prose("Steps that make it fire, so that anybody can repeat them", validation.prose, (text) => put({ ...validation, prose: text }), { name: "steps" })}
    <div class="form-columns">
      <label class="field"
        ><span>Share of broken variants that its tests must notice</span
        ><input
          type="number"
          name="minimumScore"
          min="0"
          max="1"
          step="0.05"
          placeholder=${DEFAULT_MUTATION_SCORE}
          .value=${validation.minimumScore === null ? "" : String(validation.minimumScore)}
          @change=${(event: Event) => {
            const text = (event.target as HTMLInputElement).value;
            put({ ...validation, minimumScore: text === "" ? null : Math.min(1, Math.max(0, Number(text))) });
          }}
        /><span class="hint">${DEFAULT_MUTATION_SCORE} when nothing is said; less needs a reason.</span></label
      >
      ${line("Because", validation.because, (because) => put({ ...validation, because }), { name: "because" })}
    </div>
    ${
      validation.equivalents.length === 0
        ? ""
        : html`<ul class="form-rows" aria-label="Variants judged to mean the same">
            ${validation.equivalents.map(
              ({ mutant, reason }, index) => html`<li>
                <code>${mutant}</code> <span class="grow">means the same: ${reason}</span>
                <button
                  type="button"
                  class="button small"
                  aria-label=${`Remove the judgement of ${mutant}`}
                  @click=${() => put({ ...validation, equivalents: validation.equivalents.filter((_, at) => at !== index) })}
                >
                  Remove
                </button>
              </li>`,
            )}
          </ul>`
    }`,
};
