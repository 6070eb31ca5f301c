import type { Forecast, Outcome } from "../records/records.ts";
import { distributionQuantile } from "./distribution.ts";
import { type Gamma, predictVolume, updateVolume } from "./evidence.ts";
import type { Quantity, RiskModel } from "./model.ts";
import { normalQuantile } from "./special-functions.ts";

/** A month of UTC: `2026-12`, its first instant and the next month's. */
export interface Month {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

const DAY_MS = 86_400_000;
/** Events may come a day late; then the month is counted. */
export const SETTLING_MS = DAY_MS;

export function monthAfter(atMs: number): Month {
  const at = new Date(atMs);
  const startMs = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
  const endMs = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 2, 1);
  return { name: new Date(startMs).toISOString().slice(0, 7), startMs, endMs };
}

/** What is known about a rule when its next month is forecast. */
export interface RuleHistory {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly sources: readonly string[];
  /** The author's word; null when not said. */
  readonly expectedAlertsPerWeek: number | null;
  /** Detections counted in so many days of history. */
  readonly observedDetections: number;
  readonly observedDays: number;
}

/** A rule nobody has seen work: about a hundred detections a year, hardly sure of it. */
const UNKNOWN_VOLUME: Gamma = { shape: 0.5, rate: 0.005 };
const WEEKS_PER_YEAR = 365 / 7;

/** What is known about detections a year: the author's word as one of weak weight, then what was counted. */
export function ruleVolume(
  rule: Pick<RuleHistory, "expectedAlertsPerWeek" | "observedDetections" | "observedDays">,
): Gamma {
  const said = rule.expectedAlertsPerWeek;
  const prior = said === null || said <= 0 ? UNKNOWN_VOLUME : { shape: 1, rate: 1 / (said * WEEKS_PER_YEAR) };
  return updateVolume(prior, rule.observedDetections, rule.observedDays);
}

/** How many detections the rule will have with an event time in `month`: a negative binomial count. */
export function volumeForecast(
  rule: RuleHistory,
  month: Month,
  nowMs: number,
  earlier: readonly Forecast[],
): Forecast {
  const days = (month.endMs - month.startMs) / DAY_MS;
  const volume = ruleVolume(rule);
  const { mean } = predictVolume(volume, days, 0);
  return {
    ...revision(earlier, `volume:${rule.name}:${month.name}`, rule.version),
    statement: `${rule.title}: detections in ${month.name}`,
    kind: "count",
    subject: `volume:${rule.name}`,
    value: mean,
    author: "spoor",
    createdMs: nowMs,
    resolveByMs: month.endMs + SETTLING_MS,
    sources: rule.sources,
    modelVersion: rule.version,
    outcomeFromMs: month.startMs,
    volume: { ...volume, days },
  };
}

/** Ten minutes an alert, worth three alerts, within a factor of about four: what is assumed before any is timed. */
const PRIOR_MINUTES = { log: Math.log(10), weight: 3, sigma: 0.85 };
/** Pressing a button at once still takes half a minute. */
const LEAST_MINUTES = 0.5;

/** The typical (geometric mean) minutes of decided alerts; null without any. */
export function typicalMinutes(minutes: readonly number[]): number | null {
  return minutes.length === 0 ? null : Math.exp(meanLog(minutes));
}

/**
 * 90% interval of the typical minutes of the alerts that will be decided in `month`: normal on logarithms, from the
 * minutes of earlier alerts, with the luck of as many alerts as are expected.
 */
export function minutesForecast(
  rule: Pick<RuleHistory, "name" | "title" | "version" | "sources">,
  minutes: readonly number[],
  alertsExpected: number,
  month: Month,
  nowMs: number,
  earlier: readonly Forecast[],
): Forecast {
  const n = minutes.length;
  const seen = n === 0 ? 0 : meanLog(minutes);
  const { log, weight, sigma } = PRIOR_MINUTES;
  const centre = (weight * log + n * seen) / (weight + n);
  const squares = minutes.reduce(
    (sum, value) => sum + (Math.log(Math.max(value, LEAST_MINUTES)) - seen) ** 2,
    0,
  );
  const variance = (weight * sigma ** 2 + squares) / (weight + n);
  const half =
    normalQuantile(0.95) * Math.sqrt(variance * (1 / (weight + n) + 1 / Math.max(1, alertsExpected)));
  return {
    ...revision(earlier, `minutes:${rule.name}:${month.name}`, rule.version),
    statement: `${rule.title}: typical minutes an alert decided in ${month.name} takes`,
    kind: "interval",
    subject: `minutes:${rule.name}`,
    value: [Math.exp(centre - half), Math.exp(centre + half)],
    author: "spoor",
    createdMs: nowMs,
    resolveByMs: month.endMs,
    sources: rule.sources,
    modelVersion: rule.version,
    outcomeFromMs: month.startMs,
    unit: "minutes",
  };
}

