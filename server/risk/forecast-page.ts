import type { Forecast, ForecastResolution } from "../../promote/records/records.ts";
import { forecastGroups } from "../../promote/risk/forecast-groups.ts";
import {
  brier,
  isTestForecast,
  type JudgedForecast,
  judgeForecasts,
} from "../../promote/risk/forecast-log.ts";
import { wilsonInterval } from "../../promote/risk/forecast-score.ts";
import type { ForecastsPage } from "../api/api.ts";

const SHOWN = 500;

/** The forecast log with its scores, newest first. */
export function forecastsPage(
  forecasts: readonly Forecast[],
  resolutions: readonly ForecastResolution[],
): ForecastsPage {
  const scores = brier(forecasts, resolutions);
  const judged = judgeForecasts(forecasts, resolutions);
  return {
    brier: scores.binary?.brier ?? null,
    skill: scores.binary?.skill ?? null,
    resolved: scores.resolved,
    open: scores.open,
    calibration: calibrationOf(judged),
    forecasts: judged.slice(0, SHOWN).map(({ forecast, resolution, state, score }) => ({
      id: forecast.id,
      statement: forecast.statement,
      subject: forecast.subject,
      author: forecast.author,
      value: forecast.value,
      created: new Date(forecast.createdMs).toISOString(),
      resolveBy: new Date(forecast.resolveByMs).toISOString(),
      outcome: resolution?.outcome ?? null,
      score,
      kind: forecast.kind,
      state,
      revises: forecast.revises ?? null,
    })),
    groups: forecastGroups(judged),
  };
}

/** Scored binary forecasts in tenths of probability, each with its observed share and Wilson interval. */
function calibrationOf(judged: readonly JudgedForecast[]): ForecastsPage["calibration"] {
  const bins = new Map<number, { sum: number; hits: number; count: number }>();
  for (const { forecast, resolution, state } of judged) {
    const { kind, value } = forecast;
    if (state !== "scored" || kind !== "binary" || typeof value !== "number" || isTestForecast(forecast))
      continue;
    const bin = Math.min(9, Math.floor(value * 10));
    const entry = bins.get(bin) ?? { sum: 0, hits: 0, count: 0 };
    bins.set(bin, {
      sum: entry.sum + value,
      hits: entry.hits + resolution!.outcome,
      count: entry.count + 1,
    });
  }
  return [...bins]
    .sort(([left], [right]) => left - right)
    .map(([, { sum, hits, count }]) => {
      const [low, high] = wilsonInterval(hits, count);
      return { probability: sum / count, observed: hits / count, low, high, count };
    });
}
