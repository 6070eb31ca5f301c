import * as Plot from "@observablehq/plot";
import type { TemplateResult } from "lit";
import type { ShapePreview } from "../../../server/api/api.ts";
import { chart } from "../../element/chart.ts";

/** Detections by UTC day over the span of the data, as bars; days without any keep their place. */
export function dayChart(preview: ShapePreview): TemplateResult {
  const days = preview.days.map(({ day, detections }) => ({ day: new Date(`${day}T00:00:00Z`), detections }));
  const most = Math.max(1, ...days.map(({ detections }) => detections));
  const from = new Date(`${(preview.from ?? preview.days[0]?.day ?? "2026-01-01").slice(0, 10)}T00:00:00Z`);
  const last = [preview.until?.slice(0, 10), preview.days.at(-1)?.day]
    .filter((day) => day !== undefined)
    .sort()
    .at(-1);
  const until = new Date(Date.parse(`${last ?? "2026-01-01"}T00:00:00Z`) + 86_400_000);
  return chart(
    `Detections a day: ${preview.detections ?? 0} on ${days.length} days, at most ${most}`,
    140,
    () => ({
      marginLeft: 36,
      marginBottom: 36,
      marginTop: 8,
      x: { type: "utc", domain: [from, until], label: null, ticks: 4 },
      y: { domain: [0, most], ticks: Math.min(3, most), tickFormat: "d", grid: true, label: null },
      marks: [
        Plot.rectY(days, {
          x1: "day",
          x2: ({ day }: { day: Date }) => new Date(day.getTime() + 86_400_000),
          y: "detections",
          fill: "var(--chart-1)",
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([0], { stroke: "var(--line-strong)" }),
      ],
    }),
  );
}
