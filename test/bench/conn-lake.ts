import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance, version } from "@duckdb/node-api";
import type { Dataset, Segment } from "../../connectors/dataset/dataset.ts";
import { createDuckDbEngine, type DuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";

/** One measured thing; `ratio` compares it with the baseline of the same run. */
export interface BenchRow {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  readonly ratio: number | null;
}

const CONN = `SELECT TIMESTAMP '2026-01-01' + to_milliseconds(i * 60) AS _time, TIMESTAMP '2026-01-01' AS _ingested,
  'conn.log' AS _file, i AS _line,
  'C' || substr(md5(i::VARCHAR), 1, 17) AS uid, '10.0.' || (i % 250) || '.' || (hash(i) % 250) AS id_orig_h,
  (32768 + hash(i, 1) % 28000)::BIGINT AS id_orig_p, '192.168.' || (i % 7) || '.' || (i % 90) AS id_resp_h,
  [53, 80, 443, 445, 3389][1 + (hash(i, 2) % 5)::INTEGER]::BIGINT AS id_resp_p,
  ['tcp', 'udp'][1 + (i % 2)] AS proto, CASE WHEN hash(i, 3) % 3 > 0 THEN ['dns', 'http', 'ssl'][1 + (i % 3)] END AS service,
  CASE WHEN hash(i, 4) % 4 > 0 THEN (hash(i, 5) % 100000) / 1000.0 END::DOUBLE AS duration,
  (hash(i, 6) % 90000)::BIGINT AS orig_bytes, (hash(i, 7) % 900000)::BIGINT AS resp_bytes, 'SF' AS conn_state`;

const CACHE = join(import.meta.dirname, "../../.cache/bench");

/** Conn-like rows as `count` Parquet segments of a dataset, made once and kept in `.cache/bench`. */
export async function connSegments(name: string, rowCount: number, count: number): Promise<Dataset> {
  const made = createHash("sha256").update(`${version()}\n${CONN}`).digest("hex").slice(0, 8);
  const folder = join(CACHE, `conn-${rowCount}-${count}-${made}`);
  const rows = Math.ceil(rowCount / count);
  const pathOf = (place: string, at: number) => join(place, `${at}.parquet`);
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "2GB" });
  const connection = await instance.connect();
  if (!existsSync(folder)) {
    const part = `${folder}.${randomUUID()}.part`;
    mkdirSync(part, { recursive: true });
    for (let at = 0; at < count; at += 1) {
      await connection.run(
        `COPY (${CONN} FROM range(${at * rows}, ${(at + 1) * rows}) r(i)) TO '${pathOf(part, at)}' (FORMAT parquet)`,
      );
    }
    renameSync(part, folder);
  }
  const described = await connection.runAndReadAll(`DESCRIBE ${CONN} FROM range(1) r(i)`);
  connection.closeSync();
  instance.closeSync();
  const columns = described
    .getRows()
    .slice(4)
    .map((row) => ({ name: String(row[0]), key: String(row[0]), type: String(row[1]) }));
  const segments = Array.from(
    { length: count },
    (_, at): Segment => ({
      id: `${name}-${at}`,
      dataset: name,
      path: pathOf(folder, at),
      rowCount: rows,
      byteCount: 0,
      minTimeUs: null,
      maxTimeUs: null,
      ingestedUs: 0n,
      inputHashes: [],
      columns,
    }),
  );
  return { name, source: name, columns, segments, version: 1 };
}

/** An engine over them: 2 GB, two threads. */
export function engineOver(folder: string, datasets: readonly Dataset[]): DuckDbEngine {
  return createDuckDbEngine({
    datasets: () => datasets,
    ledgerTables: [],
    temporaryDirectory: join(folder, "spill"),
    memoryLimit: "2GB",
    threads: 2,
    maximumConcurrent: 4,
    clock: () => performance.now(),
  });
}
