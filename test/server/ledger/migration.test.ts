import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { arrivalMark } from "../../../promote/run/arrival-mark.ts";
import { encodeJson } from "../../../server/ledger/encode.ts";
import { Ledger } from "../../../server/ledger/ledger.ts";
import { LedgerRecordStore } from "../../../server/ledger/record-store.ts";
import { MIGRATIONS } from "../../../server/ledger/schema.ts";
import { sampleDetection } from "../../promote/records/record-store-contract.ts";
import { testRule } from "../../promote/run/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-migration-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const rule = testRule({ sql: "select 1" });
const MINUTE_US = 60_000_000n;

/** A ledger of version 1 as an older Spoor left it. */
function oldLedger(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(MIGRATIONS[0]!);
  const segment = database.prepare(
    "insert into segment values (?, 'auth', 'auth', ?, 1, 1, 0, 0, ?, '[]', '[]', ?)",
  );
  for (const at of [1, 2, 3, 4]) segment.run(`s${at}`, `${at}.parquet`, BigInt(at) * 20n * MINUTE_US, at);
  const detection = database.prepare("insert into detection values (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const [id, cased] of [
    ["cased", 1],
    ["open", 0],
  ] as const) {
    const value = sampleDetection(id, { stage: "paging" });
    detection.run(
      id,
      value.rule,
      value.ruleVersion,
      value.eventTimeUs,
      "paging",
      1,
      cased,
      encodeJson(value),
    );
  }
  const progress = database.prepare("insert into progress values (?, ?, 'stream', ?)");
  progress.run(rule.name, rule.version, 5n);
  progress.run(rule.name, `${rule.version}/ingested/auth`, 65n * MINUTE_US);
  progress.run(rule.name, `${rule.version}/origin/auth`, 20n * MINUTE_US);
  progress.run(rule.name, `${rule.version}/ingested/never_loaded`, 65n * MINUTE_US);
  const run = { id: "r", rule: rule.name, startedMs: 1, state: "succeeded" };
  database.prepare("insert into run values ('r', ?, 1, ?)").run(rule.name, encodeJson(run));
  database.exec("pragma user_version = 1");
  database.close();
}

test("a ledger of version 1 opens, keeps what it holds, and its marks look at nothing twice too far back", () => {
  const path = join(folder, "old.sqlite");
  oldLedger(path);
  for (const again of [false, true]) {
    const ledger = Ledger.open(path);
    const store = new LedgerRecordStore(ledger);
    assert.equal(Number(ledger.get("pragma user_version")!.user_version), MIGRATIONS.length, String(again));
    // The mark lay at 65 minutes and looked back ten: what came at 20 and 40 was surely seen, 60 and 80 was not.
    assert.equal(arrivalMark(store, { rule, dataset: "auth", mode: "stream" }), 2n);
    assert.equal(arrivalMark(store, { rule, dataset: "never_loaded", mode: "stream" }), 0n);
    assert.equal(store.progress(rule.name, rule.version, "stream")?.evaluatedUntilUs, 5n);
    assert.equal(ledger.all("select * from progress").length, 3);
    assert.deepEqual(
      store.uncasedDetections(9).map(({ id }) => id),
      ["open"],
    );
    assert.equal(store.detections({}).length, 2);
    assert.deepEqual(store.untoldWithdrawals(9), []);
    assert.equal(store.runs({}).length, 1);
    assert.deepEqual(store.runTotals(rule.name, 0).runs, 1);
    ledger.close();
  }
});

test("a ledger of a newer Spoor is refused and left as it is", () => {
  const path = join(folder, "newer.sqlite");
  const database = new DatabaseSync(path);
  database.exec("create table later (a); pragma user_version = 99");
  database.close();
  assert.throws(() => Ledger.open(path), /version 99.*use the Spoor that wrote it/);
  const untouched = new DatabaseSync(path);
  assert.equal(untouched.prepare("select count(*) as n from sqlite_master").get()!.n, 1);
  untouched.close();
});
