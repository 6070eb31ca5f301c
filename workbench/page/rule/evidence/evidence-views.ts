import { html, nothing, type TemplateResult } from "lit";
import type { HealthPreconditions, OverlapReport } from "../../../../promote/gate/evidence.ts";
import { badge } from "../../../element/badge.ts";
import { table } from "../../../element/table.ts";
import { formatDuration } from "../../../format/instant.ts";
import { formatCount, formatShare } from "../../../format/number.ts";
import { formatRoute } from "../../../route/route.ts";

const THIN_SHARE = 0.5;

/** How much of what this rule finds, others find too. */
export function overlapView(report: OverlapReport): TemplateResult {
  if (report.rules.length === 0)
    return html`<p class="notice good">No other rule found the same, within ${formatDuration(report.windowMs)} and by a same entity.</p>`;
  return table<OverlapReport["rules"][number]>({
    caption: "rules that find the same",
    rows: report.rules,
    columns: [
      {
        key: "rule",
        title: "Rule",
        sort: ({ rule }) => rule,
        render: ({ rule }) => html`<a href=${formatRoute({ page: "rule", name: rule })}>${rule}</a>`,
      },
      {
        key: "shared",
        title: "Found by both",
        number: true,
        sort: ({ shared }) => shared,
        render: ({ shared }) => formatCount(shared),
      },
      {
        key: "mine",
        title: "Of this rule's",
        number: true,
        hint: "Share of what this rule finds that the other finds too",
        sort: ({ ofMine }) => ofMine,
        render: ({ ofMine }) => formatShare(ofMine),
      },
      {
        key: "theirs",
        title: "Of the other's",
        number: true,
        hint: "Share of what the other finds that this rule finds too",
        sort: ({ ofTheirs }) => ofTheirs,
        render: ({ ofTheirs }) => formatShare(ofTheirs),
      },
    ],
  });
}

/** The fields that the rule reads with how filled they are, and its sources with whether they are well. */
export function healthView(health: HealthPreconditions): TemplateResult {
  return html`<div class="stack tight">
    <ul class="form-rows">
      ${health.sources.map(
        ({ source, well, evidence }) => html`<li>
          ${well ? badge("well", "good") : badge("sick", "bad")}
          <a href=${formatRoute({ page: "source", name: source })}>${source}</a>
          <span class="grow muted">${evidence}</span>
        </li>`,
      )}
    </ul>
    ${
      health.fields.length === 0
        ? nothing
        : table<HealthPreconditions["fields"][number]>({
            caption: "fields that the rule reads",
            rows: health.fields,
            columns: [
              {
                key: "field",
                title: "Field it reads",
                sort: ({ field }) => field,
                render: ({ dataset, field }) =>
                  html`<code>${field}</code><span class="sub">${dataset}</span>`,
              },
              {
                key: "filled",
                title: "Filled in the newest rows",
                number: true,
                sort: ({ filledShare }) => filledShare,
                render: ({ filledShare }) =>
                  filledShare === null
                    ? badge("not there", "bad")
                    : html`${formatShare(filledShare)} ${filledShare < THIN_SHARE ? badge("thin", "warning") : nothing}`,
              },
            ],
          })
    }
  </div>`;
}
