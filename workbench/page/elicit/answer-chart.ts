import { areaY, axisX, line, ruleX, text } from "@observablehq/plot";
import type { TemplateResult } from "lit";
import type { AnsweredInterval, InputKind, Shape } from "../../../promote/risk/elicit/elicited-input.ts";
import { densityCurve, implied } from "../../../promote/risk/elicit/implied.ts";
import { fromScale, toScale } from "../../../promote/risk/elicit/scale.ts";
import { chart } from "../../element/chart.ts";
import { formatInterval, formatValue } from "./spoken-number.ts";

/** The interval as the distribution that the model reads from it: ends, median and mean marked. */
export function answerChart(kind: InputKind, shape: Shape, answer: AnsweredInterval): TemplateResult {
  const { distribution, median, mean } = implied(shape, answer);
  const points = densityCurve(shape, distribution, rangeOf(shape, [answer]));
  const inside = points.filter(({ value }) => value >= answer.low && value <= answer.high);
  return chart(
    `90% between ${formatInterval(kind, answer.low, answer.high)}, median ${formatValue(kind, median)}`,
    200,
    () => ({
      marginLeft: 16,
      marginRight: 36,
      marginTop: 30,
      marginBottom: 30,
      x: { type: shape === "probability" ? "linear" : "log" },
      y: { axis: null, domain: [0, 1.08] },
      marks: [
        areaY(points, { x: "value", y: "density", fill: "var(--neutral-ground)" }),
        areaY(inside, { x: "value", y: "density", fill: "var(--chart-1)", fillOpacity: 0.3 }),
        line(points, { x: "value", y: "density", stroke: "var(--chart-1)", strokeWidth: 1.5 }),
        ruleX([answer.low, answer.high], { stroke: "var(--chart-1)", strokeWidth: 1.5 }),
        ruleX([median], { stroke: "var(--text)", strokeDasharray: "2 3" }),
        ruleX([mean], { stroke: "var(--chart-2)", strokeWidth: 1.5 }),
        text([answer.low], {
          x: (value: number) => value,
          frameAnchor: "top",
          text: () => "5%",
          dy: -14,
          fill: "var(--text-muted)",
        }),
        text([answer.high], {
          x: (value: number) => value,
          frameAnchor: "top",
          text: () => "95%",
          dy: -14,
          fill: "var(--text-muted)",
        }),
        axisX({ label: null, ticks: 5, tickFormat: (value: number) => formatValue(kind, value) }),
      ],
    }),
  );
}

export interface PooledRow {
  readonly label: string;
  readonly answer: AnsweredInterval;
  readonly tone: "person" | "pool" | "linear" | "model";
}

const COLOURS: Readonly<Record<PooledRow["tone"], string>> = {
  person: "var(--chart-1)",
  pool: "var(--chart-2)",
  linear: "var(--chart-3)",
  model: "var(--neutral)",
};

/** Several intervals on one axis: each person's, the pool, and what the model has now. */
export function poolChart(kind: InputKind, shape: Shape, rows: readonly PooledRow[]): TemplateResult {
  const labels = rows.map(({ label }) => label);
  const marked = rows.map((row) => ({ ...row, ...row.answer, middle: middleOf(shape, row.answer) }));
  const from = Math.min(...marked.map(({ low }) => low));
  const to = Math.max(...marked.map(({ high }) => high));
  return chart(
    rows.map(({ label, answer }) => `${label}: ${formatInterval(kind, answer.low, answer.high)}`).join("; "),
    44 + rows.length * 26,
    (width) => ({
      marginLeft: Math.min(170, width / 3),
      marginRight: 40,
      marginBottom: 30,
      marginTop: 8,
      x: { type: shape === "probability" ? "linear" : "log", domain: [from, to], nice: true },
      y: { type: "band", domain: labels, label: null, tickSize: 0 },
      marks: [
        ruleX([from], { stroke: "none" }),
        ...(["person", "pool", "linear", "model"] as const).map((tone) =>
          intervalMarks(
            marked.filter((row) => row.tone === tone),
            COLOURS[tone],
            tone === "pool",
          ),
        ),
        axisX({ label: null, ticks: 5, tickFormat: (value: number) => formatValue(kind, value) }),
      ].flat(),
    }),
  );
}

function intervalMarks(
  rows: readonly {
    readonly label: string;
    readonly low: number;
    readonly high: number;
    readonly middle: number;
  }[],
  stroke: string,
  strong: boolean,
) {
  const ends = rows.flatMap(({ label, low, high }) => [
    { label, x: low },
    { label, x: high },
  ]);
  return [
    line(ends, { x: "x", y: "label", z: "label", stroke, strokeWidth: strong ? 4 : 2.5 }),
    text(rows, { x: "middle", y: "label", text: () => "●", fill: stroke, fontSize: strong ? 13 : 10 }),
  ];
}

function middleOf(shape: Shape, answer: AnsweredInterval): number {
  return implied(shape, answer).median;
}

function rangeOf(shape: Shape, answers: readonly AnsweredInterval[]): { from: number; to: number } {
  if (shape === "probability") {
    return { from: 0, to: 1 };
  }
  const lows = answers.map(({ low }) => toScale(shape, low));
  const highs = answers.map(({ high }) => toScale(shape, high));
  const [from, to] = [Math.min(...lows), Math.max(...highs)];
  const room = (to - from) * 0.35;
  return { from: fromScale(shape, from - room), to: fromScale(shape, to + room) };
}
