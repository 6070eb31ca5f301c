import assert from "node:assert/strict";
import { test } from "node:test";
import { commonEntities } from "../../../../workbench/page/rule/common-entities.ts";

test("entities that several detections share come first, the most common before", () => {
  const rows = [
    { entities: { host: "A", user: "x" } },
    { entities: { host: "A", user: "y" } },
    { entities: { host: "A", user: "x" } },
    { entities: { host: "B", user: "" } },
  ];
  assert.deepEqual(commonEntities(rows, ["host", "user"]), [
    { column: "host", value: "A", count: 3, of: 4 },
    { column: "user", value: "x", count: 2, of: 4 },
  ]);
});
