import { expectedDamage } from "./damage.ts";
import type { RiskDetection, RiskModel, Scenario } from "./model.ts";
import { arrivedShare, groupSurvival } from "./survival.ts";

const CADENCE_STRATA = 8;
/** More sources on one scenario than this would need tables too large to hold. */
export const MAXIMUM_SOURCES_PER_SCENARIO = 16;

interface Group {
  /** Needed sources, as bits of the chain's own source order. */
  readonly mask: number;
  /** Indexes into `model.detections`. */
  readonly detections: readonly number[];
  readonly arrived: readonly Float64Array[];
  readonly x: Float64Array;
  readonly survival: Float64Array;
}

interface StepPlan {
  readonly start: number;
  /** Sources that matter in this step. */
  readonly mask: number;
  readonly undetectableWeight: number;
  readonly techniques: readonly {
    readonly name: string;
    readonly weight: number;
    readonly groups: readonly Group[];
  }[];
  /** Survival of this step by available sources, one row of grid length for each subset of `mask`. */
  readonly rows: Map<number, Float64Array>;
}

interface Fate {
  readonly probability: number;
  /** Steps the attacker completes. */
  readonly steps: number;
  /** When the attack ends by itself; Infinity when it runs its course. */
  readonly endDay: number;
  /** Damage share at containment for an alert at each grid time. */
  readonly damage: Float64Array;
  /** Damage share when nobody is alerted. */
  readonly undetectedDamage: number;
}

/** One scenario compiled: everything that does not change between draws. */
export interface Chain {
  readonly scenario: Scenario;
  /** Indexes into `model.sources`; bit i of a mask of this chain is `sources[i]`. */
  readonly sources: readonly number[];
  readonly grid: readonly number[];
  readonly steps: readonly StepPlan[];
  readonly fates: readonly Fate[];
}

/** Days after the attack's start at which detection `r` alerts, given that it fires in a step. */
export function alertDays(r: RiskDetection, stepStart: number, stepDays: number): number[] {
  const first = stepStart + stepDays / 2 + r.lagDays;
  if (r.cadenceDays <= 0) return [first];
  return Array.from(
    { length: CADENCE_STRATA },
    (_, b) => first + (r.cadenceDays * (b + 0.5)) / CADENCE_STRATA,
  );
}

/**
 * Compiles one scenario. Only sources that some detection of the scenario needs, and whose coverage is not zero,
 * are enumerated. Throws a RangeError when more than 16 of them touch the scenario.
 */
