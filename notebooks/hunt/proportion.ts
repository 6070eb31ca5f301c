/** Bounds of a share, as fractions from 0 to 1. */
export interface ShareInterval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  readonly method: "Wilson";
}

const CONFIDENCE = 0.95;
/** The normal quantile of 0.975. */
const Z = 1.959963984540054;

/**
 * The share behind `found` of `total` independent trials, at 95 % confidence: Wilson's score interval (E. B. Wilson,
 * 1927), which holds for small numbers and never leaves 0 to 1. Without a trial it is 0 to 1. Throws RangeError when
 * `found` is not between 0 and `total`.
 */
export function shareInterval(found: number, total: number): ShareInterval {
  if (!Number.isInteger(found) || !Number.isInteger(total) || found < 0 || found > total)
    throw new RangeError(`${found} of ${total} is no share.`);
  if (total === 0) return { low: 0, high: 1, confidence: CONFIDENCE, method: "Wilson" };
  const share = found / total;
  const square = Z ** 2 / total;
  const middle = (share + square / 2) / (1 + square);
  const reach = (Z / (1 + square)) * Math.sqrt((share * (1 - share)) / total + square / (4 * total));
  return {
    low: found === 0 ? 0 : Math.max(0, middle - reach),
    high: found === total ? 1 : Math.min(1, middle + reach),
    confidence: CONFIDENCE,
    method: "Wilson",
  };
}
