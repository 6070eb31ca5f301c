import { horizonFactor } from "./cost.ts";
import { summarise } from "./epistemic.ts";
import type { RiskInput } from "./expected-loss.ts";
import { formatUsd } from "./format-usd.ts";
import { evppi, evsiLinear, noiseFloor } from "./information.ts";
import type { ReportContext } from "./report-context.ts";
import type { RiskReport } from "./report-value.ts";

/** What knowing each input, of benefits and of costs, is worth to the decision in focus; null below the noise. */
export function informationOf(context: ReportContext): {
  readonly value: RiskReport["information"];
  readonly evppis: ReadonlyMap<string, number | null>;
} {
  const { compiled, sampled, costDraws, focusIndex } = context;
  const { net, evpiUsd } = context.decisions[focusIndex]!;
  const { model } = compiled;
  const { settings } = model;
  const focus = model.sources[focusIndex]!;
  const horizon = horizonFactor(settings.discountRate, settings.horizonYears);
  const evppis = new Map<string, number | null>();
  const bars: RiskReport["information"]["bars"][number][] = [];
  let floorUsd = 0;
  const drawn: (readonly [RiskInput, Float64Array])[] = [
    ...compiled.inputs.map((input, i) => [input, sampled.inputs[i]!] as const),
    ...costDraws.inputs.map((input, i) => [input, costDraws.values[i]!] as const),
  ];
  for (const [input, values] of drawn) {
    if (!input.uncertain) continue;
    const fit = evppi(values, net);
    const floor = noiseFloor(values, net);
    floorUsd = Math.max(floorUsd, floor);
    const measurement = model.measurements.find((one) => one.input === input.name);
    bars.push({
      input: input.name,
      evppiUsd: fit.evppi,
      tests8Usd: input.beta ? evsiLinear(fit, input.beta, 8) : null,
      priceUsd: measurement?.usd ?? null,
      how: measurement?.how ?? suggestion(input.kind),
    });
  }
  const least = Math.max(floorUsd, 0.01 * evpiUsd);
  const shown = bars.filter((bar) => bar.evppiUsd > least).sort((p, q) => q.evppiUsd - p.evppiUsd);
  for (const bar of bars) evppis.set(bar.input, bar.evppiUsd > least ? bar.evppiUsd : null);
  const mean = summarise(net).mean;
  const first = shown[0];
  const advice =
    evpiUsd < 0.02 * Math.max(Math.abs(mean), 1)
      ? `Just decide about ${focus.title}: knowing everything would be worth only ${formatUsd(evpiUsd)} a year.`
      : first
        ? `Learn ${first.input} first: worth up to ${formatUsd(first.evppiUsd)} a year (${formatUsd(horizon * first.evppiUsd)} over ${settings.horizonYears} years) of the ${formatUsd(evpiUsd)} that knowing everything would be.`
        : `No single input settles it: knowing everything would be worth ${formatUsd(evpiUsd)} a year.`;
  return {
    value: { evpiUsd, horizonEvpiUsd: horizon * evpiUsd, floorUsd, bars: shown.slice(0, 10), advice },
    evppis,
  };
}

/** How an input is usually learned. */
export function suggestion(kind: RiskInput["kind"]): string {
  switch (kind) {
    case "frequency":
      return "own and sector incidents, near misses";
    case "severity":
      return "tabletop with finance, own incidents";
    case "coverage":
      return "host inventory against the source";
    case "p":
      return "distinct attack tests";
    case "h":
      return "outcomes of alerts";
    case "cost":
      return "a quote, a week of its volume";
    case "alerts":
      return "a longer backtest";
    case "minutes":
      return "minutes noted at each outcome";
  }
}
