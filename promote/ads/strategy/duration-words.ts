/** A span of time in words. Browser-safe: pure functions only. */

const UNITS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
  [1, "millisecond"],
] as const;

/** `90000` -> `1 minute and 30 seconds`; zero is `0 seconds`. */
export function durationWords(ms: number): string {
  let rest = ms;
  const parts: string[] = [];
  for (const [unitMs, name] of UNITS) {
    const count = Math.floor(rest / unitMs);
    if (count === 0) continue;
    rest -= count * unitMs;
    parts.push(`${count} ${name}${count === 1 ? "" : "s"}`);
  }
  if (parts.length === 0) return "0 seconds";
  return parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
