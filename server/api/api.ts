/**
 * The HTTP API's shapes: JSON under `/api`, session cookie or `Authorization: Bearer`. Types only, so that the
 * workbench and the CLI share them. Times are ISO 8601 UTC text; 64-bit integers from data are decimal text.
 * Errors are `{error: ApiError}` with status 400 (bad input), 401, 403, 404, 409 (refused by a rule of the
 * house, e.g. the gate), 413, 422 (query failed), 500.
 */

import type { Issue } from "../../connectors/issue/issue.ts";
import type { FieldProfile } from "../../connectors/load/report.ts";
import type { EntityField, EntityKind, SourceCost, TimeField } from "../../connectors/source/source.ts";
import type { NotebookChange } from "../../notebooks/document/compare-notebooks.ts";
import type { NeedMet } from "../../notebooks/template/needs.ts";
import type { TemplateNote } from "../../notebooks/template/template-note.ts";
import type { ProofState } from "../../promote/gate/proof-state.ts";
import type { GateReport } from "../../promote/gate/report.ts";
import type { BacktestReport, DetectionRow, JsonRow } from "../../promote/records/backtest.ts";
import type { Stage } from "../../promote/records/records.ts";
import type { AlertSummary } from "../../promote/respond/alert-detail.ts";
import type { ForecastGroup } from "../../promote/risk/forecast-groups.ts";
import type { IncidentImport } from "../../promote/risk/incident-import.ts";
import type { ImportedScenario } from "../../promote/risk/riskquant-import.ts";
import type { RuleFiles } from "../../promote/rule/rule-files.ts";
import type { Shape } from "../../promote/rule/shape/shape.ts";
import type { RuleTestReport } from "../../promote/rule/test-report.ts";
import type { HuntSummary } from "../hunt/hunt-types.ts";
import type { RuleKnowledge, StageChange } from "../rule/rule-types.ts";

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
  /** Scheduled hunts whose answer changed and that nobody has looked at since. */
  readonly huntsChanged: readonly HuntSummary[];
  readonly rulesWaiting: readonly { readonly rule: string; readonly stage: Stage; readonly why: string }[];
  /** Drafts without a fault: nobody watches with them yet. */
  readonly draftCount: number;
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
  /** What the source declares, nested paths included; empty for Spoor's own. */
  readonly entities: readonly EntityField[];
}

/**
 * GET /api/entities/:kind/:value?from=&until= -> EntityProfile (or EntityProfilePart a line, `Accept: application/x-ndjson`);
 * …/neighbours -> EntityNeighbours ; …/events?order=&after=&limit=&dataset=&find= -> EntityEvents.
 * GET /api/annotations?kind=&value=&deleted=1 -> Annotation[] ; POST {kind, value, at, until?, note} ; DELETE /api/annotations/:id
 */
export type {
  Annotation,
  EntityEvents,
  EntityNeighbours,
  EntityProfilePart,
  NewAnnotation,
} from "../../notebooks/entity/entity-profile.ts";

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

/**
 * POST /api/query/check {sql, parameters?} -> QueryCheck: the query is described, not run.
 * GET /api/query/functions -> EngineFunction[]
 */
export interface QueryCheck {
  /** Empty when there are issues. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly issues: readonly {
    readonly message: string;
    readonly remedy: string;
    /** Zero-based offset in the SQL, or null where it is not known. */
    readonly offset: number | null;
  }[];
}
export type { EngineFunction } from "../../notebooks/function/engine-functions.ts";

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

export type { PowerReport } from "../../notebooks/hunt/measure-power.ts";
/**
 * GET /api/hunts -> HuntSummary[]. POST /api/hunts/health {needs, from?, until?} -> NeedHealth[] ; /needs {html} -> DataNeed[] ;
 * /draw-event {dataset, seed?} -> DrawnEvent ; /power -> Job with PowerReport ; /run {html, name?, parameters?, mode?, lock?}
 * -> HeadlessRun. Of one hunt, /api/hunts/:name: GET runs -> HuntRunSummary[] ; POST runs {parameters?} -> Job with
 * HuntRunDetail ; GET runs/:id -> HuntRunDetail ; POST runs/:id/seen ; GET lock -> LockSummary | null ; POST lock -> Job with
 * LockSummary ; POST locked-run {mode: "locked"|"compare"} -> Job with HeadlessRun (without its page).
 */
