// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { transpileCells } from "../../../notebooks/document/transpile-cells.ts";
import { dataHash, timeRangeOf } from "../../../notebooks/hunt/data-hash.ts";
import {
  EMPTY_HUNT,
  type Finding,
  HUNT_STATES,
  huntOf,
  pinFinding,
  serializeHunt,
  withHunt,
} from "../../../notebooks/hunt/hunt-record.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("-->", "--!>", "</script>", "${alert(1)}", "`", "\\", "<!-- spoor-hunt"),
);
const finding: fc.Arbitrary<Finding> = fc.record(
  {
    id: fc.uuid(),
    cell: fc.nat(99),
    note: text,
    sql: text,
    parameters: fc.dictionary(
      fc.stringMatching(/^value_\d$/),
      fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
      { noNullPrototype: true },
    ),
    rowCount: fc.nat(),
    complete: fc.boolean(),
    datasetVersions: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.nat(), { noNullPrototype: true }),
    engineVersion: text,
    dataHash: text,
    firstTime: fc.option(text),
    lastTime: fc.option(text),
    at: text,
    by: text,
  },
  { noNullPrototype: true },
);
const hunt = fc.record(
  {
    hypothesis: text,
    techniques: fc.uniqueArray(fc.constantFrom("T1003", "T1003.001", "T1543.003")),
    state: fc.constantFrom(...HUNT_STATES),
    findings: fc.uniqueArray(finding, { selector: ({ id }) => id, maxLength: 3 }),
  },
  { noNullPrototype: true },
);

test("a hunt record survives the notebook's file", () => {
  fc.assert(
    fc.property(hunt, (record) => {
      const notebook = withHunt(newNotebook({ cells: [newCell({ id: 4, value: "1" })] }), record);
      const read = huntOf(parseNotebook(serializeNotebook(notebook)));
      assert.ok(read.ok);
      assert.deepEqual(read.value, record);
    }),
  );
});

test("the hunt cell is one comment to Notebook Kit: no interpolation, nothing to show", () => {
  fc.assert(
    fc.property(hunt, (record) => {
      const value = serializeHunt(record);
      assert.equal(value.indexOf("-->"), value.length - 3);
      assert.doesNotMatch(value.slice(4), /<|\$\{/);
      const [cell] = transpileCells([{ id: 1, mode: "md", value }]);
      assert.deepEqual(cell!.inputs, ["md"]);
    }),
  );
});

test("changing the record keeps its cell's place and id; a notebook without one has an open, empty hunt", () => {
  const bare = newNotebook({ cells: [newCell({ id: 4, value: "1" })] });
  assert.deepEqual(huntOf(bare), { ok: true, value: EMPTY_HUNT, issues: [] });
  const first = withHunt(bare, { ...EMPTY_HUNT, hypothesis: "a" });
  const second = withHunt(first, { ...EMPTY_HUNT, hypothesis: "b" });
  assert.deepEqual(
    second.cells.map(({ id }) => id),
    [4, 5],
  );
});

test("what a hand has broken is an issue that names the field", () => {
  const broken = (value: string) => huntOf(newNotebook({ cells: [newCell({ id: 1, mode: "md", value })] }));
  const wrongState = broken(serializeHunt(EMPTY_HUNT).replace('"open"', '"maybe"'));
  assert.ok(!wrongState.ok);
  assert.equal(wrongState.issues[0]!.place, "hunt.state");
  const noJson = broken("<!-- spoor-hunt 1\n{oops\n-->");
  assert.ok(!noJson.ok && noJson.issues[0]!.code === "hunt.json");
  const tomorrow = broken("<!-- spoor-hunt 2\n{}\n-->");
  assert.ok(!tomorrow.ok && tomorrow.issues[0]!.code === "hunt.format");
});

test("pinning the same finding again replaces it", () => {
  const [one] = fc.sample(finding, 1);
  const pinned = pinFinding(pinFinding(EMPTY_HUNT, one!), { ...one!, note: "again" });
  assert.deepEqual(
    pinned.findings.map(({ note }) => note),
    ["again"],
  );
});

test("the data hash does not see the order of rows, and sees everything else", async () => {
  const columns = [
    { name: "a", type: "BIGINT" },
    { name: "b", type: "VARCHAR" },
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ a: fc.option(fc.integer()), b: fc.option(fc.string()) }), {
        minLength: 1,
        maxLength: 8,
      }),
      async (rows) => {
        const hash = await dataHash(columns, rows);
        assert.equal(await dataHash(columns, rows.toReversed()), hash);
        assert.notEqual(await dataHash(columns, [...rows, rows[0]!]), hash);
        assert.notEqual(await dataHash([columns[0]!, { name: "b", type: "JSON" }], rows), hash);
      },
    ),
    { numRuns: 50 },
  );
  assert.notEqual(
    await dataHash(columns, [{ a: null, b: null }]),
    await dataHash(columns, [{ a: null, b: "" }]),
  );
});

test("the time range is that of _time, else of the first timestamp", () => {
  const columns = [
    { name: "seen", type: "TIMESTAMP" },
    { name: "_time", type: "TIMESTAMP" },
  ];
  const rows = [
    { seen: "2026-01-01T00:00:00.000000Z", _time: "2026-02-02T00:00:00.000000Z" },
    { seen: "2026-01-01T00:00:00.000000Z", _time: null },
    { seen: "2026-01-01T00:00:00.000000Z", _time: "2026-02-01T00:00:00.000000Z" },
  ];
  assert.deepEqual(timeRangeOf(columns, rows), {
    first: "2026-02-01T00:00:00.000000Z",
    last: "2026-02-02T00:00:00.000000Z",
  });
  assert.deepEqual(timeRangeOf([{ name: "n", type: "BIGINT" }], [{ n: 1 }]), { first: null, last: null });
});
