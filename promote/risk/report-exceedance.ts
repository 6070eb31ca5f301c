import {
  gridFor,
  lossExceedance,
  lossQuantile,
  tailMean,
  type YearlyLoss,
  yearlyLoss,
} from "./exceedance.ts";
import { type CompiledRisk, firingProbabilities, lossStreams } from "./expected-loss.ts";
import type { ExceedanceCurve, RiskReport } from "./report-value.ts";
import { simulateYears } from "./simulate.ts";

const GRID_POINTS = 1 << 14;

/**
 * The report's loss curves (no source, without the one in focus, all), checked by `years` simulated years, and
 * P(year > appetite) for any other set of sources.
 */
export function exceedanceOf(
  compiled: CompiledRisk,
  current: number,
  focusIndex: number,
  seed: number,
  years: number,
): {
  readonly value: RiskReport["exceedance"];
  readonly overAppetite: (mask: number) => number | null;
} {
  const { model } = compiled;
  const { appetite } = model.settings;
  const bit = 1 << focusIndex;
  const onboard = (current & bit) !== 0;
  const focus = model.sources[focusIndex]!;
  const masks = [0, current & ~bit, current | bit];
  const grid = gridFor(lossStreams(compiled, 0, true), GRID_POINTS, appetite ? appetite.usd * 2 : 0);
  const cache = new Map<number, YearlyLoss>();
  const lossOf = (mask: number): YearlyLoss => {
    const known = cache.get(mask);
    if (known) return known;
    const made = yearlyLoss(lossStreams(compiled, mask, true), grid.stepUsd, grid.points);
    cache.set(mask, made);
    return made;
  };
  const losses = masks.map(lossOf);
  const labels = [
    "No source",
    onboard ? `Without ${focus.id}` : "Current sources",
    onboard ? "Current sources" : `With ${focus.id}`,
  ];
  const curves = losses.map(
    (loss, i): ExceedanceCurve => ({
      name: (["none", "without", "all"] as const)[i]!,
      label: labels[i]!,
      meanUsd: loss.meanUsd,
      zeroProbability: loss.zeroProbability,
      q90: lossQuantile(loss, 0.9),
      q95: lossQuantile(loss, 0.95),
      q99: lossQuantile(loss, 0.99),
      tailMean95: tailMean(loss, 0.95),
      overAppetite: appetite ? lossExceedance(loss, appetite.usd) : null,
    }),
  );
  const top = Math.max(lossQuantile(losses[0]!, 0.999), (appetite?.usd ?? 0) * 2, 1);
  const bottom = Math.max(grid.stepUsd, top / 1000);
  const points = Array.from({ length: 61 }, (_, i) => {
    const usd = bottom * (top / bottom) ** (i / 60);
    const [none, without, all] = losses.map((loss) => lossExceedance(loss, usd));
    return { usd, none: none!, without: without!, all: all! };
  });

  const at = appetite?.usd ?? Math.max(grid.stepUsd, lossQuantile(losses[2]!, 0.95));
  firingProbabilities(compiled, compiled.means);
  const [simulated] = simulateYears(
    model,
    lossStreams(compiled, masks[2]!, true).map((stream, s) => ({
      chain: compiled.chains[s]!,
      frequency: stream.frequency,
      magnitude: stream.magnitude,
      capUsd: stream.capUsd,
      coverage: compiled.coverageInputs[s]!.map((input) => compiled.means[input]!),
    })),
    compiled.x,
    [masks[2]!],
    { years, seed },
  );
  const exact = lossExceedance(losses[2]!, at);
  const share = simulated!.reduce((count, usd) => count + (usd > at ? 1 : 0), 0) / years;
  const standardError = Math.sqrt(Math.max(exact * (1 - exact), 1 / years) / years);
  return {
    value: {
      points,
      curves,
      check: {
        usd: at,
        exact,
        simulated: share,
        standardError,
        years,
        agrees: Math.abs(share - exact) <= 4 * standardError + 0.0005,
      },
    },
    overAppetite: (mask) => (appetite ? lossExceedance(lossOf(mask), appetite.usd) : null),
  };
}
