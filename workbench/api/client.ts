import { encodeEntityValue } from "../../notebooks/entity/entity-path.ts";
import type { Variant } from "../../notebooks/hunt/event-template.ts";
import type {
  ColumnSummary,
  CrossfilterBody,
  ResultBody,
  ResultExport,
  ResultState,
  ResultWindow,
  SummaryBody,
} from "../../notebooks/result/result.ts";
import type { Stage } from "../../promote/records/records.ts";
import type { CalibrationQuestion } from "../../promote/risk/elicit/calibration.ts";
import type { KeptAnswer } from "../../promote/risk/elicit/kept-answer.ts";
import type { RiskModel } from "../../promote/risk/model.ts";
import type { Observation } from "../../promote/risk/observation-file.ts";
import type { RiskReport } from "../../promote/risk/report-value.ts";
import type {
  ActivityRow,
  AlertDetail,
  AlertSummary,
  Annotation,
  ApiError,
  CatalogEntry,
  DataNeed,
  Discovered,
  DrawnEvent,
  ElicitationPage,
  EngineFunction,
  EntityEvents,
  EntityNeighbours,
  EntityProfilePart,
  EventsAccepted,
  ForecastsPage,
  GateReport,
  HuntRunDetail,
  HuntRunSummary,
  HuntSummary,
  IncidentImportResult,
  InferenceReport,
  Job,
  LockSummary,
  NeedHealth,
  NewAnnotation,
  NotebookFile,
  NotebookImport,
  NotebookPulse,
  NotebookSummary,
  NotebookVersion,
  OwnerRow,
  ProposedTest,
  QuarantineRow,
  QueryBody,
  QueryCheck,
  QueryJson,
  RiskquantImportResult,
  RuleDetail,
  RuleFiles,
  RuleShape,
  RuleSummary,
  RuleTestReport,
  SessionInfo,
  ShapeDataset,
  ShapePreview,
  ShapeSavedBody,
  SourceDetail,
  SourceSummary,
  TemplateSummary,
  Today,
  TranspiledCell,
} from "../../server/api/api.ts";
import type { SigmaExport } from "../../server/rule/exchange-types.ts";
import { ApiFailure } from "./api-failure.ts";

/** A CSV file for risk/: `revision` is what the preview answered. */
export interface ImportBody {
  readonly file: string;
  readonly text: string;
  readonly write: boolean;
  readonly revision?: string;
}

export interface ClientOptions {
  /** Origin of the server, without a slash at the end; empty in the browser. */
  readonly origin?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** Sent with every request: `{authorization: "Bearer …"}` outside the browser. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RunningQuery {
  readonly id: string;
  readonly sql: string;
  readonly startedMs: number;
  readonly percentage: number | null;
  readonly state: "queued" | "running";
}

export interface NewSource {
  readonly name: string;
  readonly paths: readonly string[];
  readonly owner?: string;
  readonly description?: string;
  /** Column paths to try for event time, best first; the server infers when absent. */
  readonly timeFields?: readonly string[];
}

export interface NewRule {
  readonly name: string;
  readonly sql: string;
  readonly title?: string;
  readonly timeColumn?: string;
  readonly entities?: readonly { readonly column: string; readonly kind: string }[];
  readonly lookbackMs?: number;
  readonly lookups?: readonly string[];
  readonly shapeYaml?: string;
  readonly from?: { readonly notebook: string; readonly cell: number };
}

export interface AlertDecision {
  readonly name: string;
  readonly reason: string;
  readonly minutes: number;
  readonly outcome?: string;
}

/** What a measurement of power injects, and into what question. */
export interface PowerBody {
  readonly cell: number;
  readonly sql: string;
  readonly parameters: QueryBody["parameters"];
  readonly templates: readonly { readonly dataset: string; readonly events: string }[];
  readonly count: number;
  readonly seed: number;
  readonly variants: readonly Variant[];
  readonly ordinary: boolean;
}

export interface CellSource {
  readonly id: number;
  readonly mode: string;
  readonly value: string;
  readonly pinned?: boolean;
  readonly hidden?: boolean;
  readonly output?: string | null;
  readonly database?: string | null;
}

/** An entity and where in time, ISO 8601 UTC; without a range it is all the data. */
export interface EntityAddress {
  readonly kind: string;
  readonly value: string;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

type Signal = AbortSignal | undefined;

/**
 * The HTTP API as typed calls. Every call throws `ApiFailure` when refused and `AbortError` when its signal fires.
 * Holds no state: one may be shared by all pages.
 */
export class SpoorClient {
  readonly #origin: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: ClientOptions = {}) {
    this.#origin = options.origin ?? "";
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#headers = options.headers ?? {};
  }

