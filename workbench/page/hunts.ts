import { html, nothing, type TemplateResult } from "lit";
import { newCell, newNotebook } from "../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import { EMPTY_HUNT, withHunt } from "../../notebooks/hunt/hunt-record.ts";
import type { NotebookSummary } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { tag } from "../element/badge.ts";
import { dialog } from "../element/dialog.ts";
import { emptyState } from "../element/empty-state.ts";
import { renderFailure } from "../element/failure.ts";
import { field } from "../element/field.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { Working } from "../element/working.ts";
import { instantMs } from "../format/instant.ts";
import { navigate, queryValue, setQueryValue } from "../route/navigate.ts";
import { formatRoute } from "../route/route.ts";
import { huntState } from "./hunt-state.ts";
import { slug } from "./slug.ts";

/** What have we looked for, what did it give? */
export class HuntsPage extends View {
  #hunts = new Loading(this, (signal) => client.notebooks(signal));
  #working = new Working(this);
  #asking = queryValue("new") === "1";
  #sql = queryValue("sql");

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Hunts</h1>
          <p>What we looked for, and what it gave. Each is a notebook with its hypothesis and its evidence.</p>
        </div>
        <button type="button" class="button primary" @click=${() => this.#ask(true)}>New hunt</button>
      </header>
      ${this.#hunts.render((hunts) => this.#table(hunts))} ${this.#asking ? this.#form() : nothing}`;
  }

  #table(hunts: readonly NotebookSummary[]): TemplateResult {
    return table<NotebookSummary>({
      caption: "hunts",
      rows: hunts,
      filterKey: "filter",
      filter: (hunt) => [hunt.name, hunt.title, hunt.hypothesis, hunt.state, ...hunt.techniques].join(" "),
      href: (hunt) => formatRoute({ page: "notebook", name: hunt.name }),
      empty: emptyState(
        "No hunt yet",
        "A hunt starts with a hypothesis: something an attacker might have done, that your data would show. It is written in a notebook with SQL, charts and notes.",
        { label: "New hunt", run: () => this.#ask(true) },
      ),
      columns: [
        {
          key: "title",
          title: "Hunt",
          sort: (hunt) => hunt.title,
          render: (
            hunt,
          ) => html`<a href=${formatRoute({ page: "notebook", name: hunt.name })}>${hunt.title || hunt.name}</a>
            <span class="sub">${hunt.hypothesis || "no hypothesis written"}</span>`,
        },
        { key: "state", title: "State", sort: (hunt) => hunt.state, render: (hunt) => huntState(hunt.state) },
        {
          key: "techniques",
          title: "ATT&CK",
          sort: (hunt) => hunt.techniques.join(" "),
          render: (hunt) => hunt.techniques.map(tag),
        },
        {
          key: "findings",
          title: "Findings",
          number: true,
          sort: (hunt) => hunt.findings,
          render: (hunt) => hunt.findings,
        },
        {
          key: "modified",
          title: "Changed",
          sort: (hunt) => instantMs(hunt.modified),
          render: (hunt) => html`<span class="nowrap">${age(hunt.modified)}</span>`,
        },
      ],
    });
  }

  #form(): TemplateResult {
    const busy = this.#working.doing !== null;
    return dialog(
      "New hunt",
      () => this.#ask(false),
      html`<form @submit=${this.#create}>
        ${field("Title", html`<input type="text" name="title" required maxlength="120" autofocus />`)}
        ${field(
          "Hypothesis",
          html`<textarea name="hypothesis" rows="3"></textarea>`,
          "What an attacker might have done, and what would show it in the data.",
        )}
        ${field(
          "ATT&CK techniques",
          html`<input type="text" name="techniques" placeholder="T1003.001, T1543.003" pattern="\\s*(T\\d{4}(\\.\\d{3})?[\\s,]*)*" />`,
        )}
        ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
        <div class="buttons">
          <button class="button primary" ?disabled=${busy}>Start hunting</button>
          <button type="button" class="button" @click=${() => this.#ask(false)}>Cancel</button>
        </div>
      </form>`,
    );
  }

  #ask(asking: boolean): void {
    this.#asking = asking;
    if (!asking) setQueryValue("new", "");
    this.requestUpdate();
  }

  #create = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const title = String(data.get("title")).trim();
    const hypothesis = String(data.get("hypothesis")).trim();
    const techniques = String(data.get("techniques"))
      .split(/[\s,]+/)
      .filter(Boolean);
    void this.#working.run("create", async (signal) => {
      const taken = new Set((await client.notebooks(signal)).map(({ name }) => name));
      const name = freeName(slug(title), taken);
      const notebook = newNotebook({
        title,
        cells: [
          newCell({
            id: 1,
            mode: "md",
            value: hypothesis === "" ? `# ${title}` : `# ${title}\n\n${hypothesis}`,
          }),
          newCell({ id: 2, mode: "sql", value: this.#sql === "" ? "SHOW TABLES" : this.#sql }),
        ],
      });
      const html = serializeNotebook(withHunt(notebook, { ...EMPTY_HUNT, hypothesis, techniques }));
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

customElements.define("spoor-hunts-page", HuntsPage);
