import * as Plot from "@observablehq/plot";
import { type ChartElement, ChartFrame, countText, countWords, made, nothingToDraw } from "./chart-frame.ts";
import {
  type ChartRow,
  type Field,
  findField,
  labelOf,
  numberOf,
  requireField,
  rowsFor,
  timeMsOf,
  timesOf,
  USUAL_HOST,
  USUAL_TIME,
} from "./chart-rows.ts";
import { durationShort, periodText, utcText } from "./time-bins.ts";
import { groupColour, topGroups } from "./top-groups.ts";
import { utcAxis } from "./utc-axis.ts";

export interface EntityTimelineOptions {
  /** Column whose values have a lane each. */
  readonly entity?: Field;
  readonly time?: Field;
  /** Column of the end of an event, or of its duration in seconds: drawn as a bar. */
  readonly end?: Field;
  readonly duration?: Field;
  /** Column that colours the marks: seven most frequent values and the rest. */
  readonly colour?: Field;
  /** Column of a text for the tooltip. */
  readonly label?: Field;
  /** Lanes at most, those with most events first. Default 30. */
  readonly lanes?: number;
  /** Which lane is on top. Default "first": the one whose first event is the earliest. */
  readonly order?: "first" | "count";
  readonly title?: string;
}

export interface EntityTimelineChoice {
  readonly entity: string | null;
  /** Time of the mark that was clicked; null when a lane is chosen as a whole. */
  readonly from: Date | null;
  readonly until: Date | null;
  readonly rows: readonly ChartRow[];
}

interface MarkOfEvents {
  readonly lane: string;
  readonly group: number;
  fromMs: number;
  untilMs: number;
  count: number;
  /** A row of it, for the tooltip. */
  readonly row: number;
}

const LANE_HEIGHT = 24;
const SLOT_PX = 9;

/**
 * Events of each entity on a lane of its own: dots for moments, bars for durations; where many fall together, a larger dot
 * that says how many. `value` is {entity, from, until, rows}: click a lane's name or a mark.
 */
