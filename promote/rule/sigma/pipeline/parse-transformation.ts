import { shown } from "../../../../connectors/yaml/yaml-tree.ts";
import type { Transformation } from "./pipeline.ts";
import type { TreeReader } from "./tree-reader.ts";

const WHY_NOT: Readonly<Record<string, string>> = {
  query_expression_placeholders: "puts text of another product's query into the rule",
  include: "reads another file",
};

/** Reads what one item of a pipeline does, or reports that it is not known. */
export function parseTransformation(type: string, item: TreeReader): Transformation | null {
  switch (type) {
    case "field_name_mapping":
    case "field_name_prefix_mapping":
      return { type, mapping: item.mapping("mapping") };
    case "field_name_prefix":
      return { type, text: item.text("prefix", "") };
    case "field_name_suffix":
      return { type, text: item.text("suffix", "") };
    case "field_name_transform":
      return {
        type,
        method: item.choice("transform_func", "lower_case", [
          "lower_case",
          "upper_case",
          "title_case",
          "snake_case",
        ] as const),
        mapping: item.has("mapping") ? item.mapping("mapping") : new Map(),
      };
    case "drop_detection_item":
      return { type };
    case "hashes_fields":
      return {
        type,
        algorithms: item.texts("valid_hash_algos").map((name) => name.toUpperCase()),
        prefix: item.text("field_prefix", ""),
        dropAlgorithm: item.flag("drop_algo_prefix"),
      };
    case "value_placeholders":
    case "wildcard_placeholders":
      return { type, applies: { include: item.texts("include"), exclude: item.texts("exclude") } };
    case "add_condition": {
      const conditions = item.tree("conditions");
      item.pass("name");
      if (conditions === null) {
        item.report("error", "value", "`add_condition` has no `conditions`.", "Write fields and values.");
        return null;
      }
      return { type, conditions, template: item.flag("template"), negated: item.flag("negated") };
    }
    case "change_logsource":
      return {
        type,
        category: item.text("category", "") || null,
        product: item.text("product", "") || null,
        service: item.text("service", "") || null,
      };
    case "add_field":
    case "remove_field":
      return { type, fields: item.texts("field") };
    case "set_field":
      return { type, fields: item.texts("fields") };
    case "replace_string":
      return {
        type,
        pattern: item.pattern("regex"),
        replacement: replacementOf(item.text("replacement", "")),
        skipSpecial: item.flag("skip_special"),
        interpretSpecial: item.flag("interpret_special"),
      };
    case "map_string":
      return { type, mapping: item.mapping("mapping") };
    case "set_state":
      return { type, key: item.text("key", ""), value: item.text("val", "") };
    case "regex":
      return {
        type,
        method: item.choice("method", "ignore_case_brackets", [
          "plain",
          "ignore_case_flag",
          "ignore_case_brackets",
        ] as const),
      };
    case "set_value":
      return setValue(item);
    case "convert_type":
      return { type, target: item.choice("target_type", "str", ["str", "num"] as const) };
    case "case":
      return { type, method: item.choice("method", "lower", ["lower", "upper", "snake_case"] as const) };
    case "rule_failure":
    case "detection_item_failure":
      return { type, message: item.text("message", "the pipeline refuses it") };
    case "strict_field_mapping_failure":
      return { type, message: "the pipeline maps no such field" };
    case "set_custom_attribute":
      return { type, attribute: item.text("attribute", ""), value: item.scalar("value") ?? "" };
    default:
      item.report(
        "error",
        "transformation.unsupported",
        WHY_NOT[type] === undefined
          ? `The transformation \`${shown(type)}\` is not known here.`
          : `The transformation \`${type}\` ${WHY_NOT[type]}, which is not done here.`,
        "Say it with another transformation, or take it out.",
      );
      return null;
  }
}

function setValue(item: TreeReader): Transformation | null {
  const value = item.scalar("value");
  const forced = item.text("force_type", "");
  if (forced === "") return { type: "set_value", value };
  if (forced === "str") return { type: "set_value", value: String(value ?? "") };
  const number = Number(value);
  if (forced === "num" && value !== null && Number.isFinite(number))
    return { type: "set_value", value: number };
  item.report("error", "value", "`set_value` cannot make a number of its value.", "Give a number.", "value");
  return null;
}

/** A replacement as Python writes it (`\1`, `\g<name>`) in this language's form. */
function replacementOf(text: string): string {
  return text
    .replaceAll("$", "$$$$")
    .replaceAll(/\\(?:g<(\d+)>|g<([A-Za-z_]\w*)>|(\d{1,2})|\\)/g, (_, byNumber, byName, digits) => {
      if (byName !== undefined) return `$<${byName}>`;
      const number = byNumber ?? digits;
      if (number === undefined) return "\\";
      return number === "0" ? "$&" : `$${number}`;
    });
}
