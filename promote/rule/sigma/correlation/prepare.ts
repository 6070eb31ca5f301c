import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import type { YamlTree } from "../../../../connectors/yaml/yaml-tree.ts";
import type { Condition } from "../../condition/condition.ts";
import { readDetections } from "../detection.ts";
import { detectionsCondition } from "../detections-condition.ts";
import { filterIsFor, type SigmaFilter } from "../filter/filter.ts";
import { applyPipelines, type PipelineResult } from "../pipeline/apply.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { fillPlaceholders } from "../pipeline/placeholders.ts";
import { type PipelineHelp, type PipelineRule, PipelineRun } from "../pipeline/run.ts";
import type { SigmaRule } from "../sigma-rule.ts";

/** A rule's condition after filters and pipelines, still over Sigma's or the pipelines' field names. */
export interface PreparedRule {
  /** The rule with the log source that the pipelines give it. */
  readonly rule: SigmaRule;
  readonly condition: Condition;
  readonly mapName: PipelineResult["mapName"];
  readonly filters: readonly SigmaFilter[];
}

/**
 * Takes a rule from its text's meaning to what is asked of the data: placeholders filled, filters for it added, then the
 * pipelines. Refused by name where any of them cannot be said or refuses the rule.
 */
export function prepareRule(
  rule: SigmaRule,
  filters: readonly SigmaFilter[],
  pipelines: readonly Pipeline[],
): Parsed<PreparedRule> {
  const issues: Issue[] = [];
  const own = filters.filter((filter) => filterIsFor(filter, rule));
  const conditions: Condition[] = [];
  const seen = pipelineRule(rule, { kind: "all", of: [] });
  for (const { detections, place } of [rule, ...own]) {
    const run = new PipelineRun(seen, help);
    const filled = fillPlaceholders(detections, pipelines, place, (item) => run.ruleHolds(item));
    issues.push(...filled.issues);
    if (!filled.ok) return { ok: false, issues };
    const read = detectionsCondition(filled.value, place);
    issues.push(...read.issues);
    if (!read.ok) return { ok: false, issues };
    conditions.push(read.value);
  }
  const [first] = conditions;
  const condition: Condition = conditions.length === 1 ? first! : { kind: "all", of: conditions };
  const result = applyPipelines(pipelineRule(rule, condition), pipelines, help);
  issues.push(...result.issues.map((issue) => ({ ...issue, message: `${issue.message} (${rule.place})` })));
  if (!result.ok) return { ok: false, issues };
  const { logSource, fields, mapName } = result.value;
  return {
    ok: true,
    issues,
    value: {
      rule: { ...rule, logSource: { ...rule.logSource, ...logSource }, fields },
      condition: result.value.condition,
      mapName,
      filters: own,
    },
  };
}

function pipelineRule(rule: SigmaRule, condition: Condition): PipelineRule {
  const { id, title, name, status, level, author, date, modified, description, references, falsePositives } =
    rule;
  const attributes = { id, title, name, status, level: level ?? "", author, date, modified, description };
  return {
    kind: "rule",
    attributes: {
      ...Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== "")),
      references,
      falsepositives: falsePositives,
    },
    logSource: {
      category: rule.logSource.category,
      product: rule.logSource.product,
      service: rule.logSource.service,
    },
    tags: rule.tags,
    fields: rule.fields,
    condition,
  };
}

/** Reads the fields of `add_condition` as a selection of its own. */
const help: PipelineHelp = {
  selection(tree, place) {
    const issues: Issue[] = [];
    const condition: YamlTree = { kind: "scalar", value: "added", line: tree.line };
    const entries = new Map([
      ["added", tree],
      ["condition", condition],
    ]);
    const detections = readDetections({ kind: "map", entries, line: tree.line }, place, issues);
    return detections === null ? { ok: false, issues } : detectionsCondition(detections, place);
  },
};
