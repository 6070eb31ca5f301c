import { html, nothing, type TemplateResult } from "lit";
import {
  type BlindSpot,
  type BlindSpotCheck,
  blindSpotId,
  checkWords,
  parseBlindSpots,
  renderBlindSpots,
} from "../../../../../promote/ads/blind-spots.ts";
import { badge, type Tone } from "../../../../element/badge.ts";
import { codeArea } from "../../../../element/code-area.ts";
import type { CheckContext } from "../../gate/check-context.ts";
import { enteredIn } from "../rule-forms.ts";
import {
  type ListSection,
  listSectionParts,
  readListSection,
  withItem,
  withoutItem,
} from "./list-section.ts";
import { line, prose, type SectionForm } from "./section-form.ts";

const KINDS: readonly (readonly [BlindSpotCheck["kind"], string])[] = [
  ["source-well", "a source is well"],
  ["field-filled", "a field is filled"],
  ["sql", "a query gives no row, or some"],
  ["sql-number", "a query gives a number within bounds"],
  ["untestable", "nothing: somebody answers for it"],
];
const TONES: Readonly<Record<"holds" | "broken" | "untestable", Tone>> = {
  holds: "good",
  broken: "bad",
  untestable: "neutral",
};
const FILLED_SHARE = 0.9;
const PROPOSED_FIELDS = 4;

type Section = ListSection<BlindSpot>;

/** Blind Spots and Assumptions, each bound to what tells whether it holds, or to who answers for it. */
export const blindSpotsForm: SectionForm<Section> = {
  parse: (body) => readListSection(parseBlindSpots(body)),
  render: (section) => renderBlindSpots(listSectionParts(section)),
  form: (section, put, context) => {
    const add = (statement: string, check: BlindSpotCheck | null) =>
      put({ ...section, items: [...section.items, { marker: "-", statement, check, note: "" }] });
    return html`${section.items.map((item, index) => blindSpot(section, item, index, put, context))}
      <div class="buttons">
        <span class="muted">Add</span>
        ${proposals(section, context).map(
          ({ label, statement, check }) =>
            html`<button type="button" class="button small" data-proposed @click=${() => add(statement, check)}>${label}</button>`,
        )}
        <button type="button" class="button small" @click=${() => add("", untestable(context))}>Something that nothing can test</button>
        <button type="button" class="button small" @click=${() => add("", { kind: "sql", sql: "", expects: "no-row" })}>With a query</button>
      </div>
      ${section.prose === "" ? nothing : prose("Besides", section.prose, (text) => put({ ...section, prose: text }))}`;
  },
};

function untestable({ fields }: CheckContext): BlindSpotCheck {
  return { kind: "untestable", owner: fields?.owner ?? "" };
}

function blindSpot(
  section: Section,
  item: BlindSpot,
  index: number,
  put: (section: Section) => void,
  context: CheckContext,
): TemplateResult {
  const known = context.rule.evidence.blindSpots?.find(({ id }) => id === blindSpotId(item));
  const bind = (check: BlindSpotCheck) => put(withItem(section, index, { check }));
  return html`<div class="form-item">
    ${line("What it cannot see, or takes for granted", item.statement, (statement) => put(withItem(section, index, { statement })), { name: "statement" })}
    <div class="form-columns">
      <label class="field"
        ><span>What tells whether it holds</span
        ><select name="kind" @change=${(event: Event) => bind(freshCheck(enteredIn(event) as BlindSpotCheck["kind"], context))}>
          ${item.check === null ? html`<option value="" selected>nothing yet</option>` : nothing}
          ${KINDS.map(([kind, words]) => html`<option value=${kind} ?selected=${item.check?.kind === kind}>${words}</option>`)}
        </select></label
      >
      ${item.check === null ? nothing : checkFields(item.check, bind, context)}
    </div>
    <div class="buttons">
      ${known ? html`${badge(known.state, TONES[known.state])} <span class="muted">${known.evidence}</span>` : item.check === null ? nothing : html`<span class="muted">${checkWords(item.check)}</span>`}
      <button type="button" class="button small" aria-label=${`Remove ${item.statement || "this one"}`} @click=${() => put(withoutItem(section, index))}>Remove</button>
    </div>
  </div>`;
}

