import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tableFromIPC } from "@uwdata/flechette";
import fc from "fast-check";
import { ResultStore } from "../../../notebooks/result/result-store.ts";
import { anyType, type RawBatch, SCALARS, type TestType } from "../engine/arrow/random-type.ts";
import { TestLake } from "../engine/test-lake.ts";

const lake = new TestLake();
let ids = 0;
const store = new ResultStore({
  engine: lake.engine,
  directory: lake.folder,
  clock: () => performance.now(),
  newId: () => `result_${++ids}`,
  resultCount: 5,
});
after(async () => {
  await store.close();
  await lake.close();
});

async function read(stream: ReadableStream<Uint8Array>, type: TestType): Promise<unknown[]> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  const table = tableFromIPC(new Uint8Array(Buffer.concat(parts)), { useBigInt: true, useDecimalInt: true });
  const values: unknown[] = [];
  for (const batch of table.getChildAt(0).data as unknown as RawBatch[]) {
    for (let at = 0; at < batch.length; at += 1) values.push(type.read(batch, at));
  }
  return values;
}

/** What was kept is what the query itself gives, and its column has the same type. */
async function keeps(type: TestType, literals: readonly string[], rowCount: number): Promise<void> {
  const list = `[CAST(NULL AS ${type.sql}), ${literals.join(", ")}]`;
  const sql = `SELECT (${list})[1 + (hash(i) % ${literals.length + 1})::INTEGER] AS v FROM range(${rowCount}) t(i) ORDER BY i`;
  const direct = await lake.engine.arrow({ sql });
  const expected = await read(direct.stream, type);
  const { opened, stream } = await store.open({ sql });
  const first = await read(stream, type);
  assert.deepEqual(opened.columns, direct.columns);
  assert.deepEqual(first, expected.slice(0, first.length));
  while (store.state(opened.id)!.phase === "running") await new Promise((resolve) => setTimeout(resolve, 2));
  assert.equal(store.state(opened.id)!.phase, "complete", store.state(opened.id)!.message ?? "");
  const kept = await store.rows(opened.id, { offset: 0, limit: 1_000_000 });
  assert.deepEqual(await read(kept!.stream, type), expected);
  const sorted = await store.rows(opened.id, {
    offset: 0,
    limit: 10,
    sort: [{ column: "v", descending: true }],
  });
  assert.equal((await read(sorted!.stream, type)).length, Math.min(10, rowCount));
  const [summary] = (await store.summary(opened.id, { columns: ["v"] }))!;
  assert.equal(summary!.rowCount, rowCount);
  assert.equal(summary!.nullCount, expected.filter((value) => value === null).length);
  const counted = (summary!.bins ?? summary!.top)!.reduce((sum, one) => sum + one.count, 0);
  assert.ok(counted <= rowCount - summary!.nullCount);
}

test("property: every scalar type is kept value by value, sorted and summarised", async () => {
  for (const type of SCALARS) {
    await fc.assert(
      fc.asyncProperty(
        fc.array(type.literal, { minLength: 1, maxLength: 10 }),
        fc.constantFrom(0, 1, 2049, 3000),
        (literals, rowCount) => keeps(type, literals, rowCount),
      ),
      { numRuns: 2 },
    );
  }
});

test("property: nested types are too", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyType.chain((type) =>
        fc.tuple(fc.constant(type), fc.array(type.literal, { minLength: 1, maxLength: 6 })),
      ),
      fc.constantFrom(0, 3, 2500),
      ([type, literals], rowCount) => keeps(type, literals, rowCount),
    ),
    { numRuns: 20 },
  );
});
