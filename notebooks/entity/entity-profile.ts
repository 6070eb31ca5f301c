/** What an entity's page shows, as JSON can carry it. Types only; times are ISO 8601 UTC text. */
import type { EntityKind } from "../../connectors/source/source.ts";

/** A JSON value of a row: bigint became decimal text. */
export type EntityCell =
  | string
  | number
  | boolean
  | null
  | readonly EntityCell[]
  | { readonly [key: string]: EntityCell };

/** What one dataset knows of the entity in the asked range. */
export interface EntityLane {
  readonly dataset: string;
  readonly source: string;
  readonly origin: "source" | "spoor";
  /** Paths of the fields that were asked; empty for Spoor's own datasets. */
  readonly fields: readonly { readonly path: string; readonly declared: boolean }[];
  readonly count: number;
  /** Hits without a readable time: counted, and nowhere on the line of time. */
  readonly untimedCount: number;
  readonly first: string | null;
  readonly last: string | null;
  /** `[index of the bucket, hits]`, only buckets with hits, oldest first. */
  readonly rate: readonly (readonly [number, number])[];
  /** Milliseconds since the epoch of each hit, when they are few; else null. */
  readonly timesMs: readonly number[] | null;
  readonly elapsedMs: number;
  /** Why this dataset could not be asked; null when it answered. */
  readonly failure: string | null;
}

/** What is known before any dataset answers. */
export interface EntityHead {
  readonly kind: EntityKind;
  readonly value: string;
  /** The range that the rates cover: what was asked for, else all the data of the asked datasets. */
  readonly from: string;
  readonly until: string;
  /** True when the range was asked for. */
  readonly bounded: boolean;
  readonly bucketMs: number;
  /** Datasets that have fields of this kind, in the order of the lanes. */
  readonly asked: readonly string[];
  readonly owner: EntityOwner | null;
  readonly detections: readonly EntityDetection[];
  readonly alerts: readonly EntityAlert[];
  readonly risk: EntityRisk;
  readonly annotations: readonly Annotation[];
}

/** GET /api/entities/:kind/:value?from=&until= */
export interface EntityProfile extends EntityHead {
  readonly lanes: readonly EntityLane[];
}

/** With `Accept: application/x-ndjson` the profile comes in parts, one a line, each dataset as it answers. */
export type EntityProfilePart =
  | { readonly part: "head"; readonly head: EntityHead }
  | { readonly part: "lane"; readonly lane: EntityLane }
  | { readonly part: "end" };

export interface EntityOwner {
  readonly owner: string;
  readonly title: string;
  readonly onCall: readonly string[];
  /** The system that names it, or why else this owner answers for it. */
  readonly because: string;
}

export interface EntityDetection {
  readonly id: string;
  readonly rule: string;
  readonly title: string;
  readonly stage: string;
  readonly time: string;
}

export interface EntityAlert {
  readonly id: string;
  readonly rule: string;
  readonly sentence: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly opened: string;
}

export interface EntityRisk {
  readonly openAlerts: number;
  readonly detections: number;
  /** Rules whose detections name it, the one with most first. */
  readonly rules: readonly {
    readonly rule: string;
    readonly title: string;
    readonly severity: string;
    readonly detections: number;
    readonly last: string;
  }[];
}

/** Another entity seen in the same events. */
export interface EntityNeighbour {
  readonly kind: EntityKind;
  readonly value: string;
  /** Events that name both. */
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  /** How many entities of the asked kind are seen with it in the same range, this one included; null where it cannot be counted. */
  readonly sharedBy: number | null;
  /** `sysmon DestinationIp`. */
  readonly fields: readonly string[];
}

/** GET /api/entities/:kind/:value/neighbours?from=&until= */
export interface EntityNeighbours {
  readonly neighbours: readonly EntityNeighbour[];
  /** Spellings of the entity itself in the data, with their events. */
  readonly spellings: readonly { readonly value: string; readonly count: number }[];
  /** False when a field had more values than were brought: its commonest and its rarest are here. */
  readonly complete: boolean;
  readonly failures: readonly { readonly dataset: string; readonly message: string }[];
}

export interface EntityEvent {
  readonly time: string;
  readonly dataset: string;
  readonly summary: string;
  /** Paths of the fields that name the entity. */
  readonly row: Readonly<Record<string, EntityCell>>;
  /** Where it was read: `file:line`; empty for Spoor's own. */
  readonly place: string;
}

/** GET /api/entities/:kind/:value/events?from=&until=&order=newest|oldest&after=&limit=&dataset=&find= */
export interface EntityEvents {
  readonly events: readonly EntityEvent[];
  /** Give it as `after` for the next page; null at the end. */
  readonly next: string | null;
  readonly failures: readonly { readonly dataset: string; readonly message: string }[];
}

/** A note as a person writes it. */
export interface NewAnnotation {
  readonly kind: string;
  readonly value: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Where it ends when it stands for a range. */
  readonly until: string | null;
  readonly note: string;
}

/** A person's note on an entity at an instant, or over a range. */
export interface Annotation {
  readonly id: string;
  readonly kind: EntityKind;
  readonly value: string;
  readonly at: string;
  /** Null for an instant. */
  readonly until: string | null;
  readonly note: string;
  readonly author: string;
  readonly recorded: string;
  /** When it was taken back and by whom; null while it stands. */
  readonly deleted: { readonly at: string; readonly by: string } | null;
}
