import { createHash } from "node:crypto";
import { IssuesError } from "../../connectors/issue/issue.ts";
import type { Forecast, ForecastResolution } from "../../promote/records/records.ts";
import { distributionMean } from "../../promote/risk/distribution.ts";
import {
  inputForecast,
  measurableInputs,
  minutesForecast,
  minutesIn,
  monthAfter,
  type RuleHistory,
  SETTLING_MS,
  testsForecast,
  typicalMinutes,
  volumeForecast,
} from "../../promote/risk/forecast-made.ts";
import type { Quantity, RiskModel } from "../../promote/risk/model.ts";
import { RefusedError } from "../refused.ts";
import { Repeating } from "../repeating.ts";
import type { LoadedRule } from "../rule/loaded-rule.ts";
import type { Spoor } from "../spoor.ts";

const TURN_MS = 60_000;
const DAY_MS = 86_400_000;
const MONTH_DAYS = 365.25 / 12;

/**
 * Writes forecasts down before their outcome can be known, and what came of them after. Ids are made of what is
 * forecast, so that turn after turn and start after start the same forecast is recorded once; none is ever changed.
 */
export class ForecastDesk {
  readonly #spoor: Spoor;
  readonly #turns: Repeating;
  #noted = "";

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#turns = new Repeating(
      TURN_MS,
      () => this.turn(),
      (error) => this.#note(error),
    );
  }

  /** Takes a turn now and every minute from now on. */
  start(): void {
    this.#turns.start(0);
  }

  stop(): Promise<void> {
    return this.#turns.stop();
  }

  /** Records what is to be forecast by now and resolves what has passed. */
  async turn(): Promise<void> {
    const active = await this.#spoor.rules.active();
    const rules: RuleHistory[] = [];
    for (const { rule } of active) {
      const backtest = this.#spoor.rules.backtestOf(rule.name);
      rules.push({
        name: rule.name,
        title: rule.title,
        version: rule.version,
        sources: await this.#spoor.rules.sourcesOf(rule.name),
        expectedAlertsPerWeek: rule.expectedAlertsPerWeek,
        ...this.#observed(
          rule.name,
          backtest?.from ?? null,
          backtest?.until ?? null,
          backtest?.detections ?? 0,
        ),
      });
    }
    if (this.#turns.stopped) return;
    const { store } = this.#spoor;
    store.transaction(() => {
      const open = store.forecasts({ open: true });
      this.#resolve(open, new Set(rules.map(({ name }) => name)));
      this.#forecastMonth(rules);
      this.#forecastInputs(open);
    });
  }

  /** Before a rule's tests run: what is expected of them. Null when the rule has none. */
  beforeTests(loaded: LoadedRule): Forecast | null {
    const { rule, files } = loaded;
    if (rule === null || Object.keys(files.tests).length === 0) return null;
    const { store } = this.#spoor;
    const filesHash = createHash("sha256").update(JSON.stringify(files.tests)).digest("hex").slice(0, 12);
    const runs = store.resolutions().filter(({ forecastId }) => forecastId.startsWith("tests:"));
    const tally = (of: readonly ForecastResolution[]) => ({
      passed: of.filter(({ outcome }) => outcome === 1).length,
      run: of.length,
    });
    const forecast = testsForecast(
      { name: rule.name, title: rule.title, version: rule.version, filesHash },
      tally(runs.filter(({ forecastId }) => forecastId.startsWith(`tests:${rule.name}:`))),
      tally(runs),
      this.#spoor.clock(),
    );
    store.putForecast(forecast);
    return forecast;
  }

  /** After the tests ran; the first run of the same files counts. */
  testsRan(forecast: Forecast, passed: boolean): void {
    this.#spoor.store.resolveForecast({
      forecastId: forecast.id,
      outcome: passed ? 1 : 0,
      // A quick test ends in the millisecond in which it began, and yet after it.
      resolvedMs: Math.max(this.#spoor.clock(), forecast.createdMs + 1),
    });
  }

  /** What was counted of a rule: by its backtest, and since then as it ran. */
  #observed(
    rule: string,
    from: string | null,
    until: string | null,
    detections: number,
  ): Pick<RuleHistory, "observedDetections" | "observedDays"> {
    if (from === null || until === null) return { observedDetections: 0, observedDays: 0 };
    const [fromMs, untilMs, nowMs] = [Date.parse(from), Date.parse(until), this.#spoor.clock()];
    const since = nowMs > untilMs ? this.#count(rule, untilMs, nowMs) : 0;
    return {
      observedDetections: detections + since,
      observedDays: Math.max(0, (Math.max(untilMs, nowMs) - fromMs) / DAY_MS),
    };
  }

  /** Detections with an event time from `fromMs` up to, not including, `untilMs`. */
  #count(rule: string, fromMs: number, untilMs: number): number {
    return this.#spoor.store.detectionCountBetween(
      rule,
      BigInt(Math.floor(fromMs)) * 1000n - 1n,
      BigInt(Math.floor(untilMs)) * 1000n - 1n,
    );
  }

  /** Once a month, and again for another version of a rule: what the next month will bring. */
  #forecastMonth(rules: readonly RuleHistory[]): void {
    const { store } = this.#spoor;
    const nowMs = this.#spoor.clock();
    const month = monthAfter(nowMs);
    for (const rule of rules) {
      store.putForecast(
        volumeForecast(rule, month, nowMs, store.forecasts({ subject: `volume:${rule.name}` })),
      );
      if (!this.#spoor.rules.pages(rule.name)) continue;
      const outcomes = store.outcomes({ rule: rule.name });
      const oldestMs = outcomes.at(-1)?.recordedMs ?? nowMs;
      const months = Math.max(1, (nowMs - oldestMs) / DAY_MS / MONTH_DAYS);
      store.putForecast(
        minutesForecast(
          rule,
          outcomes.map(({ minutes }) => minutes),
          outcomes.length / months,
          month,
          nowMs,
          store.forecasts({ subject: `minutes:${rule.name}` }),
        ),
      );
    }
  }

  /** Intervals of what nobody has measured, and what was measured since. */
  #forecastInputs(open: readonly Forecast[]): void {
    const models = this.#models();
    if (models === null) return;
    const { store } = this.#spoor;
    const nowMs = this.#spoor.clock();
    const bySubject = Map.groupBy(
      open.filter(({ id }) => id.startsWith("input:")),
      ({ subject }) => subject,
    );
    const written = new Map(measurableInputs(models.written).map((input) => [input.name, input]));
    for (const measured of measurableInputs(models.measured)) {
      const before = bySubject.get(measured.name) ?? [];
      const seen = this.#seen(measured.name, measured.quantity);
      if (seen === null) {
        const input = written.get(measured.name);
        const forecast = input ? inputForecast(input, nowMs, before) : null;
        if (forecast !== null) store.putForecast(forecast);
        continue;
      }
      const resolvedMs = Math.min(nowMs, seen.knownMs);
      for (const { id } of before) store.resolveForecast({ forecastId: id, outcome: seen.share, resolvedMs });
    }
  }

  /**
   * What measuring an input gave: the share that was seen, where it is on record, and when the day of the first look
   * ended, whenever it was entered; null while nobody measured.
   */
  #seen(name: string, quantity: Quantity): { readonly share: number; readonly knownMs: number } | null {
    const source = name.replace(/\/[^/]*$/, "");
    const seen = this.#spoor.risk
      .observations()
      .filter(({ input }) => input === name || (name.startsWith("coverage:") && input === source));
    const trials = seen.reduce((sum, entry) => sum + entry.trials, 0);
    if (trials > 0) {
      const share = seen.reduce((sum, entry) => sum + entry.hits, 0) / trials;
      return { share, knownMs: Math.min(...seen.map(({ date }) => Date.parse(date))) + DAY_MS };
    }
    if (quantity.origin !== "measured") return null;
    const dayMs = quantity.date === "" ? Number.NaN : Date.parse(quantity.date);
    return {
      share: distributionMean(quantity.distribution),
      knownMs: Number.isNaN(dayMs) ? Number.POSITIVE_INFINITY : dayMs + DAY_MS,
    };
  }

  #resolve(open: readonly Forecast[], watching: ReadonlySet<string>): void {
    const { store } = this.#spoor;
    const nowMs = this.#spoor.clock();
    for (const forecast of open) {
      const outcome = this.#outcomeOf(forecast, nowMs, watching);
      if (outcome !== null) store.resolveForecast({ forecastId: forecast.id, outcome, resolvedMs: nowMs });
    }
  }

  /** What came of a month or week that has passed; null while it is not over, or nobody can say. */
  #outcomeOf(forecast: Forecast, nowMs: number, watching: ReadonlySet<string>): number | null {
    const { id, resolveByMs, createdMs } = forecast;
    const [kind, rule = ""] = forecast.subject.split(":");
    if (kind === "volume" && forecast.outcomeFromMs !== undefined) {
      // A rule that does not watch any more counted nothing: silence of it is no outcome.
      if (nowMs < resolveByMs || !watching.has(rule)) return null;
      return this.#count(rule, forecast.outcomeFromMs, resolveByMs - SETTLING_MS);
    }
    if (kind === "rule" && forecast.kind === "count" && id.startsWith("alerts:")) {
      if (nowMs < resolveByMs + SETTLING_MS || !watching.has(rule)) return null;
      return this.#count(rule, createdMs, resolveByMs);
    }
    if (kind === "minutes" && forecast.outcomeFromMs !== undefined && nowMs >= resolveByMs) {
      const outcomes = this.#spoor.store.outcomes({ rule });
      return typicalMinutes(minutesIn(outcomes, { startMs: forecast.outcomeFromMs, endMs: resolveByMs }));
    }
    return null;
  }

  #models(): { readonly written: RiskModel; readonly measured: RiskModel } | null {
    try {
      return { written: this.#spoor.risk.model(), measured: this.#spoor.risk.measuredModel() };
    } catch (error) {
      // The risk page tells what is wrong with the model.
      if (error instanceof RefusedError || error instanceof IssuesError) return null;
      throw error;
    }
  }

  #note(error: unknown): void {
    const text = `Forecasts wait: ${error instanceof Error ? error.message : String(error)}`;
    if (text !== this.#noted && !this.#turns.stopped) this.#spoor.note(text);
    this.#noted = text;
  }
}
