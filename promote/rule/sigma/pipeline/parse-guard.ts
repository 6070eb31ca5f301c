import { shown } from "../../../../connectors/yaml/yaml-tree.ts";
import { type BooleanExpression, expressionNames, parseBooleanExpression } from "./boolean-expression.ts";
import type { FieldNameCondition, Guard, ItemCondition, RuleCondition } from "./pipeline.ts";
import { readPattern, type TreeReader } from "./tree-reader.ts";

interface Kinds {
  readonly rule: RuleCondition;
  readonly detection_item: ItemCondition;
  readonly field_name: FieldNameCondition;
}

/** Reads `rule_conditions`, `rule_cond_op`, `rule_cond_expr` and `rule_cond_not` of an item, or those of another kind. */
export function parseGuard<Kind extends keyof Kinds>(item: TreeReader, kind: Kind): Guard<Kinds[Kind]> {
  const conditions: { name: string; condition: Kinds[Kind] }[] = [];
  for (const { name, reader } of item.named(`${kind}_conditions`)) {
    const condition = READERS[kind](reader.text("type", ""), reader) as Kinds[Kind] | null;
    reader.unknown("error");
    if (condition !== null) conditions.push({ name, condition });
  }
  const linking = item.choice(`${kind}_cond_op`, "and", ["and", "or"] as const);
  const text = item.text(`${kind}_cond_expr`, "");
  return {
    conditions,
    linking,
    expression: text === "" ? null : expressionOf(text, `${kind}_cond_expr`, conditions, item),
    negated: item.flag(`${kind}_cond_not`),
  };
}

function expressionOf(
  text: string,
  key: string,
  conditions: readonly { readonly name: string }[],
  item: TreeReader,
): BooleanExpression | null {
  const expression = parseBooleanExpression(text);
  if ("error" in expression) {
    item.report(
      "error",
      "expression",
      `\`${key}\`: ${shown(expression.error)}.`,
      "Join names by and, or, not.",
      key,
    );
    return null;
  }
  const stray = expressionNames(expression).find((name) => !conditions.some((one) => one.name === name));
  if (stray !== undefined)
    item.report(
      "error",
      "expression",
      `\`${key}\` names \`${shown(stray)}\`, which is no condition.`,
      "Name it.",
      key,
    );
  return expression;
}

const READERS: { readonly [Kind in keyof Kinds]: (type: string, reader: TreeReader) => Kinds[Kind] | null } =
  {
    rule: ruleCondition,
    detection_item: itemCondition,
    field_name: fieldNameCondition,
  };

function ruleCondition(type: string, reader: TreeReader): RuleCondition | null {
  switch (type) {
    case "logsource":
      return {
        type,
        category: reader.text("category", "") || null,
        product: reader.text("product", "") || null,
        service: reader.text("service", "") || null,
      };
    case "contains_field":
      return { type, field: reader.text("field", "") };
    case "contains_detection_item":
      return { type, field: reader.text("field", ""), value: reader.scalar("value") ?? "" };
    case "is_sigma_rule":
    case "is_sigma_correlation_rule":
      return { type };
    case "rule_attribute":
      return {
        type,
        attribute: reader.text("attribute", ""),
        value: reader.scalar("value") ?? "",
        operator: reader.choice("op", "eq", ["eq", "ne", "gte", "gt", "lte", "lt", "in", "not_in"] as const),
      };
    case "tag":
      return { type, tag: reader.text("tag", "") };
    default:
      return shared(type, "processing_item_id", reader);
  }
}

function itemCondition(type: string, reader: TreeReader): ItemCondition | null {
  const every = () => reader.choice("cond", "any", ["any", "all"] as const) === "all";
  switch (type) {
    case "match_string":
      return { type, pattern: startPattern(reader), every: every(), negated: reader.flag("negate") };
    case "match_value":
      return { type, value: reader.scalar("value") ?? "", every: every() };
    case "contains_wildcard":
    case "is_null":
      return { type, every: every() };
    default:
      return shared(type, "processing_item_id", reader);
  }
}

function fieldNameCondition(type: string, reader: TreeReader): FieldNameCondition | null {
  if (type !== "include_fields" && type !== "exclude_fields")
    return shared(type, "processing_item_id", reader);
  const mode = reader.choice("mode", "plain", ["plain", "re"] as const);
  const fields = reader.texts("fields").map((text) => {
    if (mode === "plain") return text;
    const pattern = readPattern(text);
    if (pattern instanceof RegExp) return pattern;
    reader.report(
      "error",
      "regex",
      `\`${shown(text)}\` is no regular expression for here: ${shown(pattern)}.`,
      "Correct it.",
    );
    return text;
  });
  return { type, fields };
}

function shared(
  type: string,
  idKey: string,
  reader: TreeReader,
): Extract<RuleCondition, { type: "processing_item_applied" | "processing_state" }> | null {
  if (type === "processing_item_applied") return { type, id: reader.text(idKey, "") };
  if (type === "processing_state")
    return { type, key: reader.text("key", ""), value: reader.scalar("val") ?? "" };
  reader.report(
    "error",
    "condition.unsupported",
    `The condition \`${shown(type)}\` is not known here.`,
    "Say it with another condition, or take the transformation out.",
  );
  return null;
}

/** Python's `match` looks at the text's beginning only. */
function startPattern(reader: TreeReader): RegExp {
  const pattern = reader.pattern("pattern");
  return new RegExp(`^(?:${pattern.source})`, pattern.flags.replace("g", ""));
}
