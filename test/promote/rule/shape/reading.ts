/** A plain reading of what a shape means, event by event, to hold the SQL against. */
import type { Comparison, Shape, ShapeEvents, ShapeMeasure } from "../../../../promote/rule/shape/shape.ts";

/** One event of a small world. Times are whole seconds. */
export interface WorldEvent {
  readonly dataset: "events" | "logins";
  readonly second: number;
  readonly host: string | null;
  readonly kind: string;
  readonly n: number | null;
}

export interface World {
  readonly events: readonly WorldEvent[];
  /** Hosts in the lookup dataset. */
  readonly known: readonly string[];
}

/** `host@second`, once for each (time, entities) that has a row, sorted. */
export function reading(shape: Shape, world: World): string[] {
  const found = new Set<string>();
  const windowS = shape.kind === "filter" ? 0 : shape.windowMs / 1000;
  const kinds = kindsOf(shape);
  const matching = kinds.map((kind) =>
    bursts(
      kind,
      world.events.filter((event) => matches(kind, event, world) && counts(shape, event)),
    ),
  );
  if (shape.kind === "filter") {
    for (const event of matching[0]!) found.add(`${keyOf(shape, event) ?? ""}@${event.second}`);
    return [...found].sort();
  }
  const keys = new Set(matching.flat().map((event) => keyOf(shape, event)));
  for (const key of keys) {
    if (key === null) continue;
    const times = matching.map((events) =>
      events.filter((event) => keyOf(shape, event) === key).sort((a, b) => a.second - b.second),
    );
    for (const second of rowsOf(shape, times, windowS)) found.add(`${key}@${second}`);
  }
  return [...found].sort();
}

function kindsOf(shape: Shape): readonly ShapeEvents[] {
  switch (shape.kind) {
    case "filter":
      return [shape.events];
    case "threshold":
      return shape.events;
    case "sequence":
      return shape.missing === undefined ? shape.events : [...shape.events, shape.missing];
    case "absence":
      return [shape.events, shape.missing];
  }
}

function matches(kind: ShapeEvents, event: WorldEvent, world: World): boolean {
  if (event.dataset !== kind.dataset) return false;
  const where = kind.where;
  if (where.kind === "test" && !where.values.includes(event.kind)) return false;
  if (kind.lookup === undefined) return true;
  const known = event.host !== null && world.known.includes(event.host);
  return known === kind.lookup.present;
}

/** Whether an event has what the shape asks of all its events: a key, and a value where one is measured. */
function counts(shape: Shape, event: WorldEvent): boolean {
  if (shape.kind === "filter") return true;
  const measured = shape.kind === "threshold" && shape.measure.of !== "count" && shape.measure.of !== "kinds";
  return keyOf(shape, event) !== null && (!measured || event.n !== null);
}

/** Only those that complete a burst, where one is asked for. */
function bursts(kind: ShapeEvents, events: readonly WorldEvent[]): readonly WorldEvent[] {
  const { burst } = kind;
  if (burst === undefined) return events;
  return events.filter(
    ({ host, second }) =>
      host !== null &&
      within(
        events.filter((other) => other.host === host),
        second - burst.windowMs / 1000,
        second,
      ).length >= burst.count,
  );
}

function keyOf(shape: Shape, event: WorldEvent): string | null {
  return shape.by.length === 0 ? "" : event.host;
}

type Times = readonly (readonly WorldEvent[])[];

function instants(times: Times): number[] {
  return [...new Set(times.flat().map(({ second }) => second))].sort((a, b) => a - b);
}

function within(events: readonly WorldEvent[], after: number, until: number): readonly WorldEvent[] {
  return events.filter(({ second }) => second > after && second <= until);
}

/** Instants at which it holds, and at the last instant before (within the window) it did not. */
function comesToHold(all: readonly number[], windowS: number, holds: (second: number) => boolean): number[] {
  return all.filter((second, at) => {
    const last = all[at - 1];
    const held = last !== undefined && last > second - windowS && holds(last);
    return holds(second) && !held;
  });
}

