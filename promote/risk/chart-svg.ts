/** Small charts as SVG text, drawn without a document: they print, and need no script. All text is escaped. */

/** Escapes text for HTML and SVG content and attributes. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

/** Linear scale with about five round ticks; the domain always holds at least a point's width. */
export function linearScale(from: number, to: number, start: number, end: number): Scale {
  const width = to > from ? to - from : 1;
  const rough = width / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= from + width + step * 1e-9; i++) ticks.push(i * step);
  return Object.assign((value: number) => start + ((value - from) / width) * (end - start), { ticks });
}

/** Logarithmic scale over (from, to), both above 0; ticks at 1, 2, 5 of each power, thinned to at most 8. */
export function logScale(from: number, to: number, start: number, end: number): Scale {
  const low = Math.log10(from);
  const width = Math.max(1e-9, Math.log10(to) - low);
  const all: number[] = [];
  for (let power = Math.floor(low); power <= Math.log10(to); power++) {
    for (const digit of [1, 2, 5]) {
      const value = digit * 10 ** power;
      if (value >= from * 0.999 && value <= to * 1.001) all.push(value);
    }
  }
  const tens = all.filter((value) => Math.abs(Math.log10(value) % 1) < 1e-9);
  const ticks = all.length <= 8 ? all : tens.length >= 2 ? tens : all.filter((_, i) => i % 2 === 0);
  return Object.assign(
    (value: number) => start + ((Math.log10(Math.max(value, from / 10)) - low) / width) * (end - start),
    { ticks },
  );
}

const round = (value: number): string => (Number.isFinite(value) ? String(Math.round(value * 10) / 10) : "0");

export function line(x1: number, y1: number, x2: number, y2: number, style = "grid"): string {
  return `<line class="${style}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

export function rectangle(x: number, y: number, width: number, height: number, style: string): string {
  return `<rect class="${style}" x="${round(Math.min(x, x + width))}" y="${round(y)}" width="${round(Math.abs(width))}" height="${round(height)}"/>`;
}

export function circle(x: number, y: number, radius: number, style: string): string {
  return `<circle class="${style}" cx="${round(x)}" cy="${round(y)}" r="${radius}"/>`;
}

export function label(
  x: number,
  y: number,
  text: string,
  anchor: "start" | "middle" | "end" = "start",
  style = "",
): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${style ? ` class="${style}"` : ""}>${escapeMarkup(text)}</text>`;
}

export function polyline(points: readonly (readonly [number, number])[], style: string): string {
  return `<polyline class="${style}" points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ")}"/>`;
}

/** A text cut to `length` characters with an ellipsis, for narrow margins. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** The SVG element; `description` is what a screen reader says. */
export function svg(width: number, height: number, description: string, parts: readonly string[]): string {
  return `<svg role="img" aria-label="${escapeMarkup(description)}" viewBox="0 0 ${width} ${height}" width="100%">${parts.join("")}</svg>`;
}
