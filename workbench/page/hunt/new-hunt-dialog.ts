import "../../notebook/hunt/technique-picker.ts";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { isTechniqueId } from "../../../promote/attack/attack.ts";
import type { AlertSummary, SourceSummary } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { dialog } from "../../element/dialog.ts";
import { renderFailure } from "../../element/failure.ts";
import { field } from "../../element/field.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { navigate, queryValue } from "../../route/navigate.ts";
import { formatRoute } from "../../route/route.ts";
import { slug } from "../slug.ts";
import { type FirstNotebook, firstNotebook, type HuntStart, suggestHunt } from "./first-notebook.ts";

const KINDS: readonly (readonly [HuntStart["kind"], string])[] = [
  ["nothing", "a question of my own"],
  ["technique", "a technique"],
  ["incident", "an alert"],
  ["data gap", "a data gap"],
];

/** Starts a hunt: from a question, a technique, an alert or a gap in the data. */
export class NewHuntDialog extends View {
  static override properties = {
    kind: { state: true },
    suggestion: { state: true },
    alerts: { state: true },
    sources: { state: true },
  };
  declare close: () => void;
  declare showTemplates: () => void;
  declare kind: HuntStart["kind"];
  declare suggestion: FirstNotebook;
  declare alerts: readonly AlertSummary[];
  declare sources: readonly SourceSummary[];
  #working = new Working(this);

  constructor() {
    super();
    this.kind = "nothing";
    this.suggestion = suggestHunt({ kind: "nothing", sql: queryValue("sql") });
    this.alerts = [];
    this.sources = [];
  }

  protected override firstUpdated(_changed: PropertyValues): void {
    const technique = queryValue("technique").toUpperCase();
    if (isTechniqueId(technique)) this.#start("technique", { kind: "technique", id: technique });
    else if (queryValue("alert") !== "") void this.#fromAlert(queryValue("alert"));
    else if (queryValue("gap") !== "") void this.#fromGap(queryValue("gap"));
  }

  override render(): unknown {
    const busy = this.#working.doing !== null;
    const { title, hunt } = this.suggestion;
    return dialog(
      "New hunt",
      () => this.close(),
      html`<form @submit=${this.#create}>
        <div class="start-choice" role="radiogroup" aria-label="Start from">
          ${KINDS.map(
            ([kind, words]) => html`<label
              ><input
                type="radio"
                name="start"
                value=${kind}
                .checked=${kind === this.kind}
                @change=${() => this.#choose(kind)}
              />${words}</label
            >`,
          )}
          <button type="button" class="link" @click=${() => this.showTemplates()}>a template…</button>
        </div>
        ${this.#from()}
        ${field(
          "Title",
          html`<input
            type="text"
            name="title"
            required
            maxlength="120"
            autofocus
            .value=${title}
            @input=${(event: InputEvent) => this.#put({ title: (event.target as HTMLInputElement).value })}
          />`,
        )}
        ${field(
          "Hypothesis",
          html`<textarea
            name="hypothesis"
            rows="3"
            .value=${hunt.hypothesis ?? ""}
            @input=${(event: InputEvent) => this.#putHunt({ hypothesis: (event.target as HTMLTextAreaElement).value })}
          ></textarea>`,
          "What an attacker might have done, and what would show it in the data.",
        )}
        <spoor-technique-picker
          .chosen=${hunt.techniques ?? []}
          .change=${(techniques: readonly string[]) => this.#putHunt({ techniques })}
        ></spoor-technique-picker>
        ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
        <div class="buttons">
          <button class="button primary" ?disabled=${busy}>Start hunting</button>
          <button type="button" class="button" @click=${() => this.close()}>Cancel</button>
        </div>
      </form>`,
    );
  }

  #from(): TemplateResult | typeof nothing {
    if (this.kind === "technique")
      return html`<p class="muted">Choose the technique below: it gives the hunt its name.</p>`;
    if (this.kind === "incident") {
      return field(
        "Alert",
        html`<select @change=${(event: Event) => void this.#fromAlert((event.target as HTMLSelectElement).value)}>
          <option value="">${this.alerts.length === 0 ? "no alert yet" : "choose one"}</option>
          ${this.alerts.map(
            ({ id, sentence, opened }) =>
              html`<option value=${id} ?selected=${this.suggestion.hunt.origin === `alert:${id}`}>${opened.slice(0, 16).replace("T", " ")} ${sentence}</option>`,
          )}
        </select>`,
      );
    }
    if (this.kind === "data gap") {
      return field(
        "Source",
        html`<select @change=${(event: Event) => void this.#fromGap((event.target as HTMLSelectElement).value)}>
          <option value="">${this.sources.length === 0 ? "no source yet" : "choose one"}</option>
          ${this.sources.map(
            ({ name, state }) =>
              html`<option value=${name} ?selected=${this.suggestion.hunt.origin === `gap:${name}`}>${name}${state === "well" ? "" : ` (${state})`}</option>`,
          )}
        </select>`,
      );
    }
    return nothing;
  }

  #put(part: Partial<FirstNotebook>): void {
    this.suggestion = { ...this.suggestion, ...part };
  }

  #putHunt(hunt: FirstNotebook["hunt"]): void {
    const [technique] = hunt.techniques ?? [];
    if (this.kind === "technique" && technique !== undefined && this.suggestion.title === "") {
      this.#start("technique", { kind: "technique", id: technique });
      return;
    }
    this.#put({ hunt: { ...this.suggestion.hunt, ...hunt } });
  }

  #start(kind: HuntStart["kind"], start: HuntStart): void {
    this.kind = kind;
    this.suggestion = suggestHunt(start);
  }

  #choose(kind: HuntStart["kind"]): void {
    this.kind = kind;
    this.suggestion = suggestHunt({ kind: "nothing", sql: kind === "nothing" ? queryValue("sql") : "" });
    void this.#load();
  }

  async #load(): Promise<void> {
    if (this.kind === "incident" && this.alerts.length === 0)
      this.alerts = await client.alerts("all").catch(() => []);
    if (this.kind === "data gap" && this.sources.length === 0) {
      const sources = await client.sources().catch(() => []);
      this.sources = sources.toSorted(
        (left, right) => Number(left.state === "well") - Number(right.state === "well"),
      );
    }
  }

  async #fromAlert(id: string): Promise<void> {
    if (id === "") return;
    await this.#working.run("start", async (signal) => {
      this.#start("incident", { kind: "incident", alert: await client.alert(id, signal) });
      await this.#load();
    });
  }

  async #fromGap(name: string): Promise<void> {
    if (name === "") return;
    await this.#working.run("start", async (signal) => {
      this.#start("data gap", { kind: "data gap", source: await client.source(name, signal) });
      await this.#load();
    });
  }

  #create = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.#working.run("create", async (signal) => {
      const title = this.suggestion.title.trim();
      const taken = new Set((await client.notebooks(signal)).map(({ name }) => name));
      const name = freeName(slug(title), taken);
      const html = serializeNotebook(firstNotebook({ ...this.suggestion, title }));
      await client.saveNotebook(name, html, null, signal);
      navigate(formatRoute({ page: "notebook", name }));
    });
  };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let count = 2; ; count += 1) {
    const next = `${name.slice(0, 58)}-${count}`;
    if (!taken.has(next)) return next;
  }
}

customElements.define("spoor-new-hunt", NewHuntDialog);
