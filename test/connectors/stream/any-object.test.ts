import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createMemoryRegistry } from "../../../connectors/dataset/memory.ts";
import { compactSegments } from "../../../connectors/stream/compact.ts";
import { openDrainer } from "../../../connectors/stream/drain.ts";
import { openSpool } from "../../../connectors/stream/spool.ts";
import { datasetSelect } from "../../../notebooks/catalog/dataset-view.ts";
import { streamLake } from "./stream-lake.ts";

const key = fc.oneof(
  fc.constantFrom(
    "a",
    "A",
    "b",
    "ts",
    "",
    "_time",
    "_LINE",
    "a\u0000",
    "a_2",
    "lead",
    '"',
    "select",
    "é",
    "💥",
    "x.y",
  ),
  fc.string({ maxLength: 4, unit: "binary" }),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      null,
      true,
      0,
      -0,
      1.5,
      1e300,
      2 ** 53,
      "2026-01-01T00:00:00Z",
      "",
      "null",
      "{}",
      "\u0001\u0000",
    ),
    fc.integer(),
    fc.string({ maxLength: 5, unit: "binary" }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }).map((members) => Object.fromEntries(members)),
  ),
}));
const object = fc.array(fc.tuple(key, value), { maxLength: 5 }).map((members) => Object.fromEntries(members));

test("whatever the objects are, each becomes one row and none holds up the stream", async (t) => {
  const lake = await streamLake(t);
  const drainer = await openDrainer({
    scratchDirectory: lake.scratchDirectory,
    threads: 1,
    memoryLimit: "500MB",
  });
  t.after(() => drainer.close());
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(object, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      async (rows, size) => {
        const root = `${lake.root}/${round++}`;
        const registry = createMemoryRegistry();
        const spool = await openSpool({ directory: root, source: "posts", clock: lake.clock });
        const request = { ...lake, spool, registry, lakeDirectory: `${root}/lake`, maximumEvents: size };
        let accepted = 0;
        for (const row of rows) accepted += (await spool.append(Buffer.from(JSON.stringify(row)))).accepted;
        let events = 0;
        for (let drained = await drainer.drain(request); drained; drained = await drainer.drain(request)) {
          events += drained.eventCount;
        }
        await spool.close();
        assert.equal(events, accepted);
        for (const { name } of registry.list()) {
          await compactSegments({
            ...request,
            dataset: name,
            source: "posts",
            minimumSegments: 2,
            maximumRows: 100,
            threads: 1,
          });
        }
        let count = 0n;
        for (const dataset of registry.list()) {
          const rowsOf = await lake.session.rows(
            `SELECT COLUMNS(*)::VARCHAR FROM (${datasetSelect(dataset)}) AS d`,
          );
          count += BigInt(rowsOf.length);
        }
        assert.equal(count, BigInt(accepted));
      },
    ),
    { numRuns: 25, seed: 20261124 },
  );
});
