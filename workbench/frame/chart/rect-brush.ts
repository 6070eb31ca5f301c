import { shifted } from "./bin-brush.ts";
import { madeSvg } from "./chart-frame.ts";

/** Columns and rows of cells, both ends included; rows count from the top. */
export interface CellRange {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export interface RectBrushOptions {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly columns: number;
  readonly rows: number;
  readonly range: CellRange | null;
  readonly label: string;
  words(range: CellRange | null): string;
  changed(range: CellRange | null, settled: boolean): void;
  near?(): void;
  /** The pointer is over a cell, or over none. */
  over?(cell: { readonly x: number; readonly y: number } | null, event: PointerEvent): void;
}

/**
 * A brush over a grid of cells. Drag: a new rectangle; click: clears one that is there, else takes the cell. Keys: arrows
 * move, shift and arrows resize, Enter takes a first cell, Escape clears.
 *
 * @returns sets the range from outside without announcing it
 */
export function rectBrush(svg: SVGSVGElement, options: RectBrushOptions): (range: CellRange | null) => void {
  const { left, right, top, bottom, columns, rows } = options;
  const [width, height] = [(right - left) / columns, (bottom - top) / rows];
  let range = options.range;
  const group = madeSvg("g", { class: "chart-brush rect", tabindex: 0, role: "img" });
  const ground = madeSvg("rect", {
    class: "chart-brush-ground",
    x: left,
    y: top,
    width: right - left,
    height: bottom - top,
  });
  const chosen = madeSvg("rect", { class: "chart-brush-range" });
  group.append(ground, chosen);
  svg.append(group);
  const place = () => {
    group.setAttribute("aria-label", `${options.label}. ${options.words(range)}`);
    chosen.style.display = range ? "" : "none";
    if (!range) return;
    chosen.setAttribute("x", String(left + range.x[0] * width));
    chosen.setAttribute("width", String((range.x[1] - range.x[0] + 1) * width));
    chosen.setAttribute("y", String(top + range.y[0] * height));
    chosen.setAttribute("height", String((range.y[1] - range.y[0] + 1) * height));
  };
  const set = (next: CellRange | null, settled: boolean) => {
    if (!settled && JSON.stringify(next) === JSON.stringify(range)) return;
    range = next;
    place();
    options.changed(range, settled);
  };
  const cellAt = (event: PointerEvent) => {
    const matrix = svg.getScreenCTM()!;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    return {
      x: Math.min(columns - 1, Math.max(0, Math.floor((point.x - left) / width))),
      y: Math.min(rows - 1, Math.max(0, Math.floor((point.y - top) / height))),
    };
  };
  group.addEventListener("pointerenter", () => options.near?.());
  group.addEventListener("focus", () => options.near?.());
  group.addEventListener("pointermove", (event) => options.over?.(cellAt(event), event));
  group.addEventListener("pointerleave", (event) => options.over?.(null, event));
  group.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    group.classList.add("pointed");
    group.focus({ preventScroll: true });
    group.setPointerCapture(event.pointerId);
    const start = cellAt(event);
    const had = range !== null;
    let dragged = false;
    const move = (next: PointerEvent) => {
      if (!dragged && Math.hypot(next.clientX - event.clientX, next.clientY - event.clientY) < 4) return;
      dragged = true;
      const end = cellAt(next);
      set(
        {
          x: [Math.min(start.x, end.x), Math.max(start.x, end.x)],
          y: [Math.min(start.y, end.y), Math.max(start.y, end.y)],
        },
        false,
      );
    };
    const end = (last: PointerEvent) => {
      group.removeEventListener("pointermove", move);
      group.removeEventListener("pointerup", end);
      group.removeEventListener("pointercancel", end);
      if (dragged) set(range, true);
      else if (last.type === "pointerup")
        set(had ? null : { x: [start.x, start.x], y: [start.y, start.y] }, true);
    };
    group.addEventListener("pointermove", move);
    group.addEventListener("pointerup", end);
    group.addEventListener("pointercancel", end);
  });
  group.addEventListener("blur", () => group.classList.remove("pointed"));
  group.addEventListener("keydown", (event) => {
    group.classList.remove("pointed");
    const dx = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const dy = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    let next: CellRange | null;
    if (event.key === "Escape") next = null;
    else if (dx === 0 && dy === 0 && event.key !== "Enter") return;
    else if (!range) {
      const middle = { x: Math.floor(columns / 2), y: Math.floor(rows / 2) };
      next = { x: [middle.x, middle.x], y: [middle.y, middle.y] };
    } else if (event.shiftKey) next = { x: resized(range.x, dx, columns), y: resized(range.y, dy, rows) };
    else next = { x: shifted(range.x, dx, columns), y: shifted(range.y, dy, rows) };
    event.preventDefault();
    event.stopPropagation();
    set(next, true);
  });
  place();
  return (next) => {
    range = next;
    place();
  };
}

function resized([first, last]: readonly [number, number], by: number, count: number): [number, number] {
  return [first, Math.min(count - 1, Math.max(first, last + by))];
}
