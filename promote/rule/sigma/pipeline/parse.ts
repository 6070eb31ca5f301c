import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import { readYamlTree, shown, type YamlTree } from "../../../../connectors/yaml/yaml-tree.ts";
import { parseGuard } from "./parse-guard.ts";
import { parseTransformation } from "./parse-transformation.ts";
import type { Pipeline, PipelineItem } from "./pipeline.ts";
import { TreeReader } from "./tree-reader.ts";

const MAXIMUM_ITEMS = 2_000;
/** Written for the text of another product's query, which is never made here; these only lay out what is handed over. */
const LAYOUT_ONLY = new Set(["concat", "json", "yaml", "template", "nested"]);

/**
 * Reads one processing pipeline as YAML: its transformations, their conditions and its variables. What would change what a
 * rule finds and is not known here (a transformation, a condition, an included file, work on another product's query text)
 * is an error that names it; only the layout of an output is passed over with a warning.
 */
export function parsePipeline(yaml: string, place: string): Parsed<Pipeline> {
  const issues: Issue[] = [];
  const read = readYamlTree(yaml, place);
  issues.push(...read.issues);
  if (read.tree === null || read.tree.kind !== "map") {
    if (issues.length === 0)
      issues.push({
        severity: "error",
        code: "sigma.pipeline.shape",
        place,
        message: "This is no processing pipeline.",
        remedy: "Write it as YAML with `name` and `transformations`.",
      });
    return { ok: false, issues };
  }
  const reader = new TreeReader(read.tree, place, issues);
  const pipeline: Pipeline = {
    name: reader.text("name", place),
    priority: reader.number("priority", 0),
    variables: variablesOf(reader),
    items: itemsOf(reader, "transformations", place, issues, 0),
  };
  for (const item of reader.items("postprocessing"))
    refuse(
      item.text("type", "?"),
      item,
      "works on the text of another product's query, which is not made here",
    );
  for (const item of reader.items("finalizers")) {
    const type = item.text("type", "?");
    if (LAYOUT_ONLY.has(type))
      item.report(
        "warning",
        "finalizer",
        `The finalizer \`${shown(type)}\` only lays out an output and was passed over.`,
        "Nothing.",
      );
    else refuse(type, item, "is no finalizer that is known here");
  }
  reader.pass("allowed_backends");
  reader.unknown("error");
  return issues.some(({ severity }) => severity === "error")
    ? { ok: false, issues }
    : { ok: true, value: pipeline, issues };
}

function itemsOf(
  reader: TreeReader,
  key: string,
  place: string,
  issues: Issue[],
  depth: number,
): PipelineItem[] {
  const found: PipelineItem[] = [];
  const items = reader.items(key);
  if (items.length > MAXIMUM_ITEMS || depth > 8) {
    reader.report(
      "error",
      "too-large",
      "The pipeline holds too many transformations, or nests them too deep.",
      "Split it.",
    );
    return [];
  }
  for (const item of items) {
    const type = item.text("type", "");
    const rule = parseGuard(item, "rule");
    const detectionItem = parseGuard(item, "detection_item");
    const fieldName = parseGuard(item, "field_name");
    const id = item.text("id", "");
    const transformation =
      type === "nest"
        ? { type: "nest" as const, items: itemsOf(item, "items", place, issues, depth + 1) }
        : parseTransformation(type, item);
    item.unknown("error");
    if (transformation === null) continue;
    found.push({ id, place: `${place}:${item.line}`, transformation, rule, item: detectionItem, fieldName });
  }
  return found;
}

function variablesOf(reader: TreeReader): Map<string, (string | number)[]> {
  const variables = new Map<string, (string | number)[]>();
  const tree = reader.tree("vars");
  if (tree === null) return variables;
  if (tree.kind !== "map") {
    reader.report(
      "error",
      "vars",
      "`vars` is no map of names and values.",
      "Write `vars:` with `name: [a, b]`.",
    );
    return variables;
  }
  for (const [name, value] of tree.entries) {
    const entries: readonly YamlTree[] = value.kind === "list" ? value.items : [value];
    const values = entries.flatMap((entry) =>
      entry.kind === "scalar" && (typeof entry.value === "string" || typeof entry.value === "number")
        ? [entry.value]
        : [],
    );
    if (values.length < entries.length)
      reader.report(
        "error",
        "vars",
        `A value of the variable \`${shown(name)}\` is no text or number.`,
        "Write texts.",
      );
    variables.set(name, values);
  }
  return variables;
}

function refuse(type: string, item: TreeReader, why: string): void {
  item.report(
    "error",
    "unsupported",
    `\`${shown(type)}\` ${why}.`,
    "Take it out of the pipeline, or say the same with a transformation of the rule.",
  );
}
