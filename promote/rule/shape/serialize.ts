/** A shape as the text of `shape.yaml`. Browser-safe: pure functions only. */
import { formatDuration } from "../../../connectors/yaml/duration.ts";
import { yamlText } from "../../../connectors/yaml/yaml-scalar.ts";
import type { Condition, ConditionValue, FieldTest } from "../condition/condition.ts";
import type { Shape, ShapeEvents, ShapeMeasure } from "./shape.ts";

/** Writes `shape.yaml`: always the same order; parses back to the same shape (whole numbers past 2^53 as texts). */
export function shapeYaml(shape: Shape): string {
  const lines = [
    "# What the rule looks for, in parts. rule.sql is written from it, and rule.sql is what runs.",
    `kind: ${shape.kind}`,
    `by: ${textList(shape.by)}`,
  ];
  if (shape.kind !== "filter")
    lines.push(`window: ${formatDuration(Math.max(1, Math.round(shape.windowMs)))}`);
  if (shape.kind === "sequence") lines.push(`ordered: ${shape.ordered}`);
  if (shape.kind === "threshold") lines.push(`measure: ${measureText(shape.measure)}`);
  lines.push("events:", ...eventsOf(shape).flatMap((events) => eventsLines(events, shape.by)));
  const missing = shape.kind === "absence" || shape.kind === "sequence" ? shape.missing : undefined;
  if (missing !== undefined && (shape.kind === "absence" || shape.kind === "sequence")) {
    lines.push(`side: ${shape.side ?? "after"}`, "missing:", ...eventsLines(missing, shape.by));
  }
  return `${lines.join("\n")}\n`;
}

function eventsOf(shape: Shape): readonly ShapeEvents[] {
  return shape.kind === "filter" || shape.kind === "absence" ? [shape.events] : shape.events;
}

function textList(texts: readonly string[]): string {
  return `[${texts.map(yamlText).join(", ")}]`;
}

function measureText({ of, field, percentile, comparison, value, and }: ShapeMeasure): string {
  const parts = [`of: ${of}`];
  if (field !== "") parts.push(`field: ${yamlText(field)}`);
  if (percentile !== undefined) parts.push(`percentile: ${percentile}`);
  parts.push(`comparison: ${comparison}`, `value: ${value}`);
  if (and !== undefined) parts.push(`and: { comparison: ${and.comparison}, value: ${and.value} }`);
  return `{ ${parts.join(", ")} }`;
}

function eventsLines(events: ShapeEvents, by: readonly string[]): string[] {
  const lines = [`  - name: ${yamlText(events.name)}`, `    dataset: ${yamlText(events.dataset)}`];
  if (events.by.join("\0") !== by.join("\0")) lines.push(`    by: ${textList(events.by)}`);
  if (events.minimumCount !== 1) lines.push(`    minimumCount: ${events.minimumCount}`);
  if (events.where.kind !== "all" || events.where.of.length > 0)
    lines.push("    where:", ...conditionLines(events.where, "      "));
  const { lookup, burst } = events;
  if (burst !== undefined) {
    const window = formatDuration(Math.max(1, Math.round(burst.windowMs)));
    lines.push(`    burst: { count: ${burst.count}, window: ${window}, by: ${textList(burst.by)} }`);
  }
  if (lookup !== undefined) {
    lines.push(
      "    lookup:",
      `      dataset: ${yamlText(lookup.dataset)}`,
      `      present: ${lookup.present}`,
    );
    lines.push(lookup.on.length === 0 ? "      on: []" : "      on:");
    for (const { column, lookupColumn } of lookup.on)
      lines.push(`        - { column: ${yamlText(column)}, lookupColumn: ${yamlText(lookupColumn)} }`);
  }
  return lines;
}

function conditionLines(condition: Condition, margin: string): string[] {
  if (condition.kind === "test") return [`${margin}${testText(condition)}`];
  if (condition.kind === "not") return [`${margin}not:`, ...conditionLines(condition.of, `${margin}  `)];
  if (condition.of.length === 0) return [`${margin}${condition.kind}: []`];
  return [
    `${margin}${condition.kind}:`,
    ...condition.of.flatMap((part) => {
      const [head, ...rest] = conditionLines(part, `${margin}    `);
      return [`${margin}  - ${head!.trimStart()}`, ...rest];
    }),
  ];
}

function valueText(value: ConditionValue): string {
  if (typeof value === "string") return yamlText(value);
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? String(value) : yamlText(String(value));
  return Object.is(value, -0) ? "0" : String(value);
}

function testText(test: FieldTest): string {
  const parts = test.operator === "keyword" ? [] : [`field: ${yamlText(test.field)}`];
  const bare = test.operator === "is-null" || test.operator === "exists";
  const values = test.values.map(valueText);
  const single = values.length === 1 ? values[0]! : `[${values.join(", ")}]`;
  parts.push(`${test.operator}: ${bare ? "true" : single}`);
  if (test.everyValue) parts.push("everyValue: true");
  if (test.caseSensitive) parts.push("caseSensitive: true");
  if (test.flags !== undefined) parts.push(`flags: ${yamlText(test.flags)}`);
  if (test.datePart !== undefined) parts.push(`datePart: ${test.datePart}`);
  if (test.fieldPart !== undefined) parts.push(`fieldPart: ${test.fieldPart}`);
  return `{ ${parts.join(", ")} }`;
}