export type {
  DataNeed,
  DrawnEvent,
  HeadlessRun,
  HuntRunDetail,
  HuntRunSummary,
  HuntSummary,
  LockSummary,
  NeedHealth,
} from "../hunt/hunt-types.ts";

/** GET /api/notebooks/:name ; PUT {html, baseRevision} -> NotebookFile (409 when baseRevision is stale) */
export interface NotebookFile {
  readonly name: string;
  readonly html: string;
  readonly revision: string;
}

/**
 * GET /api/notebooks/:name/history -> NotebookVersion[] (newest first) ; GET …/history/:revision -> NotebookFile.
 * POST /api/notebooks/:name/restore {revision, baseRevision} -> NotebookFile (409 when baseRevision is stale).
 */
export interface NotebookVersion {
  readonly revision: string;
  readonly at: string;
  /** Null when the file was changed by other means (git, an editor). */
  readonly by: string | null;
  readonly kind: "made" | "saved" | "restored" | "found";
  /** The version that was restored. */
  readonly restored: string | null;
  /** Against the version before. */
  readonly change: NotebookChange;
}
export type { NotebookChange } from "../../notebooks/document/compare-notebooks.ts";

/**
 * POST /api/notebooks/:name/presence {client, cell, hidden} -> NotebookPulse ; DELETE …/presence?client= when it closes.
 * Asked every few seconds by each window that has the notebook open.
 */
export interface NotebookPulse {
  /** Of the file as it is now; null when there is no such notebook any more. */
  readonly revision: string | null;
  readonly by: string | null;
  readonly at: string | null;
  readonly others: readonly PersonPresent[];
}
export interface PersonPresent {
  readonly client: string;
  readonly user: string;
  /** The cell where that person works. */
  readonly cell: number | null;
  readonly since: string;
}

/**
 * POST /api/notebooks/import {file, text, metadata?, datasets?, name?, save?} -> NotebookImport (save: false only reads it).
 * GET /api/notebooks/:name/export?format=ipynb|md|html&results=0 -> the file, as an attachment.
 */
export interface NotebookImport {
  readonly kind: "spoor" | "jupyter" | "playbook";
  /** The notebook that was made; null when it was only read. */
  readonly name: string | null;
  readonly title: string;
  readonly hypothesis: string;
  readonly techniques: readonly string[];
  readonly sqlCells: number;
  readonly textCells: number;
  readonly programCells: number;
  /** Tables that its SQL reads and the dataset that each stands for; null when none of that name is there. */
  readonly tables: readonly { readonly name: string; readonly dataset: string | null }[];
  readonly issues: readonly Issue[];
}

/** GET /api/templates -> TemplateSummary[] ; POST /api/templates/:name/start {datasets?, anyway?} -> NotebookFile (409 when data are missing) */
export interface TemplateSummary {
  readonly name: string;
  readonly title: string;
  /** One sentence: what its rows are. */
  readonly finds: string;
  readonly hypothesis: string;
  readonly refutation: string;
  readonly techniques: readonly string[];
  readonly needs: readonly NeedMet[];
  /** Every need is met. */
  readonly ready: boolean;
  /** What it answers over the demo data. */
  readonly answer: Pick<TemplateNote["answer"], "cell" | "kind" | "says">;
  /** Measured over the demo data, by `injection`. */
  readonly power: TemplateNote["power"];
  readonly injection: TemplateNote["injection"];
  /** Hunts of this workspace that were started from it. */
  readonly started: readonly { readonly name: string; readonly state: NotebookSummary["state"] }[];
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
  /** How the newest proof stands; null while there is none. It `holds` while the state is `proved`. */
  readonly proof:
    | (ProofState & { readonly holds: boolean; readonly proved: string; readonly reason: string })
    | null;
  readonly issues: readonly Issue[];
  /** The last move between stages, with its reason: why a rule was demoted or retired. */
  readonly lastChange: StageChange | null;
  /** How its runner does, for the list; absent or null while it does not watch. */
  readonly watch?: {
    /** Why it fails or falls behind; empty when it is well. */
    readonly trouble: string;
    /** Sources that it reads and that are not well. */
    readonly blind: readonly string[];
    readonly paused: boolean;
    readonly missedRuns: number;
  } | null;
}

