import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type {
  Action,
  Alert,
  Detection,
  Forecast,
  Outcome,
  RecordStore,
  Run,
} from "../../../promote/records/records.ts";

export function sampleDetection(id: string, of: Partial<Detection> = {}): Detection {
  return {
    id,
    rule: "r",
    ruleVersion: "v",
    eventTimeUs: 1_000_000n,
    entities: { host: "a" },
    rows: [{ host: "a", n: 2n ** 60n, bytes: new Uint8Array([1, 2]), nested: { $n: "x" } }],
    rowsHash: "h1",
    mode: "batch",
    late: false,
    stage: "staged",
    detectedMs: 1,
    ...of,
  };
}

function run(id: string, startedMs: number): Run {
  return {
    id,
    rule: "r",
    ruleVersion: "v",
    mode: "batch",
    sliceAfterUs: 0n,
    sliceUntilUs: 1n,
    startedMs,
    finishedMs: 2,
    detectionCount: 0,
    state: "succeeded",
    error: null,
  };
}
function alert(id: string, of: Partial<Alert> = {}): Alert {
  return {
    id,
    caseId: "c",
    rule: "r",
    ruleVersion: "v",
    owner: "o",
    sentence: "s",
    state: "open",
    openedMs: 1,
    decidedMs: null,
    ...of,
  };
}
function action(id: string, of: Partial<Action> = {}): Action {
  return {
    id,
    alertId: "a",
    name: "look",
    uses: "query",
    trigger: "automation",
    actor: "spoor",
    state: "started",
    startedMs: 1,
    finishedMs: null,
    summary: "",
    rows: [],
    ...of,
  };
}
const outcome: Outcome = {
  alertId: "a",
  rule: "r",
  ruleVersion: "v",
  kind: "true-positive",
  actor: "p",
  reason: "",
  minutes: 3,
  recordedMs: 1,
};
function forecast(id: string, value: number): Forecast {
  return {
    id,
    statement: "s",
    kind: "binary",
    subject: "alert:a",
    value,
    author: "x",
    createdMs: 1,
    resolveByMs: 2,
  };
}

