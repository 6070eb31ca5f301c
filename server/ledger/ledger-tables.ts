import { ruleOf } from "../../promote/risk/forecast-groups.ts";
import { judgeForecasts } from "../../promote/risk/forecast-log.ts";
import type { LedgerDatasetRegistry } from "./dataset-registry.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerRecordStore } from "./record-store.ts";
import { type RecordedTable, table, us } from "./recorded-table.ts";
import { ruleTables } from "./rule-tables.ts";

export type { RecordedTable } from "./recorded-table.ts";

const VARCHAR = "VARCHAR";
const TIMESTAMP = "TIMESTAMP";
const BIGINT = "BIGINT";
const DOUBLE = "DOUBLE";

/** One thing that is wrong with a source now. */
export interface HealthRow {
  readonly source: string;
  readonly severity: string;
  readonly code: string;
  readonly place: string;
  readonly message: string;
}

/** Health is computed when it is asked; its version grows when the answer differs from the last. */
function healthTable(health: () => readonly HealthRow[]): RecordedTable {
  let version = 0;
  let last = "";
  return {
    name: "health",
    count: () => health().length,
    columns: ["source", "severity", "code", "place", "message"].map((name) => ({ name, type: VARCHAR })),
    version: () => {
      const now = JSON.stringify(health());
      if (now !== last) version += 1;
      last = now;
      return version;
    },
    rows: () => health().map((row) => [row.source, row.severity, row.code, row.place, row.message]),
  };
}

/**
 * What Spoor records, as datasets: loops close through data, so that the next hunt and the risk report query
 * detections, alerts, actions, outcomes, forecasts, runs, activity and quarantine like any log.
 */
