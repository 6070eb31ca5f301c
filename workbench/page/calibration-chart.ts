import { axisX, axisY, dot, line, ruleX, text } from "@observablehq/plot";
import { html, type TemplateResult } from "lit";
import { chart } from "../element/chart.ts";

export interface CalibrationBin {
  /** Mean probability that was forecast. */
  readonly probability: number;
  /** Share that came true, with its 95% Wilson interval. */
  readonly observed: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Forecast probability against the share that came true; the dashed line is a perfect forecaster. */
export function calibrationChart(bins: readonly CalibrationBin[], height = 320): TemplateResult {
  if (bins.length === 0) {
    return html`<p class="muted">No forecast is resolved yet. Deciding alerts resolves them.</p>`;
  }
  return chart("Calibration: forecast probability against the share that came true", height, () => ({
    marginLeft: 48,
    marginBottom: 40,
    x: { domain: [0, 1] },
    y: { domain: [0, 1], grid: true },
    marks: [
      axisX({ label: "forecast probability", tickFormat: "%" }),
      axisY({ label: "came true (95% Wilson)", tickFormat: "%", ticks: 5 }),
      line([{ p: 0 }, { p: 1 }], { x: "p", y: "p", stroke: "var(--line-strong)", strokeDasharray: "4 3" }),
      ruleX(bins, { x: "probability", y1: "low", y2: "high", stroke: "var(--chart-1)" }),
      dot(bins, { x: "probability", y: "observed", fill: "var(--chart-1)", r: 4 }),
      text(bins, {
        x: "probability",
        y: "observed",
        text: (bin: CalibrationBin) => `n=${bin.count}`,
        dx: 8,
        dy: -8,
        textAnchor: "start",
        fill: "var(--text-muted)",
      }),
    ],
  }));
}
