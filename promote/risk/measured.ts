import type { SourceCost } from "../../connectors/source/source.ts";
import { costPartsOf, totalCost } from "./cost.ts";
import { distributionMean } from "./distribution.ts";
import { updateAfterIncidents, updateBeta, updateMinutes } from "./evidence.ts";
import type { Quantity, RiskDetection, RiskModel, RiskSource, Scenario } from "./model.ts";

/** What the rest of the product knows about a source. */
export interface SourceFacts {
  readonly name: string;
  readonly bytesPerDay: number;
  readonly cost: SourceCost | null;
  /** Share of the time in which the source was not blind (0..1); null when nothing watches it. */
  readonly healthyShare?: number | null;
  /** Hosts seen of hosts expected, by scenario or for all (`*`). */
  readonly hosts?: Readonly<Record<string, { readonly seen: number; readonly expected: number }>>;
}

/** What the rest of the product knows about a rule. */
export interface RuleFacts {
  readonly name: string;
  readonly requires?: readonly string[];
  /** From a backtest, or counted detections; null when neither. */
  readonly alertsPerYear: number | null;
  /** Days of data behind `alertsPerYear`, and alerts counted in them. */
  readonly observedDays?: number;
  readonly observedAlerts?: number;
  readonly outcomes?: {
    readonly truePositives: number;
    readonly benignPositives: number;
    readonly falsePositives: number;
    readonly ignored: number;
    readonly undetermined: number;
  };
  /** Minutes of each decided alert. */
  readonly minutes?: readonly number[];
  /** Distinct attack procedures tried, and how many alerted. */
  readonly tests?: { readonly tried: number; readonly alerted: number; readonly weight: number };
}

/** Attacks of one scenario that are known by now, over the years in which every one would have become known. */
export interface IncidentFacts {
  readonly scenario: string;
  /** Found by a detection. */
  readonly detected: number;
  /** Found out otherwise. */
  readonly missed: number;
  readonly years: number;
}

const PRIOR_MINUTES_WEIGHT = 3;
const HANDLING_SIZE = 5;
const PRECISION_SIZE = 10;

/**
 * The model with the numbers that the product has measured in place of defaults and judgements, labelled measured
 * with their evidence. Nothing is imported for it: facts come in as data. `date` is an ISO day.
 */
export function measuredInputs(input: {
  readonly model: RiskModel;
  readonly sourceFacts: readonly SourceFacts[];
  readonly ruleFacts: readonly RuleFacts[];
  readonly incidentFacts?: readonly IncidentFacts[];
  readonly date: string;
}): RiskModel {
  const { model, date } = input;
  const sources = new Map(input.sourceFacts.map((source) => [source.name, source]));
  const rules = new Map(input.ruleFacts.map((rule) => [rule.name, rule]));
  const known = new Set(model.sources.map((source) => source.id));
  const incidents = new Map((input.incidentFacts ?? []).map((facts) => [facts.scenario, facts]));
  return {
    ...model,
    scenarios: model.scenarios.map((scenario) =>
      measuredScenario(scenario, incidents.get(scenario.id), date),
    ),
    sources: model.sources.map((source) => measuredSource(model, source, sources.get(source.id), date)),
    detections: model.detections.map((detection) =>
      measuredDetection(detection, rules.get(detection.id), date, known),
    ),
  };
}

/** A frequency that is no Gamma stays as it is: a number known exactly has nothing to learn. */
function measuredScenario(scenario: Scenario, facts: IncidentFacts | undefined, date: string): Scenario {
  const { distribution } = scenario.frequency;
  if (!facts || facts.years <= 0 || distribution.kind !== "gamma") return scenario;
  const { detected, missed, years } = facts;
  // Only the frequency is taken: what one detection saw of an attack is learned from its tests.
  const { frequency } = updateAfterIncidents(distribution, { a: 1, b: 1 }, detected, missed, years);
  const count = detected + missed;
  return {
    ...scenario,
    frequency: {
      ...measured(`${count} ${count === 1 ? "attack" : "attacks"} in ${years} years`, count, date),
      distribution: { kind: "gamma", ...frequency },
    },
  };
}

function measuredSource(
  model: RiskModel,
  source: RiskSource,
  facts: SourceFacts | undefined,
  date: string,
): RiskSource {
  if (!facts) return source;
  const coverage = Object.fromEntries(
    Object.entries(source.coverage).map(([scenario, prior]): [string, Quantity] => {
      const hosts = facts.hosts?.[scenario] ?? facts.hosts?.["*"];
      if (!hosts || hosts.expected <= 0) return [scenario, prior];
      const start = betaOf(prior, PRECISION_SIZE);
      const posterior = updateBeta(start, hosts.seen, hosts.expected);
      return [
        scenario,
        {
          ...measured(`${hosts.seen} of ${hosts.expected} hosts sent data`, hosts.expected, date),
          distribution: { kind: "beta", ...posterior },
        },
      ];
    }),
  );
  const uptime = facts.healthyShare ?? null;
  const dimmed =
    uptime === null || uptime >= 1
      ? coverage
      : Object.fromEntries(Object.entries(coverage).map(([id, value]) => [id, scaled(value, uptime, date)]));
  const retentionDays = source.retentionDays ?? facts.cost?.retentionDays ?? null;
  if (source.costUsdPerYear !== null || !facts.cost) return { ...source, coverage: dimmed, retentionDays };
  const parts = costPartsOf(facts.cost, facts.bytesPerDay / 1e9, model.settings.analystUsdPerHour);
  return {
    ...source,
    coverage: dimmed,
    retentionDays,
    costParts: parts,
    costUsdPerYear: totalCost(parts),
    costOrigin: "measured",
  };
}

