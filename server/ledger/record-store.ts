import type { BacktestReport } from "../../promote/records/backtest.ts";
import type {
  Action,
  Activity,
  Alert,
  AlertState,
  Case,
  Forecast,
  ForecastResolution,
  Outcome,
  RecordStore,
  ReplayProof,
} from "../../promote/records/records.ts";
import { body, NO_LIMIT } from "./body.ts";
import { encodeJson } from "./encode.ts";
import { LedgerRuleRecords } from "./rule-records.ts";

/** Records in the ledger: every `put` runs in a transaction that is on disk when it returns. */
export class LedgerRecordStore extends LedgerRuleRecords implements RecordStore {
  putCase(value: Case): void {
    this.transaction(() => {
      this.ledger.run(
        "case_file",
        `insert into case_file (id, opened_ms, body, waits) values (?, ?, ?, ?)
         on conflict (id) do update set body = excluded.body, waits = excluded.waits`,
        value.id,
        value.openedMs,
        encodeJson(value),
        Number(value.waitsForRoom === true),
      );
      for (const id of value.detectionIds) {
        this.ledger.run("detection", "update detection set cased = 1 where id = ? and cased = 0", id);
      }
    });
  }

  cases(filter: { limit?: number }): Case[] {
    return this.ledger
      .all("select body from case_file order by opened_ms desc, rowid desc limit ?", filter.limit ?? NO_LIMIT)
      .map((row) => body<Case>(row));
  }

  waitingCases(): Case[] {
    return this.ledger
      .all("select body from case_file where waits = 1 order by opened_ms, rowid")
      .map((row) => body<Case>(row));
  }

  dissolveCase(id: string): void {
    this.transaction(() => {
      for (const detection of this.case(id)?.detectionIds ?? []) {
        this.ledger.run("detection", "update detection set cased = 0, told = 0 where id = ?", detection);
      }
      this.ledger.run("case_file", "delete from case_file where id = ?", id);
    });
  }

  case(id: string): Case | undefined {
    const row = this.ledger.get("select body from case_file where id = ?", id);
    return row && body<Case>(row);
  }

  putAlert(alert: Alert): void {
    this.ledger.run(
      "alert",
      "insert into alert values (?, ?, ?, ?, ?) on conflict (id) do update set state = excluded.state, opened_ms = excluded.opened_ms, body = excluded.body",
      alert.id,
      alert.rule,
      alert.state,
      alert.openedMs,
      encodeJson(alert),
    );
  }

  alerts(filter: { state?: AlertState; rule?: string; openedAfterMs?: number; limit?: number }): Alert[] {
    return this.ledger
      .all(
        `select body from alert where (?1 is null or state = ?1) and (?2 is null or rule = ?2)
           and (?4 is null or opened_ms > ?4)
         order by opened_ms desc, rowid desc limit ?3`,
        filter.state ?? null,
        filter.rule ?? null,
        filter.limit ?? NO_LIMIT,
        filter.openedAfterMs ?? null,
      )
      .map((row) => body<Alert>(row));
  }

  alert(id: string): Alert | undefined {
    const row = this.ledger.get("select body from alert where id = ?", id);
    return row && body<Alert>(row);
  }

  putAction(action: Action): void {
    this.ledger.run(
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
    return this.ledger
      .all("select body from action where alert_id = ? order by started_ms, rowid", alertId)
      .map((row) => body<Action>(row));
  }

  unfinishedActions(): Action[] {
    return this.ledger
      .all("select body from action where state = 'started' order by started_ms, rowid")
      .map((row) => body<Action>(row));
  }

  putOutcome(outcome: Outcome): void {
    const added = this.ledger.run(
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
    return this.ledger
      .all(
        "select body from outcome where (?1 is null or rule = ?1) order by recorded_ms desc, rowid desc limit ?2",
        filter.rule ?? null,
        filter.limit ?? NO_LIMIT,
      )
      .map((row) => body<Outcome>(row));
  }

  outcome(alertId: string): Outcome | undefined {
    const row = this.ledger.get("select body from outcome where alert_id = ?", alertId);
    return row && body<Outcome>(row);
  }

  putForecast(forecast: Forecast): void {
    this.ledger.run(
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
    return this.ledger
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
    this.ledger.run(
      "resolution",
      "insert into resolution values (?, ?, ?) on conflict (forecast_id) do nothing",
      resolution.forecastId,
      resolution.resolvedMs,
      encodeJson(resolution),
    );
  }

  resolutions(): ForecastResolution[] {
    return this.ledger
      .all("select body from resolution order by resolved_ms, rowid")
      .map((row) => body<ForecastResolution>(row));
  }

  putProof(proof: ReplayProof): void {
    this.ledger.run(
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
    const row = this.ledger.get(
      "select body from proof where rule = ? and rule_version = ?",
      rule,
      ruleVersion,
    );
    return row && body<ReplayProof>(row);
  }

  putActivity(activity: Activity): void {
    this.ledger.run(
      "activity",
      "insert into activity (at_ms, body) values (?, ?)",
      activity.atMs,
      encodeJson(activity),
    );
  }

  activities(filter: { limit?: number }): Activity[] {
    return this.ledger
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
    this.ledger.run(
      "report",
      "insert into report (kind, at_ms, body) values (?, ?, ?)",
      kind,
      atMs,
      encodeJson(report),
    );
  }

  /** Puts a report in the place of the newest of its kind. */
  replaceReport(kind: string, atMs: number, report: unknown): void {
    this.ledger.run(
      "report",
      "update report set at_ms = ?, body = ? where number = (select max(number) from report where kind = ?)",
      atMs,
      encodeJson(report),
      kind,
    );
  }

  /** The newest report of that kind. */
  report<T>(kind: string): { readonly atMs: number; readonly report: T } | undefined {
    const row = this.ledger.get(
      "select at_ms, body from report where kind = ? order by number desc limit 1",
      kind,
    );
    return row && { atMs: Number(row.at_ms), report: body<T>(row) };
  }

  /** Kept reports of that kind, newest first. */
  reports<T>(kind: string, limit: number): { readonly atMs: number; readonly report: T }[] {
    return this.ledger
      .all("select at_ms, body from report where kind = ? order by number desc limit ?", kind, limit)
      .map((row) => ({ atMs: Number(row.at_ms), report: body<T>(row) }));
  }
}
