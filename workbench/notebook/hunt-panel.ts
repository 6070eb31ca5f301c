import { html, nothing, type TemplateResult } from "lit";
import {
  type Finding,
  HUNT_STATES,
  type HuntRecord,
  type HuntState,
} from "../../notebooks/hunt/hunt-record.ts";
import { badge } from "../element/badge.ts";
import { View } from "../element/view.ts";

const TECHNIQUE = /^T\d{4}(\.\d{3})?$/;

/** What a pinned finding gave when it was asked again. */
export type Recheck = "checking" | "holds" | "differs" | "failed";

/** The hunt record beside the cells: what was asked, how it stands, and the evidence. */
export class HuntPanel extends View {
  static override properties = {
    hunt: { attribute: false },
    rechecks: { attribute: false },
    rejected: { state: true },
  };

  declare hunt: HuntRecord;
  declare rechecks: ReadonlyMap<string, Recheck>;
  declare change: (hunt: HuntRecord) => void;
  declare recheck: (finding: Finding) => void;
  declare show: (cell: number) => void;
  declare rejected: string;

  constructor() {
    super();
    this.rechecks = new Map();
    this.rejected = "";
  }

  override render(): unknown {
    const { hunt } = this;
    return html`
      <label class="field">
        <span>Hypothesis</span>
        <textarea
          rows="3"
          placeholder="What would we see if it had happened?"
          .value=${hunt.hypothesis}
          @change=${(event: Event) => this.change({ ...hunt, hypothesis: (event.target as HTMLTextAreaElement).value })}
        ></textarea>
      </label>
      <label class="field">
        <span>State</span>
        <select
          .value=${hunt.state}
          @change=${(event: Event) => this.change({ ...hunt, state: (event.target as HTMLSelectElement).value as HuntState })}
        >
          ${HUNT_STATES.map((state) => html`<option value=${state} ?selected=${state === hunt.state}>${state}</option>`)}
        </select>
      </label>
      <label class="field">
        <span>ATT&CK techniques</span>
        <input
          type="text"
          placeholder="T1003.001, T1543.003"
          spellcheck="false"
          .value=${hunt.techniques.join(", ")}
          @change=${(event: Event) => this.#techniques((event.target as HTMLInputElement).value)}
        />
        ${this.rejected ? html`<span class="hint" role="alert">${this.rejected}</span>` : nothing}
      </label>
      <h3>Findings <span class="muted">${hunt.findings.length || ""}</span></h3>
      ${
        hunt.findings.length === 0
          ? html`<p class="muted">None yet. “Pin finding” on a SQL cell keeps its rows' count, time range and data hash as evidence.</p>`
          : html`<ol class="hunt-findings">${hunt.findings.map((finding) => this.#finding(finding))}</ol>`
      }
    `;
  }

  #finding(finding: Finding): TemplateResult {
    const { hunt } = this;
    const check = this.rechecks.get(finding.id);
    const versions = Object.entries(finding.datasetVersions).map(([name, version]) => `${name} ${version}`);
    return html`<li>
      <p class="finding-note">${finding.note || "(no note)"}</p>
      <p class="finding-facts">
        ${finding.rowCount.toLocaleString("en-US")} ${finding.rowCount === 1 ? "row" : "rows"}${finding.complete ? "" : ", not complete"}
        ${finding.firstTime ? html`<br /><span class="muted">${shortTime(finding.firstTime)} – ${shortTime(finding.lastTime ?? "")} UTC</span>` : nothing}
        <br /><span class="muted" title=${[`SHA-256 ${finding.dataHash}`, `DuckDB ${finding.engineVersion}`, ...versions].join("\n")}
          >data ${finding.dataHash.slice(0, 12)}</span
        >
      </p>
      ${check === undefined ? nothing : html`<p role="status">${recheckBadge(check)}</p>`}
      <div class="finding-actions">
        <button type="button" @click=${() => this.show(finding.cell)}>Cell</button>
        <button type="button" @click=${() => this.recheck(finding)}>Check again</button>
        <button
          type="button"
          aria-label="Remove this finding"
          @click=${() => this.change({ ...hunt, findings: hunt.findings.filter(({ id }) => id !== finding.id) })}
        >
          Remove
        </button>
      </div>
    </li>`;
  }

  #techniques(text: string): void {
    const techniques = [
      ...new Set(
        text
          .toUpperCase()
          .split(/[\s,;]+/)
          .filter(Boolean),
      ),
    ];
    const wrong = techniques.filter((technique) => !TECHNIQUE.test(technique));
    this.rejected =
      wrong.length > 0 ? `No technique id: ${wrong.join(", ")}. Write them as T1003 or T1003.001.` : "";
    if (wrong.length === 0) this.change({ ...this.hunt, techniques });
  }
}

function recheckBadge(check: Recheck): TemplateResult {
  if (check === "checking") return html`<span class="muted">asking again…</span>`;
  if (check === "holds") return badge("same rows today", "good");
  if (check === "differs") return badge("other rows today", "warning");
  return badge("could not be asked again", "bad");
}

function shortTime(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

customElements.define("spoor-hunt-panel", HuntPanel);
