const MICROSECONDS_PER_SECOND = 1_000_000n;

/**
 * Renders microseconds since 1970-01-01T00:00:00Z as ISO 8601 in UTC with six decimals:
 * `2026-11-24T10:00:00.000001Z`. Years 0001 to 9999.
 */
export function formatInstant(timeUs: bigint): string {
  let seconds = timeUs / MICROSECONDS_PER_SECOND;
  let micros = timeUs % MICROSECONDS_PER_SECOND;
  if (micros < 0n) {
    micros += MICROSECONDS_PER_SECOND;
    seconds -= 1n;
  }
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}.${micros.toString().padStart(6, "0")}Z`;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Parses an ISO 8601 instant into microseconds since the epoch; a text without an offset is read as UTC and
 * digits past the sixth decimal are dropped. Returns `null` when the text is not an instant.
 */
export function parseInstant(text: string): bigint | null {
  const match = INSTANT.exec(text.trim());
  if (!match) return null;
  const [, day, clock, fraction = "", offset = "Z"] = match;
  const normalOffset =
    offset === "Z" || offset.includes(":") ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`;
  const wholeMs = Date.parse(`${day}T${clock}${normalOffset}`);
  if (Number.isNaN(wholeMs)) return null;
  return BigInt(wholeMs) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
}

/** The clock as an argument: milliseconds since the epoch. Read the real one only at the edge. */
export type Clock = () => number;
