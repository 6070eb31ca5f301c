import type { Order } from "./formula.ts";

/** Whether a number stands to the constant as asked. */
export function numberHolds(order: Order, constant: number): (value: number) => boolean {
  switch (order) {
    case "=":
      return (value) => value === constant;
    case "<":
      return (value) => value < constant;
    case "<=":
      return (value) => value <= constant;
    case ">":
      return (value) => value > constant;
    case ">=":
      return (value) => value >= constant;
  }
}

/** All tests of one column of numbers: those for equality are found by the number itself. */
export class NumberTests {
  readonly #equal = new Map<number, number[]>();
  readonly #ordered: { readonly atom: number; readonly holds: (value: number) => boolean }[] = [];

  constructor(tests: readonly { readonly atom: number; readonly order: Order; readonly value: number }[]) {
    for (const { atom, order, value } of tests) {
      if (order !== "=") this.#ordered.push({ atom, holds: numberHolds(order, value) });
      else if (this.#equal.has(value)) this.#equal.get(value)!.push(atom);
      else this.#equal.set(value, [atom]);
    }
  }

  /** Calls `hold` for each test that holds of the number. */
  scan(value: number, hold: (atom: number) => void): void {
    const equal = this.#equal.get(value);
    if (equal !== undefined) for (const atom of equal) hold(atom);
    for (const { atom, holds } of this.#ordered) if (holds(value)) hold(atom);
  }
}
