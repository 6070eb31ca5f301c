import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { namesOf } from "../../../../promote/rule/sigma/expression.ts";

const PATTERN = fc.string({ unit: fc.constantFrom("a", "b", "_", "*", "."), maxLength: 8 });
const NAME = fc.string({ unit: fc.constantFrom("a", "b", "_", "."), maxLength: 12 });

/** The same by trying every way to share the name out. */
function fits(pattern: string, name: string): boolean {
  if (pattern === "") return name === "";
  if (pattern[0] === "*")
    return fits(pattern.slice(1), name) || (name !== "" && fits(pattern, name.slice(1)));
  return pattern[0] === name[0] && fits(pattern.slice(1), name.slice(1));
}

test("`of` means the names that its pattern fits", () => {
  fc.assert(
    fc.property(PATTERN, fc.array(NAME, { maxLength: 6 }), (pattern, names) => {
      const expected = names.filter(
        (name) => fits(pattern, name) && (pattern.startsWith("_") || !name.startsWith("_")),
      );
      assert.deepEqual(namesOf(pattern, names), expected);
    }),
    { numRuns: 1000 },
  );
  assert.deepEqual(namesOf("them", ["a", "_b", "them"]), ["a", "them"]);
  assert.deepEqual(namesOf("a*a", ["a", "aa"]), ["aa"], "the ends do not overlap");
});

test("many stars in a pattern take no more time than few", () => {
  const startedMs = performance.now();
  assert.deepEqual(namesOf(`${"a*".repeat(60)}c`, ["a".repeat(10_000)]), []);
  assert.deepEqual(namesOf("a*a*a*a*a*c", ["a".repeat(120), `${"a".repeat(120)}c`]), [`${"a".repeat(120)}c`]);
  assert.ok(performance.now() - startedMs < 2000);
});
