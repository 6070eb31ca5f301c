/** Bit operations over sets of sources: bit i of a mask is source i. */

/** Number of sources in the set. */
export function setSize(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** `edr+dns`, in list order; `-` for nobody. */
export function setName(mask: number, ids: readonly string[]): string {
  return ids.filter((_, i) => (mask >> i) & 1).join("+") || "-";
}

/**
 * For a set given as a mask over all sources: the same set in a scenario's own, shorter source order.
 * `local[i]` is the global index of the scenario's source i.
 */
export function localMask(mask: number, local: readonly number[]): number {
  let result = 0;
  for (let i = 0; i < local.length; i++) if ((mask >>> local[i]!) & 1) result |= 1 << i;
  return result;
}

/** Table over 2^n sets: sum of `terms` whose `mask` is inside the set (zeta transform). Used for costs. */
export function insideSums(
  sourceCount: number,
  terms: readonly { readonly mask: number; readonly value: number }[],
): Float64Array {
  const table = new Float64Array(1 << sourceCount);
  for (const term of terms) table[term.mask]! += term.value;
  for (let i = 0; i < sourceCount; i++)
    for (let set = 0; set < table.length; set++) if ((set >> i) & 1) table[set]! += table[set ^ (1 << i)]!;
  return table;
}

/** Harsanyi dividends of a table over 2^n sets: what each set adds beyond all its parts (Moebius transform). */
export function dividends(table: ArrayLike<number>): Float64Array {
  const result = Float64Array.from(table);
  for (let bit = 1; bit < result.length; bit <<= 1)
    for (let set = 0; set < result.length; set++) if (set & bit) result[set]! -= result[set ^ bit]!;
  return result;
}
