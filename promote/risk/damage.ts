/** Days from alert to containment. */
export type Response =
  | { readonly kind: "fixed"; readonly days: number }
  | { readonly kind: "lognormal"; readonly mu: number; readonly sigma: number };

/** Knots [day, share of the full damage done by then], days and shares nondecreasing; linear between. */
export type DamageCurve = readonly (readonly [day: number, share: number])[];

/** Share of the damage done by `day`; constant beyond the knots, 1 at infinity. */
export function damageShare(curve: DamageCurve, day: number): number {
  if (day === Number.POSITIVE_INFINITY) return 1;
  const first = curve[0]!;
  if (day <= first[0]) return first[1];
  for (let i = 1; i < curve.length; i++) {
    const [rightDay, rightShare] = curve[i]!;
    if (day <= rightDay) {
      const [leftDay, leftShare] = curve[i - 1]!;
      if (rightDay === leftDay) return rightShare;
      return leftShare + ((rightShare - leftShare) * (day - leftDay)) / (rightDay - leftDay);
    }
  }
  return curve[curve.length - 1]![1];
}

/**
 * E over the response time R of the damage share at min(alertDay + R, endDay); endDay is when the attacker stalls
 * (Infinity: never). A fixed R is exact; a lognormal R uses Simpson's rule over the normal score on [-8, 8], split
 * at the curve's knots.
 */
export function expectedDamage(
  curve: DamageCurve,
  alertDay: number,
  response: Response,
  endDay: number,
): number {
  if (response.kind === "fixed" || response.sigma === 0) {
    const days = response.kind === "fixed" ? response.days : Math.exp(response.mu);
    return damageShare(curve, Math.min(alertDay + days, endDay));
  }
  const { mu, sigma } = response;
  const at = (z: number): number =>
    damageShare(curve, Math.min(alertDay + Math.exp(mu + sigma * z), endDay)) *
    (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI));
  const cuts = [-8, 8];
  for (const day of [...curve.map((knot) => knot[0]), endDay]) {
    const gap = day - alertDay;
    if (gap > 0 && Number.isFinite(gap)) {
      const z = (Math.log(gap) - mu) / sigma;
      if (z > -8 && z < 8) cuts.push(z);
    }
  }
  cuts.sort((p, q) => p - q);
  let total = 0;
  for (let i = 1; i < cuts.length; i++) {
    const from = cuts[i - 1]!;
    const width = cuts[i]! - from;
    if (width <= 0) continue;
    const panels = 2 * Math.max(2, Math.ceil(width * 8));
    let sum = at(from) + at(from + width);
    for (let k = 1; k < panels; k++) sum += (k % 2 === 1 ? 4 : 2) * at(from + (width * k) / panels);
    total += (sum * width) / (3 * panels);
  }
  return total;
}
