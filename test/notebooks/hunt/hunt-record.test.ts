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
  type HuntRecord,
  huntOf,
  newHunt,
  OUTCOME_KINDS,
  type PowerMeasurement,
  parseHunt,
  pinFinding,
  serializeHunt,
  withHunt,
} from "../../../notebooks/hunt/hunt-record.ts";
import { hypothesisSentence, withParts } from "../../../notebooks/hunt/hypothesis.ts";

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
    selection: fc.constantFrom("all" as const, "some" as const),
    columns: fc.array(fc.record({ name: text, type: text }, { noNullPrototype: true }), { maxLength: 2 }),
    rows: fc.array(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(text, fc.integer(), fc.constant(null)), {
        noNullPrototype: true,
      }),
      { maxLength: 2 },
    ),
    rowHashes: fc.array(text, { maxLength: 2 }),
  },
  { noNullPrototype: true },
);
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const power: fc.Arbitrary<PowerMeasurement> = fc.record(
  {
    id: text,
    cell: fc.nat(99),
    sql: text,
    parameters: fc.constant({ a: 1 }),
    asked: fc.nat(500),
    injected: fc.nat(100),
    found: fc.nat(100),
    low: share,
    high: share,
    confidence: share,
    interval: text,
    seed: fc.integer(),
    at: text,
    by: text,
    templates: fc.array(fc.record({ dataset: text, events: text }, { noNullPrototype: true }), {
      maxLength: 2,
    }),
    variants: fc.array(
      fc.record(
        { name: text, injected: fc.nat(9), found: fc.nat(9), low: share, high: share },
        { noNullPrototype: true },
      ),
      { maxLength: 2 },
    ),
    datasetVersions: fc.constant({ events: 3 }),
    engineVersion: text,
    complete: fc.boolean(),
  },
  { noNullPrototype: true },
);
const hunt: fc.Arbitrary<HuntRecord> = fc.record(
  {
    hypothesis: text,
    techniques: fc.uniqueArray(fc.constantFrom("T1003", "T1003.001", "T1543.003")),
    state: fc.constantFrom(...HUNT_STATES),
    findings: fc.uniqueArray(finding, { selector: ({ id }) => id, maxLength: 3 }),
    actor: text,
    behaviour: text,
    location: text,
    evidence: text,
    refutation: text,
    dataNeeds: fc.array(
      fc.record(
        { dataset: text, columns: fc.array(text, { maxLength: 2 }), why: text },
        { noNullPrototype: true },
      ),
      { maxLength: 2 },
    ),
    owner: text,
    hours: fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0),
    conclusion: text,
    outcome: fc.record(
      { kind: fc.constantFrom(null, ...OUTCOME_KINDS), reference: text },
      { noNullPrototype: true },
    ),
    powers: fc.array(power, { maxLength: 2 }),
    schedule: fc.option(
      fc.record({ cron: text, zone: text, paused: fc.boolean() }, { noNullPrototype: true }),
    ),
    cellSettings: fc.constantFrom(
      {},
      { "4": { folded: true } },
      { "12": { run: "demand" as const, folded: false } },
    ),
    origin: text,
    timeFrom: text,
    timeUntil: text,
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
  const tomorrow = broken("<!-- spoor-hunt 3\n{}\n-->");
  assert.ok(!tomorrow.ok && tomorrow.issues[0]!.code === "hunt.format");
});

test("a record of version 1 reads with every later field at its default", () => {
  const old = parseHunt(
    '<!-- spoor-hunt 1\n{"hypothesis":"h","techniques":["T1003"],"state":"open","findings":[{"id":"a","cell":1,"note":"","sql":"SELECT 1","parameters":{},"rowCount":1,"complete":true,"datasetVersions":{},"engineVersion":"v1","dataHash":"x","firstTime":null,"lastTime":null,"at":"","by":""}]}\n-->',
  );
  assert.ok(old.ok);
  assert.deepEqual(old.value, {
    ...newHunt({ hypothesis: "h", techniques: ["T1003"] }),
    findings: [{ ...old.value.findings[0], selection: "all", columns: [], rows: [], rowHashes: [] }],
  });
  assert.equal(old.value.hours, 0);
  assert.equal(old.value.schedule, null);
  assert.match(serializeHunt(old.value), /^<!-- spoor-hunt 2\n/);
});

test("the sentence follows its parts until a person writes another", () => {
  const parts = {
    actor: "a thief of passwords",
    behaviour: "opens LSASS.",
    location: "domain controllers",
    evidence: "a handle to lsass.exe",
  };
  const made = withParts(EMPTY_HUNT, parts);
  assert.equal(
    made.hypothesis,
    "If a thief of passwords opens LSASS on domain controllers, then the data shows a handle to lsass.exe.",
  );
  assert.equal(withParts(made, { actor: "" }).hypothesis.slice(0, 25), "If somebody opens LSASS o");
  assert.equal(withParts({ ...made, hypothesis: "mine" }, { actor: "x" }).hypothesis, "mine");
  assert.equal(
    hypothesisSentence({ ...parts, evidence: "", location: "in the office" }),
    "A thief of passwords opens LSASS in the office.",
  );
  assert.equal(hypothesisSentence(EMPTY_HUNT), "");
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
