import type { RuleProgress, Run, RunMode } from "../../promote/records/records.ts";
import type { RuleControl } from "../../promote/records/rule-control.ts";
import type { MissedRun, RuleTrouble } from "../../promote/records/rule-watch.ts";
import { body, NO_LIMIT } from "./body.ts";
import { LedgerDetectionRecords } from "./detection-records.ts";
import { encodeJson } from "./encode.ts";

/** Sums over a rule's runs. Dollars are null when no run has a price. */
export interface RunTotals {
  readonly runs: number;
  readonly failed: number;
  readonly lateEvents: number;
  readonly withdrawn: number;
  readonly engineMs: number;
  readonly costUsd: number | null;
  readonly rowsRead: number;
}

/** Runs of rules, what was done to them, what they missed and what ails them, in the ledger. */
export class LedgerRuleRecords extends LedgerDetectionRecords {
  putRun(run: Run): void {
    this.ledger.run(
      "run",
      "insert into run values (?, ?, ?, ?) on conflict (id) do update set body = excluded.body",
      run.id,
      run.rule,
      run.startedMs,
      encodeJson(run),
    );
  }

  run(id: string): Run | undefined {
    const row = this.ledger.get("select body from run where id = ?", id);
    return row && body<Run>(row);
  }

  /** Runs of every rule that failed and began after `sinceMs`, newest first. */
  failedRuns(sinceMs: number): Run[] {
    return this.ledger
      .all(
        "select body from run where started_ms > ? and json_extract(body, '$.state') = 'failed' order by started_ms desc",
        sinceMs,
      )
      .map((row) => body<Run>(row));
  }

  /** Names of the rules that have run, in order. */
  runRules(): string[] {
    return this.ledger.all("select distinct rule from run order by rule").map((row) => String(row.rule));
  }

  /**
   * Deletes at most `limit` runs of the rule, oldest first, that began before `beforeMs`, ended well, and neither found
   * nor withdrew anything; its last run stays. Answers how many they were.
   */
  thinRuns(rule: string, beforeMs: number, limit: number): number {
    return this.ledger.run(
      "run",
      `delete from run where rowid in (
         select rowid from run where rule = ?1 and started_ms < ?2
           and started_ms < (select max(started_ms) from run where rule = ?1)
           and json_extract(body, '$.state') = 'succeeded' and json_extract(body, '$.detectionCount') = 0
           and coalesce(json_extract(body, '$.withdrawnCount'), 0) = 0
         order by started_ms limit ?3)`,
      rule,
      beforeMs,
      limit,
    );
  }

  /** What the rule's runs sum up to since `sinceMs`. */
  runTotals(rule: string, sinceMs: number): RunTotals {
    const row = this.ledger.get(
      `select count(*) as runs, sum(json_extract(body, '$.state') = 'failed') as failed,
         sum(json_extract(body, '$.lateCount')) as late, sum(json_extract(body, '$.withdrawnCount')) as withdrawn,
         sum(json_extract(body, '$.engineMs')) as engine_ms, sum(json_extract(body, '$.costUsd')) as cost_usd,
         sum(json_extract(body, '$.rowsRead')) as rows_read
       from run where rule = ? and started_ms > ?`,
      rule,
      sinceMs,
    )!;
    const number = (name: string): number => Number(row[name] ?? 0);
    return {
      runs: number("runs"),
      failed: number("failed"),
      lateEvents: number("late"),
      withdrawn: number("withdrawn"),
      engineMs: number("engine_ms"),
      costUsd: row.cost_usd === null ? null : number("cost_usd"),
      rowsRead: number("rows_read"),
    };
  }

  runs(filter: { rule?: string; limit?: number }): Run[] {
    return this.ledger
      .all(
        "select body from run where (?1 is null or rule = ?1) order by started_ms desc, rowid desc limit ?2",
        filter.rule ?? null,
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<Run>(row));
  }

  progress(rule: string, ruleVersion: string, mode: RunMode): RuleProgress | undefined {
    const row = this.ledger.get(
      "select evaluated_until_us from progress where rule = ? and rule_version = ? and mode = ?",
      rule,
      ruleVersion,
      mode,
    );
    return row && { rule, ruleVersion, mode, evaluatedUntilUs: BigInt(row.evaluated_until_us as bigint) };
  }

