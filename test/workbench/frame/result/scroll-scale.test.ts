import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { movedBy } from "../../../../workbench/frame/result/grid/grid-keys.ts";
import { ScrollScale } from "../../../../workbench/frame/result/grid/scroll-scale.ts";

test("the ends of the bar are the ends of the content, at any length, and the way there and back is the same", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 32 }),
      fc.integer({ min: 50, max: 2000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (rows, viewPx, share) => {
        const scale = new ScrollScale(rows * 24, viewPx);
        assert.ok(scale.boxPx <= 8_000_000 || scale.boxPx === viewPx);
        const lastBar = Math.max(0, scale.boxPx - viewPx);
        assert.equal(scale.contentTop(0), 0);
        assert.ok(Math.abs(scale.contentTop(lastBar) - scale.lastTop) < 1e-3);
        const top = scale.lastTop * share;
        assert.ok(Math.abs(scale.contentTop(scale.barTop(top)) - top) < 1e-3);
      },
    ),
  );
});

test("a pixel of the bar is a pixel of the content until the content is too long", () => {
  assert.equal(new ScrollScale(100_000, 400).scaled, false);
  assert.equal(new ScrollScale(100_000, 400).contentTop(777), 777);
  assert.equal(new ScrollScale(240_000_000, 400).scaled, true);
});

test("no key leads out of the table", () => {
  const keys = ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"];
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ key: fc.constantFrom(...keys), ctrlKey: fc.boolean(), metaKey: fc.constant(false) }),
      ),
      fc.integer({ min: 1, max: 30 }),
      (presses, rowCount) => {
        let place = { row: 0, place: 0 };
        for (const press of presses) {
          place = movedBy(press, place, { rowCount, columnCount: 3, pageRows: 10 })!;
          assert.ok(place.row >= -1 && place.row < rowCount && place.place >= 0 && place.place < 3);
        }
      },
    ),
  );
  assert.equal(
    movedBy(
      { key: "a", ctrlKey: false, metaKey: false },
      { row: 0, place: 0 },
      { rowCount: 1, columnCount: 1, pageRows: 1 },
    ),
    null,
  );
});
