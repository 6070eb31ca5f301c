/**
 * The HTTP API's shapes: JSON under `/api`, session cookie or `Authorization: Bearer`. Types only, so that the
 * workbench and the CLI share them. Times are ISO 8601 UTC text; 64-bit integers from data are decimal text.
 * Errors are `{error: ApiError}` with status 400 (bad input), 401, 403, 404, 409 (refused by a rule of the
 * house, e.g. the gate), 413, 422 (query failed), 500.
 */
import type { Issue } from "../../connectors/issue/issue.ts";
import type { FieldProfile } from "../../connectors/load/report.ts";
import type { EntityField, SourceCost, TimeField } from "../../connectors/source/source.ts";
import type { GateReport } from "../../promote/gate/report.ts";
import type { BacktestReport, DetectionRow, JsonRow } from "../../promote/records/backtest.ts";
import type { Stage } from "../../promote/records/records.ts";
import type { AlertSummary } from "../../promote/respond/alert-detail.ts";
import type { RuleFiles } from "../../promote/rule/rule-files.ts";
import type { RuleTestReport } from "../../promote/rule/test-report.ts";

export interface ApiError {
  readonly message: string;
  readonly issues: readonly Issue[];
  /** Zero-based offset in the SQL, for query errors. */
  readonly offset?: number | null;
}

export type { BacktestReport, DetectionRow, JsonCell, JsonRow } from "../../promote/records/backtest.ts";

/** GET /api/session */
export interface SessionInfo {
  readonly user: string;
  readonly workspace: string;
  readonly version: string;
  readonly engineVersion: string;
}

export type LightState = "good" | "warning" | "bad";
export interface StatusLight {
  readonly name: "seeing" | "deciding" | "sending";
  readonly state: LightState;
  readonly reason: string;
  readonly href: string;
}

/** GET /api/today */
export interface Today {
  readonly lights: readonly StatusLight[];
  readonly openAlerts: readonly AlertSummary[];
  readonly healthIssues: readonly {
    readonly source: string;
    readonly issue: Issue;
    readonly blinds: readonly string[];
  }[];
  readonly hunts: readonly NotebookSummary[];
  readonly rulesWaiting: readonly { readonly rule: string; readonly stage: Stage; readonly why: string }[];
}

/** GET /api/sources -> SourceSummary[] */
export interface SourceSummary {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly datasets: readonly string[];
  readonly rowCount: number;
  readonly byteCount: number;
  readonly quarantinedCount: number;
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  readonly lastIngested: string | null;
  /** Events per equal slice of the time the data covers, at most 96 numbers, oldest first. */
  readonly rate: readonly number[];
  readonly state: "well" | "sick" | "empty";
  readonly healthIssues: readonly Issue[];
  readonly costUsdPerMonth: number;
  readonly riskReductionUsd: { readonly mean: number; readonly q05: number; readonly q95: number } | null;
  readonly rules: readonly string[];
}

export type { FieldProfile } from "../../connectors/load/report.ts";

/** GET /api/sources/:name */
export interface SourceDetail extends SourceSummary {
  readonly yaml: string;
  readonly runbook: string;
  readonly time: TimeField;
  readonly entities: readonly EntityField[];
  readonly cost: SourceCost;
  readonly fields: readonly (FieldProfile & { readonly dataset: string })[];
  readonly inputs: readonly {
    readonly file: string;
    readonly format: string;
    readonly read: number;
    readonly good: number;
    readonly quarantined: number;
    readonly loaded: string;
  }[];
}

/** POST /api/sources/discover {paths} -> Discovered[] (best first) */
export type { Discovered } from "../../connectors/discover/discover.ts";
/** GET /api/sources/:name/quarantine?limit= */
/** What was inferred, shown before and after a load. */
/**
 * POST /api/sources {name, paths, owner?, description?} -> Job with result LoadReport.
 * POST /api/sources/preview?name=&file= with the bytes as body, or {name, paths} as JSON -> InferenceReport.
 * POST /api/sources/upload?name=&file=&owner= with the bytes of one file as body -> Job with result LoadReport.
 */
export type { InferenceReport, LoadReport, QuarantineRow } from "../../connectors/load/report.ts";

/** POST /api/sources/:name/events (NDJSON body, optional Idempotency-Key header) */
export interface EventsAccepted {
  readonly accepted: number;
  readonly quarantined: number;
  /** True when this Idempotency-Key was taken before and nothing was added. */
  readonly repeated: boolean;
}

/** GET /api/jobs/:id ; DELETE cancels */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly state: "running" | "succeeded" | "failed" | "cancelled";
  /** 0..1, or null when unknown. */
  readonly progress: number | null;
  readonly message: string;
  readonly result: unknown;
  readonly error: ApiError | null;
}

/** GET /api/catalog */
export interface CatalogEntry {
  readonly name: string;
  readonly source: string;
  /** `source` for data brought in, `spoor` for what Spoor records (detections, alerts, ...). */
  readonly origin: "source" | "spoor";
  readonly rowCount: number;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly entity: string | null;
  }[];
}

/**
 * POST /api/query {sql, parameters?, rowLimit?, format?: "arrow"|"json"|"ndjson"|"csv"|"parquet"} with header
 * `X-Spoor-Query-Id` (client-made UUID). arrow: Arrow IPC stream. DELETE /api/queries/:id cancels; closing the
 * request does too. GET /api/queries lists running ones (QueryProgress).
 */
