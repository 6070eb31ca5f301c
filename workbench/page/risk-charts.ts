import { axisX, axisY, barX, dot, line, link, ruleX, ruleY, text, tickX } from "@observablehq/plot";
import { html, type TemplateResult } from "lit";
import type { RiskReport, SourceRow } from "../../promote/risk/report-value.ts";
import { chart } from "../element/chart.ts";
import { formatShare, formatUsd, formatUsdRange } from "../format/number.ts";

const usd = (value: number): string => formatUsd(value);

/** P(a year's loss exceeds x): no source, without the one in focus, with all, and the appetite. */
export function exceedanceChart(report: RiskReport): TemplateResult {
  const points = report.exceedance.points.filter(({ usd }) => usd > 0);
  const curves = [
    { key: "none", colour: "var(--neutral)", dash: "2 3" },
    { key: "without", colour: "var(--chart-2)", dash: "6 3" },
    { key: "all", colour: "var(--chart-1)", dash: "none" },
  ] as const;
  const drawing = chart("Chance that a year's loss exceeds an amount", 300, () => ({
    marginLeft: 44,
    marginRight: 30,
    marginTop: 24,
    marginBottom: 38,
    x: { type: "log", domain: domainOf(points.map(({ usd }) => usd)) },
    y: { grid: true },
    marks: [
      axisX({ label: "annual loss exceeds", tickFormat: usd, ticks: 5 }),
      axisY({ label: "probability in a year", tickFormat: "%", ticks: 6 }),
      ...curves.map(({ key, colour, dash }) =>
        line(points, { x: "usd", y: key, stroke: colour, strokeWidth: 2, strokeDasharray: dash }),
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
  return html`<ul class="legend">
      ${curves.map(
        ({ key, colour, dash }) => html`<li title=${curveLabel(report, key, false)}>
          <svg width="26" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="26" y2="4" stroke=${colour} stroke-width="2" stroke-dasharray=${dash}></line>
          </svg>
          ${curveLabel(report, key, true)}
        </li>`,
      )}
    </ul>
    ${drawing}`;
}

/** What a curve stands for; `short` says the id of the source in focus where the report says its title. */
export function curveLabel(report: RiskReport, name: "none" | "without" | "all", short: boolean): string {
  const label = report.exceedance.curves.find((curve) => curve.name === name)?.label ?? name;
  const focus = report.sources.find(({ id }) => id === report.focus.source);
  return short && focus ? label.replace(focus.title, focus.id) : label;
}

/** Credit of each source with its interval, what would be lost without it, and its cost. */
export function creditChart(sources: readonly SourceRow[]): TemplateResult {
  const said = (row: SourceRow) =>
    `${row.title}\nContributes ${formatUsd(row.credit.mean)} (${formatUsdRange(row.credit.q05, row.credit.q95)})\nLost without it ${formatUsd(row.marginal.mean)} (${formatUsdRange(row.marginal.q05, row.marginal.q95)})\nCosts ${formatUsd(row.costUsd)} a year${hasSpread(row) ? ` (${formatUsdRange(row.cost.q05, row.cost.q95)})` : ""}`;
  return chart(
    "What each source contributes, what is lost without it, and what it costs",
    60 + sources.length * 54,
    (width) => ({
      marginLeft: labelMargin(
        sources.map(({ id }) => id),
        width,
      ),
      marginRight: 30,
      marginBottom: 38,
      x: { grid: true },
      y: { label: null, padding: 0.45, domain: sources.map(({ id }) => id) },
      marks: [
        axisX({ label: "USD a year (mean and 90% interval)", tickFormat: usd, ticks: 5 }),
        axisY({ label: null, tickSize: 0, tickFormat: fold(width) }),
        barX(sources, {
          x: (row: SourceRow) => row.credit.mean,
          y: "id",
          fill: "var(--chart-1)",
          fillOpacity: 0.55,
          title: said,
        }),
        ruleY(sources, {
          x1: (row: SourceRow) => row.credit.q05,
          x2: (row: SourceRow) => row.credit.q95,
          y: "id",
          stroke: "var(--chart-1)",
          strokeWidth: 2,
          title: said,
        }),
        ruleY(sources, {
          x1: (row: SourceRow) => row.marginal.q05,
          x2: (row: SourceRow) => row.marginal.q95,
          y: "id",
          stroke: "var(--chart-2)",
          dy: 20,
        }),
        dot(sources, {
          x: (row: SourceRow) => row.marginal.mean,
          y: "id",
          fill: "var(--chart-2)",
          dy: 20,
          r: 4,
          title: said,
        }),
        ruleY(sources.filter(hasSpread), {
          x1: (row: SourceRow) => row.cost.q05,
          x2: (row: SourceRow) => row.cost.q95,
          y: "id",
          stroke: "var(--text)",
          dy: -8,
        }),
        tickX(sources, { x: "costUsd", y: "id", stroke: "var(--text)", strokeWidth: 3 }),
        ruleX([0], { stroke: "var(--line-strong)" }),
      ],
    }),
  );
}

/** Whether the cost of a source is uncertain. */
function hasSpread({ cost }: SourceRow): boolean {
  return cost.q95 - cost.q05 >= 0.5;
}

const KEEP_OR_DROP_HEIGHT = 320;
const LABEL_LINE_PX = 16;

/** Risk added back against cost avoided: above the dashed line a source earns its keep. */
export function breakEvenChart(sources: readonly SourceRow[]): TemplateResult {
  const right = Math.max(...sources.map((row) => Math.max(row.costAvoided.q95, 1))) * 1.1;
  const top = Math.max(...sources.map(({ marginal }) => marginal.q95), 1) * 1.05;
  const bottom = Math.min(...sources.map(({ marginal }) => marginal.q05), 0);
  const inner = KEEP_OR_DROP_HEIGHT - 24 - 38;
  const labels = apart(
    sources.map((row) => row.marginal.mean),
    ((top - bottom) * LABEL_LINE_PX) / inner,
    bottom,
  ).map((at, index) => ({ row: sources[index]!, at }));
  const end = Math.min(right, top);
  const said = (row: SourceRow) =>
    `${row.title}\nAvoids ${formatUsd(row.costAvoidedUsd)}, adds back ${formatUsd(row.marginal.mean)} (${formatUsdRange(row.marginal.q05, row.marginal.q95)})\n${formatShare(row.worthIt)} likely to be worth its cost`;
  const names = sources.map((row) => `${row.id} ${formatShare(row.worthIt)}`);
  return chart(
    "Risk added back if a source is removed against the cost avoided",
    KEEP_OR_DROP_HEIGHT,
    (width) => ({
      marginLeft: 56,
      marginRight: labelMargin(names, width) + 14,
      marginTop: 24,
      marginBottom: 38,
      x: { domain: [0, right] },
      y: { domain: [bottom, top], grid: true },
      marks: [
        axisX({ label: "cost avoided if removed, USD a year", tickFormat: usd, ticks: 4 }),
        axisY({ label: "risk added back if removed, USD a year", tickFormat: usd, ticks: 5 }),
        link([{ end }], {
          x1: 0,
          y1: 0,
          x2: "end",
          y2: "end",
          stroke: "var(--text-muted)",
          strokeDasharray: "4 3",
        }),
        link(labels, {
          x1: ({ row }: (typeof labels)[number]) => row.costAvoidedUsd,
          y1: ({ row }: (typeof labels)[number]) => row.marginal.mean,
          x2: () => right,
          y2: "at",
          stroke: "var(--line)",
        }),
        ruleX(sources, {
          x: "costAvoidedUsd",
          y1: (row: SourceRow) => row.marginal.q05,
          y2: (row: SourceRow) => row.marginal.q95,
          stroke: "var(--chart-2)",
          title: said,
        }),
        ruleY(sources, {
          x1: (row: SourceRow) => row.costAvoided.q05,
          x2: (row: SourceRow) => row.costAvoided.q95,
          y: (row: SourceRow) => row.marginal.mean,
          stroke: "var(--chart-2)",
          title: said,
        }),
        dot(sources, {
          x: "costAvoidedUsd",
          y: (row: SourceRow) => row.marginal.mean,
          fill: "var(--chart-2)",
          r: 4.5,
          title: said,
        }),
        text(labels, {
          x: () => right,
          y: "at",
          text: ({ row }: (typeof labels)[number]) => fold(width)(`${row.id} ${formatShare(row.worthIt)}`),
          textAnchor: "start",
          dx: 6,
          title: ({ row }: (typeof labels)[number]) => said(row),
        }),
      ],
    }),
  );
}

/** The same heights, moved up where two would stand closer than `gap`; the lowest is not under `floor` plus half of it. */
export function apart(heights: readonly number[], gap: number, floor: number): readonly number[] {
  const moved = [...heights];
  let next = floor + gap / 2;
  for (const index of [...heights.keys()].sort((one, other) => heights[one]! - heights[other]!)) {
    moved[index] = Math.max(heights[index]!, next);
    next = moved[index]! + gap;
  }
  return moved;
}

/** What knowing an input exactly would be worth to the decision in focus, above the noise floor. */
export function informationChart(report: RiskReport): TemplateResult {
  const bars = report.information.bars;
  return chart("What knowing each input would be worth to the decision", 50 + bars.length * 26, (width) => ({
    marginLeft: labelMargin(
      bars.map(({ input }) => input),
      width,
    ),
    marginRight: 60,
    marginBottom: 38,
    x: { grid: true },
    y: { label: null, domain: bars.map(({ input }) => input) },
    marks: [
      axisX({ label: "value of knowing it exactly, USD a year", tickFormat: usd, ticks: narrow(width) }),
      axisY({ label: null, tickSize: 0, tickFormat: fold(width) }),
      barX(bars, { x: "evppiUsd", y: "input", fill: "var(--chart-3)", title: "input" }),
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
    name: portfolioName(
      portfolio.sources,
      report.sources.map(({ id }) => id),
    ),
  }));
  return chart("Net value of each set of sources", 50 + rows.length * 30, (width) => ({
    marginLeft: labelMargin(
      rows.map(({ name }) => name),
      width,
    ),
    marginRight: 110,
    marginBottom: 38,
    x: { grid: true },
    y: { label: null, domain: rows.map(({ name }) => name) },
    marks: [
      axisX({ label: "net value, USD a year", tickFormat: usd, ticks: narrow(width) }),
      axisY({ label: null, tickSize: 0, tickFormat: fold(width) }),
      barX(rows, {
        title: (row: (typeof rows)[number]) => row.sources.join("\n"),
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

/** A set of sources in few words: `all`, `all but zeek`, `idp + sysmon`, `none`. */
export function portfolioName(sources: readonly string[], all: readonly string[]): string {
  if (sources.length === 0) return "none";
  const missing = all.filter((id) => !sources.includes(id));
  if (missing.length === 0) return "all";
  return missing.length < sources.length ? `all but ${missing.join(" + ")}` : sources.join(" + ");
}

const CHARACTER_PX = 6.6;

function labelMargin(labels: readonly string[], width: number): number {
  const longest = Math.max(...labels.map(({ length }) => length), 0);
  return Math.min(Math.max(longest * CHARACTER_PX + 14, 48), widestMargin(width));
}

/** Marks that fit beside the widest margin. */
function narrow(width: number): number {
  return Math.max(2, Math.min(4, Math.floor((width - widestMargin(width) - 110) / 80)));
}

function widestMargin(width: number): number {
  return Math.max(width * 0.42, 90);
}

/** Cuts a label to what the widest margin holds. */
function fold(width: number): (label: string) => string {
  const most = Math.floor((widestMargin(width) - 14) / CHARACTER_PX);
  return (label) => (label.length <= most ? label : `${label.slice(0, most - 1)}…`);
}

function domainOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