/** The minutes of alerts of one rule that were decided in the month. */
export function minutesIn(outcomes: readonly Outcome[], month: Pick<Month, "startMs" | "endMs">): number[] {
  return outcomes
    .filter(({ recordedMs }) => recordedMs >= month.startMs && recordedMs < month.endMs)
    .map(({ minutes }) => minutes);
}

/** Four of five first test runs pass: assumed, worth five runs; then all rules' runs, worth at most ten of one's own. */
const PASSING = { passed: 4, run: 5, shared: 10 };

/** P(all tests of the rule pass), said before they run. `own` and `all`: how many runs passed of how many so far. */
export function testsForecast(
  rule: {
    readonly name: string;
    readonly title: string;
    readonly version: string;
    readonly filesHash: string;
  },
  own: { readonly passed: number; readonly run: number },
  all: { readonly passed: number; readonly run: number },
  nowMs: number,
): Forecast {
  const usual = (PASSING.passed + all.passed) / (PASSING.run + all.run);
  return {
    id: `tests:${rule.name}:${rule.version}:${rule.filesHash}`,
    statement: `${rule.title}: all of its tests pass`,
    kind: "binary",
    subject: `tests:${rule.name}`,
    value: (PASSING.shared * usual + own.passed) / (PASSING.shared + own.run),
    author: "spoor",
    createdMs: nowMs,
    resolveByMs: nowMs + DAY_MS,
    rule: rule.name,
    modelVersion: rule.version,
  };
}

/** An input of the model that somebody may measure: a coverage, or the chance that a detection fires. */
export interface MeasurableInput {
  /** `coverage:source/scenario`, `p:rule`. */
  readonly name: string;
  readonly quantity: Quantity;
  readonly statement: string;
}

export function measurableInputs(model: RiskModel): MeasurableInput[] {
  const titles = new Map(model.scenarios.map(({ id, title }) => [id, title]));
  return [
    ...model.sources.flatMap((source) =>
      Object.entries(source.coverage).map(([scenario, quantity]) => ({
        name: `coverage:${source.id}/${scenario}`,
        quantity,
        statement: `${source.title}: share of attacks it would hold evidence of (${titles.get(scenario) ?? scenario})`,
      })),
    ),
    ...model.detections.map((detection) => ({
      name: `p:${detection.id}`,
      quantity: detection.p,
      statement: `${detection.id}: share of attack tests that alert`,
    })),
  ];
}

const INPUT_DAYS = 365;

/**
 * The 90% interval of a number nobody has measured yet; null when it is measured or said to be known exactly. The same
 * interval again gives the same forecast; another one revises it.
 */
export function inputForecast(
  input: MeasurableInput,
  nowMs: number,
  earlier: readonly Forecast[],
): Forecast | null {
  const { distribution, origin, date } = input.quantity;
  if (origin === "measured" || distribution.kind === "fixed") return null;
  const low = distributionQuantile(distribution, 0.05);
  const high = distributionQuantile(distribution, 0.95);
  const version = `${origin}:${low.toPrecision(6)}:${high.toPrecision(6)}`;
  return {
    ...revision(earlier, `input:${input.name}`, version),
    statement: input.statement,
    kind: "interval",
    subject: input.name,
    value: [low, high],
    author: "spoor",
    createdMs: nowMs,
    resolveByMs: nowMs + INPUT_DAYS * DAY_MS,
    modelVersion: `model:${origin}${date ? `:${date}` : ""}`,
    unit: "share",
  };
}

/** The id of this version of a forecast, and which one it replaces: the newest of the same outcome before it. */
function revision(
  earlier: readonly Forecast[],
  outcome: string,
  version: string,
): Pick<Forecast, "id" | "revises"> {
  const id = `${outcome}:${version}`;
  const before = earlier
    .filter((forecast) => forecast.id.startsWith(`${outcome}:`) && forecast.id !== id)
    .sort((left, right) => right.createdMs - left.createdMs)[0];
  return before ? { id, revises: before.id } : { id };
}

function meanLog(minutes: readonly number[]): number {
  return minutes.reduce((sum, value) => sum + Math.log(Math.max(value, LEAST_MINUTES)), 0) / minutes.length;
}
