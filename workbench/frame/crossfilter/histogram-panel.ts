import * as Plot from "@observablehq/plot";
import { type BinRange, binBrush } from "../chart/bin-brush.ts";
import { countShort, countText, countWords, madeSvg, shareText, Tooltip } from "../chart/chart-frame.ts";
import { utcText } from "../chart/time-bins.ts";
import { utcAxis } from "../chart/utc-axis.ts";
import { edgeOf, type LogDimension, type StepDimension } from "./dimension.ts";
import type { Panel, PanelHost } from "./panel.ts";
import { panelShell } from "./panel.ts";

const HEIGHT = 118;
const TOP = 8;
const BOTTOM = 24;

/** A histogram with a brush: all rows muted behind, the rows that pass in front. */
export function histogramPanel(
  dimension: StepDimension | LogDimension,
  nullCount: number,
  host: PanelHost,
): Panel {
  const shell = panelShell(dimension.field, host);
  if (nullCount > 0) shell.say(`${countWords(nullCount, "row")} without a value`);
  let totals: Float64Array | null = null;
  let counts: Float64Array | null = null;
  let range: BinRange | null = null;
  let setBrush: (range: BinRange | null) => void = () => undefined;
  let bars: readonly (readonly SVGRectElement[])[] = [];
  let tooltip: Tooltip | null = null;
  const { size } = dimension;
  const edge = (bin: number) => edgeText(dimension, bin);
  const words = (chosen: BinRange | null) =>
    chosen === null
      ? "all"
      : `${edge(chosen[0])} to ${edge(chosen[1] + 1)}, ${countWords(sum(counts, chosen), "row")}`;

  function draw(width: number): void {
    shell.body.replaceChildren();
    const [left, right] = [18, width - 18];
    const isTime = dimension.kind === "step" && dimension.time;
    const plot = Plot.plot({
      width,
      height: HEIGHT,
      marginLeft: left,
      marginRight: width - right,
      marginTop: TOP,
      marginBottom: BOTTOM + (isTime ? 10 : 0),
      x: isTime
        ? {
            type: "utc",
            domain: [new Date(edgeOf(dimension, 0) / 1000), new Date(edgeOf(dimension, size) / 1000)],
            label: null,
          }
        : {
            type: "linear",
            domain: dimension.kind === "log" ? [0, size] : [edgeOf(dimension, 0), edgeOf(dimension, size)],
            label: null,
          },
      y: { domain: [0, 1], axis: null },
      marks: [
        isTime
          ? utcAxis(width, false)
          : dimension.kind === "log"
            ? Plot.axisX(powerTicks(dimension, width), {
                tickSize: 3,
                tickFormat: (bin: number) => (bin === 0 ? "0" : countShort(edgeOf(dimension, bin))),
                label: null,
              })
            : Plot.axisX({
                ticks: Math.max(2, Math.floor(width / 90)),
                tickSize: 3,
                label: null,
                tickFormat: (value: number) =>
                  Math.abs(value) >= 1e4 ? countShort(value) : String(Number(value.toPrecision(6))),
              }),
        Plot.ruleY([0], { stroke: "var(--line-strong)" }),
      ],
    }) as unknown as SVGSVGElement;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `Histogram of ${dimension.field}`);
    const bottom = HEIGHT - BOTTOM - (isTime ? 10 : 0);
    const step = (right - left) / size;
    const gap = step > 4 ? 1 : 0;
    bars = ["crossfilter-all", "crossfilter-passing"].map((name) =>
      Array.from({ length: size }, (_bin, bin) => {
        const rect = madeSvg("rect", {
          x: left + bin * step + gap / 2,
          width: Math.max(0.8, step - gap),
          class: name,
          y: bottom,
          height: 0,
        });
        plot.append(rect);
        return rect;
      }),
    );
    setBrush = binBrush(plot, {
      left,
      right,
      top: TOP,
      bottom,
      count: size,
      range,
      label: `Range of ${dimension.field}: arrow keys move, shift and arrow keys resize, Escape clears`,
      words,
      changed: (next, settled) => {
        range = next;
        host.choose(next === null ? null : [{ kind: "range", first: next[0], last: next[1] }], settled);
        shell.chosen(next === null ? null : rangeText(dimension, next));
      },
      near: host.near,
    });
    tooltip = new Tooltip(shell.body);
    plot.addEventListener("pointermove", (event) => {
      const x = event.clientX - plot.getBoundingClientRect().left;
      const bin = Math.floor((x - left) / step);
      if (bin < 0 || bin >= size || !counts || event.buttons !== 0) return tooltip?.hide();
      const all = totals?.[bin] ?? 0;
      tooltip?.show(event.clientX, event.clientY, [
        `${edge(bin)} – ${edge(bin + 1)}`,
        counts[bin] === all
          ? countWords(all, "row")
          : `${countText(counts[bin]!)} of ${countWords(all, "row")} (${shareText(all === 0 ? 0 : counts[bin]! / all)})`,
      ]);
    });
    plot.addEventListener("pointerleave", () => tooltip?.hide());
    shell.body.append(plot);
    paint(bottom);
  }

  function paint(bottom = HEIGHT - BOTTOM - (dimension.kind === "step" && dimension.time ? 10 : 0)): void {
    const room = bottom - TOP;
    const most = peak(totals);
    // A small part of all would lie flat: what passes then has a scale of its own, and says so.
    const passing = peak(counts);
    const own = passing > 0 && passing < most / 12;
    [totals, counts].forEach((values, layer) => {
      const top = layer === 1 && own ? passing * 1.25 : most;
      bars[layer]?.forEach((rect, bin) => {
        const count = values?.[bin] ?? 0;
        const height = top === 0 ? 0 : count === 0 ? 0 : Math.max(1, (count / top) * room);
        rect.setAttribute("y", String(bottom - height));
        rect.setAttribute("height", String(height));
      });
    });
    shell.scale(own ? `highest bar: ${countText(passing)}` : null);
  }

  return {
    element: shell.element,
    dimensions: [dimension],
    take(next) {
      totals ??= next.slice();
      counts = next;
      paint();
    },
    fail: shell.fail,
    clear() {
      range = null;
      setBrush(null);
      shell.chosen(null);
    },
    draw,
    table: () =>
      Array.from({ length: size }, (_bin, bin) => [
        dimension.field,
        `${edge(bin)} – ${edge(bin + 1)}`,
        countText(totals?.[bin] ?? 0),
        countText(counts?.[bin] ?? 0),
      ]),
  };
}