  session(signal?: Signal): Promise<SessionInfo> {
    return this.#json("GET", "/api/session", undefined, signal);
  }
  today(signal?: Signal): Promise<Today> {
    return this.#json("GET", "/api/today", undefined, signal);
  }

  sources(signal?: Signal): Promise<readonly SourceSummary[]> {
    return this.#json("GET", "/api/sources", undefined, signal);
  }
  source(name: string, signal?: Signal): Promise<SourceDetail> {
    return this.#json("GET", `/api/sources/${encode(name)}`, undefined, signal);
  }
  quarantine(name: string, limit: number, signal?: Signal): Promise<readonly QuarantineRow[]> {
    return this.#json("GET", `/api/sources/${encode(name)}/quarantine?limit=${limit}`, undefined, signal);
  }
  discover(paths: readonly string[], signal?: Signal): Promise<readonly Discovered[]> {
    return this.#json("POST", "/api/sources/discover", { paths }, signal);
  }
  previewPaths(name: string, paths: readonly string[], signal?: Signal): Promise<InferenceReport> {
    return this.#json("POST", "/api/sources/preview", { name, paths }, signal);
  }
  previewBytes(name: string, file: string, bytes: Blob, signal?: Signal): Promise<InferenceReport> {
    const query = new URLSearchParams({ name, file });
    return this.#bytes(`/api/sources/preview?${query}`, bytes, signal);
  }
  addSource(source: NewSource, signal?: Signal): Promise<Job> {
    return this.#json("POST", "/api/sources", source, signal);
  }
  uploadSource(
    upload: {
      readonly name: string;
      readonly file: string;
      readonly owner: string;
      readonly description?: string;
      readonly timeFields?: readonly string[];
    },
    bytes: Blob,
    signal?: Signal,
  ): Promise<Job> {
    const query = new URLSearchParams({ name: upload.name, file: upload.file, owner: upload.owner });
    if (upload.description) query.set("description", upload.description);
    for (const field of upload.timeFields ?? []) query.append("timeField", field);
    return this.#bytes(`/api/sources/upload?${query}`, bytes, signal);
  }
  /** `ndjson` is one JSON object a line; the same `idempotencyKey` again adds nothing. */
  postEvents(
    name: string,
    ndjson: string,
    idempotencyKey?: string,
    signal?: Signal,
  ): Promise<EventsAccepted> {
    return this.#request(
      `/api/sources/${encode(name)}/events`,
      {
        method: "POST",
        body: ndjson,
        headers: {
          "content-type": "application/x-ndjson",
          ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        },
      },
      signal,
    ).then((response) => response.json() as Promise<EventsAccepted>);
  }

  job(id: string, signal?: Signal): Promise<Job> {
    return this.#json("GET", `/api/jobs/${encode(id)}`, undefined, signal);
  }
  async cancelJob(id: string, signal?: Signal): Promise<void> {
    await this.#request(`/api/jobs/${encode(id)}`, { method: "DELETE" }, signal);
  }

