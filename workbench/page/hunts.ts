import "./hunt/new-hunt-dialog.ts";
import { html, nothing, type TemplateResult } from "lit";
import { HUNT_STATES, OUTCOME_KINDS } from "../../notebooks/hunt/hunt-record.ts";
import { technique } from "../../promote/attack/attack.ts";
import type { HuntRunSummary, HuntSummary, RuleSummary } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { badge } from "../element/badge.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { type TableColumn, table } from "../element/table.ts";
import { tabPanel, tabs } from "../element/tabs.ts";
import { View } from "../element/view.ts";
import { instantMs } from "../format/instant.ts";
import { formatPlural } from "../format/number.ts";
import { outcomeHref } from "../notebook/hunt/conclusion-part.ts";
import { needBadge } from "../notebook/hunt/data-part.ts";
import { runBadge } from "../notebook/hunt/runs-part.ts";
import { queryValue, setQueryValue } from "../route/navigate.ts";
import { formatRoute } from "../route/route.ts";
import { coverageStrip, tacticCoverage } from "./hunt/coverage-strip.ts";
import { huntState } from "./hunt-state.ts";

interface HuntsAnswer {
  readonly hunts: readonly HuntSummary[];
  readonly rules: readonly RuleSummary[];
}

const FILTERS = ["state", "owner", "outcome", "tactic", "only"] as const;
type FilterKey = (typeof FILTERS)[number];

