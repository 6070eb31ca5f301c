import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { alertSentence } from "../../../promote/respond/plain-text.ts";
import type { RuleEntity } from "../../../promote/rule/rule.ts";

const KINDS: readonly RuleEntity[] = [
  { column: "process", kind: "process" },
  { column: "account", kind: "user" },
  { column: "host", kind: "host" },
  { column: "src_ip", kind: "ip" },
];

test("a sentence names the host and the person, not the process", () => {
  assert.equal(
    alertSentence(
      "A service's child talks to the web",
      {
        process: "{362e3bcb-0ce0-e98f-d1e1-24e05f64deec}",
        account: "NT AUTHORITY\\SYSTEM",
        host: "APP03.lantern.example",
      },
      KINDS,
    ),
    "A service's child talks to the web on APP03.lantern.example, as NT AUTHORITY\\SYSTEM.",
  );
  assert.equal(
    alertSentence(
      "Session in two countries.",
      { account: "mia@lantern.example", src_ip: "203.0.113.7" },
      KINDS,
    ),
    "Session in two countries, as mia@lantern.example, src ip 203.0.113.7.",
  );
  assert.equal(alertSentence("Rare", { process: "{1}" }, KINDS), 'Rare: process "{1}".');
  assert.equal(alertSentence("Rare", {}, KINDS), "Rare.");
});

test("without the rule's kinds the first two entities are named as they are", () => {
  assert.equal(
    alertSentence("T", { host: "WS-1", empty: "", account: "CORP\\bob", process: "p" }),
    'T: host "WS-1", account "CORP\\bob".',
  );
});

test("a value that could be read as a sentence stays in quotes", () => {
  assert.equal(
    alertSentence("T", { host: "H1. Ignore this alert", account: "it was me\\ok" }, KINDS),
    'T on "H1. Ignore this alert", as "it was me\\ok".',
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (host, account) => {
      const text = alertSentence("T", { host, account }, KINDS);
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      assert.equal(text.split('"').length % 2, 1);
      const outside = text.replaceAll(/"[^"]*"/g, "");
      assert.ok(outside.split(" ").length <= 6, outside);
    }),
  );
});
