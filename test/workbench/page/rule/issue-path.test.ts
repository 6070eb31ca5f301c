import assert from "node:assert/strict";
import { test } from "node:test";
import { issuePath, mendPath } from "../../../../workbench/page/rule/issue-path.ts";

test("a gate's link leads to its tab, its section or its page", () => {
  assert.equal(mendPath("x", "ads#blind-spots"), "/rules/x?tab=ads#ads-blind-spots");
  assert.equal(mendPath("x", "rule"), "/rules/x?tab=query");
  assert.equal(mendPath("x", "proof"), "/rules/x?tab=proof");
  assert.equal(mendPath("x", "owners"), "/owners");
});

test("an issue is mended where its file is edited", () => {
  const path = (place: string) => issuePath("x", { place });
  assert.equal(path("rules/x/ADS.md#blindSpots"), "/rules/x?tab=ads#ads-blind-spots");
  assert.equal(path("ADS.md"), "/rules/x?tab=ads");
  assert.equal(path("rules/x/rule.yaml:12"), "/rules/x?tab=query");
  assert.equal(path("rules/x/response.yaml#automations"), "/rules/x?tab=plan");
  assert.equal(path("rules/x/tests/match-a.ndjson:3"), "/rules/x?tab=tests");
  assert.equal(path("rules/x#ads#goal"), "/rules/x?tab=ads#ads-goal");
  assert.equal(path("rules/x#proof"), "/rules/x?tab=proof");
  assert.equal(path("sources/dns"), null);
});
