import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { additionalResourceGaps } from "../../../promote/ads/additional-resources.ts";
import { blindSpotGaps, blindSpotsOf } from "../../../promote/ads/blind-spots.ts";
import { categorizationGaps } from "../../../promote/ads/categorization.ts";
import { falsePositiveGaps } from "../../../promote/ads/false-positives.ts";
import { goalGaps, parseGoal } from "../../../promote/ads/goal.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { priorityDollarGaps, priorityGaps } from "../../../promote/ads/priority.ts";
import { overlapReasons } from "../../../promote/ads/strategy.ts";
import { technicalContextGaps } from "../../../promote/ads/technical-context.ts";
import { parseValidation, validationGaps } from "../../../promote/ads/validation.ts";

test("the example from which people learn to write a strategy lacks nothing", () => {
  const readme = readFileSync(new URL("../../../promote/ads/README.md", import.meta.url), "utf8");
  const example = readme
    .split("\n")
    .filter((line) => line === "" || line.startsWith("    "))
    .map((line) => line.slice(4))
    .join("\n");
  const ads = parseAds(example, "ADS.md");
  assert.ok(ads.ok);
  assert.deepEqual(ads.issues, []);
  const { sections } = ads.value;
  assert.deepEqual(
    [
      ...goalGaps(parseGoal(sections.goal)),
      ...categorizationGaps(sections.categorization, ["T1003.001"]),
      ...technicalContextGaps(sections.technicalContext, ["_time", "host"]),
      ...blindSpotGaps(sections.blindSpots, ["platform"]),
      ...falsePositiveGaps(sections.falsePositives),
      ...validationGaps(sections.validation),
      ...priorityGaps(sections.priority, "high"),
      ...priorityDollarGaps(sections.priority, null),
      ...additionalResourceGaps(sections.additionalResources),
    ],
    [],
  );
  assert.deepEqual(
    blindSpotsOf(sections.blindSpots).map(({ check }) => check?.kind),
    ["source-well", "field-filled", "sql", "sql-number", "untestable"],
  );
  assert.deepEqual([...overlapReasons(sections.strategyAbstract).keys()], ["lsass-handle"]);
  assert.equal(parseValidation(sections.validation).equivalents.length, 1);
});