export interface QueryBody {
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, string | number | boolean | null>>;
  readonly rowLimit?: number;
  readonly format?: "arrow" | "json" | "ndjson" | "csv" | "parquet";
}
export interface QueryJson {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly JsonRow[];
  readonly complete: boolean;
}

/** GET /api/notebooks -> NotebookSummary[] */
export interface NotebookSummary {
  readonly name: string;
  readonly title: string;
  readonly hypothesis: string;
  readonly techniques: readonly string[];
  readonly state: "open" | "confirmed" | "refuted" | "inconclusive";
  readonly findings: number;
  readonly modified: string;
}

/** GET /api/notebooks/:name ; PUT {html, baseRevision} -> NotebookFile (409 when baseRevision is stale) */
export interface NotebookFile {
  readonly name: string;
  readonly html: string;
  readonly revision: string;
}

/** POST /api/notebooks/transpile {cells: {id, mode, value, hidden?, output?}[]} -> TranspiledCell[] */
export type { TranspiledCell } from "../../notebooks/document/transpile-cells.ts";

export type { GateCheck, GateReport } from "../../promote/gate/report.ts";

/** GET /api/rules -> RuleSummary[] */
export interface RuleSummary {
  readonly name: string;
  readonly title: string;
  readonly stage: Stage;
  readonly mode: "batch" | "stream";
  readonly severity: string;
  readonly owner: string;
  readonly techniques: readonly string[];
  readonly detections: number;
  readonly alerts: number;
  readonly alertsPerWeek: number;
  readonly expectedAlertsPerWeek: number | null;
  /** Beta posterior of precision. */
  readonly precision: {
    readonly mean: number;
    readonly q05: number;
    readonly q95: number;
    readonly evidence: number;
  };
  readonly proof: { readonly holds: boolean; readonly proved: string; readonly reason: string } | null;
  readonly issues: readonly Issue[];
}

/** PUT /api/rules/:name takes RuleFiles (files loaded as `draft` or `staged` only). */
export type { RuleFiles } from "../../promote/rule/rule-files.ts";

/**
 * GET /api/rules/:name -> RuleDetail.
 * POST /api/rules {name, sql, title?, timeColumn?, entities?, lookbackMs?, from?} -> RuleDetail (new draft with templates)
 * POST /api/rules/:name/check {target} -> GateReport ; /test -> RuleTestReport ; /backtest -> BacktestReport ;
 * /prove -> ProofReport ; /promote {stage, reason?} -> RuleDetail (409 with GateReport's failures as issues) ; /run -> run now
 */
export interface RuleDetail extends RuleSummary {
  readonly files: RuleFiles;
  readonly gate: GateReport;
  readonly version: string;
  /** Results of the rule's tests on its present files; null while the rule cannot be read. */
  readonly tests: RuleTestReport | null;
  readonly backtest: BacktestReport | null;
  readonly proofReport: ProofReport | null;
  readonly detectionsRecent: readonly DetectionRow[];
  readonly runs: readonly {
    readonly mode: string;
    readonly after: string;
    readonly until: string;
    readonly started: string;
    readonly elapsedMs: number;
    readonly detections: number;
    readonly state: string;
    readonly error: string | null;
  }[];
  readonly alertsRecent: readonly AlertSummary[];
}
export type { RuleTestReport } from "../../promote/rule/test-report.ts";
export interface ProofReport {
  readonly holds: boolean;
  readonly reason: string;
  readonly proved: string;
  readonly events: number;
  readonly slices: number;
  readonly batchDetections: number;
  readonly streamDetections: number;
  readonly onlyBatch: readonly string[];
  readonly onlyStream: readonly string[];
  readonly dataHash: string;
  readonly engineVersion: string;
}

/** GET /api/alerts?state=open|decided|all -> AlertSummary[] */
/** GET /api/alerts/:id ; POST /api/alerts/:id/actions {name, reason, minutes, outcome?} -> AlertDetail (409 when decided) */
export type {
  AlertAction,
  AlertDetail,
  AlertOption,
  AlertSummary,
} from "../../promote/respond/alert-detail.ts";

/** GET /api/forecasts */
export interface ForecastsPage {
  readonly brier: number | null;
  readonly skill: number | null;
  readonly resolved: number;
  readonly open: number;
  readonly calibration: readonly {
    readonly probability: number;
    readonly observed: number;
    readonly low: number;
    readonly high: number;
    readonly count: number;
  }[];
  readonly forecasts: readonly {
    readonly id: string;
    readonly statement: string;
    readonly subject: string;
    readonly author: string;
    readonly value: number | readonly [number, number];
    readonly created: string;
    readonly resolveBy: string;
    readonly outcome: number | null;
    readonly score: number | null;
  }[];
}

/** GET /api/risk/report : promote/risk's report value. GET /api/activity -> ActivityRow[] ; GET /api/owners -> OwnerRow[] */
export interface ActivityRow {
  readonly at: string;
  readonly actor: string;
  readonly verb: string;
  readonly subject: string;
  readonly detail: string;
}
export interface OwnerRow {
  readonly name: string;
  readonly onCall: string;
  readonly systems: readonly string[];
  readonly alertsPerWeekBudget: number;
}
