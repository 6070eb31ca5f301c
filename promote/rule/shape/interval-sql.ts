/** Time spans as SQL intervals. Browser-safe: pure functions only. */

function clock(microseconds: bigint): string {
  const two = (value: bigint) => String(value).padStart(2, "0");
  const seconds = microseconds / 1_000_000n;
  const fraction = microseconds % 1_000_000n;
  const text = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return fraction === 0n ? text : `${text}.${String(fraction).padStart(6, "0")}`;
}

/** A span in milliseconds, less some microseconds: `INTERVAL '00:04:59.999999'`. */
export function intervalSql(milliseconds: number, lessUs = 0n): string {
  return `INTERVAL '${clock(BigInt(Math.round(milliseconds * 1000)) - lessUs)}'`;
}
