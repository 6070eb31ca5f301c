import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  panSpan,
  spanBetween,
  spanOf,
  type TimeSpan,
  zoomSpan,
} from "../../../workbench/entity/time-span.ts";

const LIMITS: TimeSpan = { fromMs: 1_700_000_000_000, untilMs: 1_700_600_000_000 };
const inside = fc
  .tuple(fc.integer({ min: 0, max: 600_000_000 }), fc.integer({ min: 0, max: 600_000_000 }))
  .filter(([one, other]) => Math.abs(one - other) >= 1000)
  .map(([one, other]) => spanBetween(LIMITS.fromMs + one, LIMITS.fromMs + other));

test("zooming and moving stay within the limits and keep at least a second", () => {
  fc.assert(
    fc.property(
      inside,
      fc.double({ min: 0.01, max: 20, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (span, factor, share) => {
        const around = span.fromMs + share * (span.untilMs - span.fromMs);
        for (const next of [zoomSpan(span, factor, around, LIMITS), panSpan(span, share - 0.5, LIMITS)]) {
          assert.ok(next.fromMs >= LIMITS.fromMs - 1e-3 && next.untilMs <= LIMITS.untilMs + 1e-3);
          assert.ok(next.untilMs - next.fromMs >= 999);
        }
      },
    ),
  );
});

test("zooming in keeps the instant under the pointer where it is", () => {
  fc.assert(
    fc.property(
      inside,
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (span, factor, share) => {
        const around = span.fromMs + share * (span.untilMs - span.fromMs);
        const next = zoomSpan(span, factor, around, LIMITS);
        const place = (around - next.fromMs) / (next.untilMs - next.fromMs);
        if ((span.untilMs - span.fromMs) * factor >= 1000) assert.ok(Math.abs(place - share) < 1e-3);
      },
    ),
  );
});

test("moving keeps the width, and a span of instants holds them all", () => {
  const span = { fromMs: LIMITS.fromMs, untilMs: LIMITS.fromMs + 10_000 };
  assert.deepEqual(panSpan(span, 1, LIMITS), {
    fromMs: LIMITS.fromMs + 10_000,
    untilMs: LIMITS.fromMs + 20_000,
  });
  assert.deepEqual(panSpan(span, -1, LIMITS), span);
  assert.equal(spanOf([]), null);
  const held = spanOf([5_000, 1_000, 9_000])!;
  assert.ok(held.fromMs <= 1_000 && held.untilMs >= 9_000);
});
