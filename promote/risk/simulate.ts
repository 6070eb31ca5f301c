import { alertDays, type Chain } from "./chain.ts";
import { localMask } from "./coalition.ts";
import { damageShare } from "./damage.ts";
import type { Frequency } from "./exceedance.ts";
import type { Lognormal } from "./lognormal.ts";
import type { RiskModel } from "./model.ts";
import { makeRandom } from "./random.ts";

/** One scenario at given values of its inputs. */
export interface SimulatedScenario {
  readonly chain: Chain;
  readonly frequency: Frequency;
  readonly magnitude: Lognormal;
  readonly capUsd: number | null;
  /** By the chain's own source order. */
  readonly coverage: ArrayLike<number>;
}

/**
 * Simulates years event by event. Presence, fate, techniques, firing, hunt phase, response and magnitude are drawn
 * once an event and shared by every coalition, so that differences between coalitions are not noise.
 * `coalitions` are masks over `model.sources`; `x[r]` = p*h of detection r. Returns yearly losses, one array a
 * coalition.
 */
export function simulateYears(
  model: RiskModel,
  scenarios: readonly SimulatedScenario[],
  x: ArrayLike<number>,
  coalitions: readonly number[],
  options: { readonly years: number; readonly seed: number; readonly kappa?: number },
): Float64Array[] {
  const kappa = options.kappa ?? model.settings.kappa;
  const losses = coalitions.map(() => new Float64Array(options.years));
  for (const simulated of scenarios) {
    simulateScenario(model, simulated, x, coalitions, kappa, options, losses);
  }
  return losses;
}

function simulateScenario(
  model: RiskModel,
  simulated: SimulatedScenario,
  x: ArrayLike<number>,
  coalitions: readonly number[],
  kappa: number,
  options: { readonly years: number; readonly seed: number },
  losses: readonly Float64Array[],
): void {
  const { chain, frequency, magnitude, capUsd, coverage } = simulated;
  const { scenario } = chain;
  const random = makeRandom(options.seed, `years:${scenario.id}`);
  const local = coalitions.map((mask) => localMask(mask, chain.sources));
  const stepEnds = scenario.steps.map((step, i) => chain.steps[i]!.start + step.days);
  const plans = chain.steps.map((step, i) =>
    step.techniques.map((technique) =>
      technique.groups.map((group) => ({
        mask: group.mask,
        members: group.detections.map((index) => ({
          x: x[index]!,
          days: alertDays(model.detections[index]!, step.start, scenario.steps[i]!.days),
        })),
      })),
    ),
  );
  const earliest = new Float64Array(coalitions.length);

  const event = (year: number): void => {
    let present = 0;
    for (let i = 0; i < chain.sources.length; i++) if (random.uniform() < coverage[i]!) present |= 1 << i;
    earliest.fill(Number.POSITIVE_INFINITY);
    let endDay = Number.POSITIVE_INFINITY;
    for (let i = 0; i < chain.steps.length; i++) {
      const step = chain.steps[i]!;
      let pick = random.uniform();
      const chosen = step.techniques.findIndex((technique) => {
        pick -= technique.weight;
        return pick < 0;
      });
      for (const group of chosen < 0 ? [] : plans[i]![chosen]!) {
        const together = random.uniform() < kappa ? random.uniform() : null;
        for (const member of group.members) {
          const fired = (together ?? random.uniform()) < member.x;
          const day = member.days[Math.floor(random.uniform() * member.days.length)]!;
          if (!fired || (group.mask & present) !== group.mask) continue;
          for (let c = 0; c < local.length; c++) {
            if ((group.mask & local[c]!) === group.mask && day < earliest[c]!) earliest[c] = day;
          }
        }
      }
      if (random.uniform() >= scenario.steps[i]!.q) {
        endDay = stepEnds[i]!;
        break;
      }
    }
    const response =
      scenario.response.kind === "fixed"
        ? scenario.response.days
        : Math.exp(scenario.response.mu + scenario.response.sigma * random.normal());
    const full = Math.exp(magnitude.mu + magnitude.sigma * random.normal());
    const lossUsd = capUsd === null ? full : Math.min(full, capUsd);
    for (let c = 0; c < local.length; c++) {
      const alerted = earliest[c]! < Number.POSITIVE_INFINITY;
      const share = damageShare(scenario.damage, Math.min(earliest[c]! + response, endDay));
      losses[c]![year]! += lossUsd * share + (alerted ? scenario.irCostUsd : 0);
    }
  };

  if (frequency.kind === "poisson") {
    if (frequency.rate <= 0) return;
    // Waiting times between events are exponential: years without an event cost nothing to simulate.
    for (let at = random.exponential() / frequency.rate; at < options.years; ) {
      event(Math.floor(at));
      at += random.exponential() / frequency.rate;
    }
    return;
  }
  for (let year = 0; year < options.years; year++) {
    const rate = random.gamma(frequency.shape, frequency.rate);
    for (let at = random.exponential() / rate; at < 1; at += random.exponential() / rate) event(year);
  }
}

/** Quantile of simulated values (sorts a copy): the smallest value with at least that share at or below it. */
export function sampleQuantile(values: ArrayLike<number>, probability: number): number {
  return sortedQuantile(Float64Array.from(values).sort(), probability);
}

/** As `sampleQuantile`, interpolated between order statistics, of values already in order. */
export function sortedQuantile(sorted: ArrayLike<number>, probability: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = probability * (sorted.length - 1);
  const i = Math.floor(position);
  const next = Math.min(sorted.length - 1, i + 1);
  return sorted[i]! + (sorted[next]! - sorted[i]!) * (position - i);
}