export function entityTimeline(
  given: unknown,
  options: EntityTimelineOptions = {},
): ChartElement<EntityTimelineChoice> {
  const rows = rowsFor("entityTimeline", given);
  const chart = "entityTimeline";
  const entity = requireField(rows, { chart, option: "entity", given: options.entity, usual: USUAL_HOST });
  const time = requireField(rows, { chart, option: "time", given: options.time, usual: USUAL_TIME });
  const may = (option: "end" | "duration" | "colour" | "label") =>
    options[option] === undefined
      ? null
      : findField(rows, { chart, option, given: options[option], usual: [] });
  const [end, duration, colour, label] = [may("end"), may("duration"), may("colour"), may("label")];
  const { ms, fromMs, untilMs, missing } = timesOf(rows, time);
  const groups = topGroups(rows, colour, 8);
  const lanes = new Map<string, { count: number; firstMs: number }>();
  let lastMs = untilMs;
  const endOf = (index: number) => {
    const row = rows[index]!;
    const until = end
      ? timeMsOf(end.read(row))
      : duration
        ? ms[index]! + numberOf(duration.read(row)) * 1000
        : ms[index]!;
    return Number.isNaN(until) ? ms[index]! : Math.max(until, ms[index]!);
  };
  for (let index = 0; index < rows.length; index += 1) {
    const at = ms[index]!;
    if (Number.isNaN(at)) continue;
    const name = labelOf(entity.read(rows[index]!));
    const lane = lanes.get(name);
    if (lane) {
      lane.count += 1;
      if (at < lane.firstMs) lane.firstMs = at;
    } else lanes.set(name, { count: 1, firstMs: at });
    if (end || duration) lastMs = Math.max(lastMs, endOf(index));
  }
  const busiest = [...lanes]
    .sort((a, b) => b[1].count - a[1].count || a[1].firstMs - b[1].firstMs)
    .slice(0, options.lanes ?? 30);
  if ((options.order ?? "first") === "first") busiest.sort((a, b) => a[1].firstMs - b[1].firstMs);
  const names = busiest.map(([name]) => name);
  const shown = new Set(names);
  const hidden = lanes.size - names.length;
  const title = options.title ?? `Timeline by ${entity.name}`;
  const nothing: EntityTimelineChoice = { entity: null, from: null, until: null, rows };
  let chosen: string | null = null;
  let lanesDrawn: HTMLElement | null = null;

  const frame = new ChartFrame<EntityTimelineChoice>({
    title,
    value: nothing,
    description:
      names.length === 0
        ? "No events."
        : `${countWords(rows.length - missing, "event")} of ${countWords(lanes.size, "lane")}, ${periodText(fromMs, lastMs)}.`,
    notes: [
      ...(hidden > 0
        ? [
            `The ${countText(names.length)} lanes with most events; ${countText(hidden)} more are not shown (option lanes).`,
          ]
        : []),
      ...(missing > 0 ? [`${countWords(missing, "row has", "rows have")} no time.`] : []),
    ],
    legend: colour ? groups.names.map((name, index) => ({ name, colour: groupColour(groups, index) })) : [],
    clear: () => choose(null, null),
    table: () => ({
      columns: [
        { name: "Time (UTC)" },
        ...(end || duration ? [{ name: "Until (UTC)" }] : []),
        { name: entity.name },
        ...(colour ? [{ name: colour.name }] : []),
        ...(label ? [{ name: label.name }] : []),
      ],
      rowCount: rows.length - missing,
      rows: Array.from(ms.keys())
        .filter((index) => !Number.isNaN(ms[index]!))
        .sort((a, b) => ms[a]! - ms[b]!)
        .slice(0, 1000)
        .map((index) => [
          utcText(ms[index]!),
          ...(end || duration ? [utcText(endOf(index))] : []),
          labelOf(entity.read(rows[index]!)),
          ...(colour ? [labelOf(colour.read(rows[index]!))] : []),
          ...(label ? [labelOf(label.read(rows[index]!))] : []),
        ]),
    }),
    draw,
  });
  return frame.element;

  function marksAt(width: number): MarkOfEvents[] {
    const slotMs = Math.max(1, ((lastMs - fromMs) * SLOT_PX) / width);
    const found = new Map<string, MarkOfEvents>();
    for (let index = 0; index < rows.length; index += 1) {
      const at = ms[index]!;
      if (Number.isNaN(at)) continue;
      const lane = labelOf(entity.read(rows[index]!));
      if (!shown.has(lane)) continue;
      const until = end || duration ? endOf(index) : at;
      const group = groups.of[index]!;
      const [slot, last] = [Math.floor((at - fromMs) / slotMs), Math.floor((until - fromMs) / slotMs)];
      const key = `${slot} ${last} ${group} ${lane}`;
      const mark = found.get(key);
      if (mark) {
        mark.count += 1;
        mark.fromMs = Math.min(mark.fromMs, at);
        mark.untilMs = Math.max(mark.untilMs, until);
      } else found.set(key, { lane, group, fromMs: at, untilMs: until, count: 1, row: index });
    }
    return [...found.values()];
  }

  function draw(body: HTMLElement, width: number): void {
    if (names.length === 0) {
      body.append(nothingToDraw());
      return;
    }
    const labelWidth = Math.min(190, Math.max(90, Math.round(width * 0.18)));
    const plotWidth = width - labelWidth;
    const height = names.length * LANE_HEIGHT + 30;
    const holder = made("div", "chart-lanes");
    holder.style.gridTemplateColumns = `${labelWidth}px 1fr`;
    lanesDrawn = made("div", "chart-lane-names");
    for (const [name, { count }] of busiest) {
      const choice = made("button", "chart-lane-name", name);
      choice.type = "button";
      choice.title = `${name}: ${countWords(count, "event")}`;
      choice.dataset.lane = name;
      choice.style.height = `${LANE_HEIGHT}px`;
      choice.addEventListener("click", () => choose(chosen === name ? null : name, null));
      lanesDrawn.append(choice);
    }
    const padMs = Math.max(1, ((lastMs - fromMs) * 10) / plotWidth);
    const marks = marksAt(plotWidth);
    const wide = ({ fromMs: from, untilMs: until }: MarkOfEvents) =>
      ((until - from) / (lastMs - fromMs || 1)) * plotWidth >= 3 && (end !== null || duration !== null);
    const bars = marks.filter(wide);
    const dots = marks.filter((mark) => !wide(mark));
    const most = dots.reduce((top, { count }) => Math.max(top, count), 1);
    const middle = (mark: MarkOfEvents) => new Date((mark.fromMs + mark.untilMs) / 2);
    const tip = (mark: MarkOfEvents) => {
      const lines = [
        mark.lane.slice(0, 60),
        mark.count === 1
          ? `${utcText(mark.fromMs)} UTC`
          : `${countText(mark.count)} events, ${periodText(mark.fromMs, mark.untilMs)}`,
      ];
      if (mark.untilMs > mark.fromMs && mark.count === 1)
        lines.push(durationShort(mark.untilMs - mark.fromMs));
      if (colour) lines.push(groups.names[mark.group]!.slice(0, 60));
      if (label && mark.count === 1) lines.push(labelOf(label.read(rows[mark.row]!)).slice(0, 120));
      return lines.join("\n");
    };
    const plot = Plot.plot({
      width: plotWidth,
      height,
      marginLeft: 2,
      marginRight: 24,
      marginTop: 0,
      marginBottom: 30,
      x: { type: "utc", domain: [new Date(fromMs - padMs), new Date(lastMs + padMs)], label: null },
      y: { type: "band", domain: names, padding: 0, label: null, axis: null },
      r: { type: "identity" },
      marks: [
        Plot.ruleY(names, { stroke: "var(--chart-grid)", y: (name: string) => name }),
        utcAxis(plotWidth),
        Plot.barX(bars, {
          x1: (mark: MarkOfEvents) => new Date(mark.fromMs),
          x2: (mark: MarkOfEvents) => new Date(mark.untilMs),
          y: "lane",
          fill: (mark: MarkOfEvents) => groupColour(groups, mark.group),
          fillOpacity: 0.75,
          insetTop: 7,
          insetBottom: 7,
          rx: 2,
        }),
        Plot.dot(dots, {
          x: middle,
          y: "lane",
          r: (mark: MarkOfEvents) => 3 + 6 * Math.sqrt((mark.count - 1) / Math.max(1, most - 1)),
          fill: (mark: MarkOfEvents) => groupColour(groups, mark.group),
          fillOpacity: 0.75,
          stroke: "var(--surface)",
          strokeWidth: 0.7,
        }),
        Plot.tip(
          marks,
          Plot.pointer({
            x: middle,
            y: "lane",
            title: tip,
            fill: "var(--raised)",
            stroke: "var(--line-strong)",
            maxRadius: 24,
          }),
        ),
      ],
    }) as unknown as SVGSVGElement & { value: MarkOfEvents | null };
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", title);
    plot.classList.add("chart-clickable");
    plot.addEventListener("click", () => {
      if (plot.value) choose(plot.value.lane, plot.value);
    });
    holder.append(lanesDrawn, plot);
    body.append(holder);
    markLanes();
  }

  function markLanes(): void {
    for (const choice of lanesDrawn?.children ?? [])
      choice.setAttribute("aria-pressed", String((choice as HTMLElement).dataset.lane === chosen));
  }

  function choose(lane: string | null, mark: MarkOfEvents | null): void {
    chosen = lane;
    markLanes();
    if (lane === null) {
      frame.choose(nothing, null);
      return;
    }
    let kept: ChartRow[] | null = null;
    const count = mark?.count ?? lanes.get(lane)!.count;
    frame.choose(
      {
        entity: lane,
        from: mark ? new Date(mark.fromMs) : null,
        until: mark ? new Date(mark.untilMs) : null,
        get rows() {
          kept ??= rows.filter(
            (row, index) =>
              labelOf(entity.read(row)) === lane &&
              (!mark ||
                (groups.of[index] === mark.group && ms[index]! >= mark.fromMs && ms[index]! <= mark.untilMs)),
          );
          return kept;
        },
      },
      `${lane}: ${countWords(count, "event")}${mark ? ` at ${utcText(mark.fromMs)} UTC` : ""}`,
    );
  }
}
