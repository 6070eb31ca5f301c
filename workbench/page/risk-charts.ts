import { axisX, axisY, barX, dot, line, link, ruleX, ruleY, text, tickX } from "@observablehq/plot";
import type { TemplateResult } from "lit";
import type { RiskReport, SourceRow } from "../../promote/risk/report-value.ts";
import { chart } from "../element/chart.ts";
import { formatShare, formatUsd } from "../format/number.ts";

const usd = (value: number): string => formatUsd(value);

/** P(a year's loss exceeds x): no source, without the one in focus, with all, and the appetite. */
export function exceedanceChart(report: RiskReport): TemplateResult {
  const points = report.exceedance.points.filter(({ usd }) => usd > 0);
  const names = [
    { key: "none", colour: "var(--neutral)", dash: "2 3" },
    { key: "without", colour: "var(--chart-2)", dash: "6 3" },
    { key: "all", colour: "var(--chart-1)", dash: "none" },
  ] as const;
  const labels = new Map(report.exceedance.curves.map((curve) => [curve.name, curve.label]));
  return chart("Chance that a year's loss exceeds an amount", 300, () => ({
    marginLeft: 44,
    marginTop: 24,
    marginBottom: 38,
    x: { type: "log", domain: domainOf(points.map(({ usd }) => usd)) },
    y: { grid: true },
    marks: [
      axisX({ label: "annual loss exceeds", tickFormat: usd, ticks: 5 }),
      axisY({ label: "probability in a year", tickFormat: "%", ticks: 6 }),
      ...names.map(({ key, colour, dash }) =>
        line(points, { x: "usd", y: key, stroke: colour, strokeWidth: 2, strokeDasharray: dash }),
      ),
      ...names.map(({ key, colour }, index) =>
        text([points[Math.floor(points.length * (0.3 + (2 - index) * 0.14))]!], {
          x: "usd",
          y: key,
          text: () => labels.get(key) ?? key,
          fill: colour,
          textAnchor: "start",
          dx: 6,
          dy: -8,
          fontWeight: 600,
          stroke: "var(--surface)",
          strokeWidth: 4,
        }),
      ),
      ...(report.appetite === null
        ? []
        : [
            ruleX([report.appetite.usd], { stroke: "var(--text)", strokeDasharray: "4 3" }),
            dot([report.appetite], { x: "usd", y: "probability", fill: "var(--text)", r: 4 }),
            text([report.appetite], {
              x: "usd",
              frameAnchor: "top",
              dy: -18,
              text: (appetite: { usd: number; probability: number }) =>
                `appetite: ${formatShare(appetite.probability)} at ${formatUsd(appetite.usd)}`,
            }),
          ]),
    ],
  }));
}

/** Credit of each source with its interval, what would be lost without it, and its cost. */
export function creditChart(sources: readonly SourceRow[]): TemplateResult {
  return chart(
    "What each source contributes, what is lost without it, and what it costs",
    60 + sources.length * 54,
    () => ({
      marginLeft: labelMargin(sources.map(({ title }) => title)),
      marginBottom: 38,
      x: { grid: true },
      y: { label: null, padding: 0.45, domain: sources.map(({ title }) => title) },
      marks: [
        axisX({ label: "USD a year (mean and 90% interval)", tickFormat: usd, ticks: 5 }),
        axisY({ label: null, tickSize: 0 }),
        barX(sources, {
          x: (row: SourceRow) => row.credit.mean,
          y: "title",
          fill: "var(--chart-1)",
          fillOpacity: 0.55,
        }),
        ruleY(sources, {
          x1: (row: SourceRow) => row.credit.q05,
          x2: (row: SourceRow) => row.credit.q95,
          y: "title",
          stroke: "var(--chart-1)",
          strokeWidth: 2,
        }),
        ruleY(sources, {
          x1: (row: SourceRow) => row.marginal.q05,
          x2: (row: SourceRow) => row.marginal.q95,
          y: "title",
          stroke: "var(--chart-2)",
          dy: 20,
        }),
        dot(sources, {
          x: (row: SourceRow) => row.marginal.mean,
          y: "title",
          fill: "var(--chart-2)",
          dy: 20,
          r: 4,
        }),
        tickX(sources, { x: "costUsd", y: "title", stroke: "var(--text)", strokeWidth: 3 }),
        ruleX([0], { stroke: "var(--line-strong)" }),
      ],
    }),
  );
}

