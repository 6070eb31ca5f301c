import type { Forecast } from "../records/records.ts";
import { binaryPairs, countVolume, type JudgedForecast } from "./forecast-log.ts";
import { clopperPearson, scoreBinary, scoreCount, winklerLogScore, winklerScore } from "./forecast-score.ts";

/** Scores of the forecasts of one kind about one rule, one source, or by one version. Null where a score has no meaning. */
export interface ForecastGroup {
  readonly by: "rule" | "source" | "version";
  readonly name: string;
  readonly kind: Forecast["kind"];
  /** Scored forecasts. */
  readonly n: number;
  /** 0 to 1, lower is better. */
  readonly brier: number | null;
  /** 1 - Brier / Brier of always saying the base rate; null while every outcome was the same. */
  readonly skill: number | null;
  /** Brier = reliability - resolution + uncertainty (Murphy 1973). */
  readonly decomposition: {
    readonly reliability: number;
    readonly resolution: number;
    readonly uncertainty: number;
  } | null;
  /** Mean -ln P(what happened), nats, of probabilities and counts; null where something said to be impossible happened. */
  readonly logScore: number | null;
  /** Intervals that held. */
  readonly hits: number | null;
  /** Clopper and Pearson's 95% interval of the hit rate. */
  readonly hitRate: readonly [number, number] | null;
  /** Mean Winkler score, lower is better: on logarithms for dollars and minutes; null when scales are mixed. */
  readonly winkler: number | null;
  /** Mean continuous ranked probability score of counts, in alerts: the mean miss of a forecast that names one number. */
  readonly crps: number | null;
  /** Counts by tenth of their probability transform, sum 1: level when the forecasts spread as they should. */
  readonly pit: readonly number[] | null;
}

/** Rules that a forecast is about: at most one, and never a person. */
export function ruleOf(forecast: Forecast): string | null {
  if (forecast.rule !== undefined) return forecast.rule;
  for (const text of [forecast.subject, forecast.author]) {
    const found = /^(?:rule|tests|volume|minutes|p|h):(.+)$/.exec(text);
    if (found) return found[1]!;
  }
  return null;
}

/** Sources that a forecast is about, by what it says itself. */
export function sourcesOf(forecast: Forecast): readonly string[] {
  if (forecast.sources !== undefined) return forecast.sources;
  const found = /^(?:source|coverage):([^/]+)/.exec(forecast.subject);
  return found ? [found[1]!] : [];
}

/** The scored forecasts by rule, source and version of what made them, each kind for itself; most forecasts first. */
export function forecastGroups(judged: readonly JudgedForecast[]): ForecastGroup[] {
  const members = new Map<string, { by: ForecastGroup["by"]; name: string; of: JudgedForecast[] }>();
  const add = (by: ForecastGroup["by"], name: string, entry: JudgedForecast): void => {
    const key = JSON.stringify([by, name, entry.forecast.kind]);
    const group = members.get(key) ?? { by, name, of: [] };
    group.of.push(entry);
    members.set(key, group);
  };
  for (const entry of judged) {
    if (entry.state !== "scored" || entry.score === null) continue;
    const { forecast } = entry;
    const rule = ruleOf(forecast);
    if (rule !== null) add("rule", rule, entry);
    for (const source of sourcesOf(forecast)) add("source", source, entry);
    if (forecast.modelVersion !== undefined) add("version", forecast.modelVersion, entry);
  }
  return [...members.values()]
    .map(({ by, name, of }) => groupOf(by, name, of))
    .sort(
      (left, right) =>
        ORDER.indexOf(left.by) - ORDER.indexOf(right.by) ||
        right.n - left.n ||
        (left.name < right.name ? -1 : left.name > right.name ? 1 : left.kind < right.kind ? -1 : 1),
    );
}

const ORDER: readonly ForecastGroup["by"][] = ["rule", "source", "version"];

function groupOf(by: ForecastGroup["by"], name: string, of: readonly JudgedForecast[]): ForecastGroup {
  const { kind } = of[0]!.forecast;
  const empty: ForecastGroup = {
    ...{ by, name, kind, n: of.length, brier: null, skill: null, decomposition: null, logScore: null },
    ...{ hits: null, hitRate: null, winkler: null, crps: null, pit: null },
  };
  if (kind === "binary") {
    const scores = scoreBinary(binaryPairs(of))!;
    const { reliability, resolution, uncertainty } = scores;
    return {
      ...empty,
      brier: scores.brier,
      skill: scores.skill,
      decomposition: { reliability, resolution, uncertainty },
      logScore: finite(scores.logScore),
    };
  }
  if (kind === "interval") {
    const hits = of.reduce((sum, { score }) => sum + score!, 0);
    return { ...empty, hits, hitRate: clopperPearson(hits, of.length), winkler: meanWinkler(of) };
  }
  const scores = of.map(({ forecast, resolution }) => {
    const volume = countVolume(forecast)!;
    return scoreCount(volume, volume.exposure, resolution!.outcome);
  });
  return {
    ...empty,
    crps: mean(scores.map(({ crps }) => crps)),
    logScore: finite(mean(scores.map(({ logScore }) => logScore))),
    pit: pitHistogram(scores.map(({ pit }) => pit)),
  };
}

/**
 * Share of counts in each tenth of the probability transform, without random numbers: each count spreads evenly over
 * the range that its probability fills (Czado, Gneiting and Held 2009).
 */
export function pitHistogram(ranges: readonly (readonly [number, number])[], bins = 10): number[] {
  const share = (x: number, [low, high]: readonly [number, number]): number =>
    x <= low ? 0 : x >= high ? 1 : (x - low) / (high - low);
  const upTo = (x: number): number => mean(ranges.map((range) => share(x, range)));
  // The transform never exceeds 1, but its sum of masses may end a rounding below it.
  return Array.from(
    { length: bins },
    (_, i) => (i === bins - 1 ? 1 : upTo((i + 1) / bins)) - (i === 0 ? 0 : upTo(i / bins)),
  );
}

function meanWinkler(of: readonly JudgedForecast[]): number | null {
  const units = new Set(of.map(({ forecast }) => forecast.unit));
  if (units.size > 1) return null;
  const [unit] = units;
  const scores = of.map(({ forecast: { value }, resolution }) => {
    const [low, high] = value as readonly [number, number];
    const seen = resolution!.outcome;
    if (unit !== "usd" && unit !== "minutes") return winklerScore(low, high, seen);
    return low > 0 && seen > 0 ? winklerLogScore(low, high, seen) : Number.NaN;
  });
  return finite(mean(scores));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
