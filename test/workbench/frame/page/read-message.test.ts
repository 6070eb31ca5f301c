import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RateLimit } from "../../../../workbench/frame/page/rate-limit.ts";
import { readFrameMessage } from "../../../../workbench/frame/page/read-message.ts";
import { withoutRefusedMarkup } from "../../../../workbench/frame/refused-markup.ts";

test("messages of the frame are taken", () => {
  const query = crypto.randomUUID();
  for (const message of [
    { kind: "height", id: 3, height: 120.5 },
    { kind: "query", query, cell: 1, sql: "SELECT 1", parameters: { a: 1n, b: null } },
    { kind: "openResult", query, cell: 1, sql: "SELECT 1", parameters: {}, useKept: true },
    {
      kind: "ask",
      request: query,
      ask: {
        what: "rows",
        result: "result_1",
        window: { offset: 0, limit: 10, filters: [{ column: "a", test: "in", values: [null, "x"] }] },
      },
    },
    { kind: "pivot", cell: 1, column: "host", type: "VARCHAR", value: "<b>" },
    { kind: "pinRows", cell: 1, filters: [], sort: [], rows: { offset: 0, count: 2 } },
  ]) {
    assert.deepEqual(readFrameMessage(message), message);
  }
});

test("anything else is no message", () => {
  for (const message of [
    null,
    "height",
    { kind: "height", id: 1, height: Number.NaN },
    { kind: "height", id: "1", height: 1 },
    { kind: "query", query: "../../x", cell: 1, sql: "SELECT 1", parameters: {} },
    { kind: "query", query: "a", cell: 1, sql: "x".repeat(1_000_001), parameters: {} },
    { kind: "query", query: "a", cell: 1, sql: "x", parameters: { a: { b: 1 } } },
    {
      kind: "ask",
      request: "a",
      ask: { what: "rows", result: "r/../state", window: { offset: 0, limit: 1 } },
    },
    {
      kind: "ask",
      request: "a",
      ask: { what: "rows", result: "r", window: { offset: 0, limit: 2_000_000 } },
    },
    { kind: "ask", request: "a", ask: { what: "delete", result: "r" } },
    { kind: "open", href: "x".repeat(9000) },
    { kind: "key", key: "runAll" },
    { kind: "nothing" },
  ]) {
    assert.equal(readFrameMessage(message), null, JSON.stringify(message)?.slice(0, 100));
  }
  fc.assert(
    fc.property(fc.anything(), (message) => {
      assert.equal(readFrameMessage(message), null);
    }),
  );
});

test("a flood is cut to the rate", () => {
  const limit = new RateLimit(100, 50, 0);
  let let_through = 0;
  for (let call = 0; call < 10_000; call += 1) if (limit.take(call / 10)) let_through += 1;
  assert.ok(let_through >= 149 && let_through <= 151, String(let_through));
});

test("markup makes no element that holds a document, however it is written", () => {
  for (const markup of [
    "<iframe src=x>",
    "<IFRAME>",
    "<iframe/onload=x>",
    "a<object data=x></object>",
    "<x:iframe xmlns:x='http://www.w3.org/1999/xhtml'/>",
    "<embed>",
    "<link rel=dns-prefetch href=//x>",
    '<!DOCTYPE a [<!ENTITY e "<iframe/>">]><a>&e;</a>',
  ]) {
    assert.doesNotMatch(
      withoutRefusedMarkup(markup),
      /<(\w+:)?(iframe|object|embed|link)|<!ENTITY|<!DOCTYPE a \[/i,
      markup,
    );
  }
  assert.equal(
    withoutRefusedMarkup("<b>x</b><img src='data:,'><table><tr>"),
    "<b>x</b><img src='data:,'><table><tr>",
  );
});
