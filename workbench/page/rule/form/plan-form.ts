import { html, nothing, type TemplateResult } from "lit";
import { planParameters } from "../../../../promote/plan/parameters.ts";
import {
  type ActionSetting,
  REGISTERED_ACTIONS,
  registeredAction,
} from "../../../../promote/plan/registered.ts";
import type { RuleEntity } from "../../../../promote/rule/rule.ts";
import { codeArea } from "../../../element/code-area.ts";
import { emptyState } from "../../../element/empty-state.ts";
import { View } from "../../../element/view.ts";
import { OUTCOME_MEANINGS, OUTCOME_TITLES, OUTCOMES } from "../../../format/outcome.ts";
import { planGraph } from "../plan-graph.ts";
import { type DrawnPlan, type DrawnStep, newStep, planYaml, readPlan, usualPlan } from "../plan-steps.ts";
import { enteredIn } from "./rule-forms.ts";

type Lane = "automations" | "options";
type Steps = Extract<DrawnPlan, { ok: true }>;
const MAXIMUM_OPTIONS = 6;

/** A response plan as a form beside its graph. Calls `change` with response.yaml. */
export class PlanForm extends View {
  static override properties = {
    yaml: { attribute: false },
    datasets: { attribute: false },
    rulesDataset: { attribute: false },
    entities: { attribute: false },
  };
  declare yaml: string;
  /** Every dataset that a step may read. */
  declare datasets: readonly string[];
  /** The first dataset that the rule reads; empty when not known. */
  declare rulesDataset: string;
  declare entities: readonly { readonly column: string; readonly kind: string }[];
  change: (yaml: string) => void = () => {};

  override render(): TemplateResult {
    const plan = readPlan(this.yaml);
    if (!plan.ok)
      return html`<p class="notice bad" role="status">response.yaml is no YAML yet, so it has no form: ${plan.message}</p>`;
    if (plan.automations.length + plan.options.length === 0) {
      return emptyState(
        "No response plan yet",
        "An alert without one is worse than none. Begin with what most rules need: what else happened there, how it ended before, and three answers. Then fit it.",
        {
          label: "Begin with the usual plan",
          run: () => this.#set({ ok: true, ...usualPlan(this.rulesDataset) }),
        },
      );
    }
    return html`<div class="stack">
      <div class="plan-drawn">${planGraph(plan)}</div>
      <div class="plan-form">
        ${this.#lane(plan, "automations", "First, by itself", "What is looked up before anybody is asked, so that the answer is already there.")}
        ${this.#lane(plan, "options", "Then a person may choose", "Two to six buttons. Each says what it does; at least one ends the alert.")}
      </div>
    </div>`;
  }

