import assert from "node:assert/strict";
import { test } from "node:test";
import type { Forecast } from "../../../promote/records/records.ts";
import { predictVolume } from "../../../promote/risk/evidence.ts";
import {
  inputForecast,
  measurableInputs,
  minutesForecast,
  monthAfter,
  ruleVolume,
  testsForecast,
  typicalMinutes,
  volumeForecast,
} from "../../../promote/risk/forecast-made.ts";
import { parseRiskModel } from "../../../promote/risk/model-file/model-file.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const RULE = {
  ...{ name: "lsass-dump", title: "Memory read", version: "v1", sources: ["sysmon"] },
  ...{ expectedAlertsPerWeek: 5, observedDetections: 60, observedDays: 90 },
};

test("the next month is named by UTC, over the turn of a year too", () => {
  assert.deepEqual(monthAfter(Date.UTC(2026, 11, 31, 23, 59)), {
    name: "2027-01",
    startMs: Date.UTC(2027, 0, 1),
    endMs: Date.UTC(2027, 1, 1),
  });
});

test("a month's count is a negative binomial from the author's word and what was counted", () => {
  const month = monthAfter(NOW);
  const made = volumeForecast(RULE, month, NOW, []);
  assert.deepEqual(ruleVolume(RULE), { shape: 61, rate: 1 / ((5 * 365) / 7) + 90 / 365 });
  assert.equal(made.kind, "count");
  assert.equal(made.value, predictVolume(ruleVolume(RULE), 31, 0).mean);
  assert.equal(made.outcomeFromMs, Date.UTC(2026, 11, 1));
  assert.ok(made.createdMs < made.outcomeFromMs! && made.resolveByMs > month.endMs);
  // The same month and version again is the same forecast; another version revises it.
  assert.equal(volumeForecast(RULE, month, NOW + 5, [made]).id, made.id);
  assert.equal(volumeForecast(RULE, month, NOW + 5, [made]).revises, undefined);
  const next = volumeForecast({ ...RULE, version: "v2" }, month, NOW + 5, [made]);
  assert.equal(next.revises, made.id);
  assert.equal(volumeForecast(RULE, monthAfter(month.startMs), NOW, [made]).revises, undefined);
});

test("minutes: more alerts timed and more expected make a narrower interval round their typical time", () => {
  const month = monthAfter(NOW);
  const width = ({ value }: Forecast): number => {
    const [low, high] = value as readonly [number, number];
    return high / low;
  };
  const make = (minutes: readonly number[], expected: number): Forecast =>
    minutesForecast(RULE, minutes, expected, month, NOW, []);
  const none = make([], 1);
  const [low, high] = none.value as readonly [number, number];
  assert.ok(low < 10 && high > 10);
  const timed = [4, 5, 6, 5, 4, 6, 5, 5, 4, 6, 5, 5];
  assert.ok(width(make(timed, 12)) < width(make(timed, 1)));
  assert.ok(width(make(timed, 1)) < width(none));
  const [from, until] = make(timed, 12).value as readonly [number, number];
  assert.ok(from < 5 && until > 5 && until < 10, `${from} to ${until}`);
  assert.equal(typicalMinutes([]), null);
  assert.ok(Math.abs(typicalMinutes([2, 8])! - 4) < 1e-12);
  // Nobody needs no time at all.
  assert.ok(Math.abs(typicalMinutes([0, 2])! - 1) < 1e-12);
});

test("tests: a rule's own runs weigh more than everybody's, and no number of runs makes sure", () => {
  const rule = { name: "r", title: "R", version: "v", filesHash: "abc" };
  const p = (own: [number, number], all: [number, number]): number =>
    testsForecast(rule, { passed: own[0], run: own[1] }, { passed: all[0], run: all[1] }, NOW)
      .value as number;
  assert.equal(p([0, 0], [0, 0]), 0.8);
  assert.ok(p([0, 4], [40, 50]) < p([0, 0], [40, 50]));
  assert.ok(p([20, 20], [500, 500]) < 1 && p([0, 20], [0, 500]) > 0);
});

const MODEL = `scenarios:
  - id: theft
    frequency: 0.2
    magnitude: [1000, 9000]
    steps: [{ name: copy, techniques: { T1: 1 } }]
sources:
  - id: sysmon
    coverage: { theft: { interval: [0.6, 0.9], origin: elicited, date: 2026-10-01 } }
detections:
  - { id: hunt, requires: [sysmon], targets: [T1], p: { beta: [3, 7], origin: measured } }
`;

test("a number is forecast while nobody measured it, and anew when the judgement changes", () => {
  const inputs = (yaml: string) => {
    const parsed = parseRiskModel(yaml, "m");
    assert.ok(parsed.ok, JSON.stringify(parsed.issues));
    return measurableInputs(parsed.value);
  };
  const [coverage, p] = inputs(MODEL);
  assert.equal(inputForecast(p!, NOW, []), null);
  const made = inputForecast(coverage!, NOW, [])!;
  assert.equal(made.subject, "coverage:sysmon/theft");
  const [low, high] = made.value as readonly [number, number];
  assert.ok(Math.abs(low - 0.6) < 1e-3 && Math.abs(high - 0.9) < 1e-3);
  assert.equal(inputForecast(coverage!, NOW + 1, [made])!.id, made.id);
  const [changed] = inputs(MODEL.replace("[0.6, 0.9]", "[0.7, 0.9]"));
  assert.equal(inputForecast(changed!, NOW + 1, [made])!.revises, made.id);
  const [exact] = inputs(
    MODEL.replace("{ interval: [0.6, 0.9], origin: elicited, date: 2026-10-01 }", "0.8"),
  );
  assert.equal(inputForecast(exact!, NOW, []), null);
});
