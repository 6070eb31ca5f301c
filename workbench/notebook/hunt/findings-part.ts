import { html, nothing, type TemplateResult } from "lit";
import type { Finding } from "../../../notebooks/hunt/hunt-record.ts";
import { asFailure } from "../../api/api-failure.ts";
import { client } from "../../api/browser-client.ts";
import { badge } from "../../element/badge.ts";
import { View } from "../../element/view.ts";
import { formatPlural } from "../../format/number.ts";
import type { HuntContext } from "./hunt-context.ts";
import { type Recheck, recheckFinding } from "./recheck.ts";
import { rowsDiffView, rowsTable } from "./rows-table.ts";

/** The evidence: what was pinned, what it gave, and whether it still does. */
export class HuntFindings extends View {
  static override properties = { context: { attribute: false }, rechecks: { state: true } };
  declare context: HuntContext;
  declare rechecks: ReadonlyMap<string, Recheck>;

  constructor() {
    super();
    this.rechecks = new Map();
  }

  override render(): unknown {
    const { findings } = this.context.hunt;
    if (findings.length === 0) {
      return html`<p class="muted">
        Nothing is pinned yet. “Pin” on a SQL cell keeps its query, its rows, their time range and their hash, so that anybody
        can ask again and see whether it still holds.
      </p>`;
    }
    return html`<ol class="hunt-findings">
        ${findings.map((finding) => this.#finding(finding))}
      </ol>
      ${
        findings.length > 1
          ? html`<button type="button" class="button small" @click=${() => void this.#recheckAll()}>Check all again</button>`
          : nothing
      }`;
  }

  #finding(finding: Finding): TemplateResult {
    const { hunt, change, show } = this.context;
    const check = this.rechecks.get(finding.id);
    const versions = Object.entries(finding.datasetVersions).map(([name, version]) => `${name} ${version}`);
    return html`<li>
      <p class="finding-note">${finding.note || "(no note)"}</p>
      <p class="finding-facts">
        ${formatPlural(finding.rowCount, "row")}${finding.selection === "some" ? " chosen" : ""}
        ${finding.complete ? nothing : badge("incomplete: claims nothing", "warning")}
        ${finding.firstTime ? html`<br /><span class="muted">${timeSpan(finding)} UTC</span>` : nothing}
        <br /><span
          class="muted"
          title=${[`SHA-256 ${finding.dataHash}`, `DuckDB ${finding.engineVersion}`, ...versions, `pinned by ${finding.by}, ${finding.at}`].join("\n")}
          >data ${finding.dataHash.slice(0, 12)}</span
        >
      </p>
      ${check ? html`<div role="status">${recheckView(check)}</div>` : nothing}
      ${
        finding.rows.length > 0
          ? html`<details class="finding-rows">
              <summary>Pinned rows</summary>
              ${rowsTable(`Pinned rows of ${finding.note || finding.id}`, finding.rows)}
            </details>`
          : nothing
      }
      <div class="finding-actions">
        <button type="button" @click=${() => show(finding.cell)}>Cell ${finding.cell}</button>
        <button type="button" @click=${() => void this.#recheck(finding)}>Check again</button>
        <button
          type="button"
          aria-label=${`Remove the finding ${finding.note}`}
          @click=${() => change({ ...hunt, findings: hunt.findings.filter(({ id }) => id !== finding.id) })}
        >
          Remove
        </button>
      </div>
    </li>`;
  }

  async #recheckAll(): Promise<void> {
    for (const finding of this.context.hunt.findings) await this.#recheck(finding);
  }

  async #recheck(finding: Finding): Promise<void> {
    const set = (check: Recheck) => {
      this.rechecks = new Map(this.rechecks).set(finding.id, check);
    };
    set({ state: "checking" });
    try {
      set(await recheckFinding(client, finding));
    } catch (error) {
      set({ state: "failed", message: asFailure(error).message });
    }
  }
}

function recheckView(check: Recheck): TemplateResult {
  switch (check.state) {
    case "checking":
      return html`<span class="muted">asking again…</span>`;
    case "same":
      return badge("same rows today", "good");
    case "unsure":
      return html`${badge("cannot tell", "warning")}
        <p class="muted">${check.message}</p>`;
    case "failed":
      return html`${badge("cannot run", "bad")}
        <p class="muted">${check.message}</p>`;
    case "changed":
      return html`${badge("other rows today", "warning")} ${rowsDiffView(check.diff)}`;
  }
}

function timeSpan({ firstTime, lastTime }: Finding): string {
  const [first, last] = [shortTime(firstTime ?? ""), shortTime(lastTime ?? "")];
  return first === last ? first : `${first} – ${last}`;
}

function shortTime(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

customElements.define("spoor-hunt-findings", HuntFindings);
