import { html, type TemplateResult } from "lit";
import type { OwnerRow } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { tag } from "../element/badge.ts";
import { emptyState } from "../element/empty-state.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { formatRate } from "../format/number.ts";

/** Who answers for what? */
export class OwnersPage extends View {
  #owners = new Loading(this, (signal) => client.owners(signal));

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Owners</h1>
          <p>Who answers for which systems, and how many alerts a week each is asked to take. Kept in owners.yaml.</p>
        </div>
      </header>
      ${this.#owners.render((owners) => this.#table(owners))}`;
  }

  #table(owners: readonly OwnerRow[]): TemplateResult {
    return table<OwnerRow>({
      caption: "owners",
      rows: owners,
      filterKey: "filter",
      filter: (owner) => [owner.name, owner.onCall, ...owner.systems].join(" "),
      empty: emptyState(
        "No owner yet",
        "An alert goes to the person who knows the system. Name them in owners.yaml in the workspace: name, on-call contact, systems, and a weekly budget of alerts.",
        { label: "See the sources without an owner", href: "/sources" },
      ),
      columns: [
        {
          key: "name",
          title: "Owner",
          sort: (owner) => owner.name,
          render: (owner) => html`<strong>${owner.name}</strong>`,
        },
        { key: "on-call", title: "On call", sort: (owner) => owner.onCall, render: (owner) => owner.onCall },
        { key: "systems", title: "Systems", render: (owner) => owner.systems.map(tag) },
        {
          key: "budget",
          title: "Alerts/week budget",
          number: true,
          sort: (owner) => owner.alertsPerWeekBudget,
          render: (owner) => formatRate(owner.alertsPerWeekBudget),
        },
      ],
    });
  }
}

customElements.define("spoor-owners-page", OwnersPage);