/** What have we looked for, what did it give? */
export class HuntsPage extends View {
  #answer = new Loading<HuntsAnswer>(
    this,
    async (signal) => {
      const [hunts, rules] = await Promise.all([client.hunts(signal), client.rules(signal)]);
      return { hunts, rules };
    },
    { refreshMs: 15_000 },
  );
  #asking = queryValue("new") === "1";
  #tab = queryValue("tab") === "templates" ? "templates" : "hunts";

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Hunts</h1>
          <p>What we looked for, what it gave, and how much we would have seen. Each is a notebook with its evidence.</p>
        </div>
        <button type="button" class="button primary" @click=${() => this.#ask(true)}>New hunt</button>
      </header>
      ${tabs(
        "Hunts",
        [
          {
            key: "hunts",
            title: "Hunts",
            ...(this.#answer.value ? { count: this.#answer.value.hunts.length } : {}),
          },
          { key: "templates", title: "Templates" },
        ],
        this.#tab,
        (key) => this.#turn(key),
      )}
      ${tabPanel(
        this.#tab,
        this.#tab === "templates"
          ? html`<spoor-template-gallery></spoor-template-gallery>`
          : this.#answer.render((answer) => this.#content(answer)),
      )}
      ${
        this.#asking
          ? html`<spoor-new-hunt
              .close=${() => this.#ask(false)}
              .showTemplates=${() => {
                this.#ask(false);
                this.#turn("templates");
              }}
            ></spoor-new-hunt>`
          : nothing
      }`;
  }

  #content({ hunts, rules }: HuntsAnswer): TemplateResult {
    if (hunts.length === 0) return this.#empty();
    const shown = hunts.filter((hunt) => this.#passes(hunt));
    return html`${coverageStrip(tacticCoverage(hunts, rules), queryValue("tactic"), (tactic) => this.#set("tactic", tactic))}
    ${table<HuntSummary>({
      caption: "hunts",
      rows: shown,
      filterKey: "filter",
      filter: (hunt) =>
        [
          hunt.name,
          hunt.title,
          hunt.hypothesis,
          hunt.conclusion,
          hunt.state,
          hunt.owner,
          hunt.outcome.kind ?? "",
          hunt.outcome.reference,
          ...hunt.techniques.flatMap((id) => [id, technique(id)?.name ?? ""]),
        ].join(" "),
      href: (hunt) => formatRoute({ page: "notebook", name: hunt.name }),
      tools: this.#tools(hunts),
      columns: COLUMNS,
    })}`;
  }

  #tools(hunts: readonly HuntSummary[]): TemplateResult {
    const owners = [...new Set(hunts.map(({ owner }) => owner).filter(Boolean))].sort();
    const isFiltered = FILTERS.some((key) => queryValue(key) !== "");
    return html`${this.#select("state", "Any state", HUNT_STATES)} ${this.#select("outcome", "Any outcome", OUTCOME_KINDS)}
    ${owners.length > 0 ? this.#select("owner", "Any owner", owners) : nothing}
    ${this.#select("only", "All hunts", ["changed", "scheduled", "sick data", "without power"])}
    ${
      isFiltered
        ? html`<button type="button" class="button small" @click=${() => this.#clear()}>Clear filters</button>`
        : nothing
    }`;
  }

  #select(key: FilterKey, all: string, values: readonly string[]): TemplateResult {
    const chosen = queryValue(key);
    return html`<select
      aria-label=${all}
      @change=${(event: Event) => this.#set(key, (event.target as HTMLSelectElement).value)}
    >
      <option value="" ?selected=${chosen === ""}>${all}</option>
      ${values.map((value) => html`<option value=${value} ?selected=${value === chosen}>${value}</option>`)}
    </select>`;
  }

  #passes(hunt: HuntSummary): boolean {
    const [state, owner, outcome, tactic, only] = FILTERS.map(queryValue);
    if (state !== "" && hunt.state !== state) return false;
    if (owner !== "" && hunt.owner !== owner) return false;
    if (outcome !== "" && hunt.outcome.kind !== outcome) return false;
    if (
      tactic !== "" &&
      !hunt.techniques.some((id) => technique(id)?.tactics.some((name) => name === tactic))
    )
      return false;
    if (only === "changed") return hunt.unseenChange !== null;
    if (only === "scheduled") return hunt.schedule !== null;
    if (only === "sick data") return hunt.health !== null && hunt.health !== "well";
    if (only === "without power") return hunt.power === null;
    return true;
  }

  #empty(): TemplateResult {
    return html`<div class="empty hunt-empty">
      <p class="empty-title">No hunt yet</p>
      <p>
        A hunt starts with a hypothesis: something an attacker might have done, that your data would show. You write it in a
        notebook with SQL, charts and notes; Spoor keeps with it
      </p>
      <ul>
        <li><strong>the data it needs</strong>, and whether that is there and well,</li>
        <li><strong>the rows you pin</strong>, with the query and a hash, so that anybody can ask again,</li>
        <li><strong>its power</strong>: how many injected events your query would have seen,</li>
        <li><strong>what came of it</strong>: a rule, an incident, a data gap, or nothing, which is a result too.</li>
      </ul>
      <div class="buttons">
        <button type="button" class="button primary" @click=${() => this.#ask(true)}>New hunt</button>
        <button type="button" class="button" @click=${() => this.#turn("templates")}>Begin with a template</button>
      </div>
    </div>`;
  }

  #set(key: FilterKey, value: string): void {
    setQueryValue(key, value);
    this.requestUpdate();
  }

  #clear(): void {
    for (const key of FILTERS) setQueryValue(key, "");
    this.requestUpdate();
  }

  #turn(key: string): void {
    this.#tab = key === "templates" ? "templates" : "hunts";
    setQueryValue("tab", this.#tab === "hunts" ? "" : this.#tab);
    this.requestUpdate();
  }

  #ask(asking: boolean): void {
    this.#asking = asking;
    if (!asking) for (const key of ["new", "sql", "technique", "alert", "gap"]) setQueryValue(key, "");
    this.requestUpdate();
  }
}

const SHOWN_TECHNIQUES = 3;

const COLUMNS: readonly TableColumn<HuntSummary>[] = [
  {
    key: "title",
    title: "Hunt",
    wide: true,
    sort: (hunt) => hunt.title,
    render: (
      hunt,
    ) => html`<a href=${formatRoute({ page: "notebook", name: hunt.name })}>${hunt.title || hunt.name}</a>
      <span class="sub hunt-hypothesis" title=${hunt.hypothesis}>${hunt.readable ? hunt.hypothesis || "no hypothesis written" : "its hunt record cannot be read"}</span>`,
  },
  {
    key: "state",
    title: "State",
    sort: (hunt) => HUNT_STATES.indexOf(hunt.state),
    render: (hunt) => huntState(hunt.state),
  },
  {
    key: "techniques",
    title: "ATT&CK",
    sort: (hunt) => hunt.techniques.join(" "),
    render: (hunt) =>
      html`${hunt.techniques
        .slice(0, SHOWN_TECHNIQUES)
        .map((id) => html`<span class="tag" title=${technique(id)?.name ?? "unknown"}>${id}</span>`)}${
        hunt.techniques.length > SHOWN_TECHNIQUES
          ? html`<span class="muted" title=${hunt.techniques.slice(SHOWN_TECHNIQUES).join(", ")}>+${hunt.techniques.length - SHOWN_TECHNIQUES}</span>`
          : nothing
      }`,
  },
  {
    key: "health",
    title: "Data",
    hint: "Whether the data that it needs is there and well",
    sort: (hunt) => hunt.health ?? "",
    render: (hunt) =>
      hunt.health === null
        ? html`<span class="muted" title="Nobody has said which data it needs">–</span>`
        : html`<span title=${hunt.needs.flatMap(({ dataset, problems }) => problems.map((problem) => `${dataset}: ${problem}`)).join("\n")}
            >${needBadge(hunt.health)}</span
          >`,
  },
  {
    key: "findings",
    title: "Found",
    hint: "Pinned findings, and how many injected events its query found",
    number: true,
    sort: (hunt) => hunt.findings,
    render: (hunt) => html`${hunt.findings}
      ${
        hunt.power === null
          ? nothing
          : html`<span class="sub" title=${`Power: at least ${Math.floor(hunt.power.low * 100)} % with 95 % confidence`}
              >power ${hunt.power.found}/${hunt.power.injected}</span
            >`
      }
      ${
        hunt.incompleteFindings > 0
          ? html`<span class="sub" title="Their results were cut: they claim nothing">${hunt.incompleteFindings} incomplete</span>`
          : nothing
      }`,
  },
  {
    key: "run",
    title: "Last run",
    sort: (hunt) => (hunt.lastRun === null ? null : instantMs(hunt.lastRun.started)),
    render: (hunt) => lastRun(hunt),
  },
  {
    key: "outcome",
    title: "Came of it",
    sort: (hunt) => hunt.outcome.kind ?? "",
    render: (hunt) => outcome(hunt),
  },
  {
    key: "owner",
    title: "Owner",
    sort: (hunt) => hunt.owner,
    render: (hunt) =>
      html`${hunt.owner || html`<span class="muted">–</span>`}${hunt.hours > 0 ? html`<span class="sub">${hunt.hours} h</span>` : nothing}`,
  },
  {
    key: "modified",
    title: "Edited",
    sort: (hunt) => instantMs(hunt.modified),
    render: (hunt) => html`<span class="nowrap">${age(hunt.modified)}</span>`,
  },
];

function lastRun(hunt: HuntSummary): TemplateResult {
  const { lastRun: run, schedule } = hunt;
  const plan =
    schedule === null
      ? nothing
      : html`<span class="sub" title=${`${schedule.cron} ${schedule.zone}`}
          >${schedule.paused ? "paused" : schedule.next ? html`next ${age(schedule.next)}` : "does not run"}</span
        >`;
  if (run === null) return html`<span class="muted">–</span>${plan}`;
  return html`<span class="nowrap" title=${runTold(run)}>${runBadge(run)}</span>
    <span class="sub">${age(run.started)}${run.missed > 0 ? html`, ${formatPlural(run.missed, "run")} missed` : nothing}</span>${plan}`;
}

function runTold(run: HuntRunSummary): string {
  if (run.error) return run.error;
  return run.changed === true
    ? `${run.rowsAdded} rows new, ${run.rowsRemoved} gone since the run before`
    : "";
}

function outcome({ outcome: { kind, reference } }: HuntSummary): TemplateResult {
  if (kind === null) return html`<span class="muted">–</span>`;
  const href = outcomeHref({ kind, reference });
  return html`${badge(kind, kind === "nothing" ? "neutral" : "accent")}
    ${reference === "" ? nothing : html`<span class="sub">${href === null ? reference : html`<a href=${href}>${reference}</a>`}</span>`}`;
}

customElements.define("spoor-hunts-page", HuntsPage);
