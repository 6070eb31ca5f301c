import { html, nothing, type TemplateResult } from "lit";
import { checkNeeds, isReady, type NeedMet } from "../../../notebooks/template/needs.ts";
import type { CatalogEntry, TemplateSummary } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { badge, type Tone, tag } from "../../element/badge.ts";
import { dialog } from "../../element/dialog.ts";
import { renderFailure } from "../../element/failure.ts";
import { Loading } from "../../element/loading.ts";
import { table } from "../../element/table.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { navigate } from "../../route/navigate.ts";
import { formatRoute } from "../../route/route.ts";
import "./notebook-import.ts";

const ANSWERS: Readonly<Record<TemplateSummary["answer"]["kind"], readonly [string, Tone]>> = {
  finding: ["finding", "accent"],
  null: ["nothing, with power", "neutral"],
  "data gap": ["data gap", "neutral"],
};

interface Gallery {
  readonly templates: readonly TemplateSummary[];
  readonly catalog: readonly CatalogEntry[];
}

const TECHNIQUES_SHOWN = 2;

function techniques(all: readonly string[]): TemplateResult {
  const more = all.slice(TECHNIQUES_SHOWN);
  return html`<span class="techniques"
    >${all.slice(0, TECHNIQUES_SHOWN).map(tag)}${
      more.length > 0 ? html`<span class="muted" title=${more.join(", ")}>+${more.length}</span>` : nothing
    }</span
  >`;
}

/** A way to the hunts that were started from a template. */
function started({ title, started: hunts }: TemplateSummary): TemplateResult | typeof nothing {
  const [first] = hunts;
  if (first === undefined) return nothing;
  const href =
    hunts.length === 1
      ? formatRoute({ page: "notebook", name: first.name })
      : `/hunts?filter=${encodeURIComponent(title)}`;
  return html`<a class="sub" href=${href}
    >${hunts.length === 1 ? `started, ${first.state}` : `started ${hunts.length} times`}</a
  >`;
}

