import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CsvReader } from "../../connectors/format/csv.ts";
import { type Issue, IssuesError } from "../../connectors/issue/issue.ts";
import { brier, wilsonInterval } from "../../promote/risk/forecast-score.ts";
import { incidentFacts, parseIncidents } from "../../promote/risk/incident-file.ts";
import {
  type IncidentFacts,
  measuredInputs,
  type RuleFacts,
  type SourceFacts,
} from "../../promote/risk/measured.ts";
import type { RiskModel } from "../../promote/risk/model.ts";
import { parseRiskModel } from "../../promote/risk/model-file/model-file.ts";
import { tallyOutcomes } from "../../promote/risk/precision.ts";
import { riskReport, sourceSummaries } from "../../promote/risk/report.ts";
import type { Interval, RiskReport } from "../../promote/risk/report-value.ts";
import type { BacktestReport, ForecastsPage } from "../api/api.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";

export interface ReportOptions {
  readonly seed: number;
  readonly focus?: string | undefined;
  readonly signal?: AbortSignal;
  readonly progress?: (share: number) => void;
}

/** What each source is worth: the model a person wrote, the facts that the rest of the product measured. */
export class RiskDesk {
  readonly #spoor: Spoor;
  #summaries: Readonly<Record<string, Interval>> | null = null;
  readonly #kept = new Map<string, RiskReport>();

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  /** The model file as written. Throws RefusedError with the file's issues. */
  model(): RiskModel {
    const path = join(this.#spoor.layout.risk, "model.yaml");
    if (!existsSync(path)) {
      throw new RefusedError(404, "There is no risk/model.yaml in this workspace yet.", [NO_MODEL]);
    }
    const parsed = parseRiskModel(readFileSync(path, "utf8"), "risk/model.yaml");
    if (!parsed.ok) throw new IssuesError("risk/model.yaml has errors.", parsed.issues);
    return parsed.value;
  }

  /** The model with the numbers that the product has measured. Throws as `model` does. */
  measuredModel(): RiskModel {
    const model = this.model();
    const date = new Date(this.#spoor.clock()).toISOString().slice(0, 10);
    return measuredInputs({
      model,
      sourceFacts: this.#sourceFacts(),
      ruleFacts: this.#ruleFacts(),
      incidentFacts: this.#incidentFacts(model, date),
      date,
    });
  }

  /** The report of now. The same model, facts and seed give the same figures, computed once. */
  async report(options: ReportOptions): Promise<RiskReport> {
    const model = this.measuredModel();
    const forecasts = this.#spoor.store.forecasts({});
    const resolutions = this.#spoor.store.resolutions();
    const key = createHash("sha256")
      .update(
        JSON.stringify(
          [model, options.seed, options.focus ?? "", forecasts.length, resolutions.length],
          bigintText,
        ),
      )
      .digest("hex");
    const known = this.#kept.get(key);
    if (known) return known;
    const previous = this.#spoor.store.report<RiskReport>("risk");
    const report = await riskReport(model, {
      seed: options.seed,
      generatedMs: this.#spoor.clock(),
      forecasts,
      resolutions,
      previous: previous?.report ?? null,
      ...(options.focus === undefined ? {} : { focus: options.focus }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.progress === undefined ? {} : { progress: options.progress }),
    });
    if (this.#kept.size > 20) this.#kept.clear();
    this.#kept.set(key, report);
    if (options.focus === undefined) {
      this.#spoor.store.putReport("risk", this.#spoor.clock(), report);
      this.#summaries = sourceSummaries(report);
    }
    return report;
  }

  /** What the last report said that the source takes off the yearly loss; null before the first report. */
  reductionOf(source: string): { readonly mean: number; readonly q05: number; readonly q95: number } | null {
    if (this.#summaries === null) {
      const last = this.#spoor.store.report<RiskReport>("risk");
      if (!last) return null;
      this.#summaries = sourceSummaries(last.report);
    }
    const found = this.#summaries[source];
    return found ? { mean: found.mean, q05: found.q05, q95: found.q95 } : null;
  }

  forecasts(): ForecastsPage {
    const forecasts = this.#spoor.store.forecasts({});
    const resolutions = this.#spoor.store.resolutions();
    const outcomes = new Map(resolutions.map((resolution) => [resolution.forecastId, resolution.outcome]));
    const scores = brier(forecasts, resolutions);
    return {
      brier: scores.binary?.brier ?? null,
      skill: scores.binary?.skill ?? null,
      resolved: scores.resolved,
      open: scores.open,
      calibration: calibrationOf(forecasts, outcomes),
      forecasts: forecasts.slice(0, 500).map((forecast) => ({
        id: forecast.id,
        statement: forecast.statement,
        subject: forecast.subject,
        author: forecast.author,
        value: forecast.value,
        created: new Date(forecast.createdMs).toISOString(),
        resolveBy: new Date(forecast.resolveByMs).toISOString(),
        outcome: outcomes.get(forecast.id) ?? null,
        score: scores.scores[forecast.id] ?? null,
      })),
    };
  }

  /** The attacks listed in risk/incidents.csv, once the model says since when the list is whole. */
  #incidentFacts(model: RiskModel, date: string): IncidentFacts[] {
    const { incidentsSince } = model.settings;
    const path = join(this.#spoor.layout.risk, "incidents.csv");
    if (incidentsSince === null || !existsSync(path)) return [];
    const scenarios = model.scenarios.map(({ id }) => id);
    const parsed = parseIncidents(
      csvRows(readFileSync(path, "utf8")),
      "risk/incidents.csv",
      new Set(scenarios),
    );
    if (!parsed.ok) throw new IssuesError("risk/incidents.csv has errors.", parsed.issues);
    return incidentFacts(parsed.value, scenarios, incidentsSince, date);
  }

  #sourceFacts(): SourceFacts[] {
    const { sources } = this.#spoor;
    return sources.names().map((name) => ({
      name,
      bytesPerDay: sources.bytesPerDay(name),
      cost: sources.files.definition(name)?.cost ?? null,
    }));
  }

  #ruleFacts(): RuleFacts[] {
    return this.#spoor.rules.names().map((name) => {
      const outcomes = tallyOutcomes(this.#spoor.store.outcomes({ rule: name }));
      // Only what pages costs somebody's minutes: a staged rule's backtest is no triage.
      const backtest = this.#spoor.rules.pages(name) ? this.#spoor.rules.backtestOf(name) : null;
      return {
        name,
        alertsPerYear: backtest === null ? null : backtest.alertsPerWeek * (365.25 / 7),
        ...(backtest === null ? {} : observed(backtest)),
        outcomes,
        minutes: outcomes.minutes,
      };
    });
  }
}

