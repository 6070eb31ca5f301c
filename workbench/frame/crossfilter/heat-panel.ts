import * as Plot from "@observablehq/plot";
import { countShort, countWords, madeSvg, Tooltip } from "../chart/chart-frame.ts";
import { EMPTY, MISSING } from "../chart/chart-rows.ts";
import { heatColour } from "../chart/hour-of-week.ts";
import { type CellRange, rectBrush } from "../chart/rect-brush.ts";
import { utcAxis } from "../chart/utc-axis.ts";
import {
  type BinChoice,
  type Dimension,
  edgeOf,
  type LogDimension,
  type StepDimension,
} from "./dimension.ts";
import { edgeText } from "./histogram-panel.ts";
import { type Panel, type PanelHost, panelShell } from "./panel.ts";

const BAND = 20;

/** Two fields against each other as a heat map with a rectangle to choose. Rows of the table equivalent: none but counts. */
export function heatPanel(across: StepDimension | LogDimension, down: Dimension, host: PanelHost): Panel {
  const shell = panelShell(`${across.field} × ${down.field}`, host);
  let counts: Float64Array | null = null;
  let range: CellRange | null = null;
  let setBrush: (range: CellRange | null) => void = () => undefined;
  let cells: SVGRectElement[] = [];
  let fills: string[] = [];
  const lines = down.kind === "values" && !down.hasOthers ? down.values.length : down.size;
  /** The first line of a drawing is the top: values from the top, numbers from the bottom. */
  const binOfLine = (line: number) => (down.kind === "values" ? line : lines - 1 - line);
  const at = (column: number, line: number) => counts?.[column * down.size + binOfLine(line)] ?? 0;
  const name = (line: number): string => {
    const bin = binOfLine(line);
    if (down.kind !== "values") return `${edgeText(down, bin)} – ${edgeText(down, bin + 1)}`;
    if (bin >= down.values.length) return "all others";
    const value = down.values[bin];
    return value === null || value === undefined ? MISSING : value === "" ? EMPTY : value;
  };
  const words = (next: CellRange | null) => {
    if (!next) return "Nothing is chosen";
    const period = `${edgeText(across, next.x[0])} – ${edgeText(across, next.x[1] + 1)}`;
    return next.y[0] === next.y[1]
      ? `${period}, ${name(next.y[0]).slice(0, 40)}`
      : `${period}, ${next.y[1] - next.y[0] + 1} lines`;
  };

  function draw(width: number): void {
    shell.body.replaceChildren();
    const band = down.kind === "values" ? BAND : Math.max(4, Math.min(BAND, 200 / lines));
    const isTime = across.kind === "step" && across.time;
    const [left, right, top] = [Math.min(170, Math.max(80, width * 0.2)), width - 20, 4];
    const bottom = top + lines * band;
    const height = bottom + (isTime ? 34 : 24);
    const plot = Plot.plot({
      width,
      height,
      marginLeft: left,
      marginRight: width - right,
      marginTop: top,
      marginBottom: height - bottom,
      x: isTime
        ? {
            type: "utc",
            domain: [new Date(edgeOf(across, 0) / 1000), new Date(edgeOf(across, across.size) / 1000)],
            label: null,
          }
        : {
            type: "linear",
            domain:
              across.kind === "log" ? [0, across.size] : [edgeOf(across, 0), edgeOf(across, across.size)],
            label: null,
          },
      y: { domain: [0, 1], axis: null },
      marks: [
        isTime
          ? utcAxis(right - left, false)
          : Plot.axisX({
              ticks: Math.max(2, Math.floor((right - left) / 90)),
              tickSize: 3,
              label: null,
              tickFormat: (value: number) =>
                across.kind === "log" ? countShort(edgeOf(across, value)) : countShort(value),
            }),
      ],
    }) as unknown as SVGSVGElement;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `Heat map of ${across.field} and ${down.field}`);
    const labelEvery = Math.max(1, Math.ceil(14 / band));
    const most = Math.floor((left - 12) / 6.2);
    for (let line = 0; line < lines; line += labelEvery) {
      const text = name(line);
      const label = madeSvg(
        "text",
        {
          x: left - 8,
          y: top + (line + 0.5) * band + 4,
          "text-anchor": "end",
          class: "crossfilter-heat-name",
        },
        text.length > most ? `${text.slice(0, most - 1)}…` : text,
      );
      label.append(madeSvg("title", {}, text));
      plot.append(label);
    }
    cells = [];
    fills = [];
    const step = (right - left) / across.size;
    for (let column = 0; column < across.size; column += 1)
      for (let line = 0; line < lines; line += 1) {
        const rect = madeSvg("rect", {
          x: left + column * step + 0.5,
          y: top + line * band + 0.5,
          width: Math.max(0.8, step - 1),
          height: Math.max(1, band - 1),
        });
        cells.push(rect);
        plot.append(rect);
      }
    const tooltip = new Tooltip(shell.body);
    setBrush = rectBrush(plot, {
      left,
      right,
      top,
      bottom,
      columns: across.size,
      rows: lines,
      range,
      label: `${across.field} × ${down.field}: drag a rectangle; arrow keys move it, shift and arrow keys resize it, Escape clears`,
      words,
      near: host.near,
      changed: (next, settled) => {
        range = next;
        host.choose(next && choicesOf(next), settled);
        shell.chosen(next && words(next));
      },
      over: (cell, event) => {
        if (!cell || event.buttons !== 0) return tooltip.hide();
        tooltip.show(event.clientX, event.clientY, [
          countWords(at(cell.x, cell.y), "row"),
          `${edgeText(across, cell.x)} – ${edgeText(across, cell.x + 1)}`,
          name(cell.y).slice(0, 120),
        ]);
      },
    });
    shell.body.append(plot);
    paint();
  }

  function choicesOf({ x, y }: CellRange): BinChoice[] {
    const bins = [binOfLine(y[0]), binOfLine(y[1])].sort((a, b) => a - b) as [number, number];
    return [
      { kind: "range", first: x[0], last: x[1] },
      { kind: "range", first: bins[0], last: bins[1] },
    ];
  }

  function paint(): void {
    const most = counts?.reduce((top, one) => Math.max(top, one), 0) ?? 0;
    cells.forEach((rect, index) => {
      const count = at(Math.floor(index / lines), index % lines);
      const fill = heatColour(most === 0 ? 0 : Math.sqrt(count / most));
      if (fills[index] === fill) return;
      fills[index] = fill;
      rect.style.fill = fill;
    });
  }

  return {
    element: shell.element,
    dimensions: [across, down],
    take(next) {
      counts = next;
      shell.scale(null);
      paint();
    },
    fail: shell.fail,
    clear() {
      range = null;
      setBrush(null);
      shell.chosen(null);
    },
    draw,
    table: () => [],
  };
}
