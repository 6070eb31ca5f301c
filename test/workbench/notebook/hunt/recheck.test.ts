import assert from "node:assert/strict";
import { test } from "node:test";
import { dataHash } from "../../../../notebooks/hunt/data-hash.ts";
import { type Finding, newFinding } from "../../../../notebooks/hunt/hunt-record.ts";
import { keepRows } from "../../../../notebooks/hunt/kept-rows.ts";
import type { QueryBody, QueryJson } from "../../../../server/api/api.ts";
import { recheckFinding } from "../../../../workbench/notebook/hunt/recheck.ts";
import { matchTechniques } from "../../../../workbench/notebook/hunt/technique-picker.ts";

const columns = [{ name: "host", type: "VARCHAR" }];
type Rows = readonly { readonly host: string }[];

async function pinned(rows: Rows, change: Partial<Finding> = {}): Promise<Finding> {
  return newFinding({
    id: "a",
    cell: 1,
    note: "",
    sql: "SELECT *\nFROM (\n  SELECT host FROM logons\n) AS cell\nLIMIT 2 OFFSET 5",
    parameters: {},
    complete: true,
    datasetVersions: {},
    engineVersion: "",
    dataHash: await dataHash(columns, rows),
    firstTime: null,
    lastTime: null,
    at: "",
    by: "",
    ...(await keepRows(columns, rows)),
    ...change,
  });
}

function answering(rows: Rows, complete = true) {
  const asked: string[] = [];
  const queryRows = async (body: Omit<QueryBody, "format">): Promise<QueryJson> => {
    asked.push(body.sql);
    return { columns, rows, complete };
  };
  return { asked, queryRows };
}

test("a whole result is the same, changed with its rows, or unsure when either side is incomplete", async () => {
  const finding = await pinned([{ host: "a" }, { host: "b" }]);
  assert.equal((await recheckFinding(answering([{ host: "b" }, { host: "a" }]), finding)).state, "same");
  const changed = await recheckFinding(answering([{ host: "b" }, { host: "c" }]), finding);
  assert.ok(changed.state === "changed");
  assert.deepEqual([changed.diff.addedRows, changed.diff.removedRows], [[{ host: "c" }], [{ host: "a" }]]);
  const same = answering([{ host: "a" }, { host: "b" }], false);
  assert.equal((await recheckFinding(same, finding)).state, "unsure");
  assert.equal(
    (await recheckFinding(answering([{ host: "a" }, { host: "b" }]), { ...finding, complete: false })).state,
    "unsure",
  );
});

test("chosen rows hold while each is somewhere in the answer, wherever it has moved", async () => {
  const finding = await pinned([{ host: "a" }, { host: "b" }], { selection: "some" });
  const moved = answering([{ host: "x" }, { host: "b" }, { host: "y" }, { host: "a" }]);
  assert.equal((await recheckFinding(moved, finding)).state, "same");
  assert.doesNotMatch(moved.asked[0]!, /LIMIT|OFFSET/);
  const gone = await recheckFinding(answering([{ host: "a" }]), finding);
  assert.ok(gone.state === "changed");
  assert.deepEqual(gone.diff.removedRows, [{ host: "b" }]);
  assert.equal((await recheckFinding(answering([{ host: "a" }], false), finding)).state, "unsure");
});

test("techniques are found by id, name or tactic, the closest first, and not twice", () => {
  assert.equal(matchTechniques("t1003.001", [])[0]!.id, "T1003.001");
  assert.equal(matchTechniques("lsass", [])[0]!.id, "T1003.001");
  assert.notEqual(matchTechniques("lsass", ["T1003.001"])[0]?.id, "T1003.001");
  assert.ok(
    matchTechniques("lateral", []).every(({ tactics, name }) => /lateral/i.test(`${tactics.join()} ${name}`)),
  );
  assert.deepEqual(matchTechniques("", []), []);
});
