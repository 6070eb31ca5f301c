import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { availableParallelism, totalmem, userInfo } from "node:os";
import { join } from "node:path";
import { version as duckDbVersion } from "@duckdb/node-api";
import type { Clock } from "../connectors/time/instant.ts";
import { createDuckDbEngine, type DuckDbEngine } from "../notebooks/engine/duckdb-engine.ts";
import { ResultStore } from "../notebooks/result/result-store.ts";
import { AlertDesk } from "./alert/alert-desk.ts";
import type { CatalogEntry } from "./api/api.ts";
import { AnnotationStore } from "./entity/annotation-store.ts";
import { EntityDesk } from "./entity/entity-desk.ts";
import { HuntDesk } from "./hunt/hunt-desk.ts";
import { HuntRunStore } from "./hunt/hunt-run-store.ts";
import { SegmentHolds } from "./hunt/segment-holds.ts";
import { Jobs } from "./jobs/jobs.ts";
import { LedgerDatasetRegistry } from "./ledger/dataset-registry.ts";
import { Ledger } from "./ledger/ledger.ts";
import { ledgerTables, type RecordedTable } from "./ledger/ledger-tables.ts";
import { LedgerRecordStore } from "./ledger/record-store.ts";
import { NotebookFiles } from "./notebook/notebook-files.ts";
import { OwnersFile } from "./owner/owners-file.ts";
import { machineShares } from "./result/machine-shares.ts";
import { ElicitationDesk } from "./risk/elicitation-desk.ts";
import { ForecastDesk } from "./risk/forecast-desk.ts";
import { RiskDesk } from "./risk/risk-desk.ts";
import { riskTables } from "./risk/risk-tables.ts";
import { RuleDesk } from "./rule/rule-desk.ts";
import { SourceDesk } from "./source/source-desk.ts";
import { RuleControls } from "./stream/rule-controls.ts";
import { StreamDesk } from "./stream/stream-desk.ts";
import { createFolders, type WorkspaceLayout } from "./workspace/layout.ts";

export interface SpoorOptions {
  readonly layout: WorkspaceLayout;
  readonly clock: Clock;
  /** Runs schedules, drains and watermarks by itself; off for a command that opens the workspace for a moment. */
  readonly background: boolean;
  /** Where messages for the person who runs it go. */
  readonly note: (message: string) => void;
  readonly memoryLimit?: string;
  readonly threads?: number;
}

const packageVersion = (
  JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8")) as { version: string }
).version;

