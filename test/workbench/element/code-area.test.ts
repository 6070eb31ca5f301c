import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { indented } from "../../../workbench/element/code-area.ts";

function apply(value: string, from: number, to: number, back: boolean) {
  const change = indented(value, from, to, back);
  return {
    value: value.slice(0, change.start) + change.text + value.slice(change.end),
    from: change.selectionStart,
    to: change.selectionEnd,
  };
}

test("Tab indents at the cursor, or every selected line", () => {
  assert.deepEqual(apply("ab", 1, 1, false), { value: "a  b", from: 3, to: 3 });
  assert.deepEqual(apply("a\nb\nc", 0, 3, false), { value: "  a\n  b\nc", from: 2, to: 7 });
});

test("Shift-Tab takes at most two spaces of each line away", () => {
  assert.equal(apply("    a\n b", 0, 8, true).value, "  a\nb");
  assert.deepEqual(apply("x\n  ab", 5, 5, true), { value: "x\nab", from: 3, to: 3 });
});

test("Shift-Tab undoes Tab on selected lines", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{0,6}$/), { minLength: 1, maxLength: 6 }), (lines) => {
      const value = lines.join("\n");
      fc.pre(value.length > 0);
      const once = apply(value, 0, value.length, false);
      assert.equal(apply(once.value, 0, once.value.length, true).value, value);
    }),
  );
});