  putProgress(progress: RuleProgress): void {
    this.ledger.run(
      "progress",
      `insert into progress values (?, ?, ?, ?)
       on conflict (rule, rule_version, mode) do update set evaluated_until_us = excluded.evaluated_until_us`,
      progress.rule,
      progress.ruleVersion,
      progress.mode,
      progress.evaluatedUntilUs,
    );
  }

  progressVersions(): { readonly rule: string; readonly ruleVersion: string }[] {
    return this.ledger
      .all(
        `select distinct rule, rule_version from progress where instr(rule_version, '/') = 0
         order by rule, rule_version`,
      )
      .map((row) => ({ rule: String(row.rule), ruleVersion: String(row.rule_version) }));
  }

  dropProgress(rule: string, keepVersion: string | null): void {
    this.ledger.run(
      "progress",
      `delete from progress where rule = ?1
         and (?2 is null or (rule_version <> ?2 and substr(rule_version, 1, length(?2) + 1) <> ?2 || '/'))`,
      rule,
      keepVersion,
    );
  }

  putRuleControl(control: RuleControl): void {
    this.ledger.run(
      "rule_control",
      "insert into rule_control values (?, ?, ?, ?) on conflict (id) do nothing",
      control.id,
      control.rule,
      control.atMs,
      encodeJson(control),
    );
  }

  ruleControls(filter: { rule?: string; limit?: number }): RuleControl[] {
    return this.ledger
      .all(
        "select body from rule_control where (?1 is null or rule = ?1) order by at_ms desc, rowid desc limit ?2",
        filter.rule ?? null,
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<RuleControl>(row));
  }

  putMissedRun(missed: MissedRun): void {
    this.ledger.run(
      "missed_run",
      `insert into missed_run values (?, ?, ?, ?, ?)
       on conflict (id) do update set refilled_ms = excluded.refilled_ms, body = excluded.body`,
      missed.id,
      missed.rule,
      missed.dueMs,
      missed.refilledMs,
      encodeJson(missed),
    );
  }

  missedRuns(filter: { rule?: string; open?: boolean; limit?: number }): MissedRun[] {
    return this.ledger
      .all(
        `select body from missed_run where (?1 is null or rule = ?1) and (?2 is null or (refilled_ms is null) = ?2)
         order by due_ms desc, rowid desc limit ?3`,
        filter.rule ?? null,
        filter.open === undefined ? null : Number(filter.open),
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<MissedRun>(row));
  }

  putTrouble(trouble: RuleTrouble): void {
    this.ledger.run(
      "rule_trouble",
      `insert into rule_trouble values (?, ?, ?, ?, ?)
       on conflict (id) do update set ended_ms = excluded.ended_ms, body = excluded.body`,
      trouble.id,
      trouble.rule,
      trouble.sinceMs,
      trouble.endedMs,
      encodeJson(trouble),
    );
  }

  troubles(filter: { rule?: string; open?: boolean; limit?: number }): RuleTrouble[] {
    return this.ledger
      .all(
        `select body from rule_trouble where (?1 is null or rule = ?1) and (?2 is null or (ended_ms is null) = ?2)
         order by since_ms desc, rowid desc limit ?3`,
        filter.rule ?? null,
        filter.open === undefined ? null : Number(filter.open),
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<RuleTrouble>(row));
  }

  claimRule(rule: string, holder: string, nowMs: number, untilMs: number): boolean {
    const changed = this.ledger.run(
      "rule_claim",
      `insert into rule_claim values (?1, ?2, ?4)
       on conflict (rule) do update set holder = excluded.holder, until_ms = excluded.until_ms
       where holder = ?2 or until_ms <= ?3`,
      rule,
      holder,
      nowMs,
      untilMs,
    );
    return changed > 0;
  }

  releaseRule(rule: string, holder: string): void {
    this.ledger.run("rule_claim", "delete from rule_claim where rule = ? and holder = ?", rule, holder);
  }

  releaseOthers(holder: string): void {
    this.ledger.run("rule_claim", "delete from rule_claim where holder <> ?", holder);
  }
}
