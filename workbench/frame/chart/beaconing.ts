import * as Plot from "@observablehq/plot";
import { type BeaconFigures, beaconFigures, intervalsOf } from "./beacon-intervals.ts";
import { type ChartElement, ChartFrame, countText, countWords, made, nothingToDraw } from "./chart-frame.ts";
import {
  ChartError,
  type ChartRow,
  type Field,
  findField,
  labelOf,
  requireField,
  rowsFor,
  timesOf,
  USUAL_SOURCE,
  USUAL_TARGET,
  USUAL_TIME,
} from "./chart-rows.ts";
import { bar, ChoiceTable, clipped } from "./choice-table.ts";
import { sparkBars } from "./spark-bars.ts";
import { durationShort, utcText } from "./time-bins.ts";
import { utcAxis } from "./utc-axis.ts";

export interface BeaconingOptions {
  readonly time?: Field;
  readonly source?: Field;
  readonly target?: Field;
  /** A third column that tells pairs apart, for example the port or the host name of a URL. */
  readonly service?: Field | null;
  /** Events that a pair needs. Default 8. */
  readonly atLeast?: number;
  readonly title?: string;
}

export interface BeaconChoice {
  /** The chosen pair; null when nothing is chosen. */
  readonly source: string | null;
  readonly target: string | null;
  readonly rows: readonly ChartRow[];
}

interface Pair extends BeaconFigures {
  readonly key: string;
  readonly source: string;
  readonly target: string;
  readonly service: string;
  readonly times: readonly number[];
}

/**
 * Who calls home like a clock: pairs by how regular the intervals between their events are, and the intervals of the chosen
 * one over time. `value` is {source, target, rows}.
 */