export type { RuleFiles } from "../../promote/rule/rule-files.ts";
/** PUT /api/rules/:name takes RuleFiles (files loaded as `draft` or `staged` only). */
/**
 * POST /api/rules/import/sigma SigmaImportBody -> Job with SigmaImportReport ; POST /api/rules/import/bundle?name= (the archive)
 * -> Job with BundleImportReport ; GET /api/rules/:name/bundle?sample=0 -> the archive (`spoor-bundle-checksum` in its head) ;
 * GET /api/rules/:name/sigma -> SigmaExport (409 with the reasons where Sigma cannot say it) ;
 * POST /api/rules/import/panther PantherImportBody -> Job with PantherImportReport (correlation rules) ;
 * POST /api/rules/:name/tests/panther PantherTestsBody -> Job with PantherTestsReport (sample events as tests of the rule)
 */
export type {
  BundleImportReport,
  SigmaExport,
  SigmaImportReport,
} from "../rule/exchange-types.ts";

/**
 * GET /api/rules/:name -> RuleDetail.
 * POST /api/rules {name, sql, title?, timeColumn?, entities?, lookbackMs?, from?} -> RuleDetail (new draft with templates)
 * POST /api/rules/:name/check {target} -> GateReport ; /test -> RuleTestReport ; /backtest -> BacktestReport ;
 * /prove -> ProofReport ; /promote {stage, reason?} -> RuleDetail (409 with GateReport's failures as issues) ;
 * /run -> Job (what is due; the history of a rule that does not watch) ; /backfill {from?, until?, diff?} -> Job ;
 * /pause {reason, until?} | /resume {reason?} | /throttle {maximumPerHour: number|null, reason?} -> RuleDetail ; GET …/controls -> RuleRunnerReport ;
 * /mutate -> Job with MutationReport ; /check-everything {kinds?, force?} -> Job with RuleEvidence: computes what is missing or stale.
 * /tests/from-detection {detection, name?} -> ProposedTest (must match) ; /tests/near-miss {mutant: id of a mutant or a detection}
 * -> ProposedTest ; /tests {test: ProposedTest} -> RuleDetail: saves it among the rule's files.
 * GET /api/rules/:name/difference?from=&to= -> Job with VersionDifference (versions or `files` hashes; `to` absent: as it is now)
 * GET /api/rules/:name/versions -> RuleVersionEntry[] ; /versions/:files -> RuleFiles
 */
