import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineLayouts } from "../../../connectors/load/line-layouts.ts";
import type { Shape } from "../../../connectors/load/shape.ts";
import { readBody } from "../../../connectors/stream/parsed-body.ts";

/** A shape without its samples. */
function plainShape(shape: Shape): unknown {
  const fields = [...(shape.fields ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    shape.kinds,
    shape.count,
    fields.map(([key, field]) => [key, plainShape(field)]),
    shape.item && plainShape(shape.item),
  ];
}

function reading(body: Buffer, layouts: LineLayouts | null): unknown {
  const { counts, parsed } = readBody(body, layouts);
  const shapes = [...parsed!.shapes].map(([family, shape]) => [family, plainShape(shape)]);
  return { counts, shapes, rows: parsed!.rows, rejected: parsed!.rejected };
}

const KEYS = ["a", "b", "A", "c d", "é", "ts", "_path", "7", "__proto__", "x.y", "back\\slash", "uid", ""];
const key = fc.constantFrom(...KEYS).map((text) => JSON.stringify(text));
const VALUES: readonly fc.Arbitrary<string>[] = [
  fc.string().map((text) => JSON.stringify(text)),
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"C:\\\\Windows\\\\a.exe"',
    '"\\/"',
    '"\\u0041"',
    '"\\ud83d"',
    '"\\\\ud83d"',
    '"a\tb"',
    '"a\\x"',
    '"',
  ),
  fc.integer().map(String),
  fc.constantFrom(
    "-0",
    "0",
    "01",
    "1.0",
    "1e3",
    "999999999999999",
    "1000000000000000",
    "9223372036854775808",
    "-",
    "+1",
  ),
  fc.constantFrom("true", "false", "null", "[]", "{}", '{"a":1}', "[1,null]", "nul"),
];
const value = fc.oneof(...VALUES);
const space = fc.constantFrom("", "", "", " ", "\t", "\r", "\u00a0");
/** How a kind of line is written: its keys, and from which values those are drawn. */
const layout = fc.array(fc.tuple(key, fc.nat({ max: VALUES.length - 1 }), space), {
  minLength: 0,
  maxLength: 5,
});

const body = fc
  .array(layout, { minLength: 1, maxLength: 3 })
  .chain((layouts) => {
    const sameKind = fc.constantFrom(...layouts).chain((members) =>
      fc.tuple(...members.map(([, kind]) => VALUES[kind]!)).map((values) => {
        const written = members.map(([name, , gap], at) => `${name}:${gap}${values[at]}`);
        return `{${written.join(",")}}`;
      }),
    );
    const anyKind = fc
      .array(fc.tuple(key, value))
      .map((ms) => `{${ms.map(([k, v]) => `${k}:${v}`).join(",")}}`);
    const damaged = fc
      .tuple(
        sameKind,
        fc.nat({ max: 40 }),
        fc.constantFrom("", '"', "\\", "}", ",", "\u0001", "\ufeff", "1"),
        fc.nat(2),
      )
      .map(([line, at, put, taken]) => line.slice(0, at) + put + line.slice(at + taken));
    return fc.array(
      fc.oneof(
        { weight: 20, arbitrary: sameKind },
        { weight: 2, arbitrary: anyKind },
        { weight: 2, arbitrary: damaged },
      ),
      { minLength: 150, maxLength: 300 },
    );
  })
  .map((lines) => Buffer.from(lines.join("\n")));

test("lines of known layouts are read as the parser reads them", () => {
  fc.assert(
    fc.property(body, (bytes) => {
      const layouts = new LineLayouts();
      const expected = reading(bytes, null);
      assert.deepEqual(reading(bytes, layouts), expected);
      // Once more with the layouts that were learnt.
      assert.deepEqual(reading(bytes, layouts), expected);
    }),
    { numRuns: 120, endOnFailure: true },
  );
});

test("layouts are told apart by keys, order, marks and kinds of value", () => {
  const layouts = new LineLayouts();
  const lines = [
    '{"a":1,"b":"x"}',
    '{"b":"x","a":1}',
    '{"a": 1,"b":"x"}',
    '{"a":"1","b":"x"}',
    '{"a":1}',
    '{"a":null}',
  ];
  for (const line of lines) for (let time = 0; time < 4; time += 1) layouts.learn(line);
  const found = lines.map((line) => layouts.find(line));
  assert.equal(new Set(found).size, lines.length);
  assert.ok(!found.includes(null));
  assert.deepEqual(layouts.find('{"a":-7,"b":"\\\\ \\" é"}'), found[0]);
  for (const line of [
    '{"a":01,"b":"x"}',
    '{"a":1.5,"b":"x"}',
    '{"a":1,"b":"\\u0041"}',
    '{"a":1,"b":"x"} ',
    '{"a":1,"b":"x","c":1}',
    '{"a":1000000000000000}',
    '{"a":1,"b":"\u0001"}',
  ])
    assert.equal(layouts.find(line), null, line);
});

test("layouts that no longer come are forgotten and others learnt later", () => {
  const layouts = new LineLayouts();
  for (let time = 0; time < 4; time += 1) layouts.learn('{"old":1}');
  for (let time = 0; time < 5_000; time += 1) assert.equal(layouts.find(`{"k${time}":1.5}`), null);
  assert.equal(layouts.find('{"old":2}'), null);
  for (let time = 0; time < 50_000; time += 1) layouts.find("{}");
  for (let time = 0; time < 4; time += 1) layouts.learn('{"new":1}');
  assert.deepEqual(layouts.find('{"new":2}')?.keys, ["new"]);
});
