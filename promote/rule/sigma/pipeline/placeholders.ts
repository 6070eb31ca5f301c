import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import { shown } from "../../../../connectors/yaml/yaml-tree.ts";
import type { SigmaDetection, SigmaDetections, SigmaItem, SigmaValue } from "../sigma-rule.ts";
import { inOrder } from "./apply.ts";
import type { Pipeline, PipelineItem, PlaceholderChoice } from "./pipeline.ts";

/** `%name%` with neither percent sign escaped; `\%` is a plain percent sign. */
const PLACEHOLDER = /\\(%)|%([\w.-]+)%/g;
const MAXIMUM_VALUES = 20_000;

interface Filling {
  readonly kind: "values" | "wildcard";
  readonly variables: Pipeline["variables"];
  readonly applies: PlaceholderChoice;
  /** Conditions on names, which hold for the names that the rule itself uses. */
  readonly meant: (field: string) => boolean;
}

/**
 * Fills the placeholders of values that carry the modifier `expand`, as pipelines say: `value_placeholders` puts the
 * values of a variable there (several give several values), `wildcard_placeholders` a `*`. `ruleHolds` answers a
 * pipeline item's conditions on the rule. A placeholder that nothing fills refuses the rule by name.
 */
export function fillPlaceholders(
  detections: SigmaDetections,
  pipelines: readonly Pipeline[],
  place: string,
  ruleHolds: (item: PipelineItem) => boolean,
): Parsed<SigmaDetections> {
  const fillings = inOrder(pipelines).flatMap((pipeline) =>
    pipeline.items.flatMap((item) => fillingsOf(item, pipeline, ruleHolds)),
  );
  const issues: Issue[] = [];
  const fill = (detection: SigmaDetection): SigmaDetection => {
    if (detection.kind !== "item") return { ...detection, of: detection.of.map(fill) };
    return detection.modifiers.includes("expand")
      ? filledItem(detection, fillings, place, issues)
      : detection;
  };
  const named = new Map([...detections.named].map(([name, detection]) => [name, fill(detection)]));
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: { ...detections, named }, issues };
}

function fillingsOf(
  item: PipelineItem,
  pipeline: Pipeline,
  ruleHolds: (item: PipelineItem) => boolean,
): Filling[] {
  const { transformation } = item;
  if (transformation.type === "nest")
    return ruleHolds(item)
      ? transformation.items.flatMap((inner) => fillingsOf(inner, pipeline, ruleHolds))
      : [];
  if (transformation.type !== "value_placeholders" && transformation.type !== "wildcard_placeholders")
    return [];
  if (!ruleHolds(item)) return [];
  const { conditions, negated } = item.fieldName;
  return [
    {
      kind: transformation.type === "value_placeholders" ? "values" : "wildcard",
      variables: pipeline.variables,
      applies: transformation.applies,
      meant: (field) =>
        conditions.length === 0 ||
        conditions.some(
          ({ condition }) =>
            (condition.type === "include_fields" && condition.fields.includes(field)) ||
            (condition.type === "exclude_fields" && !condition.fields.includes(field)),
        ) !== negated,
    },
  ];
}

function filledItem(
  item: SigmaItem,
  fillings: readonly Filling[],
  place: string,
  issues: Issue[],
): SigmaItem {
  const values: SigmaValue[] = [];
  for (const value of item.values) {
    if (typeof value !== "string") {
      values.push(value);
      continue;
    }
    const filled = filledText(value, item.field, fillings);
    if (typeof filled === "string" || values.length + filled.length > MAXIMUM_VALUES) {
      issues.push({
        severity: "error",
        code: "sigma.placeholder",
        place: `${place}:${item.line}`,
        message:
          typeof filled === "string"
            ? `Nothing says what the placeholder \`%${shown(filled)}%\` of \`${shown(item.field || "keywords")}\` stands for.`
            : `The placeholders of \`${shown(item.field)}\` stand for more than ${MAXIMUM_VALUES} values.`,
        remedy: "Give a pipeline with `value_placeholders` and its values under `vars`.",
      });
      return item;
    }
    values.push(...filled);
  }
  return { ...item, modifiers: item.modifiers.filter((modifier) => modifier !== "expand"), values };
}

/** Every text that the value stands for, or the name of the placeholder that nothing fills. */
function filledText(value: string, field: string, fillings: readonly Filling[]): string[] | string {
  let texts = [""];
  let at = 0;
  for (const match of value.matchAll(PLACEHOLDER)) {
    const before = value.slice(at, match.index);
    at = match.index + match[0].length;
    const name = match[2];
    if (name === undefined) {
      texts = texts.map((text) => `${text}${before}%`);
      continue;
    }
    const options = optionsOf(name, field, fillings);
    if (options === null) return name;
    texts = texts.flatMap((text) => options.map((option) => text + before + option));
    if (texts.length > MAXIMUM_VALUES) return texts;
  }
  return texts.map((text) => text + value.slice(at));
}

function optionsOf(name: string, field: string, fillings: readonly Filling[]): readonly string[] | null {
  for (const { kind, variables, applies, meant } of fillings) {
    if (!meant(field)) continue;
    if (applies.include.length > 0 && !applies.include.includes(name)) continue;
    if (applies.exclude.includes(name)) continue;
    if (kind === "wildcard") return ["*"];
    const values = variables.get(name);
    if (values !== undefined && values.length > 0) return values.map(String);
  }
  return null;
}
