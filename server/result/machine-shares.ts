/** What each DuckDB of a server may take of its machine. */
export interface EngineShare {
  /** As DuckDB reads it. */
  readonly memoryLimit: string;
  readonly threads: number;
}

export interface MachineShares {
  /** Rules, streams and the server's own pages. */
  readonly rules: EngineShare;
  /** What people ask in notebooks. */
  readonly hunts: EngineShare;
  /** Each running hunt works on a thread of its own beside the engine's. */
  readonly huntsAtOnce: number;
  /** The kept results of what they asked. */
  readonly results: EngineShare;
}

const MEBIBYTE = 1024 ** 2;
/** The three together take at most this part of the memory, unless that is less than they can work with. */
const TOGETHER = 0.5;
const LEAST_MEBIBYTES = 512;

/**
 * Divides a machine of `memoryBytes` and `cores`: a quarter of what DuckDB gets is for rules, the rest in equal parts for
 * hunts and their results. Hunts leave one core to everything else.
 */
export function machineShares(memoryBytes: number, cores: number): MachineShares {
  const share = (part: number, threads: number): EngineShare => ({
    memoryLimit: `${Math.max(LEAST_MEBIBYTES, Math.floor((memoryBytes * TOGETHER * part) / MEBIBYTE))}MiB`,
    threads: Math.max(1, threads),
  });
  return {
    rules: share(0.25, Math.min(cores, 4)),
    hunts: share(0.375, cores - 1),
    huntsAtOnce: Math.max(4, cores),
    results: share(0.375, Math.min(cores, 4)),
  };
}
