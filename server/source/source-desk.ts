import { existsSync } from "node:fs";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { discover } from "../../connectors/discover/discover.ts";
import { sourceHealth } from "../../connectors/health/health.ts";
import type { Issue } from "../../connectors/issue/issue.ts";
import { loadFiles } from "../../connectors/load/load.ts";
import { previewFiles } from "../../connectors/load/preview.ts";
import { defaultSource } from "../../connectors/source/defaults.ts";
import type { SourceDefinition } from "../../connectors/source/source.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import { costPartsOf, totalCost } from "../../promote/risk/cost.ts";
import type {
  Discovered,
  InferenceReport,
  LoadReport,
  QuarantineRow,
  SourceDetail,
  SourceSummary,
} from "../api/api.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { LEDGER_TABLE_NAMES } from "../ledger/ledger-tables.ts";
import { notFound, RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { EventRates, timeSpan } from "./event-rate.ts";
import { SOURCE_NAME, SourceFiles } from "./source-files.ts";

/** What an hour of engineering costs where owners.yaml and the risk model do not say. */
const ENGINEER_USD_PER_HOUR = 95;
const DAY_US = 86_400_000_000;

export interface LoadRequest {
  readonly name: string;
  readonly paths: readonly string[];
  readonly actor: string;
  readonly owner?: string | undefined;
  readonly description?: string | undefined;
  /** Fields that hold the event time, over what the data suggests; only for a source that is new. */
  readonly timeFields?: readonly string[] | undefined;
  /** Leaves it to the caller to tell the rules when more loads follow. */
  readonly more?: boolean;
}

/** Sources: what people declared, what was loaded, and how it is. */
export class SourceDesk {
  readonly files: SourceFiles;
  readonly #spoor: Spoor;
  readonly #rates: EventRates;
  /** One load of a source at a time: two would race for its column names. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.files = new SourceFiles(spoor.layout.sources);
    this.#rates = new EventRates(spoor.engine);
  }

  discover(paths: readonly string[], signal: AbortSignal): Promise<readonly Discovered[]> {
    checkPaths(paths);
    return discover({ paths, scratchDirectory: this.#spoor.layout.scratch, signal });
  }

  async preview(name: string, paths: readonly string[], signal: AbortSignal): Promise<InferenceReport> {
    this.#checkName(name);
    checkPaths(paths);
    return previewFiles({
      definition: this.files.definition(name) ?? null,
      name,
      paths,
      scratchDirectory: this.#spoor.layout.scratch,
      registry: this.#spoor.registry,
      signal,
    });
  }

  /** Loads files into a source, new or known. Throws RefusedError when the request cannot be one. */
  async load(request: LoadRequest, context: JobContext): Promise<LoadReport> {
    this.#checkName(request.name);
    this.#checkOwner(request.owner);
    checkPaths(request.paths);
    const loaded = await this.inTurn(request.name, async () => {
      const known = this.files.read(request.name);
      if (known && !known.parsed.ok) {
        throw new RefusedError(400, `sources/${request.name}/source.yaml has errors.`, known.parsed.issues);
      }
      const { report, definition } = await loadFiles({
        definition: known?.parsed.ok
          ? known.parsed.value
          : await this.#withTimeFields(request, context.signal),
        name: request.name,
        paths: request.paths,
        lakeDirectory: this.#spoor.layout.lake,
        scratchDirectory: this.#spoor.layout.scratch,
        registry: this.#spoor.registry,
        clock: this.#spoor.clock,
        signal: context.signal,
        onProgress: context.report,
        memoryLimit: "4GB",
        threads: 2,
      });
      if (report.files.some((file) => file.state !== "skipped")) {
        this.files.create({
          ...definition,
          ...(request.owner === undefined ? {} : { owner: request.owner }),
          ...(request.description === undefined ? {} : { description: request.description }),
        });
      }
      const added = report.files
        .filter((file) => file.state === "loaded")
        .reduce((sum, file) => sum + file.good, 0);
      this.#spoor.record(
        request.actor,
        "loaded",
        `source:${request.name}`,
        `${added} rows, ${report.quarantined} quarantined`,
      );
      return report;
    });
    if (request.more !== true) await this.#spoor.streams.loaded();
    return loaded;
  }

  /** Runs work on one source after what runs on it already. */
  inTurn<T>(source: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(source) ?? Promise.resolve()).then(work, work);
    this.#turns.set(
      source,
      turn.catch(() => {}),
    );
    return turn;
  }

  datasetsOf(source: string): Dataset[] {
    return this.#spoor.registry.list().filter((dataset) => dataset.source === source);
  }

  /** Bytes in the lake for each day that the source's data cover (an hour at least); 0 without a time. */
  bytesPerDay(source: string): number {
    const datasets = this.datasetsOf(source);
    const [first, last] = timeSpan(datasets);
    if (first === null || last === null) return 0;
    const bytes = datasets
      .flatMap((dataset) => dataset.segments)
      .reduce((sum, segment) => sum + segment.byteCount, 0);
    return bytes / Math.max(1 / 24, Number(last - first) / DAY_US);
  }

  /** Names of all sources: declared ones and ones that only have data. */
  names(): string[] {
    return [
      ...new Set([
        ...this.files.list().map((file) => file.name),
        ...this.#spoor.registry.list().map((dataset) => dataset.source),
      ]),
    ].sort();
  }

  health(name: string): readonly Issue[] {
    const file = this.files.read(name);
    if (file && !file.parsed.ok) return file.parsed.issues;
    const definition = file?.parsed.ok ? file.parsed.value : undefined;
    if (!definition) return [];
    return sourceHealth({
      definition,
      datasets: this.datasetsOf(name),
      inputs: this.#spoor.registry.inputs(name),
      nowMs: this.#spoor.clock(),
    });
  }

  async summaries(): Promise<SourceSummary[]> {
    return Promise.all(this.names().map((name) => this.summary(name)));
  }

  async summary(name: string): Promise<SourceSummary> {
    const definition = this.files.definition(name);
    const datasets = this.datasetsOf(name);
    const segments = datasets.flatMap((dataset) => dataset.segments);
    const [first, last] = timeSpan(datasets);
    const issues = this.health(name);
    const lastIngested = segments.reduce<bigint | null>(
      (latest, segment) => (latest === null || segment.ingestedUs > latest ? segment.ingestedUs : latest),
      null,
    );
    const rowCount = segments.reduce((sum, segment) => sum + segment.rowCount, 0);
    return {
      name,
      description: definition?.description ?? "",
      owner: definition?.owner ?? "",
      datasets: datasets.map((dataset) => dataset.name),
      rowCount,
      byteCount: segments.reduce((sum, segment) => sum + segment.byteCount, 0),
      quarantinedCount: this.#spoor.registry.quarantinedCount(name),
      firstTime: first === null ? null : formatInstant(first),
      lastTime: last === null ? null : formatInstant(last),
      lastIngested: lastIngested === null ? null : formatInstant(lastIngested),
      rate: await this.#rates.of(datasets),
      state: rowCount === 0 ? "empty" : issues.some((issue) => issue.severity === "error") ? "sick" : "well",
      healthIssues: issues,
      costUsdPerMonth: definition
        ? totalCost(costPartsOf(definition.cost, this.bytesPerDay(name) / 1e9, ENGINEER_USD_PER_HOUR)) / 12
        : 0,
      riskReductionUsd: this.#spoor.risk.reductionOf(name),
      rules: await this.#spoor.rules.readersOf(datasets.map((dataset) => dataset.name)),
    };
  }

  async detail(name: string): Promise<SourceDetail> {
    const file = this.files.read(name);
    const datasets = this.datasetsOf(name);
    if (!file && datasets.length === 0) throw notFound(`Source ${name}`);
    const definition = file?.parsed.ok ? file.parsed.value : undefined;
    return {
      ...(await this.summary(name)),
      yaml: file?.yaml ?? "",
      runbook: file?.runbook ?? "",
      time: definition?.time ?? { fields: [], format: "auto", zone: "UTC" },
      entities: definition?.entities ?? [],
      cost: definition?.cost ?? NO_COST,
      fields: datasets.flatMap((dataset) =>
        dataset.columns.map((column) => ({ dataset: dataset.name, ...column })),
      ),
      inputs: this.#spoor.registry.inputs(name, 500).map((input) => ({
        file: input.file,
        format: input.format,
        read: input.readCount,
        good: input.goodCount,
        quarantined: input.quarantinedCount,
        loaded: formatInstant(input.loadedUs),
      })),
    };
  }

  quarantine(name: string, limit: number): QuarantineRow[] {
    return this.#spoor.registry
      .quarantined(name, limit)
      .map(({ file, line, code, reason, text }) => ({ file, line, code, reason, text }));
  }

  /** The definition that streams of this source use; throws RefusedError(404) when there is none. */
  streamDefinition(name: string): SourceDefinition {
    const definition = this.files.definition(name);
    if (!definition) {
      const file = this.files.read(name);
      if (file && !file.parsed.ok)
        throw new RefusedError(400, `sources/${name}/source.yaml has errors.`, file.parsed.issues);
      throw notFound(`Source ${name}`);
    }
    return definition;
  }

  /** What is known of a new source when a person named its time fields: the data tells the rest. */
  async #withTimeFields(request: LoadRequest, signal: AbortSignal): Promise<SourceDefinition | null> {
    if (request.timeFields === undefined || request.timeFields.length === 0) return null;
    const { entities } = await this.preview(request.name, request.paths, signal);
    return {
      ...defaultSource(request.name),
      time: { fields: request.timeFields, format: "auto", zone: "UTC" },
      entities,
    };
  }

  #checkOwner(owner: string | undefined): void {
    const known = this.#spoor.owners.read().owners.owners.map(({ name }) => name);
    if (owner === undefined || owner === "" || known.length === 0 || known.includes(owner)) return;
    throw new RefusedError(
      400,
      `"${owner}" is not in owners.yaml: name one of ${known.join(", ")}, or add it there first.`,
    );
  }

  #checkName(name: string): void {
    if (!SOURCE_NAME.test(name)) {
      throw new RefusedError(
        400,
        `"${name}" is no source name: start with a lower case letter, then lower case letters, digits and _, at most 48.`,
      );
    }
    if (LEDGER_TABLE_NAMES.has(name))
      throw new RefusedError(400, `"${name}" is a dataset that Spoor keeps itself: choose another name.`);
  }
}

function checkPaths(paths: readonly string[]): void {
  if (paths.length === 0) throw new RefusedError(400, "Name at least one file, folder or archive.");
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0) {
    throw new RefusedError(
      400,
      `${missing.length === 1 ? "A path does" : "Paths do"} not exist: ${missing.slice(0, 5).join(", ")}.`,
      missing.slice(0, 20).map((path) => ({
        severity: "error" as const,
        code: "source.path.missing",
        place: path,
        message: "There is no such file or folder on the machine that runs Spoor.",
        remedy: "Check the path; a pattern must be expanded by the shell.",
      })),
    );
  }
}

const NO_COST = {
  gigabytesPerDay: null,
  ingestUsdPerGigabyte: 0,
  storageUsdPerGigabyteMonth: 0,
  retentionDays: 0,
  agentCount: 0,
  agentUsdPerYear: 0,
  engineerHoursPerYear: 0,
};
