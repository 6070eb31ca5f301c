/** Browser-safe: pure functions, and SQL that makes the same ones. */
import { type HuntMacro, macro } from "./hunt-function.ts";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Lower case of A to Z alone: what other letters become depends on the language's tables, and they differ. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export const ASCII_MACROS: readonly HuntMacro[] = [
  macro("hunt_lower", ["__text"], `translate(__text, '${UPPER}', '${UPPER.toLowerCase()}')`),
];

/** Order of UTF-8 bytes, which is DuckDB's. */
export function compareText(left: string, right: string): number {
  const a = [...left];
  const b = [...right];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = a[at]!.codePointAt(0)! - b[at]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Sorted, each once. */
export function sortedSet(values: Iterable<string>): string[] {
  return [...new Set(values)].sort(compareText);
}
