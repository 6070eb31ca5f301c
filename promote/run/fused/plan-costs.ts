/** The ways to evaluate rules together; all have one meaning. */
export const PLANS = ["indexed", "closures", "fused", "separate"] as const;
export type Plan = (typeof PLANS)[number];

/** The median of so many measurements counts: a busy machine makes single ones long. */
const KEPT_MEASUREMENTS = 5;
/** A plan that may be the best is measured so often before one is settled on. */
const ENOUGH = 3;
/** A plan is not tried where it would take more than this many times the best one's time. */
const HOPELESS = 2;
/** A plan that nearly was the best is measured again so often. */
const SECOND_LOOK = 64;
const NEARLY = 1.5;
/** After a failure a plan is left alone for this many evaluations. */
const REST_AFTER_FAILURE = 200;

interface Measured {
  /** Median milliseconds of the last batches, and the size of the last one. */
  ms: number;
  rows: number;
  readonly last: number[];
  count: number;
  askedSince: number;
}

/** Batches of like size: each class is twice the one before. */
function sizeClass(rows: number): number {
  return Math.round(Math.log2(Math.max(1, rows)));
}

/**
 * What each plan costs at each size of batch, from measurements alone. A plan is measured once at each size, unless
 * another size has shown that it has no chance there; the cheapest one is chosen from then on, and what comes near it is
 * looked at again from time to time.
 */
export class PlanCosts {
  readonly #plans: readonly Plan[];
  readonly #measured = new Map<Plan, Map<number, Measured>>();
  readonly #resting = new Map<Plan, number>();

  constructor(plans: readonly Plan[]) {
    this.#plans = plans;
  }

  /** Milliseconds that a plan is expected to take; null when nothing is known of it. */
  expected(plan: Plan, rows: number): number | null {
    const classes = this.#measured.get(plan);
    if (classes === undefined || classes.size === 0) return null;
    const wanted = sizeClass(rows);
    const own = classes.get(wanted);
    if (own !== undefined) return own.ms;
    const [smaller, larger] = neighbours(classes, wanted);
    if (smaller !== null && larger !== null) return between(smaller, larger, rows);
    const near = smaller ?? larger!;
    // Part of the cost is the same at every size: a line through half of it at no row at all.
    return near.ms * (0.5 + (0.5 * rows) / Math.max(1, near.rows));
  }

  /** The plan to take for a batch. */
  choose(rows: number): Plan {
    const able = this.#plans.filter((plan) => !this.#isResting(plan));
    const best = this.#best(able, rows);
    if (best === null) return able[0] ?? "separate";
    for (const plan of able) {
      if (plan === best.plan) continue;
      const own = this.#measured.get(plan)?.get(sizeClass(rows));
      if (own === undefined) {
        const guess = this.#least(plan, rows);
        if (guess === null || guess < HOPELESS * best.ms) return plan;
      } else if (own.count < ENOUGH && own.ms < HOPELESS * best.ms) return plan;
      else if (own.ms < NEARLY * best.ms) {
        own.askedSince += 1;
        if (own.askedSince >= SECOND_LOOK) {
          own.askedSince = 0;
          return plan;
        }
      }
    }
    return best.plan;
  }

  #best(plans: readonly Plan[], rows: number): { plan: Plan; ms: number } | null {
    let best: { plan: Plan; ms: number } | null = null;
    for (const plan of plans) {
      const own = this.#measured.get(plan)?.get(sizeClass(rows));
      if (own !== undefined && (best === null || own.ms < best.ms)) best = { plan, ms: own.ms };
    }
    return best;
  }

  /**
   * What a plan will take at least: as much as for fewer rows, or half of what a line through two smaller sizes tells.
   * Null when nothing is known of it.
   */
  #least(plan: Plan, rows: number): number | null {
    const classes = this.#measured.get(plan);
    if (classes === undefined || classes.size === 0) return null;
    const wanted = sizeClass(rows);
    const [near, far] = [...classes.keys()]
      .filter((key) => key < wanted)
      .sort((left, right) => right - left)
      .map((key) => classes.get(key)!);
    if (near === undefined) {
      const larger = neighbours(classes, wanted)[1]!;
      return (larger.ms * rows) / Math.max(1, larger.rows);
    }
    if (far === undefined) return near.ms;
    return Math.max(near.ms, between(far, near, rows) / 2);
  }

  /** Notes what a batch took. */
  record(plan: Plan, rows: number, ms: number): void {
    const classes = this.#measured.get(plan) ?? new Map<number, Measured>();
    this.#measured.set(plan, classes);
    const known = classes.get(sizeClass(rows));
    if (known === undefined) {
      classes.set(sizeClass(rows), { ms, rows, last: [ms], count: 1, askedSince: 0 });
      return;
    }
    known.last.push(ms);
    if (known.last.length > KEPT_MEASUREMENTS) known.last.shift();
    const sorted = [...known.last].sort((left, right) => left - right);
    known.ms = sorted[(sorted.length - 1) >> 1]!;
    known.rows = rows;
    known.count += 1;
  }

  /** Notes that a plan failed where evaluating rule by rule did not. */
  failed(plan: Plan): void {
    this.#resting.set(plan, REST_AFTER_FAILURE);
  }

  #isResting(plan: Plan): boolean {
    const left = this.#resting.get(plan) ?? 0;
    if (left > 0) this.#resting.set(plan, left - 1);
    return left > 0 && plan !== "separate";
  }

  /** Why a plan is taken for a batch of that size, for people. */
  explain(rows: number): string {
    const parts = this.#plans.map((plan) => {
      const own = this.#measured.get(plan)?.get(sizeClass(rows));
      if (own !== undefined) return `${plan} ${own.ms.toFixed(1)} ms (measured ${own.count} times)`;
      const guess = this.expected(plan, rows);
      return guess === null
        ? `${plan} not measured yet`
        : `${plan} about ${guess.toFixed(0)} ms (from other sizes)`;
    });
    return `${rows} events: ${parts.join(", ")}.`;
  }
}

function neighbours(
  classes: ReadonlyMap<number, Measured>,
  wanted: number,
): [Measured | null, Measured | null] {
  const keys = [...classes.keys()].sort((left, right) => left - right);
  const below = keys.filter((key) => key < wanted).at(-1);
  const above = keys.find((key) => key > wanted);
  return [below === undefined ? null : classes.get(below)!, above === undefined ? null : classes.get(above)!];
}

function between(smaller: Measured, larger: Measured, rows: number): number {
  const share = (rows - smaller.rows) / Math.max(1, larger.rows - smaller.rows);
  return smaller.ms + share * (larger.ms - smaller.ms);
}
