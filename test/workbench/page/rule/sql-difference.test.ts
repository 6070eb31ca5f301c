import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { textDifference } from "../../../../workbench/page/rule/evidence/sql-difference.ts";

test("a changed value is what differs, and nothing else", () => {
  const parts = textDifference("where id = 1 and host <> 'a'", "where id = 2 and host <> 'a'");
  assert.deepEqual(
    parts.filter(({ kind }) => kind !== "same").map(({ kind, text }) => [kind, text]),
    [
      ["removed", "1"],
      ["added", "2"],
    ],
  );
});

test("the parts give both texts back", () => {
  const words = fc.array(fc.constantFrom("select ", "a", " ", "from", "\n", "'x'", "("), { maxLength: 40 });
  fc.assert(
    fc.property(words, words, (one, other) => {
      const parts = textDifference(one.join(""), other.join(""));
      const without = (kind: string) =>
        parts
          .filter((part) => part.kind !== kind)
          .map(({ text }) => text)
          .join("");
      assert.equal(without("added"), one.join(""));
      assert.equal(without("removed"), other.join(""));
    }),
  );
});
