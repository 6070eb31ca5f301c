import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import type { YamlTree } from "../../../../connectors/yaml/yaml-tree.ts";
import { readDetections } from "../detection.ts";
import { SigmaKeys } from "../keys.ts";
import { readLogSource } from "../parse.ts";
import type { SigmaDetections, SigmaExpression, SigmaLogSource, SigmaRule } from "../sigma-rule.ts";

/** A Sigma filter of specification 2.1: a condition that rules of a log source must meet besides their own. */
export interface SigmaFilter {
  readonly title: string;
  readonly id: string;
  readonly description: string;
  readonly logSource: SigmaLogSource;
  /** Ids or names of the rules it is for; null for every rule of the log source. */
  readonly rules: readonly string[] | null;
  readonly detections: SigmaDetections;
  readonly place: string;
  readonly line: number;
}

/** Reads one document with `filter:`. All that stops it is told at once, with its line. */
export function readSigmaFilter(tree: YamlTree, place: string): Parsed<SigmaFilter> {
  const issues: Issue[] = [];
  const keys = new SigmaKeys(tree, place, "sigma.filter", issues);
  const title = keys.text("title");
  if (title === "") keys.error("title.missing", tree.line, "The filter has no title.", "Give it a `title`.");
  const logSource = readLogSource(keys, tree);
  const filter = keys.tree("filter");
  if (filter === null || filter.kind !== "map") {
    keys.error(
      "empty",
      keys.lineOf("filter"),
      "The filter says nothing.",
      "Write `rules`, a selection and a `condition`.",
    );
    return { ok: false, issues };
  }
  const rules = rulesOf(filter.entries.get("rules"), keys, filter.line);
  const condition = filter.entries.get("condition");
  if (condition?.kind === "list")
    keys.error(
      "condition",
      condition.line,
      "A filter has one condition, and this one has several.",
      "Join them by and, or.",
    );
  const detections = readDetections(filter, place, issues, ["rules"]);
  if (detections === null || rules === undefined || issues.some(({ severity }) => severity === "error"))
    return { ok: false, issues };
  if (detections.conditions.every(({ expression }) => !negates(expression)))
    keys.warn(
      "keeps",
      detections.conditions[0]!.line,
      "The filter's condition has no `not`: rules will find only what meets it, and not what does not.",
      "Write `condition: not selection` if these events are to be left out.",
    );
  return {
    ok: true,
    issues,
    value: {
      title,
      id: keys.text("id"),
      description: keys.text("description"),
      logSource,
      rules,
      detections,
      place,
      line: tree.line,
    },
  };
}

/** Whether a filter is for a rule: named by id or name (or for all), and of the filter's log source. */
export function filterIsFor(
  filter: SigmaFilter,
  rule: Pick<SigmaRule, "id" | "name" | "logSource">,
): boolean {
  const named =
    filter.rules === null ||
    filter.rules.some((reference) => reference !== "" && (reference === rule.id || reference === rule.name));
  return (
    named &&
    (["category", "product", "service"] as const).every(
      (part) => filter.logSource[part] === null || filter.logSource[part] === rule.logSource[part],
    )
  );
}

/** The rules of a filter: `any` and an empty list mean all. Undefined when it cannot be told. */
function rulesOf(
  tree: YamlTree | undefined,
  keys: SigmaKeys,
  line: number,
): readonly string[] | null | undefined {
  if (tree === undefined || (tree.kind === "scalar" && tree.value === null)) {
    keys.error(
      "rules.missing",
      tree?.line ?? line,
      "The filter does not say which rules it is for.",
      "List their ids or names under `rules`, or write `rules: any`.",
    );
    return undefined;
  }
  if (tree.kind === "scalar") return String(tree.value).toLowerCase() === "any" ? null : [String(tree.value)];
  if (tree.kind === "map") {
    keys.error("rules.shape", tree.line, "`rules` is no list.", "List ids or names, or write `rules: any`.");
    return undefined;
  }
  if (tree.items.length === 0) return null;
  return tree.items.flatMap((item) => {
    if (item.kind === "scalar" && item.value !== null) return [String(item.value)];
    keys.error("rules.shape", item.line, "An entry of `rules` is no id or name.", "Write it as a text.");
    return [];
  });
}

function negates(expression: SigmaExpression): boolean {
  if (expression.kind === "not") return true;
  return (expression.kind === "all" || expression.kind === "any") && expression.of.some(negates);
}
