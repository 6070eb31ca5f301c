import * as Plot from "@observablehq/plot";
import { type BinRange, binBrush } from "./bin-brush.ts";
import {
  type ChartElement,
  ChartFrame,
  countShort,
  countText,
  countWords,
  nothingToDraw,
} from "./chart-frame.ts";
import {
  ChartError,
  type ChartRow,
  type Field,
  findField,
  requireField,
  rowsFor,
  timeMsOf,
  timesOf,
  USUAL_TIME,
} from "./chart-rows.ts";
import {
  binOf,
  binStart,
  durationWords,
  periodText,
  silentStretches,
  type TimeBins,
  timeBins,
  utcText,
} from "./time-bins.ts";
import { groupColour, OTHER, type TopGroups, topGroups } from "./top-groups.ts";
import { utcAxis } from "./utc-axis.ts";

export interface EventRateOptions {
  /** Column of the time; `_time` when there is one. */
  readonly time?: Field;
  /** Column whose values are stacked: the seven most frequent and the rest. */
  readonly stack?: Field;
  /** Column of a count that each row stands for (rows of a GROUP BY); each row counts 1 without. */
  readonly count?: Field;
  /** Width of a bin in milliseconds; the smallest round one that gives at most `bins` without. */
  readonly stepMs?: number;
  /** At most this many bins. Default 120. */
  readonly bins?: number;
  /** Beginning and end of the drawing; the first and the last event without. */
  readonly from?: Date | string | number;
  readonly until?: Date | string | number;
  /** Stretches in which ingest stood still, to be marked. */
  readonly gaps?: readonly {
    readonly from: Date | string;
    readonly until: Date | string;
    readonly label?: string;
  }[];
  readonly title?: string;
  /** Height in pixels. Default 190. */
  readonly height?: number;
}

/** `from` is included, `until` is not. Without a brush: the whole drawing, and `brushed` is false. */
export interface Period {
  readonly from: Date | null;
  readonly until: Date | null;
  readonly brushed: boolean;
}

interface CountedBins {
  readonly bins: TimeBins;
  readonly groups: TopGroups;
  /** Counts by group, then by bin. */
  readonly counts: readonly Float64Array[];
  readonly totals: Float64Array;
  readonly missing: number;
  readonly outside: number;
}

/**
 * Counts over time with a brush: `value` is {from, until, brushed}, two Dates (`until` not included). A bin without events
 * is drawn as zero; stretches that are empty against the usual rate, and the gaps that you give, are marked.
 */
