// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { EntityKind } from "../../../connectors/source/source.ts";
import { bindInterpolations } from "../../../notebooks/document/bind-interpolations.ts";
import { entityCell } from "../../../notebooks/entity/entity-cell.ts";
import type { EntityDataset } from "../../../notebooks/entity/entity-fields.ts";
import {
  type Buckets,
  countQuestion,
  keysQuestion,
  neighbourFields,
  neighboursQuestion,
  rarityQuestion,
} from "../../../notebooks/entity/entity-questions.ts";
import { TestLake } from "../engine/test-lake.ts";

let lake: TestLake;
const BUCKETS: Buckets = { originUs: BigInt(Date.UTC(2026, 0, 1)) * 1000n, widthUs: 60_000_000n };

before(async () => {
  lake = new TestLake({ maximumConcurrent: 4 });
  await lake.add(
    "nested",
    `SELECT TIMESTAMP '2026-01-01' + to_seconds(i) AS _time,
       {'User': CASE WHEN i % 3 = 0 THEN 'LANTERN\\Anna' ELSE 'bob' END,
        'targets': [{'mail': 'anna@lantern.example', 'ips': ['10.0.0.' || (i % 5), '::1']}, {'mail': NULL, 'ips': NULL}]} AS event_data,
       CASE WHEN i % 2 = 0 THEN ['203.0.113.' || (i % 4)] END AS answers,
       json_object('dns', json_object('a/b', 'x' || (i % 4) || '.lantern.example')) AS raw,
       i AS pid, ('{' || uuid() || '}') AS "ProcessGuid",
       'h' || (i % 10) AS "select", 'H' || (i % 2) AS "Select2"
     FROM range(600) AS r(i)`,
  );
  await lake.add(
    "strings",
    `SELECT CASE WHEN i % 50 = 0 THEN NULL ELSE TIMESTAMP '2026-01-01' + to_seconds(i) END AS _time,
       chr(CAST(i % 1280 + 1 AS INTEGER)) || chr(CAST(i * 7 % 53248 + 1 AS INTEGER)) AS value FROM range(1, 900) AS r(i)`,
  );
});

after(() => lake.close());

function entry(name: string, entities: EntityDataset["entities"]): EntityDataset {
  const dataset = lake.datasets.get(name)!;
  return {
    name,
    source: name,
    origin: "source",
    columns: [
      { name: "_time", type: "TIMESTAMP", entity: null },
      ...dataset.columns.map((column) => ({ ...column, entity: null })),
    ],
    entities: entities ?? [],
  };
}

async function count(dataset: EntityDataset, kind: EntityKind, value: string): Promise<number> {
  const question = countQuestion(dataset, kind, value, null, BUCKETS);
  assert.ok(question !== null);
  const { rows } = await lake.engine.rows(question);
  return rows.reduce((sum, row) => sum + Number(row.n), 0);
}

test("structs, lists of structs, lists in them, JSON and odd column names are reached", async () => {
  const nested = entry("nested", [
    { kind: "user", field: "event_data.user" },
    { kind: "user", field: "event_data.targets.mail" },
    { kind: "ip", field: "event_data.targets.ips" },
    { kind: "ip", field: "answers" },
    { kind: "domain", field: "raw.dns.a/b" },
    { kind: "process", field: "pid" },
    { kind: "host", field: "select" },
    { kind: "host", field: "Select2" },
  ]);
  assert.equal(await count(nested, "user", "LANTERN\\anna"), 600);
  assert.equal(await count(nested, "user", "bob"), 400);
  assert.equal(await count(nested, "ip", "10.0.0.3"), 120);
  assert.equal(await count(nested, "ip", "::1"), 600);
  assert.equal(await count(nested, "ip", "203.0.113.2"), 150);
  assert.equal(await count(nested, "domain", "X3.lantern.example"), 150);
  assert.equal(await count(nested, "domain", "lantern.example"), 600);
  assert.equal(await count(nested, "process", "17"), 1);
  assert.equal(await count(nested, "host", "H1"), 300);
  assert.equal(await count(nested, "host", "h7.lantern.example"), 60);

  const question = neighboursQuestion(nested, "host", "h7", null)!;
  const { rows } = await lake.engine.rows(question);
  const fields = neighbourFields(nested);
  const of = (path: string) => rows.filter((row) => fields[Number(row.field)]!.path === path);
  assert.equal(
    of("event_data.targets.ips").reduce((sum, row) => sum + Number(row.n), 0),
    120,
  );
  assert.deepEqual(
    of("event_data.user")
      .map((row) => [row.value, Number(row.n)])
      .toSorted(),
    [
      ["LANTERN\\Anna", 20],
      ["bob", 40],
    ],
  );
  const field = fields.findIndex(({ path }) => path === "event_data.user");
  const rarity = rarityQuestion(nested, "host", new Map([[field, ["bob", "nobody", "'"]]]), null)!;
  assert.deepEqual(
    (await lake.engine.rows(rarity)).rows.map((row) => [row.value, Number(row.others)]),
    [["bob", 10]],
  );
});

