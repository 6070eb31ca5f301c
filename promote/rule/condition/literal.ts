/** Values of a condition as SQL literals. Browser-safe: pure functions only. */
import { quoteText } from "../../../connectors/sql/quote.ts";

/** Stands for NUL inside a quoted text, which cannot hold it. */
const NUL_STANDS = ["\uE000", "\uE001", "\uF8FF"];

/** A text as an SQL literal. NUL is put in by a function call, and a lone surrogate is written as U+FFFD. */
export function textLiteral(text: string): string {
  const whole = text.toWellFormed();
  if (!whole.includes("\0")) return quoteText(whole);
  const stand = NUL_STANDS.find((candidate) => !whole.includes(candidate));
  if (stand === undefined) return whole.split("\0").map(quoteText).join(" || chr(0) || ");
  return `replace(${quoteText(whole.replaceAll("\0", stand))}, '${stand}', chr(0))`;
}

/** The same text in lower case, as DuckDB's `lower` gives it: of characters past ASCII it is asked itself. */
export function lowerLiteral(text: string): string {
  const lower = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return [...lower].every((sign) => sign < "\u0080" || isCaseless(sign))
    ? textLiteral(lower)
    : `lower(${textLiteral(lower)})`;
}

/** Whether no letter of another case can be meant: digits, punctuation and scripts without case. */
export function isCaseless(text: string): boolean {
  return text.toLowerCase() === text && text.toUpperCase() === text;
}

/** A number as an SQL literal; fractions are DOUBLE, whole numbers keep all their digits. */
export function numberLiteral(value: number | bigint): string {
  if (typeof value === "bigint") return value.toString();
  if (!Number.isFinite(value)) throw new RangeError("A number of a condition is finite.");
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  return /e/.test(String(value)) ? String(value) : `${value}e0`;
}

const WHOLE = /^-?(?:0|[1-9]\d{0,18})$/;
const FRACTION = /^-?(?:0|[1-9]\d{0,15})\.\d{1,15}$/;

/** The number that a text writes in plain decimal digits, or null: `4624` and `-0.5`, but neither `0x1f` nor `007`. */
export function numberWritten(text: string): number | bigint | null {
  if (WHOLE.test(text)) return BigInt(text);
  return FRACTION.test(text) ? Number(text) : null;
}
