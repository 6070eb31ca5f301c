/** Counts and bounds for narrow places. */
const COUNT = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

export function countText(count: number): string {
  return COUNT.format(count);
}

/** `12.3M` */
export function shortCount(count: number): string {
  return count < 10_000 ? COUNT.format(count) : SHORT.format(count);
}

/** A share of the whole: `12 %`, `< 1 %`, `100 %` only when it is all. */
export function shareText(count: number, whole: number): string {
  if (whole === 0 || count === 0) return "0 %";
  if (count === whole) return "100 %";
  const percent = (count / whole) * 100;
  if (percent < 1) return "< 1 %";
  return `${Math.min(99, Math.round(percent))} %`;
}

/** A bound of a bin, cut to what tells it from its neighbours. */
export function boundText(text: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(text)) return text.replace(/\.\d+.*$/, "").replace(/ 00:00:00$/, "");
  const number = Number(text);
  if (!Number.isFinite(number) || text.trim() === "") return text;
  if (Number.isInteger(number)) return Math.abs(number) < 1e6 ? COUNT.format(number) : SHORT.format(number);
  return number.toPrecision(4).replace(/\.?0+$/, "");
}
