import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeEntityValue, encodeEntityValue } from "../../../notebooks/entity/entity-path.ts";
import { entityHref, KIND_TITLES, trailOf } from "../../../workbench/entity/entity-address.ts";
import { parseRoute } from "../../../workbench/route/route.ts";

const kinds = fc.constantFrom(...(Object.keys(KIND_TITLES) as (keyof typeof KIND_TITLES)[]));
const values = fc.oneof(
  fc.string({ minLength: 1, unit: "binary" }),
  fc.constantFrom(
    ".",
    "..",
    "~",
    "~.",
    "a/b",
    "%",
    "%2F",
    "'\"<>&",
    "a\nb\r\t",
    "?from=1#x",
    "日本",
    "x".repeat(2000),
    " ",
    "//",
  ),
);

test("any value makes a path that leads back to it, as a browser reads it", () => {
  fc.assert(
    fc.property(kinds, values, (kind, value) => {
      const url = new URL(entityHref({ kind, value }), "http://127.0.0.1");
      assert.deepEqual(parseRoute(url.pathname), { page: "entity", kind, name: value });
      assert.equal(url.search, "");
      assert.equal(url.hash, "");
    }),
    { numRuns: 500 },
  );
});

test("a half of a surrogate pair does not throw", () => {
  assert.equal(decodeEntityValue(decodeURIComponent(encodeEntityValue("a\ud800b"))), "a\ufffdb");
});

test("the trail of pivots survives the address", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ kind: kinds, value: values }), { maxLength: 8 }), (trail) => {
      const url = new URL(entityHref({ kind: "ip", value: "203.0.113.77" }, trail), "http://127.0.0.1");
      assert.deepEqual(
        trailOf(url.search).map(({ kind, value }) => ({ kind, value })),
        trail.map(({ kind, value }) => ({ kind, value })),
      );
    }),
  );
});

test("a trail that nobody wrote is left out", () => {
  assert.deepEqual(trailOf("?via=&via=host&via=:x&via=ip:"), []);
});
