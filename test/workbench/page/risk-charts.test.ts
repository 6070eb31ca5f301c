import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { apart, portfolioName } from "../../../workbench/page/risk-charts.ts";

test("a set of sources is named by what is shorter to say", () => {
  const all = ["cloudtrail", "idp", "sysmon", "zeek"];
  assert.equal(portfolioName([], all), "none");
  assert.equal(portfolioName(all, all), "all");
  assert.equal(portfolioName(["cloudtrail", "idp", "sysmon"], all), "all but zeek");
  assert.equal(portfolioName(["idp"], all), "idp");
});

test("labels keep their order and their distance, and never move down", () => {
  const height = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(height, { maxLength: 12 }),
      fc.double({ min: 1, max: 1e5, noNaN: true }),
      (heights, gap) => {
        const moved = apart(heights, gap, -1e6);
        const pairs = heights.map((from, index) => ({ from, to: moved[index]! }));
        for (const { from, to } of pairs) assert.ok(to >= from);
        const sorted = pairs.toSorted((one, other) => one.to - other.to);
        for (let index = 1; index < sorted.length; index += 1) {
          assert.ok(sorted[index]!.to - sorted[index - 1]!.to >= gap * (1 - 1e-6) - 1e-6);
          assert.ok(sorted[index]!.from >= sorted[index - 1]!.from);
        }
      },
    ),
  );
});