export function compileChain(model: RiskModel, scenario: Scenario): Chain {
  const indexOf = new Map(model.sources.map((source, index) => [source.id, index]));
  const present = (id: string): boolean => {
    const coverage = model.sources[indexOf.get(id) ?? -1]?.coverage[scenario.id];
    if (!coverage) return false;
    return !(coverage.distribution.kind === "fixed" && coverage.distribution.value === 0);
  };
  const techniques = new Set(scenario.steps.flatMap((step) => step.techniques.map(([name]) => name)));
  const usable = model.detections
    .map((detection, index) => ({ detection, index }))
    .filter(
      ({ detection }) =>
        detection.requires.every(present) && detection.targets.some((target) => techniques.has(target)),
    );
  const sources = [...new Set(usable.flatMap(({ detection }) => detection.requires))]
    .map((id) => indexOf.get(id)!)
    .sort((p, q) => p - q);
  if (sources.length > MAXIMUM_SOURCES_PER_SCENARIO) {
    throw new RangeError(
      `Scenario ${scenario.id} is touched by ${sources.length} sources; at most ${MAXIMUM_SOURCES_PER_SCENARIO} can be enumerated.`,
    );
  }
  const bitOf = (id: string): number => 1 << sources.indexOf(indexOf.get(id)!);
  const maskOf = (detection: RiskDetection): number =>
    detection.requires.reduce((mask, id) => mask | bitOf(id), 0);

  const starts: number[] = [];
  let clock = 0;
  for (const step of scenario.steps) {
    starts.push(clock);
    clock += step.days;
  }
  const times = new Set<number>();
  scenario.steps.forEach((step, i) => {
    for (const { detection } of usable) {
      if (step.techniques.some(([name]) => detection.targets.includes(name)))
        for (const day of alertDays(detection, starts[i]!, step.days)) times.add(day);
    }
  });
  const grid = [...times].sort((p, q) => p - q);

  const steps: StepPlan[] = scenario.steps.map((step, i) => {
    const planned = step.techniques.map(([name, weight]) => {
      const byMask = new Map<number, number[]>();
      for (const { detection, index } of usable) {
        if (!detection.targets.includes(name)) continue;
        const mask = maskOf(detection);
        byMask.set(mask, [...(byMask.get(mask) ?? []), index]);
      }
      const groups: Group[] = [...byMask].map(([mask, indexes]) => ({
        mask,
        detections: indexes,
        arrived: indexes.map((index) =>
          arrivedShare(alertDays(model.detections[index]!, starts[i]!, step.days), grid),
        ),
        x: new Float64Array(indexes.length),
        survival: new Float64Array(grid.length),
      }));
      return { name, weight, groups };
    });
    const mask = planned.reduce(
      (all, technique) => technique.groups.reduce((some, group) => some | group.mask, all),
      0,
    );
    const rows = new Map<number, Float64Array>();
    for (let subset = mask; ; subset = (subset - 1) & mask) {
      rows.set(subset, new Float64Array(grid.length));
      if (subset === 0) break;
    }
    const weight = planned.reduce((sum, technique) => sum + technique.weight, 0);
    return {
      start: starts[i]!,
      mask,
      undetectableWeight: Math.max(0, 1 - weight),
      techniques: planned,
      rows,
    };
  });

  const fates: Fate[] = [];
  let reaching = 1;
  const addFate = (probability: number, stepCount: number, endDay: number): void => {
    if (probability <= 0) return;
    fates.push({
      probability,
      steps: stepCount,
      endDay,
      damage: Float64Array.from(grid, (day) =>
        expectedDamage(scenario.damage, day, scenario.response, endDay),
      ),
      undetectedDamage: expectedDamage(scenario.damage, endDay, { kind: "fixed", days: 0 }, endDay),
    });
  };
  scenario.steps.forEach((step, i) => {
    addFate(reaching * (1 - step.q), i + 1, starts[i]! + step.days);
    reaching *= step.q;
  });
  addFate(reaching, scenario.steps.length, Number.POSITIVE_INFINITY);
  return { scenario, sources, grid, steps, fates };
}

/**
 * Sets every step's survival rows for one draw. `x[r]` = p*h of `model.detections[r]`.
 */
function fillSteps(chain: Chain, x: ArrayLike<number>, kappa: number): void {
  const length = chain.grid.length;
  for (const step of chain.steps) {
    if (step.mask === 0) {
      step.rows.get(0)!.fill(1);
      continue;
    }
    for (const technique of step.techniques) {
      for (const group of technique.groups) {
        for (let r = 0; r < group.detections.length; r++) group.x[r] = x[group.detections[r]!]!;
        groupSurvival(group.x, group.arrived, kappa, group.survival);
      }
    }
    for (const [subset, row] of step.rows) {
      row.fill(step.undetectableWeight);
      for (const technique of step.techniques) {
        const available = technique.groups.filter((group) => (group.mask & subset) === group.mask);
        for (let j = 0; j < length; j++) {
          let survival = technique.weight;
          for (const group of available) survival *= group.survival[j]!;
          row[j]! += survival;
        }
      }
    }
  }
}

/** Fills `running` with S(t | the attacker completes `fate.steps` steps), calling back at each fate in turn. */
function walkFates(
  chain: Chain,
  subset: number,
  running: Float64Array,
  visit: (fate: Fate, index: number) => void,
): void {
  running.fill(1);
  let done = 0;
  chain.fates.forEach((fate, index) => {
    for (; done < fate.steps; done++) {
      const step = chain.steps[done]!;
      if (step.mask === 0) continue;
      const row = step.rows.get(subset & step.mask)!;
      for (let j = 0; j < running.length; j++) running[j]! *= row[j]!;
    }
    visit(fate, index);
  });
}

