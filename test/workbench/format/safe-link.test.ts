import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { safeLink } from "../../../workbench/format/safe-link.ts";

test("links lead to http and https only", () => {
  assert.equal(
    safeLink("https://attack.mitre.org/techniques/T1003/"),
    "https://attack.mitre.org/techniques/T1003/",
  );
  for (const text of [
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    " https://a.b",
    "data:text/html,x",
    "//a.b",
    "/x",
    "https://",
  ]) {
    assert.equal(safeLink(text), null, text);
  }
});

test("whatever the text, what comes out is http(s) or nothing", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `https://${text}`),
      ),
      (text) => {
        const link = safeLink(text);
        assert.ok(link === null || /^https?:\/\//.test(link));
      },
    ),
  );
});
