import { html, nothing, type TemplateResult } from "lit";
import { conclusionIssues } from "../../../notebooks/hunt/conclusion.ts";
import { currentIn } from "../../../notebooks/hunt/current-power.ts";
import type { NeedHealth } from "../../../notebooks/hunt/data-health.ts";
import {
  HUNT_STATES,
  type HuntRecord,
  type HuntState,
  OUTCOME_KINDS,
  type OutcomeKind,
} from "../../../notebooks/hunt/hunt-record.ts";
import { latestPower, powerSentence } from "../../../notebooks/hunt/power-sentence.ts";
import { badge } from "../../element/badge.ts";
import { View } from "../../element/view.ts";
import { formatRoute } from "../../route/route.ts";
import { textEntry } from "./entry.ts";
import type { HuntContext } from "./hunt-context.ts";

const STATE_WORDS: Readonly<Record<HuntState, string>> = {
  open: "still looking",
  confirmed: "it happened",
  refuted: "it did not",
  inconclusive: "nobody can tell",
};
const REFERENCE_LABELS: Readonly<Record<OutcomeKind, string>> = {
  rule: "Name of the rule",
  incident: "Alert or ticket",
  "data gap": "Source, and what it lacks",
  nothing: "Why nothing",
};

/** Where what came of a hunt can be looked at; null when it names no page. */
export function outcomeHref({ kind, reference }: HuntRecord["outcome"]): string | null {
  const name = reference.trim();
  if (kind === null || name === "" || /\s/.test(name)) return null;
  if (kind === "rule") return formatRoute({ page: "rule", name });
  if (kind === "incident") return /^https?:/i.test(name) ? null : formatRoute({ page: "alert", name });
  return kind === "data gap" ? formatRoute({ page: "source", name }) : null;
}

/** How the hunt ends, what that rests on, and what came of it. */
export class HuntConclusion extends View {
  static override properties = {
    context: { attribute: false },
    health: { attribute: false },
    refused: { state: true },
  };
  declare context: HuntContext;
  declare health: readonly NeedHealth[];
  /** The state that was asked for and that nothing sound carries. */
  declare refused: HuntState | null;

  constructor() {
    super();
    this.health = [];
    this.refused = null;
  }

  override render(): unknown {
    const { hunt, change, notebook, asked } = this.context;
    const isCurrent = currentIn(notebook, asked);
    const shown = this.refused ?? hunt.state;
    const issues = conclusionIssues(hunt, shown, this.health, isCurrent);
    const power = latestPower(hunt, isCurrent);
    const href = outcomeHref(hunt.outcome);
    return html`
      <div class="state-choice" role="radiogroup" aria-label="Conclusion">
        ${HUNT_STATES.map(
          (state) => html`<label class=${state}>
            <input
              type="radio"
              name="hunt-state"
              value=${state}
              .checked=${state === hunt.state}
              @change=${(event: Event) => this.#decide(state, event.target as HTMLInputElement)}
            />
            <span>${state}</span> <small>${STATE_WORDS[state]}</small>
          </label>`,
        )}
      </div>
      ${this.refused ? html`<p role="alert" class="need-problem">It cannot be ${this.refused} yet:</p>` : nothing}
      ${
        issues.length > 0
          ? html`<ul class="conclusion-issues">
              ${issues.map(
                ({ severity, message, remedy }) => html`<li>
                  ${severity === "error" ? badge("no claim", "bad") : badge("weak", "warning")}
                  <span>${message} <span class="muted">${remedy}</span></span>
                </li>`,
              )}
            </ul>`
          : nothing
      }
      ${textEntry({
        label: "Conclusion",
        value: hunt.conclusion,
        rows: 3,
        placeholder: "What you know now, and how sure you are.",
        change: (conclusion) => change({ ...hunt, conclusion }),
      })}
      ${
        power && !hunt.conclusion.includes(powerSentence(power))
          ? html`<p class="hint-line">
              <button
                type="button"
                class="link"
                @click=${() => change({ ...hunt, conclusion: `${hunt.conclusion} ${powerSentence(power)}`.trim() })}
              >
                Add its power
              </button>
              “${powerSentence(power)}”
            </p>`
          : nothing
      }
      <div class="hunt-parts">
        <label class="field"
          ><span>What came of it</span>
          <select
            @change=${(event: Event) => {
              const kind = (event.target as HTMLSelectElement).value as OutcomeKind | "";
              change({ ...hunt, outcome: { ...hunt.outcome, kind: kind === "" ? null : kind } });
            }}
          >
            <option value="" ?selected=${hunt.outcome.kind === null}>not decided</option>
            ${OUTCOME_KINDS.map((kind) => html`<option value=${kind} ?selected=${kind === hunt.outcome.kind}>${kind}</option>`)}
          </select>
        </label>
        ${
          hunt.outcome.kind === null
            ? nothing
            : textEntry({
                label: REFERENCE_LABELS[hunt.outcome.kind],
                value: hunt.outcome.reference,
                change: (reference) => change({ ...hunt, outcome: { ...hunt.outcome, reference } }),
              })
        }
      </div>
      ${href === null ? nothing : html`<p><a href=${href}>Open ${hunt.outcome.reference}</a></p>`}
    `;
  }

  #decide(state: HuntState, input: HTMLInputElement): void {
    const { hunt, change, notebook, asked } = this.context;
    const isCurrent = currentIn(notebook, asked);
    const stops = conclusionIssues(hunt, state, this.health, isCurrent).some(
      ({ severity }) => severity === "error",
    );
    this.refused = stops ? state : null;
    if (stops) {
      input.checked = false;
      const held = this.querySelector<HTMLInputElement>(`input[value="${hunt.state}"]`);
      if (held) held.checked = true;
    } else change({ ...hunt, state });
  }
}

customElements.define("spoor-hunt-conclusion", HuntConclusion);

/** The newest power that still counts in a word for a heading; null without one. */
export function powerWord({
  hunt,
  notebook,
  asked,
}: Pick<HuntContext, "hunt" | "notebook" | "asked">): TemplateResult | null {
  const power = latestPower(hunt, currentIn(notebook, asked));
  return power ? html`${power.found}/${power.injected}` : null;
}
