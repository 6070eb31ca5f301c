import { triageUsdPerYear } from "./cost.ts";
import { type CompiledRisk, quantityInput, type RiskInput } from "./expected-loss.ts";
import { quantity, type RiskModel } from "./model.ts";
import { makeRandom } from "./random.ts";

/** Uncertain numbers of the cost side: `cost:source`, `alerts:rule`, `minutes:rule`. */
export function costInputs(model: RiskModel): RiskInput[] {
  return [
    ...model.sources.map((source) =>
      quantityInput(
        `cost:${source.id}`,
        "cost",
        quantity(source.costDistribution ?? source.costUsdPerYear ?? 0, {
          origin: source.costOrigin,
          ...source.costLabel,
        }),
      ),
    ),
    ...model.detections.flatMap((detection) => [
      quantityInput(`alerts:${detection.id}`, "alerts", detection.alertsPerYear),
      quantityInput(`minutes:${detection.id}`, "minutes", detection.triageMinutes),
    ]),
  ];
}

/** Yearly costs by draw, dollars: from streams of their own, so that no benefit moves when a cost is made uncertain. */
export interface CostDraws {
  readonly inputs: readonly RiskInput[];
  /** Draws of every input, in the order of `inputs`. */
  readonly values: readonly Float64Array[];
  /** By source, its own cost. */
  readonly own: readonly Float64Array[];
  /** By detection, the time spent on its alerts. */
  readonly triage: readonly Float64Array[];
  of(mask: number): Float64Array;
}

/** Draws volumes, alerts and minutes as often as `draws` says. A number known exactly is itself in every draw. */
export function drawCosts({ model }: CompiledRisk, seed: number, draws: number): CostDraws {
  const inputs = costInputs(model);
  const values = inputs.map((input) => {
    if (!input.uncertain) return new Float64Array(draws).fill(input.mean);
    const random = makeRandom(seed, `input:${input.name}`);
    return Float64Array.from({ length: draws }, () => input.draw(random));
  });
  const own = values.slice(0, model.sources.length);
  const triage = model.detections.map((_, r) => {
    const alerts = values[own.length + 2 * r]!;
    const minutes = values[own.length + 2 * r + 1]!;
    return alerts.map((count, i) => triageUsdPerYear(count, minutes[i]!, model.settings.analystUsdPerHour));
  });
  const masks = model.detections.map((detection) => {
    const positions = detection.requires.map((id) => model.sources.findIndex((source) => source.id === id));
    return positions.includes(-1) ? null : positions.reduce((mask, position) => mask | (1 << position), 0);
  });
  return {
    inputs,
    values,
    own,
    triage,
    of: (mask) => {
      const sum = new Float64Array(draws);
      const add = (usd: Float64Array): void => {
        for (let i = 0; i < draws; i++) sum[i]! += usd[i]!;
      };
      own.forEach((usd, i) => {
        if ((mask >> i) & 1) add(usd);
      });
      masks.forEach((needed, r) => {
        if (needed !== null && (needed & mask) === needed) add(triage[r]!);
      });
      return sum;
    },
  };
}
