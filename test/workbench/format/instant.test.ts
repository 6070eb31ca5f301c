import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatAge,
  formatDuration,
  formatLocal,
  formatTick,
  formatUtc,
  instantMs,
} from "../../../workbench/format/instant.ts";

test("an instant without an offset is UTC, with six decimals or none", () => {
  const expected = Date.UTC(2026, 10, 24, 10, 58, 40);
  assert.equal(instantMs("2026-11-24T10:58:40Z"), expected);
  assert.equal(instantMs("2026-11-24T10:58:40.000001Z"), expected);
  assert.equal(instantMs("2026-11-24 10:58:40"), expected);
  assert.equal(instantMs("2026-11-24T12:58:40+02:00"), expected);
  assert.equal(instantMs("yesterday"), null);
});

test("times are shown in the reader's zone, and in UTC on hover", () => {
  const ms = Date.UTC(2026, 10, 24, 23, 30, 0);
  assert.equal(formatLocal(ms, "Asia/Tokyo"), "25 Nov 2026, 08:30:00");
  assert.equal(formatUtc(ms), "2026-11-24 23:30:00 UTC");
  assert.equal(formatTick(new Date(ms), "UTC"), "23:30");
  assert.match(formatTick(new Date(ms), "UTC", 59_000), /^23:30:\d\d$/);
  assert.equal(formatTick(new Date(Date.UTC(2026, 10, 25)), "UTC"), "25 Nov");
});

test("ages and durations take the largest unit that says something", () => {
  assert.equal(formatAge(0, 59_000), "just now");
  assert.equal(formatAge(0, 12 * 60_000), "12 min ago");
  assert.equal(formatAge(3 * 3_600_000, 0), "in 3 h");
  assert.equal(formatDuration(850), "850 ms");
  assert.equal(formatDuration(4_230), "4.2 s");
  assert.equal(formatDuration(47 * 3_600_000), "47 h");
  assert.equal(formatDuration(5 * 86_400_000), "5 d");
});
