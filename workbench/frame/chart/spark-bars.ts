import { madeSvg } from "./chart-frame.ts";

/** Small bars without axes; the last figure of a table cell says what they mean. */
export function sparkBars(counts: readonly number[], width: number, height: number): SVGSVGElement {
  const most = counts.reduce((top, count) => Math.max(top, count), 1);
  const svg = madeSvg("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    class: "chart-columns",
    "aria-hidden": "true",
  });
  const step = width / counts.length;
  svg.append(
    madeSvg("line", { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5, class: "chart-columns-base" }),
  );
  counts.forEach((count, index) => {
    if (count === 0) return;
    const size = Math.max(1.5, (count / most) * (height - 1));
    svg.append(
      madeSvg("rect", {
        x: index * step,
        y: height - 0.5 - size,
        width: Math.max(0.6, step - (step > 3 ? 1 : 0)),
        height: size,
      }),
    );
  });
  return svg;
}
