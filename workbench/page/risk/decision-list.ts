import { html, type TemplateResult } from "lit";
import type { DecisionKind, DecisionRow } from "../../../promote/risk/report-value.ts";
import { badge, type Tone } from "../../element/badge.ts";
import { formatUsd } from "../../format/number.ts";
import { formatRoute } from "../../route/route.ts";

const KINDS: Readonly<Record<DecisionKind, { readonly word: string; readonly tone: Tone }>> = {
  onboard: { word: "onboard", tone: "good" },
  "hunt-first": { word: "hunt first", tone: "accent" },
  keep: { word: "keep", tone: "neutral" },
  measure: { word: "measure", tone: "accent" },
  drop: { word: "drop", tone: "bad" },
  skip: { word: "skip", tone: "neutral" },
  "cheap-storage": { word: "cheap storage", tone: "accent" },
  "fix-coverage": { word: "fix coverage", tone: "warning" },
  "tune-rule": { word: "tune or retire", tone: "warning" },
  "staff-triage": { word: "staff triage", tone: "warning" },
  "collect-frequency": { word: "collect evidence", tone: "accent" },
};
const SHOWN = 6;

/** What to do and what to leave, largest figure first; the first few at once. */
export function decisionList(decisions: readonly DecisionRow[]): TemplateResult {
  // To keep what one has is no news: it stands after what asks for somebody.
  const ordered = [
    ...decisions.filter(({ kind }) => kind !== "keep" && kind !== "skip"),
    ...decisions.filter(({ kind }) => kind === "keep" || kind === "skip"),
  ];
  const rest = ordered.slice(SHOWN);
  return html`<ul class="decisions">${ordered.slice(0, SHOWN).map(item)}</ul>
    ${
      rest.length === 0
        ? ""
        : html`<details class="more-decisions">
            <summary>${rest.length} more</summary>
            <ul class="decisions">${rest.map(item)}</ul>
          </details>`
    }`;
}

function item(row: DecisionRow): TemplateResult {
  const { word, tone } = KINDS[row.kind];
  return html`<li>
    ${badge(word, tone)}
    <div><a href=${linkOf(row)}>${row.title}</a><span class="muted">${row.text}</span></div>
    <span class="decision-usd">${row.usd > 0 ? "+" : ""}${formatUsd(row.usd)}<small>a year</small></span>
  </li>`;
}

function linkOf({ link }: DecisionRow): string {
  return link.page === "source" || link.page === "rule" || link.page === "notebook"
    ? formatRoute({ page: link.page, name: link.name })
    : formatRoute({ page: link.page });
}
