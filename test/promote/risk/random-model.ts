import fc from "fast-check";
import { quantity, type RiskModel } from "../../../promote/risk/model.ts";

const TECHNIQUES = ["T1", "T2", "T3", "T4", "T5"];
const SOURCES = ["a", "b", "c", "d"];
const share = fc.double({ min: 0.02, max: 0.98, noNaN: true });

const scenario = (id: string) =>
  fc
    .record({
      rate: fc.double({ min: 0.01, max: 2, noNaN: true }),
      low: fc.double({ min: 1e4, max: 1e6, noNaN: true }),
      ratio: fc.double({ min: 2, max: 30, noNaN: true }),
      middle: fc.record({ day: fc.double({ min: 0.1, max: 9, noNaN: true }), share }),
      response: fc.double({ min: 0, max: 3, noNaN: true }),
      steps: fc.array(
        fc.record({
          days: fc.double({ min: 0.1, max: 4, noNaN: true }),
          q: fc.double({ min: 0.3, max: 1, noNaN: true }),
          techniques: fc.uniqueArray(fc.constantFrom(...TECHNIQUES), { minLength: 1, maxLength: 3 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      coverage: fc.record(Object.fromEntries(SOURCES.map((source) => [source, share]))),
    })
    .map((value) => ({ id, ...value }));

const detection = fc.record({
  requires: fc.uniqueArray(fc.constantFrom(...SOURCES), { minLength: 1, maxLength: 2 }),
  targets: fc.uniqueArray(fc.constantFrom(...TECHNIQUES), { minLength: 1, maxLength: 3 }),
  p: share,
  h: share,
  lagDays: fc.double({ min: 0, max: 2, noNaN: true }),
  cadenceDays: fc.constantFrom(0, 0, 1, 7, 30),
});

/** Any small model: two scenarios, four sources, up to seven detections; `irCostUsd` for every scenario. */
export function anyModel(irCostUsd: number): fc.Arbitrary<RiskModel> {
  return fc
    .record({
      scenarios: fc.tuple(scenario("s1"), scenario("s2")),
      detections: fc.array(detection, { minLength: 1, maxLength: 7 }),
      kappa: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(
      ({ scenarios, detections, kappa }): RiskModel => ({
        settings: {
          analystUsdPerHour: 95,
          kappa,
          epistemicShare: 0.3,
          intervalHitRate: 0.9,
          appetite: null,
          horizonYears: 3,
          discountRate: 0.08,
          incidentsSince: null,
        },
        scenarios: scenarios.map((value) => ({
          id: value.id,
          title: value.id,
          frequency: quantity({ kind: "gamma", shape: 2.5, rate: 2.5 / value.rate }),
          magnitude: {
            low: value.low,
            high: value.low * value.ratio,
            level: 0.9,
            capUsd: null,
            origin: "elicited",
            author: "",
            date: "",
            evidence: 0,
            source: "",
          },
          irCostUsd,
          damage: [
            [0, 0],
            [value.middle.day, value.middle.share],
            [10, 1],
          ],
          response: { kind: "fixed", days: value.response },
          steps: value.steps.map((step, i) => ({
            name: `step ${i}`,
            days: step.days,
            q: step.q,
            techniques: step.techniques.map((technique) => [technique, 1 / step.techniques.length] as const),
          })),
        })),
        sources: SOURCES.map((id) => ({
          id,
          title: id,
          status: "onboarded",
          costUsdPerYear: 10_000,
          costParts: null,
          costOrigin: "elicited",
          coverage: Object.fromEntries(
            scenarios.map((value) => [
              value.id,
              quantity({ kind: "beta", a: value.coverage[id]! * 20, b: (1 - value.coverage[id]!) * 20 }),
            ]),
          ),
          retentionDays: null,
          constraints: [],
        })),
        detections: detections.map((value, i) => ({
          id: `r${i}`,
          kind: value.cadenceDays > 0 ? "hunt" : "rule",
          requires: value.requires,
          targets: value.targets,
          p: quantity({ kind: "beta", a: value.p * 10, b: (1 - value.p) * 10 }),
          h: quantity(value.h),
          lagDays: value.lagDays,
          cadenceDays: value.cadenceDays,
          alertsPerYear: quantity(100),
          triageMinutes: quantity(10),
          precision: null,
        })),
        measurements: [],
      }),
    );
}
