import type { Issue } from "../../connectors/issue/issue.ts";
import type { RuleTestReport } from "../../promote/rule/test-report.ts";
import type { BacktestReport, ProofReport } from "../api/api.ts";

/** A text that was handed in, with the name of its file. */
export interface ImportText {
  readonly place: string;
  readonly text: string;
}

export interface SigmaImportBody {
  readonly texts: readonly ImportText[];
  readonly pipelines: readonly ImportText[];
  /** Files that hold filters; filters among `texts` count as well. */
  readonly filters: readonly ImportText[];
  /** Only tells what would be made. */
  readonly dryRun: boolean;
  /** Rules of other products that say the same: linked in Additional Resources, never read. */
  readonly references: readonly { readonly title: string; readonly url: string }[];
}

/** A draft that an import made, or would make. */
export interface ImportedRule {
  readonly name: string;
  readonly title: string;
  readonly place: string;
  readonly kind: "rule" | "correlation";
  readonly datasets: readonly string[];
  readonly warnings: readonly Issue[];
}

/** A document that became no rule, with every reason: code, place, remedy. */
export interface RefusedRule {
  readonly title: string;
  readonly place: string;
  readonly issues: readonly Issue[];
}

export interface SigmaImportReport {
  readonly dryRun: boolean;
  readonly made: readonly ImportedRule[];
  readonly refused: readonly RefusedRule[];
  /** Rules that are here already, from the same text. */
  readonly unchanged: readonly { readonly name: string; readonly title: string; readonly place: string }[];
  /** Rules that are only parts of a correlation. */
  readonly parts: readonly { readonly title: string; readonly place: string }[];
  readonly filters: readonly { readonly title: string; readonly rules: number }[];
  /** Why rules were refused, commonest first. */
  readonly reasons: readonly { readonly code: string; readonly count: number }[];
}

export interface PantherImportBody {
  readonly texts: readonly ImportText[];
  /** Only tells what would be made. */
  readonly dryRun: boolean;
}

/** A rule whose detections a correlation puts together. */
export interface CorrelationMember {
  readonly ruleId: string;
  /** Name by which the correlation's query asks for its detections. */
  readonly name: string;
  /** `here`: a rule of this workspace; `imported`: one of the same import; `missing`: its detections never come. */
  readonly state: "here" | "imported" | "missing";
  /** The entity of its detections that must be the same; null where nothing is compared. */
  readonly entity: string | null;
}

export interface ImportedCorrelation extends ImportedRule {
  readonly members: readonly CorrelationMember[];
  readonly tests: number;
  /** Of its tests, those that give what they expect; null when nothing was made. */
  readonly testsPassed: number | null;
}

/** As of Sigma, with the members of what was made. */
export interface PantherImportReport extends SigmaImportReport {
  readonly made: readonly ImportedCorrelation[];
}

export interface PantherTestsBody {
  readonly texts: readonly ImportText[];
  /** Where the events belong; needed when the rule reads several datasets. */
  readonly dataset?: string | undefined;
  readonly dryRun: boolean;
}

export interface PantherTestsReport {
  readonly rule: string;
  readonly dataset: string;
  readonly dryRun: boolean;
  readonly added: readonly {
    readonly name: string;
    readonly title: string;
    readonly place: string;
    readonly passed: boolean;
    readonly message: string;
    /** The event has no time of its own, and stands at a fixed one. */
    readonly timed: boolean;
  }[];
  /** Tests with the same events are there already. */
  readonly unchanged: readonly string[];
  readonly refused: readonly RefusedRule[];
  readonly reasons: readonly { readonly code: string; readonly count: number }[];
}

export interface BundleImportReport {
  readonly name: string;
  /** SHA-256 of `bundle.json`, which names that of every other file. */
  readonly checksum: string;
  readonly tests: RuleTestReport;
  /** The rule over the bundle's sample: what it finds here and what it found where the bundle was made. */
  readonly sample: {
    readonly rows: number;
    readonly expected: number;
    readonly found: number;
    readonly missing: readonly string[];
    readonly added: readonly string[];
    readonly agrees: boolean;
  };
  /** Replay proof over the sample; null when the sample holds no detection. */
  readonly proof: ProofReport | null;
  /** Over this workspace's own data; null where it lacks a dataset or column. */
  readonly backtest: BacktestReport | null;
  readonly issues: readonly Issue[];
}

export interface SigmaExport {
  readonly name: string;
  readonly yaml: string;
  /** What the text cannot keep. */
  readonly issues: readonly Issue[];
}