  catalog(signal?: Signal): Promise<readonly CatalogEntry[]> {
    return this.#json("GET", "/api/catalog", undefined, signal);
  }
  /** The raw response, for Arrow streams; `queryId` is what `cancelQuery` takes. */
  query(body: QueryBody, queryId: string, signal?: Signal): Promise<Response> {
    return this.#request(
      "/api/query",
      {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", "x-spoor-query-id": queryId },
      },
      signal,
    );
  }
  queryRows(
    body: Omit<QueryBody, "format">,
    queryId: string = crypto.randomUUID(),
    signal?: Signal,
  ): Promise<QueryJson> {
    return this.query({ ...body, format: "json" }, queryId, signal).then(
      (response) => response.json() as Promise<QueryJson>,
    );
  }
  /** What a query would give, without running it. */
  checkQuery(
    sql: string,
    parameters: NonNullable<QueryBody["parameters"]>,
    signal?: Signal,
  ): Promise<QueryCheck> {
    return this.#json("POST", "/api/query/check", { sql, parameters }, signal);
  }
  engineFunctions(signal?: Signal): Promise<readonly EngineFunction[]> {
    return this.#json("GET", "/api/query/functions", undefined, signal);
  }
  queries(signal?: Signal): Promise<readonly RunningQuery[]> {
    return this.#json("GET", "/api/queries", undefined, signal);
  }
  async cancelQuery(id: string, signal?: Signal): Promise<void> {
    await this.#request(`/api/queries/${encode(id)}`, { method: "DELETE" }, signal);
  }

  /** Opens a result; the raw response, for its header `x-spoor-result` and the Arrow stream of its first rows. */
  openResult(body: ResultBody, queryId: string, signal?: Signal): Promise<Response> {
    return this.#post("/api/results", body, signal, { "x-spoor-query-id": queryId });
  }
  result(id: string, signal?: Signal): Promise<ResultState> {
    return this.#json("GET", `/api/results/${encode(id)}`, undefined, signal);
  }
  /** An Arrow stream, with the header `x-spoor-row-count`. */
  resultRows(id: string, window: ResultWindow, signal?: Signal): Promise<Response> {
    return this.#post(`/api/results/${encode(id)}/rows`, window, signal);
  }
  resultSummary(id: string, body: SummaryBody, signal?: Signal): Promise<readonly ColumnSummary[]> {
    return this.#json("POST", `/api/results/${encode(id)}/summary`, body, signal);
  }
  /** The file. */
  exportResult(id: string, body: ResultExport, signal?: Signal): Promise<Response> {
    return this.#post(`/api/results/${encode(id)}/export`, body, signal);
  }
  crossfilter(body: CrossfilterBody, signal?: Signal): Promise<Response> {
    return this.#post("/api/results/crossfilter", body, signal);
  }
  /** Stops a result that grows; its rows so far stay, marked as cancelled. */
  async cancelResult(id: string, signal?: Signal): Promise<void> {
    await this.#request(`/api/results/${encode(id)}`, { method: "DELETE", keepalive: true }, signal);
  }

  notebooks(signal?: Signal): Promise<readonly NotebookSummary[]> {
    return this.#json("GET", "/api/notebooks", undefined, signal);
  }
  notebook(name: string, signal?: Signal): Promise<NotebookFile> {
    return this.#json("GET", `/api/notebooks/${encode(name)}`, undefined, signal);
  }
  /** `baseRevision` is the one that was edited, null for a new notebook; 409 when somebody saved in between. */
  saveNotebook(
    name: string,
    html: string,
    baseRevision: string | null,
    signal?: Signal,
  ): Promise<NotebookFile> {
    return this.#json("PUT", `/api/notebooks/${encode(name)}`, { html, baseRevision }, signal);
  }
  /** Reads another program's notebook; with `save` it becomes one of the workspace. */
  importNotebook(
    request: {
      readonly file: string;
      readonly text: string;
      readonly metadata?: string;
      readonly datasets?: Readonly<Record<string, string>>;
      readonly save: boolean;
    },
    signal?: Signal,
  ): Promise<NotebookImport> {
    return this.#json("POST", "/api/notebooks/import", request, signal);
  }
  /** Runs the notebook and gives the file for another program. */
  exportNotebook(
    name: string,
    format: "ipynb" | "md" | "html",
    results: boolean,
    signal?: Signal,
  ): Promise<Blob> {
    const query = new URLSearchParams({ format, ...(results ? {} : { results: "0" }) });
    return this.#request(`/api/notebooks/${encode(name)}/export?${query}`, {}, signal).then((response) =>
      response.blob(),
    );
  }
  templates(signal?: Signal): Promise<readonly TemplateSummary[]> {
    return this.#json("GET", "/api/templates", undefined, signal);
  }
  /** Makes a hunt of a template; 409 with issues when data are missing, unless `anyway`. */
  startTemplate(
    name: string,
    datasets: Readonly<Record<string, string>>,
    anyway: boolean,
    signal?: Signal,
  ): Promise<NotebookFile> {
    return this.#json("POST", `/api/templates/${encode(name)}/start`, { datasets, anyway }, signal);
  }
  /** Newest first. */
  notebookHistory(name: string, signal?: Signal): Promise<readonly NotebookVersion[]> {
    return this.#json("GET", `/api/notebooks/${encode(name)}/history`, undefined, signal);
  }
  notebookVersion(name: string, revision: string, signal?: Signal): Promise<NotebookFile> {
    return this.#json("GET", `/api/notebooks/${encode(name)}/history/${encode(revision)}`, undefined, signal);
  }
  /** 409 when somebody saved since `baseRevision`. */
  restoreNotebook(
    name: string,
    revision: string,
    baseRevision: string | null,
    signal?: Signal,
  ): Promise<NotebookFile> {
    return this.#json("POST", `/api/notebooks/${encode(name)}/restore`, { revision, baseRevision }, signal);
  }
  /** Says that this window has the notebook open, and hears who else has and what is saved now. */
  notebookPulse(
    name: string,
    window: { readonly client: string; readonly cell: number | null; readonly hidden: boolean },
    signal?: Signal,
  ): Promise<NotebookPulse> {
    return this.#json("POST", `/api/notebooks/${encode(name)}/presence`, window, signal);
  }
  /** Says that this window closes the notebook; heard also when the page is going. */
  async leaveNotebook(name: string, client: string): Promise<void> {
    const path = `/api/notebooks/${encode(name)}/presence?client=${encode(client)}`;
    await this.#request(path, { method: "DELETE", keepalive: true }, undefined);
  }
  transpile(cells: readonly CellSource[], signal?: Signal): Promise<readonly TranspiledCell[]> {
    return this.#json("POST", "/api/notebooks/transpile", { cells }, signal);
  }

  hunts(signal?: Signal): Promise<readonly HuntSummary[]> {
    return this.#json("GET", "/api/hunts", undefined, signal);
  }
  /** Whether the data that a hunt needs is there and well. */
  huntHealth(
    needs: readonly DataNeed[],
    wanted: { readonly from: string; readonly until: string },
    signal?: Signal,
  ): Promise<readonly NeedHealth[]> {
    return this.#json("POST", "/api/hunts/health", { needs, ...wanted }, signal);
  }
  /** The data that a notebook's SQL cells read. */
  huntNeeds(html: string, signal?: Signal): Promise<readonly DataNeed[]> {
    return this.#json("POST", "/api/hunts/needs", { html }, signal);
  }
  drawEvent(dataset: string, seed: number, signal?: Signal): Promise<DrawnEvent> {
    return this.#json("POST", "/api/hunts/draw-event", { dataset, seed }, signal);
  }
  /** A job with result `PowerReport`. */
  measurePower(body: PowerBody, signal?: Signal): Promise<Job> {
    return this.#json("POST", "/api/hunts/power", body, signal);
  }
  huntRuns(name: string, signal?: Signal): Promise<readonly HuntRunSummary[]> {
    return this.#json("GET", `/api/hunts/${encode(name)}/runs`, undefined, signal);
  }
  huntRun(name: string, id: string, signal?: Signal): Promise<HuntRunDetail> {
    return this.#json("GET", `/api/hunts/${encode(name)}/runs/${encode(id)}`, undefined, signal);
  }
  /** A job with result `HuntRunDetail`. */
  runHunt(name: string, signal?: Signal): Promise<Job> {
    return this.#json("POST", `/api/hunts/${encode(name)}/runs`, {}, signal);
  }
  async huntRunSeen(name: string, id: string, signal?: Signal): Promise<void> {
    await this.#json("POST", `/api/hunts/${encode(name)}/runs/${encode(id)}/seen`, {}, signal);
  }
  huntLock(name: string, signal?: Signal): Promise<LockSummary | null> {
    return this.#json("GET", `/api/hunts/${encode(name)}/lock`, undefined, signal);
  }
  /** A job with result `LockSummary`. */
  lockHunt(name: string, signal?: Signal): Promise<Job> {
    return this.#json("POST", `/api/hunts/${encode(name)}/lock`, {}, signal);
  }
  /** A job with result `HeadlessRun` without its page. */
  runLocked(name: string, mode: "locked" | "compare", signal?: Signal): Promise<Job> {
    return this.#json("POST", `/api/hunts/${encode(name)}/locked-run`, { mode }, signal);
  }

  rules(signal?: Signal): Promise<readonly RuleSummary[]> {
    return this.#json("GET", "/api/rules", undefined, signal);
  }
  rule(name: string, signal?: Signal): Promise<RuleDetail> {
    return this.#json("GET", `/api/rules/${encode(name)}`, undefined, signal);
  }
  shapeDatasets(signal?: Signal): Promise<readonly ShapeDataset[]> {
    return this.#json("GET", "/api/shapes/datasets", undefined, signal);
  }
  /** The commonest values of a column, commonest first. */
  shapeValues(dataset: string, column: string, signal?: Signal): Promise<readonly string[]> {
    return this.#json("POST", "/api/shapes/values", { dataset, column }, signal);
  }
  previewShape(shapeYaml: string, signal?: Signal): Promise<ShapePreview> {
    return this.#json("POST", "/api/shapes/preview", { shapeYaml }, signal);
  }
  ruleShape(name: string, signal?: Signal): Promise<RuleShape> {
    return this.#json("GET", `/api/rules/${encode(name)}/shape`, undefined, signal);
  }
  saveRuleShape(name: string, body: ShapeSavedBody, signal?: Signal): Promise<RuleDetail> {
    return this.#json("PUT", `/api/rules/${encode(name)}/shape`, body, signal);
  }
  createRule(rule: NewRule, signal?: Signal): Promise<RuleDetail> {
    return this.#json("POST", "/api/rules", rule, signal);
  }
  saveRule(name: string, files: RuleFiles, signal?: Signal): Promise<RuleDetail> {
    return this.#json("PUT", `/api/rules/${encode(name)}`, files, signal);
  }
  checkRule(name: string, target: GateReport["target"], signal?: Signal): Promise<GateReport> {
    return this.#json("POST", `/api/rules/${encode(name)}/check`, { target }, signal);
  }
  testRule(name: string, signal?: Signal): Promise<RuleTestReport> {
    return this.#json("POST", `/api/rules/${encode(name)}/test`, {}, signal);
  }
  /** A job with result `BacktestReport`. */
  backtestRule(name: string, signal?: Signal): Promise<Job> {
    return this.#json("POST", `/api/rules/${encode(name)}/backtest`, {}, signal);
  }
  /** A job with result `ProofReport`. */
  proveRule(name: string, signal?: Signal): Promise<Job> {
    return this.#json("POST", `/api/rules/${encode(name)}/prove`, {}, signal);
  }
  promoteRule(name: string, stage: Stage, reason: string, signal?: Signal): Promise<RuleDetail> {
    return this.#json("POST", `/api/rules/${encode(name)}/promote`, { stage, reason }, signal);
  }
  /** A job: one run of the rule over what is due. */
  runRule(name: string, signal?: Signal): Promise<Job> {
    return this.#json("POST", `/api/rules/${encode(name)}/run`, {}, signal);
  }
  /** A job with a MutationReport: broken variants of the SQL against the rule's tests. */
  mutateRule(name: string, signal?: Signal): Promise<Job> {
    return this.#json("POST", `/api/rules/${encode(name)}/mutate`, {}, signal);
  }
  /** A job with RuleEvidence: whatever the gate weighs and has not been computed for the rule as it is now. */
  checkEverything(name: string, force: boolean, signal?: Signal): Promise<Job> {
    return this.#json("POST", `/api/rules/${encode(name)}/check-everything`, { force }, signal);
  }
  /** A job with a BackfillReport; with `diff` one with a BackfillDifference, and nothing is written. Without `from` all of the past. */
  backfillRule(
    name: string,
    body: { readonly from?: string; readonly diff: boolean },
    signal?: Signal,
  ): Promise<Job> {
    return this.#json("POST", `/api/rules/${encode(name)}/backfill`, body, signal);
  }
  pauseRule(name: string, reason: string, signal?: Signal): Promise<RuleDetail> {
    return this.#json("POST", `/api/rules/${encode(name)}/pause`, { reason }, signal);
  }
  resumeRule(name: string, signal?: Signal): Promise<RuleDetail> {
    return this.#json("POST", `/api/rules/${encode(name)}/resume`, {}, signal);
  }
  /** Null takes the throttle off. */
  throttleRule(name: string, maximumPerHour: number | null, signal?: Signal): Promise<RuleDetail> {
    return this.#json("POST", `/api/rules/${encode(name)}/throttle`, { maximumPerHour }, signal);
  }
  /** A test that the events behind a detection must match; nothing is written. */
  testFromDetection(name: string, detection: string, signal?: Signal): Promise<ProposedTest> {
    return this.#json("POST", `/api/rules/${encode(name)}/tests/from-detection`, { detection }, signal);
  }
  /** A test of events that nearly match, made for a mutant that no test notices or from a detection (by id); nothing is written. */
  nearMissTest(name: string, mutantOrDetection: string, signal?: Signal): Promise<ProposedTest> {
    return this.#json(
      "POST",
      `/api/rules/${encode(name)}/tests/near-miss`,
      { mutant: mutantOrDetection },
      signal,
    );
  }
  /** A job with a VersionDifference, in alerts; without `to` against the rule as it is now. */
  ruleDifference(
    name: string,
    versions: { readonly from: string; readonly to?: string },
    signal?: Signal,
  ): Promise<Job> {
    return this.#json(
      "GET",
      `/api/rules/${encode(name)}/difference?${new URLSearchParams(versions)}`,
      undefined,
      signal,
    );
  }
  /** A job with a SigmaImportReport; with `dryRun` it only tells what would be made. */
  importSigma(
    texts: readonly { readonly place: string; readonly text: string }[],
    dryRun: boolean,
    signal?: Signal,
  ): Promise<Job> {
    return this.#json("POST", "/api/rules/import/sigma", { texts, dryRun }, signal);
  }
  /** A job with a PantherImportReport; with `dryRun` it only tells what would be made. */
  importPanther(
    texts: readonly { readonly place: string; readonly text: string }[],
    dryRun: boolean,
    signal?: Signal,
  ): Promise<Job> {
    return this.#json("POST", "/api/rules/import/panther", { texts, dryRun }, signal);
  }
  /** The rule as Sigma, with what Sigma cannot keep. */
  ruleSigma(name: string, signal?: Signal): Promise<SigmaExport> {
    return this.#json("GET", `/api/rules/${encode(name)}/sigma`, undefined, signal);
  }
  ruleVersionFiles(name: string, files: string, signal?: Signal): Promise<RuleFiles> {
    return this.#json("GET", `/api/rules/${encode(name)}/versions/${encode(files)}`, undefined, signal);
  }

  alerts(state: "open" | "decided" | "all", signal?: Signal): Promise<readonly AlertSummary[]> {
    return this.#json("GET", `/api/alerts?state=${state}`, undefined, signal);
  }
  alert(id: string, signal?: Signal): Promise<AlertDetail> {
    return this.#json("GET", `/api/alerts/${encode(id)}`, undefined, signal);
  }
  actOnAlert(id: string, decision: AlertDecision, signal?: Signal): Promise<AlertDetail> {
    return this.#json("POST", `/api/alerts/${encode(id)}/actions`, decision, signal);
  }

  /** The profile of an entity, part by part as the datasets answer. */
  async *entityParts(
    entity: EntityAddress,
    queryId: string,
    signal?: Signal,
  ): AsyncGenerator<EntityProfilePart> {
    const headers = { accept: "application/x-ndjson", "x-spoor-query-id": queryId };
    const response = await this.#request(entityPath(entity), { headers }, signal);
    let text = "";
    let ended = false;
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (text + chunk).split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        const part = JSON.parse(line) as EntityProfilePart;
        if (part.part === "end") ended = true;
        yield part;
      }
    }
    if (!ended) throw new ApiFailure(0, "The answer broke off before its end.");
  }
  entityNeighbours(entity: EntityAddress, queryId: string, signal?: Signal): Promise<EntityNeighbours> {
    return this.#request(
      entityPath(entity, "/neighbours"),
      { headers: { "x-spoor-query-id": queryId } },
      signal,
    ).then((response) => response.json() as Promise<EntityNeighbours>);
  }
  entityEvents(
    entity: EntityAddress,
    page: {
      readonly order: "newest" | "oldest";
      readonly after?: string | null;
      readonly limit?: number;
      readonly dataset?: string | null;
      readonly find?: string;
    },
    signal?: Signal,
  ): Promise<EntityEvents> {
    return this.#json("GET", entityPath(entity, "/events", page), undefined, signal);
  }
  annotate(note: NewAnnotation, signal?: Signal): Promise<Annotation> {
    return this.#json("POST", "/api/annotations", note, signal);
  }
  annotations(entity: EntityAddress, withDeleted: boolean, signal?: Signal): Promise<readonly Annotation[]> {
    const query = new URLSearchParams({ kind: entity.kind, value: entity.value });
    if (withDeleted) query.set("deleted", "1");
    return this.#json("GET", `/api/annotations?${query}`, undefined, signal);
  }
  /** Takes a note back; its text stays in the history. */
  deleteAnnotation(id: string, signal?: Signal): Promise<Annotation> {
    return this.#json("DELETE", `/api/annotations/${encode(id)}`, undefined, signal);
  }

  forecasts(signal?: Signal): Promise<ForecastsPage> {
    return this.#json("GET", "/api/forecasts", undefined, signal);
  }
  activity(signal?: Signal): Promise<readonly ActivityRow[]> {
    return this.#json("GET", "/api/activity", undefined, signal);
  }
  owners(signal?: Signal): Promise<readonly OwnerRow[]> {
    return this.#json("GET", "/api/owners", undefined, signal);
  }
  /** The model as the report uses it, measured numbers in place. */
  riskModel(signal?: Signal): Promise<RiskModel> {
    return this.#json("GET", "/api/risk/model", undefined, signal);
  }
  riskReport(signal?: Signal): Promise<RiskReport> {
    return this.#json("GET", "/api/risk/report", undefined, signal);
  }
  /** Shows what a riskquant CSV would add to the model, or adds it (`write`). */
  importRiskquant(body: ImportBody, signal?: Signal): Promise<RiskquantImportResult> {
    return this.#json("POST", "/api/risk/import/riskquant", body, signal);
  }
  /** Shows which incidents of a CSV are new, or appends them (`write`). */
  importIncidents(body: ImportBody & { since?: string }, signal?: Signal): Promise<IncidentImportResult> {
    return this.#json("POST", "/api/risk/import/incidents", body, signal);
  }
  /** The model's inputs as `person` (the user unless told) may see them. */
  elicitation(person: string, signal?: Signal): Promise<ElicitationPage> {
    return this.#json("GET", `/api/risk/elicitation?person=${encode(person)}`, undefined, signal);
  }
  /** Keeps a 90% interval of a person; gives the page as that person may see it now. */
  answerElicitation(answer: Omit<KeptAnswer, "date">, signal?: Signal): Promise<ElicitationPage> {
    return this.#json("POST", "/api/risk/elicitation", answer, signal);
  }
  /** Writes the pool of all answers about an input into the model. */
  usePool(input: string, signal?: Signal): Promise<{ low: number; high: number; people: number }> {
    return this.#json("POST", "/api/risk/elicitation/use", { input }, signal);
  }
  setIntervalHitRate(hits: number, count: number, signal?: Signal): Promise<{ hitRate: number }> {
    return this.#json("POST", "/api/risk/elicitation/hit-rate", { hits, count }, signal);
  }
  /** Questions about the workspace's own data, with their answers. */
  calibrationQuestions(signal?: Signal): Promise<readonly CalibrationQuestion[]> {
    return this.#json("GET", "/api/risk/calibration-questions", undefined, signal);
  }
  /** What hunts and trials saw so far, oldest first. */
  riskObservations(signal?: Signal): Promise<readonly Observation[]> {
    return this.#json("GET", "/api/risk/measured", undefined, signal);
  }
  /** Enters what a hunt or a trial saw: the input is updated from it. */
  observeRisk(
    seen: Pick<Observation, "input" | "hits" | "trials" | "trial" | "hunt" | "note">,
    signal?: Signal,
  ): Promise<Observation> {
    return this.#json("POST", "/api/risk/measured", seen, signal);
  }

  async #json<T>(method: string, path: string, body: unknown, signal: Signal): Promise<T> {
    const response = await this.#request(
      path,
      body === undefined
        ? { method }
        : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } },
      signal,
    );
    return (await response.json()) as T;
  }

  #post(
    path: string,
    body: unknown,
    signal: Signal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return this.#request(
      path,
      {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      },
      signal,
    );
  }

  async #bytes<T>(path: string, bytes: Blob, signal: Signal): Promise<T> {
    const headers = { "content-type": "application/octet-stream" };
    const response = await this.#request(path, { method: "POST", body: bytes, headers }, signal);
    return (await response.json()) as T;
  }

  async #request(path: string, init: RequestInit, signal: Signal): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(`${this.#origin}${path}`, {
        ...init,
        credentials: "same-origin",
        headers: { accept: "application/json", ...this.#headers, ...init.headers },
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw new DOMException("The request was stopped.", "AbortError");
      throw new ApiFailure(0, "The server did not answer. Is it running?", { cause });
    }
    if (!response.ok) throw await readFailure(response);
    return response;
  }
}

