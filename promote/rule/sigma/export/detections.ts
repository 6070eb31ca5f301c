/** A condition as the detections and condition of a Sigma rule. Browser-safe: pure functions only. */
import type { Condition, ConditionValue, FieldTest } from "../../condition/condition.ts";
import { globPattern } from "../../condition/glob.ts";

export type DetectionValue = string | number | bigint | boolean | null;
export type DetectionMap = Readonly<Record<string, DetectionValue | readonly DetectionValue[]>>;
export type Detection = DetectionMap | readonly DetectionMap[] | readonly DetectionValue[];

/** What stands under `detection:`: named detections in their order, then the condition over them. */
export interface WrittenDetections {
  readonly named: ReadonlyMap<string, Detection>;
  readonly condition: string;
}

/**
 * Writes a condition as Sigma has it: tests that must all hold as one selection, alternatives as a list, exceptions as
 * filters, and whatever nests deeper by brackets. Reading it again gives a condition of the same meaning.
 */
export function writeDetections(condition: Condition): WrittenDetections {
  const named = new Map<string, Detection>();
  const name = (detection: Detection, kind: "selection" | "filter"): string => {
    const base = kind;
    let free: string = base;
    for (let number = 2; named.has(free); number += 1) free = `${base}_${number}`;
    named.set(free, detection);
    return free;
  };
  const write = (
    part: Condition,
    kind: "selection" | "filter",
    outer: "all" | "any" | "not" | null,
  ): string => {
    const detection = asDetection(part);
    if (detection !== null) return name(detection, kind);
    if (part.kind === "test") throw new Error("Every test is a detection.");
    if (part.kind === "not") {
      const text = `not ${write(part.of, kind === "selection" ? "filter" : "selection", "not")}`;
      return outer === "not" ? `(${text})` : text;
    }
    const pieces =
      part.kind === "all"
        ? collected(part.of, (of) => write(of, kind, "all"))
        : part.of.map((of) => write(of, kind, "any"));
    const text = pieces.join(part.kind === "all" ? " and " : " or ");
    return pieces.length > 1 && outer !== null && outer !== part.kind ? `(${text})` : text;
  };
  const written = write(simplified(condition), "selection", null);
  return { named, condition: written };
}

/** Takes single-part groups apart; groups of nothing are written as a test that always or never holds. */
function simplified(condition: Condition): Condition {
  if (condition.kind === "test") return condition;
  if (condition.kind === "not") return { kind: "not", of: simplified(condition.of) };
  const of = condition.of
    .map(simplified)
    .flatMap((part) => (part.kind === condition.kind ? part.of : [part]));
  if (of.length === 1) return of[0]!;
  if (of.length > 1) return { kind: condition.kind, of };
  const everything = { ...ALWAYS, kind: "any" } as const;
  return condition.kind === "all" ? everything : { kind: "not", of: everything };
}

const present: FieldTest = {
  kind: "test",
  field: "_time",
  operator: "exists",
  values: [],
  everyValue: false,
  caseSensitive: false,
};
const ALWAYS = { of: [present, { kind: "not", of: present }] as readonly Condition[] };

/** Writes tests of a conjunction that can share one map together, the others one by one, in the order of the first. */
function collected(parts: readonly Condition[], write: (part: Condition) => string): string[] {
  const tests = parts.filter(
    (part): part is FieldTest => part.kind === "test" && part.operator !== "keyword",
  );
  const keys = tests.flatMap((test) => Object.keys(mapOf(test)));
  const together = tests.length > 1 && new Set(keys).size === keys.length;
  if (!together) return parts.map(write);
  const first = parts.indexOf(tests[0]!);
  return parts.flatMap((part, index) => {
    if (index === first) return [write({ kind: "all", of: tests })];
    return tests.includes(part as FieldTest) ? [] : [write(part)];
  });
}

/** A condition that one name can hold, or null. */
function asDetection(condition: Condition): Detection | null {
  if (condition.kind === "test")
    return condition.operator === "keyword" ? keywords(condition) : mapOf(condition);
  if (condition.kind === "not") return null;
  if (condition.kind === "all") return mapOfAll(condition.of);
  const maps = condition.of.map((part) =>
    part.kind === "test"
      ? part.operator === "keyword"
        ? null
        : mapOf(part)
      : part.kind === "all"
        ? mapOfAll(part.of)
        : null,
  );
  return maps.every((map) => map !== null) ? (maps as DetectionMap[]) : null;
}

function mapOfAll(parts: readonly Condition[]): DetectionMap | null {
  const map: Record<string, DetectionValue | readonly DetectionValue[]> = {};
  for (const part of parts) {
    if (part.kind !== "test" || part.operator === "keyword") return null;
    for (const [key, value] of Object.entries(mapOf(part))) {
      if (Object.hasOwn(map, key)) return null;
      map[key] = value;
    }
  }
  return map;
}

function keywords(test: FieldTest): Detection {
  const values = test.values.map((value) => value ?? "");
  const modifiers = [
    test.caseSensitive ? "cased" : "",
    test.everyValue && values.length > 1 ? "all" : "",
  ].filter(Boolean);
  return modifiers.length === 0 ? values : { [`|${modifiers.join("|")}`]: values };
}

const MODIFIERS: Readonly<Partial<Record<FieldTest["operator"], string>>> = {
  contains: "contains",
  "starts-with": "startswith",
  "ends-with": "endswith",
  cidr: "cidr",
  less: "lt",
  "less-or-equal": "lte",
  greater: "gt",
  "greater-or-equal": "gte",
};

function mapOf(test: FieldTest): DetectionMap {
  const { field, operator } = test;
  if (operator === "is-null") return { [field]: null };
  if (operator === "exists") return { [`${field}|exists`]: true };
  const modifiers: string[] = [];
  if (test.datePart) modifiers.push(test.datePart);
  if (operator === "regex") {
    const flags = new Set([...(test.flags ?? ""), ...(test.caseSensitive ? "" : "i")]);
    modifiers.push("re", ...["i", "m", "s"].filter((flag) => flags.has(flag)));
  } else if (operator === "same-as-field") {
    modifiers.push("fieldref");
    if (test.fieldPart)
      modifiers.push(
        { contains: "contains", "starts-with": "startswith", "ends-with": "endswith" }[test.fieldPart],
      );
    if (test.caseSensitive) modifiers.push("cased");
  } else {
    const modifier = MODIFIERS[operator];
    if (modifier) modifiers.push(modifier);
    if (
      test.caseSensitive &&
      test.values.some((value) => typeof value === "string") &&
      !modifier?.match(/^(?:cidr|[lg]te?)$/)
    )
      modifiers.push("cased");
  }
  if (test.everyValue && test.values.length > 1) modifiers.push("all");
  const values = test.values.map((value) => written(operator, value));
  return { [[field, ...modifiers].join("|")]: values.length === 1 ? values[0]! : values };
}

/** Texts in which a wildcard would be read get their backslashes. */
function written(operator: FieldTest["operator"], value: ConditionValue): DetectionValue {
  if (typeof value !== "string") return value;
  if (operator === "is" || operator === "contains" || operator === "starts-with" || operator === "ends-with")
    return value === "" ? "" : globPattern([value]);
  return value;
}
