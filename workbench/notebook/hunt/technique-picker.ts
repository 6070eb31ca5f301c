import { html, nothing, type TemplateResult } from "lit";
import { fullName, type Technique, technique, techniques } from "../../../promote/attack/attack.ts";
import { View } from "../../element/view.ts";

const SHOWN = 8;

/** Techniques of ATT&CK whose id, name or tactic holds every word, the closest first. */
export function matchTechniques(text: string, taken: readonly string[]): readonly Technique[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const scored = techniques().flatMap((candidate) => {
    if (taken.includes(candidate.id)) return [];
    const id = candidate.id.toLowerCase();
    const name = fullName(candidate).toLowerCase();
    const whole = `${id} ${name} ${candidate.tactics.join(" ").toLowerCase()}`;
    if (!words.every((word) => whole.includes(word))) return [];
    const score = words.reduce(
      (sum, word) => sum + (id === word ? 8 : id.startsWith(word) ? 4 : name.includes(word) ? 2 : 1),
      candidate.name.toLowerCase().startsWith(words[0]!) ? 2 : 0,
    );
    return [{ candidate, score }];
  });
  return scored
    .toSorted((left, right) => right.score - left.score)
    .slice(0, SHOWN)
    .map(({ candidate }) => candidate);
}

/** Chosen techniques as chips, and a field that finds more by id, name or tactic. */
export class TechniquePicker extends View {
  static override properties = {
    chosen: { attribute: false },
    text: { state: true },
    active: { state: true },
  };
  declare chosen: readonly string[];
  declare change: (chosen: readonly string[]) => void;
  declare text: string;
  declare active: number;

  constructor() {
    super();
    this.chosen = [];
    this.text = "";
    this.active = 0;
  }

  override render(): unknown {
    const matches = matchTechniques(this.text, this.chosen);
    return html`<div class="field technique-picker">
      <span id="technique-label">ATT&CK techniques</span>
      ${
        this.chosen.length === 0
          ? nothing
          : html`<ul class="chips" aria-label="Chosen techniques">
              ${this.chosen.map((id) => this.#chip(id))}
            </ul>`
      }
      <input
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck="false"
        aria-labelledby="technique-label"
        aria-expanded=${matches.length > 0}
        aria-controls="technique-matches"
        aria-activedescendant=${matches.length > 0 ? `technique-${this.active}` : nothing}
        placeholder="LSASS, T1003, lateral…"
        .value=${this.text}
        @input=${(event: InputEvent) => {
          this.text = (event.target as HTMLInputElement).value;
          this.active = 0;
        }}
        @keydown=${(event: KeyboardEvent) => this.#onKey(event, matches)}
        @blur=${() => {
          this.text = "";
        }}
      />
      <ul id="technique-matches" role="listbox" aria-label="Matching techniques" class="technique-matches" ?hidden=${matches.length === 0}>
        ${matches.map(
          (match, index) => html`<li
            role="option"
            id=${`technique-${index}`}
            aria-selected=${index === this.active}
            @mousedown=${(event: MouseEvent) => {
              event.preventDefault();
              this.#choose(match.id);
            }}
          >
            <code>${match.id}</code> ${fullName(match)} <span class="muted">${match.tactics.join(", ")}</span>
          </li>`,
        )}
      </ul>
    </div>`;
  }

  #chip(id: string): TemplateResult {
    const known = technique(id);
    return html`<li class="chip">
      <span title=${known ? known.tactics.join(", ") : "Not in the ATT&CK version that Spoor knows"}
        ><code>${id}</code> ${known ? known.name : "unknown"}</span
      >
      <button
        type="button"
        aria-label=${`Remove ${id}`}
        @click=${() => this.change(this.chosen.filter((other) => other !== id))}
      >
        ×
      </button>
    </li>`;
  }

  #onKey(event: KeyboardEvent, matches: readonly Technique[]): void {
    if (matches.length === 0) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) this.active = (this.active + step + matches.length) % matches.length;
    else if (event.key === "Enter") this.#choose(matches[this.active]!.id);
    else if (event.key === "Escape") this.text = "";
    else return;
    event.preventDefault();
  }

  #choose(id: string): void {
    this.text = "";
    this.active = 0;
    this.change([...this.chosen, id]);
  }
}

customElements.define("spoor-technique-picker", TechniquePicker);
