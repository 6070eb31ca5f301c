/** Many Sigma rules over datasets in few scans. */
import type { Dataset } from "../../../../connectors/dataset/dataset.ts";
import { SYSTEM_COLUMNS } from "../../../../connectors/dataset/dataset.ts";
import { quoteIdentifier } from "../../../../connectors/sql/quote.ts";
import type { SqlSession } from "../../../../connectors/sql/session.ts";
import { datasetSelect } from "../../../../notebooks/catalog/dataset-view.ts";
import { conditionSql } from "../../../../promote/rule/condition/sql.ts";
import { detectionsCondition } from "../../../../promote/rule/sigma/detections-condition.ts";
import { renameFields } from "../../../../promote/rule/sigma/log-source/rename.ts";
import {
  findTargets,
  type LogSourceTarget,
  type SigmaDataset,
} from "../../../../promote/rule/sigma/log-source/target.ts";
import type { SigmaLogSource, SigmaRule } from "../../../../promote/rule/sigma/sigma-rule.ts";

/** A rule that matched an event. */
export interface Hit {
  readonly rule: SigmaRule;
  readonly file: string;
  readonly line: bigint;
}

/** DuckDB plans a few large statements slower than many middling ones. */
const CHUNK = 30;

export function sigmaDataset({ name, columns }: Dataset): SigmaDataset {
  return { name, columns: [...SYSTEM_COLUMNS, ...columns] };
}

/** Makes each dataset a table of its name. */
export async function openTables(session: SqlSession, datasets: readonly Dataset[]): Promise<void> {
  for (const dataset of datasets)
    await session.run(
      `CREATE OR REPLACE TEMP TABLE ${quoteIdentifier(dataset.name)} AS ${datasetSelect(dataset)}`,
    );
}

/**
 * Every hit of every rule. Rules of one log source share a scan of its events, a chunk of them at a time; each predicate is
 * the same text that the rule's own SQL has after its log source.
 */
export async function sweep(
  session: SqlSession,
  rules: readonly SigmaRule[],
  datasets: readonly Dataset[],
): Promise<Hit[]> {
  const groups = new Map<
    string,
    { dataset: string; where: string; predicates: { rule: SigmaRule; sql: string }[] }
  >();
  const searched = datasets.map(sigmaDataset);
  const known = new Map<string, { target: LogSourceTarget; where: string }[]>();
  const targetsOf = (logSource: SigmaLogSource): { target: LogSourceTarget; where: string }[] => {
    const key = JSON.stringify(logSource, ["product", "category", "service"]);
    const targets =
      known.get(key) ??
      findTargets(logSource, searched).map((target) => ({
        target,
        where: target.where === null ? "TRUE" : conditionSql(target.where, target.columns).where,
      }));
    known.set(key, targets);
    return targets;
  };
  for (const rule of rules) {
    const read = detectionsCondition(rule.detections, rule.place);
    if (!read.ok) continue;
    for (const { target, where } of targetsOf(rule.logSource)) {
      const { where: sql } = conditionSql(renameFields(read.value, target), target.columns);
      if (sql === "FALSE" || where === "FALSE") continue;
      const key = `${target.dataset} ${where}`;
      const group = groups.get(key) ?? { dataset: target.dataset, where, predicates: [] };
      group.predicates.push({ rule, sql });
      groups.set(key, group);
    }
  }
  const hits = new Map<string, Hit>();
  for (const { dataset, where, predicates } of groups.values()) {
    const events = `${quoteIdentifier(dataset)} WHERE ${where}`;
    const [[count]] = (await session.rows(`SELECT count(*) FROM ${events}`)) as [[bigint]];
    for (let start = 0; count > 0n && start < predicates.length; start += CHUNK) {
      const chunk = predicates.slice(start, start + CHUNK);
      const cases = chunk.map(({ sql }, index) => `CASE WHEN ${sql} THEN ${index} END`);
      const rows = await session.rows(
        `SELECT _file, _line, unnest(found) FROM (SELECT _file, _line, list_filter([${cases.join(", ")}], lambda one: one IS NOT NULL) AS found FROM ${events}) WHERE len(found) > 0`,
      );
      for (const [file, line, index] of rows as [string, bigint, number][]) {
        const { rule } = chunk[index]!;
        hits.set(`${rule.place} ${file} ${line}`, { rule, file, line });
      }
    }
  }
  return [...hits.values()];
}
