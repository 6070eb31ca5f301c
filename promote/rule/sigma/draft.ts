/** A Sigma rule as the pieces of a rule of ours. Browser-safe: pure functions only. */
import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import type { Condition } from "../condition/condition.ts";
import { columnSql } from "../condition/field.ts";
import { conditionSql } from "../condition/sql.ts";
import type { Rule } from "../rule.ts";
import { detectionsCondition } from "./detections-condition.ts";
import { targetCondition } from "./log-source/rename.ts";
import { findTargets, type LogSourceTarget, type SigmaDataset } from "./log-source/target.ts";
import { entityFields, shownFields } from "./row-fields.ts";
import type { SigmaDetection, SigmaItem, SigmaRule } from "./sigma-rule.ts";
import { sigmaTechniques } from "./tags.ts";

/** The condition on one target's events, over its columns. */
export interface TargetCondition {
  readonly target: LogSourceTarget;
  readonly condition: Condition;
}

/** What a Sigma rule gives a rule of ours; name, owner and run are the importer's. */
export interface SigmaDraft
  extends Pick<
    Rule,
    | "title"
    | "description"
    | "author"
    | "sql"
    | "timeColumn"
    | "entities"
    | "lookbackMs"
    | "techniques"
    | "severity"
  > {
  readonly falsePositives: readonly string[];
  readonly references: readonly string[];
  /** Tactics that the tags name, as the tags write them: `credential-access`. */
  readonly tactics: readonly string[];
  readonly conditions: readonly TargetCondition[];
  readonly datasets: readonly string[];
  readonly sigma: SigmaRule;
}

/**
 * The condition of a rule on every part of the datasets that its log source means. Refused by name when no dataset holds
 * it, or when a detection cannot be said.
 */
export function sigmaToCondition(
  rule: SigmaRule,
  datasets: readonly SigmaDataset[],
): Parsed<readonly TargetCondition[]> {
  const read = detectionsCondition(rule.detections, rule.place);
  if (!read.ok) return read;
  return conditionOnTargets(read.value, rule, datasets, read.issues);
}

/** The same for a condition that a pipeline or filter has changed. */
export function conditionOnTargets(
  condition: Condition,
  rule: SigmaRule,
  datasets: readonly SigmaDataset[],
  issues: readonly Issue[] = [],
): Parsed<readonly TargetCondition[]> {
  const targets = findTargets(rule.logSource, datasets);
  if (targets.length === 0) {
    const { product, category, service } = rule.logSource;
    const asked = Object.entries({ product, category, service }).flatMap(([key, value]) =>
      value === null ? [] : [`${key} ${value}`],
    );
    const unmapped: Issue = {
      severity: "error",
      code: "sigma.logsource.unmapped",
      place: `${rule.place}:${rule.logSource.line}`,
      message: `No dataset holds this log source: ${asked.join(", ")}.`,
      remedy: "Load one, or declare it under `logsources` in the source.yaml of the source that holds it.",
    };
    return { ok: false, issues: [...issues, unmapped] };
  }
  return {
    ok: true,
    issues,
    value: targets.map((target) => ({ target, condition: targetCondition(condition, target) })),
  };
}

/** Writes the whole draft: SQL over the datasets, time, entities and what the rule says about itself. */
export function sigmaDraft(
  rule: SigmaRule,
  given: readonly TargetCondition[],
  earlier: readonly Issue[] = [],
): Parsed<SigmaDraft> {
  const issues: Issue[] = [...earlier];
  issues.push(...missingFields(rule, given));
  const all = [...new Set(given.map(({ target }) => target.dataset))].map((dataset) => {
    const own = given.filter(({ target }) => target.dataset === dataset);
    const written = conditionSql(
      { kind: "any", of: own.map(({ condition }) => condition) },
      own[0]!.target.columns,
      rule.place,
    );
    issues.push(...written.issues.filter(({ code }) => code !== "condition.column.missing"));
    if (written.where === "FALSE") issues.push(neverTrue(rule, dataset));
    return { dataset, own, where: written.where };
  });
  // A dataset whose events can never match adds nothing but columns without a value.
  const able = all.filter(({ where }) => where !== "FALSE");
  const kept = able.length === 0 ? all : able;
  const conditions = kept.flatMap(({ own }) => own);
  const datasets = kept.map(({ dataset }) => dataset);
  const shown = shownFields(rule, conditions);
  const entities = entityFields(conditions);
  const selects = kept.map(({ dataset, own, where }) => {
    const values = shown.map((field) => `${fieldSql(field, own)} AS ${quoteIdentifier(field)}`);
    const columns = ["_time", ...values].join(",\n  ");
    return `SELECT\n  ${columns}\nFROM ${quoteIdentifier(dataset)}\nWHERE ${where}`;
  });
  if (issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  const { techniques, tactics, issues: tagIssues } = sigmaTechniques(rule);
  return {
    ok: true,
    issues: [...issues, ...tagIssues],
    value: {
      title: rule.title,
      description: rule.description.trim(),
      author: rule.author,
      sql: `${selects.join("\nUNION ALL\n")}\n`,
      timeColumn: "_time",
      entities,
      lookbackMs: 0,
      techniques,
      tactics,
      severity: rule.level === null || rule.level === "informational" ? "low" : rule.level,
      falsePositives: rule.falsePositives,
      references: rule.references,
      conditions,
      datasets,
      sigma: rule,
    },
  };
}

/** Reads one parsed rule to its draft over the workspace's datasets. */
export function sigmaRule(rule: SigmaRule, datasets: readonly SigmaDataset[]): Parsed<SigmaDraft> {
  const conditions = sigmaToCondition(rule, datasets);
  return conditions.ok ? sigmaDraft(rule, conditions.value, conditions.issues) : conditions;
}

function fieldSql(field: string, own: readonly TargetCondition[]): string {
  const paths = new Set(own.flatMap(({ target }) => target.columnsOf(field)));
  const columns = own[0]!.target.columns;
  const values = [...paths].flatMap((path) => columnSql(path, columns) ?? []);
  if (values.length === 0) return "NULL";
  if (values.length === 1) return values[0]!.sql;
  const alike = values.every(({ type }) => type === values[0]!.type);
  return `coalesce(${values.map(({ sql }) => (alike ? sql : `CAST(${sql} AS VARCHAR)`)).join(", ")})`;
}

/** Fields that the rule asks for and no target has. */
function missingFields(rule: SigmaRule, conditions: readonly TargetCondition[]): Issue[] {
  const missing = new Map<string, number>();
  for (const item of [...rule.detections.named.values()].flatMap(itemsOf)) {
    const known =
      item.field === "" || conditions.some(({ target }) => target.columnsOf(item.field).length > 0);
    if (!known && !missing.has(item.field)) missing.set(item.field, item.line);
  }
  return [...missing].map(([field, line]) => ({
    severity: "warning",
    code: "sigma.field.missing",
    place: `${rule.place}:${line}`,
    message: `The data have no field \`${field}\`; a test of it is false.`,
    remedy: "Load data that have it, or map it by `fields` under `logsources` in the source.yaml.",
  }));
}

function itemsOf(detection: SigmaDetection): SigmaItem[] {
  return detection.kind === "item" ? [detection] : detection.of.flatMap(itemsOf);
}

function neverTrue(rule: SigmaRule, dataset: string): Issue {
  return {
    severity: "warning",
    code: "sigma.never-true",
    place: `${rule.place}:${rule.logSource.line}`,
    message: `No event of \`${dataset}\` can ever match: the columns that the rule asks for are not there.`,
    remedy: "Load data that have them, or map them by `fields` under `logsources` in the source.yaml.",
  };
}