function rowsOf(shape: Exclude<Shape, { kind: "filter" }>, times: Times, windowS: number): number[] {
  switch (shape.kind) {
    case "threshold": {
      const bare = shape.measure.of === "count" || shape.measure.of === "kinds";
      const counted = times.map((events) => events.filter((event) => bare || event.n !== null));
      return comesToHold(instants(counted), windowS, (second) => {
        const inside = counted.map((events) => within(events, second - windowS, second));
        return compares(figure(shape.measure, inside), shape.measure);
      });
    }
    case "sequence": {
      const found = sequences(shape, times.slice(0, shape.events.length), windowS);
      if (shape.missing === undefined) return found.map(({ second }) => second);
      const side = shape.side ?? "after";
      const missing = times[shape.events.length]!;
      const spans = {
        after: (second: number) => within(missing, second, second + windowS),
        around: (second: number) => within(missing, second - windowS, second + windowS),
        before: (_: number, start: number) => within(missing, start - windowS, start - 0.5),
        between: (second: number, start: number) => within(missing, start, second - 0.5),
      };
      const waits = side === "after" || side === "around" ? windowS : 0;
      return found
        .filter(({ second, start }) => spans[side](second, start).length < shape.missing!.minimumCount)
        .map(({ second }) => second + waits);
    }
    case "absence": {
      const [first, missing] = times as [readonly WorldEvent[], readonly WorldEvent[]];
      const minimum = shape.events.minimumCount;
      const firsts =
        minimum === 1
          ? instants([first])
          : comesToHold(
              instants([first]),
              windowS,
              (second) => within(first, second - windowS, second).length >= minimum,
            );
      const side = shape.side ?? "after";
      return firsts
        .filter((second) => {
          const after = side === "after" ? second : second - windowS;
          const until = side === "before" ? second - 0.5 : second + windowS;
          return within(missing, after, until).length < shape.missing.minimumCount;
        })
        .map((second) => (side === "before" ? second : second + windowS));
    }
  }
}

function sequences(
  shape: Extract<Shape, { kind: "sequence" }>,
  times: Times,
  windowS: number,
): { second: number; start: number }[] {
  const minimums = shape.events.map(({ minimumCount }) => minimumCount);
  if (!shape.ordered || times.length === 1) {
    const found = comesToHold(instants(times), windowS, (second) =>
      times.every((events, at) => within(events, second - windowS, second).length >= minimums[at]!),
    );
    return found.map((second) => ({
      second,
      start: Math.min(...within(times.flat(), second - windowS, second).map((event) => event.second)),
    }));
  }
  const ends = instants([times.at(-1)!]);
  return ends.flatMap((second, at) => {
    const start = latestStart(times, minimums, times.length, second);
    if (start === null || start <= second - windowS) return [];
    const last = ends[at - 1];
    const lastStart = last === undefined ? null : latestStart(times, minimums, times.length, last);
    const shared = lastStart !== null && lastStart > second - windowS && start <= last!;
    return shared ? [] : [{ second, start }];
  });
}

/** The latest instant at which a chain of the first `count` kinds can begin that is complete at `until`. */
function latestStart(times: Times, minimums: readonly number[], count: number, until: number): number | null {
  let best: number | null = null;
  const events = times[count - 1]!;
  for (const from of instants([events])) {
    if (from > until || within(events, from - 0.5, until).length < minimums[count - 1]!) continue;
    const start = count === 1 ? from : latestStart(times, minimums, count - 1, from - 0.5);
    if (start !== null && (best === null || start > best)) best = start;
  }
  return best;
}

function figure(measure: ShapeMeasure, kinds: Times): number | null {
  const values = kinds.flat().map(({ n }) => n ?? 0);
  if (measure.of === "kinds") return kinds.filter((events) => events.length > 0).length;
  if (measure.of === "count") return values.length;
  if (values.length === 0) return null;
  const sum = values.reduce((total, value) => total + value, 0);
  switch (measure.of) {
    case "distinct":
      return new Set(values).size;
    case "sum":
      return sum;
    case "average":
      return sum / values.length;
    case "percentile": {
      const sorted = [...values].sort((a, b) => a - b);
      const place = ((measure.percentile ?? 50) / 100) * (sorted.length - 1);
      const low = Math.floor(place);
      const high = Math.ceil(place);
      return sorted[low]! + (sorted[high]! - sorted[low]!) * (place - low);
    }
  }
}

function compares(value: number | null, measure: ShapeMeasure): boolean {
  if (value === null) return false;
  if (measure.and !== undefined) {
    const { and, ...one } = measure;
    return compares(value, one) && compares(value, { ...one, ...and });
  }
  const tests: Record<Comparison, boolean> = {
    less: value < measure.value,
    "less-or-equal": value <= measure.value,
    equal: value === measure.value,
    "not-equal": value !== measure.value,
    greater: value > measure.value,
    "greater-or-equal": value >= measure.value,
  };
  return tests[measure.comparison];
}
