import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CsvReader } from "../../connectors/format/csv.ts";
import { type Issue, IssuesError } from "../../connectors/issue/issue.ts";
import { agedModel } from "../../promote/risk/ageing.ts";
import { incidentFacts, parseIncidents } from "../../promote/risk/incident-file.ts";
import {
  type IncidentFacts,
  measuredInputs,
  type RuleFacts,
  type SourceFacts,
} from "../../promote/risk/measured.ts";
import type { RiskModel } from "../../promote/risk/model.ts";
import { parseRiskModel } from "../../promote/risk/model-file/model-file.ts";
import {
  formatObservation,
  type Observation,
  parseObservations,
  unknownObservations,
  withObservations,
} from "../../promote/risk/observation-file.ts";
import { tallyOutcomes } from "../../promote/risk/precision.ts";
import { riskReport, riskReportNow, sourceSummaries } from "../../promote/risk/report.ts";
import type { DetectionFacts } from "../../promote/risk/report-detection.ts";
import type { Interval, RiskReport } from "../../promote/risk/report-value.ts";
import type { BacktestReport, ForecastsPage } from "../api/api.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { forecastsPage } from "./forecast-page.ts";
import { SourceMeasurer } from "./source-measures.ts";

/** Kept reports in which one of another model is looked for. */
const COMPARED_REPORTS = 20;

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
  /** Blind time and hosts of each source, measured anew before each report. */
  readonly measures: SourceMeasurer;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.measures = new SourceMeasurer(spoor);
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
    const date = new Date(this.#spoor.clock()).toISOString().slice(0, 10);
    const model = withObservations(agedModel(this.model(), date), this.observations(), date);
    return measuredInputs({
      model,
      sourceFacts: this.#sourceFacts(),
      ruleFacts: this.#ruleFacts(),
      incidentFacts: this.#incidentFacts(model, date),
      date,
    });
  }

  /** The same after the sources' data was measured anew. Throws as `model` does. */
  async freshModel(signal?: AbortSignal): Promise<RiskModel> {
    await this.measures.refresh(signal);
    return this.measuredModel();
  }

  /** What hunts and trials saw, as `risk/measured.yaml` lists it. Throws IssuesError. */
  observations(): readonly Observation[] {
    const path = join(this.#spoor.layout.risk, "measured.yaml");
    if (!existsSync(path)) return [];
    const parsed = parseObservations(readFileSync(path, "utf8"), "risk/measured.yaml");
    if (!parsed.ok) throw new IssuesError("risk/measured.yaml has errors.", parsed.issues);
    return parsed.value;
  }

  /** Appends what a hunt or a trial saw to `risk/measured.yaml`. Throws RefusedError for an input nobody knows. */
  observe(seen: Omit<Observation, "date" | "author">, author: string): Observation {
    const observation = {
      ...seen,
      author,
      date: new Date(this.#spoor.clock()).toISOString().slice(0, 10),
    };
    const model = this.model();
    if (unknownObservations(model, [observation]).length > 0)
      throw new RefusedError(400, `risk/model.yaml has no input "${seen.input}" that k of n could teach.`);
    if (seen.hits > seen.trials) throw new RefusedError(400, "More hits than trials were seen.");
    // A file that cannot be read is not added to.
    this.observations();
    appendFileSync(join(this.#spoor.layout.risk, "measured.yaml"), formatObservation(observation));
    const { hits, trials, trial, input } = observation;
    this.#spoor.record(author, "measured", input, `${hits} of ${trials} ${trial}`);
    return observation;
  }

  /** The last report; made now, from a model without errors, when there has never been one. Null without a model. */
  lastReport(): RiskReport | null {
    const last = this.#spoor.store.report<RiskReport>("risk")?.report;
    if (last) return last;
    let model: RiskModel;
    try {
      model = this.measuredModel();
    } catch (error) {
      if (error instanceof RefusedError || error instanceof IssuesError) return null;
      throw error;
    }
    const report = riskReportNow(model, {
      seed: 1,
      generatedMs: this.#spoor.clock(),
      forecasts: this.#spoor.store.forecasts({}),
      resolutions: this.#spoor.store.resolutions(),
      detectionFacts: this.#detectionFacts(model),
    });
    this.#spoor.store.putReport("risk", this.#spoor.clock(), report);
    return report;
  }

  /** The report of now. The same model, facts and seed give the same figures, computed once. */
  async report(options: ReportOptions): Promise<RiskReport> {
    const model = await this.freshModel(options.signal);
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
    const previous = this.#reportBefore(model);
    const report = await riskReport(model, {
      seed: options.seed,
      generatedMs: this.#spoor.clock(),
      forecasts,
      resolutions,
      previous,
      detectionFacts: this.#detectionFacts(model),
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
    return forecastsPage(this.#spoor.store.forecasts({}), this.#spoor.store.resolutions());
  }

  /** The newest kept report of another model than this: what "changed since" compares with. */
  #reportBefore(model: RiskModel): RiskReport | null {
    const now = figuresKey(model);
    const kept = this.#spoor.store.reports<RiskReport>("risk", COMPARED_REPORTS);
    return kept.find(({ report }) => !report.model || figuresKey(report.model) !== now)?.report ?? null;
  }

  #detectionFacts(model: RiskModel): Record<string, DetectionFacts> {
    const known = new Set(this.#spoor.rules.names());
    return Object.fromEntries(
      model.detections.map(({ id }) => {
        const fired = known.has(id) ? this.#spoor.store.detections({ rule: id, limit: 1 })[0] : undefined;
        const tested = known.has(id) ? this.#spoor.rules.testedMs(id) : undefined;
        return [
          id,
          {
            lastFired: fired ? new Date(Number(fired.eventTimeUs / 1000n)).toISOString() : null,
            lastTest: tested === undefined ? null : new Date(tested).toISOString(),
          },
        ];
      }),
    );
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
    return sources.names().map((name) => {
      const { healthyShare, hosts } = this.measures.of(name);
      return {
        name,
        bytesPerDay: sources.bytesPerDay(name),
        cost: sources.files.definition(name)?.cost ?? null,
        healthyShare,
        ...(hosts === null ? {} : { hosts: { "*": hosts } }),
      };
    });
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

/** The model without the days on which it was measured: they move no figure. */
function figuresKey(model: RiskModel): string {
  return JSON.stringify(model, (key, value) => (key === "date" ? undefined : bigintText(key, value)));
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
