import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ResultFilter } from "../../../../notebooks/result/result.ts";
import {
  addFilter,
  changeColumn,
  filterText,
  moveColumn,
  removeFilter,
  shownColumns,
  type TableState,
  turnSort,
} from "../../../../workbench/frame/result/table-state.ts";

const state = (names: readonly string[]): TableState => ({
  columns: names.map((name, index) => ({
    name,
    type: "VARCHAR",
    index,
    widthPx: 100,
    pinned: false,
    hidden: false,
  })),
  sort: [],
  filters: [],
});
const names = (table: TableState) => shownColumns(table).map(({ name }) => name);

test("an order turns from ascending to descending to none, alone or beside others", () => {
  const first = turnSort([], "a", false);
  assert.deepEqual(first, [{ column: "a", descending: false }]);
  const second = turnSort(first, "a", false);
  assert.deepEqual(second, [{ column: "a", descending: true }]);
  assert.deepEqual(turnSort(second, "a", false), []);
  const both = turnSort(first, "b", true);
  assert.deepEqual(
    both.map(({ column }) => column),
    ["a", "b"],
  );
  assert.deepEqual(turnSort(both, "b", false), [{ column: "b", descending: true }]);
  assert.deepEqual(turnSort(turnSort(both, "a", true), "a", true), [{ column: "b", descending: false }]);
});

test("pinned columns are shown first, hidden ones not, and moving passes hidden neighbours", () => {
  let table = state(["a", "b", "c", "d"]);
  table = changeColumn(table, "c", { pinned: true });
  assert.deepEqual(names(table), ["c", "a", "b", "d"]);
  table = changeColumn(table, "b", { hidden: true });
  assert.deepEqual(names(table), ["c", "a", "d"]);
  assert.deepEqual(names(moveColumn(table, "d", -1)), ["c", "d", "a"]);
  assert.deepEqual(names(moveColumn(table, "c", 1)), ["c", "a", "d"]);
  assert.equal(changeColumn(table, "a", { widthPx: 5 }).columns[0]!.widthPx, 64);
});

test("values let in join, a range takes the place of the older one, and removing undoes", () => {
  let filters = addFilter([], { column: "a", test: "in", values: ["1"] });
  filters = addFilter(filters, { column: "a", test: "in", values: ["2", "1", null] });
  assert.deepEqual(filters, [{ column: "a", test: "in", values: ["1", "2", null] }]);
  filters = addFilter(filters, { column: "t", test: "between", from: "1", until: "2" });
  filters = addFilter(filters, { column: "t", test: "between", from: "3", until: null });
  assert.equal(filters.length, 2);
  assert.equal(filterText(filters[1]!), "t ≥ 3");
  assert.equal(filterText(filters[0]!), "a is “1” or “2” or null");
  assert.deepEqual(removeFilter(filters, filters[0]!), [filters[1]]);
});

const anyFilter: fc.Arbitrary<ResultFilter> = fc.oneof(
  fc.record({
    column: fc.constantFrom("a", "b"),
    test: fc.constantFrom("in" as const, "not in" as const),
    values: fc.array(fc.option(fc.string()), { minLength: 1 }),
  }),
  fc.record({
    column: fc.constantFrom("a", "b"),
    test: fc.constant("between" as const),
    from: fc.option(fc.string()),
    until: fc.option(fc.string()),
  }),
  fc.record({
    column: fc.constantFrom("a", "b"),
    test: fc.constantFrom("contains" as const, "not contains" as const),
    text: fc.string(),
  }),
);

test("adding a condition twice is adding it once", () => {
  fc.assert(
    fc.property(fc.array(anyFilter), anyFilter, (known, added) => {
      const filters = known.reduce<readonly ResultFilter[]>(addFilter, []);
      const once = addFilter(filters, added);
      assert.deepEqual(addFilter(once, added), once);
    }),
  );
});
