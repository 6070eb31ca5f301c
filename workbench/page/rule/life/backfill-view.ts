import { html, nothing, type TemplateResult } from "lit";
import type { BackfillDifference } from "../../../../promote/run/backfill.ts";
import type { BackfillReport } from "../../../../server/stream/rule-controls.ts";
import { badge } from "../../../element/badge.ts";
import { instant } from "../../../element/instant.ts";
import { formatCount, formatPlural } from "../../../format/number.ts";

const SHOWN = 5;

/** What a run over the past would change, before anything is written. */
export function backfillDifferenceView(report: BackfillDifference): TemplateResult {
  const same = report.added + report.removed + report.changed === 0;
  const sample = [
    ...report.sample.added.map((one) => ["new", one] as const).slice(0, SHOWN),
    ...report.sample.removed.map((one) => ["withdrawn", one] as const).slice(0, SHOWN),
    ...report.sample.changed.map((one) => ["changed", one] as const).slice(0, SHOWN),
  ];
  return html`<p class=${`notice ${same ? "good" : "warning"}`} role="status">
      ${
        same
          ? html`Nothing changes: ${formatPlural(report.unchanged, "detection")} ${report.unchanged === 1 ? "stays" : "stay"} as recorded.`
          : html`It would record ${formatCount(report.added)} new, withdraw ${formatCount(report.removed)} and change
            ${formatCount(report.changed)}; ${formatCount(report.unchanged)} ${report.unchanged === 1 ? "stays" : "stay"}.`
      }
    </p>
    ${
      sample.length === 0
        ? nothing
        : html`<ul class="form-rows">
            ${sample.map(
              ([what, one]) => html`<li>
                ${badge(what, what === "new" ? "accent" : "warning")}
                <span class="grow">${instant(one.time)} <span class="muted">${Object.values(one.entities).join(", ")}</span>${what === "changed" ? columnChanges(report, one.id) : nothing}</span>
              </li>`,
            )}
          </ul>`
    }`;
}

/** Each column whose value would be another, old and new, of a detection's first row that differs. */
function columnChanges({ sample }: BackfillDifference, id: string): TemplateResult {
  const at = sample.changed.findIndex((one) => one.id === id);
  const [old, now] = [sample.recorded[at]?.rows ?? [], sample.changed[at]?.rows ?? []];
  const text = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 120));
  const row = now.findIndex((one, index) => JSON.stringify(one) !== JSON.stringify(old[index]));
  const columns = Object.keys(now[row] ?? {}).filter(
    (name) => text(now[row]?.[name]) !== text(old[row]?.[name]),
  );
  return html`${columns.map(
    (name) => html`<br /><code>${name}: ${text(old[row]?.[name])} → ${text(now[row]?.[name])}</code>`,
  )}`;
}

/** What a run over the past wrote. */
export function backfillReportView(report: BackfillReport): TemplateResult {
  return html`<p class="notice good" role="status">
    Written: ${formatCount(report.inserted)} new, ${formatCount(report.updated)} changed, ${formatCount(report.withdrawn)}
    withdrawn, of ${formatPlural(report.detections, "detection")}.
  </p>`;
}
