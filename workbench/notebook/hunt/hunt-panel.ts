import "./conclusion-part.ts";
import "./data-part.ts";
import "./findings-part.ts";
import "./power-part.ts";
import "./runs-part.ts";
import "./work-part.ts";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { NotebookDocument } from "../../../notebooks/document/notebook.ts";
import { type NeedHealth, worstHealth } from "../../../notebooks/hunt/data-health.ts";
import type { HuntRecord } from "../../../notebooks/hunt/hunt-record.ts";
import type { CatalogEntry } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { View } from "../../element/view.ts";
import type { AskedQuery } from "../frame-host.ts";
import { powerWord } from "./conclusion-part.ts";
import { needBadge } from "./data-part.ts";
import type { HuntContext } from "./hunt-context.ts";
import { questionPart } from "./question-part.ts";

type Part = "question" | "data" | "evidence" | "power" | "conclusion" | "work" | "runs";

const REMEMBERED = "spoor-hunt-parts";
const FIRST_OPEN: readonly Part[] = ["question", "evidence", "conclusion"];

/** The hunt record beside the cells: what is asked, of which data, what was found, and what that means. */
export class HuntPanel extends View {
  static override properties = {
    name: { attribute: false },
    notebook: { attribute: false },
    hunt: { attribute: false },
    catalog: { attribute: false },
    open: { state: true },
    health: { state: true },
  };

  declare name: string;
  declare notebook: NotebookDocument;
  declare hunt: HuntRecord;
  declare catalog: readonly CatalogEntry[];
  declare change: (hunt: HuntRecord) => void;
  declare show: (cell: number) => void;
  declare asked: (cell: number) => AskedQuery | undefined;
  declare open: ReadonlySet<Part>;
  declare health: readonly NeedHealth[];
  #asking: AbortController | null = null;

  constructor() {
    super();
    this.open = remembered();
    this.health = [];
    this.catalog = [];
  }

  override disconnectedCallback(): void {
    this.#asking?.abort();
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("hunt");
    if (!changed.has("hunt") || (before !== undefined && needsText(before) === needsText(this.hunt))) return;
    void this.#askHealth();
  }

  override render(): unknown {
    const { hunt } = this;
    const context: HuntContext = {
      name: this.name,
      notebook: this.notebook,
      hunt,
      catalog: this.catalog,
      change: this.change,
      show: this.show,
      asked: this.asked,
    };
    const worst = worstHealth(this.health);
    return html`
      ${this.#part("question", "Question", hunt.techniques.length > 0 ? hunt.techniques.join(" ") : nothing, () => questionPart(context))}
      ${this.#part(
        "data",
        "Data needed",
        worst === null ? nothing : needBadge(worst),
        () => html`<spoor-hunt-data .context=${context} .health=${this.health}></spoor-hunt-data>`,
      )}
      ${this.#part(
        "evidence",
        "Findings",
        hunt.findings.length > 0 ? hunt.findings.length : nothing,
        () => html`<spoor-hunt-findings .context=${context}></spoor-hunt-findings>`,
      )}
      ${this.#part(
        "power",
        "Power",
        powerWord(context) ?? nothing,
        () => html`<spoor-hunt-power .context=${context}></spoor-hunt-power>`,
      )}
      ${this.#part(
        "conclusion",
        "Conclusion",
        hunt.state,
        () =>
          html`<spoor-hunt-conclusion .context=${context} .health=${this.health}></spoor-hunt-conclusion>`,
      )}
      ${this.#part(
        "work",
        "Owner and hours",
        hunt.hours > 0 ? `${hunt.hours} h` : nothing,
        () => html`<spoor-hunt-work .context=${context}></spoor-hunt-work>`,
      )}
      ${this.#part(
        "runs",
        "Runs and lock",
        hunt.schedule === null ? nothing : hunt.schedule.paused ? "paused" : "scheduled",
        () => html`<spoor-hunt-runs .context=${context}></spoor-hunt-runs>`,
      )}
    `;
  }

  #part(part: Part, title: string, aside: unknown, content: () => TemplateResult): TemplateResult {
    const isOpen = this.open.has(part);
    return html`<section class="hunt-part" data-part=${part}>
      <h2>
        <button
          type="button"
          aria-expanded=${isOpen}
          aria-controls=${`hunt-${part}`}
          @click=${() => this.#toggle(part)}
        >
          <span class="chevron" aria-hidden="true">${isOpen ? "▾" : "▸"}</span>${title}
          <span class="part-aside">${aside}</span>
        </button>
      </h2>
      <div id=${`hunt-${part}`} class="part-body" ?hidden=${!isOpen}>${isOpen ? content() : nothing}</div>
    </section>`;
  }

  #toggle(part: Part): void {
    const open = new Set(this.open);
    if (!open.delete(part)) open.add(part);
    this.open = open;
    localStorage.setItem(REMEMBERED, JSON.stringify([...open]));
  }

  async #askHealth(): Promise<void> {
    this.#asking?.abort();
    const { dataNeeds, timeFrom, timeUntil } = this.hunt;
    if (dataNeeds.length === 0) {
      this.health = [];
      return;
    }
    const asking = new AbortController();
    this.#asking = asking;
    try {
      this.health = await client.huntHealth(dataNeeds, { from: timeFrom, until: timeUntil }, asking.signal);
    } catch {
      if (!asking.signal.aborted) this.health = [];
    }
  }
}

function needsText(hunt: HuntRecord): string {
  return JSON.stringify([hunt.dataNeeds, hunt.timeFrom, hunt.timeUntil]);
}

function remembered(): ReadonlySet<Part> {
  try {
    const parts: unknown = JSON.parse(localStorage.getItem(REMEMBERED) ?? "null");
    if (Array.isArray(parts)) return new Set(parts as Part[]);
  } catch {
    // What another version remembered is no reason to show nothing.
  }
  return new Set(FIRST_OPEN);
}

customElements.define("spoor-hunt-panel", HuntPanel);
