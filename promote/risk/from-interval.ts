import { betaCdf, gammaQuantile, normalQuantile } from "./special-functions.ts";

/** Gamma(shape, rate) whose central interval at `level` is [low, high], 0 < low < high. By bisection on ln shape. */
export function gammaFromInterval(low: number, high: number, level = 0.9): { shape: number; rate: number } {
  const lower = (1 - level) / 2;
  const upper = 1 - lower;
  const ratio = Math.log(high / low);
  const miss = (logShape: number): number => {
    const shape = Math.exp(logShape);
    return Math.log(gammaQuantile(upper, shape, 1) / gammaQuantile(lower, shape, 1)) - ratio;
  };
  let from = Math.log(0.02);
  let to = Math.log(1e6);
  for (let i = 0; i < 200 && to - from > 1e-13; i++) {
    const middle = (from + to) / 2;
    if (miss(middle) > 0) from = middle;
    else to = middle;
  }
  const shape = Math.exp((from + to) / 2);
  return { shape, rate: gammaQuantile(upper, shape, 1) / high };
}

/**
 * Beta(a, b) whose central interval at `level` is [low, high], 0 < low < high < 1. Damped Newton steps on the two
 * quantile equations in (ln a, ln b), from a moment match.
 */
export function betaFromInterval(low: number, high: number, level = 0.9): { a: number; b: number } {
  const lower = (1 - level) / 2;
  const mean = (low + high) / 2;
  const sd = (high - low) / (2 * normalQuantile(1 - lower));
  const size = Math.max(0.5, (mean * (1 - mean)) / (sd * sd) - 1);
  let x = Math.log(mean * size);
  let y = Math.log((1 - mean) * size);
  const misses = (u: number, v: number): [number, number] => [
    betaCdf(low, Math.exp(u), Math.exp(v)) - lower,
    betaCdf(high, Math.exp(u), Math.exp(v)) - (1 - lower),
  ];
  const norm = ([p, q]: [number, number]): number => Math.hypot(p, q);
  for (let i = 0; i < 100; i++) {
    const now = misses(x, y);
    if (norm(now) < 1e-14) break;
    const step = 1e-6;
    const [px, qx] = misses(x + step, y);
    const [mx, nx] = misses(x - step, y);
    const [py, qy] = misses(x, y + step);
    const [my, ny] = misses(x, y - step);
    const dpx = (px - mx) / (2 * step);
    const dqx = (qx - nx) / (2 * step);
    const dpy = (py - my) / (2 * step);
    const dqy = (qy - ny) / (2 * step);
    const determinant = dpx * dqy - dpy * dqx;
    if (determinant === 0) break;
    const dx = -(now[0] * dqy - now[1] * dpy) / determinant;
    const dy = -(now[1] * dpx - now[0] * dqx) / determinant;
    let damping = 1;
    while (damping > 1e-6 && !(norm(misses(x + damping * dx, y + damping * dy)) < norm(now))) damping /= 2;
    if (damping <= 1e-6) break;
    x += damping * dx;
    y += damping * dy;
  }
  return { a: Math.exp(x), b: Math.exp(y) };
}
