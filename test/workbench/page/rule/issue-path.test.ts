import assert from "node:assert/strict";
import { test } from "node:test";
import { issuePath, mendPath } from "../../../../workbench/page/rule/issue-path.ts";

const promote = (check: string) => `/rules/x/promote?check=${encodeURIComponent(check)}`;

test("a gate's link leads to its check on the Promote page, or to its page", () => {
  assert.equal(mendPath("x", "ads#blind-spots"), promote("ads#blind-spots"));
  assert.equal(mendPath("x", "rule"), promote("rule"));
  assert.equal(mendPath("x", "owners"), promote("owners"));
  assert.equal(mendPath("x", "risk"), "/risk");
});

test("an issue is mended where its file is edited", () => {
  const path = (place: string) => issuePath("x", { place });
  assert.equal(path("rules/x/ADS.md#blindSpots"), promote("ads#blind-spots"));
  assert.equal(path("ADS.md"), promote("ads"));
  assert.equal(path("rules/x/rule.yaml:12"), promote("rule"));
  assert.equal(path("rules/x/response.yaml#automations"), promote("plan"));
  assert.equal(path("rules/x/tests/match-a.ndjson:3"), promote("tests"));
  assert.equal(path("rules/x#ads#goal"), promote("ads#goal"));
  assert.equal(path("rules/x#proof"), promote("proof"));
  assert.equal(path("sources/dns"), null);
});
