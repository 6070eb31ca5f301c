import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { slug } from "../../../workbench/page/slug.ts";
import { suggestSourceName } from "../../../workbench/page/source-name.ts";

test("a file's name becomes a source's name", () => {
  assert.equal(suggestSourceName("/var/log/zeek/conn.log.gz"), "conn");
  assert.equal(suggestSourceName("C:\\logs\\Sysmon-1.json.gz"), "sysmon_1");
  assert.equal(suggestSourceName("2026-11-24.ndjson"), "events");
});

test("whatever the input, proposed names are valid", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.match(suggestSourceName(text), /^[a-z][a-z0-9_]{0,47}$/);
      assert.match(slug(text), /^[a-z][a-z0-9-]{0,63}$/);
    }),
  );
  assert.equal(slug("Who else used Ána's session?"), "who-else-used-ana-s-session");
});
