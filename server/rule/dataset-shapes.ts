import type { Dataset } from "../../connectors/dataset/dataset.ts";

/** What each dataset looks like, as a text that changes when it does. */
export type Shapes = ReadonlyMap<string, string>;

/** The shapes of all datasets: the very same map as long as none of them changes. */
export class DatasetShapes {
  readonly #registry: { readonly revision: number; list(): readonly Dataset[] };
  readonly #hasEvents: (name: string) => boolean;
  #revision = -1;
  #shapes: Shapes = new Map();

  constructor(
    registry: { readonly revision: number; list(): readonly Dataset[] },
    hasEvents: (name: string) => boolean,
  ) {
    this.#registry = registry;
    this.#hasEvents = hasEvents;
  }

  now(): Shapes {
    const { revision } = this.#registry;
    if (revision === this.#revision) return this.#shapes;
    this.#revision = revision;
    const shapes = new Map(
      this.#registry.list().map(({ name, source, columns }) => {
        const named = columns.map((column) => [column.name, column.type]);
        return [name, JSON.stringify([source, this.#hasEvents(name), named])];
      }),
    );
    const isSame =
      shapes.size === this.#shapes.size &&
      [...shapes].every(([name, shape]) => this.#shapes.get(name) === shape);
    if (!isSame) this.#shapes = shapes;
    return this.#shapes;
  }
}
