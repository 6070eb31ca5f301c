import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import { Fields } from "../../../connectors/yaml/fields.ts";
import { readYamlTree, shown, type YamlTree } from "../../../connectors/yaml/yaml-tree.ts";
import { readCondition } from "./parse-condition.ts";
import type {
  AbsenceSide,
  Comparison,
  Shape,
  ShapeBurst,
  ShapeEvents,
  ShapeLookup,
  ShapeMeasure,
} from "./shape.ts";

const KINDS = ["filter", "threshold", "sequence", "absence"] as const;
const FIGURES = ["count", "kinds", "distinct", "sum", "average", "percentile"] as const;
const COMPARISONS: readonly Comparison[] = [
  "less",
  "less-or-equal",
  "equal",
  "not-equal",
  "greater",
  "greater-or-equal",
];
const SIDES: readonly AbsenceSide[] = ["after", "before", "around"];
const MAXIMUM_KINDS_OF_EVENTS = 16;

/**
 * Reads `shape.yaml`. Every default is filled: `by` of events is the shape's, `minimumCount` 1, `where` everything.
 * Issues carry their line. What the data lack is told by `shapeSql`, not here. Never throws.
 */
export function parseShape(text: string, place: string): Parsed<Shape> {
  const issues: Issue[] = [];
  const read = readYamlTree(text, place);
  issues.push(...read.issues);
  const fields = new Fields(read.tree, place, "shape", issues);
  const kind = fields.choice("kind", "filter", KINDS);
  if (!fields.has("kind") && read.tree !== null)
    fields.wrong("kind", "The shape has no kind.", `Write one of ${KINDS.join(", ")}.`);
  const by = fields.texts("by", 20);
  const windowMs = kind === "filter" ? 0 : fields.durationMs("window", 0, 1);
  if (kind !== "filter" && !fields.has("window"))
    fields.wrong("window", "The shape has no window.", "Write a time span such as 5m or 1h.");
  const events = listOf(read.tree, "events").map((tree) => readEvents(tree, place, by, issues));
  fields.list("events", MAXIMUM_KINDS_OF_EVENTS);
  if (events.length === 0)
    fields.wrong("events", "The shape has no events.", "Write a list with a dataset and a condition.");
  const missing = listOf(read.tree, "missing").map((tree) => readEvents(tree, place, by, issues));
  if (kind === "absence" || kind === "sequence") fields.list("missing", 1);
  const shape = shapeOf(fields, kind, by, events, missing, windowMs);
  fields.finish();
  return shape === null || issues.some(({ severity }) => severity === "error")
    ? { ok: false, issues }
    : { ok: true, value: shape, issues };
}

/** Entries of a list under a key; a single map counts as a list of one. */
function listOf(tree: YamlTree | null, key: string): readonly YamlTree[] {
  const value = tree?.kind === "map" ? tree.entries.get(key) : undefined;
  if (value === undefined) return [];
  return value.kind === "list" ? value.items : [value];
}

function shapeOf(
  fields: Fields,
  kind: Shape["kind"],
  by: readonly string[],
  events: readonly ShapeEvents[],
  missing: readonly ShapeEvents[],
  windowMs: number,
): Shape | null {
  const [first] = events;
  if (first === undefined) return null;
  if ((kind === "filter" || kind === "absence") && events.length > 1)
    fields.wrong("events", `A shape of kind ${kind} has one kind of events.`, "Keep one of them.");
  switch (kind) {
    case "filter":
      return { kind, events: first, by };
    case "threshold":
      return { kind, events, by, measure: readMeasure(fields), windowMs };
    case "sequence": {
      const base = { kind, events, by, ordered: fields.boolean("ordered", false), windowMs } as const;
      if (missing[0] === undefined) return base;
      return { ...base, missing: missing[0], side: fields.choice("side", "after", [...SIDES, "between"]) };
    }
    case "absence": {
      const side = fields.choice("side", "after", SIDES);
      if (missing[0] === undefined) {
        fields.wrong("missing", "Nothing is said to be missing.", "Write the events that must not be there.");
        return null;
      }
      return { kind, events: first, missing: missing[0], side, by, windowMs };
    }
  }
}

