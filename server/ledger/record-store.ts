import type { BacktestReport } from "../../promote/records/backtest.ts";
import type {
  Action,
  Activity,
  Alert,
  AlertState,
  Case,
  Detection,
  Forecast,
  ForecastResolution,
  Outcome,
  RecordStore,
  ReplayProof,
  RuleProgress,
  Run,
  RunMode,
} from "../../promote/records/records.ts";
import { decodeJson, encodeJson } from "./encode.ts";
import type { Ledger, SqlRow } from "./ledger.ts";

const NO_LIMIT = -1;

function body<T>(row: SqlRow): T {
  return decodeJson<T>(String(row.body));
}

/** Records in the ledger: every `put` runs in a transaction that is on disk when it returns. */
export class LedgerRecordStore implements RecordStore {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  transaction<T>(work: () => T): T {
    return this.#ledger.transaction(work);
  }

  putDetections(detections: readonly Detection[]): {
    inserted: Detection[];
    updated: Detection[];
    unchanged: number;
  } {
    return this.transaction(() => {
      const inserted: Detection[] = [];
      const updated: Detection[] = [];
      let unchanged = 0;
      for (const detection of detections) {
        const known = this.detection(detection.id);
        if (known === undefined) {
          this.#ledger.run(
            "detection",
            `insert into detection (id, rule, rule_version, event_time_us, stage, detected_ms, body) values (?, ?, ?, ?, ?, ?, ?)`,
            detection.id,
            detection.rule,
            detection.ruleVersion,
            detection.eventTimeUs,
            detection.stage,
            detection.detectedMs,
            encodeJson(detection),
          );
          inserted.push(detection);
        } else if (known.rowsHash !== detection.rowsHash) {
          const merged: Detection = { ...detection, detectedMs: known.detectedMs, stage: known.stage };
          this.#ledger.run(
            "detection",
            "update detection set body = ? where id = ?",
            encodeJson(merged),
            detection.id,
          );
          updated.push(merged);
        } else unchanged += 1;
      }
      return { inserted, updated, unchanged };
    });
  }

  detections(filter: {
    rule?: string;
    ruleVersion?: string;
    afterUs?: bigint;
    untilUs?: bigint;
    limit?: number;
  }): Detection[] {
    return this.#ledger
      .all(
        `select body from detection where (?1 is null or rule = ?1) and (?2 is null or rule_version = ?2)
           and (?3 is null or event_time_us > ?3) and (?4 is null or event_time_us <= ?4)
         order by event_time_us desc, id limit ?5`,
        filter.rule ?? null,
        filter.ruleVersion ?? null,
        filter.afterUs ?? null,
        filter.untilUs ?? null,
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<Detection>(row));
  }

  detection(id: string): Detection | undefined {
    const row = this.#ledger.get("select body from detection where id = ?", id);
    return row && body<Detection>(row);
  }

  uncasedDetections(limit: number): Detection[] {
    return this.#ledger
      .all(
        "select body from detection where cased = 0 and stage = 'paging' order by event_time_us, id limit ?",
        limit,
      )
      .map((row) => body<Detection>(row));
  }

  /** Number of detections by rule, all versions. */
  detectionCount(rule: string): number {
    return Number(this.#ledger.get("select count(*) as n from detection where rule = ?", rule)!.n);
  }

  /** Number of detections of the rule with an event time after `afterUs`, up to and including `untilUs`. */
  detectionCountBetween(rule: string, afterUs: bigint, untilUs: bigint): number {
    const row = this.#ledger.get(
      "select count(*) as n from detection where rule = ? and event_time_us > ? and event_time_us <= ?",
      rule,
      afterUs,
      untilUs,
    );
    return Number(row!.n);
  }

  /** Names of the rules with detections that page and that no case holds yet. */
  uncasedRules(): string[] {
    return this.#ledger
      .all("select distinct rule from detection where cased = 0 and stage = 'paging' order by rule")
      .map((row) => String(row.rule));
  }

  /** Detections of the rule that no case holds yet reach nobody any more. Answers how many they were. */
  stopPaging(rule: string): number {
    return this.#ledger.run(
      "detection",
      `update detection set stage = 'staged', body = json_set(body, '$.stage', 'staged')
       where rule = ? and cased = 0 and stage = 'paging'`,
      rule,
    );
  }

  putRun(run: Run): void {
    this.#ledger.run(
      "run",
      "insert into run values (?, ?, ?, ?) on conflict (id) do update set body = excluded.body",
      run.id,
      run.rule,
      run.startedMs,
      encodeJson(run),
    );
  }

  runs(filter: { rule?: string; limit?: number }): Run[] {
    return this.#ledger
      .all(
        "select body from run where (?1 is null or rule = ?1) order by started_ms desc, rowid desc limit ?2",
        filter.rule ?? null,
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<Run>(row));
  }

  progress(rule: string, ruleVersion: string, mode: RunMode): RuleProgress | undefined {
    const row = this.#ledger.get(
      "select evaluated_until_us from progress where rule = ? and rule_version = ? and mode = ?",
      rule,
      ruleVersion,
      mode,
    );
    return row && { rule, ruleVersion, mode, evaluatedUntilUs: BigInt(row.evaluated_until_us as bigint) };
  }

  putProgress(progress: RuleProgress): void {
    this.#ledger.run(
      "progress",
      `insert into progress values (?, ?, ?, ?)
       on conflict (rule, rule_version, mode) do update set evaluated_until_us = excluded.evaluated_until_us`,
      progress.rule,
      progress.ruleVersion,
      progress.mode,
      progress.evaluatedUntilUs,
    );
  }

  putCase(value: Case): void {
    this.transaction(() => {
      this.#ledger.run(
        "case_file",
        "insert into case_file values (?, ?, ?) on conflict (id) do update set body = excluded.body",
        value.id,
        value.openedMs,
        encodeJson(value),
      );
      for (const id of value.detectionIds) {
        this.#ledger.run("detection", "update detection set cased = 1 where id = ? and cased = 0", id);
      }
    });
  }

  cases(filter: { limit?: number }): Case[] {
    return this.#ledger
      .all("select body from case_file order by opened_ms desc, rowid desc limit ?", filter.limit ?? NO_LIMIT)
      .map((row) => body<Case>(row));
  }

  case(id: string): Case | undefined {
    const row = this.#ledger.get("select body from case_file where id = ?", id);
    return row && body<Case>(row);
  }

  putAlert(alert: Alert): void {
    this.#ledger.run(
      "alert",
      "insert into alert values (?, ?, ?, ?, ?) on conflict (id) do update set state = excluded.state, body = excluded.body",
      alert.id,
      alert.rule,
      alert.state,
      alert.openedMs,
      encodeJson(alert),
    );
  }

  alerts(filter: { state?: AlertState; rule?: string; limit?: number }): Alert[] {
    return this.#ledger
      .all(
        `select body from alert where (?1 is null or state = ?1) and (?2 is null or rule = ?2)
         order by opened_ms desc, rowid desc limit ?3`,
        filter.state ?? null,
        filter.rule ?? null,
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<Alert>(row));
  }

  alert(id: string): Alert | undefined {
    const row = this.#ledger.get("select body from alert where id = ?", id);
    return row && body<Alert>(row);
  }

  putAction(action: Action): void {
    this.#ledger.run(
      "action",
      "insert into action values (?, ?, ?, ?, ?) on conflict (id) do update set state = excluded.state, body = excluded.body",
      action.id,
      action.alertId,
      action.state,
      action.startedMs,
      encodeJson(action),
    );
  }

  actions(alertId: string): Action[] {
    return this.#ledger
      .all("select body from action where alert_id = ? order by started_ms, rowid", alertId)
      .map((row) => body<Action>(row));
  }

  unfinishedActions(): Action[] {
    return this.#ledger
      .all("select body from action where state = 'started' order by started_ms, rowid")
      .map((row) => body<Action>(row));
  }

  putOutcome(outcome: Outcome): void {
    const added = this.#ledger.run(
      "outcome",
      "insert into outcome values (?, ?, ?, ?) on conflict (alert_id) do nothing",
      outcome.alertId,
      outcome.rule,
      outcome.recordedMs,
      encodeJson(outcome),
    );
    if (added === 0) throw new Error(`Alert ${outcome.alertId} has an outcome already.`);
  }

  outcomes(filter: { rule?: string; limit?: number }): Outcome[] {
    return this.#ledger
      .all(
        "select body from outcome where (?1 is null or rule = ?1) order by recorded_ms desc, rowid desc limit ?2",
        filter.rule ?? null,
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<Outcome>(row));
  }

  outcome(alertId: string): Outcome | undefined {
    const row = this.#ledger.get("select body from outcome where alert_id = ?", alertId);
    return row && body<Outcome>(row);
  }

  putForecast(forecast: Forecast): void {
    this.#ledger.run(
      "forecast",
      "insert into forecast values (?, ?, ?, ?) on conflict (id) do nothing",
      forecast.id,
      forecast.subject,
      forecast.createdMs,
      encodeJson(forecast),
    );
  }

  forecasts(filter: { subject?: string; open?: boolean; limit?: number }): Forecast[] {
    const open = filter.open === undefined ? null : filter.open ? 1 : 0;
    return this.#ledger
      .all(
        `select body from forecast where (?1 is null or subject = ?1)
           and (?2 is null or (id not in (select forecast_id from resolution)) = ?2)
         order by created_ms desc, rowid desc limit ?3`,
        filter.subject ?? null,
        open,
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<Forecast>(row));
  }

  resolveForecast(resolution: ForecastResolution): void {
    this.#ledger.run(
      "resolution",
      "insert into resolution values (?, ?, ?) on conflict (forecast_id) do nothing",
      resolution.forecastId,
      resolution.resolvedMs,
      encodeJson(resolution),
    );
  }

  resolutions(): ForecastResolution[] {
    return this.#ledger
      .all("select body from resolution order by resolved_ms, rowid")
      .map((row) => body<ForecastResolution>(row));
  }

  putProof(proof: ReplayProof): void {
    this.#ledger.run(
      "proof",
      `insert into proof values (?, ?, ?, ?)
       on conflict (rule, rule_version) do update set proved_ms = excluded.proved_ms, body = excluded.body`,
      proof.rule,
      proof.ruleVersion,
      proof.provedMs,
      encodeJson(proof),
    );
  }

  proof(rule: string, ruleVersion: string): ReplayProof | undefined {
    const row = this.#ledger.get(
      "select body from proof where rule = ? and rule_version = ?",
      rule,
      ruleVersion,
    );
    return row && body<ReplayProof>(row);
  }

  putActivity(activity: Activity): void {
    this.#ledger.run(
      "activity",
      "insert into activity (at_ms, body) values (?, ?)",
      activity.atMs,
      encodeJson(activity),
    );
  }

  activities(filter: { limit?: number }): Activity[] {
    return this.#ledger
      .all("select body from activity order by number desc limit ?", filter.limit ?? NO_LIMIT)
      .map((row) => body<Activity>(row));
  }

  putBacktest(rule: string, ruleVersion: string, atMs: number, report: BacktestReport): void {
    this.putReport(`backtest:${rule}:${ruleVersion}`, atMs, report);
  }

  /** The newest backtest of this very version of the rule; null when there is none. */
  backtest(rule: string, ruleVersion: string): BacktestReport | null {
    return this.report<BacktestReport>(`backtest:${rule}:${ruleVersion}`)?.report ?? null;
  }

  /** Keeps a computed report (`backtest:<rule>:<version>`, `risk`) so that it can be shown and compared later. */
  putReport(kind: string, atMs: number, report: unknown): void {
    this.#ledger.run(
      "report",
      "insert into report (kind, at_ms, body) values (?, ?, ?)",
      kind,
      atMs,
      encodeJson(report),
    );
  }

  /** The newest report of that kind. */
  report<T>(kind: string): { readonly atMs: number; readonly report: T } | undefined {
    const row = this.#ledger.get(
      "select at_ms, body from report where kind = ? order by number desc limit 1",
      kind,
    );
    return row && { atMs: Number(row.at_ms), report: body<T>(row) };
  }

  /** Kept reports of that kind, newest first. */
  reports<T>(kind: string, limit: number): { readonly atMs: number; readonly report: T }[] {
    return this.#ledger
      .all("select at_ms, body from report where kind = ? order by number desc limit ?", kind, limit)
      .map((row) => ({ atMs: Number(row.at_ms), report: body<T>(row) }));
  }
}
