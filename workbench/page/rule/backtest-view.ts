import { axisX, axisY, rectY, ruleY } from "@observablehq/plot";
import { html, nothing, type TemplateResult } from "lit";
import type { BacktestReport } from "../../../server/api/api.ts";
import { chart } from "../../element/chart.ts";
import { instant } from "../../element/instant.ts";
import { formatDuration, formatTick, instantMs } from "../../format/instant.ts";
import { formatCount, formatRate, formatUsd } from "../../format/number.ts";
import { detectionTable } from "./detection-table.ts";

const DAY_MS = 86_400_000;

/** What the rule would have found in all the data there is, and what looking at it would have cost. */
export function backtestView(report: BacktestReport, expectedAlertsPerWeek: number | null): TemplateResult {
  const days = report.days.map(({ day, detections }) => {
    const start = Date.parse(`${day.slice(0, 10)}T00:00:00Z`);
    return { start: new Date(start), end: new Date(start + DAY_MS), detections };
  });
  return html`<div class="stack">
    <dl class="figures">
      <div><dt>Detections</dt><dd>${formatCount(report.detections)}<small>in ${formatDuration(report.elapsedMs)}</small></dd></div>
      <div>
        <dt>Alerts a week</dt>
        <dd>
          ${formatRate(report.alertsPerWeek)}
          ${expectedAlertsPerWeek === null ? nothing : html`<small>expected ${formatRate(expectedAlertsPerWeek)}</small>`}
        </dd>
      </div>
      <div><dt>Triage a week</dt><dd>${formatRate(report.triageMinutesPerWeek)} min</dd></div>
      <div><dt>Triage a year</dt><dd>${formatUsd(report.triageUsdPerYear)}</dd></div>
    </dl>
    <section class="panel">
      <h2>Detections by day (UTC)</h2>
      ${
        days.length === 0
          ? html`<p class="muted">None in the data that is here.</p>`
          : chart(`Detections by day, ${report.detections} in all`, 200, () => ({
              x: { type: "utc", domain: wholeDays(report.from, report.until, days) },
              y: { grid: true },
              marks: [
                rectY(days, { x1: "start", x2: "end", y: "detections", fill: "var(--chart-1)", inset: 1 }),
                axisX({ label: null, tickFormat: (at: Date) => formatTick(at, "UTC") }),
                axisY({
                  label: "detections",
                  ticks: Math.min(4, Math.max(...days.map(({ detections }) => detections))),
                  tickFormat: "d",
                }),
                ruleY([0], { stroke: "var(--line-strong)" }),
              ],
            }))
      }
      <p class="muted">Data from ${instant(report.from)} to ${instant(report.until)}</p>
    </section>
    ${report.sample.length > 0 ? detectionTable(report.sample) : nothing}
  </div>`;
}

function wholeDays(
  from: string | null,
  until: string | null,
  days: readonly { readonly start: Date; readonly end: Date }[],
): [number, number] {
  const first = Math.min(days[0]!.start.getTime(), instantMs(from ?? "") ?? Number.POSITIVE_INFINITY);
  const last = Math.max(days.at(-1)!.end.getTime(), instantMs(until ?? "") ?? Number.NEGATIVE_INFINITY);
  return [Math.floor(first / DAY_MS) * DAY_MS, Math.ceil(last / DAY_MS) * DAY_MS];
}
