/** Spans of time as files write them. Browser-safe: pure functions only. */

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];
const DURATION = /^(?:(\d{1,12})d)?(?:(\d{1,12})h)?(?:(\d{1,12})m)?(?:(\d{1,12})s)?(?:(\d{1,12})ms)?$/;

/** The longest duration that a rule may name: ten years. */
export const MAXIMUM_DURATION_MS = 3660 * 86_400_000;

/**
 * Reads `15m`, `1h30m`, `0s`, `250ms` as milliseconds. Units d, h, m, s, ms, the larger before the smaller.
 * Returns null when the text is no such duration or is longer than 3660 days.
 */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text.trim());
  if (!match || match[0] === "") return null;
  const ms = UNITS.reduce((sum, [, unitMs], index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
  return ms <= MAXIMUM_DURATION_MS ? ms : null;
}

/** Writes milliseconds in the largest unit that keeps them whole: 900000 -> `15m`, 5400000 -> `90m`, 0 -> `0s`. */
export function formatDuration(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0)
    throw new RangeError(`A duration is a whole number of milliseconds, not ${ms}.`);
  if (ms === 0) return "0s";
  const [unit, unitMs] = UNITS.find(([, size]) => ms % size === 0)!;
  return `${ms / unitMs}${unit}`;
}
