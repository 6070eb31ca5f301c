import {
  circle,
  label,
  line,
  linearScale,
  logScale,
  polyline,
  rectangle,
  type Scale,
  shorten,
  svg,
} from "./chart-svg.ts";
import { formatUsd } from "./format-usd.ts";
import type { RiskReport } from "./report-value.ts";

const WIDTH = 480;
const LEFT = 158;
const RIGHT = WIDTH - 16;

function usdAxis(x: Scale, top: number, bottom: number): string[] {
  return x.ticks.flatMap((tick) => [
    line(x(tick), top, x(tick), bottom, tick === 0 ? "zero" : "grid"),
    label(x(tick), bottom + 13, formatUsd(tick), "middle", "axis"),
  ]);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))}%`;
}

/** 1. P(yearly loss > x): no source, without the one in focus, all; and the appetite as a point. */
export function exceedanceChart(report: RiskReport): string {
  const { points, curves } = report.exceedance;
  const height = 240;
  const [top, bottom, left] = [14, height - 24, 44];
  const first = points[0]!;
  const last = points[points.length - 1]!;
  const most = Math.max(0.01, ...points.map((point) => point.none));
  const x = logScale(first.usd, last.usd, left, RIGHT);
  const y = logScale(0.001, most * 1.15, bottom, top);
  const path = (pick: "none" | "without" | "all"): (readonly [number, number])[] =>
    points.filter((point) => point[pick] >= 0.001).map((point) => [x(point.usd), y(point[pick])] as const);
  const parts = [
    ...usdAxis(x, top, bottom),
    ...y.ticks.flatMap((tick) => [
      line(left, y(tick), RIGHT, y(tick)),
      label(left - 5, y(tick) + 4, percent(tick), "end", "axis"),
    ]),
    polyline(path("none"), "curve none"),
    polyline(path("without"), "curve without"),
    polyline(path("all"), "curve all"),
  ];
  if (report.appetite) {
    const { usd, probability } = report.appetite;
    parts.push(
      circle(x(usd), y(Math.max(0.001, probability)), 4.5, "appetite"),
      label(x(usd) + 8, y(Math.max(0.001, probability)) - 6, "appetite", "start", "note"),
    );
  }
  curves.forEach((curve, i) => {
    const at = bottom - 44 + i * 14;
    parts.push(
      line(left + 8, at, left + 28, at, `curve ${curve.name}`),
      label(left + 33, at + 4, shorten(curve.label, 40), "start", "note"),
    );
  });
  return svg(WIDTH, height, "Probability that a year's loss exceeds an amount, by set of sources", parts);
}

interface Row {
  readonly name: string;
  readonly draw: (x: Scale, middle: number) => string[];
}

function rows(values: readonly number[], list: readonly Row[], description: string): string {
  const spacing = 24;
  const top = 6;
  const bottom = top + Math.max(1, list.length) * spacing;
  const x = linearScale(Math.min(0, ...values), Math.max(1, ...values), LEFT, RIGHT - 48);
  const parts = [
    ...usdAxis(x, top, bottom),
    ...list.flatMap((row, i) => {
      const middle = top + (i + 0.5) * spacing;
      return [label(LEFT - 8, middle + 4, shorten(row.name, 27), "end"), ...row.draw(x, middle)];
    }),
  ];
  if (list.length === 0) parts.push(label(LEFT + 8, top + 16, "Nothing to show.", "start", "note"));
  return svg(WIDTH, bottom + 20, description, parts);
}

/** 2. Credit by source with its 90% interval, the marginal as a dot, the cost as a tick. */
export function creditChart(report: RiskReport): string {
  const sorted = [...report.sources].sort((p, q) => q.credit.mean - p.credit.mean);
  return rows(
    sorted.flatMap((source) => [
      source.credit.q95,
      source.credit.q05,
      source.marginal.mean,
      source.costAvoidedUsd,
      source.costAvoided.q95,
    ]),
    sorted.map((source) => ({
      name: source.id,
      draw: (x, middle) => [
        rectangle(x(0), middle - 6, x(source.credit.mean) - x(0), 12, `bar ${source.status}`),
        line(x(source.credit.q05), middle, x(source.credit.q95), middle, "whisker"),
        circle(x(source.marginal.mean), middle, 3.5, "dot"),
        line(x(source.costAvoidedUsd), middle - 9, x(source.costAvoidedUsd), middle + 9, "cost"),
        line(x(source.costAvoided.q05), middle + 8, x(source.costAvoided.q95), middle + 8, "cost thin"),
      ],
    })),
    "Credit of each source in dollars a year, with its 90% interval, its marginal value and its cost",
  );
}

/** 3. Cost avoided by dropping a source against the risk added back; the diagonal breaks even. */
export function keepOrDropChart(report: RiskReport): string {
  const height = 240;
  const [top, bottom, left] = [14, height - 36, 58];
  const usd = report.sources.flatMap((source) => [source.costAvoidedUsd, source.marginal.mean]);
  const most = Math.max(1, ...usd) * 1.15;
  const x = linearScale(0, most, left, RIGHT - 30);
  const y = linearScale(0, most, bottom, top);
  return svg(WIDTH, height, "Cost avoided against risk added back, by source", [
    ...usdAxis(x, top, bottom),
    ...y.ticks.flatMap((tick) => [
      line(left, y(tick), RIGHT - 30, y(tick)),
      label(left - 5, y(tick) + 4, formatUsd(tick), "end", "axis"),
    ]),
    line(x(0), y(0), x(most), y(most), "even"),
    label(x(most) - 4, y(most) + 20, "breaks even", "end", "note"),
    label((left + RIGHT) / 2, height - 6, "cost avoided without it, a year", "middle", "axis"),
    ...report.sources.flatMap((source) => {
      const middle = y(source.marginal.mean);
      const at = x(source.costAvoidedUsd);
      const flip = at > WIDTH * 0.62;
      return [
        line(x(source.costAvoided.q05), middle, x(source.costAvoided.q95), middle, "whisker"),
        circle(at, middle, 5, `dot ${source.netMarginal.mean >= 0 ? "gain" : "loss"}`),
        label(
          at + (flip ? -9 : 9),
          middle + 4,
          `${source.id} ${percent(source.worthIt)}`,
          flip ? "end" : "start",
          "note",
        ),
      ];
    }),
  ]);
}

/** 4. What knowing each input would be worth to the decision in focus, above the noise floor. */
export function informationChart(report: RiskReport): string {
  const { bars, floorUsd } = report.information;
  return rows(
    [...bars.map((bar) => bar.evppiUsd), floorUsd],
    bars.map((bar) => ({
      name: bar.input,
      draw: (x, middle) => [
        rectangle(x(0), middle - 6, x(bar.evppiUsd) - x(0), 12, "bar"),
        line(x(floorUsd), middle - 9, x(floorUsd), middle + 9, "cost"),
        label(
          x(bar.evppiUsd) + 5,
          middle + 4,
          bar.priceUsd === null ? "" : formatUsd(bar.priceUsd),
          "start",
          "note",
        ),
      ],
    })),
    "Value of knowing each input, dollars a year",
  );
}

/** 5. Sets of sources by net value; the current one is marked. */
export function portfolioChart(report: RiskReport): string {
  return rows(
    report.portfolios.map((portfolio) => portfolio.netUsd),
    report.portfolios.map((portfolio) => ({
      name: `${portfolio.current ? "▸ " : ""}${portfolio.sources.join(", ") || "no source"}`,
      draw: (x, middle) => [
        rectangle(
          x(0),
          middle - 6,
          x(portfolio.netUsd) - x(0),
          12,
          `bar ${portfolio.current ? "current" : portfolio.best ? "onboarded" : "candidate"}`,
        ),
        label(
          Math.max(x(portfolio.netUsd), x(0)) + 5,
          middle + 4,
          formatUsd(portfolio.netUsd),
          "start",
          "note",
        ),
      ],
    })),
    "Sets of sources by net value, dollars a year",
  );
}

/** 6. Stated probability against what happened, with 95% Wilson intervals. */
export function calibrationChart(report: RiskReport): string {
  const height = 200;
  const [top, bottom, left] = [10, height - 34, 58];
  const right = 300;
  const x = linearScale(0, 1, left, right);
  const y = linearScale(0, 1, bottom, top);
  const { calibration } = report;
  const most = Math.max(1, ...calibration.table.map((row) => row.count));
  return svg(WIDTH, height, "Stated probability against observed frequency", [
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((tick) => [
      line(x(tick), top, x(tick), bottom),
      line(left, y(tick), right, y(tick)),
      label(x(tick), bottom + 13, `${tick * 100}%`, "middle", "axis"),
      label(left - 5, y(tick) + 4, `${tick * 100}%`, "end", "axis"),
    ]),
    line(x(0), y(0), x(1), y(1), "even"),
    label((left + right) / 2, height - 6, "said", "middle", "axis"),
    ...calibration.table.flatMap((row) => [
      line(x(row.probability), y(row.low), x(row.probability), y(row.high), "whisker"),
      circle(x(row.probability), y(row.observed), 2.5 + 3.5 * Math.sqrt(row.count / most), "dot"),
    ]),
    ...calibrationLines(report).map((text, i) => label(right + 18, top + 20 + i * 18, text, "start", "note")),
  ]);
}

function calibrationLines(report: RiskReport): string[] {
  const { calibration } = report;
  if (calibration.resolved === 0)
    return ["No forecast has", "been resolved yet.", `${calibration.open} are open.`];
  return [
    `${calibration.resolved} resolved, ${calibration.open} open`,
    ...(calibration.brier === null ? [] : [`Brier ${calibration.brier.toFixed(3)} (0 to 1)`]),
    ...(calibration.skill === null ? [] : [`skill ${calibration.skill.toFixed(2)}`]),
    ...(calibration.intervalHits === null
      ? []
      : [`90% intervals held ${calibration.intervalHits} of ${calibration.intervalCount}`]),
  ];
}
