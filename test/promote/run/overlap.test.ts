import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type NamedDetection, namedDetection, overlapOf } from "../../../promote/run/overlap.ts";
import { differenceInDetections } from "../../../promote/run/version-difference.ts";

const at = (minute: number, ...entities: string[]): NamedDetection => ({
  eventTimeUs: BigInt(minute) * 60_000_000n,
  entities,
});

test("detections overlap where they name a same entity near in time", () => {
  const mine = [at(0, "host:a"), at(100, "host:a"), at(200, "host:b", "user:x")];
  const others = new Map([
    ["near", [at(59, "host:a"), at(250, "user:x"), at(251, "user:y"), at(9999, "host:a")]],
    ["far", [at(500, "host:a")]],
    ["stranger", [at(0, "user:a")]],
  ]);
  assert.deepEqual(overlapOf(mine, others, 3_600_000), {
    rules: [{ rule: "near", shared: 3, ofMine: 1, ofTheirs: 0.5 }],
    windowMs: 3_600_000,
  });
  assert.deepEqual(overlapOf([], others, 3_600_000).rules, []);
});

test("entities are compared by kind and value, whatever their columns are called", () => {
  const named = namedDetection({ eventTimeUs: 0n, entities: { Computer: "WS-1", User: "" } }, [
    { column: "Computer", kind: "host" },
    { column: "User", kind: "user" },
  ]);
  assert.deepEqual(named.entities, ["host:ws-1"]);
});

test("overlap agrees with comparing every pair", () => {
  const detection = fc.record({
    minute: fc.integer({ min: -50, max: 50 }),
    entity: fc.constantFrom("a", "b", "c"),
  });
  fc.assert(
    fc.property(
      fc.array(detection, { minLength: 1 }),
      fc.array(detection, { minLength: 1 }),
      (left, right) => {
        const [mine, theirs] = [left, right].map((side) =>
          side.map(({ minute, entity }) => at(minute, entity)),
        );
        const near = (one: (typeof left)[number], other: (typeof left)[number]) =>
          one.entity === other.entity && Math.abs(one.minute - other.minute) <= 5;
        const shared = left.filter((one) => right.some((other) => near(one, other))).length;
        const [found] = overlapOf(mine!, new Map([["other", theirs!]]), 300_000).rules;
        assert.equal(found?.shared ?? 0, shared);
        assert.equal(
          Math.round((found?.ofTheirs ?? 0) * right.length),
          right.filter((one) => left.some((other) => near(one, other))).length,
        );
      },
    ),
  );
});

test("a difference is told in detections: added, removed, changed", () => {
  const one = (minute: number, host: string, rowsHash = "r") => ({
    eventTimeUs: BigInt(minute) * 60_000_000n,
    entities: { host },
    rowsHash,
  });
  const found = differenceInDetections(
    [one(0, "a"), one(1, "b"), one(2, "c")],
    [one(0, "a"), one(1, "b", "s"), one(3, "d")],
  );
  assert.deepEqual([found.added, found.removed, found.changed], [1, 1, 1]);
  assert.deepEqual(
    found.sample.map(({ change, entities }) => [change, entities.host]),
    [
      ["added", "d"],
      ["removed", "c"],
      ["changed", "b"],
    ],
  );
  const renamed = { ...one(0, "a"), entities: { Computer: "a" } };
  assert.equal(differenceInDetections([one(0, "a")], [renamed]).changed, 0);
});
