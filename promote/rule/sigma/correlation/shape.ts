import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import { shown } from "../../../../connectors/yaml/yaml-tree.ts";
import type { Shape, ShapeEvents, ShapeMeasure } from "../../shape/shape.ts";
import type { SigmaCollection } from "./collection.ts";
import type { CorrelationCondition, SigmaCorrelation } from "./correlation.ts";
import { alternatives } from "./expression.ts";
import { type EventsOf, type Member, memberOf, oneName, Refused } from "./member.ts";

export type { EventsOf, SigmaEvents } from "./member.ts";

/**
 * A correlation as a shape over the events of its rules. Windows slide and end at the row's own time. Rules within it that
 * are counts themselves (`event_count` with a lower bound) become bursts with their own window and group. What a shape
 * cannot say is refused by name.
 */
export function correlationShape(
  correlation: SigmaCorrelation,
  collection: Pick<SigmaCollection, "named">,
  eventsOf: EventsOf,
): Parsed<Shape> {
  const issues: Issue[] = [];
  try {
    const by = resultNames(correlation.groupBy);
    const members = correlation.rules.map((reference) =>
      memberOf(reference, correlation, collection, eventsOf, issues),
    );
    return { ok: true, value: shapeOf(correlation, members, by, issues), issues };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.message !== "")
      issues.push(issueOf(correlation, "error", error.code, error.message, error.remedy));
    return { ok: false, issues };
  }
}

function shapeOf(
  correlation: SigmaCorrelation,
  members: readonly Member[],
  by: readonly string[],
  issues: Issue[],
): Shape {
  const { type, condition, timespanMs: windowMs } = correlation;
  if (type === "temporal" || type === "temporal_ordered")
    return temporalShape(correlation, members, by, issues);
  const bursts = members.find(({ entries }) => entries.some(({ burst }) => burst !== undefined));
  if (bursts !== undefined)
    throw new Refused(
      "nested",
      `\`${shown(bursts.reference)}\` is a correlation, and \`${type}\` of correlations cannot be said here.`,
      "Count the events of its rules instead.",
    );
  if (condition === null) throw new Refused("condition", "The correlation has no condition.", "Write one.");
  const measure = measureOf(correlation, condition, members);
  return { kind: "threshold", events: named(members), by, measure, windowMs };
}

function temporalShape(
  correlation: SigmaCorrelation,
  members: readonly Member[],
  by: readonly string[],
  issues: Issue[],
): Shape {
  const { condition, expression, timespanMs: windowMs } = correlation;
  const ordered = correlation.type === "temporal_ordered";
  if (expression !== null) {
    const groups = alternatives(expression);
    if ("error" in groups)
      throw new Refused(
        "condition",
        `The condition ${groups.error}, which cannot be said here.`,
        "Use an absence rule, or SQL.",
      );
    const choices = groups.map((references) =>
      references.map((reference) => members.find((member) => member.reference === reference)!),
    );
    if (choices.length === 1)
      return countShape(choices[0]!, by, windowMs, {
        of: "count",
        field: "",
        comparison: "greater-or-equal",
        value: 1,
      });
    return { kind: "sequence", events: numbered(choices.map(oneKind)), by, ordered, windowMs };
  }
  const count = members.length;
  const whole = condition === null || meansAll(condition, count);
  if (!whole && (condition.fields.length > 0 || condition.percentile !== null))
    throw new Refused(
      "condition",
      "A temporal correlation counts kinds of events and measures no field.",
      "Leave `field` out.",
    );
  if (ordered && !whole) {
    const [first] = condition.comparisons;
    const few =
      condition.comparisons.length === 1 &&
      (first!.comparison === "greater-or-equal"
        ? first!.value <= count
        : first!.comparison === "greater" && first!.value < count);
    if (!few)
      throw new Refused(
        "condition",
        "Only a lower bound can be asked of a sequence in order.",
        "Write `gte`, or leave it out.",
      );
    issues.push(
      issueOf(
        correlation,
        "warning",
        "ordered-count",
        `An ordered correlation takes all of its ${count} rules; the smaller count adds nothing.`,
        "Make it `temporal` if fewer are enough.",
      ),
    );
  } else if (!whole) {
    const [one, and] = ranged(condition);
    return countShape(members, by, windowMs, { of: "kinds", field: "", ...one, ...(and ? { and } : {}) });
  }
  if (new Set(correlation.rules).size < count)
    throw new Refused(
      "rules",
      "A rule stands twice in the correlation.",
      "Count its events with `event_count`, or name it once.",
    );
  return {
    kind: "sequence",
    events: numbered(members.map((member) => oneKind([member]))),
    by,
    ordered,
    windowMs,
  };
}

function countShape(
  members: readonly Member[],
  by: readonly string[],
  windowMs: number,
  measure: ShapeMeasure,
): Shape {
  if (measure.of === "kinds") {
    const wide = members.find(({ entries }) => entries.length > 1);
    if (wide) throw severalDatasets(wide);
  }
  return { kind: "threshold", events: named(members), by, measure, windowMs };
}

