import type { Stage } from "../../promote/records/records.ts";
import type { RiskReport } from "../../promote/risk/report-value.ts";
import type {
  ActivityRow,
  AlertDetail,
  AlertSummary,
  ApiError,
  CatalogEntry,
  Discovered,
  EventsAccepted,
  ForecastsPage,
  GateReport,
  InferenceReport,
  Job,
  NotebookFile,
  NotebookSummary,
  OwnerRow,
  QuarantineRow,
  QueryBody,
  QueryJson,
  RuleDetail,
  RuleFiles,
  RuleSummary,
  RuleTestReport,
  SessionInfo,
  SourceDetail,
  SourceSummary,
  Today,
  TranspiledCell,
} from "../../server/api/api.ts";
import { ApiFailure } from "./api-failure.ts";

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
  readonly from?: { readonly notebook: string; readonly cell: number };
}

export interface AlertDecision {
  readonly name: string;
  readonly reason: string;
  readonly minutes: number;
  readonly outcome?: string;
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
  queries(signal?: Signal): Promise<readonly RunningQuery[]> {
    return this.#json("GET", "/api/queries", undefined, signal);
  }
  async cancelQuery(id: string, signal?: Signal): Promise<void> {
    await this.#request(`/api/queries/${encode(id)}`, { method: "DELETE" }, signal);
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
  transpile(cells: readonly CellSource[], signal?: Signal): Promise<readonly TranspiledCell[]> {
    return this.#json("POST", "/api/notebooks/transpile", { cells }, signal);
  }

  rules(signal?: Signal): Promise<readonly RuleSummary[]> {
    return this.#json("GET", "/api/rules", undefined, signal);
  }
  rule(name: string, signal?: Signal): Promise<RuleDetail> {
    return this.#json("GET", `/api/rules/${encode(name)}`, undefined, signal);
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

  alerts(state: "open" | "decided" | "all", signal?: Signal): Promise<readonly AlertSummary[]> {
    return this.#json("GET", `/api/alerts?state=${state}`, undefined, signal);
  }
  alert(id: string, signal?: Signal): Promise<AlertDetail> {
    return this.#json("GET", `/api/alerts/${encode(id)}`, undefined, signal);
  }
  actOnAlert(id: string, decision: AlertDecision, signal?: Signal): Promise<AlertDetail> {
    return this.#json("POST", `/api/alerts/${encode(id)}/actions`, decision, signal);
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
  riskReport(signal?: Signal): Promise<RiskReport> {
    return this.#json("GET", "/api/risk/report", undefined, signal);
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
