import {
  type ChartElement,
  ChartFrame,
  countText,
  countWords,
  made,
  madeSvg,
  nothingToDraw,
  Tooltip,
} from "./chart-frame.ts";
import {
  ChartError,
  type ChartRow,
  type ChartRows,
  type Field,
  requireField,
  rowsFor,
  timesOf,
  USUAL_TIME,
} from "./chart-rows.ts";

export interface HourOfWeekOptions {
  readonly time?: Field;
  /** IANA name of the zone whose clock the hours are of. Default "UTC". */
  readonly timeZone?: string;
  readonly title?: string;
}

/** One hour of the week; day 1 is Monday, 7 Sunday (as `isodow` in SQL). */
export interface WeekHour {
  readonly day: number;
  readonly hour: number;
}

export interface HourOfWeekChoice {
  readonly timeZone: string;
  /** Empty when nothing is chosen. */
  readonly hours: readonly WeekHour[];
  /** Rows in the chosen hours; all when nothing is chosen. */
  readonly rows: readonly ChartRow[];
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;

/** Slot 0 to 167 of times in a zone: Monday 00 h is 0. Zone offsets change at quarters of an hour at the finest. */
export function weekSlotter(timeZone: string): (ms: number) => number {
  const offsets = new Map<number, number>();
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      era: "short",
    });
  } catch {
    throw new ChartError(
      `hourOfWeek: ${JSON.stringify(timeZone)} is no time zone. Give an IANA name, for example "Europe/Berlin" or "UTC".`,
    );
  }
  const offsetAt = (quarter: number): number => {
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    const ms = quarter * QUARTER_MS;
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const local = Date.UTC(
      Number(parts.year),
      Number(parts.month) - 1,
      Number(parts.day),
      Number(parts.hour),
      Number(parts.minute),
      Number(parts.second),
    );
    const offset = local - ms;
    offsets.set(quarter, offset);
    return offset;
  };
  return (ms) => {
    const local = timeZone === "UTC" ? ms : ms + offsetAt(Math.floor(ms / QUARTER_MS));
    const hours = Math.floor(local / HOUR_MS);
    // 1970-01-01 was a Thursday: three days after a Monday.
    return (((hours + 72) % 168) + 168) % 168;
  };
}

/** Counts by hour of the week, and how often each hour occurred between the first and the last event. */
export interface WeekCounts {
  readonly counts: Float64Array;
  readonly covered: Float64Array;
  readonly missing: number;
}

export function weekCounts(ms: Float64Array, slotOf: (ms: number) => number): WeekCounts {
  const counts = new Float64Array(168);
  const covered = new Float64Array(168);
  let missing = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const at of ms) {
    if (Number.isNaN(at)) {
      missing += 1;
      continue;
    }
    counts[slotOf(at)]! += 1;
    if (at < first) first = at;
    if (at > last) last = at;
  }
  if (first <= last) {
    const hours = Math.floor(last / HOUR_MS) - Math.floor(first / HOUR_MS) + 1;
    // Whole weeks cover every hour alike; only the rest is walked.
    const weeks = Math.floor(hours / 168);
    covered.fill(weeks);
    const start = Math.floor(first / HOUR_MS) + weeks * 168;
    for (let hour = start; hour <= Math.floor(last / HOUR_MS); hour += 1)
      covered[slotOf(hour * HOUR_MS)]! += 1;
    for (let slot = 0; slot < 168; slot += 1) if (counts[slot]! > 0 && covered[slot] === 0) covered[slot] = 1;
  }
  return { counts, covered, missing };
}

/**
 * When in the week things happen: a heat map of 7 days and 24 hours. `value` is {timeZone, hours, rows}. Hours that the
 * data do not reach are hatched: that is not zero. Click an hour, a day or an hour's heading; drag for a rectangle.
 */
