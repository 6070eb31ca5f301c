import type { RunDiff } from "../../notebooks/run/diff-runs.ts";
import type { RunRecord } from "../../notebooks/run/run-record.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RecordedTable } from "../ledger/ledger-tables.ts";
import type { HuntRunDetail, HuntRunSummary } from "./hunt-types.ts";

const TABLE = "hunt_run";
const SCHEDULES = "hunt_schedule";
const ATTEMPTS = "hunt_attempt";

/** Runs of hunts in the ledger: each is there whole once it has ended, and stays. */
export class HuntRunStore {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    ledger.run(
      TABLE,
      "create table if not exists hunt_run (id text primary key, hunt text not null, started_ms integer not null, facts text not null, body text not null) strict",
    );
    ledger.run(TABLE, "create index if not exists hunt_run_by_hunt on hunt_run (hunt, started_ms)");
    ledger.run(
      SCHEDULES,
      "create table if not exists hunt_schedule (hunt text primary key, schedule text not null, since_ms integer not null) strict",
    );
    ledger.run(
      ATTEMPTS,
      "create table if not exists hunt_attempt (hunt text primary key, turn_ms integer not null, attempts integer not null) strict",
    );
  }

  put(run: HuntRunDetail): void {
    const { record, diff, comparedTo, ...facts } = run;
    this.#ledger.run(
      TABLE,
      "insert into hunt_run (id, hunt, started_ms, facts, body) values (?, ?, ?, ?, ?) on conflict (id) do update set facts = excluded.facts, body = excluded.body",
      run.id,
      run.hunt,
      Date.parse(run.started),
      JSON.stringify(facts),
      JSON.stringify({ record, diff, comparedTo }),
    );
  }

  /** The newest first. */
  runs(hunt: string, limit: number): HuntRunSummary[] {
    return this.#ledger
      .all(
        "select facts from hunt_run where hunt = ? order by started_ms desc, rowid desc limit ?",
        hunt,
        limit,
      )
      .map(factsOf);
  }

  all(): HuntRunSummary[] {
    return this.#ledger.all("select facts from hunt_run order by started_ms, rowid").map(factsOf);
  }

  run(id: string): HuntRunDetail | undefined {
    const row = this.#ledger.get("select facts, body from hunt_run where id = ?", id);
    if (!row) return undefined;
    const body = JSON.parse(String(row.body)) as {
      readonly record: RunRecord | null;
      readonly diff: RunDiff | null;
      readonly comparedTo: string | null;
    };
    return { ...factsOf(row), ...body };
  }

  /** The last run with these parameters, in this order, whose answer can be compared with; undefined without one. */
  lastComplete(hunt: string, parameters: RunRecord["parameters"]): HuntRunDetail | undefined {
    const last = this.#ledger.get(
      `select id from hunt_run where hunt = ? and json_extract(facts, '$.state') = 'succeeded'
       and json_extract(facts, '$.complete') = 1 and json_extract(body, '$.record.parameters') = ?
       order by started_ms desc, rowid desc limit 1`,
      hunt,
      JSON.stringify(parameters),
    );
    return last && this.run(String(last.id));
  }

  /** Changed runs that nobody has looked at, the newest first. */
  unseen(hunt: string): HuntRunSummary[] {
    return this.#ledger
      .all(
        `select facts from hunt_run where hunt = ? and json_extract(facts, '$.changed') = 1
         and json_extract(facts, '$.seen') is null and json_extract(facts, '$.trigger') = 'schedule'
         order by started_ms desc, rowid desc`,
        hunt,
      )
      .map(factsOf);
  }

  /** Somebody has looked at this run, and so at those before it. */
  markSeen(hunt: string, id: string, by: string): void {
    const run = this.run(id);
    if (!run || run.hunt !== hunt) return;
    this.#ledger.transaction(() => {
      for (const other of this.unseen(hunt)) {
        if (other.started > run.started) continue;
        const { record, diff, comparedTo } = this.run(other.id)!;
        this.put({ ...other, seen: by, record, diff, comparedTo });
      }
    });
  }

  /** Since when a hunt has this schedule; another schedule begins now. */
  scheduledSinceMs(hunt: string, schedule: string, nowMs: number): number {
    const row = this.#ledger.get("select schedule, since_ms from hunt_schedule where hunt = ?", hunt);
    if (row && row.schedule === schedule) return Number(row.since_ms);
    this.setScheduled(hunt, schedule, nowMs);
    return nowMs;
  }

  /** The turn up to which a schedule has been served. */
  setScheduled(hunt: string, schedule: string, sinceMs: number): void {
    this.#ledger.run(
      SCHEDULES,
      "insert into hunt_schedule (hunt, schedule, since_ms) values (?, ?, ?) on conflict (hunt) do update set schedule = excluded.schedule, since_ms = excluded.since_ms",
      hunt,
      schedule,
      sinceMs,
    );
  }

  /** How often the turn of a hunt was begun and did not end. */
  attempts(hunt: string, turnMs: number): number {
    const row = this.#ledger.get(
      "select attempts from hunt_attempt where hunt = ? and turn_ms = ?",
      hunt,
      turnMs,
    );
    return Number(row?.attempts ?? 0);
  }

  /** Sets how often a turn was begun; another turn of the hunt is forgotten. */
  setAttempts(hunt: string, turnMs: number, attempts: number): void {
    this.#ledger.run(
      ATTEMPTS,
      "insert into hunt_attempt (hunt, turn_ms, attempts) values (?, ?, ?) on conflict (hunt) do update set turn_ms = excluded.turn_ms, attempts = excluded.attempts",
      hunt,
      turnMs,
      attempts,
    );
  }

  /** The runs as a dataset of the catalog, `hunt_runs`. */
  table(): RecordedTable {
    return {
      name: "hunt_runs",
      columns: [
        ["_time", "TIMESTAMP"],
        ["id", "VARCHAR"],
        ["hunt", "VARCHAR"],
        ["trigger", "VARCHAR"],
        ["actor", "VARCHAR"],
        ["state", "VARCHAR"],
        ["error", "VARCHAR"],
        ["complete", "BOOLEAN"],
        ["changed", "BOOLEAN"],
        ["rows_added", "BIGINT"],
        ["rows_removed", "BIGINT"],
        ["missed", "BIGINT"],
        ["elapsed_ms", "BIGINT"],
        ["data_hash", "VARCHAR"],
      ].map(([name, type]) => ({ name: name!, type: type! })),
      version: () => this.#ledger.version(TABLE),
      count: () => Number(this.#ledger.get("select count(*) as n from hunt_run")!.n),
      rows: () =>
        this.all().map((run) => [
          BigInt(Date.parse(run.started)) * 1000n,
          run.id,
          run.hunt,
          run.trigger,
          run.by,
          run.state,
          run.error,
          run.complete,
          run.changed,
          BigInt(run.rowsAdded),
          BigInt(run.rowsRemoved),
          BigInt(run.missed),
          BigInt(Math.round(run.elapsedMs)),
          run.dataHash,
        ]),
    };
  }
}

function factsOf(row: { readonly facts?: unknown }): HuntRunSummary {
  return JSON.parse(String(row.facts)) as HuntRunSummary;
}