export function ledgerTables(
  ledger: Ledger,
  store: LedgerRecordStore,
  registry: LedgerDatasetRegistry,
  health: () => readonly HealthRow[],
): RecordedTable[] {
  return [
    healthTable(health),
    table(
      ledger,
      ["detection"],
      "detections",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["rule", VARCHAR],
        ["rule_version", VARCHAR],
        ["stage", VARCHAR],
        ["mode", VARCHAR],
        ["late", "BOOLEAN"],
        ["entities", "JSON"],
        ["row_count", BIGINT],
        ["detected", TIMESTAMP],
      ],
      function* () {
        for (const value of store.detections({})) {
          yield [
            value.eventTimeUs,
            value.id,
            value.rule,
            value.ruleVersion,
            value.stage,
            value.mode,
            value.late,
            JSON.stringify(value.entities),
            BigInt(value.rows.length),
            us(value.detectedMs),
          ];
        }
      },
      "withdrawn_ms is null",
    ),
    table(
      ledger,
      ["alert", "outcome"],
      "alerts",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["case_id", VARCHAR],
        ["rule", VARCHAR],
        ["owner", VARCHAR],
        ["sentence", VARCHAR],
        ["state", VARCHAR],
        ["decided", TIMESTAMP],
        ["outcome", VARCHAR],
        ["entities", "JSON"],
      ],
      function* () {
        for (const value of store.alerts({})) {
          yield [
            us(value.openedMs),
            value.id,
            value.caseId,
            value.rule,
            value.owner,
            value.sentence,
            value.state,
            us(value.decidedMs),
            store.outcome(value.id)?.kind ?? null,
            JSON.stringify(store.case(value.caseId)?.entities ?? {}),
          ];
        }
      },
    ),
    table(
      ledger,
      ["action"],
      "actions",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["alert_id", VARCHAR],
        ["name", VARCHAR],
        ["uses", VARCHAR],
        ["trigger", VARCHAR],
        ["actor", VARCHAR],
        ["state", VARCHAR],
        ["summary", VARCHAR],
      ],
      function* () {
        for (const alert of store.alerts({})) {
          for (const value of store.actions(alert.id)) {
            yield [
              us(value.startedMs),
              value.id,
              value.alertId,
              value.name,
              value.uses,
              value.trigger,
              value.actor,
              value.state,
              value.summary,
            ];
          }
        }
      },
    ),
    table(
      ledger,
      ["outcome"],
      "outcomes",
      [
        ["_time", TIMESTAMP],
        ["alert_id", VARCHAR],
        ["rule", VARCHAR],
        ["kind", VARCHAR],
        ["actor", VARCHAR],
        ["reason", VARCHAR],
        ["minutes", DOUBLE],
        ["entities", "JSON"],
      ],
      function* () {
        for (const value of store.outcomes({})) {
          yield [
            us(value.recordedMs),
            value.alertId,
            value.rule,
            value.kind,
            value.actor,
            value.reason,
            value.minutes,
            JSON.stringify(store.case(store.alert(value.alertId)?.caseId ?? "")?.entities ?? {}),
          ];
        }
      },
    ),
    table(
      ledger,
      ["forecast", "resolution"],
      "forecasts",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["statement", VARCHAR],
        ["kind", VARCHAR],
        ["subject", VARCHAR],
        ["probability", DOUBLE],
        ["author", VARCHAR],
        ["outcome", DOUBLE],
        ["resolved", TIMESTAMP],
        ["low", DOUBLE],
        ["high", DOUBLE],
        ["count", DOUBLE],
        ["rule", VARCHAR],
        ["model_version", VARCHAR],
        ["revises", VARCHAR],
        ["state", VARCHAR],
        ["score", DOUBLE],
      ],
      function* () {
        for (const judged of judgeForecasts(store.forecasts({}), store.resolutions())) {
          const { forecast: value, resolution } = judged;
          const [low, high] = typeof value.value === "number" ? [null, null] : value.value;
          yield [
            us(value.createdMs),
            value.id,
            value.statement,
            value.kind,
            value.subject,
            value.kind === "binary" && typeof value.value === "number" ? value.value : null,
            value.author,
            resolution?.outcome ?? null,
            us(resolution?.resolvedMs ?? null),
            low,
            high,
            value.kind === "count" && typeof value.value === "number" ? value.value : null,
            ruleOf(value),
            value.modelVersion ?? null,
            value.revises ?? null,
            judged.state,
            judged.score,
          ];
        }
      },
    ),
    ...ruleTables(ledger, store),
    table(
      ledger,
      ["activity"],
      "activity",
      [
        ["_time", TIMESTAMP],
        ["actor", VARCHAR],
        ["verb", VARCHAR],
        ["subject", VARCHAR],
        ["detail", VARCHAR],
      ],
      function* () {
        for (const value of store.activities({})) {
          yield [us(value.atMs), value.actor, value.verb, value.subject, value.detail];
        }
      },
    ),
    table(
      ledger,
      ["quarantine", "dataset"],
      "quarantine",
      [
        ["_time", TIMESTAMP],
        ["source", VARCHAR],
        ["file", VARCHAR],
        ["line", BIGINT],
        ["code", VARCHAR],
        ["reason", VARCHAR],
        ["text", VARCHAR],
      ],
      function* () {
        for (const source of new Set(registry.list().map((dataset) => dataset.source))) {
          for (const row of registry.quarantined(source, 100_000)) {
            yield [row.ingestedUs, row.source, row.file, BigInt(row.line), row.code, row.reason, row.text];
          }
        }
      },
    ),
  ];
}

/** Names that no source or dataset may take. */
export const LEDGER_TABLE_NAMES: ReadonlySet<string> = new Set([
  "detections",
  "alerts",
  "actions",
  "outcomes",
  "forecasts",
  "runs",
  "withdrawn_detections",
  "rule_controls",
  "missed_runs",
  "rule_troubles",
  "activity",
  "quarantine",
  "health",
  "annotations",
  "hunt_runs",
  "risk_sources",
  "risk_scenarios",
  "risk_inputs",
  "risk_detections",
  "risk_reports",
]);
