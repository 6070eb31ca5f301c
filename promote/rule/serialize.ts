import { formatDuration } from "../../connectors/yaml/duration.ts";
import { yamlBlock, yamlText } from "../../connectors/yaml/yaml-scalar.ts";
import type { Rule } from "./rule.ts";

/** Writes `rule.yaml` from a rule: always the same order, with comments that teach the format; parses back to the same rule. */
export function ruleYaml(rule: Rule): string {
  const lines = [
    "# What the rule is. The query is in rule.sql, the strategy in ADS.md, the answer in response.yaml.",
    `title: ${yamlText(rule.title)}`,
    `description: ${yamlBlock(rule.description, 2)}`,
    `author: ${yamlText(rule.author)}`,
    "# Who is asked: a name from owners.yaml.",
    `owner: ${yamlText(rule.owner)}`,
    "# draft -> staged (runs, reaches nobody) -> paging (reaches the owner; only through the gate) -> retired",
    `stage: ${rule.stage}`,
    "",
    "# Result columns: when it happened, and whom it concerns (user, host, ip, process, hash, domain, url, file).",
    `timeColumn: ${yamlText(rule.timeColumn)}`,
    rule.entities.length === 0 ? "entities: []" : "entities:",
    ...rule.entities.map(({ column, kind }) => `  - { column: ${yamlText(column)}, kind: ${kind} }`),
    "# How far before a row's time the query looks: 0s for a plain filter.",
    `lookback: ${formatDuration(rule.lookbackMs)}`,
    ...(rule.lookups === undefined ? [] : [`lookups: [${rule.lookups.map(yamlText).join(", ")}]`]),
    "# How long after its time an event may still arrive.",
    `allowedLateness: ${formatDuration(rule.allowedLatenessMs)}`,
    "",
    '# batch: { mode: batch, cron: "*/15 * * * *", zone: UTC, reason: why it cannot stream }; stream: { mode: stream, slice: 10s }',
    ...runLines(rule.run),
    "",
    `techniques: [${rule.techniques.map(yamlText).join(", ")}]`,
    `severity: ${rule.severity}`,
    "# Your forecast, scored later: the share of alerts that will be true (0 to 1), and alerts a week.",
    `expectedPrecision: ${rule.expectedPrecision ?? "null"}`,
    `expectedAlertsPerWeek: ${rule.expectedAlertsPerWeek ?? "null"}`,
    ...(rule.forecastReason === undefined
      ? []
      : ["# Why the forecast is far from the backtest.", `forecastReason: ${yamlText(rule.forecastReason)}`]),
    ...(rule.from
      ? [
          "# The hunt it came from.",
          `from: { notebook: ${yamlText(rule.from.notebook)}, cell: ${rule.from.cell} }`,
        ]
      : []),
  ];
  return `${lines.join("\n")}\n`;
}

function runLines(run: Rule["run"]): string[] {
  if (run.mode === "stream") return ["run:", "  mode: stream", `  slice: ${formatDuration(run.sliceMs)}`];
  return [
    "run:",
    "  mode: batch",
    `  cron: ${yamlText(run.cron)}`,
    `  zone: ${yamlText(run.zone)}`,
    `  reason: ${yamlText(run.reason ?? "")}`,
  ];
}
