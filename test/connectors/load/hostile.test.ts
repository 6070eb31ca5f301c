import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { DatasetRegistry } from "../../../connectors/dataset/dataset.ts";
import { assertBalanced, openLake } from "./lake.ts";

/** Keys that are easy to get wrong: case twins, quotes, dots, keywords, empty. */
const KEYS = [
  "ProcessId",
  "ProcessID",
  "processid",
  "user",
  "User",
  "select",
  "a.b",
  'q"uote',
  "",
  "_time",
  "_line",
  "ключ",
  "x y",
  "$",
  "'; drop",
];

const scalar = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom(
    "",
    "null",
    "2026-01-01T00:00:00Z",
    "0x1f",
    "NaN",
    "\u0001",
    "a\tb\nc",
    "\u0000",
    "' or 1=1 --",
  ),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const json = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom(...KEYS), scalar, { maxKeys: 3 }) },
);
const event = fc.dictionary(fc.constantFrom(...KEYS), json, { minKeys: 1, maxKeys: 5 });
const bad = fc.constantFrom(
  "{",
  "[1,2]",
  "17",
  '{"a":1}}',
  '{"a":01}',
  "nonsense",
  '{"a":1,"a":2}',
  '{"s":"\\ud800"}',
  '"text"',
  "{'a':1}",
);
const line = fc.oneof(
  { weight: 5, arbitrary: event.map((value) => ({ good: true, text: JSON.stringify(value) })) },
  { weight: 1, arbitrary: bad.map((text) => ({ good: false, text })) },
);

/** What a value is in the lake: text where the column is text, the JSON value otherwise. */
function comesBack(stored: unknown, given: unknown): boolean {
  if (given === null || given === undefined) return stored === null || stored === undefined;
  if (typeof given === "string") return stored === given || stored === JSON.stringify(given);
  if (typeof given === "number" || typeof given === "boolean") return String(stored) === String(given);
  const value = typeof stored === "string" ? (JSON.parse(stored) as unknown) : stored;
  if (Array.isArray(given))
    return (
      Array.isArray(value) &&
      value.length === given.length &&
      given.every((item, i) => comesBack(value[i], item))
    );
  return Object.entries(given).every(([key, item]) =>
    comesBack((value as Record<string, unknown>)[key], item),
  );
}

test("hostile lines: good + quarantined = read, and every good value comes back", async (t) => {
  const lake = await openLake(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), async (lines) => {
      const name = `hostile_${run++}`;
      // One sound line keeps the file what it is: lines of JSON.
      const all = [{ good: true, text: '{"anchor":"sound"}' }, ...lines];
      const path = lake.file(`${name}.ndjson`, `${all.map((l) => l.text).join("\n")}\n`);
      const report = await lake.load(name, [path]);
      assertBalanced(report);
      assert.equal(report.read, all.length);
      assert.equal(report.quarantined, all.filter((l) => !l.good).length);
      const dataset = lake.registry.get(name)!;
      assert.equal(new Set(dataset.columns.map((c) => c.name.toLowerCase())).size, dataset.columns.length);
      const names = new Map(dataset.columns.map((c) => [c.key, c.name]));
      const present = new Set(dataset.segments.flatMap((s) => s.columns.map((c) => c.name)));
      const json = dataset.columns
        .filter((c) => present.has(c.name))
        .map((c) => `, to_json("${c.name.replaceAll('"', '""')}")::VARCHAR`);
      const order = dataset.columns.filter((c) => present.has(c.name)).map((c) => c.name);
      const rows = await lake.rows(dataset, `SELECT _line${json.join("")} FROM data ORDER BY _line`);
      const stored = new Map(rows.map((row) => [Number(row[0]), row.slice(1)]));
      for (const [index, { good, text }] of all.entries()) {
        if (!good) continue;
        const row = stored.get(index + 1);
        assert.ok(row, `line ${index + 1} is missing`);
        for (const [key, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
          if (value === null) continue;
          const at = order.indexOf(names.get(key)!);
          const cell = row[at];
          const parsed: unknown = typeof cell === "string" ? JSON.parse(cell) : cell;
          assert.ok(
            at >= 0 && comesBack(parsed, value),
            `${key}: ${JSON.stringify(value)} came back as ${String(cell)}`,
          );
        }
      }
    }),
    { numRuns: 40, seed: 7717 },
  );
});