export function hourOfWeek(given: unknown, options: HourOfWeekOptions = {}): ChartElement<HourOfWeekChoice> {
  const rows: ChartRows = rowsFor("hourOfWeek", given);
  const timeZone = options.timeZone ?? "UTC";
  const slotOf = weekSlotter(timeZone);
  const time = requireField(rows, {
    chart: "hourOfWeek",
    option: "time",
    given: options.time,
    usual: USUAL_TIME,
  });
  const { ms } = timesOf(rows, time);
  const { counts, covered, missing } = weekCounts(ms, slotOf);
  const total = counts.reduce((sum, one) => sum + one, 0);
  const most = counts.reduce((top, one) => Math.max(top, one), 0);
  const busiest = counts.indexOf(most);
  const uncovered = covered.reduce((sum, one) => sum + (one === 0 ? 1 : 0), 0);
  let chosen = new Set<number>();
  const title = options.title ?? `Events by hour of the week (${timeZone})`;
  const nothing: HourOfWeekChoice = { timeZone, hours: [], rows };

  const frame = new ChartFrame<HourOfWeekChoice>({
    title,
    value: nothing,
    description:
      total === 0
        ? "No events."
        : `${countWords(total, "event")} by day and hour in ${timeZone}; most, ${countText(most)}, on ${slotWords(busiest)}.`,
    notes: [
      ...(uncovered > 0 && total > 0
        ? [`Hatched: ${countWords(uncovered, "hour")} of the week that the data do not reach.`]
        : []),
      ...(missing > 0 ? [`${countWords(missing, "row has", "rows have")} no time.`] : []),
    ],
    clear: () => {
      choose(new Set());
      frame.redraw();
    },
    table: () => ({
      columns: [
        { name: "Day" },
        ...Array.from({ length: 24 }, (_hour, hour) => ({
          name: String(hour).padStart(2, "0"),
          numeric: true,
        })),
      ],
      rows: DAYS.map((day, index) => [
        day,
        ...Array.from({ length: 24 }, (_hour, hour) =>
          covered[index * 24 + hour] === 0 ? "–" : countText(counts[index * 24 + hour]!),
        ),
      ]),
    }),
    draw,
  });
  return frame.element;

  function slotWords(slot: number): string {
    const hour = slot % 24;
    return `${DAYS[Math.floor(slot / 24)]} ${String(hour).padStart(2, "0")}–${String(hour + 1).padStart(2, "0")} h`;
  }

  function choose(next: Set<number>): void {
    chosen = next;
    if (next.size === 0) {
      frame.choose(nothing, null);
      return;
    }
    const slots = [...next].sort((a, b) => a - b);
    let kept: ChartRow[] | null = null;
    const count = slots.reduce((sum, slot) => sum + counts[slot]!, 0);
    frame.choose(
      {
        timeZone,
        hours: slots.map((slot) => ({ day: Math.floor(slot / 24) + 1, hour: slot % 24 })),
        get rows() {
          kept ??= rows.filter((_row, index) => !Number.isNaN(ms[index]!) && next.has(slotOf(ms[index]!)));
          return kept;
        },
      },
      `${slots.length === 1 ? slotWords(slots[0]!) : `${slots.length} hours`} · ${countWords(count, "event")}`,
    );
  }

  function draw(body: HTMLElement, width: number): void {
    if (total === 0) {
      body.append(nothingToDraw());
      return;
    }
    const left = 40;
    const top = 22;
    const cell = Math.min(44, (width - left - 4) / 24);
    const row = Math.max(20, Math.min(28, cell));
    const svg = madeSvg("svg", {
      width: left + 24 * cell + 2,
      height: top + 7 * row + 2,
      viewBox: `0 0 ${left + 24 * cell + 2} ${top + 7 * row + 2}`,
      class: "chart-svg",
      role: "group",
      "aria-label": title,
    });
    const hatchId = `hatch-${crypto.randomUUID()}`;
    const pattern = madeSvg("pattern", {
      id: hatchId,
      width: 6,
      height: 6,
      patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)",
    });
    pattern.append(madeSvg("rect", { width: 2, height: 6, class: "chart-hatch" }));
    const definitions = madeSvg("defs");
    definitions.append(pattern);
    svg.append(definitions);
    const tooltip = new Tooltip(body);
    const cells: SVGRectElement[] = [];
    const mark = () => {
      cells.forEach((rect, slot) => {
        rect.classList.toggle("chosen", chosen.has(slot));
        rect.setAttribute("aria-selected", String(chosen.has(slot)));
      });
      svg.classList.toggle("has-choice", chosen.size > 0);
    };
    const heading = (x: number, y: number, anchor: string, text: string, slots: number[]) => {
      const label = madeSvg("text", { x, y, "text-anchor": anchor, class: "chart-heading" }, text);
      label.addEventListener("click", () => {
        choose(new Set(slots));
        mark();
      });
      svg.append(label);
    };
    for (let hour = 0; hour < 24; hour += 1) {
      if (cell < 26 && hour % 2 === 1) continue;
      heading(
        left + (hour + 0.5) * cell,
        top - 8,
        "middle",
        String(hour).padStart(2, "0"),
        DAYS.map((_day, day) => day * 24 + hour),
      );
    }
    DAYS.forEach((day, index) => {
      heading(
        left - 8,
        top + (index + 0.5) * row + 4,
        "end",
        day,
        Array.from({ length: 24 }, (_hour, hour) => index * 24 + hour),
      );
    });
    const grid = madeSvg("g", { role: "grid", "aria-label": `${title}: arrow keys move, Enter chooses` });
    let current = chosen.size > 0 ? Math.min(...chosen) : busiest;
    for (let day = 0; day < 7; day += 1) {
      const line = madeSvg("g", { role: "row" });
      for (let hour = 0; hour < 24; hour += 1) {
        const slot = day * 24 + hour;
        const none = covered[slot] === 0;
        const share = most === 0 ? 0 : Math.sqrt(counts[slot]! / most);
        const rect = madeSvg("rect", {
          x: left + hour * cell + 1,
          y: top + day * row + 1,
          width: cell - 2,
          height: row - 2,
          rx: 2,
          class: "chart-week-cell",
          role: "gridcell",
          tabindex: slot === current ? 0 : -1,
          "aria-label": `${slotWords(slot)}: ${none ? "not covered" : countWords(counts[slot]!, "event")}`,
          fill: none ? `url(#${hatchId})` : heatColour(share),
        });
        rect.dataset.slot = String(slot);
        cells.push(rect);
        line.append(rect);
      }
      grid.append(line);
    }
    svg.append(grid);
    let start: number | null = null;
    const slotAt = (event: Event) => {
      const { slot } = (event.target as SVGElement).dataset;
      return slot === undefined ? null : Number(slot);
    };
    const rectangle = (a: number, b: number) => {
      const next = new Set<number>();
      for (
        let day = Math.min(Math.floor(a / 24), Math.floor(b / 24));
        day <= Math.max(Math.floor(a / 24), Math.floor(b / 24));
        day += 1
      )
        for (let hour = Math.min(a % 24, b % 24); hour <= Math.max(a % 24, b % 24); hour += 1)
          next.add(day * 24 + hour);
      return next;
    };
    grid.addEventListener("pointerdown", (event) => {
      start = slotAt(event);
    });
    grid.addEventListener("pointermove", (event) => {
      const slot = slotAt(event);
      if (slot === null) return;
      const hours = covered[slot]!;
      tooltip.show(event.clientX, event.clientY, [
        slotWords(slot),
        hours === 0
          ? "the data do not reach this hour"
          : `${countWords(counts[slot]!, "event")} in ${countWords(hours, "such hour")}`,
      ]);
    });
    grid.addEventListener("pointerleave", () => tooltip.hide());
    grid.addEventListener("pointerup", (event) => {
      const slot = slotAt(event);
      if (start === null || slot === null) return;
      const again = start === slot && chosen.size === 1 && chosen.has(slot);
      choose(again ? new Set() : rectangle(start, slot));
      start = null;
      mark();
    });
    grid.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -24, ArrowDown: 24 }[event.key];
      if (by !== undefined) {
        const next = current + by;
        if (next < 0 || next > 167) return;
        event.preventDefault();
        cells[current]!.tabIndex = -1;
        current = next;
        cells[current]!.tabIndex = 0;
        cells[current]!.focus();
      } else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(chosen.size === 1 && chosen.has(current) ? new Set() : new Set([current]));
        mark();
      } else if (event.key === "Escape") {
        choose(new Set());
        mark();
      }
    });
    mark();
    const scale = made("div", "chart-heat-scale");
    scale.append(
      made("span", "", "0"),
      made("span", "chart-heat-ramp"),
      made("span", "", `${countText(most)} events`),
    );
    body.append(svg, scale);
  }
}

/** Colour of a share of the most, 0 to 1, as a mix of the surface and the first series colour. */
export function heatColour(share: number): string {
  if (share <= 0) return "var(--sunken)";
  return `color-mix(in oklab, var(--chart-1) ${Math.round(12 + share * 88)}%, var(--surface))`;
}