/** Alternatives as one kind of events, which they can be in one dataset. */
function oneKind(members: readonly Member[]): Omit<ShapeEvents, "name"> & { readonly reference: string } {
  const entries = members.flatMap((member) => member.entries);
  const [first, ...others] = entries;
  if (others.length === 0) return { ...first!, reference: members[0]!.reference };
  const alike = others.every(
    (entry) =>
      entry.dataset === first!.dataset &&
      entry.burst === undefined &&
      entry.by.join("\0") === first!.by.join("\0"),
  );
  if (!alike || first!.burst !== undefined) throw severalDatasets(members[0]!);
  return {
    ...first!,
    where: { kind: "any", of: entries.map(({ where }) => where) },
    reference: members.map(({ reference }) => reference).join("_or_"),
  };
}

function severalDatasets(member: Member): Refused {
  return new Refused(
    "datasets",
    `The events of \`${shown(member.reference)}\` are in several datasets (${member.entries.map(({ dataset }) => dataset).join(", ")}), or of several kinds, where one is meant.`,
    "Say which dataset its log source means, or write one correlation for each.",
  );
}

function measureOf(
  correlation: SigmaCorrelation,
  condition: CorrelationCondition,
  members: readonly Member[],
): ShapeMeasure {
  const { type } = correlation;
  const [one, and] = ranged(condition);
  const rest = { ...one, ...(and ? { and } : {}) };
  if (type === "event_count") return { of: "count", field: "", ...rest };
  const [name, ...more] = condition.fields;
  if (name === undefined || more.length > 0)
    throw new Refused(
      "field",
      `\`${type}\` over several fields at once cannot be said here.`,
      "Name one field.",
    );
  const fields = new Set(
    members.map((member) => {
      const alias = correlation.aliases.get(name)?.get(member.reference) ?? name;
      return oneName(alias, member.mapName);
    }),
  );
  if (fields.size > 1)
    throw new Refused(
      "field",
      `\`${shown(name)}\` is called differently in the events of the rules.`,
      "Map it to one name with a pipeline.",
    );
  const [field] = [...fields];
  const measure = { field: field!, ...rest };
  switch (type) {
    case "value_count":
      return { of: "distinct", ...measure };
    case "value_sum":
      return { of: "sum", ...measure };
    case "value_avg":
      return { of: "average", ...measure };
    case "value_median":
      return { of: "percentile", percentile: 50, ...measure };
    default:
      if (condition.percentile === null)
        throw new Refused(
          "percentile",
          "The condition does not say which percentile of the field is compared; the specification leaves it open.",
          "Add `percentile: 95` to the condition, or use value_median.",
        );
      return { of: "percentile", percentile: condition.percentile, ...measure };
  }
}

function ranged(condition: CorrelationCondition) {
  const [first, second, third] = condition.comparisons;
  if (third !== undefined)
    throw new Refused(
      "condition",
      "The condition has more than two bounds.",
      "Keep a lower and an upper one.",
    );
  return [first!, second] as const;
}

/** Whether a count of kinds asks for all of them. */
function meansAll({ comparisons, fields }: CorrelationCondition, count: number): boolean {
  const [only, ...more] = comparisons;
  if (only === undefined || more.length > 0 || fields.length > 0) return false;
  if (only.comparison === "greater") return only.value === count - 1;
  return (only.comparison === "greater-or-equal" || only.comparison === "equal") && only.value === count;
}

/** Result columns of the groups: names that SQL and people can tell apart. */
function resultNames(groupBy: readonly string[]): string[] {
  const taken = new Set<string>();
  return groupBy.map((name) => {
    const plain = name.replace(/^_+/, "") || "field";
    let free = plain;
    for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${plain}_${number}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

function named(members: readonly Member[]): ShapeEvents[] {
  return numbered(
    members.flatMap(({ reference, entries }) => entries.map((entry) => ({ ...entry, reference }))),
  );
}

/** Gives every kind of events a name that a shape may use, near what the correlation calls it. */
function numbered(
  entries: readonly (Omit<ShapeEvents, "name"> & { readonly reference: string })[],
): ShapeEvents[] {
  const taken = new Set<string>();
  return entries.map(({ reference, ...entry }) => {
    const plain = reference
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "_")
      .replaceAll(/^_+|_+$/g, "");
    const base = (/^[a-z]/.test(plain) ? plain : `rule_${plain}`).slice(0, 28).replace(/_+$/, "");
    let name = base;
    for (let number = 2; taken.has(name); number += 1) name = `${base}_${number}`;
    taken.add(name);
    return { name, ...entry };
  });
}

function issueOf(
  correlation: SigmaCorrelation,
  severity: Issue["severity"],
  code: string,
  message: string,
  remedy: string,
): Issue {
  return {
    severity,
    code: `sigma.correlation.${code}`,
    place: `${correlation.place}:${correlation.line}`,
    message,
    remedy,
  };
}