export function eventRate(given: unknown, options: EventRateOptions = {}): ChartElement<Period> {
  const rows = rowsFor("eventRate", given);
  const time = requireField(rows, {
    chart: "eventRate",
    option: "time",
    given: options.time,
    usual: USUAL_TIME,
  });
  const stack =
    options.stack === undefined
      ? null
      : findField(rows, { chart: "eventRate", option: "stack", given: options.stack, usual: [] });
  const weight =
    options.count === undefined
      ? null
      : findField(rows, { chart: "eventRate", option: "count", given: options.count, usual: [] });
  const title = options.title ?? (stack ? `Events over time by ${stack.name}` : "Events over time");
  const counted = countBins();
  if (!counted)
    return new ChartFrame<Period>({
      title,
      description: "No events.",
      value: { from: null, until: null, brushed: false },
      draw: (body) =>
        body.append(nothingToDraw(rows.length > 0 ? `No row has a time in ${time.name}.` : "No rows.")),
      table: null,
    }).element;
  const { bins, groups, counts, totals, missing, outside } = counted;
  const total = totals.reduce((sum, one) => sum + one, 0);
  const endMs = binStart(bins, bins.count);
  const given_ = (options.gaps ?? []).map((gap) => ({
    fromMs: timeMsOf(gap.from),
    untilMs: timeMsOf(gap.until),
    label: gap.label ?? "ingest gap",
  }));
  const silent = silentStretches(totals, bins)
    .filter(
      (stretch) => !given_.some((gap) => gap.fromMs <= stretch.fromMs && gap.untilMs >= stretch.untilMs),
    )
    .map((stretch) => ({ ...stretch, label: "no events" }));
  const gaps = [...given_, ...silent].filter((gap) => gap.untilMs > bins.fromMs && gap.fromMs < endMs);
  const peak = totals.indexOf(totals.reduce((most, one) => Math.max(most, one), 0));
  const whole: Period = { from: new Date(bins.fromMs), until: new Date(endMs), brushed: false };
  const height = options.height ?? 190;
  let range: BinRange | null = null;

  const frame = new ChartFrame<Period>({
    title,
    value: whole,
    description: `${countWords(total, "event")} from ${periodText(bins.fromMs, endMs)} in bins of ${durationWords(bins.stepMs)}; most in one bin: ${countText(totals[peak] ?? 0)} at ${utcText(binStart(bins, peak))} UTC.`,
    notes: [
      ...(silent.length > 0
        ? [
            `Hatched: no event for ${silent
              .map((gap) => periodText(gap.fromMs, gap.untilMs))
              .slice(0, 3)
              .join(
                "; ",
              )}${silent.length > 3 ? ` and ${silent.length - 3} more` : ""}, which chance does not explain at the usual rate. Look whether the source stood still.`,
          ]
        : []),
      ...(missing > 0
        ? [
            `${countWords(missing, "row has", "rows have")} no time and ${missing === 1 ? "is" : "are"} not shown.`,
          ]
        : []),
      ...(outside > 0 ? [`${countWords(outside, "row lies", "rows lie")} outside of the drawing.`] : []),
      ...(groups.otherValues > 0 ? [`${OTHER} stands for ${countWords(groups.otherValues, "value")}.`] : []),
    ],
    legend: stack ? groups.names.map((name, index) => ({ name, colour: groupColour(groups, index) })) : [],
    clear: () => brushed(null, true),
    table: () => ({
      columns: [
        { name: "From (UTC)" },
        ...groups.names.map((name) => ({ name, numeric: true })),
        ...(groups.names.length > 1 ? [{ name: "Total", numeric: true }] : []),
      ],
      rows: Array.from({ length: bins.count }, (_bin, bin) => [
        utcText(binStart(bins, bin)),
        ...counts.map((group) => countText(group[bin]!)),
        ...(groups.names.length > 1 ? [countText(totals[bin]!)] : []),
      ]),
    }),
    draw,
  });
  return frame.element;

  function brushed(next: BinRange | null, settled: boolean): void {
    range = next;
    if (settled) {
      if (next === null) frame.choose(whole, null);
      else {
        const [fromMs, untilMs] = [binStart(bins, next[0]), binStart(bins, next[1] + 1)];
        frame.choose(
          { from: new Date(fromMs), until: new Date(untilMs), brushed: true },
          `${periodText(fromMs, untilMs)} · ${countWords(eventsIn(next), "event")}`,
        );
      }
      if (next === null) frame.redraw();
    }
  }

  function eventsIn([first, last]: BinRange): number {
    let sum = 0;
    for (let bin = first; bin <= last; bin += 1) sum += totals[bin]!;
    return sum;
  }

  function draw(body: HTMLElement, width: number): void {
    const data: { x1: Date; x2: Date; y1: number; y2: number; group: number; title: string }[] = [];
    for (let bin = 0; bin < bins.count; bin += 1) {
      if (totals[bin] === 0) continue;
      const [x1, x2] = [new Date(binStart(bins, bin)), new Date(binStart(bins, bin + 1))];
      const period = periodText(x1.getTime(), x2.getTime());
      let base = 0;
      counts.forEach((group, index) => {
        const count = group[bin]!;
        if (count === 0) return;
        const title = `${period}\n${groups.names.length > 1 ? `${short(groups.names[index]!)}: ` : ""}${countWords(count, "event")}${groups.names.length > 1 ? `\nall: ${countText(totals[bin]!)}` : ""}`;
        data.push({ x1, x2, y1: base, y2: base + count, group: index, title });
        base += count;
      });
    }
    const most = Math.max(1, totals[peak] ?? 0);
    const marginLeft = 46;
    const marginRight = 24;
    const gapBin = (endMs - bins.fromMs) / bins.count;
    const plot = Plot.plot({
      width,
      height,
      marginLeft,
      marginRight,
      marginTop: 18,
      marginBottom: 30,
      x: { type: "utc", domain: [new Date(bins.fromMs), new Date(endMs)], label: null },
      y: { domain: [0, most], nice: true, label: null },
      marks: [
        Plot.gridY({ ticks: 4, stroke: "var(--chart-grid)", strokeOpacity: 1 }),
        Plot.axisY({
          ticks: 4,
          tickSize: 0,
          tickFormat: (count: number) => (Number.isInteger(count) ? countShort(count) : ""),
        }),
        utcAxis(width),
        Plot.rectY(data, {
          x1: "x1",
          x2: "x2",
          y1: "y1",
          y2: "y2",
          fill: (datum: { group: number }) => groupColour(groups, datum.group),
          insetLeft: width / bins.count > 5 ? 0.5 : 0,
          insetRight: width / bins.count > 5 ? 0.5 : 0,
        }),
        Plot.ruleY([0], { stroke: "var(--line-strong)" }),
        Plot.tip(
          data,
          Plot.pointerX({
            x: (datum: { x1: Date; x2: Date }) => new Date((datum.x1.getTime() + datum.x2.getTime()) / 2),
            y: "y2",
            title: "title",
            fill: "var(--raised)",
            stroke: "var(--line-strong)",
            maxRadius: Math.max(6, ((width - marginLeft - marginRight) / bins.count) * 0.75),
          }),
        ),
      ],
    }) as unknown as SVGSVGElement & { scale(name: string): { apply(value: unknown): number } };
    plot.setAttribute("aria-hidden", "false");
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", title);
    const x = plot.scale("x");
    hatch(plot, gaps, (ms) => x.apply(new Date(Math.min(endMs, Math.max(bins.fromMs, ms)))), 18, height - 30);
    binBrush(plot, {
      left: x.apply(new Date(bins.fromMs)),
      right: x.apply(new Date(endMs)),
      top: 18,
      bottom: height - 30,
      count: bins.count,
      range,
      label: `Period, in bins of ${durationWords(gapBin)}: arrow keys move, shift and arrow keys resize, Escape clears`,
      words: (chosen) =>
        chosen
          ? `${periodText(binStart(bins, chosen[0]), binStart(bins, chosen[1] + 1))}, ${countWords(eventsIn(chosen), "event")}`
          : "whole period",
      changed: brushed,
    });
    const unit = document.createElementNS("http://www.w3.org/2000/svg", "text");
    unit.setAttribute("x", "0");
    unit.setAttribute("y", "10");
    unit.setAttribute("text-anchor", "start");
    unit.setAttribute("class", "chart-axis-note");
    unit.textContent = `events per ${durationWords(bins.stepMs).replace(/^1 /, "")} · UTC`;
    plot.append(unit);
    const tip = plot.querySelector('[aria-label="tip"]');
    if (tip) plot.append(tip);
    body.append(plot);
  }

  function countBins(): CountedBins | null {
    const { ms, fromMs: first, untilMs: last, missing } = timesOf(rows, time);
    const fromMs = options.from === undefined ? first : timeMsOf(options.from);
    const untilMs = options.until === undefined ? last : timeMsOf(options.until) - 1;
    if (options.from !== undefined && Number.isNaN(fromMs))
      throw new ChartError("eventRate: from is no time.");
    if (options.until !== undefined && Number.isNaN(untilMs))
      throw new ChartError("eventRate: until is no time.");
    if (!Number.isFinite(fromMs) || !Number.isFinite(untilMs) || untilMs < fromMs) return null;
    const bins = timeBins(fromMs, untilMs, Math.max(1, options.bins ?? 120), options.stepMs);
    const groups = topGroups(rows, stack, 8);
    const counts = groups.names.map(() => new Float64Array(bins.count));
    const totals = new Float64Array(bins.count);
    let outside = 0;
    for (let index = 0; index < rows.length; index += 1) {
      const at = ms[index]!;
      if (Number.isNaN(at)) continue;
      const bin = binOf(bins, at);
      if (bin < 0 || bin >= bins.count) {
        outside += 1;
        continue;
      }
      const count = weight ? Number(weight.read(rows[index] as ChartRow)) || 0 : 1;
      counts[groups.of[index]!]![bin]! += count;
      totals[bin]! += count;
    }
    return { bins, groups, counts, totals, missing, outside };
  }
}

