import { Cron } from "croner";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { ENTITY_KINDS } from "../../connectors/source/source.ts";
import { Fields } from "../../connectors/yaml/fields.ts";
import { readYamlTree, shown } from "../../connectors/yaml/yaml-tree.ts";
import { replacementOf, technique } from "../attack/attack.ts";
import type { Rule, RuleEntity } from "./rule.ts";
import type { RuleFiles } from "./rule-files.ts";
import { normalSql, ruleVersion } from "./version.ts";

export const RULE_NAME = /^[a-z][a-z0-9-]{0,63}$/;
export const DEFAULT_ALLOWED_LATENESS_MS = 300_000;
export const DEFAULT_SLICE_MS = 10_000;
export const DEFAULT_CRON = "*/15 * * * *";

const STAGES = ["draft", "staged", "paging", "retired"] as const;
const SEVERITIES = ["low", "medium", "high", "critical"] as const;

/**
 * Parses `rule.yaml` and `rule.sql` of the folder `place` (`rules/lsass-dump`: its last part is the rule's name). Every
 * default is filled; `allowedLatenessMs` of the source may be given and is the least the rule has. Unknown keys and
 * techniques are warnings; what cannot be read is an error with its line. Never throws.
 */
export function parseRule(
  files: Pick<RuleFiles, "ruleYaml" | "ruleSql">,
  place: string,
  source: { readonly allowedLatenessMs: number } = { allowedLatenessMs: DEFAULT_ALLOWED_LATENESS_MS },
): Parsed<Rule> {
  const issues: Issue[] = [];
  const yamlPlace = `${place}/rule.yaml`;
  const read = readYamlTree(files.ruleYaml, yamlPlace);
  issues.push(...read.issues);
  const fields = new Fields(read.tree, yamlPlace, "rule", issues);

  const folder = place.split("/").at(-1) ?? "";
  if (!RULE_NAME.test(folder)) {
    issues.push({
      severity: "error",
      code: "rule.name",
      place,
      message: `"${shown(folder)}" is no name of a rule.`,
      remedy: "Name the folder with lower-case letters, digits and dashes, at most 64, a letter first.",
    });
  }
  if (fields.text("name", folder) !== folder) {
    fields.wrong("name", "`name` is not the folder's name.", `Remove the line or write ${folder}.`);
  }

  const sql = normalSql(files.ruleSql);
  if (sql === "") {
    issues.push({
      severity: "error",
      code: "rule.sql.empty",
      place: `${place}/rule.sql`,
      message: "The rule has no SQL.",
      remedy: "Write one SELECT whose rows are the detections.",
    });
  }
  const timeColumn = fields.text("timeColumn", "_time", 200);
  const entities = parseEntities(fields);
  const lookbackMs = fields.durationMs("lookback", 0);
  const lookups = [...new Set(fields.texts("lookups", 50))];
  const techniques = parseTechniques(fields);
  const forecastReason = fields.text("forecastReason", "", 2_000).trim();
  const from = fields.map("from");
  const fromNotebook = from?.text("notebook", "", 200) ?? "";
  const fromCell = from?.number("cell", 0, 0, 1_000_000) ?? 0;
  from?.finish();
  const rule: Rule = {
    name: folder,
    title: fields.text("title", folder, 200),
    description: fields.text("description", "", 10_000),
    author: fields.text("author", "", 200),
    owner: fields.text("owner", "", 200),
    stage: fields.choice("stage", "draft", STAGES),
    sql,
    timeColumn,
    entities,
    lookbackMs,
    allowedLatenessMs: Math.max(
      fields.durationMs("allowedLateness", source.allowedLatenessMs),
      source.allowedLatenessMs,
    ),
    run: parseRun(fields),
    techniques,
    severity: fields.choice("severity", "medium", SEVERITIES),
    expectedPrecision: fields.number("expectedPrecision", null, 0, 1),
    expectedAlertsPerWeek: fields.number("expectedAlertsPerWeek", null, 0, 1_000_000),
    from: fromNotebook === "" ? null : { notebook: fromNotebook, cell: fromCell },
    version: ruleVersion({ sql, timeColumn, entities, lookbackMs, lookups }),
    ...(lookups.length === 0 ? {} : { lookups }),
    ...(forecastReason === "" ? {} : { forecastReason }),
  };
  fields.finish();
  return issues.some(({ severity }) => severity === "error")
    ? { ok: false, issues }
    : { ok: true, value: rule, issues };
}

function parseEntities(fields: Fields): RuleEntity[] {
  const entities: RuleEntity[] = [];
  for (const entry of fields.list("entities", 20)) {
    const column = entry.text("column", "", 200);
    const kind = entry.choice("kind", "host", ENTITY_KINDS);
    if (column === "")
      entry.report(
        "error",
        "column",
        entry.line,
        "An entity has no column.",
        "Write { column: host, kind: host }.",
      );
    else if (!entry.has("kind"))
      entry.report(
        "error",
        "kind",
        entry.line,
        `The entity \`${shown(column)}\` has no kind.`,
        `Choose one of ${ENTITY_KINDS.join(", ")}.`,
      );
    else if (entities.some((other) => other.column === column))
      entry.report(
        "error",
        "twice",
        entry.line,
        `The entity column \`${shown(column)}\` is there twice.`,
        "Keep one.",
      );
    else entities.push({ column, kind });
    entry.finish();
  }
  return entities;
}

function parseTechniques(fields: Fields): string[] {
  const ids = [...new Set(fields.texts("techniques", 50))];
  for (const id of ids) {
    if (technique(id)) continue;
    const replacement = replacementOf(id);
    fields.wrong(
      "techniques",
      replacement ? `ATT&CK has withdrawn ${id}.` : `"${shown(id)}" is no technique of ATT&CK.`,
      replacement ? `Write ${replacement}.` : "Write an id such as T1003.001.",
      "warning",
    );
  }
  return ids;
}

function parseRun(fields: Fields): Rule["run"] {
  const run = fields.map("run");
  const mode = run?.choice("mode", "batch", ["batch", "stream"]) ?? "batch";
  if (mode === "stream") {
    const sliceMs = run?.durationMs("slice", DEFAULT_SLICE_MS, 100) ?? DEFAULT_SLICE_MS;
    run?.finish();
    return { mode, sliceMs };
  }
  const zone = run?.text("zone", "UTC", 100) ?? "UTC";
  const cron = run?.text("cron", DEFAULT_CRON, 200) ?? DEFAULT_CRON;
  const reason = run?.text("reason", "") ?? "";
  if (run && !isZone(zone))
    run.wrong("zone", `"${shown(zone)}" is no time zone.`, "Write a zone such as UTC or Europe/Berlin.");
  else if (run) {
    const problem = cronProblem(cron, zone);
    if (problem)
      run.wrong(
        "cron",
        `"${shown(cron)}" is no schedule: ${shown(problem)}`,
        "Write five fields, such as */15 * * * * for every 15 minutes.",
      );
  }
  run?.finish();
  return { mode, cron, zone, reason };
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function cronProblem(cron: string, zone: string): string | null {
  const fieldCount = cron.trim().split(/\s+/).length;
  if (fieldCount !== 5) return "a schedule has five fields (minute, hour, day, month, weekday)";
  try {
    return new Cron(cron, { timezone: zone, paused: true }).nextRun("2026-01-01T00:00:00") === null
      ? "it never comes"
      : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