function csvRows(text: string): (readonly (string | null)[])[] {
  const rows: (readonly (string | null)[])[] = [];
  const reader = new CsvReader(",", (_line, fields) => rows.push(fields ?? []));
  reader.push(text);
  reader.end();
  return rows;
}

function observed(backtest: BacktestReport): { observedDays: number; observedAlerts: number } {
  const days =
    backtest.from === null || backtest.until === null
      ? 0
      : (Date.parse(backtest.until) - Date.parse(backtest.from)) / 86_400_000;
  return { observedDays: days, observedAlerts: backtest.detections };
}

/** Resolved binary forecasts in tenths of probability, each with its observed share and Wilson interval. */
function calibrationOf(
  forecasts: readonly {
    readonly id: string;
    readonly kind: string;
    readonly value: number | readonly [number, number];
  }[],
  outcomes: ReadonlyMap<string, number>,
): ForecastsPage["calibration"] {
  const bins = new Map<number, { sum: number; hits: number; count: number }>();
  for (const { id, kind, value } of forecasts) {
    const outcome = outcomes.get(id);
    if (kind !== "binary" || typeof value !== "number" || outcome === undefined) continue;
    const bin = Math.min(9, Math.floor(value * 10));
    const entry = bins.get(bin) ?? { sum: 0, hits: 0, count: 0 };
    bins.set(bin, { sum: entry.sum + value, hits: entry.hits + outcome, count: entry.count + 1 });
  }
  return [...bins]
    .sort(([left], [right]) => left - right)
    .map(([, { sum, hits, count }]) => {
      const [low, high] = wilsonInterval(hits, count);
      return { probability: sum / count, observed: hits / count, low, high, count };
    });
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

const NO_MODEL: Issue = {
  severity: "error",
  code: "risk.model.missing",
  place: "risk/model.yaml",
  message: "Nobody has written what could happen and what it would cost.",
  remedy: "Write risk/model.yaml: scenarios, sources and detections, as promote/risk/README.md shows.",
};
