import { madeSvg } from "./chart-frame.ts";

/** First and last bin of a period, both included. */
export type BinRange = readonly [number, number];

export interface BinBrushOptions {
  /** Drawing area in the SVG's units. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Bins of equal width between left and right. */
  readonly count: number;
  readonly range: BinRange | null;
  readonly label: string;
  /** What is said of a range, and of null. */
  words(range: BinRange | null): string;
  /** `settled` is false while the pointer is still down. */
  changed(range: BinRange | null, settled: boolean): void;
  /** The pointer came near: a brush may follow. */
  near?(): void;
}

/**
 * A brush over bins, for pointer and keyboard. Drag: a new range; drag the range: moves it; drag an edge: resizes;
 * click: clears. Keys: arrows move, shift and arrow resize, Home and End go to the ends, Escape clears.
 *
 * @returns sets the range from outside without announcing it
 */
export function binBrush(svg: SVGSVGElement, options: BinBrushOptions): (range: BinRange | null) => void {
  const { left, right, top, bottom, count } = options;
  const width = (right - left) / count;
  let range = options.range;
  const group = madeSvg("g", {
    class: "chart-brush",
    tabindex: 0,
    role: "slider",
    "aria-label": options.label,
    "aria-valuemin": 0,
    "aria-valuemax": Math.max(0, count - 1),
  });
  const ground = madeSvg("rect", {
    class: "chart-brush-ground",
    x: left,
    y: top,
    width: Math.max(0, right - left),
    height: Math.max(0, bottom - top),
  });
  const chosen = madeSvg("rect", { class: "chart-brush-range", y: top, height: Math.max(0, bottom - top) });
  const edges = [0, 1].map(() =>
    madeSvg("rect", { class: "chart-brush-edge", y: top, width: 8, height: Math.max(0, bottom - top) }),
  );
  const grips = [0, 1].map(() =>
    madeSvg("rect", {
      class: "chart-brush-grip",
      y: (top + bottom) / 2 - 9,
      width: 5,
      height: 18,
      rx: 2,
    }),
  );
  group.append(ground, chosen, ...edges, ...grips);
  svg.append(group);

  const place = () => {
    const shown = range !== null;
    for (const element of [chosen, ...edges, ...grips]) element.style.display = shown ? "" : "none";
    group.setAttribute("aria-valuenow", String(range?.[0] ?? 0));
    group.setAttribute("aria-valuetext", options.words(range));
    if (!range) return;
    const x0 = left + range[0] * width;
    const x1 = left + (range[1] + 1) * width;
    chosen.setAttribute("x", String(x0));
    chosen.setAttribute("width", String(Math.max(1, x1 - x0)));
    [x0, x1].forEach((x, side) => {
      edges[side]!.setAttribute("x", String(x - 4));
      grips[side]!.setAttribute("x", String(x - 2.5));
    });
  };
  const set = (next: BinRange | null, settled: boolean) => {
    const same =
      next === range || (next !== null && range !== null && next[0] === range[0] && next[1] === range[1]);
    if (same && !settled) return;
    range = next;
    place();
    options.changed(range, settled);
  };
  const binAt = (event: PointerEvent) => {
    const matrix = svg.getScreenCTM();
    if (!matrix) return 0;
    const { x } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    return Math.min(count - 1, Math.max(0, Math.floor((x - left) / width)));
  };

  group.addEventListener("pointerenter", () => options.near?.());
  group.addEventListener("focus", () => options.near?.());
  group.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    group.classList.add("pointed");
    group.focus({ preventScroll: true });
    group.setPointerCapture(event.pointerId);
    const start = binAt(event);
    const before = range;
    const edge = edges.indexOf(event.target as SVGRectElement);
    const moving = event.target === chosen && before !== null;
    const anchor = edge >= 0 && before ? before[edge === 0 ? 1 : 0] : start;
    let dragged = false;
    const move = (next: PointerEvent) => {
      const bin = binAt(next);
      if (!dragged && bin === start && Math.abs(next.clientX - event.clientX) < 3) return;
      dragged = true;
      if (moving) set(shifted(before, bin - start, count), false);
      else set([Math.min(anchor, bin), Math.max(anchor, bin)], false);
    };
    const end = (last: PointerEvent) => {
      group.removeEventListener("pointermove", move);
      group.removeEventListener("pointerup", end);
      group.removeEventListener("pointercancel", end);
      if (last.type === "pointerup" && !dragged && edge < 0) set(null, true);
      else if (dragged) set(range, true);
    };
    group.addEventListener("pointermove", move);
    group.addEventListener("pointerup", end);
    group.addEventListener("pointercancel", end);
  });
  group.addEventListener("blur", () => group.classList.remove("pointed"));
  group.addEventListener("keydown", (event) => {
    group.classList.remove("pointed");
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    let next: BinRange | null;
    if (step !== 0 && range === null) next = step > 0 ? [0, 0] : [count - 1, count - 1];
    else if (step !== 0 && event.shiftKey)
      next = [range![0], Math.min(count - 1, Math.max(range![0], range![1] + step))];
    else if (step !== 0) next = shifted(range!, step, count);
    else if (event.key === "Home") next = range ? shifted(range, -count, count) : [0, 0];
    else if (event.key === "End") next = range ? shifted(range, count, count) : [count - 1, count - 1];
    else if (event.key === "Escape") next = null;
    else return;
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

/** A range moved by some bins, as far as the ends allow. */
export function shifted([first, last]: BinRange, by: number, count: number): BinRange {
  const step = Math.max(-first, Math.min(count - 1 - last, by));
  return [first + step, last + step];
}