/** The shipped hunts as a dense list: what each looks for, whether its data are here, and one button that starts it. */
export class TemplateGallery extends View {
  #gallery = new Loading<Gallery>(this, async (signal) => {
    const [templates, catalog] = await Promise.all([client.templates(signal), client.catalog(signal)]);
    return { templates, catalog: catalog.filter(({ origin }) => origin === "source") };
  });
  #working = new Working(this);
  #shown: TemplateSummary | null = null;
  #picked: Record<string, string> = {};
  #onlyReady = false;

  override render(): unknown {
    return this.#gallery.render(
      (gallery) =>
        html`${this.#list(gallery)} ${this.#shown ? this.#details(this.#shown, gallery) : nothing}`,
    );
  }

  #list({ templates }: Gallery): TemplateResult {
    const rows = this.#onlyReady ? templates.filter(({ ready }) => ready) : templates;
    return html`<div class="templates">${table<TemplateSummary>({
      caption: "shipped hunts",
      rows,
      filterKey: "filter",
      filter: (one) =>
        [
          one.title,
          one.finds,
          one.hypothesis,
          ...one.techniques,
          ...one.needs.flatMap(({ dataset, source, by }) => [dataset, source, by ?? ""]),
          one.ready ? "ready" : "missing",
          one.answer.kind,
        ].join(" "),
      tools: html`<label class="only"
        ><input type="checkbox" .checked=${this.#onlyReady} @change=${this.#toggleReady} /> only those whose data are here</label
        ><span class="right"><spoor-notebook-import></spoor-notebook-import></span>`,
      columns: [
        {
          key: "title",
          title: "Hunt",
          wide: true,
          sort: (one) => one.title,
          render: (
            one,
          ) => html`<button type="button" class="title" @click=${() => this.#show(one)}>${one.title}</button>
            <span class="sub">${one.finds}</span>`,
        },
        {
          key: "techniques",
          title: "ATT&CK",
          sort: (one) => one.techniques.join(" "),
          render: (one) => techniques(one.techniques),
        },
        {
          key: "data",
          title: "Data",
          sort: (one) => (one.ready ? 0 : 1),
          render: (one) => html`<ul class="needs">${one.needs.map((need) => this.#need(need))}</ul>`,
        },
        {
          key: "answer",
          title: "In the demo",
          sort: (one) => one.answer.kind,
          hint: "What the hunt answers over the demo data",
          render: (one) => badge(...ANSWERS[one.answer.kind]),
        },
        { key: "start", title: "", render: (one) => html`${this.#startButton(one)}${started(one)}` },
      ],
    })}</div>
    ${this.#working.failure && this.#shown === null ? renderFailure(this.#working.failure) : nothing}`;
  }

  #need({ by, missing, dataset, source }: NeedMet): TemplateResult {
    const state =
      by === null
        ? badge(`no ${dataset}`, "warning")
        : missing.length > 0
          ? badge(`${by} lacks ${missing.length}`, "warning")
          : badge(by, "good");
    return html`<li title=${`${source}${missing.length > 0 ? `; missing: ${missing.join(", ")}` : ""}`}>${state}</li>`;
  }

  #startButton(one: TemplateSummary): TemplateResult {
    if (!one.ready) {
      return html`<button type="button" class="button small" aria-label=${`What is missing: ${one.title}`} @click=${() => this.#show(one)}>
        What is missing
      </button>`;
    }
    return html`<button
      type="button"
      class="button small"
      aria-label=${`Start hunt: ${one.title}`}
      ?disabled=${this.#working.doing !== null}
      @click=${() => this.#start(one, false)}
    >
      Start hunt
    </button>`;
  }

  #details(one: TemplateSummary, { catalog }: Gallery): TemplateResult {
    const sources = Object.fromEntries(one.needs.map((need) => [need.dataset, need.source]));
    const needs = checkNeeds(one.needs, sources, catalog, this.#picked);
    const ready = isReady(needs);
    const { power } = one;
    return dialog(
      one.title,
      () => this.#show(null),
      html`<div class="template">
        <p class="lead">${one.finds} ${one.techniques.map(tag)}</p>
        <dl>
          <dt>Hypothesis</dt>
          <dd>${one.hypothesis}</dd>
          <dt>Refuted when</dt>
          <dd>${one.refutation}</dd>
          <dt>In the demo</dt>
          <dd>
            ${badge(...ANSWERS[one.answer.kind])} ${one.answer.says}
            ${
              power === null
                ? nothing
                : html`<span class="sub"
                  >Its query found ${power.found} of ${power.injected} injected cases
                  (${Math.round(100 * power.low)} to ${Math.round(100 * power.high)} % at 95 %).</span
                >`
            }
          </dd>
          <dt>Data</dt>
          <dd>
            <ul class="mapping">
              ${needs.map((need) => this.#picker(need, catalog))}
            </ul>
          </dd>
        </dl>
        ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
        <div class="buttons">
          <button
            type="button"
            class="button primary"
            ?disabled=${this.#working.doing !== null}
            @click=${() => this.#start(one, !ready)}
          >
            ${ready ? "Start hunt" : "Start anyway, to note the gap"}
          </button>
          <button type="button" class="button" @click=${() => this.#show(null)}>Close</button>
        </div>
      </div>`,
    );
  }

  #picker(need: NeedMet, catalog: readonly CatalogEntry[]): TemplateResult {
    const names = catalog.map(({ name }) => name);
    const full = new Set([...need.candidates, ...(need.missing.length === 0 && need.by ? [need.by] : [])]);
    return html`<li>
      <label>
        <span class="need"><b>${need.source}</b><span class="sub">${need.why}</span></span>
        <select
          aria-label=${`Dataset for ${need.source}`}
          @change=${(event: Event) => this.#pick(need.dataset, (event.target as HTMLSelectElement).value)}
        >
          ${need.by === null ? html`<option value="" selected>no dataset fits</option>` : nothing}
          ${names.map(
            (name) =>
              html`<option value=${name} ?selected=${name === need.by}>${name}${full.has(name) ? "" : " (lacks columns)"}</option>`,
          )}
        </select>
      </label>
      ${
        need.missing.length === 0
          ? badge("every column is there", "good")
          : html`${badge("missing", "warning")} <code>${need.missing.join(", ")}</code>`
      }
    </li>`;
  }

  #show(one: TemplateSummary | null): void {
    this.#shown = one;
    this.#picked = {};
    this.#working.failure = null;
    this.requestUpdate();
  }

  #pick(dataset: string, by: string): void {
    this.#picked = { ...this.#picked, [dataset]: by };
    this.requestUpdate();
  }

  #toggleReady = (event: Event): void => {
    this.#onlyReady = (event.target as HTMLInputElement).checked;
    this.requestUpdate();
  };

  #start(one: TemplateSummary, anyway: boolean): void {
    void this.#working.run("start", async (signal) => {
      const made = await client.startTemplate(one.name, this.#picked, anyway, signal);
      this.#shown = null;
      navigate(formatRoute({ page: "notebook", name: made.name }));
    });
  }
}

customElements.define("spoor-template-gallery", TemplateGallery);