test("case twins have the same names whatever the order of lines and files", async (t) => {
  const lake = await openLake(t);
  const lines = [
    '{"ProcessID":1,"x":1}',
    '{"ProcessId":"a"}',
    '{"processid":true}',
    '{"PROCESSID":2.5,"Process":"p"}',
  ];
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
  ];
  const seen = new Set<string>();
  for (const [index, order] of orders.entries()) {
    for (const isSplit of [false, true]) {
      const name = `twins_${index}_${isSplit ? "split" : "whole"}`;
      const picked = order.map((i) => lines[i]!);
      const paths = isSplit
        ? picked.map((text, i) => lake.file(`${name}_${i}.ndjson`, `${text}\n`))
        : [lake.file(`${name}.ndjson`, `${picked.join("\n")}\n`)];
      await lake.load(name, paths);
      const columns = lake.registry
        .get(name)!
        .columns.map(({ key, name: column, type }) => [key, column, type]);
      seen.add(JSON.stringify(columns.sort()));
    }
  }
  assert.equal(seen.size, 1, [...seen].join("\n"));
});

test("the same file twice adds nothing", async (t) => {
  const lake = await openLake(t);
  const path = lake.file("a.ndjson", '{"a":1,"ts":"2026-01-01T00:00:00Z"}\n{"a":2}\nbroken\n');
  const first = await lake.load("twice", [path]);
  const before = lake.registry.get("twice");
  const copy = lake.file("copy.ndjson", '{"a":1,"ts":"2026-01-01T00:00:00Z"}\n{"a":2}\nbroken\n');
  const second = await lake.load("twice", [path, copy]);
  assert.deepEqual([first.read, first.good, first.quarantined], [3, 2, 1]);
  assert.deepEqual(
    second.files.map((file) => file.state),
    ["known", "known"],
  );
  assert.deepEqual(lake.registry.get("twice"), before);
  assert.equal(lake.registry.quarantined.length, 1);
});

test("a crash between writing and committing adds once when run again", async (t) => {
  const lake = await openLake(t);
  const path = lake.file("a.ndjson", '{"a":1}\n{"a":2}\n');
  let crashes = 1;
  const crashing: DatasetRegistry = {
    ...lake.registry,
    commit(change) {
      if (crashes-- > 0) throw new Error("power cut");
      lake.registry.commit(change);
    },
  };
  await assert.rejects(lake.load("crash", [path], crashing), /power cut/);
  assert.equal(lake.registry.get("crash"), undefined);
  const report = await lake.load("crash", [path], crashing);
  assert.equal(report.good, 2);
  const dataset = lake.registry.get("crash")!;
  assert.equal(dataset.segments.length, 1);
  const rows = await lake.rows(dataset, "SELECT a FROM data ORDER BY a");
  assert.deepEqual(rows, [[1n], [2n]]);
  const files = readdirSync(join(lake.directory, "lake", "crash"));
  assert.equal(
    files.filter((file) => file.endsWith(".parquet")).length,
    1,
    "the segment's name is the same both times",
  );
  assert.ok(
    !existsSync(join(lake.directory, "scratch")) || readdirSync(join(lake.directory, "scratch")).length === 0,
  );
});

test("integers beyond 64 bits, long integers and mixed types keep every digit", async (t) => {
  const lake = await openLake(t);
  const path = lake.file(
    "big.ndjson",
    '{"huge":123456789012345678901234567890,"long":9007199254740993,"mixed":9007199254740993}\n{"huge":1,"long":-9223372036854775808,"mixed":"0x1f"}\n',
  );
  await lake.load("big", [path]);
  const rows = await lake.rows(
    lake.registry.get("big")!,
    "SELECT huge::VARCHAR, long, mixed FROM data ORDER BY _line",
  );
  assert.deepEqual(rows, [
    ["123456789012345678901234567890", 9007199254740993n, "9007199254740993"],
    ["1", -9223372036854775808n, "0x1f"],
  ]);
});
