import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Issue } from "../../connectors/issue/issue.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import { bindInterpolations } from "../../notebooks/document/bind-interpolations.ts";
import type { NotebookCell } from "../../notebooks/document/notebook.ts";
import { parseNotebook } from "../../notebooks/document/notebook-html.ts";
import { sqlCellOf } from "../../notebooks/document/transpile-cells.ts";
import { QueryError, type QueryParameter } from "../../notebooks/engine/engine.ts";
import { currentIn } from "../../notebooks/hunt/current-power.ts";
import {
  checkNeed,
  type DatasetFacts,
  type NeedHealth,
  type WantedTime,
  worstHealth,
} from "../../notebooks/hunt/data-health.ts";
import { drawOrder } from "../../notebooks/hunt/draw-order.ts";
import { writeExactly } from "../../notebooks/hunt/event-template.ts";
import { type DataNeed, type HuntRecord, huntOf } from "../../notebooks/hunt/hunt-record.ts";
import {
  eventOf,
  measurePower,
  type PowerOptions,
  type PowerReport,
} from "../../notebooks/hunt/measure-power.ts";
import { latestPower } from "../../notebooks/hunt/power-sentence.ts";
import { nextTurn, turnsBetween } from "../../notebooks/hunt/schedule.ts";
import { diffRuns, type RunDiff } from "../../notebooks/run/diff-runs.ts";
import { pinDatasets } from "../../notebooks/run/pin-datasets.ts";
import { comparableRun, type NotebookRun, runNotebook } from "../../notebooks/run/run-notebook.ts";
import { type RunRecord, serializeRun, withoutSegments } from "../../notebooks/run/run-record.ts";
import { startQuery } from "../../notebooks/run/start-query.ts";
import { frameScript } from "../bundle.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { notFound, RefusedError } from "../refused.ts";
import { Repeating } from "../repeating.ts";
import { timeSpan } from "../source/event-rate.ts";
import type { Spoor } from "../spoor.ts";
import type { HuntRunStore } from "./hunt-run-store.ts";
import type {
  DrawnEvent,
  HeadlessRun,
  HuntRunDetail,
  HuntRunSummary,
  HuntSummary,
  LockSummary,
} from "./hunt-types.ts";
import { LockFiles } from "./lock-files.ts";
import { withPinnedEngine } from "./pinned-engine.ts";

const TICK_MS = 5_000;
/** A scheduled turn that was begun so often and never ended is given up. */
const MOST_ATTEMPTS = 2;
/** Entities that an event is given other values of. */
const DRAWN_ENTITIES = new Set(["host", "user", "ip"]);

type Parameters = Readonly<Record<string, QueryParameter>>;

export interface HeadlessRequest {
  readonly html: string;
  readonly name: string;
  readonly parameters: Parameters;
  readonly by: string;
  /** `lock` makes a lock of the run; `locked` reads the locked data; `compare` reads today's and says what changed. */
  readonly mode: "plain" | "lock" | "locked" | "compare";
  readonly lock: RunRecord | null;
  /** Whether the report runs the notebook's JavaScript when it is opened. */
  readonly withPrograms: boolean;
}

export type PowerRequest = Pick<
  PowerOptions,
  "cell" | "sql" | "parameters" | "templates" | "count" | "seed" | "variants" | "ordinary" | "by"
>;

/** Hunts: what their records say, their runs, their locks and their power. */
export class HuntDesk {
  readonly runs: HuntRunStore;
  readonly locks: LockFiles;
  readonly #spoor: Spoor;
  readonly #ticks: Repeating;
  readonly #stopping = new AbortController();
  readonly #records = new Map<string, { readonly stamp: string; readonly read: ReadHunt }>();
  /** One run of a hunt at a time. */
  readonly #running = new Set<string>();

  constructor(spoor: Spoor, runs: HuntRunStore) {
    this.#spoor = spoor;
    this.runs = runs;
    this.locks = new LockFiles(spoor.layout.notebooks);
    this.#ticks = new Repeating(
      TICK_MS,
      () => this.tick(),
      (error) => {
        if (!this.#ticks.stopped) spoor.note(`hunts: ${String((error as Error).stack ?? error)}`);
      },
    );
  }

  /** Runs scheduled hunts from now on, one after another, beside everything else. */
  start(): void {
    this.#ticks.start();
  }

  async stop(): Promise<void> {
    const stopped = this.#ticks.stop();
    this.#stopping.abort(new Error("Spoor stops."));
    await stopped;
  }