function readMeasure(fields: Fields): ShapeMeasure {
  const measure = fields.map("measure");
  if (measure === null) {
    fields.wrong(
      "measure",
      "Nothing is measured.",
      "Write { of: count, comparison: greater-or-equal, value: 5 }.",
    );
    return { of: "count", field: "", comparison: "greater-or-equal", value: 1 };
  }
  const of = measure.choice("of", "count", FIGURES);
  const bare = of === "count" || of === "kinds";
  const field = bare ? "" : measure.text("field", "", 500);
  if (!bare && field === "")
    measure.wrong("field", `The ${of} of no field is asked for.`, "Name the field that is measured.");
  const comparison = measure.choice("comparison", "greater-or-equal", COMPARISONS);
  const value = measure.number("value", null, -Number.MAX_VALUE, Number.MAX_VALUE);
  if (value === null) measure.wrong("value", "The figure is compared with nothing.", "Give a number.");
  const percentile = of === "percentile" ? measure.number("percentile", 50, 0, 100) : null;
  const and = readOtherEnd(measure);
  measure.finish();
  return {
    ...(and === null ? {} : { and }),
    of,
    field,
    ...(percentile === null ? {} : { percentile }),
    comparison,
    value: value ?? 0,
  };
}

function readOtherEnd(measure: Fields): NonNullable<ShapeMeasure["and"]> | null {
  const and = measure.map("and");
  if (and === null) return null;
  const comparison = and.choice("comparison", "less-or-equal", COMPARISONS);
  const value = and.number("value", null, -Number.MAX_VALUE, Number.MAX_VALUE);
  if (value === null) and.wrong("value", "The other end of the range is no number.", "Give a number.");
  and.finish();
  return { comparison, value: value ?? 0 };
}

function readBurst(fields: Fields): ShapeBurst | null {
  const burst = fields.map("burst");
  if (burst === null) return null;
  const count = burst.number("count", 1, 1, 100_000);
  const windowMs = burst.durationMs("window", 0, 1);
  if (!burst.has("count") || !burst.has("window"))
    burst.wrong(
      "count",
      "A burst has a number of events and a window.",
      "Write { count: 10, window: 5m, by: [host] }.",
    );
  const by = burst.texts("by", 20);
  burst.finish();
  return { count, windowMs, by };
}

function readEvents(tree: YamlTree, place: string, by: readonly string[], issues: Issue[]): ShapeEvents {
  const fields = new Fields(tree, place, "shape.events", issues);
  const name = fields.text("name", "events", 100);
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(name))
    fields.wrong(
      "name",
      `"${shown(name)}" is no name for events.`,
      "Use at most 32 lower-case letters, digits and underscores, a letter first.",
    );
  const dataset = fields.text("dataset", "", 200);
  if (dataset === "")
    fields.wrong("dataset", "The events have no dataset.", "Name the dataset they come from.");
  const own = fields.has("by") ? fields.texts("by", 20) : by;
  if (own.length !== by.length)
    fields.wrong("by", `${own.length} columns are named for ${by.length} entities.`, "Name one for each.");
  const minimumCount = fields.number("minimumCount", 1, 1, 100_000);
  const where = tree.kind === "map" ? tree.entries.get("where") : undefined;
  fields.map("where");
  const lookup = readLookup(fields);
  const burst = readBurst(fields);
  fields.finish();
  return {
    name,
    dataset,
    where: where === undefined ? { kind: "all", of: [] } : readCondition(where, place, issues),
    by: own,
    minimumCount,
    ...(lookup === null ? {} : { lookup }),
    ...(burst === null ? {} : { burst }),
  };
}

function readLookup(fields: Fields): ShapeLookup | null {
  const lookup = fields.map("lookup");
  if (lookup === null) return null;
  const dataset = lookup.text("dataset", "", 200);
  if (dataset === "") lookup.wrong("dataset", "The lookup has no dataset.", "Name the dataset to look into.");
  const on = lookup.list("on", 10).map((pair) => {
    const column = pair.text("column", "", 500);
    const lookupColumn = pair.text("lookupColumn", column, 500);
    if (column === "") pair.wrong("column", "The pair has no column of the event.", "Name it.");
    pair.finish();
    return { column, lookupColumn };
  });
  if (on.length === 0)
    lookup.wrong("on", "The lookup compares no columns.", "Write - { column: host, lookupColumn: name }.");
  const present = lookup.boolean("present", true);
  lookup.finish();
  return { dataset, on, present };
}
