import { earlier, later } from "./earlier-later.ts";
import { microseconds } from "./slice.ts";

interface Seen {
  readonly maxTimeUs: bigint | null;
  /** When the last events of it came, or since when it is known. */
  readonly arrivedMs: number;
  /** Whether events of it have come since it is known: what only stands there holds no rule back that others move. */
  readonly moves: boolean;
}

/** How far the events of each dataset have come. */
export class Watermarks {
  readonly #seen = new Map<string, Seen>();

  /** Takes note of events (the newest of them; null for none with a time) that came at `nowMs`. */
  note(dataset: string, maxTimeUs: bigint | null, nowMs: number): void {
    // A commit without events of it, as of a source with several datasets, does not keep a silent one awake.
    if (maxTimeUs === null) {
      this.noteThere(dataset, null, nowMs);
      return;
    }
    this.#seen.set(dataset, { maxTimeUs: this.#newest(dataset, maxTimeUs), arrivedMs: nowMs, moves: true });
  }

  /** Takes note of what is there, without saying that it has just come. */
  noteThere(dataset: string, maxTimeUs: bigint | null, nowMs: number): void {
    const known = this.#seen.get(dataset);
    this.#seen.set(dataset, {
      maxTimeUs: this.#newest(dataset, maxTimeUs),
      arrivedMs: known?.arrivedMs ?? nowMs,
      moves: known?.moves ?? false,
    });
  }

  #newest(dataset: string, maxTimeUs: bigint | null): bigint | null {
    const known = this.#seen.get(dataset)?.maxTimeUs ?? null;
    return known === null || maxTimeUs === null ? (known ?? maxTimeUs) : later(known, maxTimeUs);
  }

  newestUs(dataset: string): bigint | null {
    return this.#seen.get(dataset)?.maxTimeUs ?? null;
  }

  /**
   * Up to here everything has arrived, as far as the allowed lateness goes: the largest event time, or the wall clock
   * where that is earlier or nothing has come for that long, less the lateness; over several datasets the lowest of
   * those that move, or of all while none does. Null while nothing has come.
   */
  of(datasets: readonly string[], latenessMs: number, nowMs: number): bigint | null {
    const clockUs = microseconds(nowMs) - microseconds(latenessMs);
    const seenOnes = datasets.flatMap((dataset) => this.#seen.get(dataset) ?? []);
    const anyMoves = seenOnes.some(({ moves }) => moves);
    let lowest: bigint | null = null;
    for (const seen of seenOnes) {
      if (seen.maxTimeUs === null || (anyMoves && !seen.moves)) continue;
      const idle = nowMs - seen.arrivedMs >= latenessMs;
      const seenUs = seen.maxTimeUs - microseconds(latenessMs);
      // A time in the future (a wrong clock) must not carry the watermark away with it, nor use up the lateness.
      const watermarkUs = idle ? clockUs : earlier(seenUs, clockUs);
      if (lowest === null || watermarkUs < lowest) lowest = watermarkUs;
    }
    return lowest;
  }
}