function short(text: string): string {
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

/** Marks stretches of time with a hatch and their label where it fits. */
function hatch(
  svg: SVGSVGElement,
  gaps: readonly { readonly fromMs: number; readonly untilMs: number; readonly label: string }[],
  x: (ms: number) => number,
  top: number,
  bottom: number,
): void {
  if (gaps.length === 0) return;
  const svgElement = (name: string, attributes: Record<string, string | number>) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  const id = `hatch-${crypto.randomUUID()}`;
  const pattern = svgElement("pattern", {
    id,
    width: 6,
    height: 6,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.append(svgElement("rect", { width: 2, height: 6, class: "chart-hatch" }));
  const definitions = svgElement("defs", {});
  definitions.append(pattern);
  svg.append(definitions);
  let labelFree = Number.NEGATIVE_INFINITY;
  for (const gap of gaps) {
    const [x0, x1] = [x(gap.fromMs), x(gap.untilMs)];
    const width = Math.max(2, x1 - x0);
    svg.append(
      svgElement("rect", {
        x: x0,
        y: top,
        width,
        height: bottom - top,
        fill: `url(#${id})`,
        class: "chart-gap",
      }),
    );
    const labelWidth = gap.label.length * 6 + 8;
    if (width < labelWidth || x0 < labelFree) continue;
    const text = svgElement("text", {
      x: (x0 + x1) / 2,
      y: top + 13,
      "text-anchor": "middle",
      class: "chart-gap-label",
    });
    text.textContent = gap.label;
    svg.append(text);
    labelFree = x1;
  }
}
