/** The numbers of a risk model that people can be asked for. Browser-safe: pure functions only. */
import { type Distribution, distributionMean, distributionQuantile } from "../distribution.ts";
import { type Origin, type Quantity, quantity, type RiskModel, type RiskSource } from "../model.ts";

/** What a number counts: it decides how intervals of it are read, averaged and drawn. */
export type Shape = "rate" | "amount" | "probability";
export type InputKind = "frequency" | "severity" | "coverage" | "cost" | "p" | "h" | "alerts" | "minutes";

/** How sure somebody is: 9 chances in 10 that it lies between. */
export interface AnsweredInterval {
  readonly low: number;
  readonly high: number;
  /** The most that one event could cost, dollars; amounts only. */
  readonly cap?: number | null;
}

/** A number of the model, with what the file says about it. `severity:s` is the loss of one event, in dollars. */
export interface ElicitedInput {
  readonly name: string;
  readonly kind: InputKind;
  readonly shape: Shape;
  /** `Ransomware through a phished laptop`, `Process creation / Ransomware ...`, `c2-dns`. */
  readonly about: string;
  /** Ids of what it is about: scenario, source and scenario, or rule. */
  readonly source: string | null;
  readonly scenario: string | null;
  readonly detection: string | null;
  readonly current: CurrentValue;
}

export interface CurrentValue {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly cap: number | null;
  /** Stated as one exact number. */
  readonly fixed: boolean;
  readonly origin: Origin;
  readonly author: string;
  readonly date: string;
  readonly evidence: number;
  /** Where a default or a measurement comes from. */
  readonly from: string;
}

const SHAPES: Readonly<Record<InputKind, Shape>> = {
  frequency: "rate",
  severity: "amount",
  coverage: "probability",
  cost: "amount",
  p: "probability",
  h: "probability",
  alerts: "rate",
  minutes: "amount",
};

/** Every number of the model that a judgement can answer, in the order of the file. */
export function elicitedInputs(model: RiskModel): ElicitedInput[] {
  const input = (
    kind: InputKind,
    id: string,
    about: string,
    value: CurrentValue,
    of: Partial<Pick<ElicitedInput, "source" | "scenario" | "detection">>,
  ): ElicitedInput => ({
    name: `${kind}:${id}`,
    kind,
    shape: SHAPES[kind],
    about,
    source: of.source ?? null,
    scenario: of.scenario ?? null,
    detection: of.detection ?? null,
    current: value,
  });
  const titles = new Map(model.scenarios.map(({ id, title }) => [id, title]));
  return [
    ...model.scenarios.flatMap((scenario) => {
      const { magnitude } = scenario;
      const loss: CurrentValue = {
        low: magnitude.low,
        high: magnitude.high,
        mean: Math.sqrt(magnitude.low * magnitude.high),
        cap: magnitude.capUsd,
        fixed: false,
        origin: magnitude.origin,
        author: magnitude.author,
        date: magnitude.date,
        evidence: magnitude.evidence,
        from: magnitude.source,
      };
      const of = { scenario: scenario.id };
      return [
        input("frequency", scenario.id, scenario.title, currentOf(scenario.frequency), of),
        input("severity", scenario.id, scenario.title, loss, of),
      ];
    }),
    ...model.sources.flatMap((source) => [
      ...Object.entries(source.coverage).map(([scenario, value]) =>
        input(
          "coverage",
          `${source.id}/${scenario}`,
          `${source.title} · ${titles.get(scenario) ?? scenario}`,
          currentOf(value),
          { source: source.id, scenario },
        ),
      ),
      // What source.yaml counts is not asked for: only a cost that is stated, or that nobody knows yet.
      ...(source.costUsdPerYear === null && source.status === "onboarded"
        ? []
        : [input("cost", source.id, source.title, currentCost(source), { source: source.id })]),
    ]),
    ...model.detections.flatMap((detection) => {
      const of = { detection: detection.id };
      return [
        input("p", detection.id, detection.id, currentOf(detection.p), of),
        input("h", detection.id, detection.id, currentOf(detection.h), of),
        input("alerts", detection.id, detection.id, currentOf(detection.alertsPerYear), of),
        input("minutes", detection.id, detection.id, currentOf(detection.triageMinutes), of),
      ];
    }),
  ];
}

/** The model with one number replaced by an answer, as if the file said so. The input must be one of the model's. */
export function withAnswer(
  model: RiskModel,
  input: Pick<ElicitedInput, "name" | "kind">,
  answer: AnsweredInterval,
  distribution: Distribution,
): RiskModel {
  const id = input.name.slice(input.name.indexOf(":") + 1);
  const answered = (value: Quantity): Quantity => ({ ...value, distribution, origin: "elicited" });
  return {
    ...model,
    scenarios: model.scenarios.map((scenario) => {
      if (scenario.id !== id) return scenario;
      if (input.kind === "frequency") return { ...scenario, frequency: answered(scenario.frequency) };
      if (input.kind !== "severity") return scenario;
      const { low, high, cap } = answer;
      return {
        ...scenario,
        magnitude: { ...scenario.magnitude, low, high, level: 0.9, capUsd: cap ?? null },
      };
    }),
    sources: model.sources.map((source) => {
      if (input.kind === "cost" && source.id === id)
        return {
          ...source,
          costUsdPerYear: distributionMean(distribution),
          costDistribution: distribution,
          costOrigin: "elicited",
        };
      if (input.kind !== "coverage") return source;
      return {
        ...source,
        coverage: Object.fromEntries(
          Object.entries(source.coverage).map(([scenario, value]) => [
            scenario,
            `${source.id}/${scenario}` === id ? answered(value) : value,
          ]),
        ),
      };
    }),
    detections: model.detections.map((detection) => {
      if (detection.id !== id) return detection;
      if (input.kind === "p") return { ...detection, p: answered(detection.p) };
      if (input.kind === "h") return { ...detection, h: answered(detection.h) };
      if (input.kind === "alerts") return { ...detection, alertsPerYear: answered(detection.alertsPerYear) };
      if (input.kind === "minutes") return { ...detection, triageMinutes: answered(detection.triageMinutes) };
      return detection;
    }),
  };
}

function currentCost(source: RiskSource): CurrentValue {
  const distribution: Distribution = source.costDistribution ?? {
    kind: "fixed",
    value: source.costUsdPerYear ?? 0,
  };
  const label = source.costLabel ?? { source: "nobody has said" };
  const origin = source.costUsdPerYear === null ? "default" : source.costOrigin;
  return currentOf(quantity(distribution, { origin, ...label }));
}

function currentOf(value: Quantity): CurrentValue {
  const { distribution } = value;
  return {
    low: distributionQuantile(distribution, 0.05),
    high: distributionQuantile(distribution, 0.95),
    mean: distributionMean(distribution),
    cap: null,
    fixed: distribution.kind === "fixed",
    origin: value.origin,
    author: value.author,
    date: value.date,
    evidence: value.evidence,
    from: value.source,
  };
}
