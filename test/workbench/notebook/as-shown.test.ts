import assert from "node:assert/strict";
import { test } from "node:test";
import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import type { ResultWindow } from "../../../notebooks/result/result.ts";
import type { QueryJson } from "../../../server/api/api.ts";
import type { SpoorClient } from "../../../workbench/api/client.ts";
import { mustBeAsShown } from "../../../workbench/notebook/as-shown.ts";

const COLUMNS = [
  { name: "host", type: "VARCHAR" },
  { name: "count", type: "INTEGER" },
];

function clientShowing(hosts: readonly string[], counts: readonly number[], asked: ResultWindow[] = []) {
  const bytes = tableToIPC(tableFromArrays({ host: [...hosts], count: [...counts] }), {}) as Uint8Array;
  return {
    resultRows: async (_id: string, window: ResultWindow) => {
      asked.push(window);
      return new Response(bytes as BodyInit);
    },
  } as unknown as SpoorClient;
}

const answer = (rows: QueryJson["rows"]): QueryJson => ({ columns: COLUMNS, rows, complete: true });
const SHOWN = { filters: [], sort: [{ column: "host", descending: false }] };
const ROWS = { offset: 40, count: 2 };

test("the rows that the table shows are taken, in whatever order they come", async () => {
  const asked: ResultWindow[] = [];
  const check = mustBeAsShown(clientShowing(["a", "b"], [1, 2], asked), "r1", SHOWN, ROWS);
  await check(
    answer([
      { host: "b", count: 2 },
      { host: "a", count: 1 },
    ]),
  );
  assert.deepEqual(asked, [{ offset: 40, limit: 2, ...SHOWN }]);
});

test("other rows in these places are refused, with what helps", async () => {
  const check = mustBeAsShown(clientShowing(["a", "b"], [1, 2]), "r1", SHOWN, ROWS);
  for (const rows of [
    [
      { host: "a", count: 1 },
      { host: "b", count: 3 },
    ],
    [{ host: "a", count: 1 }],
    [
      { host: "a", count: 1 },
      { host: "a", count: 1 },
    ],
  ])
    await assert.rejects(check(answer(rows)), /ORDER BY that tells every row apart/);
  await assert.rejects(
    mustBeAsShown(clientShowing([], []), null, SHOWN, ROWS)(answer([])),
    /run the cell again/,
  );
});
