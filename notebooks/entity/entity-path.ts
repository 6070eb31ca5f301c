/** An entity's value as one segment of a path, and back. Browser-safe: pure functions only. */

/**
 * One segment that gives the value back whatever it holds: `/`, `%`, quotes, newlines. The values `.` and `..`, which every
 * browser would take for a folder, and those that begin with `~` get a `~` in front. A half of a surrogate pair, which no
 * path can hold, becomes U+FFFD.
 */
export function encodeEntityValue(value: string): string {
  const guarded = /^(?:\.{1,2}$|~)/.test(value) ? `~${value}` : value;
  return encodeURIComponent(guarded.toWellFormed());
}

/** What `encodeEntityValue` was given, from the segment after percent-decoding. */
export function decodeEntityValue(decoded: string): string {
  return decoded.startsWith("~") ? decoded.slice(1) : decoded;
}
