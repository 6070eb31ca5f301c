/** One thread of `simulateStreamsInThreads`: takes blocks until there is none. */
import { parentPort, workerData } from "node:worker_threads";
import type { LossStream } from "./exceedance.ts";
import { BLOCK_YEARS, simulateBlock, streamSimulation } from "./simulate-streams.ts";

const { streams, seed, years, losses, next } = workerData as {
  readonly streams: readonly LossStream[];
  readonly seed: number;
  readonly years: number;
  readonly losses: SharedArrayBuffer;
  /** `[0]`: the next block to take; a negative number stops. */
  readonly next: SharedArrayBuffer;
};
const simulation = streamSimulation(streams, seed);
const yearly = new Float64Array(losses);
const counter = new Int32Array(next);
for (;;) {
  const block = Atomics.add(counter, 0, 1);
  if (block < 0 || block * BLOCK_YEARS >= years) break;
  simulateBlock(simulation, block, yearly.subarray(block * BLOCK_YEARS, (block + 1) * BLOCK_YEARS));
  parentPort!.postMessage(block);
}