function encode(segment: string): string {
  return encodeURIComponent(segment);
}

function entityPath(
  { kind, value, from, until }: EntityAddress,
  part = "",
  more: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const query = new URLSearchParams();
  for (const [name, text] of Object.entries({ from, until, ...more }))
    if (text !== undefined && text !== null && text !== "") query.set(name, String(text));
  const asked = query.toString();
  return `/api/entities/${encode(kind)}/${encodeEntityValue(value)}${part}${asked === "" ? "" : `?${asked}`}`;
}

async function readFailure(response: Response): Promise<ApiFailure> {
  const text = await response.text();
  let error: Partial<ApiError> = {};
  try {
    error = (JSON.parse(text) as { error?: Partial<ApiError> }).error ?? {};
  } catch {
    // Not JSON: a proxy's page or an empty body. The status says what is known.
  }
  return new ApiFailure(response.status, error.message ?? statusSentence(response.status), {
    issues: error.issues ?? [],
    offset: error.offset ?? null,
  });
}

function statusSentence(status: number): string {
  if (status === 401)
    return "You are not signed in. Open the address that the server printed when it started.";
  if (status === 403) return "You are not allowed to do this.";
  if (status === 404) return "There is nothing here by that name.";
  if (status === 413) return "This is larger than the server takes at once.";
  return `The server answered with status ${status}.`;
}
