import { join, relative } from "node:path";
import type {
  Column,
  Dataset,
  DatasetCommit,
  DatasetRegistry,
  LoadedInput,
  QuarantinedRow,
  Segment,
} from "../../connectors/dataset/dataset.ts";
import type { Ledger, SqlRow } from "./ledger.ts";

/** Datasets, segments, inputs and quarantine in the ledger. Segment paths are kept relative to `root`. */
export class LedgerDatasetRegistry implements DatasetRegistry {
  readonly #ledger: Ledger;
  readonly #root: string;
  readonly #datasets = new Map<string, Dataset>();
  #revision = 0;

  constructor(ledger: Ledger, root: string) {
    this.#ledger = ledger;
    this.#root = root;
    for (const row of ledger.all("select * from dataset order by name")) {
      const name = String(row.name);
      this.#datasets.set(name, {
        name,
        source: String(row.source),
        columns: JSON.parse(String(row.columns)) as Column[],
        segments: ledger
          .all("select * from segment where dataset = ? order by position, id", name)
          .map((segment) => this.#segment(segment)),
        version: Number(row.version),
      });
    }
  }

  /** Grows with every commit that touches a dataset. */
  get revision(): number {
    return this.#revision;
  }

  list(): readonly Dataset[] {
    return [...this.#datasets.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  get(name: string): Dataset | undefined {
    return this.#datasets.get(name);
  }

  hasInput(source: string, inputHash: string): boolean {
    return (
      this.#ledger.get(
        "select 1 as found from input where source = ? and input_hash = ?",
        source,
        inputHash,
      ) !== undefined
    );
  }

  spoolPosition(source: string): { readonly byteOffset: number; readonly file: string } | undefined {
    const row = this.#ledger.get("select file, byte_offset from spool_position where source = ?", source);
    return row && { file: String(row.file), byteOffset: Number(row.byte_offset) };
  }

  /** Inputs of one source, newest first. */
  inputs(source: string, limit = 1000): LoadedInput[] {
    return this.#ledger
      .all("select * from input where source = ? order by loaded_us desc, file limit ?", source, limit)
      .map((row) => ({
        source,
        inputHash: String(row.input_hash),
        file: String(row.file),
        format: String(row.format),
        readCount: Number(row.read_count),
        goodCount: Number(row.good_count),
        quarantinedCount: Number(row.quarantined_count),
        loadedUs: BigInt(row.loaded_us as bigint),
      }));
  }

  quarantined(source: string, limit: number): QuarantinedRow[] {
    return this.#ledger
      .all("select * from quarantine where source = ? order by rowid limit ?", source, limit)
      .map((row) => ({
        source,
        file: String(row.file),
        line: Number(row.line),
        code: String(row.code),
        reason: String(row.reason),
        text: String(row.text),
        ingestedUs: BigInt(row.ingested_us as bigint),
      }));
  }

  quarantinedCount(source: string): number {
    return Number(this.#ledger.get("select count(*) as n from quarantine where source = ?", source)!.n);
  }

  commit(change: DatasetCommit): void {
    const touched = new Map<string, Dataset>();
    this.#ledger.transaction(() => {
      const ledger = this.#ledger;
      const names = new Set<string>(change.columns.keys());
      let fresh = 0;
      const arrived = new Map<string, { fromUs: bigint; untilUs: bigint }>();
      for (const id of change.segmentIdsRemoved) {
        const row = ledger.get("select dataset from segment where id = ?", id);
        if (!row) continue;
        names.add(String(row.dataset));
        ledger.run("segment", "delete from segment where id = ?", id);
      }
      for (const segment of change.segmentsAdded) {
        names.add(segment.dataset);
        const added = ledger.run(
          "segment",
          `insert into segment (id, dataset, source, path, row_count, byte_count, min_time_us, max_time_us, ingested_us,
             input_hashes, columns, position)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (select coalesce(max(position), 0) + 1 from segment where dataset = ?))
           on conflict (id) do nothing`,
          segment.id,
          segment.dataset,
          change.source,
          relative(this.#root, segment.path),
          segment.rowCount,
          segment.byteCount,
          segment.minTimeUs,
          segment.maxTimeUs,
          segment.ingestedUs,
          JSON.stringify(segment.inputHashes),
          JSON.stringify(segment.columns),
          segment.dataset,
        );
        fresh += added;
        if (added === 0) continue;
        const span = arrived.get(segment.dataset);
        const fromUs = change.ingestedFromUs ?? segment.ingestedUs;
        arrived.set(segment.dataset, {
          fromUs: span !== undefined && span.fromUs < fromUs ? span.fromUs : fromUs,
          untilUs:
            span !== undefined && span.untilUs > segment.ingestedUs ? span.untilUs : segment.ingestedUs,
        });
      }
      const onlyRewrites =
        change.segmentIdsRemoved.length > 0 && change.inputs.length === 0 && !change.spoolPosition;
      for (const [name, { fromUs, untilUs }] of onlyRewrites ? [] : arrived) {
        ledger.run(
          "arrival",
          `insert into arrival values (?1, (select coalesce(max(number), 0) + 1 from arrival where dataset = ?1), ?2, ?3)`,
          name,
          fromUs,
          untilUs,
        );
      }
      for (const input of change.inputs) {
        fresh += ledger.run(
          "input",
          "insert into input values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (source, input_hash) do nothing",
          input.source,
          input.inputHash,
          input.file,
          input.format,
          input.readCount,
          input.goodCount,
          input.quarantinedCount,
          input.loadedUs,
        );
      }
      if (change.spoolPosition) {
        fresh += ledger.run(
          "spool_position",
          `insert into spool_position values (?, ?, ?)
           on conflict (source) do update set file = excluded.file, byte_offset = excluded.byte_offset
           where file <> excluded.file or byte_offset <> excluded.byte_offset`,
          change.spoolPosition.source,
          change.spoolPosition.file,
          change.spoolPosition.byteOffset,
        );
      }
      // A repeated commit adds nothing: rejects go with the inputs or the spool position they were read from.
      for (const row of fresh > 0 ? change.quarantined : []) {
        ledger.run(
          "quarantine",
          "insert into quarantine values (?, ?, ?, ?, ?, ?, ?)",
          row.source,
          row.file,
          row.line,
          row.code,
          row.reason,
          row.text,
          row.ingestedUs,
        );
      }
      for (const name of names) {
        const before = this.#datasets.get(name);
        const segments = ledger
          .all("select * from segment where dataset = ? order by position, id", name)
          .map((row) => this.#segment(row));
        const columns = change.columns.get(name) ?? before?.columns ?? [];
        const unchanged =
          before !== undefined &&
          JSON.stringify(before.columns) === JSON.stringify(columns) &&
          before.segments.map((segment) => segment.id).join() ===
            segments.map((segment) => segment.id).join();
        if (unchanged) continue;
        const dataset: Dataset = {
          name,
          source: before?.source ?? change.source,
          columns,
          segments,
          version: (before?.version ?? 0) + 1,
        };
        ledger.run(
          "dataset",
          `insert into dataset values (?, ?, ?, ?)
           on conflict (name) do update set columns = excluded.columns, version = excluded.version`,
          name,
          dataset.source,
          JSON.stringify(columns),
          dataset.version,
        );
        touched.set(name, dataset);
      }
    });
    for (const [name, dataset] of touched) this.#datasets.set(name, dataset);
    if (touched.size > 0) this.#revision += 1;
  }

  #segment(row: SqlRow): Segment {
    return {
      id: String(row.id),
      dataset: String(row.dataset),
      path: join(this.#root, String(row.path)),
      rowCount: Number(row.row_count),
      byteCount: Number(row.byte_count),
      minTimeUs: row.min_time_us === null ? null : BigInt(row.min_time_us as bigint),
      maxTimeUs: row.max_time_us === null ? null : BigInt(row.max_time_us as bigint),
      ingestedUs: BigInt(row.ingested_us as bigint),
      inputHashes: JSON.parse(String(row.input_hashes)) as string[],
      columns: JSON.parse(String(row.columns)) as Column[],
    };
  }
}
