import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DetailPage, formatRoute, type ListPage, parseRoute } from "../../../workbench/route/route.ts";

const LISTS: readonly ListPage[] = [
  "today",
  "sources",
  "onboard",
  "hunts",
  "rules",
  "alerts",
  "risk",
  "elicit",
  "forecasts",
  "owners",
  "activity",
];
const DETAILS: readonly DetailPage[] = ["source", "notebook", "rule", "promote", "alert"];

test("every list page has a path that leads back to it", () => {
  for (const page of LISTS) assert.deepEqual(parseRoute(formatRoute({ page })), { page });
  assert.deepEqual(parseRoute("/"), { page: "today" });
  assert.deepEqual(parseRoute("/rules/"), { page: "rules" });
});

test("a name of any characters survives its path", () => {
  fc.assert(
    fc.property(fc.constantFrom(...DETAILS), fc.string({ minLength: 1, unit: "grapheme" }), (page, name) => {
      assert.deepEqual(parseRoute(formatRoute({ page, name })), { page, name });
    }),
  );
});

test("a rule named promote is no gate, and its gate is", () => {
  assert.deepEqual(parseRoute("/rules/promote"), { page: "rule", name: "promote" });
  assert.deepEqual(parseRoute("/rules/promote/promote"), { page: "promote", name: "promote" });
});

test("what leads nowhere is missing", () => {
  for (const path of ["/nowhere", "/rules/a/b", "/sources/%E0%A4%A", "/rules/a/promote/b", "/notebooks"]) {
    assert.deepEqual(parseRoute(path), { page: "missing" }, path);
  }
});
