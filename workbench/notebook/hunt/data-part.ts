import { html, nothing, type TemplateResult } from "lit";
import { serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import type { NeedHealth } from "../../../notebooks/hunt/data-health.ts";
import type { DataNeed } from "../../../notebooks/hunt/hunt-record.ts";
import { client } from "../../api/browser-client.ts";
import { badge } from "../../element/badge.ts";
import { renderFailure } from "../../element/failure.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { formatPlural } from "../../format/number.ts";
import { formatRoute } from "../../route/route.ts";
import { textEntry } from "./entry.ts";
import type { HuntContext } from "./hunt-context.ts";

const MARKS = { well: "good", sick: "warning", missing: "bad" } as const;

/** A need's state as a word with its mark. */
export function needBadge(state: NeedHealth["state"]): TemplateResult {
  return badge(state, MARKS[state]);
}

/** The data that the hunt needs, and whether it is there and well. */
export class HuntData extends View {
  static override properties = {
    context: { attribute: false },
    health: { attribute: false },
    adding: { state: true },
  };
  declare context: HuntContext;
  declare health: readonly NeedHealth[];
  declare adding: boolean;
  #working = new Working(this);

  constructor() {
    super();
    this.health = [];
    this.adding = false;
  }

  override render(): unknown {
    const { hunt, change } = this.context;
    const byName = new Map(this.health.map((health) => [health.dataset, health]));
    return html`
      ${
        hunt.dataNeeds.length === 0
          ? html`<p class="muted">
              Say which data the hunt needs: Spoor then shows whether it is there, has the columns, is well, and covers the
              time. Finding nothing in sick data means nothing.
            </p>`
          : html`<ul class="hunt-needs">
              ${hunt.dataNeeds.map((need, index) => this.#need(need, index, byName.get(need.dataset)))}
            </ul>`
      }
      <div class="buttons">
        <button type="button" class="button small" ?disabled=${this.#working.doing !== null} @click=${() => void this.#take()}>
          Take from the cells
        </button>
        <button
          type="button"
          class="button small"
          aria-expanded=${this.adding}
          @click=${() => {
            this.adding = !this.adding;
          }}
        >
          Add by hand
        </button>
      </div>
      ${this.adding ? this.#form() : nothing}
      ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
      <div class="hunt-parts">
        ${textEntry({
          label: "Looks at the time from (UTC)",
          value: hunt.timeFrom,
          placeholder: "2026-11-01",
          change: (timeFrom) => change({ ...hunt, timeFrom }),
        })}
        ${textEntry({
          label: "until (UTC)",
          value: hunt.timeUntil,
          placeholder: "open",
          change: (timeUntil) => change({ ...hunt, timeUntil }),
        })}
      </div>
    `;
  }

  #need(need: DataNeed, index: number, health: NeedHealth | undefined): TemplateResult {
    const { hunt, change } = this.context;
    return html`<li>
      <div class="need-head">
        ${
          health && health.source !== "" && health.source !== "spoor"
            ? html`<a href=${formatRoute({ page: "source", name: health.source })}>${need.dataset}</a>`
            : html`<strong>${need.dataset}</strong>`
        }
        ${health ? needBadge(health.state) : html`<span class="muted">…</span>`}
        <button
          type="button"
          class="quiet"
          aria-label=${`Remove ${need.dataset} from what is needed`}
          @click=${() => change({ ...hunt, dataNeeds: hunt.dataNeeds.filter((_other, at) => at !== index) })}
        >
          ×
        </button>
      </div>
      ${need.columns.length > 0 ? html`<p class="need-columns"><code>${need.columns.join(", ")}</code></p>` : nothing}
      ${need.why === "" ? nothing : html`<p class="muted">${need.why}</p>`}
      ${
        health === undefined
          ? nothing
          : health.problems.length > 0
            ? health.problems.map((problem) => html`<p class="need-problem">${problem}</p>`)
            : html`<p class="muted">
                ${formatPlural(health.rowCount, "row")}${health.firstTime ? `, ${health.firstTime.slice(0, 10)} – ${health.lastTime?.slice(0, 10)}` : ""}
              </p>`
      }
    </li>`;
  }

  #form(): TemplateResult {
    return html`<form class="form need-form" @submit=${this.#add}>
      <label class="field"
        ><span>Dataset</span>
        <input type="text" name="dataset" list="hunt-datasets" required autocomplete="off" />
        <datalist id="hunt-datasets">${this.context.catalog.map(({ name }) => html`<option value=${name}></option>`)}</datalist>
      </label>
      <label class="field"><span>Columns</span><input type="text" name="columns" placeholder="Image, CommandLine" /></label>
      <label class="field"><span>Why</span><input type="text" name="why" /></label>
      <div class="buttons"><button class="button small primary">Add</button></div>
    </form>`;
  }

  #add = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    const need: DataNeed = {
      dataset: text("dataset"),
      columns: text("columns")
        .split(/[\s,]+/)
        .filter(Boolean),
      why: text("why"),
    };
    const { hunt, change } = this.context;
    this.adding = false;
    change({
      ...hunt,
      dataNeeds: [...hunt.dataNeeds.filter(({ dataset }) => dataset !== need.dataset), need],
    });
  };

  async #take(): Promise<void> {
    await this.#working.run("needs", async (signal) => {
      const found = await client.huntNeeds(serializeNotebook(this.context.notebook), signal);
      const { hunt, change } = this.context;
      const whys = new Map(hunt.dataNeeds.map((need) => [need.dataset, need.why]));
      const names = new Set(found.map(({ dataset }) => dataset));
      change({
        ...hunt,
        dataNeeds: [
          ...hunt.dataNeeds.filter(({ dataset }) => !names.has(dataset)),
          ...found.map((need) => ({ ...need, why: whys.get(need.dataset) ?? need.why })),
        ],
      });
    });
  }
}

customElements.define("spoor-hunt-data", HuntData);
