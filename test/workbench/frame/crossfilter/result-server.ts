import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDuckDbEngine } from "../../../../notebooks/engine/duckdb-engine.ts";
import type { ResultOpened } from "../../../../notebooks/result/result.ts";
import { ResultStore } from "../../../../notebooks/result/result-store.ts";
import { serveGallery } from "../chart/gallery-page.ts";

/** Connections of a day, made by one query: times with a burst, spread bytes, few and many values, NULLs, hostile texts. */
export function connectionsSql(rowCount: number): string {
  return `SELECT TIMESTAMP '2026-11-16' + to_microseconds(CAST(CASE WHEN i % 50 = 0 THEN 50400000000 + (i * 7919) % 1200000000 ELSE (i * 86400000000.0 / ${rowCount}) END AS BIGINT)) AS _time,
    '10.1.' || (hash(i) % 4) || '.' || (hash(i, 1) % 200) AS id_orig_h,
    ['10.0.0.5', '10.0.0.10', '93.184.216.34', '8.8.8.8', '185.220.101.4'][1 + CAST(sqrt(hash(i, 2) % 25) AS INTEGER) % 5] AS id_resp_h,
    CAST([443, 53, 80, 445, 22, 3389][1 + CAST(sqrt(hash(i, 3) % 36) AS INTEGER) % 6] AS INTEGER) AS id_resp_p,
    CASE WHEN i % 1000 = 3 THEN '<img src=x onerror="document.title=1">' WHEN i % 3 = 0 THEN NULL ELSE ['dns', 'http', 'ssl'][1 + CAST(hash(i, 4) % 3 AS INTEGER)] END AS service,
    CAST(exp((hash(i, 5) % 1000) / 80.0) AS BIGINT) AS orig_bytes,
    CASE WHEN i % 7 = 0 THEN NULL ELSE (hash(i, 6) % 100000) / 250.0 END AS duration
  FROM range(${rowCount}) AS rows(i)`;
}

export interface ResultServer {
  readonly url: string;
  readonly opened: ResultOpened;
  readonly store: ResultStore;
  close(): Promise<void>;
}

/** A page that crossfilters one kept result of the real store. */
export async function startResultServer(rowCount: number): Promise<ResultServer> {
  const folder = mkdtempSync(join(tmpdir(), "spoor-crossfilter-"));
  mkdirSync(join(folder, "spill"));
  const engine = createDuckDbEngine({
    datasets: () => [],
    ledgerTables: [],
    temporaryDirectory: join(folder, "spill"),
    memoryLimit: "1GB",
    threads: 2,
    maximumConcurrent: 2,
    clock: () => Date.now(),
  });
  let ids = 0;
  const store = new ResultStore({
    engine,
    directory: folder,
    clock: () => Date.now(),
    newId: () => {
      ids += 1;
      return `r${ids}_${"x".repeat(16)}`;
    },
    memoryLimit: "2GB",
    threads: 2,
  });
  const { opened, stream } = await store.open({ sql: connectionsSql(rowCount) });
  await stream.cancel();
  for (;;) {
    const state = store.state(opened.id);
    if (state?.phase === "complete") break;
    if (state?.phase !== "running" && state?.phase !== "queued")
      throw new Error(`The result ended ${state?.phase}: ${state?.message}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { url, close } = await serveGallery(join(import.meta.dirname, "gallery.ts"), async (body) => {
    try {
      const ask = JSON.parse(body);
      if (ask.what === "state")
        return { status: 200, body: Buffer.from(JSON.stringify(store.state(ask.result))) };
      const answer = await store.crossfilter(ask.body);
      return {
        status: 200,
        body: answer === null ? new Uint8Array() : new Uint8Array(await new Response(answer).arrayBuffer()),
      };
    } catch (error) {
      return { status: 422, body: Buffer.from((error as Error).message) };
    }
  });
  return {
    url,
    opened,
    store,
    async close() {
      close();
      await store.close();
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
