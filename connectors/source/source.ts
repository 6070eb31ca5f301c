/** What a person declares about a source. Browser-safe: types and names only. */

/** The kinds of entity that Spoor can pivot on. */
export const ENTITY_KINDS = ["user", "host", "ip", "process", "hash", "domain", "url", "file"] as const;
export type EntityKind = (typeof ENTITY_KINDS)[number];

/** What happens when an input has a field or a type that the source has not seen. */
export type SchemaMode = "observe" | "evolve" | "enforce";

/** Where an entity is found: a column path (`event_data.User`) and its kind. */
export interface EntityField {
  readonly kind: EntityKind;
  readonly field: string;
}

/** Event time: the first of `fields` (column paths) that can be read gives `_time`. */
export interface TimeField {
  readonly fields: readonly string[];
  /** `iso` (with or without offset), `epoch-s`, `epoch-ms`, `epoch-us`; `auto` tries what the data shows. */
  readonly format: "auto" | "iso" | "epoch-s" | "epoch-ms" | "epoch-us";
  /** IANA zone for texts without an offset. */
  readonly zone: string;
}

/** What a source costs. Dollars are US dollars. */
export interface SourceCost {
  readonly gigabytesPerDay: number | null;
  readonly ingestUsdPerGigabyte: number;
  readonly storageUsdPerGigabyteMonth: number;
  readonly retentionDays: number;
  readonly agentCount: number;
  readonly agentUsdPerYear: number;
  readonly engineerHoursPerYear: number;
}

/** What of a source is a log source of Sigma: product, category and service, of which at least one is given. */
export interface SourceLogSource {
  readonly product?: string;
  readonly category?: string;
  readonly service?: string;
  /** The dataset that holds it; absent means the source's own. */
  readonly dataset?: string;
  /** What its events have: any of the values in every field. Empty when all events are of it. */
  readonly where: readonly {
    readonly field: string;
    readonly values: readonly (string | number | boolean)[];
  }[];
  /** Column path by the name that rules use, where they differ. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What a person declares about one source: the parsed `sources/<name>/source.yaml`, every default filled. */
export interface SourceDefinition {
  /** `^[a-z][a-z0-9_]{0,47}$`; also the name of its first dataset. */
  readonly name: string;
  readonly description: string;
  /** Name of an owner in owners.yaml; empty when nobody is named yet. */
  readonly owner: string;
  readonly schemaMode: SchemaMode;
  readonly time: TimeField;
  readonly entities: readonly EntityField[];
  readonly cost: SourceCost;
  /** Log sources of Sigma that it holds, where its columns do not show it; absent when none is declared. */
  readonly logsources?: readonly SourceLogSource[];
  /** The list of hosts that should send: a column of a dataset, one host a row; null or absent when nobody keeps one. */
  readonly inventory?: { readonly dataset: string; readonly column: string } | null;
  readonly stream: {
    /** How long after its event time an event may arrive and still be in time. */
    readonly allowedLatenessMs: number;
  };
  readonly health: {
    /** Sick when no event came for this long; null switches the check off. */
    readonly maximumSilenceMs: number | null;
    /** Sick when more than this share of a load is quarantined. */
    readonly maximumQuarantinedShare: number;
  };
}
