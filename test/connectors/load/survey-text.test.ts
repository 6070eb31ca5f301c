import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { surveyText } from "../../../connectors/load/survey-text.ts";

test("keys are counted and telling numbers found, whatever the strings hold", () => {
  const text = '{"a":1,"b\\"":"x\\": 1.5 , \\\\","c" : {"a":[-12,true,null,"9999999999999999"]},"a":false}';
  assert.deepEqual(surveyText(text), { keyCount: 5, hasTellingNumber: false });
  for (const number of ["1.0", "-0.5", "1e3", "2E+1", "1234567890123456"]) {
    assert.equal(surveyText(`{"a":[${number}]}`).hasTellingNumber, true, number);
  }
  assert.equal(surveyText('{"a":123456789012345}').hasTellingNumber, false);
});

test("of any object the keys are as many as it has", () => {
  const count = (value: unknown): number =>
    typeof value !== "object" || value === null
      ? 0
      : Object.values(value).reduce(
          (sum: number, child) => sum + count(child),
          Array.isArray(value) ? 0 : Object.keys(value).length,
        );
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const { keyCount, hasTellingNumber } = surveyText(JSON.stringify(value));
      if (!hasTellingNumber) assert.equal(keyCount, count(value));
    }),
  );
});
