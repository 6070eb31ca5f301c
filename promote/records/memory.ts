import type {
  Action,
  Activity,
  Alert,
  Case,
  Detection,
  Forecast,
  ForecastResolution,
  Outcome,
  RecordStore,
  ReplayProof,
  RuleProgress,
  Run,
  RunMode,
} from "./records.ts";
import type { RuleControl } from "./rule-control.ts";
import type { MissedRun, RuleTrouble } from "./rule-watch.ts";

interface Tables {
  readonly detections: Map<string, Detection>;
  readonly cased: Set<string>;
  readonly runs: Map<string, Run>;
  readonly progress: Map<string, RuleProgress>;
  readonly cases: Map<string, Case>;
  readonly alerts: Map<string, Alert>;
  readonly actions: Map<string, Action>;
  readonly outcomes: Map<string, Outcome>;
  readonly forecasts: Map<string, Forecast>;
  readonly resolutions: Map<string, ForecastResolution>;
  readonly proofs: Map<string, ReplayProof>;
  readonly activities: Map<number, Activity>;
  /** Ids of detections whose alert knows that they are withdrawn. */
  readonly told: Set<string>;
  readonly controls: Map<string, RuleControl>;
  readonly missed: Map<string, MissedRun>;
  readonly troubles: Map<string, RuleTrouble>;
  readonly claims: Map<string, { readonly holder: string; readonly untilMs: number }>;
}

function emptyTables(): Tables {
  return {
    detections: new Map(),
    cased: new Set(),
    runs: new Map(),
    progress: new Map(),
    cases: new Map(),
    alerts: new Map(),
    actions: new Map(),
    outcomes: new Map(),
    forecasts: new Map(),
    resolutions: new Map(),
    proofs: new Map(),
    activities: new Map(),
    told: new Set(),
    controls: new Map(),
    missed: new Map(),
    troubles: new Map(),
    claims: new Map(),
  };
}

function copyTables(tables: Tables): Tables {
  return Object.fromEntries(
    Object.entries(tables).map(([name, table]) => [
      name,
      table instanceof Set ? new Set(table) : new Map(table),
    ]),
  ) as unknown as Tables;
}

