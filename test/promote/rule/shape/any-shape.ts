/** Random shapes and small worlds for property tests. */
import fc from "fast-check";
import type { Condition } from "../../../../promote/rule/condition/condition.ts";
import type { ShapeColumn } from "../../../../promote/rule/shape/column.ts";
import type { Shape, ShapeEvents, ShapeMeasure } from "../../../../promote/rule/shape/shape.ts";
import type { World, WorldEvent } from "./reading.ts";

const COLUMNS: Readonly<Record<string, readonly ShapeColumn[]>> = {
  events: [
    { name: "host", type: "VARCHAR" },
    { name: "kind", type: "VARCHAR" },
    { name: "n", type: "BIGINT" },
  ],
  logins: [
    { name: "Computer", type: "VARCHAR" },
    { name: "kind", type: "VARCHAR" },
    { name: "n", type: "DOUBLE" },
  ],
  assets: [{ name: "name", type: "VARCHAR" }],
};

/** Columns of the datasets of a small world; null for other names. */
export function worldColumns(dataset: string): readonly ShapeColumn[] | null {
  return COLUMNS[dataset] ?? null;
}

/** Column of a dataset that holds the host. */
export function hostColumn(dataset: string): string {
  return dataset === "logins" ? "Computer" : "host";
}

export const anyEvent: fc.Arbitrary<WorldEvent> = fc.record({
  dataset: fc.constantFrom("events" as const, "logins" as const),
  second: fc.integer({ min: 0, max: 60 }),
  host: fc.constantFrom("h1", "h2", "h1", null),
  kind: fc.constantFrom("a", "b", "c"),
  n: fc.oneof(fc.integer({ min: -3, max: 9 }), fc.constant(null)),
});

export const anyWorld: fc.Arbitrary<World> = fc.record({
  events: fc.array(anyEvent, { minLength: 1, maxLength: 24 }),
  known: fc.subarray(["h1", "h2"]),
});

function kindIs(values: readonly string[]): Condition {
  return {
    kind: "test",
    field: "kind",
    operator: "is",
    values,
    everyValue: false,
    caseSensitive: false,
  };
}

function anyEvents(byHost: boolean, maximumCount: number): fc.Arbitrary<ShapeEvents> {
  return fc
    .record({
      dataset: fc.constantFrom("events", "logins"),
      kinds: fc.subarray(["a", "b", "c"], { minLength: 1, maxLength: 2 }),
      minimumCount: fc.integer({ min: 1, max: maximumCount }),
      lookup: fc.constantFrom(null, null, null, true, false),
      burst: fc.constantFrom(null, null, null, 2),
    })
    .map(({ dataset, kinds, minimumCount, lookup, burst }) => {
      const host = hostColumn(dataset);
      return {
        name: "one",
        dataset,
        where: kindIs(kinds),
        by: byHost ? [host] : [],
        minimumCount,
        ...(burst === null ? {} : { burst: { count: burst, windowMs: 5000, by: [host] } }),
        ...(lookup === null
          ? {}
          : {
              lookup: { dataset: "assets", present: lookup, on: [{ column: host, lookupColumn: "name" }] },
            }),
      };
    });
}

function named(events: readonly ShapeEvents[]): ShapeEvents[] {
  return events.map((one, at) => ({ ...one, name: `kind_${at + 1}` }));
}

const anyMeasure: fc.Arbitrary<ShapeMeasure> = fc
  .record({
    of: fc.constantFrom("count", "kinds", "distinct", "sum", "average", "percentile"),
    percentile: fc.constantFrom(0, 25, 50, 90, 100),
    comparison: fc.constantFrom("less", "less-or-equal", "equal", "not-equal", "greater", "greater-or-equal"),
    value: fc.integer({ min: 0, max: 6 }),
    and: fc.constantFrom(null, null, { comparison: "less-or-equal" as const, value: 5 }),
  })
  .map(
    ({ percentile, and, ...rest }) =>
      ({
        ...rest,
        ...(and === null ? {} : { and: { ...and } }),
        field: rest.of === "count" || rest.of === "kinds" ? "" : "n",
        ...(rest.of === "percentile" ? { percentile } : {}),
      }) as ShapeMeasure,
  );

const windowMs = fc.integer({ min: 1, max: 20 }).map((seconds) => seconds * 1000);

/** Any shape over the small world. */
export const anyShape: fc.Arbitrary<Shape> = fc.boolean().chain((byHost) => {
  const by = byHost ? ["host"] : [];
  const one = anyEvents(byHost, 1);
  const some = anyEvents(byHost, 3);
  const list = (maximum: number) => fc.array(some, { minLength: 1, maxLength: maximum }).map(named);
  return fc.oneof(
    one.map((events): Shape => ({ kind: "filter", events: named([events])[0]!, by })),
    fc
      .record({
        events: fc.array(one, { minLength: 1, maxLength: 2 }).map(named),
        measure: anyMeasure,
        windowMs,
      })
      .map((rest): Shape => ({ kind: "threshold", by, ...rest })),
    fc
      .record({ events: list(3), ordered: fc.boolean(), windowMs })
      .map((rest): Shape => ({ kind: "sequence", by, ...rest })),
    fc
      .record({
        events: list(2),
        missing: some,
        ordered: fc.boolean(),
        side: fc.constantFrom("after", "before", "around", "between"),
        windowMs,
      })
      .map(({ missing, side, ...rest }): Shape => {
        const absent = { ...missing, name: "missing", ...(side === "between" ? { minimumCount: 1 } : {}) };
        return { kind: "sequence", by, ...rest, missing: absent, side };
      }),
    fc
      .record({ events: some, missing: some, side: fc.constantFrom("after", "before", "around"), windowMs })
      .map(({ events, missing, ...rest }): Shape => {
        const [first, second] = named([events, missing]);
        return { kind: "absence", by, events: first!, missing: second!, ...rest };
      }),
  );
});
