/** The earlier of two times. */
export function earlier(left: bigint, right: bigint): bigint {
  if (left < right) return left;
  return right;
}

/** The later of two times. */
export function later(left: bigint, right: bigint): bigint {
  if (left > right) return left;
  return right;
}
