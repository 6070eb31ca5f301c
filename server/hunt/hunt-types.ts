/** Shapes of the hunt endpoints. Types only. */
import type { NeedHealth } from "../../notebooks/hunt/data-health.ts";
import type { DataNeed, HuntRecord, PowerVariant } from "../../notebooks/hunt/hunt-record.ts";
import type { RunDiff } from "../../notebooks/run/diff-runs.ts";
import type { RunRecord } from "../../notebooks/run/run-record.ts";

/** One run of a hunt, as lists show it. */
export interface HuntRunSummary {
  readonly id: string;
  readonly hunt: string;
  readonly trigger: "hand" | "schedule" | "command";
  readonly by: string;
  /** ISO 8601 UTC. */
  readonly started: string;
  readonly elapsedMs: number;
  readonly state: "succeeded" | "failed";
  readonly error: string | null;
  /** Whether every SQL cell gave all of its rows. */
  readonly complete: boolean;
  /** Whether the answer differs from that of the last run; null for the first, and where it cannot be told. */
  readonly changed: boolean | null;
  readonly rowsAdded: number;
  readonly rowsRemoved: number;
  /** Turns of the schedule before this one that came while Spoor was not running. */
  readonly missed: number;
  readonly dataHash: string;
  /** Who has looked at a changed result; null while nobody has. */
  readonly seen: string | null;
}

/** GET /api/hunts/:name/runs/:id */
export interface HuntRunDetail extends HuntRunSummary {
  /** Null for a run that failed. */
  readonly record: RunRecord | null;
  /** To the last run before it; null for the first. */
  readonly diff: RunDiff | null;
  readonly comparedTo: string | null;
}

/** GET /api/hunts */
export interface HuntSummary {
  readonly name: string;
  readonly title: string;
  readonly hypothesis: string;
  readonly techniques: readonly string[];
  readonly state: HuntRecord["state"];
  readonly findings: number;
  /** Findings whose result was cut or broke off. */
  readonly incompleteFindings: number;
  readonly owner: string;
  readonly hours: number;
  readonly conclusion: string;
  readonly outcome: HuntRecord["outcome"];
  readonly origin: string;
  readonly power: Pick<PowerVariant, "injected" | "found" | "low" | "high"> | null;
  readonly schedule: (NonNullable<HuntRecord["schedule"]> & { readonly next: string | null }) | null;
  readonly lastRun: HuntRunSummary | null;
  /** The newest run whose answer changed and that nobody has looked at. */
  readonly unseenChange: HuntRunSummary | null;
  readonly health: NeedHealth["state"] | null;
  readonly needs: readonly NeedHealth[];
  readonly hasLock: boolean;
  /** False when the hunt record in the file cannot be read. */
  readonly readable: boolean;
  readonly modified: string;
}

/** What the headless run endpoint gives. */
export interface HeadlessRun {
  /** One self-contained HTML page. */
  readonly html: string;
  readonly cells: readonly { readonly id: number; readonly state: string; readonly message: string }[];
  readonly dataHash: string;
  readonly complete: boolean;
  readonly record: RunRecord;
  /** Text for the lock file; null unless a lock was asked for. */
  readonly lock: string | null;
  /** Against the lock; null without one. */
  readonly diff: RunDiff | null;
  /** Whether the run read exactly the locked data. */
  readonly pinned: boolean;
  /** Locked segments that the lake has no more, by dataset. */
  readonly missingSegments: Readonly<Record<string, readonly string[]>>;
}

/** GET /api/hunts/:name/lock */
export interface LockSummary {
  readonly at: string;
  readonly by: string;
  readonly engineVersion: string;
  readonly dataHash: string;
  readonly cells: number;
  readonly datasets: Readonly<Record<string, { readonly version: number; readonly rowCount: number }>>;
  readonly recorded: readonly string[];
  readonly missingSegments: Readonly<Record<string, readonly string[]>>;
}

/** POST /api/hunts/draw-event */
export interface DrawnEvent {
  /** One JSON object a line, its time and entities as placeholders. */
  readonly events: string;
  readonly columns: readonly string[];
}

export type { DataNeed, NeedHealth };
