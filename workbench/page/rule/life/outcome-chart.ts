import { axisX, axisY, rectY, ruleY } from "@observablehq/plot";
import { html, type nothing, type TemplateResult } from "lit";
import type { QueryJson } from "../../../../server/api/api.ts";
import { client } from "../../../api/browser-client.ts";
import { chart } from "../../../element/chart.ts";
import { emptyState } from "../../../element/empty-state.ts";
import { Loading } from "../../../element/loading.ts";
import { View } from "../../../element/view.ts";
import { formatTick } from "../../../format/instant.ts";
import { formatPlural } from "../../../format/number.ts";
import { OUTCOME_TITLES } from "../../../format/outcome.ts";

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 400;
const FEWEST_DAYS = 14;
const OUTCOME_ORDER = [
  "true-positive",
  "benign-positive",
  "false-positive",
  "ignored",
  "undetermined",
  "open",
] as const;
const COLOURS: Readonly<Record<string, string>> = {
  "true-positive": "var(--bad)",
  "benign-positive": "var(--good)",
  "false-positive": "var(--warning)",
  ignored: "var(--chart-muted)",
  undetermined: "var(--chart-4)",
  open: "var(--chart-1)",
};

/** Counts of one day. */
export interface DayCount {
  /** Start of the day in UTC, milliseconds. */
  readonly dayMs: number;
  readonly count: number;
  /** `open` where nobody has decided yet; absent for detections. */
  readonly outcome?: string;
}

const DETECTIONS = `select epoch_ms(date_trunc('day', _time)) as day, count(*)::integer as n
  from detections where rule = $rule and _time is not null group by 1 order by 1`;
const ALERTS = `select epoch_ms(date_trunc('day', _time)) as day, coalesce(outcome, 'open') as outcome, count(*)::integer as n
  from alerts where rule = $rule group by 1, 2 order by 1`;

/** What a rule found by day, and what became of the alerts that were made of it. */
export class OutcomeChart extends View {
  static override properties = { rule: { attribute: false } };
  declare rule: string;
  #days = new Loading(
    this,
    async (signal) => {
      const ask = (sql: string) =>
        client.queryRows({ sql, parameters: { rule: this.rule } }, crypto.randomUUID(), signal);
      const [detections, alerts] = await Promise.all([ask(DETECTIONS), ask(ALERTS)]);
      return { detections: dayCounts(detections), alerts: dayCounts(alerts) };
    },
    { refreshMs: 30_000 },
  );

  override render(): TemplateResult {
    return this.#days.render(({ detections, alerts }) => {
      if (detections.length === 0)
        return emptyState(
          "No detection yet",
          "It has found nothing since it runs. The backtest shows what it would have found.",
          {
            label: "See the backtest",
            href: `/rules/${encodeURIComponent(this.rule)}/promote?check=backtest`,
          },
        );
      const days = [...detections, ...alerts].map(({ dayMs }) => dayMs);
      const last = Math.max(...days) + DAY_MS;
      const first = Math.max(Math.min(...days, last - FEWEST_DAYS * DAY_MS), last - LONGEST_DAYS * DAY_MS);
      const found = detections.reduce((sum, { count }) => sum + count, 0);
      const asked = alerts.reduce((sum, { count }) => sum + count, 0);
      return html`<div class="stack tight">
        ${this.#chart(`Detections by day, ${found} in all`, "detections", [first, last], detections, 150)}
        ${
          asked === 0
            ? html`<p class="muted">No alert was made of them.</p>`
            : html`${this.#chart(`Alerts by day and outcome, ${asked} in all`, "alerts", [first, last], alerts, 110)}
                <ul class="legend">
                  ${OUTCOME_ORDER.filter((outcome) => alerts.some((day) => day.outcome === outcome)).map(
                    (outcome) => html`<li>
                      <span class="swatch outcome-${outcome}" aria-hidden="true"></span>
                      ${outcome === "open" ? "Not decided" : OUTCOME_TITLES[outcome]}
                      <span class="muted"
                        >${formatPlural(
                          alerts.reduce((sum, day) => sum + (day.outcome === outcome ? day.count : 0), 0),
                          "alert",
                        )}</span
                      >
                    </li>`,
                  )}
                </ul>`
        }
      </div>`;
    }, 6);
  }

  #chart(
    label: string,
    unit: string,
    domain: readonly [number, number],
    days: readonly DayCount[],
    height: number,
  ): TemplateResult | typeof nothing {
    const rows = days
      .filter(({ dayMs }) => dayMs >= domain[0])
      .toSorted((one, other) => rank(one) - rank(other))
      .map(({ dayMs, count, outcome }) => ({
        start: new Date(dayMs),
        end: new Date(dayMs + DAY_MS),
        count,
        fill: outcome === undefined ? "var(--chart-1)" : (COLOURS[outcome] ?? "var(--chart-muted)"),
      }));
    const byDay = new Map<number, number>();
    for (const { dayMs, count } of days) byDay.set(dayMs, (byDay.get(dayMs) ?? 0) + count);
    const highest = Math.max(...byDay.values(), 1);
    return chart(label, height, () => ({
      marginLeft: 46,
      x: { type: "utc", domain: [...domain] },
      y: { grid: true },
      marks: [
        rectY(rows, {
          x1: "start",
          x2: "end",
          y: "count",
          fill: (row: { fill: string }) => row.fill,
          inset: 0.5,
        }),
        axisX({ label: null, tickFormat: (at: Date) => formatTick(at, "UTC") }),
        axisY({ label: unit, ticks: Math.min(3, highest), tickFormat: "d" }),
        ruleY([0], { stroke: "var(--line-strong)" }),
      ],
    }));
  }
}

function rank({ outcome }: DayCount): number {
  return OUTCOME_ORDER.indexOf(outcome as (typeof OUTCOME_ORDER)[number]);
}

/** Rows of `day`, `n` and perhaps `outcome` as counts; what is no count is left out. */
export function dayCounts({ rows }: Pick<QueryJson, "rows">): readonly DayCount[] {
  return rows.flatMap(({ day, n, outcome }) => {
    const dayMs = Number(day);
    const count = Number(n);
    if (!Number.isFinite(dayMs) || !Number.isFinite(count)) return [];
    return [{ dayMs, count, ...(typeof outcome === "string" ? { outcome } : {}) }];
  });
}

customElements.define("spoor-outcome-chart", OutcomeChart);