/** Risk added back against cost avoided: above the line a source earns its keep. */
export function breakEvenChart(sources: readonly SourceRow[]): TemplateResult {
  const highest = Math.max(...sources.map((row) => Math.max(row.costAvoidedUsd, 1))) * 1.25;
  return chart("Risk added back if a source is removed against the cost avoided", 300, () => ({
    marginLeft: 56,
    marginRight: 90,
    marginBottom: 38,
    x: { domain: [0, highest], grid: true },
    y: { grid: true },
    marks: [
      axisX({ label: "cost avoided if removed, USD a year", tickFormat: usd, ticks: 4 }),
      axisY({ label: "risk added back if removed, USD a year", tickFormat: usd, ticks: 5 }),
      link([{ at: highest }], {
        x1: 0,
        y1: 0,
        x2: "at",
        y2: "at",
        stroke: "var(--line-strong)",
        strokeDasharray: "4 3",
      }),
      text([{ at: highest }], {
        x: "at",
        y: "at",
        text: () => "break-even",
        textAnchor: "end",
        dx: 4,
        dy: -14,
        fill: "var(--text-muted)",
      }),
      ruleX(sources, {
        x: "costAvoidedUsd",
        y1: (row: SourceRow) => row.marginal.q05,
        y2: (row: SourceRow) => row.marginal.q95,
        stroke: "var(--chart-2)",
      }),
      dot(sources, {
        x: "costAvoidedUsd",
        y: (row: SourceRow) => row.marginal.mean,
        fill: "var(--chart-2)",
        r: 4.5,
      }),
      text(sources, {
        x: "costAvoidedUsd",
        y: (row: SourceRow) => row.marginal.mean,
        text: (row: SourceRow) => `${row.id} ${formatShare(row.worthIt)}`,
        textAnchor: "start",
        dx: 8,
      }),
    ],
  }));
}

/** What knowing an input exactly would be worth to the decision in focus, above the noise floor. */
export function informationChart(report: RiskReport): TemplateResult {
  const bars = report.information.bars;
  return chart("What knowing each input would be worth to the decision", 50 + bars.length * 26, () => ({
    marginLeft: labelMargin(bars.map(({ input }) => input)),
    marginRight: 50,
    marginBottom: 38,
    x: { grid: true },
    y: { label: null, domain: bars.map(({ input }) => input) },
    marks: [
      axisX({ label: "value of knowing it exactly, USD a year", tickFormat: usd, ticks: 4 }),
      axisY({ label: null, tickSize: 0 }),
      barX(bars, { x: "evppiUsd", y: "input", fill: "var(--chart-3)" }),
      text(bars, {
        x: "evppiUsd",
        y: "input",
        text: (bar: (typeof bars)[number]) => formatUsd(bar.evppiUsd),
        textAnchor: "start",
        dx: 5,
      }),
      ruleX([report.information.floorUsd], { stroke: "var(--text)", strokeDasharray: "3 3" }),
    ],
  }));
}

/** Sets of sources by net value; the current one is filled, the best one named. */
export function portfolioChart(report: RiskReport): TemplateResult {
  const rows = report.portfolios.map((portfolio) => ({
    ...portfolio,
    name: portfolio.sources.length === 0 ? "none" : portfolio.sources.join(" + "),
  }));
  return chart("Net value of each set of sources", 50 + rows.length * 30, () => ({
    marginLeft: labelMargin(rows.map(({ name }) => name)),
    marginRight: 110,
    marginBottom: 38,
    x: { grid: true },
    y: { label: null, domain: rows.map(({ name }) => name) },
    marks: [
      axisX({ label: "net value, USD a year", tickFormat: usd, ticks: 4 }),
      axisY({ label: null, tickSize: 0 }),
      barX(rows, {
        x: "netUsd",
        y: "name",
        fill: (row: (typeof rows)[number]) => (row.current ? "var(--chart-1)" : "var(--chart-muted)"),
      }),
      text(rows, {
        x: (row: (typeof rows)[number]) => Math.max(row.netUsd, 0),
        y: "name",
        text: (row: (typeof rows)[number]) =>
          `${formatUsd(row.netUsd)}${row.current ? " today" : ""}${row.best ? " best" : ""}`,
        textAnchor: "start",
        dx: 5,
      }),
      ruleX([0], { stroke: "var(--line-strong)" }),
    ],
    color: { type: "identity" },
  }));
}

function labelMargin(labels: readonly string[]): number {
  const longest = Math.max(...labels.map(({ length }) => length), 0);
  return Math.min(Math.max(longest * 6.4 + 14, 48), 220);
}

function domainOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
