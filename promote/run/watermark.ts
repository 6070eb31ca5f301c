import { earlier, later } from "./earlier-later.ts";
import { microseconds } from "./slice.ts";

interface Seen {
  readonly maxTimeUs: bigint | null;
  /** When the last events of it came. */
  readonly arrivedMs: number;
}

/** How far the events of each dataset have come. */
export class Watermarks {
  readonly #seen = new Map<string, Seen>();

  /** Takes note of events (the newest of them; null for none with a time) that came at `nowMs`. */
  note(dataset: string, maxTimeUs: bigint | null, nowMs: number): void {
    const known = this.#seen.get(dataset)?.maxTimeUs ?? null;
    const newest = known === null || maxTimeUs === null ? (known ?? maxTimeUs) : later(known, maxTimeUs);
    this.#seen.set(dataset, { maxTimeUs: newest, arrivedMs: nowMs });
  }

  /** Takes note of what is there, without saying that it has just come. */
  noteThere(dataset: string, maxTimeUs: bigint | null, nowMs: number): void {
    this.note(dataset, maxTimeUs, this.#seen.get(dataset)?.arrivedMs ?? nowMs);
  }

  newestUs(dataset: string): bigint | null {
    return this.#seen.get(dataset)?.maxTimeUs ?? null;
  }

  /**
   * Up to here everything has arrived, as far as the allowed lateness goes: the largest event time, or the wall clock
   * where that is earlier or nothing has come for that long, less the lateness; over several datasets the lowest. Null
   * while nothing has come.
   */
  of(datasets: readonly string[], latenessMs: number, nowMs: number): bigint | null {
    const clockUs = microseconds(nowMs) - microseconds(latenessMs);
    let lowest: bigint | null = null;
    for (const dataset of datasets) {
      const seen = this.#seen.get(dataset);
      if (seen === undefined || seen.maxTimeUs === null) continue;
      const idle = nowMs - seen.arrivedMs >= latenessMs;
      const seenUs = seen.maxTimeUs - microseconds(latenessMs);
      // A time in the future (a wrong clock) must not carry the watermark away with it, nor use up the lateness.
      const watermarkUs = idle ? clockUs : earlier(seenUs, clockUs);
      if (lowest === null || watermarkUs < lowest) lowest = watermarkUs;
    }
    return lowest;
  }
}