  /**
   * Runs what is due. Turns that came while nobody ran them are counted, and made good by one run. A hunt that throws
   * stops no other one; a turn whose run never ended is tried MOST_ATTEMPTS times, then recorded as failed and left.
   */
  async tick(): Promise<void> {
    for (const { name } of this.#spoor.notebooks.list()) {
      if (this.#ticks.stopped) return;
      try {
        await this.#runDue(name);
      } catch (error) {
        if (this.#ticks.stopped) return;
        this.#spoor.note(`hunt ${name}: ${String((error as Error).stack ?? error)}`);
      }
    }
  }

  async #runDue(name: string): Promise<void> {
    const { schedule } = this.#read(name).record ?? {};
    if (!schedule) return;
    const text = `${schedule.cron} ${schedule.zone}`;
    const nowMs = this.#spoor.clock();
    const sinceMs = this.runs.scheduledSinceMs(name, text, nowMs);
    if (schedule.paused) {
      // What comes while it is paused is not missed.
      if (nowMs - sinceMs > 60_000) this.runs.setScheduled(name, text, nowMs);
      return;
    }
    const turns = turnsBetween(schedule, sinceMs, nowMs);
    const [first, last] = [turns[0], turns.at(-1)];
    if (first === undefined || last === undefined || this.#running.has(name)) return;
    const missed = turns.length - 1;
    const attempts = this.runs.attempts(name, first);
    if (attempts >= MOST_ATTEMPTS) {
      const error = `It was begun ${attempts} times and never ended: Spoor tries again at its next turn.`;
      const run = failedRun(
        {
          id: randomUUID(),
          hunt: name,
          trigger: "schedule",
          by: "schedule",
          started: new Date(nowMs).toISOString(),
          missed,
          seen: null,
        },
        0,
        error,
      );
      this.runs.put(run);
      this.runs.setScheduled(name, text, last);
      this.#spoor.note(`hunt ${name}: ${error}`);
      return;
    }
    this.runs.setAttempts(name, first, attempts + 1);
    try {
      await this.run(
        name,
        { trigger: "schedule", by: "schedule", parameters: {}, missed },
        this.#stopping.signal,
      );
    } finally {
      // A stop is no failure of the hunt.
      if (this.#ticks.stopped) this.runs.setAttempts(name, first, attempts);
    }
    if (!this.#ticks.stopped) this.runs.setScheduled(name, text, last);
  }

  /**
   * Runs a hunt of the workspace over the data as they are now and records it. A run that fails is recorded as such and
   * does not throw; an abort throws and records nothing. Throws RefusedError for a hunt that is not there or runs already.
   */
  async run(
    name: string,
    request: {
      readonly trigger: HuntRunSummary["trigger"];
      readonly by: string;
      readonly parameters: Parameters;
      readonly missed: number;
    },
    signal: AbortSignal,
    onProgress?: (share: number, message: string) => void,
  ): Promise<HuntRunDetail> {
    const file = this.#spoor.notebooks.read(name);
    if (!file) throw notFound(`Notebook ${name}`);
    if (this.#running.has(name)) throw new RefusedError(409, `The hunt ${name} is running already.`);
    this.#running.add(name);
    const startedMs = this.#spoor.clock();
    const facts = {
      id: randomUUID(),
      hunt: name,
      trigger: request.trigger,
      by: request.by,
      started: new Date(startedMs).toISOString(),
      missed: request.missed,
      seen: null,
    };
    try {
      const run = await this.#runOver(
        { html: file.html, name, parameters: inOrder(request.parameters), by: request.by },
        signal,
        onProgress,
      );
      const record = withoutSegments(run.record);
      const before = this.runs.lastComplete(name, record.parameters);
      const diff = before?.record ? await diffRuns(before.record, comparableRun(run)) : null;
      const told = {
        ...facts,
        elapsedMs: this.#spoor.clock() - startedMs,
        complete: run.complete,
        changed: changeOf(diff),
        rowsAdded: sumRows(diff, "added"),
        rowsRemoved: sumRows(diff, "removed"),
        dataHash: run.dataHash,
        record,
        diff,
        comparedTo: before?.id ?? null,
      };
      const failed = run.cells.filter(({ state }) => state === "failed" || state === "unresolved");
      const detail: HuntRunDetail = {
        ...told,
        state: failed.length > 0 ? "failed" : "succeeded",
        error:
          failed.length > 0 ? failed.map(({ id, message }) => `cell ${id}: ${message}`).join("; ") : null,
      };
      this.runs.put(detail);
      this.#spoor.record(request.by, "ran hunt", `notebook:${name}`, tellRun(detail));
      return detail;
    } catch (error) {
      if (signal.aborted || (error instanceof QueryError && error.kind === "cancelled")) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const detail = failedRun(facts, this.#spoor.clock() - startedMs, message);
      this.runs.put(detail);
      return detail;
    } finally {
      this.#running.delete(name);
    }
  }

  /** Runs a notebook without a page; see HeadlessRequest. Throws RefusedError(409) for a lock of an incomplete run. */
  async headless(
    request: HeadlessRequest,
    context: JobContext | { readonly signal: AbortSignal },
  ): Promise<HeadlessRun> {
    const { lock, mode } = request;
    if (lock === null && (mode === "locked" || mode === "compare")) {
      throw new RefusedError(404, "There is no lock file to run against: make one with --lock first.");
    }
    const present = this.#spoor.registry.list();
    const pin = lock && mode === "locked" ? pinDatasets(lock, present) : null;
    const isPinned = pin !== null && Object.keys(pin.missing).length === 0;
    const parameters =
      lock && mode !== "lock" ? { ...lock.parameters, ...request.parameters } : request.parameters;
    const run = await this.#runOver(
      { ...request, parameters },
      context.signal,
      "report" in context ? context.report : undefined,
      isPinned ? pin.datasets : present,
      request.withPrograms ? await frameScript() : undefined,
    );
    if (mode === "lock" && run.record.cells.length === 0)
      throw new RefusedError(409, "The notebook has no SQL cell: there is no answer to lock.");
    if (mode === "lock" && !run.complete) {
      throw new RefusedError(
        409,
        "Only a run whose every SQL cell gave all of its rows can be locked.",
        incompleteCells(run),
      );
    }
    return {
      html: run.html,
      cells: run.cells,
      dataHash: run.dataHash,
      complete: run.complete,
      record: withoutSegments(run.record),
      lock: mode === "lock" ? serializeRun(run.record) : null,
      diff: lock && mode !== "lock" && mode !== "plain" ? await diffRuns(lock, comparableRun(run)) : null,
      pinned: isPinned,
      missingSegments: pin?.missing ?? {},
    };
  }

  /** Locks a hunt of the workspace to the data as they are now. */
  async lock(name: string, by: string, context: JobContext): Promise<LockSummary> {
    const file = this.#file(name);
    const run = await this.headless(
      { html: file.html, name, parameters: {}, by, mode: "lock", lock: null, withPrograms: false },
      context,
    );
    const record = JSON.parse(run.lock!) as RunRecord;
    this.locks.write(name, record);
    this.#spoor.record(by, "locked hunt", `notebook:${name}`, `data ${record.dataHash.slice(0, 12)}`);
    return this.lockSummary(name)!;
  }

  /** Runs a hunt of the workspace against its lock. */
  runLocked(name: string, mode: "locked" | "compare", by: string, context: JobContext): Promise<HeadlessRun> {
    const file = this.#file(name);
    const lock = this.locks.read(name);
    return this.headless(
      { html: file.html, name, parameters: {}, by, mode, lock, withPrograms: false },
      context,
    );
  }

  lockSummary(name: string): LockSummary | null {
    const lock = this.locks.read(name);
    if (lock === null) return null;
    const { missing } = pinDatasets(lock, this.#spoor.registry.list());
    return {
      at: lock.at,
      by: lock.by,
      engineVersion: lock.engineVersion,
      dataHash: lock.dataHash,
      cells: lock.cells.length,
      datasets: Object.fromEntries(
        Object.entries(lock.datasets).map(([dataset, { version, rowCount }]) => [
          dataset,
          { version, rowCount },
        ]),
      ),
      recorded: lock.recorded,
      missingSegments: missing,
    };
  }

  /** Measures a query's power in a copy of the data. */
  async power(request: PowerRequest, context: JobContext): Promise<PowerReport> {
    const datasets = this.#spoor.registry.list();
    const release = this.#spoor.segmentHolds.hold(
      datasets.flatMap(({ segments }) => segments.map(({ path }) => path)),
    );
    try {
      return await measurePower({
        ...request,
        id: randomUUID(),
        datasets,
        ledgerTables: this.#spoor.recordedTables,
        definitionOf: (source) => this.#spoor.sources.files.definition(source),
        engineVersion: this.#spoor.engineVersion,
        directory: join(this.#spoor.layout.scratch, `power-${randomUUID()}`),
        clock: this.#spoor.clock,
        signal: context.signal,
        onProgress: context.report,
      });
    } finally {
      release();
    }
  }

  /** An ordinary event of a dataset to begin with: its time and entities as placeholders, else as it was. */
  async drawEvent(name: string, seed: number, signal: AbortSignal): Promise<DrawnEvent> {
    const dataset = this.#spoor.registry.get(name);
    if (!dataset) throw notFound(`Dataset ${name}`);
    const names = dataset.columns.map(({ name: column }) => column);
    const columns = names.map(quoteIdentifier);
    const answer = await this.#spoor.huntEngine.rows({
      sql: `SELECT ${columns.join(", ") || "_line"} FROM ${quoteIdentifier(name)} ORDER BY ${drawOrder(names)} LIMIT 1`,
      parameters: { seed },
      rowLimit: 1,
      signal,
    });
    const definition = this.#spoor.sources.files.definition(dataset.source);
    const row = answer.rows[0];
    const event: Record<string, unknown> = row ? { ...eventOf(row, dataset.columns) } : {};
    const timeKeys = new Set(definition?.time.fields ?? []);
    for (const key of Object.keys(event)) {
      if (timeKeys.has(key)) event[key] = "{{time}}";
    }
    for (const { field, kind } of definition?.entities ?? []) {
      const column = dataset.columns.find(({ name: own, key }) => own === field || key === field);
      if (column && column.key in event && DRAWN_ENTITIES.has(kind)) event[column.key] = `{{${column.name}}}`;
    }
    return { events: writeExactly(event), columns: dataset.columns.map(({ name: column }) => column) };
  }

  /** Whether the data that is needed is there and well. */
  health(needs: readonly DataNeed[], wanted: WantedTime): NeedHealth[] {
    return needs.map((need) => checkNeed(need, this.#facts(need.dataset), wanted));
  }

  /** The datasets that a notebook's SQL cells read, with those of their columns that the cells name. */
  async needsOf(html: string): Promise<DataNeed[]> {
    const columns = new Map<string, Set<string>>();
    for (const cell of parseNotebook(html).cells) {
      if (cell.mode !== "sql") continue;
      const parts = sqlCellOf(cell);
      if ("error" in parts) continue;
      const { sql } = bindInterpolations(
        parts.texts,
        parts.expressions.map(() => null),
      );
      const read = await this.#spoor.huntEngine.datasetsOf(sql).catch(() => []);
      const words = new Set(sql.toLowerCase().match(/[\w$@.]+/g) ?? []);
      for (const name of read) {
        const facts = this.#facts(name);
        if (!facts) continue;
        const own = columns.get(name) ?? new Set<string>();
        for (const column of facts.columns) {
          if (!column.startsWith("_") && words.has(column.toLowerCase())) own.add(column);
        }
        columns.set(name, own);
      }
    }
    return [...columns].map(([dataset, own]) => ({ dataset, columns: [...own], why: "" }));
  }

  /** Every hunt, the one changed last first. */
  summaries(): HuntSummary[] {
    return this.#spoor.notebooks.list().map(({ name, modifiedMs }) => this.#summary(name, modifiedMs));
  }

  #summary(name: string, modifiedMs: number): HuntSummary {
    const { title, record, cells } = this.#read(name);
    const hunt = record ?? NO_RECORD;
    const power = latestPower(
      hunt,
      currentIn({ cells }, (id) => startQuery(cells, id)),
    );
    const needs = this.health(hunt.dataNeeds, { from: hunt.timeFrom, until: hunt.timeUntil });
    const nextMs = hunt.schedule && nextTurn(hunt.schedule, this.#spoor.clock());
    return {
      name,
      title,
      hypothesis: hunt.hypothesis,
      techniques: hunt.techniques,
      state: hunt.state,
      findings: hunt.findings.length,
      incompleteFindings: hunt.findings.filter(({ complete }) => !complete).length,
      owner: hunt.owner,
      hours: hunt.hours,
      conclusion: hunt.conclusion,
      outcome: hunt.outcome,
      origin: hunt.origin,
      power: power && { injected: power.injected, found: power.found, low: power.low, high: power.high },
      schedule: hunt.schedule && { ...hunt.schedule, next: nextMs ? new Date(nextMs).toISOString() : null },
      lastRun: this.runs.runs(name, 1)[0] ?? null,
      unseenChange: this.runs.unseen(name)[0] ?? null,
      health: worstHealth(needs),
      needs,
      hasLock: this.locks.has(name),
      readable: record !== null,
      modified: new Date(modifiedMs).toISOString(),
    };
  }

  #file(name: string) {
    const file = this.#spoor.notebooks.read(name);
    if (!file) throw notFound(`Notebook ${name}`);
    return file;
  }

  /** Title and record of a notebook, parsed once for each of its revisions. */
  #read(name: string): ReadHunt {
    const file = this.#spoor.notebooks.read(name);
    const known = this.#records.get(name);
    if (!file) return { title: name, record: null, cells: [] };
    if (known?.stamp === file.revision) return known.read;
    const notebook = parseNotebook(file.html);
    const hunt = huntOf(notebook);
    const read = { title: notebook.title, record: hunt.ok ? hunt.value : null, cells: notebook.cells };
    this.#records.set(name, { stamp: file.revision, read });
    return read;
  }

  #facts(name: string): DatasetFacts | undefined {
    const dataset = this.#spoor.registry.get(name);
    if (!dataset) {
      const table = this.#spoor.recordedTables.find((recorded) => recorded.name === name);
      if (!table) return undefined;
      return {
        name,
        source: "spoor",
        columns: table.columns.map((column) => column.name),
        rowCount: table.count(),
        firstTime: null,
        lastTime: null,
        sourceProblems: [],
        isRecorded: true,
      };
    }
    const [first, last] = timeSpan([dataset]);
    return {
      name,
      source: dataset.source,
      columns: ["_time", "_ingested", "_file", "_line", ...dataset.columns.map((column) => column.name)],
      rowCount: dataset.segments.reduce((sum, segment) => sum + segment.rowCount, 0),
      firstTime: first === null ? null : formatInstant(first),
      lastTime: last === null ? null : formatInstant(last),
      sourceProblems: this.#spoor.sources
        .health(dataset.source)
        .filter(({ severity }) => severity === "error")
        .map(({ message }) => `Its source is sick: ${message}`),
      isRecorded: false,
    };
  }

  #runOver(
    request: Pick<HeadlessRequest, "html" | "name" | "parameters" | "by">,
    signal: AbortSignal,
    onProgress?: (share: number, message: string) => void,
    datasets = this.#spoor.registry.list(),
    script?: string,
  ): Promise<NotebookRun> {
    return withPinnedEngine(this.#spoor, datasets, (engine) =>
      runNotebook({
        html: request.html,
        name: request.name,
        by: request.by,
        parameters: request.parameters,
        engine,
        engineVersion: this.#spoor.engineVersion,
        spoorVersion: this.#spoor.version,
        datasets,
        clock: this.#spoor.clock,
        signal,
        ...(onProgress ? { onProgress } : {}),
        ...(script === undefined ? {} : { frameScript: script }),
      }),
    );
  }
}

interface ReadHunt {
  readonly title: string;
  readonly record: HuntRecord | null;
  readonly cells: readonly NotebookCell[];
}

const NO_RECORD: HuntRecord = (() => {
  const none = huntOf({ title: "", theme: "", readOnly: false, attributes: {}, cells: [] });
  if (!none.ok) throw new Error("an empty notebook has an empty hunt");
  return none.value;
})();

function failedRun(
  facts: Pick<HuntRunDetail, "id" | "hunt" | "trigger" | "by" | "started" | "missed" | "seen">,
  elapsedMs: number,
  error: string,
): HuntRunDetail {
  return {
    ...facts,
    elapsedMs,
    state: "failed",
    error,
    complete: false,
    changed: null,
    rowsAdded: 0,
    rowsRemoved: 0,
    dataHash: "",
    record: null,
    diff: null,
    comparedTo: null,
  };
}

/** Parameters by name, so that equal ones are recorded equally. */
function inOrder(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Whether the answer changed: null where a cell cannot be compared and no other tells. */
function changeOf(diff: RunDiff | null): boolean | null {
  if (diff === null) return null;
  if (diff.same) return false;
  return diff.cells.some(({ kind }) => kind !== "same" && kind !== "unsure") ? true : null;
}

function sumRows(diff: RunDiff | null, which: "added" | "removed"): number {
  return (diff?.cells ?? []).reduce((sum, { rows }) => sum + (rows?.[which] ?? 0), 0);
}

function tellRun(run: HuntRunDetail): string {
  if (run.state === "failed") return `failed: ${run.error}`;
  if (run.changed === null) return run.complete ? "first answer" : "not complete";
  return run.changed
    ? `answer changed: ${run.rowsAdded} rows added, ${run.rowsRemoved} removed`
    : "same answer";
}

function incompleteCells(run: NotebookRun): Issue[] {
  return run.record.cells
    .filter(({ state, complete }) => state !== "done" || !complete)
    .map(({ id, message, state }) => ({
      severity: "error",
      code: "lock.incomplete",
      place: `cell ${id}`,
      message: message || state,
      remedy: "Make the cell give a complete result, or give the value that it needs with --parameter.",
    }));
}
