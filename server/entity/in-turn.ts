/**
 * Runs `work` on every item, at most `width` at once, and yields the results as they come. When the caller stops early or
 * one of them throws, no further one is begun.
 */
export async function* asTheyCome<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running = new Map<number, Promise<{ readonly at: number; readonly result: Result }>>();
  let next = 0;
  const fill = () => {
    while (next < items.length && running.size < width) {
      const at = next;
      next += 1;
      const started = work(items[at]!).then((result) => ({ at, result }));
      started.catch(() => {});
      running.set(at, started);
    }
  };
  fill();
  while (running.size > 0) {
    const { at, result } = await Promise.race(running.values());
    running.delete(at);
    fill();
    yield result;
  }
}
