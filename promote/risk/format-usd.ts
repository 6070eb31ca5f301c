/** Dollars for a sentence or an axis: `$489k`, `$1.12M`, `−$3.9k`, `$640`. */
export function formatUsd(usd: number): string {
  const size = Math.abs(usd);
  const sign = usd < 0 && size >= 0.5 ? "\u2212" : "";
  if (size < 999.5) return `${sign}$${Math.round(size)}`;
  const [unit, divisor] = size >= 999.5e6 ? ["B", 1e9] : size >= 999.5e3 ? ["M", 1e6] : ["k", 1e3];
  const scaled = size / Number(divisor);
  return `${sign}$${Number(scaled.toPrecision(3))}${unit}`;
}