/** One opened workspace: the ledger, the lake and everything that works on them. The composition root. */
export class Spoor {
  readonly layout: WorkspaceLayout;
  readonly clock: Clock;
  readonly user: string;
  readonly version = packageVersion;
  readonly engineVersion = duckDbVersion();
  readonly jobs = new Jobs();
  readonly ledger: Ledger;
  readonly registry: LedgerDatasetRegistry;
  readonly store: LedgerRecordStore;
  /** For rules, streams and the server's own pages. */
  readonly engine: DuckDbEngine;
  /** For what people ask in notebooks: with slots and memory of its own, so that no hunt keeps a rule waiting. */
  readonly huntEngine: DuckDbEngine;
  readonly results: ResultStore;
  readonly notebooks: NotebookFiles;
  readonly owners: OwnersFile;
  readonly sources: SourceDesk;
  readonly rules: RuleDesk;
  readonly streams: StreamDesk;
  readonly controls: RuleControls;
  readonly alerts: AlertDesk;
  readonly risk: RiskDesk;
  readonly elicitation: ElicitationDesk;
  readonly forecasts: ForecastDesk;
  readonly entities: EntityDesk;
  readonly hunts: HuntDesk;
  /** Files that runs of hunts read by engines of their own. */
  readonly segmentHolds = new SegmentHolds((paths) => this.#deleteDropped(paths));
  readonly note: (message: string) => void;
  readonly #ledgerTables: readonly RecordedTable[];

  private constructor(options: SpoorOptions, ledger: Ledger) {
    this.layout = options.layout;
    this.clock = options.clock;
    this.note = options.note;
    this.user = localUser();
    this.ledger = ledger;
    this.registry = new LedgerDatasetRegistry(ledger, options.layout.root);
    this.store = new LedgerRecordStore(ledger);
    const annotations = new AnnotationStore(ledger);
    const recorded = ledgerTables(ledger, this.store, this.registry, () =>
      this.sources
        .names()
        .flatMap((source) => this.sources.health(source).map((issue) => ({ source, ...issue }))),
    );
    const huntRuns = new HuntRunStore(ledger);
    const risk = riskTables(ledger, this.store, () => this.risk.lastReport());
    this.#ledgerTables = [...recorded, annotations.table(), huntRuns.table(), ...risk];
    const engineOptions = {
      datasets: () => this.registry.list(),
      ledgerTables: this.#ledgerTables,
      temporaryDirectory: options.layout.scratch,
      maximumConcurrent: 6,
      clock: options.clock,
      onSegmentsFree: (paths: readonly string[]) => this.#deleteDropped(paths),
    };
    const shares = machineShares(totalmem(), availableParallelism());
    const given = {
      ...(options.memoryLimit === undefined ? {} : { memoryLimit: options.memoryLimit }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    };
    this.engine = createDuckDbEngine({ ...engineOptions, ...shares.rules, ...given });
    this.huntEngine = createDuckDbEngine({
      ...engineOptions,
      ...shares.hunts,
      ...given,
      maximumConcurrent: shares.huntsAtOnce,
    });
    this.results = new ResultStore({
      ...shares.results,
      ...given,
      engine: this.huntEngine,
      directory: options.layout.scratch,
      clock: options.clock,
      newId: () => `result_${randomUUID().replaceAll("-", "")}`,
    });
    this.notebooks = new NotebookFiles(
      options.layout.notebooks,
      join(options.layout.machine, "history"),
      options.clock,
    );
    this.owners = new OwnersFile(options.layout.owners);
    this.sources = new SourceDesk(this);
    this.rules = new RuleDesk(this);
    this.alerts = new AlertDesk(this);
    this.streams = new StreamDesk(this);
    this.controls = new RuleControls(this);
    this.risk = new RiskDesk(this);
    this.elicitation = new ElicitationDesk(this);
    this.forecasts = new ForecastDesk(this);
    this.entities = new EntityDesk(this, annotations);
    this.hunts = new HuntDesk(this, huntRuns);
  }

  /** Opens the workspace for this process alone. Throws LedgerBusyError when another one has it. */
  static async open(options: SpoorOptions): Promise<Spoor> {
    createFolders(options.layout);
    const ledger = Ledger.open(options.layout.ledger);
    try {
      const spoor = new Spoor(options, ledger);
      await spoor.streams.recover();
      if (options.background) {
        spoor.streams.start();
        spoor.hunts.start();
        spoor.forecasts.start();
        spoor.rules.start();
      }
      return spoor;
    } catch (error) {
      ledger.close();
      throw error;
    }
  }

  /** Writes one line of the activity log. */
  record(actor: string, verb: string, subject: string, detail: string): void {
    this.store.putActivity({ atMs: this.clock(), actor, verb, subject, detail });
  }

  /** What Spoor records, as tables that queries read. */
  get recordedTables(): readonly RecordedTable[] {
    return this.#ledgerTables;
  }

  /** Every dataset with its columns and which of them name entities. */
  async catalog(): Promise<CatalogEntry[]> {
    const fromSources = this.registry.list().map((dataset): CatalogEntry => {
      const entities = this.sources.files.definition(dataset.source)?.entities ?? [];
      return {
        name: dataset.name,
        source: dataset.source,
        origin: "source",
        rowCount: dataset.segments.reduce((sum, segment) => sum + segment.rowCount, 0),
        columns: [
          { name: "_time", type: "TIMESTAMP", entity: null },
          ...dataset.columns.map(({ name, type }) => ({
            name,
            type,
            entity: entities.find((entity) => entity.field === name)?.kind ?? null,
          })),
          { name: "_ingested", type: "TIMESTAMP", entity: null },
          { name: "_file", type: "VARCHAR", entity: null },
          { name: "_line", type: "BIGINT", entity: null },
        ],
        entities,
      };
    });
    const recorded = this.#ledgerTables.map(
      (table): CatalogEntry => ({
        name: table.name,
        source: "spoor",
        origin: "spoor",
        rowCount: table.count(),
        columns: table.columns.map(({ name, type }) => ({ name, type, entity: null })),
        entities: [],
      }),
    );
    return [...fromSources, ...recorded];
  }

  /** Deletes files that compaction replaced, once no query and no run of a hunt can read them any more. */
  #deleteDropped(paths: readonly string[]): void {
    const known = new Set(
      this.registry.list().flatMap((dataset) => dataset.segments.map((segment) => segment.path)),
    );
    const [read, hunted] = [this.engine.segmentsInUse(), this.huntEngine.segmentsInUse()];
    for (const path of paths) {
      const isRead = read.has(path) || hunted.has(path) || this.segmentHolds.has(path);
      if (!known.has(path) && !isRead) rmSync(path, { force: true });
    }
  }

  async close(): Promise<void> {
    await this.forecasts.stop();
    await this.rules.stop();
    await this.hunts.stop();
    await this.streams.stop();
    await this.jobs.close();
    await this.results.close();
    await this.huntEngine.close();
    await this.engine.close();
    this.ledger.close();
  }
}

function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "local";
  }
}
