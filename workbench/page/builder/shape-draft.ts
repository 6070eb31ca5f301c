import type { EntityKind } from "../../../connectors/source/source.ts";
import type { Condition, FieldTest } from "../../../promote/rule/condition/condition.ts";
import type { Shape, ShapeEvents, ShapeMeasure } from "../../../promote/rule/shape/shape.ts";
import { eventsOfShape } from "../../../promote/rule/shape/sql.ts";
import type { ShapeDataset } from "../../../server/api/api.ts";

/** What is being built: the shape, and which kind of entity each of its `by` columns is. */
export interface ShapeDraft {
  readonly shape: Shape;
  readonly kinds: readonly EntityKind[];
}

const FIVE_MINUTES_MS = 300_000;
export const COUNT: ShapeMeasure = { of: "count", field: "", comparison: "greater-or-equal", value: 5 };

export function emptyTest(): FieldTest {
  return { kind: "test", field: "", operator: "is", values: [""], everyValue: false, caseSensitive: false };
}

export function replaceAt<T>(list: readonly T[], at: number, value: T | null): T[] {
  return list.flatMap((one, index) => (index === at ? (value === null ? [] : [value]) : [one]));
}

/** Events of a dataset, matched by those of its columns that its source calls such entities, or that are named alike. */
export function eventsIn(
  dataset: ShapeDataset,
  name: string,
  draft: Pick<ShapeDraft, "kinds"> & { by: readonly string[] },
): ShapeEvents {
  const by = draft.by.map((column, at) => {
    const same = dataset.columns.find((one) => one.name.toLowerCase() === column.toLowerCase());
    return same?.name ?? dataset.entities.find(({ kind }) => kind === draft.kinds[at])?.column ?? "";
  });
  return { name, dataset: dataset.name, where: { kind: "all", of: [] }, by, minimumCount: 1 };
}

/** A first draft on a dataset: many of its events, by the first entity that its source knows. */
export function firstDraft(dataset: ShapeDataset): ShapeDraft {
  const [entity] = dataset.entities;
  const by = entity === undefined ? [] : [entityName(entity.kind)];
  const kinds = entity === undefined ? [] : [entity.kind];
  const events = eventsIn(dataset, "events", { by, kinds });
  const matched = { ...events, by: entity === undefined ? [] : [entity.column] };
  return {
    shape: { kind: "threshold", events: [matched], by, measure: COUNT, windowMs: FIVE_MINUTES_MS },
    kinds,
  };
}

/** The result column for an entity of a kind. `user` is a word of SQL, and `account` says as much. */
export function entityName(kind: EntityKind): string {
  return kind === "user" ? "account" : kind;
}

/** The same parts as a shape of another kind; what has no place in it is left out, what it lacks is begun. */
export function asKind(shape: Shape, kind: Shape["kind"]): Shape {
  const all = eventsOfShape(shape);
  const [first] = all as [ShapeEvents, ...ShapeEvents[]];
  const second = all[1] ?? {
    ...first,
    name: otherName(all),
    where: { kind: "all", of: [] } as Condition,
    minimumCount: 1,
  };
  const one = { ...first, minimumCount: 1 };
  const windowMs = shape.kind === "filter" ? FIVE_MINUTES_MS : shape.windowMs;
  const { by } = shape;
  switch (kind) {
    case "filter":
      return { kind, events: one, by };
    case "threshold":
      return {
        kind,
        events: [one],
        by,
        measure: shape.kind === "threshold" ? shape.measure : COUNT,
        windowMs,
      };
    case "sequence":
      return { kind, events: [first, second], by, ordered: true, windowMs };
    case "absence":
      return { kind, events: first, missing: second, side: "after", by, windowMs };
  }
}

/** A name for one more kind of events. */
function otherName(all: readonly ShapeEvents[]): string {
  const taken = new Set(all.map(({ name }) => name));
  for (let number = 2; ; number += 1) if (!taken.has(`events_${number}`)) return `events_${number}`;
}

/** One more kind of events of a dataset, by the columns that the shape's other events of it go by. */
export function nextEvents(shape: Shape, dataset: ShapeDataset, kinds: readonly EntityKind[]): ShapeEvents {
  const all = eventsOfShape(shape);
  const fresh = eventsIn(dataset, otherName(all), { by: shape.by, kinds });
  const same = all.find((events) => events.dataset === dataset.name);
  return same === undefined ? fresh : { ...fresh, by: same.by };
}

/** The shape with its n-th kind of events (those that must be missing last) replaced, or taken out with null. */
export function withEvents(shape: Shape, at: number, events: ShapeEvents | null): Shape {
  switch (shape.kind) {
    case "filter":
      return events === null ? shape : { ...shape, events };
    case "threshold":
      return { ...shape, events: replaceAt(shape.events, at, events) };
    case "sequence": {
      if (at < shape.events.length) return { ...shape, events: replaceAt(shape.events, at, events) };
      if (events !== null) return { ...shape, missing: events };
      const { missing: _, side: __, ...rest } = shape;
      return rest;
    }
    case "absence":
      if (events === null) return shape;
      return at === 0 ? { ...shape, events } : { ...shape, missing: events };
  }
}

function mapEvents(shape: Shape, change: (events: ShapeEvents) => ShapeEvents): Shape {
  return eventsOfShape(shape).reduce<Shape>(
    (changed, events, at) => withEvents(changed, at, change(events)),
    shape,
  );
}

/** One more entity: a column of the result, and a column of each kind of events. */
export function addEntity(
  { shape, kinds }: ShapeDraft,
  kind: EntityKind,
  datasets: readonly ShapeDataset[],
): ShapeDraft {
  const base = entityName(kind);
  let name = base;
  for (let number = 2; shape.by.includes(name); number += 1) name = `${base}_${number}`;
  const widened = mapEvents(shape, (events) => {
    const dataset = datasets.find((one) => one.name === events.dataset);
    const column = dataset?.entities.find(
      (entity) => entity.kind === kind && !events.by.includes(entity.column),
    )?.column;
    return { ...events, by: [...events.by, column ?? ""] };
  });
  return { shape: { ...widened, by: [...shape.by, name] } as Shape, kinds: [...kinds, kind] };
}

export function removeEntity({ shape, kinds }: ShapeDraft, at: number): ShapeDraft {
  const narrowed = mapEvents(shape, (events) => ({ ...events, by: replaceAt(events.by, at, null) }));
  return {
    shape: { ...narrowed, by: replaceAt(shape.by, at, null) } as Shape,
    kinds: replaceAt(kinds, at, null),
  };
}
