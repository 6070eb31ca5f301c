import type { EntityKind } from "../../connectors/source/source.ts";
import type { Stage } from "../records/records.ts";

/** A column of the rule's result that names an entity. */
export interface RuleEntity {
  readonly column: string;
  readonly kind: EntityKind;
}

/**
 * A rule as a value: the parsed `rules/<name>/rule.yaml` and `rule.sql`, every default filled.
 * Its detections are the rows of `sql` over the whole history, each at the time in `timeColumn`.
 */
export interface Rule {
  /** `^[a-z][a-z0-9-]{0,63}$`, the folder's name. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly author: string;
  /** Name of an owner in owners.yaml: who is asked. */
  readonly owner: string;
  readonly stage: Stage;
  readonly sql: string;
  /** Result column holding the event time (TIMESTAMP, UTC). */
  readonly timeColumn: string;
  readonly entities: readonly RuleEntity[];
  /** How far back a row at time t may look. Zero for a plain filter. */
  readonly lookbackMs: number;
  /** How long after event time events may arrive; from the source unless the rule says more. */
  readonly allowedLatenessMs: number;
  readonly run:
    | {
        readonly mode: "batch";
        readonly cron: string;
        readonly zone: string;
        /** Why it does not stream: `first seen needs all history`; empty or absent when not said. */
        readonly reason?: string;
      }
    | { readonly mode: "stream"; readonly sliceMs: number };
  /**
   * Datasets that it only looks things up in: seen whole, whatever the window, and waited for by nobody. A dataset none
   * of whose rows has a time is one by itself.
   */
  readonly lookups?: readonly string[];
  /** ATT&CK technique ids. */
  readonly techniques: readonly string[];
  readonly severity: "low" | "medium" | "high" | "critical";
  /** P(true positive) the author expects at each alert, 0..1; null when not said. */
  readonly expectedPrecision: number | null;
  /** Alerts per week the author expects; null when not said. */
  readonly expectedAlertsPerWeek: number | null;
  /** Why the forecast is far from what the backtest shows; absent when not said. */
  readonly forecastReason?: string;
  /** Hunt (notebook name and cell id) that it came from; null when written by hand. */
  readonly from: { readonly notebook: string; readonly cell: number } | null;
  /** SHA-256 (first 16 hex) over what decides detections: sql, timeColumn, entities, lookbackMs. */
  readonly version: string;
}