function measuredDetection(
  detection: RiskDetection,
  facts: RuleFacts | undefined,
  date: string,
  known: ReadonlySet<string>,
): RiskDetection {
  if (!facts) return detection;
  const { outcomes, tests } = facts;
  const adjudicated = outcomes
    ? outcomes.truePositives + outcomes.benignPositives + outcomes.falsePositives
    : 0;
  const minutes = (facts.minutes ?? []).filter((value) => value > 0);
  return {
    ...detection,
    requires:
      facts.requires && facts.requires.length > 0 && facts.requires.every((id) => known.has(id))
        ? [...facts.requires]
        : detection.requires,
    p:
      tests && tests.tried > 0
        ? {
            ...measured(`${tests.alerted} of ${tests.tried} tests alerted`, tests.tried, date),
            distribution: {
              kind: "beta",
              ...updateBeta(betaOf(detection.p, PRECISION_SIZE), tests.alerted, tests.tried, tests.weight),
            },
          }
        : detection.p,
    h:
      outcomes && adjudicated + outcomes.ignored + outcomes.undetermined > 0
        ? {
            ...measured(
              `${outcomes.ignored} of ${adjudicated + outcomes.ignored + outcomes.undetermined} alerts were ignored`,
              adjudicated + outcomes.ignored + outcomes.undetermined,
              date,
            ),
            distribution: {
              kind: "beta",
              ...updateBeta(
                betaOf(detection.h, HANDLING_SIZE),
                adjudicated + outcomes.undetermined,
                adjudicated + outcomes.undetermined + outcomes.ignored,
              ),
            },
          }
        : detection.h,
    alertsPerYear:
      facts.alertsPerYear === null
        ? detection.alertsPerYear
        : {
            ...measured(
              facts.observedDays
                ? `${facts.observedAlerts ?? Math.round((facts.alertsPerYear * facts.observedDays) / 365)} alerts in ${Math.round(facts.observedDays)} days`
                : "counted alerts",
              facts.observedAlerts ?? 0,
              date,
            ),
            distribution: countedRate(facts.alertsPerYear, facts.observedAlerts, facts.observedDays),
          },
    triageMinutes:
      minutes.length > 0
        ? {
            ...measured(`${minutes.length} decided alerts`, minutes.length, date),
            distribution: spreadMinutes(
              updateMinutes(
                distributionMean(detection.triageMinutes.distribution),
                PRIOR_MINUTES_WEIGHT,
                minutes,
              ),
              PRIOR_MINUTES_WEIGHT + minutes.length,
            ),
          }
        : detection.triageMinutes,
    precision:
      adjudicated > 0 && outcomes
        ? {
            ...measured(`${adjudicated} adjudicated alerts`, adjudicated, date),
            distribution: {
              kind: "beta",
              ...updateBeta(
                detection.precision ? betaOf(detection.precision, PRECISION_SIZE) : { a: 1, b: 9 },
                outcomes.truePositives,
                adjudicated,
              ),
            },
          }
        : detection.precision,
  };
}

/** A yearly rate with the spread that its count leaves: Gamma(count + 1/2). Known exactly when nothing was counted. */
function countedRate(
  perYear: number,
  count: number | undefined,
  days: number | undefined,
): Quantity["distribution"] {
  if (!count || !days || perYear <= 0) return { kind: "fixed", value: perYear };
  return { kind: "gamma", shape: count + 0.5, rate: (count + 0.5) / perYear };
}

/** The mean of `count` alerts' minutes, each as spread as it is long: a lognormal of that mean. */
function spreadMinutes(mean: number, count: number): Quantity["distribution"] {
  const sigma = Math.sqrt(Math.log1p(1 / count));
  return { kind: "lognormal", mu: Math.log(mean) - (sigma * sigma) / 2, sigma };
}

function measured(source: string, evidence: number, date: string): Omit<Quantity, "distribution"> {
  return { origin: "measured", author: "spoor", date, evidence, source };
}

/** The Beta behind a probability; a plain value counts as `size` observations. */
function betaOf(value: Quantity, size: number): { a: number; b: number } {
  const { distribution } = value;
  if (distribution.kind === "beta") return { a: distribution.a, b: distribution.b };
  const mean = Math.min(0.999, Math.max(0.001, distributionMean(distribution)));
  return { a: mean * size, b: (1 - mean) * size };
}

/** Coverage times the share of datasets that are well: the same spread of evidence around a lower mean. */
function scaled(value: Quantity, share: number, date: string): Quantity {
  const source = `${value.source ? `${value.source}; ` : ""}${Math.round(share * 100)}% of the time it sent data`;
  const label = { ...value, origin: "measured" as const, author: "spoor", date, source };
  const { distribution } = value;
  if (distribution.kind === "beta") {
    const size = distribution.a + distribution.b;
    const mean = (distribution.a / size) * share;
    if (mean <= 0) return { ...label, distribution: { kind: "fixed", value: 0 } };
    return { ...label, distribution: { kind: "beta", a: mean * size, b: (1 - mean) * size } };
  }
  return { ...label, distribution: { kind: "fixed", value: distributionMean(distribution) * share } };
}
