import { parseDuration } from "../../../../../connectors/yaml/duration.ts";
import type { Rule } from "../../../../../promote/rule/rule.ts";
import type { CheckContext } from "../../gate/check-context.ts";

/** The rule as a value, from its fields as they are edited; its version is of what is saved. Null while rule.yaml cannot be read. */
export function ruleValue({ rule, files, fields }: CheckContext): Rule | null {
  if (fields === null || rule.version === "") return null;
  return {
    name: rule.name,
    title: fields.title,
    description: fields.description,
    author: "",
    owner: fields.owner,
    stage: rule.stage,
    sql: files.ruleSql,
    timeColumn: fields.timeColumn,
    entities: fields.entities as Rule["entities"],
    lookbackMs: parseDuration(fields.lookback) ?? 0,
    allowedLatenessMs: parseDuration(fields.allowedLateness) ?? 0,
    run:
      fields.mode === "stream"
        ? { mode: "stream", sliceMs: parseDuration(fields.slice) ?? 10_000 }
        : { mode: "batch", cron: fields.cron, zone: fields.zone, reason: fields.reason },
    techniques: fields.techniques,
    severity: fields.severity as Rule["severity"],
    expectedPrecision: fields.expectedPrecision,
    expectedAlertsPerWeek: fields.expectedAlertsPerWeek,
    from: fields.from,
    version: rule.version,
  };
}

/** Datasets that the rule reads: what the engine said when its fields were weighed, else the names that stand in its SQL. */
export function datasetsRead({ rule, files, catalog }: CheckContext): readonly string[] {
  const weighed = [...new Set((rule.evidence.health?.fields ?? []).map(({ dataset }) => dataset))];
  if (weighed.length > 0) return weighed;
  const words = new Set((files.ruleSql.match(/\w+/g) ?? []).map((word) => word.toLowerCase()));
  return catalog.map(({ name }) => name).filter((name) => words.has(name.toLowerCase()));
}
