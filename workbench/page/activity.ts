import { html, type TemplateResult } from "lit";
import type { ActivityRow } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { emptyState } from "../element/empty-state.ts";
import { instant } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { instantMs } from "../format/instant.ts";

/** Who did what? */
export class ActivityPage extends View {
  #activity = new Loading(this, (signal) => client.activity(signal), { refreshMs: 15_000 });

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Activity</h1>
          <p>Who did what, newest first. It is a dataset too: query <code>activity</code> in a hunt.</p>
        </div>
      </header>
      ${this.#activity.render((rows) => this.#table(rows))}`;
  }

  #table(rows: readonly ActivityRow[]): TemplateResult {
    return table<ActivityRow>({
      caption: "activity",
      rows,
      filterKey: "filter",
      filter: (row) => `${row.actor} ${row.verb} ${row.subject} ${row.detail}`,
      empty: emptyState(
        "Nothing happened yet",
        "Loads, edits, promotions and decisions are written here as they happen.",
        {
          label: "Onboard a source",
          href: "/onboard",
        },
      ),
      columns: [
        {
          key: "at",
          title: "Time",
          sort: (row) => instantMs(row.at),
          render: (row) => html`<span class="nowrap">${instant(row.at)}</span>`,
        },
        { key: "actor", title: "Who", sort: (row) => row.actor, render: (row) => row.actor },
        { key: "verb", title: "Did", sort: (row) => row.verb, render: (row) => row.verb },
        {
          key: "subject",
          title: "To",
          sort: (row) => row.subject,
          render: (row) => html`<code>${row.subject}</code>`,
        },
        { key: "detail", title: "Detail", render: (row) => row.detail },
      ],
    });
  }
}

customElements.define("spoor-activity-page", ActivityPage);
