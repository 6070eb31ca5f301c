import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { LossStream } from "./exceedance.ts";
import { BLOCK_YEARS } from "./simulate-streams.ts";

export interface ThreadedYears {
  readonly years: number;
  readonly seed: number;
  /** Threads beside this one; the machine's cores unless told. The figures do not depend on it. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Share of the blocks that are done, 0 to 1. */
  readonly progress?: (share: number) => void;
}

/** A negative number so far below zero that no thread counts up to a block again. */
const STOP = -(2 ** 30);

/**
 * Yearly losses [$] of all streams together, simulated on all cores; the same figures as `simulateStreams` with the
 * same seed. Throws the signal's reason when cancelled, and what a thread threw.
 */
export async function simulateStreamsInThreads(
  streams: readonly LossStream[],
  options: ThreadedYears,
): Promise<Float64Array> {
  const { years, seed, signal } = options;
  signal?.throwIfAborted();
  const blocks = Math.ceil(years / BLOCK_YEARS);
  const losses = new SharedArrayBuffer(years * Float64Array.BYTES_PER_ELEMENT);
  const next = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const stop = (): void => void Atomics.store(new Int32Array(next), 0, STOP);
  let done = 0;
  const threads = Math.max(1, Math.min(options.threads ?? availableParallelism(), blocks));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await Promise.all(
      Array.from(
        { length: threads },
        () =>
          new Promise<void>((resolve, reject) => {
            const worker = new Worker(new URL("./stream-worker.ts", import.meta.url), {
              workerData: { streams, seed, years, losses, next },
            });
            worker.on("message", () => {
              done += 1;
              options.progress?.(done / blocks);
            });
            worker.once("error", (error) => {
              stop();
              reject(error);
            });
            worker.once("exit", () => resolve());
          }),
      ),
    );
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  signal?.throwIfAborted();
  return new Float64Array(losses);
}
