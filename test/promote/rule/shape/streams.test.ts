import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Shape } from "../../../../promote/rule/shape/shape.ts";
import { shapeSql } from "../../../../promote/rule/shape/sql.ts";
import { textIssues } from "../../../../promote/rule/sql.ts";
import { SqlTrees } from "../../../../promote/rule/sql-tree.ts";
import { readStreamability } from "../../../../promote/run/streamable.ts";
import { anyShape, worldColumns } from "./any-shape.ts";

const DAY_MS = 86_400_000;

test("the SQL of every shape reads as one that streams, also with windows of days, and passes the checks of a rule", async () => {
  const trees = await SqlTrees.open();
  try {
    await fc.assert(
      fc.asyncProperty(anyShape, fc.constantFrom(0, 1, 30), async (shape, days) => {
        const long: Shape =
          shape.kind === "filter" ? shape : { ...shape, windowMs: shape.windowMs + days * DAY_MS };
        const { sql, issues } = shapeSql(long, worldColumns);
        assert.deepEqual(issues, []);
        assert.deepEqual(textIssues(sql, "rule.sql"), []);
        const { tree } = await trees.parse(sql);
        const read = readStreamability({ timeColumn: "_time" }, tree, new Set(["assets"]));
        assert.equal(read.mode, "stream", read.reason);
      }),
      { numRuns: 120, seed: 9 },
    );
  } finally {
    trees.close();
  }
});

test("what is wrong with a shape is told with its part, and it has no SQL", () => {
  const events = {
    name: "Bad Name",
    dataset: "events",
    where: { kind: "all", of: [] },
    by: ["nothing"],
    minimumCount: 0,
    lookup: { dataset: "events", on: [{ column: "host", lookupColumn: "no" }], present: true },
  } as const;
  const written = shapeSql(
    {
      kind: "absence",
      events,
      missing: { ...events, name: "b", dataset: "nowhere", minimumCount: 1 },
      by: ["host"],
      windowMs: 0,
    },
    worldColumns,
  );
  assert.equal(written.sql, "");
  const codes = new Set(written.issues.map(({ code }) => code));
  for (const code of [
    "shape.name",
    "shape.field",
    "shape.count",
    "shape.dataset",
    "shape.window",
    "shape.lookup",
  ])
    assert.ok(codes.has(code), `${code} is not told`);
  assert.ok(written.issues.every(({ place }) => place.startsWith("shape.yaml#")));
});