/**
 * With all data present, for every subset of the chain's sources: the expected damage multiplier (`multiplier`)
 * and P(an alert is acted on) (`detected`). Both arrays have length 2^sources.
 */
export function evaluateChain(
  chain: Chain,
  x: ArrayLike<number>,
  kappa: number,
  multiplier: Float64Array,
  detected: Float64Array,
): void {
  fillSteps(chain, x, kappa);
  const length = chain.grid.length;
  const running = new Float64Array(length);
  for (let subset = 0; subset < 1 << chain.sources.length; subset++) {
    let m = 0;
    let p = 0;
    walkFates(chain, subset, running, (fate) => {
      let before = 1;
      let inner = 0;
      const damage = fate.damage;
      for (let j = 0; j < length; j++) {
        const now = running[j]!;
        inner += (before - now) * damage[j]!;
        before = now;
      }
      m += fate.probability * (inner + before * fate.undetectedDamage);
      p += fate.probability * (1 - before);
    });
    multiplier[subset] = m;
    detected[subset] = p;
  }
}

/**
 * Coverage, exact and in place: `table[S]` for all data present becomes its expectation when each source of S
 * has the evidence with probability `coverage[i]`, independently. `stride` numbers lie under each subset.
 */
export function applyCoverage(table: Float64Array, coverage: ArrayLike<number>, stride = 1): void {
  const subsets = table.length / stride;
  for (let i = 0; 1 << i < subsets; i++) {
    const a = coverage[i]!;
    const bit = 1 << i;
    for (let subset = 0; subset < subsets; subset++) {
      if ((subset & bit) === 0) continue;
      const own = subset * stride;
      const without = (subset ^ bit) * stride;
      for (let k = 0; k < stride; k++) table[own + k] = a * table[own + k]! + (1 - a) * table[without + k]!;
    }
  }
}

/** One way an event can end: its probability, the share of the damage done, and whether we acted on an alert. */
export interface EventOutcome {
  readonly probability: number;
  readonly multiplier: number;
  readonly detected: boolean;
}

/**
 * Every way one event of the chain can end with `subset` of its sources on board, coverage applied; outcomes
 * with the same multiplier are merged. A random response counts by its expected damage.
 */
export function eventOutcomes(
  chain: Chain,
  x: ArrayLike<number>,
  kappa: number,
  coverage: ArrayLike<number>,
  subset: number,
): EventOutcome[] {
  fillSteps(chain, x, kappa);
  const length = chain.grid.length;
  const stride = chain.fates.length * (length + 1);
  const size = 1 << chain.sources.length;
  const table = new Float64Array(size * stride);
  const running = new Float64Array(length);
  for (let available = 0; available < size; available++) {
    walkFates(chain, available, running, (fate, index) => {
      const base = available * stride + index * (length + 1);
      let before = 1;
      for (let j = 0; j < length; j++) {
        table[base + j] = fate.probability * (before - running[j]!);
        before = running[j]!;
      }
      table[base + length] = fate.probability * before;
    });
  }
  applyCoverage(table, coverage, stride);
  const merged = new Map<string, EventOutcome>();
  chain.fates.forEach((fate, index) => {
    for (let j = 0; j <= length; j++) {
      const probability = table[subset * stride + index * (length + 1) + j]!;
      if (probability <= 0) continue;
      const detected = j < length;
      const multiplier = detected ? fate.damage[j]! : fate.undetectedDamage;
      const key = `${detected}:${multiplier.toPrecision(12)}`;
      const known = merged.get(key);
      merged.set(key, { probability: probability + (known?.probability ?? 0), multiplier, detected });
    }
  });
  return [...merged.values()];
}
