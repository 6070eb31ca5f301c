import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { TextTest } from "../../../../promote/run/fused/formula.ts";
import { LiteralAutomaton } from "../../../../promote/run/fused/literal-automaton.ts";
import { LiteralTrie } from "../../../../promote/run/fused/literal-trie.ts";

const letters = fc.string({ unit: fc.constantFrom("a", "b", "é", "\\"), maxLength: 4 });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const literal = fc.record({
  kind: fc.constantFrom("contains", "starts", "ends", "equals"),
  text: letters,
});
const like = fc.record({
  kind: fc.constant("like"),
  pieces: fc.array(
    letters.filter((text) => text !== ""),
    { minLength: 2, maxLength: 3 },
  ),
  fromStart: fc.boolean(),
  toEnd: fc.boolean(),
});

function plainly(
  test: { kind: string; text?: string; pieces?: string[]; fromStart?: boolean; toEnd?: boolean },
  text: string,
): boolean {
  if (test.kind === "contains") return text.includes(test.text!);
  if (test.kind === "starts") return text.startsWith(test.text!);
  if (test.kind === "ends") return text.endsWith(test.text!);
  if (test.kind === "equals") return text === test.text;
  const escaped = test.pieces!.map((piece) => piece.replaceAll("\\", "\\\\"));
  return new RegExp(`${test.fromStart ? "^" : ""}${escaped.join("[^]*")}${test.toEnd ? "$" : ""}`).test(text);
}

test("the automaton finds exactly the tests that hold, in any part of a larger buffer", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(literal, like), { minLength: 1, maxLength: 12 }),
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é", "\\", "x"), maxLength: 10 }), {
        minLength: 1,
        maxLength: 6,
      }),
      (given, texts) => {
        // Only `equals` may have an empty literal: every text has the empty one in it.
        const tests = given.filter((one) => one.kind === "equals" || !("text" in one) || one.text !== "");
        const bound = tests.map((one, atom) => ({
          atom,
          test: ("text" in one
            ? { kind: one.kind, literal: bytes(one.text) }
            : { ...one, pieces: one.pieces.map(bytes) }) as TextTest,
        }));
        const automaton = new LiteralAutomaton(bound);
        const all = bytes(texts.join(""));
        let from = 0;
        for (const text of texts) {
          const to = from + bytes(text).length;
          const held = new Set<number>();
          automaton.scan(all, from, to, (atom) => held.add(atom));
          const expected = tests.flatMap((one, atom) => (plainly(one, text) ? [atom] : []));
          assert.deepEqual(
            [...held].sort((a, b) => a - b),
            expected,
          );
          from = to;
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("long literals and many of them take neither much memory nor much time", () => {
  const long = Array.from(
    { length: 20_000 },
    (_, at) => `${Math.imul(at + 1, 2_654_435_761)}-${"abcdefghij".repeat(2)}-${at}`,
  );
  const huge = "aé".repeat(100_000);
  const tests: TextTest[] = [
    ...long.map((text) => ({ kind: "contains" as const, literal: bytes(text) })),
    { kind: "contains", literal: bytes(huge) },
    { kind: "equals", literal: bytes(huge) },
  ];
  const before = process.memoryUsage().arrayBuffers;
  const started = process.cpuUsage();
  const automaton = new LiteralAutomaton(tests.map((one, atom) => ({ atom, test: one })));
  const tookMs = process.cpuUsage(started).user / 1000;
  assert.ok(tookMs < 2500, `${tookMs} ms`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 60_000_000);
  for (const [text, expected] of [
    [`x${long[7]}y${long[19_999]}`, [7, 19_999]],
    [huge, [20_000, 20_001]],
    [`${huge.slice(1)}${long[3]}`, [3]],
    [`${huge}a`, [20_000]],
  ] as const) {
    const held = new Set<number>();
    automaton.scan(bytes(text), 0, bytes(text).length, (atom) => held.add(atom));
    assert.deepEqual(
      [...held].sort((a, b) => a - b),
      expected,
    );
  }
});

test("states beyond the table find the same", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 14 }), {
        minLength: 1,
        maxLength: 9,
      }),
      fc.string({ unit: fc.constantFrom("a", "b", "x"), maxLength: 60 }),
      (literals, text) => {
        const unlike = [...new Set(literals)].map(bytes);
        const expected = (trie: LiteralTrie): number[][] => {
          let state = 0;
          return [...bytes(text)].map((byte) => {
            state = trie.step(state, trie.classOf[byte]!);
            const ending = trie.first[state]!;
            return ending < 0 ? [] : [...trie.found[ending]!].sort();
          });
        };
        assert.deepEqual(expected(new LiteralTrie(unlike, 2)), expected(new LiteralTrie(unlike)));
      },
    ),
    { numRuns: 300 },
  );
});
