/** A cell that runs on demand takes the values of other cells once and then only hears that they changed. */

/** What is needed of the runtime's module. */
export interface WatchedModule {
  variable(observer: { fulfilled(values: unknown): void; rejected(error: unknown): void }): {
    define(name: null, inputs: readonly string[], definition: (...values: unknown[]) => unknown): unknown;
    delete(): void;
  };
}

export type CellBody = (...inputs: unknown[]) => unknown;

export class HeldInputs {
  /** The first values, in the order of the names; rejects as the cell would when one of them has failed. */
  readonly values: Promise<readonly unknown[]>;
  readonly #variable: ReturnType<WatchedModule["variable"]>;

  /** `changed` is called whenever one of the values is another one afterwards. */
  constructor(module: WatchedModule, names: readonly string[], changed: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<readonly unknown[]>();
    // Nobody may wait for the values of a cell that is defined anew.
    promise.catch(() => undefined);
    this.values = promise;
    let first = true;
    const settle = (act: () => void) => {
      if (first) act();
      else changed();
      first = false;
    };
    this.#variable = module.variable({
      fulfilled: (values) => settle(() => resolve(values as readonly unknown[])),
      rejected: (error) => settle(() => reject(error)),
    });
    this.#variable.define(null, names, (...values) => values);
  }

  delete(): void {
    this.#variable.delete();
  }
}

/** A cell's inputs and body without those that are held: the body takes their first values instead. */
export function withHeldInputs(
  inputs: readonly string[],
  body: CellBody,
  held: readonly string[],
  values: Promise<readonly unknown[]>,
): { readonly inputs: readonly string[]; readonly body: CellBody } {
  const followed = inputs.filter((name) => !held.includes(name));
  return {
    inputs: followed,
    body: async (...now) => {
      const taken = await values;
      return body(
        ...inputs.map((name) =>
          held.includes(name) ? taken[held.indexOf(name)] : now[followed.indexOf(name)],
        ),
      );
    },
  };
}