export type {
  ProposedTest,
  RuleEvidence,
  RuleVersionEntry,
  StageChange,
} from "../rule/rule-types.ts";
export type { RuleRunnerReport } from "../stream/rule-controls.ts";
export interface RuleDetail extends RuleSummary, RuleKnowledge {
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
    /** Rows that it had to look into; null or absent where nobody knows. */
    readonly rowsRead?: number | null;
    readonly costUsd?: number | null;
    /** Up to when everything had come, ISO 8601 UTC. */
    readonly watermark?: string | null;
    /** Events that came later than allowed and reopened the slice. */
    readonly late?: number;
    /** Detections that it no longer found. */
    readonly withdrawn?: number;
    /** What was wrong with its sources then, a sentence each. */
    readonly health?: readonly string[];
    /** It made good what was missed. */
    readonly refill?: boolean;
  }[];
  readonly alertsRecent: readonly AlertSummary[];
}
export type { RuleTestReport } from "../../promote/rule/test-report.ts";
export interface ProofReport extends ProofState {
  /** Whose events were replayed. */
  readonly provedOn: "history" | "tests";
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

/**
 * GET /api/risk/elicitation?person= -> ElicitationPage ; POST {input, low, high, cap?, note?, person?} -> ElicitationPage ;
 * POST …/use {input}: the pool of the answers goes into risk/model.yaml ; POST …/hit-rate {hits, count} sets
 * settings.intervalHitRate. GET /api/risk/calibration-questions -> CalibrationQuestion[]
 */
export type { AskedInput, ElicitationPage } from "../risk/elicitation-types.ts";

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
    readonly kind?: "binary" | "interval" | "count";
    /** Late and superseded ones are never scored. */
    readonly state?: "open" | "late" | "superseded" | "scored";
    /** Id of the earlier forecast that it replaces. */
    readonly revises?: string | null;
  }[];
  /** Scores by rule, source and version of what made them, each kind for itself; never by person. */
  readonly groups?: readonly ForecastGroup[];
}

/** POST /api/risk/import/riskquant {file, text, write, revision?} */
export interface RiskquantImportResult {
  /** Largest expected loss first. */
  readonly scenarios: readonly ImportedScenario[];
  readonly totalUsd: number;
  /** What is added to risk/model.yaml. */
  readonly added: string;
  /** Of the files as they were read; send it with `write`. */
  readonly revision: string;
  readonly written: boolean;
  readonly issues: readonly Issue[];
}
/** POST /api/risk/import/incidents {file, text, write, revision?, since?} */
export interface IncidentImportResult {
  readonly incidents: IncidentImport["incidents"];
  /** Since when every attack is listed; null: it must be said before anything is written. */
  readonly since: string | null;
  readonly revision: string;
  readonly written: boolean;
  readonly issues: readonly Issue[];
}
/** POST /api/risk/draws {draws?, seed?, years?, format?} -> Job with this; GET /api/risk/draws/:file gives its bytes. */
export interface DrawsFiles {
  readonly files: readonly {
    readonly table: "draws" | "years";
    readonly file: string;
    readonly rows: number;
    readonly columns: number;
    readonly bytes: number;
  }[];
  readonly seed: number;
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
  /** Alerts of the last seven days, of all rules together: what the budget is measured against. */
  readonly alertsLastWeek?: number;
}

/** A dataset as the builder of rules offers it. */
export interface ShapeDataset {
  readonly name: string;
  /** Whether its rows have event times; others are lists to look into. */
  readonly timed: boolean;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly entities: readonly { readonly column: string; readonly kind: EntityKind }[];
}

/** What a rule's parts say and find. */
export interface ShapePreview {
  readonly sentence: string;
  /** Empty while `issues` holds an error. */
  readonly sql: string;
  readonly lookbackMs: number;
  readonly lookups: readonly string[];
  readonly entityColumns: readonly string[];
  readonly issues: readonly Issue[];
  /** Rows over the whole history; null when they could not be counted, as `failure` says. */
  readonly detections: number | null;
  /** Days (UTC) with detections. */
  readonly days: readonly { readonly day: string; readonly detections: number }[];
  readonly perWeek: number | null;
  /** First and last event time of the data. */
  readonly from: string | null;
  readonly until: string | null;
  readonly failure: string | null;
}

/** The parts of a rule; null when it has none that can be read. */
export interface RuleShape {
  readonly shape: Shape | null;
  /** The rule's entities, whatever its parts say. */
  readonly entities: readonly { readonly column: string; readonly kind: EntityKind }[];
  /** Whether rule.sql is not what the parts give any more. */
  readonly editedByHand: boolean;
  readonly issues: readonly Issue[];
}

/** Changed parts of a rule. */
export interface ShapeSavedBody {
  readonly shapeYaml: string;
  readonly entities: readonly { readonly column: string; readonly kind: EntityKind }[];
}