function checkFields(
  check: BlindSpotCheck,
  bind: (check: BlindSpotCheck) => void,
  context: CheckContext,
): TemplateResult {
  const choice = (
    label: string,
    value: string,
    offered: readonly string[],
    choose: (value: string) => void,
  ) =>
    html`<label class="field"
      ><span>${label}</span
      ><select @change=${(event: Event) => choose(enteredIn(event))}>
        ${[...new Set([value, ...offered])].map((one) => html`<option value=${one} ?selected=${one === value}>${one || "choose one"}</option>`)}
      </select></label
    >`;
  const number = (label: string, value: number | null, choose: (value: number | null) => void) =>
    html`<label class="field"
      ><span>${label}</span
      ><input
        type="number"
        step="any"
        .value=${value === null ? "" : String(value)}
        @change=${(event: Event) => choose(enteredIn(event) === "" ? null : Number(enteredIn(event)))}
    /></label>`;
  switch (check.kind) {
    case "source-well":
      return choice("Source", check.source, sourcesOf(context), (source) => bind({ ...check, source }));
    case "field-filled": {
      const dataset = context.catalog.find(({ name }) => name === check.dataset);
      return html`${choice("Dataset", check.dataset, datasetsOf(context), (name) => bind({ ...check, dataset: name }))}
      ${choice("Field", check.field, dataset?.columns.map(({ name }) => name) ?? [], (field) => bind({ ...check, field }))}
      ${number("Filled in at least, %", Math.round(check.share * 1000) / 10, (percent) => bind({ ...check, share: (percent ?? 0) / 100 }))}`;
    }
    case "sql":
      return html`<label class="field"
          ><span>Query</span>${codeArea({ value: check.sql, rows: 3, change: (sql) => bind({ ...check, sql }) })}</label
        >
        ${choice("Must give", check.expects, ["no-row", "rows"], (expects) => bind({ ...check, expects: expects as "no-row" | "rows" }))}`;
    case "sql-number":
      return html`<label class="field"
          ><span>Query</span>${codeArea({ value: check.sql, rows: 3, change: (sql) => bind({ ...check, sql }) })}</label
        >
        ${number("At least", check.minimum, (minimum) => bind({ ...check, minimum }))}
        ${number("At most", check.maximum, (maximum) => bind({ ...check, maximum }))}`;
    case "untestable":
      return choice(
        "Who answers for it",
        check.owner,
        context.owners.map(({ name }) => name),
        (owner) => bind({ ...check, owner }),
      );
  }
}

function freshCheck(kind: BlindSpotCheck["kind"], context: CheckContext): BlindSpotCheck {
  switch (kind) {
    case "source-well":
      return { kind, source: sourcesOf(context)[0] ?? "" };
    case "field-filled":
      return { kind, dataset: datasetsOf(context)[0] ?? "", field: "", share: FILLED_SHARE };
    case "sql":
      return { kind, sql: "", expects: "no-row" };
    case "sql-number":
      return { kind, sql: "", minimum: null, maximum: null };
    case "untestable":
      return untestable(context);
  }
}

/** Sources, those that the rule reads first. */
function sourcesOf({ rule, catalog }: CheckContext): readonly string[] {
  const read = (rule.evidence.health?.sources ?? []).map(({ source }) => source);
  const all = catalog.filter(({ origin }) => origin === "source").map(({ source }) => source);
  return [...new Set([...read, ...all])];
}

function datasetsOf({ rule, catalog }: CheckContext): readonly string[] {
  const read = (rule.evidence.health?.fields ?? []).map(({ dataset }) => dataset);
  const all = catalog.filter(({ origin }) => origin === "source").map(({ name }) => name);
  return [...new Set([...read, ...all])];
}

/** What every rule takes for granted: that its sources are well and the fields filled that it reads. */
function proposals(
  section: Section,
  { rule }: CheckContext,
): readonly { readonly label: string; readonly statement: string; readonly check: BlindSpotCheck }[] {
  const { health } = rule.evidence;
  const has = (check: BlindSpotCheck) =>
    section.items.some((item) => item.check !== null && checkWords(item.check) === checkWords(check));
  const sources = (health?.sources ?? []).map(({ source }) => ({
    label: `${source} is well`,
    statement: `Nothing is seen while ${source} does not come or comes broken.`,
    check: { kind: "source-well", source } as const,
  }));
  const filled = (health?.fields ?? []).slice(0, PROPOSED_FIELDS).map(({ dataset, field }) => ({
    label: `${field} is filled`,
    statement: `An event without ${field} is not seen.`,
    check: { kind: "field-filled", dataset, field, share: FILLED_SHARE } as const,
  }));
  return [...sources, ...filled].filter(({ check }) => !has(check));
}
