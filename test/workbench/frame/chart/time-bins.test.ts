import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  binOf,
  binStart,
  durationShort,
  durationWords,
  periodText,
  silentStretches,
  timeBins,
  utcText,
} from "../../../../workbench/frame/chart/time-bins.ts";
import { utcTick } from "../../../../workbench/frame/chart/utc-axis.ts";

const HOUR = 3_600_000;

test("every time between the ends lies in one bin, and the bins are as few as asked", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e12, max: 2e12 }),
      fc.integer({ min: 0, max: 1e11 }),
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (from, span, atMost, part) => {
        const bins = timeBins(from, from + span, atMost);
        const at = from + Math.floor(span * part);
        const bin = binOf(bins, at);
        assert.ok(bin >= 0 && bin < bins.count);
        assert.ok(binStart(bins, bin) <= at && at < binStart(bins, bin + 1));
        assert.equal(binOf(bins, from), 0);
        assert.equal(binOf(bins, from + span), bins.count - 1);
        // Two ends that fall into two bins need two, however few were asked for.
        assert.ok(bins.count <= Math.max(2, atMost));
      },
    ),
  );
});

test("bins begin at round UTC times, weeks on Monday", () => {
  const from = Date.UTC(2026, 10, 18, 9, 17, 3);
  assert.equal(
    new Date(timeBins(from, from + 3 * HOUR, 40).fromMs).toISOString(),
    "2026-11-18T09:15:00.000Z",
  );
  const weeks = timeBins(from, from + 400 * 24 * HOUR, 60);
  assert.equal(new Date(weeks.fromMs).getUTCDay(), 1);
  assert.equal(weeks.stepMs, 7 * 24 * HOUR);
  assert.deepEqual(timeBins(from, from, 100), { fromMs: from, stepMs: 1, count: 1 });
});

test("a step that would need too many bins is widened", () => {
  assert.ok(timeBins(0, 1e12, 100, 1).count <= 20_000);
});

test("a stretch without events is found where chance does not explain it, and only there", () => {
  const bins = { fromMs: 0, stepMs: HOUR, count: 24 };
  const counts = new Array<number>(24).fill(40);
  counts[5] = 0;
  counts[6] = 0;
  assert.deepEqual(silentStretches(counts, bins), [{ fromMs: 5 * HOUR, untilMs: 7 * HOUR }]);
  assert.deepEqual(
    silentStretches(
      counts.map((count) => (count > 0 ? 2 : 0)),
      bins,
    ),
    [],
  );
  assert.deepEqual(silentStretches(new Array(24).fill(0), bins), []);
});

test("times and durations as text", () => {
  assert.equal(utcText(Date.UTC(2026, 10, 24, 13, 5)), "2026-11-24 13:05");
  assert.equal(utcText(Date.UTC(2026, 10, 24, 13, 5, 7, 120)), "2026-11-24 13:05:07.120");
  assert.equal(utcText(Number.NaN), "");
  assert.equal(periodText(Date.UTC(2026, 0, 1, 1), Date.UTC(2026, 0, 1, 2)), "2026-01-01 01:00 to 02:00 UTC");
  assert.equal(durationWords(300_000), "5 minutes");
  assert.equal(durationWords(HOUR), "1 hour");
  assert.deepEqual([0, 1.25, 1500, 90_000, 300_000, 11_400_000, 200_000_000].map(durationShort), [
    "0 ms",
    "1.3 ms",
    "1.5 s",
    "90 s",
    "5 min",
    "3 h 10 min",
    "2 d 8 h",
  ]);
});

test("the labels of a time axis say each day once and never AM or PM", () => {
  const dates = [21, 22, 23, 24, 25].map((hour) => new Date(Date.UTC(2026, 11, 31, hour)));
  assert.deepEqual(
    dates.map((date, index) => utcTick(date, index, dates)),
    ["21:00\n31 Dec 2026", "22:00", "23:00", "00:00\n1 Jan 2027", "01:00"],
  );
  const days = [1, 2].map((day) => new Date(Date.UTC(2026, 10, day)));
  assert.deepEqual(
    days.map((date, index) => utcTick(date, index, days)),
    ["1 Nov\n2026", "2 Nov"],
  );
});