function key(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function limited<T>(values: readonly T[], limit: number | undefined): T[] {
  return limit === undefined ? [...values] : values.slice(0, limit);
}

function newestFirst<T>(values: Iterable<T>, atOf: (value: T) => number): T[] {
  return [...values].reverse().sort((left, right) => atOf(right) - atOf(left));
}

function byTime(left: Detection, right: Detection): number {
  if (left.eventTimeUs !== right.eventTimeUs) return left.eventTimeUs < right.eventTimeUs ? -1 : 1;
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}

/** Records that live as long as the process: for tests and trials. Transactions roll back as those on disk do. */
export class MemoryRecordStore implements RecordStore {
  #tables = emptyTables();
  #depth = 0;

  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    const before = copyTables(this.#tables);
    this.#depth += 1;
    try {
      return work();
    } catch (error) {
      this.#tables = before;
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  putDetections(detections: readonly Detection[]): {
    inserted: Detection[];
    updated: Detection[];
    unchanged: number;
  } {
    const inserted: Detection[] = [];
    const updated: Detection[] = [];
    let unchanged = 0;
    for (const detection of detections) {
      const known = this.#tables.detections.get(detection.id);
      if (known === undefined) {
        this.#tables.detections.set(detection.id, detection);
        inserted.push(detection);
      } else if (known.rowsHash !== detection.rowsHash || known.withdrawnMs !== undefined) {
        const merged = { ...detection, detectedMs: known.detectedMs, stage: known.stage };
        this.#tables.detections.set(detection.id, merged);
        updated.push(merged);
      } else unchanged += 1;
    }
    return { inserted, updated, unchanged };
  }

  detections(filter: {
    rule?: string;
    ruleVersion?: string;
    afterUs?: bigint;
    untilUs?: bigint;
    limit?: number;
    withdrawn?: "only" | "too";
  }): Detection[] {
    const found = [...this.#tables.detections.values()].filter(
      (detection) =>
        (filter.withdrawn === "too" ||
          (detection.withdrawnMs !== undefined) === (filter.withdrawn === "only")) &&
        (filter.rule === undefined || detection.rule === filter.rule) &&
        (filter.ruleVersion === undefined || detection.ruleVersion === filter.ruleVersion) &&
        (filter.afterUs === undefined || detection.eventTimeUs > filter.afterUs) &&
        (filter.untilUs === undefined || detection.eventTimeUs <= filter.untilUs),
    );
    found.sort((left, right) =>
      left.eventTimeUs === right.eventTimeUs
        ? left.id < right.id
          ? -1
          : 1
        : left.eventTimeUs > right.eventTimeUs
          ? -1
          : 1,
    );
    return limited(found, filter.limit);
  }

  withdrawDetections(
    slice: { rule: string; ruleVersion: string; afterUs: bigint; untilUs: bigint },
    found: ReadonlySet<string>,
    withdrawnMs: number,
    reason: string,
  ): Detection[] {
    const gone = this.detections(slice)
      .filter(({ id }) => !found.has(id))
      .map((detection) => ({ ...detection, withdrawnMs, withdrawnReason: reason }));
    for (const detection of gone) this.#tables.detections.set(detection.id, detection);
    return gone;
  }

  untoldWithdrawals(limit: number): Detection[] {
    const found = [...this.#tables.detections.values()].filter(
      ({ id, withdrawnMs }) =>
        this.#tables.cased.has(id) && (withdrawnMs !== undefined) !== this.#tables.told.has(id),
    );
    return limited(found.sort(byTime), limit);
  }

  putWithdrawalTold(id: string): void {
    if (this.detection(id)?.withdrawnMs === undefined) this.#tables.told.delete(id);
    else this.#tables.told.add(id);
  }

  detection(id: string): Detection | undefined {
    return this.#tables.detections.get(id);
  }

  uncasedDetections(limit: number): Detection[] {
    const found = [...this.#tables.detections.values()].filter(
      ({ id, stage, withdrawnMs }) =>
        stage === "paging" && withdrawnMs === undefined && !this.#tables.cased.has(id),
    );
    return limited(found.sort(byTime), limit);
  }

  uncasedRules(): string[] {
    return [...new Set(this.uncasedDetections(Number.MAX_SAFE_INTEGER).map(({ rule }) => rule))].sort();
  }

  stopPaging(rule: string): number {
    const held = this.uncasedDetections(Number.MAX_SAFE_INTEGER).filter(
      (detection) => detection.rule === rule,
    );
    for (const detection of held)
      this.#tables.detections.set(detection.id, { ...detection, stage: "staged" });
    return held.length;
  }

  putRun(run: Run): void {
    this.#tables.runs.set(run.id, run);
  }

  run(id: string): Run | undefined {
    return this.#tables.runs.get(id);
  }

  runs(filter: { rule?: string; limit?: number }): Run[] {
    const found = [...this.#tables.runs.values()].filter(
      ({ rule }) => filter.rule === undefined || rule === filter.rule,
    );
    return limited(
      newestFirst(found, ({ startedMs }) => startedMs),
      filter.limit,
    );
  }

  progress(rule: string, ruleVersion: string, mode: RunMode): RuleProgress | undefined {
    return this.#tables.progress.get(key(rule, ruleVersion, mode));
  }

  putProgress(progress: RuleProgress): void {
    this.#tables.progress.set(key(progress.rule, progress.ruleVersion, progress.mode), progress);
  }

  progressVersions(): { readonly rule: string; readonly ruleVersion: string }[] {
    const found = [...this.#tables.progress.values()]
      .filter(({ ruleVersion }) => !ruleVersion.includes("/"))
      .map(({ rule, ruleVersion }) => key(rule, ruleVersion));
    return [...new Set(found)].sort().map((text) => {
      const [rule, ruleVersion] = JSON.parse(text) as [string, string];
      return { rule, ruleVersion };
    });
  }

  dropProgress(rule: string, keepVersion: string | null): void {
    for (const [id, progress] of this.#tables.progress) {
      if (progress.rule !== rule || progress.ruleVersion.split("/")[0] === keepVersion) continue;
      this.#tables.progress.delete(id);
    }
  }

  putCase(value: Case): void {
    this.#tables.cases.set(value.id, value);
    for (const id of value.detectionIds) this.#tables.cased.add(id);
  }

  cases(filter: { limit?: number }): Case[] {
    return limited(
      newestFirst(this.#tables.cases.values(), ({ openedMs }) => openedMs),
      filter.limit,
    );
  }

  waitingCases(): Case[] {
    return this.cases({})
      .filter(({ waitsForRoom }) => waitsForRoom === true)
      .reverse();
  }

  dissolveCase(id: string): void {
    for (const detection of this.case(id)?.detectionIds ?? []) {
      this.#tables.cased.delete(detection);
      this.#tables.told.delete(detection);
    }
    this.#tables.cases.delete(id);
  }

  case(id: string): Case | undefined {
    return this.#tables.cases.get(id);
  }

  putAlert(alert: Alert): void {
    this.#tables.alerts.set(alert.id, alert);
  }

  alerts(filter: { state?: Alert["state"]; rule?: string; openedAfterMs?: number; limit?: number }): Alert[] {
    const found = [...this.#tables.alerts.values()].filter(
      ({ state, rule, openedMs }) =>
        (filter.openedAfterMs === undefined || openedMs > filter.openedAfterMs) &&
        (filter.state === undefined || state === filter.state) &&
        (filter.rule === undefined || rule === filter.rule),
    );
    return limited(
      newestFirst(found, ({ openedMs }) => openedMs),
      filter.limit,
    );
  }

  alert(id: string): Alert | undefined {
    return this.#tables.alerts.get(id);
  }

  putAction(action: Action): void {
    this.#tables.actions.set(action.id, action);
  }

  #actions(): Action[] {
    return [...this.#tables.actions.values()].sort((left, right) => left.startedMs - right.startedMs);
  }

  actions(alertId: string): Action[] {
    return this.#actions().filter((action) => action.alertId === alertId);
  }

  unfinishedActions(): Action[] {
    return this.#actions().filter(({ state }) => state === "started");
  }

  putOutcome(outcome: Outcome): void {
    if (this.#tables.outcomes.has(outcome.alertId)) {
      throw new Error(`Alert ${outcome.alertId} has an outcome already.`);
    }
    this.#tables.outcomes.set(outcome.alertId, outcome);
  }

  outcomes(filter: { rule?: string; limit?: number }): Outcome[] {
    const found = [...this.#tables.outcomes.values()].filter(
      ({ rule }) => filter.rule === undefined || rule === filter.rule,
    );
    return limited(
      newestFirst(found, ({ recordedMs }) => recordedMs),
      filter.limit,
    );
  }

  outcome(alertId: string): Outcome | undefined {
    return this.#tables.outcomes.get(alertId);
  }

  putForecast(forecast: Forecast): void {
    if (!this.#tables.forecasts.has(forecast.id)) this.#tables.forecasts.set(forecast.id, forecast);
  }

  forecasts(filter: { subject?: string; open?: boolean; limit?: number }): Forecast[] {
    const found = [...this.#tables.forecasts.values()].filter(
      ({ id, subject }) =>
        (filter.subject === undefined || subject === filter.subject) &&
        (filter.open === undefined || !this.#tables.resolutions.has(id) === filter.open),
    );
    return limited(
      newestFirst(found, ({ createdMs }) => createdMs),
      filter.limit,
    );
  }

  resolveForecast(resolution: ForecastResolution): void {
    if (!this.#tables.resolutions.has(resolution.forecastId)) {
      this.#tables.resolutions.set(resolution.forecastId, resolution);
    }
  }

  resolutions(): ForecastResolution[] {
    return [...this.#tables.resolutions.values()].sort((left, right) => left.resolvedMs - right.resolvedMs);
  }

  putProof(proof: ReplayProof): void {
    this.#tables.proofs.set(key(proof.rule, proof.ruleVersion), proof);
  }

  proof(rule: string, ruleVersion: string): ReplayProof | undefined {
    return this.#tables.proofs.get(key(rule, ruleVersion));
  }

  putActivity(activity: Activity): void {
    this.#tables.activities.set(this.#tables.activities.size, activity);
  }

  putRuleControl(control: RuleControl): void {
    this.#tables.controls.set(control.id, control);
  }

  ruleControls(filter: { rule?: string; limit?: number }): RuleControl[] {
    const found = [...this.#tables.controls.values()].filter(
      ({ rule }) => filter.rule === undefined || rule === filter.rule,
    );
    return limited(
      newestFirst(found, ({ atMs }) => atMs),
      filter.limit,
    );
  }

  putMissedRun(missed: MissedRun): void {
    this.#tables.missed.set(missed.id, missed);
  }

  missedRuns(filter: { rule?: string; open?: boolean; limit?: number }): MissedRun[] {
    const found = [...this.#tables.missed.values()].filter(
      ({ rule, refilledMs }) =>
        (filter.rule === undefined || rule === filter.rule) &&
        (filter.open === undefined || (refilledMs === null) === filter.open),
    );
    return limited(
      newestFirst(found, ({ dueMs }) => dueMs),
      filter.limit,
    );
  }

  putTrouble(trouble: RuleTrouble): void {
    this.#tables.troubles.set(trouble.id, trouble);
  }

  troubles(filter: { rule?: string; open?: boolean; limit?: number }): RuleTrouble[] {
    const found = [...this.#tables.troubles.values()].filter(
      ({ rule, endedMs }) =>
        (filter.rule === undefined || rule === filter.rule) &&
        (filter.open === undefined || (endedMs === null) === filter.open),
    );
    return limited(
      newestFirst(found, ({ sinceMs }) => sinceMs),
      filter.limit,
    );
  }

  claimRule(rule: string, holder: string, nowMs: number, untilMs: number): boolean {
    const known = this.#tables.claims.get(rule);
    if (known !== undefined && known.holder !== holder && known.untilMs > nowMs) return false;
    this.#tables.claims.set(rule, { holder, untilMs });
    return true;
  }

  releaseRule(rule: string, holder: string): void {
    if (this.#tables.claims.get(rule)?.holder === holder) this.#tables.claims.delete(rule);
  }

  releaseOthers(holder: string): void {
    for (const [rule, claim] of this.#tables.claims) {
      if (claim.holder !== holder) this.#tables.claims.delete(rule);
    }
  }

  activities(filter: { limit?: number }): Activity[] {
    return limited([...this.#tables.activities.values()].reverse(), filter.limit);
  }
}
