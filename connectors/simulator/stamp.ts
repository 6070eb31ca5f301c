import { DAY_MS } from "./rhythm.ts";

const TWO: readonly string[] = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, "0"));
const THREE: readonly string[] = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));

/** Writes the instants of one UTC day as the tools do; only table look-ups per call. */
export interface DayStamps {
  /** `2026-11-17`. */
  readonly date: string;
  /** `08:00:00.123`. */
  clock(msOfDay: number): string;
  /** `08:00:00`. */
  clockSeconds(msOfDay: number): string;
  /** Zeek's seconds since the epoch with six decimals; `micros` is 0 to 999. */
  epoch(msOfDay: number, micros: number): string;
}

export function dayStamps(midnightMs: number): DayStamps {
  const seconds = midnightMs / 1000;
  const clockSeconds = (msOfDay: number): string => {
    const whole = Math.floor(msOfDay / 1000);
    return `${TWO[Math.floor(whole / 3600)]}:${TWO[Math.floor(whole / 60) % 60]}:${TWO[whole % 60]}`;
  };
  return {
    date: new Date(midnightMs).toISOString().slice(0, 10),
    clockSeconds,
    clock: (msOfDay) => `${clockSeconds(msOfDay)}.${THREE[msOfDay % 1000]}`,
    epoch: (msOfDay, micros) =>
      `${seconds + Math.floor(msOfDay / 1000)}.${THREE[msOfDay % 1000]}${THREE[micros]}`,
  };
}

/** Midnight (UTC) of the day that holds `timeMs`. */
export function midnightOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS) * DAY_MS;
}
