const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const MINUS = "\u2212";

/** `483,657`. */
export function formatCount(count: number): string {
  return WHOLE.format(count);
}

/** `1 row`, `483,657 rows`. */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `0.4`, `12`, `1,204`: one decimal below ten. */
export function formatRate(value: number): string {
  return Math.abs(value) < 9.95 ? String(Math.round(value * 10) / 10) : WHOLE.format(value);
}

/** A share 0..1 as `84%`, `0.4%`, `<0.1%`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "<0.1%";
  if (percent > 0 && percent < 1) return `${percent.toFixed(1)}%`;
  if (percent > 99 && percent < 100) return `${(Math.floor(percent * 10) / 10).toFixed(1)}%`;
  return `${Math.round(percent)}%`;
}

/** US dollars, three figures at most: `$0`, `$412`, `$46.7k`, `$489k`, `−$1.12M`. */
export function formatUsd(usd: number): string {
  const sign = Math.round(usd) < 0 ? MINUS : "";
  const size = Math.abs(usd);
  if (size < 999.5) return `${sign}$${Math.round(size)}`;
  if (size < 999_500) return `${sign}$${threeFigures(size / 1000)}k`;
  if (size < 999_500_000) return `${sign}$${threeFigures(size / 1_000_000)}M`;
  return `${sign}$${threeFigures(size / 1_000_000_000)}B`;
}

/** `$134k to $1.12M`: a 90% interval. */
export function formatUsdRange(low: number, high: number): string {
  return `${formatUsd(low)} to ${formatUsd(high)}`;
}

/** `412 B`, `6.2 kB`, `1.3 GB`, in powers of ten. */
export function formatBytes(byteCount: number): string {
  if (byteCount < 1000) return `${byteCount} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = byteCount;
  let unit = "B";
  for (const next of units) {
    if (size < 999.5) break;
    size /= 1000;
    unit = next;
  }
  return `${threeFigures(size)} ${unit}`;
}

function threeFigures(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  const text = value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
  return text.replace(/\.?0+$/, "");
}
