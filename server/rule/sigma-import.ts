import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import type { EntityKind } from "../../connectors/source/source.ts";
import type { RuleEntity } from "../../promote/rule/rule.ts";
import { shapeSql } from "../../promote/rule/shape/sql.ts";
import { isCorrelation, type SigmaCollection } from "../../promote/rule/sigma/correlation/collection.ts";
import type { SigmaCorrelation } from "../../promote/rule/sigma/correlation/correlation.ts";
import { prepareRule } from "../../promote/rule/sigma/correlation/prepare.ts";
import { correlationShape, type SigmaEvents } from "../../promote/rule/sigma/correlation/shape.ts";
import { conditionOnTargets, sigmaDraft } from "../../promote/rule/sigma/draft.ts";
import type { SigmaDataset } from "../../promote/rule/sigma/log-source/target.ts";
import type { Pipeline } from "../../promote/rule/sigma/pipeline/pipeline.ts";
import type { SigmaRule } from "../../promote/rule/sigma/sigma-rule.ts";
import { sigmaTechniques } from "../../promote/rule/sigma/tags.ts";

/** What a Sigma document gives a rule of ours, whatever kind it is. */
export interface SigmaOutcome {
  readonly title: string;
  readonly description: string;
  readonly author: string;
  readonly sql: string;
  readonly entities: readonly RuleEntity[];
  readonly lookbackMs: number;
  readonly techniques: readonly string[];
  readonly severity: "low" | "medium" | "high" | "critical";
  readonly datasets: readonly string[];
  readonly falsePositives: readonly string[];
  readonly references: readonly string[];
}

/** What documents are translated against. */
export interface SigmaWorld {
  readonly collection: SigmaCollection;
  readonly pipelines: readonly Pipeline[];
  readonly datasets: readonly SigmaDataset[];
  /** Kind of entity of a dataset's column, where its source says so. */
  readonly kindOf: (dataset: string, column: string) => EntityKind | null;
}

/** Translates one document of a collection to SQL over the workspace's datasets, or refuses it by name. */
export function sigmaOutcome(
  document: SigmaRule | SigmaCorrelation,
  world: SigmaWorld,
): Parsed<SigmaOutcome> {
  return isCorrelation(document) ? correlationOutcome(document, world) : ruleOutcome(document, world);
}

function ruleOutcome(rule: SigmaRule, world: SigmaWorld): Parsed<SigmaOutcome> {
  const prepared = prepareRule(rule, world.collection.filters, world.pipelines);
  if (!prepared.ok) return prepared;
  const { condition, rule: changed } = prepared.value;
  const targets = conditionOnTargets(condition, changed, world.datasets, prepared.issues);
  if (!targets.ok) return targets;
  return sigmaDraft(changed, targets.value, targets.issues);
}

function correlationOutcome(correlation: SigmaCorrelation, world: SigmaWorld): Parsed<SigmaOutcome> {
  const { collection, datasets } = world;
  const parts = new Set<SigmaRule>();
  const shape = correlationShape(correlation, collection, (rule): Parsed<readonly SigmaEvents[]> => {
    parts.add(rule);
    const prepared = prepareRule(rule, collection.filters, world.pipelines);
    if (!prepared.ok) return prepared;
    const { condition, mapName, rule: changed } = prepared.value;
    const targets = conditionOnTargets(condition, changed, datasets, prepared.issues);
    if (!targets.ok) return targets;
    const value = targets.value.map((one) => ({
      dataset: one.target.dataset,
      where: one.condition,
      mapName: (name: string) => mapName(name).map((mapped) => one.target.columnsOf(mapped)[0] ?? mapped),
    }));
    return { ok: true, value, issues: targets.issues };
  });
  if (!shape.ok) return shape;
  const written = shapeSql(
    shape.value,
    (name) => datasets.find((dataset) => dataset.name === name)?.columns ?? null,
  );
  const issues = [...shape.issues, ...written.issues];
  if (written.sql === "") return { ok: false, issues: placed(issues, correlation) };
  const events = "length" in shape.value.events ? shape.value.events : [shape.value.events];
  const tags = sigmaTechniques({
    tags: [...new Set([...correlation.tags, ...[...parts].flatMap((rule) => rule.tags)])],
    place: correlation.place,
    line: correlation.line,
  });
  const { level } = correlation;
  return {
    ok: true,
    issues: [...placed(issues, correlation), ...tags.issues],
    value: {
      title: correlation.title,
      description: correlation.description.trim(),
      author: correlation.author,
      sql: `${written.sql}\n`,
      entities: shape.value.by.flatMap((column, at): RuleEntity[] => {
        const kind = events
          .map((one) => world.kindOf(one.dataset, one.by[at] ?? ""))
          .find((found) => found !== null);
        return kind ? [{ column, kind }] : [];
      }),
      lookbackMs: written.lookbackMs,
      techniques: tags.techniques,
      severity: level === null || level === "informational" ? "low" : level,
      datasets: [...new Set(events.map(({ dataset }) => dataset))],
      falsePositives: correlation.falsePositives,
      references: correlation.references,
    },
  };
}

/** Issues of the shape are about the correlation's own text. */
function placed(issues: readonly Issue[], correlation: SigmaCorrelation): Issue[] {
  return issues.map((issue) =>
    issue.place.startsWith("shape.yaml")
      ? { ...issue, place: `${correlation.place}:${correlation.line}` }
      : issue,
  );
}
