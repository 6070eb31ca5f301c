import assert from "node:assert/strict";
import { test } from "node:test";
import type { Condition } from "../../../../promote/rule/condition/condition.ts";
import { detectionsCondition } from "../../../../promote/rule/sigma/detections-condition.ts";
import { parseSigmaRule } from "../../../../promote/rule/sigma/parse.ts";
import { holds, type Row } from "../condition/reading.ts";

function parsed(detection: string) {
  const text = `title: t\nlogsource:\n  product: windows\ndetection:\n${detection.replaceAll(/^/gm, "  ")}\n`;
  return parseSigmaRule(text, "r.yml");
}

/** The condition of one item under `selection`, or the codes that refuse it. */
function read(item: string, condition = "selection"): Condition | string[] {
  const rule = parsed(`selection:\n  ${item}\ncondition: ${condition}`);
  if (!rule.ok) return rule.issues.map(({ code }) => code);
  const made = detectionsCondition(rule.value.detections, "r.yml");
  return made.ok ? made.value : made.issues.map(({ code }) => code);
}

function matches(item: string, row: Row): boolean {
  const condition = read(item);
  assert.ok(!Array.isArray(condition), `${item}: ${String(condition)}`);
  return holds(condition, row);
}

const cases: readonly (readonly [item: string, row: Row, expected: boolean])[] = [
  ["a: X", { a: "x" }, true],
  ["a|cased: X", { a: "x" }, false],
  ["a: 'x*z'", { a: "xyyZ" }, true],
  ["a: 'x?z'", { a: "xyyz" }, false],
  ["a: 'x\\*z'", { a: "x*z" }, true],
  ["a: 'x\\*z'", { a: "xyz" }, false],
  ["a: 'x\\\\*'", { a: "x\\abc" }, true],
  ["a: 'x\\\\\\*'", { a: "x\\*" }, true],
  ["a: 'C:\\Windows'", { a: "c:\\windows" }, true],
  ["a: ''", { a: "" }, true],
  ["a: ''", { a: null }, false],
  ["a: null", { a: null }, true],
  ["a: null", { a: "" }, false],
  ["a: '*'", { a: "" }, true],
  ["a: '*'", { a: null }, false],
  ["a|contains: b", { a: "aBc" }, true],
  ["a|contains: 'b*d'", { a: "abccde" }, true],
  ["a|startswith: b", { a: "ab" }, false],
  ["a|endswith: b", { a: "aB" }, true],
  ["a|contains|all: [x, z]", { a: "xyz" }, true],
  ["a|contains|all: [x, q]", { a: "xyz" }, false],
  ["a|contains|windash: ' -e'", { a: "cmd /e" }, true],
  ["a|contains|windash: ' -e'", { a: "cmd \u2013e" }, true],
  ["a|contains|windash: ' -e'", { a: "cmd e" }, false],
  ["a|contains|windash: 'foo-bar'", { a: "foo/bar" }, false],
  ["a|contains|windash: '-a -b -c -d'", { a: "x /a -b \u2014c \u2015d y" }, true],
  ["a|contains|all|windash: [' -a', ' -b']", { a: "x /a -b" }, true],
  ["a|contains|all|windash: [' -a', ' -b']", { a: "x /a" }, false],
  ["a|base64: cmd", { a: "Y21k" }, true],
  ["a|wide|base64: cmd", { a: "YwBtAGQA" }, true],
  ["a|utf16be|base64: cmd", { a: "AGMAbQBk" }, true],
  ["a|utf16|base64: cmd", { a: "//5jAG0AZAA=" }, true],
  ["a|wide: cmd", { a: "c\0m\0d\0" }, true],
  ["a|re: 'a.c'", { a: "xabcx" }, true],
  ["a|re: 'a.c'", { a: "ABC" }, false],
  ["a|re|i: 'a.c'", { a: "ABC" }, true],
  ["a|re|s: 'a.c'", { a: "a\nc" }, true],
  ["a|re|m: '^c'", { a: "a\nc" }, true],
  ["a|cidr: 10.0.0.0/8", { a: "10.9.9.9" }, true],
  ["a|cidr: [10.0.0.0/8, 'fe80::/10']", { a: "FE80::1" }, true],
  ["a|exists: true", { a: "" }, true],
  ["a|exists: false", { a: null }, true],
  ["a|exists: false", { a: "x" }, false],
  ["a|lt: 5", { a: 4n }, true],
  ["a|lte: 5", { a: "5" }, true],
  ["a|gt: 5", { a: null }, false],
  ["a|gte: '5'", { a: 5n }, true],
  ["a|neq: x", { a: "y" }, true],
  ["a|neq: x", { a: "X" }, false],
  ["a|neq: [x, y]", { a: "y" }, false],
  ["a|neq: x", { a: null }, true],
  ["a|contains|neq: x", { a: "axe" }, false],
  ["a|fieldref: b", { a: "X", b: "x" }, true],
  ["a|fieldref: b", { a: "x", b: null }, false],
  ["a|fieldref|neq: b", { a: "x", b: "y" }, true],
  ["a|fieldref|startswith: b", { a: "xyz", b: "xy" }, true],
  ["a|fieldref|endswith: b", { a: "xyz", b: "xy" }, false],
  ["a|fieldref|contains: b", { a: "xyz", b: "y" }, true],
  ["a: 1", { a: "1" }, true],
  ["a: 0x17", { a: 23n }, true],
  ["a: true", { a: "TRUE" }, true],
  ["'|all': [one, two]", { m: "two and one" }, true],
  ["'|all': [one, three]", { m: "two and one" }, false],
];

