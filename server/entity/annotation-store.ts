import type { EntityKind } from "../../connectors/source/source.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import { canonicalEntity } from "../../notebooks/entity/entity-form.ts";
import type { Annotation } from "../../notebooks/entity/entity-profile.ts";
import type { Ledger, SqlRow } from "../ledger/ledger.ts";
import type { RecordedTable } from "../ledger/ledger-tables.ts";

/** A note to keep. Times are microseconds since the epoch. */
export interface NewAnnotation {
  readonly id: string;
  readonly kind: EntityKind;
  readonly value: string;
  readonly atUs: bigint;
  readonly untilUs: bigint | null;
  readonly note: string;
  readonly author: string;
  readonly recordedMs: number;
}

const TABLE = "annotation";
const SCHEMA = `create table if not exists annotation (
  id text primary key, kind text not null, canonical text not null, value text not null, at_us integer not null,
  until_us integer, note text not null, author text not null, recorded_ms integer not null, deleted_ms integer,
  deleted_by text
) strict`;
const INDEX = "create index if not exists annotation_by_entity on annotation (kind, canonical, at_us)";

/** Notes on entities in the ledger. A note that is taken back stays, with who did it and when. */
export class AnnotationStore {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    ledger.run(TABLE, SCHEMA);
    ledger.run(TABLE, INDEX);
  }

  put(annotation: NewAnnotation): void {
    this.#ledger.run(
      TABLE,
      "insert into annotation values (?, ?, ?, ?, ?, ?, ?, ?, ?, null, null)",
      annotation.id,
      annotation.kind,
      canonicalEntity(annotation.kind, annotation.value),
      annotation.value,
      annotation.atUs,
      annotation.untilUs,
      annotation.note,
      annotation.author,
      annotation.recordedMs,
    );
  }

  get(id: string): Annotation | undefined {
    const row = this.#ledger.get("select * from annotation where id = ?", id);
    return row && annotationOf(row);
  }

  /** Notes that stand, in order of their time; of one entity or of all, newest 10,000 at most. */
  list(
    entity: { readonly kind: EntityKind; readonly value: string } | null,
    withDeleted = false,
  ): Annotation[] {
    return this.#ledger
      .all(
        `select * from (select * from annotation
         where (?1 is null or (kind = ?1 and canonical = ?2)) and (?3 = 1 or deleted_ms is null)
         order by at_us desc limit 10000) order by at_us, id`,
        entity?.kind ?? null,
        entity === null ? null : canonicalEntity(entity.kind, entity.value),
        withDeleted ? 1 : 0,
      )
      .map(annotationOf);
  }

  /** False when there is no such note or it was taken back before. */
  delete(id: string, by: string, atMs: number): boolean {
    return (
      this.#ledger.run(
        TABLE,
        "update annotation set deleted_ms = ?, deleted_by = ? where id = ? and deleted_ms is null",
        atMs,
        by,
        id,
      ) > 0
    );
  }

  /** The notes as the dataset `annotations`, those taken back included. */
  table(): RecordedTable {
    const ledger = this.#ledger;
    return {
      name: "annotations",
      columns: [
        { name: "_time", type: "TIMESTAMP" },
        { name: "until", type: "TIMESTAMP" },
        { name: "kind", type: "VARCHAR" },
        { name: "value", type: "VARCHAR" },
        { name: "note", type: "VARCHAR" },
        { name: "author", type: "VARCHAR" },
        { name: "recorded", type: "TIMESTAMP" },
        { name: "deleted", type: "TIMESTAMP" },
        { name: "deleted_by", type: "VARCHAR" },
        { name: "id", type: "VARCHAR" },
      ],
      version: () => ledger.version(TABLE),
      count: () => Number(ledger.get("select count(*) as n from annotation")!.n),
      *rows() {
        for (const row of ledger.all("select * from annotation order by at_us, id")) {
          yield [
            row.at_us as bigint,
            row.until_us as bigint | null,
            String(row.kind),
            String(row.value),
            String(row.note),
            String(row.author),
            (row.recorded_ms as bigint) * 1000n,
            row.deleted_ms === null ? null : (row.deleted_ms as bigint) * 1000n,
            row.deleted_by as string | null,
            String(row.id),
          ];
        }
      },
    };
  }
}

function annotationOf(row: SqlRow): Annotation {
  const iso = (us: bigint) => formatInstant(us);
  return {
    id: String(row.id),
    kind: String(row.kind) as EntityKind,
    value: String(row.value),
    at: iso(row.at_us as bigint),
    until: row.until_us === null ? null : iso(row.until_us as bigint),
    note: String(row.note),
    author: String(row.author),
    recorded: iso((row.recorded_ms as bigint) * 1000n),
    deleted:
      row.deleted_ms === null
        ? null
        : { at: iso((row.deleted_ms as bigint) * 1000n), by: String(row.deleted_by) },
  };
}
