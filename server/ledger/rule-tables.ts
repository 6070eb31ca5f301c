import type { Ledger } from "./ledger.ts";
import type { LedgerRecordStore } from "./record-store.ts";
import { type RecordedTable, table, us } from "./recorded-table.ts";

const VARCHAR = "VARCHAR";
const TIMESTAMP = "TIMESTAMP";
const BIGINT = "BIGINT";
const DOUBLE = "DOUBLE";
const MOST_RUNS = 100_000;

function whole(value: number | null | undefined): bigint | null {
  return value === null || value === undefined ? null : BigInt(Math.round(value));
}

/** How rules run, as datasets: runs, what was withdrawn, what people did to rules, what was missed, what ails them. */
export function ruleTables(ledger: Ledger, store: LedgerRecordStore): RecordedTable[] {
  return [
    table(
      ledger,
      ["run"],
      "runs",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["rule", VARCHAR],
        ["mode", VARCHAR],
        ["slice_after", TIMESTAMP],
        ["slice_until", TIMESTAMP],
        ["detection_count", BIGINT],
        ["state", VARCHAR],
        ["error", VARCHAR],
        ["rule_version", VARCHAR],
        ["finished", TIMESTAMP],
        ["evaluations", BIGINT],
        ["engine_ms", DOUBLE],
        ["rows_read", BIGINT],
        ["cost_usd", DOUBLE],
        ["watermark", TIMESTAMP],
        ["late_count", BIGINT],
        ["withdrawn_count", BIGINT],
        ["health", VARCHAR],
        ["due", TIMESTAMP],
        ["refill", "BOOLEAN"],
      ],
      function* () {
        for (const value of store.runs({ limit: MOST_RUNS })) {
          yield [
            us(value.startedMs),
            value.id,
            value.rule,
            value.mode,
            value.sliceAfterUs,
            value.sliceUntilUs,
            BigInt(value.detectionCount),
            value.state,
            value.error,
            value.ruleVersion,
            us(value.finishedMs),
            BigInt(value.evaluations ?? 1),
            value.engineMs ?? value.finishedMs - value.startedMs,
            whole(value.rowsRead),
            value.costUsd ?? null,
            value.watermarkUs ?? null,
            whole(value.lateCount),
            whole(value.withdrawnCount),
            value.health === undefined ? null : value.health.join("\n"),
            us(value.dueMs ?? null),
            value.refill ?? null,
          ];
        }
      },
    ),
    table(
      ledger,
      ["detection"],
      "withdrawn_detections",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["rule", VARCHAR],
        ["rule_version", VARCHAR],
        ["stage", VARCHAR],
        ["entities", "JSON"],
        ["detected", TIMESTAMP],
        ["withdrawn", TIMESTAMP],
        ["withdrawn_reason", VARCHAR],
      ],
      function* () {
        for (const value of store.detections({ withdrawn: "only" })) {
          yield [
            value.eventTimeUs,
            value.id,
            value.rule,
            value.ruleVersion,
            value.stage,
            JSON.stringify(value.entities),
            us(value.detectedMs),
            us(value.withdrawnMs ?? null),
            value.withdrawnReason ?? "",
          ];
        }
      },
      "withdrawn_ms is not null",
    ),
    table(
      ledger,
      ["rule_control"],
      "rule_controls",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["rule", VARCHAR],
        ["kind", VARCHAR],
        ["actor", VARCHAR],
        ["reason", VARCHAR],
        ["until", TIMESTAMP],
        ["maximum_per_hour", BIGINT],
      ],
      function* () {
        for (const value of store.ruleControls({})) {
          yield [
            us(value.atMs),
            value.id,
            value.rule,
            value.kind,
            value.actor,
            value.reason,
            us(value.untilMs),
            whole(value.maximumPerHour),
          ];
        }
      },
    ),
    table(
      ledger,
      ["missed_run"],
      "missed_runs",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["rule", VARCHAR],
        ["rule_version", VARCHAR],
        ["mode", VARCHAR],
        ["until", TIMESTAMP],
        ["turns", BIGINT],
        ["why", VARCHAR],
        ["found", TIMESTAMP],
        ["refilled", TIMESTAMP],
        ["run_id", VARCHAR],
      ],
      function* () {
        for (const value of store.missedRuns({})) {
          yield [
            us(value.dueMs),
            value.id,
            value.rule,
            value.ruleVersion,
            value.mode,
            us(value.untilMs),
            BigInt(value.turns),
            value.why,
            us(value.foundMs),
            us(value.refilledMs),
            value.runId,
          ];
        }
      },
    ),
    table(
      ledger,
      ["rule_trouble"],
      "rule_troubles",
      [
        ["_time", TIMESTAMP],
        ["id", VARCHAR],
        ["rule", VARCHAR],
        ["kind", VARCHAR],
        ["author", VARCHAR],
        ["ended", TIMESTAMP],
        ["message", VARCHAR],
        ["remedy", VARCHAR],
      ],
      function* () {
        for (const value of store.troubles({})) {
          yield [
            us(value.sinceMs),
            value.id,
            value.rule,
            value.kind,
            value.author,
            us(value.endedMs),
            value.message,
            value.remedy,
          ];
        }
      },
    ),
  ];
}
