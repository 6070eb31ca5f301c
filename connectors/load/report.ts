import type { Issue } from "../issue/issue.ts";
import type { EntityField, TimeField } from "../source/source.ts";

export interface FieldProfile {
  readonly name: string;
  readonly key: string;
  readonly type: string;
}

/** A quarantined row as a report shows it. */
export interface QuarantineRow {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  readonly reason: string;
  readonly text: string;
}

/** What was inferred, shown before and after a load. */
export interface InferenceReport {
  readonly name: string;
  readonly time: TimeField;
  readonly timeCandidates: readonly {
    readonly field: string;
    readonly share: number;
    readonly first: string;
    readonly last: string;
  }[];
  readonly entities: readonly EntityField[];
  readonly datasets: readonly {
    readonly name: string;
    readonly format: string;
    readonly fields: readonly FieldProfile[];
  }[];
  readonly issues: readonly Issue[];
}

/** What one load did with each input. `good + quarantined = read`, for each and for all. */
export interface LoadReport {
  readonly source: string;
  readonly inference: InferenceReport;
  readonly files: readonly {
    readonly file: string;
    readonly format: string;
    readonly dataset: string;
    readonly read: number;
    readonly good: number;
    readonly quarantined: number;
    /** `loaded`, `known` (same bytes were loaded before), `skipped` (not a log; reason says why). */
    readonly state: "loaded" | "known" | "skipped";
    readonly reason: string;
  }[];
  readonly read: number;
  readonly good: number;
  readonly quarantined: number;
  /** First rejects, at most 20. */
  readonly rejects: readonly QuarantineRow[];
  readonly elapsedMs: number;
}
