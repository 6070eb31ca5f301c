import * as Plot from "@observablehq/plot";
import {
  bytesText,
  type ChartElement,
  ChartFrame,
  countText,
  countWords,
  nothingToDraw,
  Tooltip,
} from "./chart-frame.ts";
import {
  type ChartRow,
  type Field,
  findField,
  numberOf,
  requireField,
  rowsFor,
  USUAL_BYTES,
} from "./chart-rows.ts";
import { heatColour } from "./hour-of-week.ts";
import { type CellRange, rectBrush } from "./rect-brush.ts";
import { durationShort } from "./time-bins.ts";
import { groupColour, topGroups } from "./top-groups.ts";

export interface BytesDurationOptions {
  readonly bytes?: Field;
  /** Column of the duration in seconds. */
  readonly duration?: Field;
  /** Column that colours the points (up to seven values and the rest); counts are coloured above 3,000 points. */
  readonly colour?: Field;
  readonly title?: string;
  /** Height in pixels. Default 320. */
  readonly height?: number;
}

export interface BytesDurationChoice {
  /** Smallest and largest value of the rectangle, largest not included; null when nothing is chosen. */
  readonly bytes: readonly [number, number] | null;
  readonly seconds: readonly [number, number] | null;
  readonly rows: readonly ChartRow[];
}

/** Durations that people read at a glance, about one for each power of ten. */
const ROUND_SECONDS = [
  1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 86_400, 864_000, 8_640_000,
];
const DOTS = 3000;
const CELL = 7;

/**
 * Bytes against duration on logarithmic axes: long and quiet, or short and heavy, connections stand apart. `value` is
 * {bytes, seconds, rows} of a rectangle. Above 3,000 points their number is drawn as colour.
 */
