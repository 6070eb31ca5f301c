import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { whyCostly } from "../../../../../promote/rule/sigma/pipeline/pattern-effort.ts";
import { readPattern } from "../../../../../promote/rule/sigma/pipeline/tree-reader.ts";

test("patterns that pipelines need are taken", () => {
  for (const pattern of [
    "cmd",
    "(",
    "^\\*\\\\(.*)$",
    ".*cmd",
    "^(.*)\\\\(.*)$",
    "(?i)^C:\\\\Users\\\\[^\\\\]+\\\\AppData\\\\(?:Local|Roaming)\\\\",
    "^([^\\\\]+)\\\\([^\\\\]+)\\\\([^\\\\]+)\\\\([^\\\\]+)$",
    "(?P<drive>[a-z]):",
    "\\d{1,3}\\.\\d{1,3}\\.",
    "^(?:ab)+$",
    "a{3}",
  ]) {
    if (pattern === "(") assert.equal(typeof readPattern(pattern), "string");
    else assert.ok(readPattern(pattern) instanceof RegExp, `${pattern}: ${String(readPattern(pattern))}`);
  }
});

test("patterns that can take long are refused by name", () => {
  for (const pattern of [
    "(a+)+$",
    "(a|a)*$",
    "(a|aa)+$",
    "((a)*)*b",
    "a*a*a*a*a*c",
    "^(.*)(.*)(.*)(.*)x$",
    `${"a?".repeat(30)}${"a".repeat(30)}`,
    `^${"(?:a|a)".repeat(30)}b`,
    `(a*){${"0".repeat(60)}9}b`,
    "(?=a)b",
    "(?<=a)b",
    "(a)\\1",
    "(?<n>a)\\k<n>",
    "^[^a]*A[^a]*A[^a]*A[^a]*A",
    "a{1001}",
  ])
    assert.match(String(readPattern(pattern)), /very long/, pattern);
  assert.match(String(readPattern("(a+)+$")), /repeats a group/);
});

test("what is taken is quick on texts that are hard", () => {
  const signs = fc.constantFrom(
    "a",
    "b",
    ".",
    "[ab]",
    "[^a]",
    "\\w",
    "(a)",
    "(?:ab)",
    "(a|b)",
    "A",
    "^",
    "$",
    "(a*)",
  );
  const pattern = fc
    .array(fc.tuple(signs, fc.constantFrom("", "*", "+", "?", "{2,4}", "*?")), { minLength: 1, maxLength: 9 })
    .map((parts) => `^${parts.map(([sign, quantifier]) => sign + quantifier).join("")}c`);
  let taken = 0;
  fc.assert(
    fc.property(pattern, fc.constantFrom("", "i"), (body, flags) => {
      try {
        new RegExp(body, flags);
      } catch {
        return;
      }
      if (whyCostly(body, flags) !== null) return;
      taken += 1;
      const expression = new RegExp(body, `g${flags}`);
      for (const text of ["a".repeat(400), "ab".repeat(200), "aA".repeat(200), "b".repeat(400)]) {
        const started = process.cpuUsage();
        text.replaceAll(expression, "");
        const tookMs = process.cpuUsage(started).user / 1000;
        assert.ok(tookMs < 1000, `${body} on ${text.slice(0, 4)}: ${tookMs} ms`);
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(taken > 50, `${taken}`);
});
