import { axisX, dot, ruleY, text } from "@observablehq/plot";
import { html, type TemplateResult } from "lit";
import type { AlertDetail } from "../../server/api/api.ts";
import { chart } from "../element/chart.ts";
import { formatLocal, formatTick, formatUtc, instantMs } from "../format/instant.ts";

interface Moment {
  readonly at: Date;
  readonly lane: "seen" | "automation" | "people";
  readonly title: string;
}

/** Every dated moment of an alert, oldest first. */
export function momentsOf(alert: AlertDetail): readonly Moment[] {
  const moments: Moment[] = [];
  const add = (iso: string, lane: Moment["lane"], title: string) => {
    const ms = instantMs(iso);
    if (ms !== null) moments.push({ at: new Date(ms), lane, title });
  };
  for (const detection of alert.detections) {
    add(detection.time, "seen", Object.values(detection.entities).join(", ") || "detection");
  }
  for (const action of alert.automations) add(action.started, "automation", action.title);
  add(alert.opened, "people", "Alert opened");
  for (const action of alert.done) add(action.started, "people", `${action.actor}: ${action.title}`);
  if (alert.decision) add(alert.decision.at, "people", `${alert.decision.actor} decided`);
  return moments.toSorted((one, other) => one.at.getTime() - other.at.getTime());
}

const LANES: readonly Moment["lane"][] = ["seen", "automation", "people"];
const LANE_COLOURS: Readonly<Record<Moment["lane"], string>> = {
  seen: "var(--chart-2)",
  automation: "var(--chart-1)",
  people: "var(--chart-3)",
};

/** When it happened and what was done since, on one line of time in three lanes. */
export function alertTimeline(alert: AlertDetail): TemplateResult {
  const moments = momentsOf(alert);
  const spanMs = (moments.at(-1)?.at.getTime() ?? 0) - (moments[0]?.at.getTime() ?? 0);
  const detected = moments.filter(({ lane }) => lane === "seen").length;
  const spoken = `Timeline: ${detected} ${detected === 1 ? "detection" : "detections"}, then ${alert.automations.length} automatic steps.`;
  return html`${chart(spoken, 130, () => ({
    marginLeft: 78,
    marginRight: 34,
    x: { type: "time", insetLeft: 10, insetRight: 10 },
    y: { domain: LANES, label: null, type: "point", axis: null },
    marks: [
      ruleY(LANES, { stroke: "var(--chart-grid)" }),
      text(LANES, {
        y: (lane: string) => lane,
        text: (lane: string) => lane,
        frameAnchor: "left",
        dx: -70,
        textAnchor: "start",
        fill: "var(--text-muted)",
      }),
      axisX({ label: null, ticks: 4, tickFormat: (at: Date) => formatTick(at, undefined, spanMs) }),
      dot(moments, {
        x: "at",
        y: "lane",
        r: 5,
        symbol: (moment: Moment) => moment.lane,
        fill: (moment: Moment) => LANE_COLOURS[moment.lane],
        fillOpacity: 0.8,
        title: (moment: Moment) =>
          `${moment.title}\n${formatLocal(moment.at.getTime())}\n${formatUtc(moment.at.getTime())}`,
      }),
    ],
    color: { type: "identity" },
    symbol: { domain: LANES, range: ["circle", "square", "triangle"] },
  }))}
    <details>
      <summary>As a list</summary>
      <ol class="moments">
        ${moments.slice(0, 100).map(
          ({ at, title, lane }) => html`<li>
            <time datetime=${at.toISOString()} title=${formatUtc(at.getTime())}>${formatLocal(at.getTime())}</time>
            <span class="muted">${lane}</span> ${title}
          </li>`,
        )}
      </ol>
    </details>`;
}
