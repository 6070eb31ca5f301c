import { axisX, axisY, barX, line, plot, ruleX, text, tickX } from "@observablehq/plot";
import type { WhatIfAnswer, WhatIfSource, WhatIfState } from "../../../promote/risk/what-if.ts";
import { formatUsd } from "../../format/number.ts";

const LOOK = { background: "none", color: "var(--text)", fontSize: "11.5px" } as const;
const usd = (value: number): string => formatUsd(value);

/** P(a year's loss exceeds an amount): dashed today, solid with the change. */
export function exceedanceChart({ before, after }: WhatIfAnswer): Element {
  const points = (state: WhatIfState) => state.exceedance.filter(({ usd }) => usd > 0);
  const most = Math.max(0.01, ...[...points(before), ...points(after)].map(({ probability }) => probability));
  return labelled(
    "Chance that a year's loss exceeds an amount. Dashed: today. Solid: with the change.",
    plot({
      height: 240,
      marginLeft: 44,
      marginTop: 16,
      marginBottom: 36,
      style: LOOK,
      x: { type: "log" },
      y: { grid: true, domain: [0, most] },
      marks: [
        axisX({ label: "annual loss exceeds", tickFormat: usd, ticks: 5 }),
        axisY({ label: "probability in a year", tickFormat: "%", ticks: 5 }),
        line(points(before), {
          ...{ x: "usd", y: "probability", stroke: "var(--neutral)", strokeDasharray: "4 3", strokeWidth: 2 },
        }),
        line(points(after), { x: "usd", y: "probability", stroke: "var(--chart-1)", strokeWidth: 2 }),
      ],
    }),
  );
}

/** What each source is worth with the change; a tick where it is today. */
export function sourcesChart({ before, after }: WhatIfAnswer): Element {
  const today = new Map(before.sources.map((source) => [source.id, source]));
  const longest = Math.max(...after.sources.map(({ id }) => id.length), 4);
  const said = (row: WhatIfSource): string =>
    `${row.title}\nWorth ${formatUsd(row.marginalUsd)} a year, today ${formatUsd(today.get(row.id)!.marginalUsd)}\nCosts ${formatUsd(row.costUsd)}`;
  return labelled(
    "What goes without each source, or comes with it: dollars a year with the change; the tick is today.",
    plot({
      height: 56 + after.sources.length * 30,
      marginLeft: Math.min(200, longest * 6.6 + 16),
      marginRight: 60,
      marginBottom: 36,
      style: LOOK,
      x: { grid: true },
      y: { label: null, padding: 0.35, domain: after.sources.map(({ id }) => id) },
      marks: [
        axisX({ label: "worth, USD a year", tickFormat: usd, ticks: 5 }),
        axisY({ label: null, tickSize: 0 }),
        barX(after.sources, {
          x: "marginalUsd",
          y: "id",
          fill: (row: WhatIfSource) => (row.onboard ? "var(--chart-1)" : "var(--chart-muted)"),
          title: said,
        }),
        tickX(before.sources, { x: "marginalUsd", y: "id", stroke: "var(--text)", strokeWidth: 2 }),
        text(after.sources, {
          x: (row: WhatIfSource) => Math.max(row.marginalUsd, today.get(row.id)!.marginalUsd),
          y: "id",
          text: (row: WhatIfSource) => formatUsd(row.marginalUsd),
          textAnchor: "start",
          dx: 6,
        }),
        ruleX([0], { stroke: "var(--line-strong)" }),
      ],
      color: { type: "identity" },
    }),
  );
}

function labelled(description: string, drawing: Element): Element {
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", description);
  return drawing;
}