test("a text is found as it is, whatever it holds: exactly the rows that hold it", async () => {
  const strings = entry("strings", [{ kind: "url", field: "value" }]);
  const all = (await lake.engine.rows({ sql: "SELECT value FROM strings" })).rows.map((row) =>
    String(row.value),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.constantFrom(...all.filter((text) => text.trim() === text)), fc.string({ minLength: 1 })),
      async (value) => {
        const wanted = all.filter((text) => text === value.trim()).length;
        assert.equal(await count(strings, "url", value), value.trim() === "" ? 0 : wanted);
      },
    ),
    { numRuns: 25 },
  );
});

test("rows without a time are counted and stand on no page; pages go on after any row", async () => {
  const strings = entry("strings", [{ kind: "domain", field: "value" }]);
  const first = countQuestion(strings, "domain", "x", null, BUCKETS)!;
  assert.ok(!first.sql.includes("'x'"));
  const nested = entry("nested", [{ kind: "host", field: "select" }]);
  const seen: bigint[] = [];
  let key = null as { atUs: bigint; dataset: string; file: string; line: bigint } | null;
  for (;;) {
    const question = keysQuestion(nested, "host", "h3", null, "oldest", key, 7)!;
    const { rows } = await lake.engine.rows(question);
    if (rows.length === 0) break;
    seen.push(...rows.map((row) => row.line as bigint));
    const last = rows.at(-1)!;
    key = { atUs: last.us as bigint, dataset: "nested", file: String(last.file), line: last.line as bigint };
  }
  assert.equal(seen.length, 60);
  assert.equal(new Set(seen).size, 60);
});

/** The text of a cell as the notebook reads it: a template, its values bound. */
async function runCell(text: string): Promise<readonly Record<string, unknown>[]> {
  const cell = new Function("bind", `return bind\`${text}\`;`) as (
    bind: (texts: TemplateStringsArray, ...values: readonly unknown[]) => unknown,
  ) => { texts: readonly string[]; values: readonly unknown[] };
  const { texts, values } = cell((strings, ...given) => ({ texts: [...strings.raw], values: given }));
  const bound = bindInterpolations(texts, values);
  const { rows } = await lake.engine.rows({ sql: bound.sql, parameters: bound.parameters });
  return rows as readonly Record<string, unknown>[];
}

test("the query as a cell brings the same rows, for any value and range, and nothing of a value escapes it", async () => {
  const nested = entry("nested", [
    { kind: "host", field: "select" },
    { kind: "url", field: "select" },
  ]);
  const strings = entry("strings", [
    { kind: "host", field: "value" },
    { kind: "url", field: "value" },
  ]);
  const one = await runCell(entityCell("host", "h3", [nested], null)!);
  assert.equal(one.length, 60);
  const ranged = await runCell(
    entityCell("host", "h3", [nested], {
      from: "2026-01-01T00:00:00.000Z",
      until: "2026-01-01T00:00:53.000Z",
    })!,
  );
  assert.equal(ranged.length, 6);
  const both = await runCell(entityCell("host", "h3", [nested, strings], null)!);
  assert.deepEqual([...new Set(both.map((row) => row.dataset))], ["nested"]);
  assert.equal(entityCell("hash", "x", [nested], null), null);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom("`", "${1}", "</script>", "'; --", "\\", "\u2028", "$$", "{{}}"),
      ),
      async (value) => {
        const text = entityCell("url", value, [nested, strings], null)!;
        assert.ok(!text.includes("<"));
        await runCell(text.includes("\0") ? text.replaceAll("\0", "") : text);
      },
    ),
    { numRuns: 40 },
  );
});
