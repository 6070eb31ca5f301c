/** JSON-safe cell: bigint became decimal text, bytes became hex text. */
export type JsonCell =
  | string
  | number
  | boolean
  | null
  | readonly JsonCell[]
  | { readonly [key: string]: JsonCell };
export type JsonRow = Readonly<Record<string, JsonCell>>;

/** A detection as a page or a report shows it; times are ISO 8601 UTC text. */
export interface DetectionRow {
  readonly id: string;
  readonly rule: string;
  readonly time: string;
  readonly entities: Readonly<Record<string, string>>;
  readonly rows: readonly JsonRow[];
  readonly late: boolean;
  readonly mode: string;
  readonly detected: string;
  /** When it was withdrawn, and why; absent while it stands. */
  readonly withdrawn?: string;
  readonly withdrawnReason?: string;
}

/** What a rule would have found in the history, and what that would have cost its owner. Dollars are US dollars. */
export interface BacktestReport {
  readonly detections: number;
  readonly alertsPerWeek: number;
  readonly triageMinutesPerWeek: number;
  readonly triageUsdPerYear: number;
  readonly from: string | null;
  readonly until: string | null;
  /** Detections by UTC day, for the chart. */
  readonly days: readonly { readonly day: string; readonly detections: number }[];
  readonly sample: readonly DetectionRow[];
  readonly elapsedMs: number;
}
