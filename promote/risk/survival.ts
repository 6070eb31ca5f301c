/**
 * P(no acted-on alert by each grid time) for detections that need the same sources in one technique. With
 * probability `kappa` they fire together (comonotone), else independently.
 *
 * `x[r]` = P(fires and is acted on), `arrived[r][j]` = share of r's equally likely alert times at or before grid
 * time j. Writes `out[j]`; `order` is scratch of the same length as `x`.
 */
export function groupSurvival(
  x: ArrayLike<number>,
  arrived: readonly ArrayLike<number>[],
  kappa: number,
  out: Float64Array,
  order: number[] = [],
): void {
  const n = arrived.length;
  if (n === 1) {
    const first = x[0]!;
    const times = arrived[0]!;
    for (let j = 0; j < out.length; j++) out[j] = 1 - first * times[j]!;
    return;
  }
  order.length = n;
  for (let r = 0; r < n; r++) order[r] = r;
  order.sort((p, q) => x[q]! - x[p]! || p - q);
  for (let j = 0; j < out.length; j++) {
    let independent = 1;
    for (let r = 0; r < n; r++) independent *= 1 - x[r]! * arrived[r]![j]!;
    let together = 1 - x[order[0]!]!;
    let waiting = 1;
    for (let k = 0; k < n; k++) {
      const r = order[k]!;
      waiting *= 1 - arrived[r]![j]!;
      const next = k + 1 < n ? x[order[k + 1]!]! : 0;
      together += (x[r]! - next) * waiting;
    }
    out[j] = (1 - kappa) * independent + kappa * together;
  }
}

/** Share of `alertTimes` (equally likely, any order) at or before each time of `grid`. */
export function arrivedShare(alertTimes: readonly number[], grid: readonly number[]): Float64Array {
  return Float64Array.from(
    grid,
    (time) => alertTimes.filter((alert) => alert <= time).length / alertTimes.length,
  );
}