/** What every RecordStore must do; `makeStore` gives an empty one each time. */
export function recordStoreContract(name: string, makeStore: () => RecordStore): void {
  describe(`record store: ${name}`, () => {
    test("detections are inserted once, updated when rows change, and come back whole", () => {
      const store = makeStore();
      const first = sampleDetection("1");
      assert.deepEqual(store.putDetections([first]), { inserted: [first], updated: [], unchanged: 0 });
      assert.deepEqual(store.putDetections([{ ...first, detectedMs: 9, late: true }]), {
        inserted: [],
        updated: [],
        unchanged: 1,
      });
      assert.deepEqual(store.detection("1"), first);
      const changed = { ...first, rowsHash: "h2", rows: [], late: true, detectedMs: 9 };
      assert.equal(store.putDetections([changed]).updated.length, 1);
      assert.deepEqual(store.detection("1"), { ...changed, detectedMs: 1 });
      assert.equal(store.detection("none"), undefined);
    });

    test("detections are found by rule, version and time, newest first", () => {
      const store = makeStore();
      store.putDetections([
        sampleDetection("1", { eventTimeUs: 1n }),
        sampleDetection("2", { eventTimeUs: 2n, ruleVersion: "w" }),
        sampleDetection("3", { eventTimeUs: 3n, rule: "q" }),
      ]);
      const ids = (filter: Parameters<RecordStore["detections"]>[0]) =>
        store.detections(filter).map(({ id }) => id);
      assert.deepEqual(ids({}), ["3", "2", "1"]);
      assert.deepEqual(ids({ rule: "r" }), ["2", "1"]);
      assert.deepEqual(ids({ rule: "r", ruleVersion: "v" }), ["1"]);
      assert.deepEqual(ids({ afterUs: 1n, untilUs: 2n }), ["2"]);
      assert.deepEqual(ids({ limit: 1 }), ["3"]);
    });

    test("uncased detections are those of paging rules that no case holds", () => {
      const store = makeStore();
      store.putDetections([
        sampleDetection("2", { stage: "paging", eventTimeUs: 2n }),
        sampleDetection("1", { stage: "paging", eventTimeUs: 1n }),
        sampleDetection("3"),
      ]);
      assert.deepEqual(
        store.uncasedDetections(9).map(({ id }) => id),
        ["1", "2"],
      );
      assert.deepEqual(
        store.uncasedDetections(1).map(({ id }) => id),
        ["1"],
      );
      const value = { id: "c", title: "t", detectionIds: ["1"], entities: {}, openedMs: 1 };
      store.putCase(value);
      assert.deepEqual(
        store.uncasedDetections(9).map(({ id }) => id),
        ["2"],
      );
      store.putDetections([sampleDetection("1", { stage: "paging", rowsHash: "h2", eventTimeUs: 1n })]);
      assert.deepEqual(
        store.uncasedDetections(9).map(({ id }) => id),
        ["2"],
      );
      store.putCase({ ...value, detectionIds: ["1", "2"] });
      assert.deepEqual(store.uncasedDetections(9), []);
      assert.deepEqual(store.case("c")?.detectionIds, ["1", "2"]);
      assert.equal(store.cases({}).length, 1);
    });

    test("what is no longer found is withdrawn, kept, not counted, told once, and may stand again", () => {
      const store = makeStore();
      const gone = sampleDetection("1", { stage: "paging", eventTimeUs: 1n });
      const stays = sampleDetection("2", { stage: "paging", eventTimeUs: 2n });
      const outside = sampleDetection("3", { eventTimeUs: 3n });
      const other = sampleDetection("4", { eventTimeUs: 1n, ruleVersion: "w" });
      store.putDetections([gone, stays, outside, other]);
      store.putCase({ id: "c", title: "t", detectionIds: ["1", "2"], entities: {}, openedMs: 1 });
      const slice = { rule: "r", ruleVersion: "v", afterUs: 0n, untilUs: 2n };
      const withdrawn = store.withdrawDetections(slice, new Set(["2"]), 9, "why");
      assert.deepEqual(withdrawn, [{ ...gone, withdrawnMs: 9, withdrawnReason: "why" }]);
      assert.deepEqual(store.detection("1"), withdrawn[0]);
      assert.deepEqual(store.withdrawDetections(slice, new Set(["2"]), 10, "again"), []);
      const ids = (filter: Parameters<RecordStore["detections"]>[0]) =>
        store.detections(filter).map(({ id }) => id);
      assert.deepEqual(ids({}), ["3", "2", "4"]);
      assert.deepEqual(ids({ withdrawn: "only" }), ["1"]);
      assert.deepEqual(ids({ withdrawn: "too", ruleVersion: "v" }), ["3", "2", "1"]);
      assert.deepEqual(
        store.untoldWithdrawals(9).map(({ id }) => id),
        ["1"],
      );
      store.putWithdrawalTold("1");
      assert.deepEqual(store.untoldWithdrawals(9), []);
      assert.deepEqual(store.putDetections([{ ...gone, detectedMs: 20 }]).updated, [gone]);
      assert.deepEqual(store.detection("1"), gone);
      assert.equal(store.untoldWithdrawals(9).length, 1);
      store.putWithdrawalTold("1");
      assert.deepEqual(store.untoldWithdrawals(9), []);
    });

    test("a withdrawn detection opens no case; a gathered case waits until it is let through", () => {
      const store = makeStore();
      store.putDetections([sampleDetection("1", { stage: "paging" })]);
      const slice = { rule: "r", ruleVersion: "v", afterUs: 0n, untilUs: 2n ** 60n };
      store.withdrawDetections(slice, new Set(), 9, "why");
      assert.deepEqual(store.uncasedDetections(9), []);
      const value = { id: "c", title: "t", detectionIds: [], entities: {}, openedMs: 1, gatheredFor: "r" };
      store.putCase({ ...value, waitsForRoom: true });
      assert.deepEqual(
        store.waitingCases().map(({ id }) => id),
        ["c"],
      );
      store.putCase({ ...value, waitsForRoom: false });
      assert.deepEqual(store.waitingCases(), []);
    });

    test("a rule stops paging with what no case holds; a case is taken apart into what it held", () => {
      const store = makeStore();
      store.putDetections([
        sampleDetection("1", { stage: "paging", eventTimeUs: 1n }),
        sampleDetection("2", { stage: "paging", eventTimeUs: 2n }),
        sampleDetection("3", { stage: "paging", eventTimeUs: 3n, rule: "q" }),
      ]);
      store.putCase({
        id: "c",
        title: "t",
        detectionIds: ["1"],
        entities: {},
        openedMs: 1,
        waitsForRoom: true,
      });
      assert.deepEqual(store.uncasedRules(), ["q", "r"]);
      assert.equal(store.stopPaging("r"), 1);
      assert.deepEqual(store.uncasedRules(), ["q"]);
      assert.equal(store.detection("2")?.stage, "staged");
      assert.equal(store.detection("1")?.stage, "paging");
      store.dissolveCase("c");
      assert.deepEqual([store.case("c"), store.waitingCases()], [undefined, []]);
      assert.deepEqual(
        store.uncasedDetections(9).map(({ id }) => id),
        ["1", "3"],
      );
    });

    test("progress is forgotten of the versions that are not kept, with the arrivals they have seen", () => {
      const store = makeStore();
      for (const ruleVersion of ["v", "v/arrival/events", "w", "w/arrival/events", "vv"]) {
        store.putProgress({ rule: "r", ruleVersion, mode: "stream", evaluatedUntilUs: 5n });
      }
      store.putProgress({ rule: "q", ruleVersion: "w", mode: "batch", evaluatedUntilUs: 5n });
      store.dropProgress("r", "v");
      const known = (rule: string, version: string) => store.progress(rule, version, "stream") !== undefined;
      assert.deepEqual(
        ["v", "v/arrival/events", "w", "w/arrival/events", "vv"].map((version) => known("r", version)),
        [true, true, false, false, false],
      );
      const first = { rule: "q", ruleVersion: "w" };
      assert.deepEqual(store.progressVersions(), [first, { rule: "r", ruleVersion: "v" }]);
      store.dropProgress("r", null);
      assert.deepEqual(store.progressVersions(), [first]);
    });

    test("controls, missed runs and troubles come newest first, and claims keep others out", () => {
      const store = makeStore();
      const control = { rule: "r", actor: "ann", reason: "", untilMs: null, maximumPerHour: null } as const;
      store.putRuleControl({ ...control, id: "1", kind: "paused", atMs: 1 });
      store.putRuleControl({ ...control, id: "2", kind: "resumed", atMs: 1 });
      store.putRuleControl({ ...control, id: "3", kind: "paused", atMs: 5, rule: "q" });
      assert.deepEqual(
        store.ruleControls({}).map(({ id }) => id),
        ["3", "2", "1"],
      );
      assert.equal(store.ruleControls({ rule: "r" })[0]!.kind, "resumed");
      const missed = {
        id: "m",
        rule: "r",
        ruleVersion: "v",
        mode: "batch",
        dueMs: 1,
        untilMs: 2,
        turns: 2,
        why: "busy",
        foundMs: 3,
        refilledMs: null,
        runId: null,
      } as const;
      store.putMissedRun(missed);
      assert.deepEqual(store.missedRuns({ open: true }), [missed]);
      store.putMissedRun({ ...missed, refilledMs: 4, runId: "x" });
      assert.deepEqual(store.missedRuns({ open: true }), []);
      assert.equal(store.missedRuns({ rule: "r", open: false })[0]!.runId, "x");
      const trouble = {
        id: "t",
        rule: "r",
        kind: "behind",
        author: "kim",
        sinceMs: 1,
        endedMs: null,
        message: "m",
        remedy: "r",
      } as const;
      store.putTrouble(trouble);
      store.putTrouble({ ...trouble, id: "u", rule: "q", sinceMs: 2 });
      store.putTrouble({ ...trouble, endedMs: 5 });
      assert.deepEqual(
        store.troubles({}).map(({ id }) => id),
        ["u", "t"],
      );
      assert.deepEqual(
        store.troubles({ open: true }).map(({ id }) => id),
        ["u"],
      );
      assert.equal(store.claimRule("r", "one", 0, 10), true);
      assert.equal(store.claimRule("r", "two", 5, 15), false);
      assert.equal(store.claimRule("r", "one", 5, 20), true);
      assert.equal(store.claimRule("r", "two", 20, 30), true);
      store.releaseRule("r", "one");
      assert.equal(store.claimRule("r", "one", 25, 30), false);
      store.releaseRule("r", "two");
      assert.equal(store.claimRule("r", "one", 25, 30), true);
      store.releaseOthers("two");
      assert.equal(store.claimRule("r", "two", 25, 30), true);
    });

    test("a transaction that throws leaves nothing, nested ones included", () => {
      const store = makeStore();
      store.putRun(run("kept", 1));
      assert.throws(() =>
        store.transaction(() => {
          store.putDetections([sampleDetection("1")]);
          store.transaction(() => store.putRun(run("lost", 2)));
          store.putProgress({ rule: "r", ruleVersion: "v", mode: "stream", evaluatedUntilUs: 5n });
          throw new Error("crash");
        }),
      );
      assert.equal(store.detection("1"), undefined);
      assert.deepEqual(
        store.runs({}).map(({ id }) => id),
        ["kept"],
      );
      assert.equal(store.progress("r", "v", "stream"), undefined);
      assert.equal(
        store.transaction(() => 7),
        7,
      );
    });

    test("runs come newest first; progress is kept by rule, version and mode", () => {
      const store = makeStore();
      store.putRun(run("1", 1));
      store.putRun(run("2", 2));
      store.putRun({ ...run("2", 2), state: "failed", error: "e" });
      assert.deepEqual(
        store.runs({ rule: "r" }).map(({ id, state }) => [id, state]),
        [
          ["2", "failed"],
          ["1", "succeeded"],
        ],
      );
      assert.deepEqual(
        store.runs({ limit: 1 }).map(({ id }) => id),
        ["2"],
      );
      const progress = { rule: "r", ruleVersion: "v", mode: "stream", evaluatedUntilUs: 2n ** 52n } as const;
      store.putProgress({ ...progress, evaluatedUntilUs: 1n });
      store.putProgress(progress);
      store.putProgress({ ...progress, mode: "batch", evaluatedUntilUs: -(2n ** 55n) });
      assert.deepEqual(store.progress("r", "v", "stream"), progress);
      assert.equal(store.progress("r", "v", "batch")?.evaluatedUntilUs, -(2n ** 55n));
    });

    test("alerts and actions change in place; unfinished actions are known", () => {
      const store = makeStore();
      store.putAlert(alert("a", { state: "automating" }));
      store.putAlert(alert("b"));
      store.putAlert(alert("a"));
      assert.equal(store.alerts({ state: "open" }).length, 2);
      assert.equal(store.alerts({ state: "automating" }).length, 0);
      assert.equal(store.alert("a")?.state, "open");
      store.putAction(action("1"));
      store.putAction(action("2", { startedMs: 2 }));
      store.putAction(action("1", { state: "succeeded", rows: [{ n: 5n }] }));
      assert.deepEqual(
        store.actions("a").map(({ id }) => id),
        ["1", "2"],
      );
      assert.deepEqual(store.actions("a")[0]?.rows, [{ n: 5n }]);
      assert.deepEqual(
        store.unfinishedActions().map(({ id }) => id),
        ["2"],
      );
    });

    test("an alert has one outcome; a forecast is made once and resolved once", () => {
      const store = makeStore();
      store.putOutcome(outcome);
      assert.throws(() => store.putOutcome({ ...outcome, kind: "ignored" }));
      assert.equal(store.outcome("a")?.kind, "true-positive");
      assert.equal(store.outcomes({ rule: "r" }).length, 1);
      store.putForecast(forecast("f", 0.2));
      store.putForecast(forecast("f", 0.9));
      assert.equal(store.forecasts({ subject: "alert:a", open: true })[0]?.value, 0.2);
      store.resolveForecast({ forecastId: "f", outcome: 1, resolvedMs: 1 });
      store.resolveForecast({ forecastId: "f", outcome: 0, resolvedMs: 2 });
      assert.deepEqual(store.resolutions(), [{ forecastId: "f", outcome: 1, resolvedMs: 1 }]);
      assert.equal(store.forecasts({ open: true }).length, 0);
      assert.equal(store.forecasts({ open: false }).length, 1);
    });

    test("proofs are kept by version, the newest wins; activities come newest first", () => {
      const store = makeStore();
      const proof = {
        rule: "r",
        ruleVersion: "v",
        provedMs: 1,
        eventCount: 1,
        sliceCount: 1,
        batchDetectionCount: 1,
        streamDetectionCount: 1,
        onlyBatch: [],
        onlyStream: [],
        dataHash: "d",
        engineVersion: "e",
        holds: false,
        reason: "x",
        replayedAfterUs: 1n,
        replayedUntilUs: 2n,
        skippedSliceCount: 0,
      };
      store.putProof(proof);
      store.putProof({ ...proof, holds: true });
      assert.deepEqual(store.proof("r", "v"), { ...proof, holds: true });
      assert.equal(store.proof("r", "w"), undefined);
      for (const atMs of [1, 2])
        store.putActivity({ atMs, actor: "a", verb: "v", subject: "s", detail: "d" });
      assert.deepEqual(
        store.activities({ limit: 1 }).map(({ atMs }) => atMs),
        [2],
      );
    });
  });
}
