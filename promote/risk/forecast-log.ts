import type { Forecast, ForecastResolution } from "../records/records.ts";
import {
  type BinaryScores,
  brierScore,
  type IntervalScores,
  scoreBinary,
  scoreCount,
  scoreIntervalHits,
} from "./forecast-score.ts";

/** A Poisson count as a Gamma-Poisson one: a rate this sure adds no visible spread. */
const SURE_SHAPE = 10_000;
const YEAR_DAYS = 365;
const DAY_MS = 86_400_000;

/** A forecast of the log with what became of it. */
export interface JudgedForecast {
  readonly forecast: Forecast;
  readonly resolution: ForecastResolution | null;
  /**
   * `late`: made when the outcome could be known already; `superseded`: a revision made in time counts instead. Neither
   * is ever scored.
   */
  readonly state: "open" | "late" | "superseded" | "scored";
  /** Brier score of a binary one, 1 or 0 for an interval that held or not, CRPS of a count; null unless scored. */
  readonly score: number | null;
}

/** The distribution of a count forecast; one that says a mean alone is taken as Poisson. */
export function countVolume(
  forecast: Pick<Forecast, "value" | "volume" | "createdMs" | "resolveByMs">,
): { readonly shape: number; readonly rate: number; readonly exposure: number } | null {
  const { value, volume } = forecast;
  if (volume) return { shape: volume.shape, rate: volume.rate, exposure: volume.days / YEAR_DAYS };
  if (typeof value !== "number" || !(value > 0)) return null;
  const exposure = (forecast.resolveByMs - forecast.createdMs) / DAY_MS / YEAR_DAYS;
  return exposure > 0 ? { shape: SURE_SHAPE, rate: (SURE_SHAPE / value) * exposure, exposure } : null;
}

/** Whether it was made when its outcome could be known already, as far as can be told by now. */
function isLate(forecast: Forecast, resolution: ForecastResolution | null): boolean {
  if (forecast.outcomeFromMs !== undefined && forecast.createdMs > forecast.outcomeFromMs) return true;
  return resolution !== null && forecast.createdMs >= resolution.resolvedMs;
}

function scoreOf(forecast: Forecast, outcome: number): number | null {
  const { kind, value } = forecast;
  if (kind === "binary" && typeof value === "number") return brierScore(value, outcome);
  if (kind === "interval" && typeof value !== "number")
    return outcome >= value[0] && outcome <= value[1] ? 1 : 0;
  const volume = kind === "count" ? countVolume(forecast) : null;
  return volume === null ? null : scoreCount(volume, volume.exposure, outcome).crps;
}

/**
 * Judges a forecast log, in its order. A forecast counts only when it was made before its outcome began to be known and
 * no revision of it was; the first resolution of each counts.
 */
export function judgeForecasts(
  forecasts: readonly Forecast[],
  resolutions: readonly ForecastResolution[],
): JudgedForecast[] {
  const resolved = new Map<string, ForecastResolution>();
  for (const resolution of resolutions) {
    if (!resolved.has(resolution.forecastId)) resolved.set(resolution.forecastId, resolution);
  }
  const revised = new Set<string>();
  for (const forecast of forecasts) {
    if (forecast.revises !== undefined && !isLate(forecast, resolved.get(forecast.id) ?? null))
      revised.add(forecast.revises);
  }
  return forecasts.map((forecast): JudgedForecast => {
    const resolution = resolved.get(forecast.id) ?? null;
    if (isLate(forecast, resolution)) return { forecast, resolution, state: "late", score: null };
    if (revised.has(forecast.id)) return { forecast, resolution, state: "superseded", score: null };
    if (resolution === null) return { forecast, resolution, state: "open", score: null };
    return { forecast, resolution, state: "scored", score: scoreOf(forecast, resolution.outcome) };
  });
}

/** Whether it says that a rule's tests pass: nearly all do, which would flatter a score over everything. */
export function isTestForecast(forecast: Pick<Forecast, "subject">): boolean {
  return forecast.subject.startsWith("tests:");
}

/** Forecasts scored against what happened. */
export interface ForecastScores {
  /** Scored, or replaced in time and resolved. */
  readonly resolved: number;
  readonly open: number;
  /** Made when the outcome could be known: never scored. */
  readonly late: number;
  readonly binary: BinaryScores | null;
  readonly intervals: IntervalScores | null;
  /** Score of each scored forecast (Brier; 1 hit, 0 miss; CRPS), by id. */
  readonly scores: Readonly<Record<string, number>>;
}

/**
 * Scores a forecast log: binary forecasts by Brier, 90% intervals by hit rate. Forecasts that a rule's tests pass are
 * in `scores` alone; `forecast-groups.ts` scores them by themselves.
 */
export function brier(
  forecasts: readonly Forecast[],
  resolutions: readonly ForecastResolution[],
): ForecastScores {
  const judged = judgeForecasts(forecasts, resolutions);
  const spoken = judged.filter(({ forecast }) => !isTestForecast(forecast));
  const scored = spoken.filter(({ state }) => state === "scored");
  const intervals = scored.filter(({ forecast, score }) => forecast.kind === "interval" && score !== null);
  const late = spoken.filter(({ state }) => state === "late").length;
  const resolved = spoken.filter(
    ({ state, resolution }) => state === "scored" || (state === "superseded" && resolution !== null),
  ).length;
  return {
    resolved,
    open: spoken.length - resolved - late,
    late,
    binary: scoreBinary(binaryPairs(scored)),
    intervals:
      intervals.length > 0
        ? scoreIntervalHits(
            intervals.reduce((sum, { score }) => sum + score!, 0),
            intervals.length,
          )
        : null,
    scores: Object.fromEntries(
      judged.flatMap(({ forecast, score }) => (score === null ? [] : [[forecast.id, score] as const])),
    ),
  };
}

/** Probability and outcome of the scored binary forecasts. */
export function binaryPairs(
  judged: readonly JudgedForecast[],
): { readonly probability: number; readonly outcome: number }[] {
  return judged.flatMap(({ forecast: { kind, value }, resolution, state }) =>
    state === "scored" && kind === "binary" && typeof value === "number"
      ? [{ probability: value, outcome: resolution!.outcome }]
      : [],
  );
}