function peak(values: Float64Array | null): number {
  return values?.reduce((most, one) => Math.max(most, one), 0) ?? 0;
}

function sum(values: Float64Array | null, [first, last]: BinRange): number {
  let total = 0;
  for (let bin = first; bin <= last; bin += 1) total += values?.[bin] ?? 0;
  return total;
}

function powerTicks(dimension: LogDimension, width: number): number[] {
  const powers = (dimension.size - 1) / dimension.perPower;
  const every = Math.max(1, Math.ceil(powers / Math.max(1, Math.floor(width / 52))));
  const ticks = [];
  for (let power = 0; power <= powers; power += every) ticks.push(1 + power * dimension.perPower);
  return ticks;
}

/** A range of bins as short text: a day is said once, and the year is not. */
function rangeText(dimension: StepDimension | LogDimension, [first, last]: BinRange): string {
  const [from, until] = [edgeText(dimension, first), edgeText(dimension, last + 1)];
  if (dimension.kind !== "step" || !dimension.time) return `${from} – ${until}`;
  const isOneDay = from.slice(0, 10) === until.slice(0, 10);
  return `${from.slice(5)} – ${isOneDay ? until.slice(11) : until.slice(5)}`;
}

/** An edge of a bin as text. */
export function edgeText(dimension: StepDimension | LogDimension, bin: number): string {
  const value = edgeOf(dimension, bin);
  if (dimension.kind === "step" && dimension.time) return utcText(value / 1000);
  if (dimension.integer) return Math.ceil(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(4)));
}