for (const [item, row, expected] of cases)
  test(`${item} ${expected ? "meets" : "does not meet"} ${JSON.stringify(row, (_, cell) => (typeof cell === "bigint" ? Number(cell) : cell))}`, () => {
    assert.equal(matches(item, row), expected);
  });

test("base64offset finds the value wherever it lies in an encoded text", () => {
  for (const value of ["http", "IEX (", "é-1"]) {
    for (const before of ["", "a", "ab", "abc", "abcd"]) {
      const encoded = Buffer.from(`${before}${value} after`).toString("base64");
      assert.ok(matches(`a|base64offset|contains: '${value}'`, { a: encoded }), `${before}${value}`);
      const wide = Buffer.from(`${before}${value} after`, "utf16le").toString("base64");
      assert.ok(matches(`a|wide|base64offset|contains: '${value}'`, { a: wide }), `wide ${before}${value}`);
    }
  }
});

test("parts of a date become numbers of the field's date", () => {
  for (const part of ["minute", "hour", "day", "week", "month", "year"]) {
    const condition = read(`a|${part}: 3`);
    assert.deepEqual(condition, {
      kind: "test",
      field: "a",
      operator: "is",
      values: [3],
      everyValue: false,
      caseSensitive: false,
      datePart: part,
    });
    assert.equal((read(`a|${part}|gte: 3`) as { operator: string }).operator, "greater-or-equal");
  }
});

const refusals: readonly (readonly [item: string, code: string])[] = [
  ["a|nonsense: x", "sigma.modifier.unknown"],
  ["a|expand: '%Servers%'", "sigma.placeholder"],
  ["a|re|cidr: x", "sigma.modifier.together"],
  ["a|base64|re: x", "sigma.modifier.together"],
  ["a|i: x", "sigma.modifier.flag"],
  ["a|exists: maybe", "sigma.value.type"],
  ["a|lt: x", "sigma.value.type"],
  ["a|fieldref: 5", "sigma.value.type"],
  ["a|contains|base64: x", "sigma.modifier.value"],
  ["a: []", "sigma.value.empty"],
  ["a: [[x]]", "sigma.value.shape"],
  ["a: 18446744073709551616", "sigma.value.number"],
  ["'|exists': true", "sigma.modifier.keyword"],
];

for (const [item, code] of refusals)
  test(`${item} is refused as ${code}`, () => {
    const refused = read(item);
    assert.ok(Array.isArray(refused) && refused.includes(code), JSON.stringify(refused));
  });

test("an escaped placeholder sign is plain", () => {
  assert.equal(matches("a|expand: '\\%x'", { a: "\\%x" }) || matches("a|expand: '\\%x'", { a: "%x" }), true);
});

test("conditions bind not before and before or, and quantifiers take names", () => {
  const rule = (condition: string) => {
    const made = parsed(
      `sel_a:\n  a: 1\nsel_b:\n  b: 1\n_c:\n  c: 1\nnot_used:\n  d: 1\ncondition: ${condition}`,
    );
    if (!made.ok) return made.issues.filter(({ severity }) => severity === "error").map(({ code }) => code);
    const read = detectionsCondition(made.value.detections, "r.yml");
    return read.ok ? (row: Row) => holds(read.value, row) : [];
  };
  const holdsFor = (condition: string, row: Row): boolean => {
    const read = rule(condition);
    assert.ok(typeof read === "function", JSON.stringify(read));
    return read(row);
  };
  assert.equal(holdsFor("sel_a or sel_b and not not_used", { a: "1", d: "1" }), true);
  assert.equal(holdsFor("(sel_a or sel_b) and not not_used", { a: "1", d: "1" }), false);
  assert.equal(holdsFor("not sel_a and sel_b", { b: "1" }), true);
  assert.equal(holdsFor("NOT (sel_a OR sel_b)", {}), true);
  assert.equal(holdsFor("1 of sel_*", { b: "1" }), true);
  assert.equal(holdsFor("all of sel_*", { b: "1" }), false);
  assert.equal(holdsFor("any of them", { c: "1" }), false);
  assert.equal(holdsFor("1 of _*", { c: "1" }), true);
  assert.equal(holdsFor("all of sel_* and not 1 of not_*", { a: "1", b: "1" }), true);
  assert.deepEqual(rule("2 of sel_*"), ["sigma.condition.quantity"]);
  assert.deepEqual(rule("sel_a and"), ["sigma.condition.syntax"]);
  assert.deepEqual(rule("(sel_a"), ["sigma.condition.bracket"]);
  assert.deepEqual(rule("missing"), ["sigma.condition.name"]);
  assert.deepEqual(rule("sel_a | count() by x > 5"), ["sigma.condition.aggregation"]);
  assert.deepEqual(rule(`${"not ".repeat(500)}sel_a`), ["sigma.condition.deep"]);
  assert.deepEqual(rule(`${"(".repeat(5000)}sel_a`), ["sigma.condition.deep"]);
});
