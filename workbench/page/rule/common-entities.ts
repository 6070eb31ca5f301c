import type { DetectionRow } from "../../../server/api/api.ts";

const PROPOSED = 5;

/** Values of entities that at least two detections share, the most common first. */
export function commonEntities(
  detections: readonly Pick<DetectionRow, "entities">[],
  columns: readonly string[],
): readonly {
  readonly column: string;
  readonly value: string;
  readonly count: number;
  readonly of: number;
}[] {
  const counts = new Map<string, { column: string; value: string; count: number }>();
  for (const { entities } of detections) {
    for (const column of columns) {
      const value = entities[column];
      if (value === undefined || value === "") continue;
      const key = JSON.stringify([column, value]);
      const known = counts.get(key) ?? { column, value, count: 0 };
      counts.set(key, { ...known, count: known.count + 1 });
    }
  }
  return [...counts.values()]
    .filter(({ count }) => count > 1)
    .sort((one, other) => other.count - one.count)
    .slice(0, PROPOSED)
    .map((one) => ({ ...one, of: detections.length }));
}
