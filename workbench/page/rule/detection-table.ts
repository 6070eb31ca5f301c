import { html, type TemplateResult } from "lit";
import type { DetectionRow, JsonRow } from "../../../server/api/api.ts";
import { badge } from "../../element/badge.ts";
import { emptyState } from "../../element/empty-state.ts";
import { age, instant } from "../../element/instant.ts";
import { table } from "../../element/table.ts";
import { entityTexts } from "../../entity/entity-texts.ts";
import { formatCell } from "../../format/cell.ts";
import { instantMs } from "../../format/instant.ts";
import { formatPlural } from "../../format/number.ts";

const LONGEST_SHOWN = 200;
const BEGINNING_SHOWN = 120;

/** One row of evidence as names and values; empty ones are left out. */
export function evidence(row: JsonRow): TemplateResult {
  return html`<dl class="evidence">
    ${Object.entries(row)
      .filter(([name, cell]) => name !== "_time" && cell !== null && cell !== "")
      .map(([name, cell]) => html`<dt>${name}</dt><dd>${long(formatCell(cell))}</dd>`)}
  </dl>`;
}

/** A long text as its beginning, which opens to the whole. */
function long(text: string): TemplateResult | string {
  if (text.length <= LONGEST_SHOWN) return text;
  return html`<details class="long">
    <summary>${text.slice(0, BEGINNING_SHOWN)}…</summary>
    ${text}
  </details>`;
}

/** Detections with their entities; the rows behind each open in place. */
export function detectionTable(detections: readonly DetectionRow[]): TemplateResult {
  return table<DetectionRow>({
    caption: "detections",
    rows: detections,
    filter: (one) =>
      [...Object.values(one.entities), one.mode, one.id, one.withdrawn ? "withdrawn" : ""].join(" "),
    empty: emptyState(
      "No detection yet",
      "The rule has found nothing since it runs. A backtest shows what it would have found.",
    ),
    columns: [
      {
        key: "time",
        title: "Event time",
        sort: (one) => instantMs(one.time),
        render: (one) => html`<span class="nowrap">${instant(one.time)}</span>`,
      },
      {
        key: "entities",
        title: "Entities",
        render: (one) =>
          Object.entries(one.entities).map(
            ([name, value]) => html`<span class="sub">${name}</span>${entityTexts(name, value)}`,
          ),
      },
      {
        key: "rows",
        title: "Evidence",
        render: (one) => html`<details>
          <summary>${formatPlural(one.rows.length, "row")}</summary>
          ${one.rows.slice(0, 20).map(evidence)}
        </details>`,
      },
      {
        key: "mode",
        title: "Run",
        sort: (one) => one.mode,
        render: (one) => html`${one.mode} ${one.late ? badge("late", "warning") : ""}
          ${one.withdrawn ? html`${badge("withdrawn", "neutral")}<span class="sub">${age(one.withdrawn)}: ${one.withdrawnReason ?? ""}</span>` : ""}`,
      },
      { key: "id", title: "Id", render: (one) => html`<code title=${one.id}>${one.id.slice(0, 10)}</code>` },
    ],
  });
}