export function beaconing(given: unknown, options: BeaconingOptions = {}): ChartElement<BeaconChoice> {
  const rows = rowsFor("beaconing", given);
  const chart = "beaconing";
  const time = requireField(rows, { chart, option: "time", given: options.time, usual: USUAL_TIME });
  const source = requireField(rows, { chart, option: "source", given: options.source, usual: USUAL_SOURCE });
  const target = requireField(rows, { chart, option: "target", given: options.target, usual: USUAL_TARGET });
  const service =
    options.service === undefined
      ? null
      : findField(rows, { chart, option: "service", given: options.service, usual: [] });
  const atLeast = options.atLeast ?? 8;
  if (!(atLeast >= 4)) throw new ChartError("beaconing: atLeast is at least 4 events.");
  const { ms, missing } = timesOf(rows, time);
  const keyOf = (row: ChartRow) =>
    [labelOf(source.read(row)), labelOf(target.read(row)), service ? labelOf(service.read(row)) : ""].join(
      "\u0000",
    );
  const groups = new Map<string, number[]>();
  for (let index = 0; index < rows.length; index += 1) {
    const at = ms[index]!;
    if (Number.isNaN(at)) continue;
    const key = keyOf(rows[index]!);
    const times = groups.get(key);
    if (times) times.push(at);
    else groups.set(key, [at]);
  }
  const pairs: Pair[] = [];
  for (const [key, times] of groups) {
    if (times.length < atLeast) continue;
    times.sort((a, b) => a - b);
    const figures = beaconFigures(times);
    const [from, to, by] = key.split("\u0000") as [string, string, string];
    if (figures) pairs.push({ ...figures, key, source: from, target: to, service: by, times });
  }
  pairs.sort((a, b) => b.score - a.score || b.count - a.count || (a.key < b.key ? -1 : 1));
  const title = options.title ?? "Beaconing: regular intervals";
  const nothing: BeaconChoice = { source: null, target: null, rows };
  let chosen: Pair | null = null;
  let table: ChoiceTable<Pair> | null = null;
  let detail: HTMLElement | null = null;
  let drawnWidth = 0;

  const frame = new ChartFrame<BeaconChoice>({
    title,
    value: nothing,
    description: `${countWords(pairs.length, "pair")} with at least ${atLeast} events, of ${countText(groups.size)}${pairs[0] ? `; the most regular: ${pairs[0].source} to ${pairs[0].target} every ${durationShort(pairs[0].medianMs)}` : ""}.`,
    notes: [
      "Score, 0 to 1: how even the intervals are, how much of the time the beat is kept, and how many events say so. 1 is a clock; monitoring and updates are clocks too.",
      ...(missing > 0 ? [`${countWords(missing, "row has", "rows have")} no time.`] : []),
    ],
    clear: () => choose(null),
    table: null,
    draw,
  });
  return frame.element;

  function draw(body: HTMLElement, width: number): void {
    if (pairs.length === 0) {
      body.append(
        nothingToDraw(
          rows.length > 0 ? `No pair has ${atLeast} events or more at different times.` : "No rows.",
        ),
      );
      return;
    }
    drawnWidth = width;
    detail = made("div", "chart-detail");
    table = new ChoiceTable<Pair>({
      label: title,
      rows: pairs,
      rowsAtOnce: 8,
      key: ({ key }) => key,
      search: (pair) => `${pair.source} ${pair.target} ${pair.service}`,
      choiceColumn: 0,
      chosen: chosen?.key ?? null,
      choose,
      sorted: { column: 2, descending: true },
      columns: [
        {
          name: "Pair",
          cell: (pair) =>
            clipped(
              `${pair.source} → ${pair.target}${service ? ` · ${pair.service}` : ""}`,
              "chart-clipped code",
            ),
          order: ({ key }) => key,
        },
        {
          name: "Intervals",
          cell: (pair) => histogramOf(intervalsOf(pair.times)),
          title: "Histogram of the intervals, from 0 to twice the median",
        },
        {
          name: "Score",
          cell: ({ score }) => bar(score, score.toFixed(2)),
          order: ({ score }) => score,
          descendingFirst: true,
        },
        {
          name: "Median",
          numeric: true,
          cell: ({ medianMs }) => durationShort(medianMs),
          order: ({ medianMs }) => medianMs,
        },
        {
          name: "Jitter",
          numeric: true,
          title: "Median deviation as a share of the median interval",
          cell: ({ jitter }) => `${(jitter * 100).toFixed(1)} %`,
          order: ({ jitter }) => jitter,
        },
        {
          name: "Events",
          numeric: true,
          cell: ({ count }) => countText(count),
          order: ({ count }) => count,
          descendingFirst: true,
        },
      ],
    });
    body.append(table.element, detail);
    drawDetail();
  }

  function drawDetail(): void {
    const pair = chosen ?? pairs[0];
    if (!detail || !pair) return;
    const points = pair.times.slice(1).flatMap((at, index) => {
      const interval = at - pair.times[index]!;
      return interval > 0 ? [{ at: new Date(at), seconds: interval / 1000 }] : [];
    });
    // Thousands of dots say no more than some: every n-th is kept.
    const every = Math.ceil(points.length / 3000);
    const shown = every > 1 ? points.filter((_point, index) => index % every === 0) : points;
    const caption = made(
      "p",
      "chart-caption",
      `Time since the event before, ${pair.source} → ${pair.target}${service ? ` · ${pair.service}` : ""}`,
    );
    const plot = Plot.plot({
      width: drawnWidth,
      height: 170,
      marginLeft: 84,
      marginRight: 24,
      marginTop: 8,
      marginBottom: 28,
      x: { type: "utc", label: null },
      y: { type: "log", label: null },
      marks: [
        Plot.axisY({ ticks: 4, tickSize: 0, tickFormat: (seconds: number) => durationShort(seconds * 1000) }),
        Plot.gridY({ ticks: 4, stroke: "var(--chart-grid)", strokeOpacity: 1 }),
        utcAxis(drawnWidth),
        Plot.ruleY([pair.medianMs / 1000], { stroke: "var(--chart-2)", strokeDasharray: "4 3" }),
        Plot.dot(shown, { x: "at", y: "seconds", r: 2, fill: "var(--chart-1)", fillOpacity: 0.75 }),
        Plot.tip(
          shown,
          Plot.pointer({
            x: "at",
            y: "seconds",
            title: (point: { at: Date; seconds: number }) =>
              `${utcText(point.at.getTime())} UTC\n${durationShort(point.seconds * 1000)} since the event before`,
            fill: "var(--raised)",
            stroke: "var(--line-strong)",
          }),
        ),
      ],
    });
    plot.setAttribute("role", "img");
    plot.setAttribute(
      "aria-label",
      `Intervals over time: median ${durationShort(pair.medianMs)}, jitter ${(pair.jitter * 100).toFixed(1)} percent`,
    );
    detail.replaceChildren(
      caption,
      plot,
      ...(every > 1
        ? [made("p", "chart-note", `Every ${every}th of ${countText(points.length)} intervals is drawn.`)]
        : []),
    );
  }

  function choose(pair: Pair | null): void {
    chosen = pair;
    if (table) table.chosen = pair?.key ?? null;
    drawDetail();
    if (!pair) {
      frame.choose(nothing, null);
      return;
    }
    let kept: ChartRow[] | null = null;
    frame.choose(
      {
        source: pair.source,
        target: pair.target,
        get rows() {
          kept ??= rows.filter((row) => keyOf(row) === pair.key);
          return kept;
        },
      },
      `${pair.source} → ${pair.target}: ${countWords(pair.count, "event")} every ${durationShort(pair.medianMs)}`,
    );
  }
}

const HISTOGRAM_BINS = 24;

/** Intervals from 0 to twice the median as small bars; longer ones in the last. */
function histogramOf(intervals: readonly number[]): Node {
  const sorted = Float64Array.from(intervals).sort();
  const top = 2 * (sorted[sorted.length >> 1] ?? 1);
  const counts = new Array<number>(HISTOGRAM_BINS).fill(0);
  for (const interval of intervals)
    counts[Math.min(HISTOGRAM_BINS - 1, Math.floor((interval / top) * HISTOGRAM_BINS))]! += 1;
  return sparkBars(counts, 96, 18);
}
