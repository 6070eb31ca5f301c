const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 1970 began on a Thursday: weeks are counted from the Monday after. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28, 84, 364].map((days) => days * DAY_MS),
];

/** Equal bins of time: bin i holds the times of [fromMs + i * stepMs, fromMs + (i + 1) * stepMs). */
export interface TimeBins {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/**
 * Bins at round UTC times that cover both ends. Without a step: the smallest round step that needs at most
 * `atMost` bins. A step beyond 20,000 bins is widened to the next round one that is not.
 */
export function timeBins(fromMs: number, untilMs: number, atMost: number, stepMs?: number): TimeBins {
  let step = stepMs ?? STEPS_MS.find((one) => countOf(fromMs, untilMs, one) <= atMost) ?? 0;
  if (!(step > 0))
    step = Math.max(1, Math.ceil((untilMs - fromMs + 1) / Math.max(1, atMost - 1) / DAY_MS)) * DAY_MS;
  if (countOf(fromMs, untilMs, step) > 20_000) return timeBins(fromMs, untilMs, 20_000);
  return { fromMs: floorTo(fromMs, step), stepMs: step, count: countOf(fromMs, untilMs, step) };
}

function countOf(fromMs: number, untilMs: number, stepMs: number): number {
  return Math.round((floorTo(untilMs, stepMs) - floorTo(fromMs, stepMs)) / stepMs) + 1;
}

function floorTo(ms: number, stepMs: number): number {
  const origin = stepMs % (7 * DAY_MS) === 0 ? FIRST_MONDAY_MS : 0;
  return Math.floor((ms - origin) / stepMs) * stepMs + origin;
}

/** Number of a time's bin; it may lie outside [0, count). */
export function binOf({ fromMs, stepMs }: TimeBins, ms: number): number {
  return Math.floor((ms - fromMs) / stepMs);
}

/** Start of a bin, milliseconds since 1970. */
export function binStart({ fromMs, stepMs }: TimeBins, bin: number): number {
  return fromMs + bin * stepMs;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["week", 7 * DAY_MS],
  ["day", DAY_MS],
  ["hour", HOUR_MS],
  ["minute", MINUTE_MS],
  ["second", SECOND_MS],
  ["millisecond", 1],
];

/** A duration as words with its largest whole unit: "5 minutes", "1 hour". */
export function durationWords(ms: number): string {
  const [unit, size] = UNITS.find(([, one]) => ms >= one && ms % one === 0) ?? UNITS.at(-1)!;
  const count = Math.round(ms / size);
  return `${count.toLocaleString("en-US")} ${unit}${count === 1 ? "" : "s"}`;
}

/** A duration rounded to two units: "3 h 20 min", "1.25 s". */
export function durationShort(ms: number): string {
  if (!Number.isFinite(ms)) return "";
  if (ms < 1000) return `${trimmed(ms, 1)} ms`;
  if (ms < 100 * SECOND_MS) return `${trimmed(ms / SECOND_MS, 2)} s`;
  if (ms < 100 * MINUTE_MS) {
    const seconds = Math.round(ms / SECOND_MS);
    return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 48 * 60)
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.?0+$/, "");
}

/** A time as `2026-11-24 13:05` in UTC, with seconds and fractions only where they are not zero. */
export function utcText(ms: number): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return "";
  const iso = new Date(ms).toISOString().replace("T", " ");
  return iso
    .replace(/Z$/, "")
    .replace(/(:\d\d)\.000$/, "$1")
    .replace(/:00$/, "");
}

/** A period as text in UTC; the day is said once when both ends are in it. */
export function periodText(fromMs: number, untilMs: number): string {
  const from = utcText(fromMs);
  const until = utcText(untilMs);
  return `${from} to ${from.slice(0, 10) === until.slice(0, 10) ? until.slice(11) : until} UTC`;
}

/** A stretch of bins without a single event that chance does not explain. */
export interface SilentStretch {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Stretches of empty bins so long that they are no chance: with the median of all bins as the usual rate, events that
 * come independently would leave so many bins empty less than once in a million. A rate below one event in a bin
 * (median 0) tells nothing, and none is found.
 */
export function silentStretches(counts: ArrayLike<number>, bins: TimeBins): SilentStretch[] {
  const sorted = Float64Array.from(counts).sort();
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (median <= 0) return [];
  const needed = Math.ceil(Math.log(1e6) / median);
  const found: SilentStretch[] = [];
  let run = 0;
  for (let bin = 0; bin <= counts.length; bin += 1) {
    if (bin < counts.length && counts[bin] === 0) {
      run += 1;
      continue;
    }
    if (run >= needed) found.push({ fromMs: binStart(bins, bin - run), untilMs: binStart(bins, bin) });
    run = 0;
  }
  return found;
}
