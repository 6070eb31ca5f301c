const KEY = "spoor-notebook-heights:";
const TALLEST_PX = 100_000;

/** The heights that a notebook's outputs had when this window last showed it, so that it opens without jumping. */
export function rememberedHeights(
  storage: Pick<Storage, "getItem">,
  notebook: string,
): ReadonlyMap<number, number> {
  try {
    const entries = Object.entries(JSON.parse(storage.getItem(KEY + notebook) ?? "{}") as object);
    return new Map(
      entries
        .map(([id, height]) => [Number(id), Number(height)] as const)
        .filter(([id, height]) => Number.isInteger(id) && height > 0 && height < TALLEST_PX),
    );
  } catch {
    return new Map();
  }
}

export function rememberHeights(
  storage: Pick<Storage, "setItem">,
  notebook: string,
  heights: Iterable<readonly [number, number]>,
): void {
  try {
    storage.setItem(KEY + notebook, JSON.stringify(Object.fromEntries(heights)));
  } catch {
    // A full storage only means that the notebook opens as if it had not been seen.
  }
}