export function bytesDuration(
  given: unknown,
  options: BytesDurationOptions = {},
): ChartElement<BytesDurationChoice> {
  const rows = rowsFor("bytesDuration", given);
  const chart = "bytesDuration";
  const bytes = requireField(rows, { chart, option: "bytes", given: options.bytes, usual: USUAL_BYTES });
  const duration = requireField(rows, {
    chart,
    option: "duration",
    given: options.duration,
    usual: ["duration", "duration_s", "seconds", "elapsed"],
  });
  const colour =
    options.colour === undefined
      ? null
      : findField(rows, { chart, option: "colour", given: options.colour, usual: [] });
  const x = new Float64Array(rows.length);
  const y = new Float64Array(rows.length);
  let missing = 0;
  let zero = 0;
  let [minX, maxX, minY, maxY] = [Infinity, 0, Infinity, 0];
  for (let index = 0; index < rows.length; index += 1) {
    const [seconds, size] = [numberOf(duration.read(rows[index]!)), numberOf(bytes.read(rows[index]!))];
    if (!(seconds >= 0) || !(size >= 0)) {
      x[index] = Number.NaN;
      missing += 1;
      continue;
    }
    x[index] = seconds;
    y[index] = size;
    if (seconds === 0 || size === 0) zero += 1;
    if (seconds > 0) [minX, maxX] = [Math.min(minX, seconds), Math.max(maxX, seconds)];
    if (size > 0) [minY, maxY] = [Math.min(minY, size), Math.max(maxY, size)];
  }
  const count = rows.length - missing;
  const domainX = domainOf(minX, maxX);
  const domainY = domainOf(minY, maxY);
  const atX = (value: number) => Math.max(value, domainX[0]);
  const atY = (value: number) => Math.max(value, domainY[0]);
  const asDots = count <= DOTS;
  const groups = topGroups(rows, asDots ? colour : null, 8);
  const title = options.title ?? "Bytes against duration";
  const nothing: BytesDurationChoice = { bytes: null, seconds: null, rows };
  let chosen: { x: readonly [number, number]; y: readonly [number, number] } | null = null;
  const kept = () => {
    const found: number[] = [];
    if (!chosen) return found;
    for (let index = 0; index < rows.length; index += 1) {
      const [px, py] = [atX(x[index]!), atY(y[index]!)];
      if (px >= chosen.x[0] && px < chosen.x[1] && py >= chosen.y[0] && py < chosen.y[1]) found.push(index);
    }
    return found;
  };

  const frame = new ChartFrame<BytesDurationChoice>({
    title,
    value: nothing,
    description:
      count === 0
        ? "No connections."
        : `${countWords(count, "connection")}: ${bytesText(minY === Infinity ? 0 : minY)} to ${bytesText(maxY)}, ${durationShort((minX === Infinity ? 0 : minX) * 1000)} to ${durationShort(maxX * 1000)}.`,
    notes: [
      ...(zero > 0
        ? [
            `${countWords(zero, "row")} with 0 bytes or 0 s ${zero === 1 ? "stands" : "stand"} at the edge: a logarithmic axis has no zero.`,
          ]
        : []),
      ...(missing > 0
        ? [`${countWords(missing, "row has", "rows have")} no ${bytes.name} or no ${duration.name}.`]
        : []),
      ...(colour && !asDots
        ? [`More than ${countText(DOTS)} points: colour is their number, not ${colour.name}.`]
        : []),
    ],
    legend:
      colour && asDots
        ? groups.names.map((name, index) => ({ name, colour: groupColour(groups, index) }))
        : [],
    clear: () => {
      brushed(null);
      frame.redraw();
    },
    table: () => {
      const cells = new Map<string, number>();
      for (let index = 0; index < rows.length; index += 1) {
        if (Number.isNaN(x[index]!)) continue;
        const key = `${Math.floor(Math.log10(atX(x[index]!)))} ${Math.floor(Math.log10(atY(y[index]!)))}`;
        cells.set(key, (cells.get(key) ?? 0) + 1);
      }
      return {
        columns: [
          { name: "Duration from" },
          { name: "to" },
          { name: "Bytes from" },
          { name: "to" },
          { name: "Connections", numeric: true },
        ],
        rows: [...cells]
          .map(([key, number]) => ({ powers: key.split(" ").map(Number) as [number, number], number }))
          .sort((a, b) => a.powers[0] - b.powers[0] || a.powers[1] - b.powers[1])
          .map(({ powers: [px, py], number }) => [
            durationShort(10 ** px * 1000),
            durationShort(10 ** (px + 1) * 1000),
            bytesText(10 ** py),
            bytesText(10 ** (py + 1)),
            countText(number),
          ]),
      };
    },
    draw,
  });
  return frame.element;

  function brushed(next: typeof chosen): void {
    chosen = next;
    if (!next) {
      frame.choose(nothing, null);
      return;
    }
    let found: readonly number[] | null = null;
    const indexes = () => {
      found ??= kept();
      return found;
    };
    let list: ChartRow[] | null = null;
    frame.choose(
      {
        bytes: next.y,
        seconds: next.x,
        get rows() {
          list ??= indexes().map((index) => rows[index]!);
          return list;
        },
      },
      `${bytesText(next.y[0])}–${bytesText(next.y[1])}, ${durationShort(next.x[0] * 1000)}–${durationShort(next.x[1] * 1000)} · ${countWords(indexes().length, "row")}`,
    );
  }

  function draw(body: HTMLElement, width: number): void {
    if (count === 0) {
      body.append(nothingToDraw());
      return;
    }
    const height = options.height ?? 320;
    const [left, right, top, bottom] = [64, width - 24, 18, height - 34];
    const columns = Math.max(1, Math.floor((right - left) / CELL));
    const lines = Math.max(1, Math.floor((bottom - top) / CELL));
    const [lx0, lx1, ly0, ly1] = [...domainX, ...domainY].map(Math.log10) as [number, number, number, number];
    const column = (value: number) =>
      Math.min(columns - 1, Math.floor(((Math.log10(atX(value)) - lx0) / (lx1 - lx0)) * columns));
    const line = (value: number) =>
      lines - 1 - Math.min(lines - 1, Math.floor(((Math.log10(atY(value)) - ly0) / (ly1 - ly0)) * lines));
    const edgeX = (index: number) => 10 ** (lx0 + ((lx1 - lx0) * index) / columns);
    const edgeY = (index: number) => 10 ** (ly1 - ((ly1 - ly0) * index) / lines);
    const grid = new Float64Array(columns * lines);
    for (let index = 0; index < rows.length; index += 1)
      if (!Number.isNaN(x[index]!)) grid[line(y[index]!) * columns + column(x[index]!)]! += 1;
    const ticksX = [
      domainX[0],
      ...ROUND_SECONDS.filter((seconds) => seconds > domainX[0] * 2 && seconds <= domainX[1]),
    ];
    const ticksY = [domainY[0], ...powersOf(domainY).slice(1)];
    const most = grid.reduce((peak, one) => Math.max(peak, one), 0);
    const cells: { x1: number; x2: number; y1: number; y2: number; share: number }[] = [];
    if (!asDots)
      grid.forEach((number, index) => {
        if (number === 0) return;
        const [cx, cy] = [index % columns, Math.floor(index / columns)];
        cells.push({
          x1: Math.log10(edgeX(cx)),
          x2: Math.log10(edgeX(cx + 1)),
          y1: Math.log10(edgeY(cy + 1)),
          y2: Math.log10(edgeY(cy)),
          share: Math.log1p(number) / Math.log1p(most),
        });
      });
    const dots = asDots
      ? Array.from(rows, (_row, index) => ({
          x: Math.log10(atX(x[index]!)),
          y: Math.log10(atY(y[index]!)),
          group: groups.of[index]!,
        })).filter(({ x: one }) => !Number.isNaN(one))
      : [];
    const plot = Plot.plot({
      width,
      height,
      marginLeft: left,
      marginRight: width - right,
      marginTop: top,
      marginBottom: height - bottom,
      // Powers of ten on linear scales: Plot's logarithmic axes leave labels out that are no powers.
      x: { domain: [lx0, lx1], label: null },
      y: { domain: [ly0, ly1], label: null },
      marks: [
        Plot.gridX(ticksX.map(Math.log10), { stroke: "var(--chart-grid)", strokeOpacity: 1 }),
        Plot.gridY(ticksY.map(Math.log10), { stroke: "var(--chart-grid)", strokeOpacity: 1 }),
        Plot.axisX(ticksX.map(Math.log10), {
          tickSize: 3,
          tickFormat: (_power: number, index: number) =>
            index === 0 && zero > 0 ? "0" : durationShort(ticksX[index]! * 1000),
        }),
        Plot.axisY(ticksY.map(Math.log10), {
          tickSize: 0,
          tickFormat: (_power: number, index: number) =>
            index === 0 && zero > 0 ? "0" : bytesText(ticksY[index]!),
        }),
        Plot.rect(cells, {
          x1: "x1",
          x2: "x2",
          y1: "y1",
          y2: "y2",
          fill: (cell: { share: number }) => heatColour(cell.share),
          inset: 0.3,
        }),
        Plot.dot(dots, {
          x: "x",
          y: "y",
          r: 3,
          fill: (dot: { group: number }) => groupColour(groups, dot.group),
          fillOpacity: 0.6,
          stroke: "var(--surface)",
          strokeWidth: 0.4,
        }),
      ],
    }) as unknown as SVGSVGElement;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", title);
    for (const [px, py, anchor, text] of [
      [left, 10, "start", "bytes"],
      [right, height - 4, "end", "duration →"],
    ] as const) {
      const label = document.createElementNS("http://www.w3.org/2000/svg", "text");
      for (const [key, value] of Object.entries({
        x: px,
        y: py,
        "text-anchor": anchor,
        class: "chart-axis-note",
      }))
        label.setAttribute(key, String(value));
      label.textContent = text;
      plot.append(label);
    }
    const tooltip = new Tooltip(body);
    const range: CellRange | null = chosen
      ? {
          x: [column(chosen.x[0] * 1.0001), column(chosen.x[1] * 0.9999)],
          y: [line(chosen.y[1] * 0.9999), line(chosen.y[0] * 1.0001)],
        }
      : null;
    rectBrush(plot, {
      left,
      right,
      top,
      bottom,
      columns,
      rows: lines,
      range,
      label: `${title}: drag a rectangle; arrow keys move it, shift and arrow keys resize it, Escape clears`,
      words: (next) => (next ? `Chosen: ${wordsOf(next)}` : "Nothing is chosen"),
      changed: (next, settled) => {
        if (!settled) return;
        brushed(
          next
            ? { x: [edgeX(next.x[0]), edgeX(next.x[1] + 1)], y: [edgeY(next.y[1] + 1), edgeY(next.y[0])] }
            : null,
        );
      },
      over: (cell, event) => {
        const number = cell ? grid[cell.y * columns + cell.x]! : 0;
        if (!cell || number === 0) return tooltip.hide();
        tooltip.show(event.clientX, event.clientY, [
          countWords(number, "connection"),
          wordsOf({ x: [cell.x, cell.x], y: [cell.y, cell.y] }),
        ]);
      },
    });
    const wordsOf = ({ x: [x0, x1], y: [y0, y1] }: CellRange) =>
      `${bytesText(edgeY(y1 + 1))} to ${bytesText(edgeY(y0))}, ${durationShort(edgeX(x0) * 1000)} to ${durationShort(edgeX(x1 + 1) * 1000)}`;
    body.append(plot);
  }
}

/** Whole powers of ten around the values. */
function domainOf(min: number, max: number): [number, number] {
  if (!(max > 0)) return [0.1, 10];
  const low = Math.floor(Math.log10(min) - 0.05);
  const high = Math.ceil(Math.log10(max) + 0.01);
  return [10 ** low, 10 ** Math.max(high, low + 1)];
}

function powersOf([low, high]: readonly [number, number]): number[] {
  const powers: number[] = [];
  for (let power = Math.round(Math.log10(low)); power <= Math.round(Math.log10(high)); power += 1)
    powers.push(10 ** power);
  return powers;
}