  #lane(plan: Steps, lane: Lane, title: string, hint: string): TemplateResult {
    const steps = plan[lane];
    const actions = REGISTERED_ACTIONS.filter((action) =>
      lane === "automations" ? action.mayAutomate : action.mayOffer,
    );
    const full = lane === "options" && steps.length >= MAXIMUM_OPTIONS;
    return html`<section class="stack tight" data-lane=${lane}>
      <h3>${title}</h3>
      <p class="muted">${hint}</p>
      ${steps.map((step, index) => this.#step(plan, lane, step, index))}
      <div class="buttons">
        <span class="muted">${full ? "Six are enough." : "Add"}</span>
        ${
          full
            ? nothing
            : actions.map(
                (action) => html`<button
                  type="button"
                  class="button small"
                  title=${action.does}
                  data-add=${action.name}
                  @click=${() =>
                    this.#set({
                      ...plan,
                      [lane]: [
                        ...steps,
                        newStep(action, [...plan.automations, ...plan.options], {
                          dataset: this.rulesDataset,
                        }),
                      ],
                    })}
                >
                  ${action.title}
                </button>`,
              )
        }
      </div>
    </section>`;
  }

  #step(plan: Steps, lane: Lane, step: DrawnStep, index: number): TemplateResult {
    const steps = plan[lane];
    const action = registeredAction(step.uses);
    const put = (change: Partial<DrawnStep>) =>
      this.#set({ ...plan, [lane]: steps.map((one, at) => (at === index ? { ...one, ...change } : one)) });
    const move = (by: number) => {
      const moved = [...steps];
      const [one] = moved.splice(index, 1);
      moved.splice(index + by, 0, one!);
      this.#set({ ...plan, [lane]: moved });
    };
    const label = step.title;
    return html`<article class="plan-step" data-step=${step.name}>
      <header>
        <input
          type="text"
          class="step-title"
          aria-label=${`Title of ${step.name}`}
          maxlength="120"
          .value=${step.title}
          @change=${(event: Event) => put({ title: enteredIn(event) })}
        />
        <span class="buttons">
          <button type="button" class="button small" ?disabled=${index === 0} aria-label=${`Move ${label} up`} @click=${() => move(-1)}>\u2191</button>
          <button type="button" class="button small" ?disabled=${index === steps.length - 1} aria-label=${`Move ${label} down`} @click=${() => move(1)}>\u2193</button>
          <button
            type="button"
            class="button small"
            aria-label=${`Remove ${label}`}
            @click=${() => this.#set({ ...plan, [lane]: steps.filter((_, at) => at !== index) })}
          >✕</button>
        </span>
      </header>
      ${action?.title === step.title ? nothing : html`<p class="muted">${action?.title ?? `${step.uses || "nothing"}: not registered`}</p>`}
      <label class="field"
        ><span>What it does, for who reads it</span
        ><input type="text" maxlength="500" .value=${step.effect} @change=${(event: Event) => put({ effect: enteredIn(event) })}
      /></label>
      ${
        action?.endsAlert
          ? html`<label class="field"
              ><span>Records</span
              ><select @change=${(event: Event) => put({ outcome: enteredIn(event) })}>
                ${OUTCOMES.map(
                  (outcome) => html`<option value=${outcome} ?selected=${outcome === step.outcome}>
                    ${OUTCOME_TITLES[outcome]}: ${OUTCOME_MEANINGS[outcome]}
                  </option>`,
                )}
              </select></label
            >`
          : nothing
      }
      ${action?.settings.map((setting) => this.#setting(step, setting, (value) => put({ with: { ...step.with, [setting.name]: value } })))}
    </article>`;
  }

  #setting(step: DrawnStep, setting: ActionSetting, put: (value: string | number) => void): TemplateResult {
    const value = step.with[setting.name] ?? setting.default ?? "";
    const label = setting.describes;
    if (setting.type === "sql") {
      const parameters = planParameters(this.entities as readonly RuleEntity[]);
      return html`<label class="field"
        ><span>Query</span>${codeArea({ value: String(value), rows: 4, change: put })}<span class="hint"
          >One SELECT. The alert gives it ${parameters.map((name, index) => html`${index === 0 ? "" : ", "}<code>$${name}</code>`)}.</span
        ></label
      >`;
    }
    if (setting.type === "dataset") {
      const offered = [...new Set([...this.datasets, String(value)])].filter((name) => name !== "");
      return html`<label class="field"
        ><span>${label}</span
        ><select @change=${(event: Event) => put(enteredIn(event))}>
          ${value === "" ? html`<option value="" selected>choose one</option>` : nothing}
          ${offered.map((name) => html`<option value=${name} ?selected=${name === value}>${name}</option>`)}
        </select></label
      >`;
    }
    return html`<label class="field inline"
      ><span>${label}</span
      ><input
        type="number"
        min=${setting.minimum ?? 0}
        max=${setting.maximum ?? ""}
        .value=${String(value)}
        @change=${(event: Event) => put(Math.round(Number(enteredIn(event))))}
    /></label>`;
  }

  #set(plan: Steps): void {
    this.yaml = planYaml(plan);
    this.change(this.yaml);
  }
}

customElements.define("spoor-plan-form", PlanForm);
