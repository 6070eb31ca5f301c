import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import { watchTroubles } from "../../../promote/run/trouble.ts";

test("a rule that does not run at the stage of its file is a trouble, told once, until it does", () => {
  const store = new MemoryRecordStore();
  const condition = {
    ...{ rule: "r", author: "ada", failures: 0, lagMs: 0, error: "No column x." },
    refused: { asked: "staged", runs: "draft" },
  };
  const { began } = watchTroubles(store, [condition], 1);
  assert.equal(began.length, 1);
  assert.match(began[0]!.message, /r does not run, although its file says staged: No column x\./);
  assert.deepEqual(watchTroubles(store, [condition], 2).began, []);
  assert.equal(store.troubles({ rule: "r", open: true }).length, 1);
  assert.equal(watchTroubles(store, [], 3).ended.length, 1);
});
