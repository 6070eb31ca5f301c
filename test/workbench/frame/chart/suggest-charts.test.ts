import assert from "node:assert/strict";
import { test } from "node:test";
import { transpileCells } from "../../../../notebooks/document/transpile-cells.ts";
import { type SuggestedColumn, suggestCharts } from "../../../../workbench/frame/chart/suggest-charts.ts";

const columns = (types: Readonly<Record<string, string>>): SuggestedColumn[] =>
  Object.entries(types).map(([name, type]) => ({ name, type }));
const SYSTEM = { _time: "TIMESTAMP", _ingested: "TIMESTAMP", _file: "VARCHAR", _line: "BIGINT" };
const RESULTS: Readonly<Record<string, SuggestedColumn[]>> = {
  processes: columns({
    ...SYSTEM,
    Computer: "VARCHAR",
    ProcessId: "BIGINT",
    ParentProcessId: "BIGINT",
    Image: "VARCHAR",
    CommandLine: "VARCHAR",
    User: "VARCHAR",
  }),
  connections: columns({
    ...SYSTEM,
    id_orig_h: "VARCHAR",
    id_resp_h: "VARCHAR",
    id_resp_p: "BIGINT",
    service: "VARCHAR",
    duration: "DOUBLE",
    orig_bytes: "BIGINT",
  }),
  counts: columns({ day: "DATE", n: "BIGINT" }),
  trail: columns({
    ...SYSTEM,
    eventName: "VARCHAR",
    sourceIPAddress: "VARCHAR",
    userIdentity: "STRUCT(arn VARCHAR)",
  }),
  one: columns({ x: "INTEGER" }),
};
const labels = (name: string) => suggestCharts(name, RESULTS[name]!).map(({ label }) => label);

test("the columns decide which charts fit", () => {
  assert.equal(labels("processes")[0], "Process tree");
  assert.ok(labels("processes").includes("Rare values of Image"));
  for (const label of [
    "Who talked to whom",
    "Beaconing",
    "Bytes against duration",
    "Addresses and their owners",
    "Crossfilter",
  ])
    assert.ok(labels("connections").includes(label), label);
  assert.ok(!labels("connections").includes("Process tree"));
  assert.match(
    suggestCharts("counts", RESULTS.counts!)[0]!.code,
    /eventRate\(counts, \{time: "day", count: "n"\}\)/,
  );
  assert.ok(labels("trail").includes("Rare values of eventName"));
  assert.deepEqual(labels("one"), []);
});

test("every suggestion is a cell that compiles, whatever the columns are called", () => {
  const hostile = columns({
    _time: "TIMESTAMP",
    'Image");alert(1)//': "VARCHAR",
    "${1}": "VARCHAR",
    "`": "BIGINT",
  });
  for (const [name, result] of [
    ...Object.entries(RESULTS),
    ["hostile", hostile],
    ["not a name", hostile],
  ] as const)
    for (const { code, label } of suggestCharts(name, result)) {
      const [cell] = transpileCells([{ id: 1, mode: "js", value: code }]);
      assert.ok(cell!.ok, `${label}: ${cell!.error}`);
      assert.ok(
        cell!.inputs.every((input) =>
          ["view", "charts", "crossfilter", "rows", "display", name].includes(input),
        ),
        `${label} reads ${cell!.inputs}`,
      );
    }
});
