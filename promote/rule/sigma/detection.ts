import type { Issue } from "../../../connectors/issue/issue.ts";
import { shown, type YamlTree } from "../../../connectors/yaml/yaml-tree.ts";
import { namesOf, readExpression } from "./expression.ts";
import type {
  SigmaCondition,
  SigmaDetection,
  SigmaDetections,
  SigmaExpression,
  SigmaItem,
  SigmaValue,
} from "./sigma-rule.ts";

type Report = (
  severity: Issue["severity"],
  code: string,
  line: number,
  message: string,
  remedy: string,
) => void;

/** Keys beside `condition` that are no detections: what was left of the removed aggregations. */
const NO_DETECTION = new Set(["condition", "timeframe"]);

/** Reads `detection:` of a rule, or `filter:` of a filter without its `rules`. Null when an error stops it. */
export function readDetections(
  tree: YamlTree,
  place: string,
  issues: Issue[],
  otherKeys: readonly string[] = [],
): SigmaDetections | null {
  const before = issues.length;
  const report: Report = (severity, code, line, message, remedy) =>
    issues.push({ severity, code: `sigma.${code}`, place: `${place}:${line}`, message, remedy });
  if (tree.kind !== "map") {
    report(
      "error",
      "detection.shape",
      tree.line,
      "The detection holds no names.",
      "Write `selection:` and `condition:`.",
    );
    return null;
  }
  const named = new Map<string, SigmaDetection>();
  for (const [name, under] of tree.entries) {
    if (NO_DETECTION.has(name) || otherKeys.includes(name)) continue;
    const read = readDetection(under, report);
    if (read) named.set(name, read);
  }
  const names = [...named.keys()];
  const conditions = readConditions(tree.entries.get("condition"), tree.line, names, report);
  if (names.length === 0)
    report(
      "error",
      "detection.empty",
      tree.line,
      "The detection names nothing to look for.",
      "Write a `selection:`.",
    );
  const timeframe = tree.entries.get("timeframe");
  if (timeframe)
    report(
      "warning",
      "timeframe",
      timeframe.line,
      "`timeframe` belonged to the removed aggregations and means nothing here.",
      "Write a correlation rule with a `timespan`.",
    );
  const used = new Set(
    conditions.flatMap(({ expression, line }) => checkNames(expression, line, names, report)),
  );
  for (const name of names) {
    if (!used.has(name) && !name.startsWith("_") && conditions.length > 0)
      report(
        "warning",
        "detection.unused",
        named.get(name)!.line,
        `The condition never asks for \`${shown(name)}\`.`,
        "Use or remove it.",
      );
  }
  const failed = issues.slice(before).some(({ severity }) => severity === "error");
  return failed ? null : { named, conditions };
}

function readConditions(
  tree: YamlTree | undefined,
  line: number,
  names: readonly string[],
  report: Report,
): SigmaCondition[] {
  const items = tree === undefined ? [] : tree.kind === "list" ? tree.items : [tree];
  const texts = items.filter((item) => item.kind === "scalar" && item.value !== null);
  if (texts.length === 0 || texts.length < items.length) {
    report(
      "error",
      "condition.missing",
      tree?.line ?? line,
      "The detection has no condition.",
      "Write `condition: selection`.",
    );
    return [];
  }
  return texts.flatMap((item) => {
    const text = String(item.kind === "scalar" ? item.value : "");
    const read = readExpression(text, names);
    if (read.ok) return [{ text, expression: read.expression, line: item.line }];
    report("error", read.code, item.line, read.message, read.remedy);
    return [];
  });
}

/** The names a condition asks for; those that are not there are errors. */
function checkNames(
  expression: SigmaExpression,
  line: number,
  names: readonly string[],
  report: Report,
): string[] {
  if (expression.kind === "not") return checkNames(expression.of, line, names, report);
  if (expression.kind !== "name" && expression.kind !== "of")
    return expression.of.flatMap((part) => checkNames(part, line, names, report));
  const asked = expression.kind === "name" ? expression.name : expression.pattern;
  const found = expression.kind === "name" ? names.filter((name) => name === asked) : namesOf(asked, names);
  if (found.length === 0) {
    report(
      "error",
      "condition.name",
      line,
      `The condition asks for \`${shown(asked)}\`, and no detection is called so.`,
      `There are: ${names.map(shown).join(", ")}.`,
    );
  }
  return found;
}

function readDetection(tree: YamlTree, report: Report): SigmaDetection | null {
  if (tree.kind === "scalar") return item("", tree, report);
  if (tree.kind === "map") {
    const of = [...tree.entries].map(([key, values]) => item(key, values, report));
    if (of.length === 0)
      report("error", "detection.empty", tree.line, "A detection is empty.", "Name a field and a value.");
    return together("all", of, tree.line);
  }
  if (tree.items.length === 0) {
    report(
      "error",
      "detection.empty",
      tree.line,
      "A detection is an empty list.",
      "Name a field and a value.",
    );
    return null;
  }
  if (tree.items.every((entry) => entry.kind === "scalar")) return item("", tree, report);
  return together(
    "any",
    tree.items.map((entry) => readDetection(entry, report)),
    tree.line,
  );
}

function together(
  kind: "all" | "any",
  of: readonly (SigmaDetection | null)[],
  line: number,
): SigmaDetection | null {
  const read = of.filter((one) => one !== null);
  if (read.length < of.length || read.length === 0) return null;
  return read.length === 1 ? read[0]! : { kind, of: read, line };
}

function item(key: string, tree: YamlTree, report: Report): SigmaItem | null {
  const [field = "", ...modifiers] = key.split("|").map((part) => part.trim());
  const entries = tree.kind === "list" ? tree.items : [tree];
  const values: SigmaValue[] = [];
  for (const entry of entries) {
    if (entry.kind !== "scalar") {
      report(
        "error",
        "value.shape",
        entry.line,
        `A value of \`${shown(key)}\` is a list or a map.`,
        "Give single values.",
      );
      return null;
    }
    if (
      typeof entry.value === "number" &&
      Number.isInteger(entry.value) &&
      !Number.isSafeInteger(entry.value)
    ) {
      report(
        "error",
        "value.number",
        entry.line,
        `A value of \`${shown(key)}\` is larger than a number can hold exactly.`,
        "Write it in quotes.",
      );
      return null;
    }
    values.push(entry.value);
  }
  if (values.length === 0) {
    report("error", "value.empty", tree.line, `\`${shown(key)}\` has no value.`, "Give a value, or `null`.");
    return null;
  }
  if (field === "" && values.includes(null)) {
    report("error", "value.keyword", tree.line, "A keyword is empty.", "Give the text to look for.");
    return null;
  }
  return {
    kind: "item",
    field,
    modifiers: modifiers.map((modifier) => modifier.toLowerCase()),
    values,
    line: tree.line,
  };
}
