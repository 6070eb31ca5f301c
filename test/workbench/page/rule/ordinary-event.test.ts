import assert from "node:assert/strict";
import { test } from "node:test";
import { eventLine, nearestOrdinary } from "../../../../workbench/page/rule/form/ordinary-event.ts";

test("the ordinary event is the one that shares most with what was found and was not found itself", () => {
  const detection = {
    time: "2026-01-05T10:00:00Z",
    entities: { host: "APP03" },
    rows: [{ host: "APP03", program: "curl.exe" }],
  };
  const rows = [
    { _time: "2026-01-05T10:00:00Z", Hostname: "APP03", Image: "curl.exe" },
    { _time: "2026-01-05T09:59:00Z", Hostname: "APP01", Image: "curl.exe" },
    { _time: "2026-01-05T09:58:00Z", Hostname: "APP03", Image: "curl.exe" },
  ];
  assert.equal(nearestOrdinary(rows, detection, []), rows[2]);
  assert.equal(nearestOrdinary(rows, detection, [{ time: "2026-01-05 09:58:00" }]), rows[1]);
  assert.equal(nearestOrdinary(rows.slice(0, 1), detection, []), null);
});

test("a row becomes a line whose whole numbers keep their digits, and that names its dataset when asked", () => {
  const columns = [
    { name: "id", type: "UBIGINT" },
    { name: "text", type: "VARCHAR" },
    { name: "gone", type: "VARCHAR" },
  ];
  assert.equal(
    eventLine({ id: "18446744073709551615", text: '"1"', gone: null }, columns, "net"),
    '{"_dataset":"net","id":18446744073709551615,"text":"\\"1\\""}',
  );
});
