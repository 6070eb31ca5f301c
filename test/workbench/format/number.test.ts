import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  formatBytes,
  formatCount,
  formatPlural,
  formatRate,
  formatShare,
  formatUsd,
} from "../../../workbench/format/number.ts";

test("dollars keep three figures and their unit", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "$0"],
    [-0.2, "$0"],
    [412.4, "$412"],
    [999.4, "$999"],
    [999.6, "$1k"],
    [46_700, "$46.7k"],
    [489_000, "$489k"],
    [999_600, "$1M"],
    [-1_120_000, "\u2212$1.12M"],
    [2.5e9, "$2.5B"],
  ];
  for (const [usd, text] of cases) assert.equal(formatUsd(usd), text);
});

test("dollars read back within half of the last figure shown", () => {
  fc.assert(
    fc.property(fc.double({ min: 1000, max: 9e11, noNaN: true }), (usd) => {
      const match = /^\$([\d.]+)([kMB])$/.exec(formatUsd(usd));
      assert.ok(match, formatUsd(usd));
      const size = Number(match[1]) * { k: 1e3, M: 1e6, B: 1e9 }[match[2] as "k" | "M" | "B"];
      assert.ok(Math.abs(size - usd) / usd <= 0.0051, `${usd} ${formatUsd(usd)}`);
    }),
  );
});

test("shares never round a rest away", () => {
  assert.equal(formatShare(0), "0%");
  assert.equal(formatShare(0.0004), "<0.1%");
  assert.equal(formatShare(0.004), "0.4%");
  assert.equal(formatShare(0.84), "84%");
  assert.equal(formatShare(0.9999), "99.9%");
  assert.equal(formatShare(1), "100%");
});

test("counts, plurals, rates and bytes", () => {
  assert.equal(formatCount(483657), "483,657");
  assert.equal(formatPlural(1, "row"), "1 row");
  assert.equal(formatPlural(2000, "row"), "2,000 rows");
  assert.equal(formatRate(0.04), "0");
  assert.equal(formatRate(4.25), "4.3");
  assert.equal(formatRate(1204.4), "1,204");
  assert.equal(formatBytes(412), "412 B");
  assert.equal(formatBytes(6_240), "6.24 kB");
  assert.equal(formatBytes(999_600), "1 MB");
});
