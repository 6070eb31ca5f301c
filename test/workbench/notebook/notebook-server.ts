import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { serve } from "@hono/node-server";
import { build } from "esbuild";
import { Hono } from "hono";
import type { Dataset } from "../../../connectors/dataset/dataset.ts";
import { SYSTEM_COLUMNS } from "../../../connectors/dataset/dataset.ts";
import { createDuckDbEngine } from "../../../notebooks/engine/duckdb-engine.ts";
import { QueryError } from "../../../notebooks/engine/engine.ts";
import { ResultStore } from "../../../notebooks/result/result-store.ts";
import { jsonRow } from "../../../promote/records/detection-row.ts";
import type { RequestState } from "../../../server/app.ts";
import { apiError } from "../../../server/jobs/jobs.ts";
import { NotebookFiles, StaleRevisionError } from "../../../server/notebook/notebook-files.ts";
import { RefusedError } from "../../../server/refused.ts";
import { notebookRoutes } from "../../../server/routes/notebook-routes.ts";
import { resultRoutes } from "../../../server/routes/result-routes.ts";
import type { Spoor } from "../../../server/spoor.ts";
import { bundleFrame } from "../../../workbench/frame/bundle-frame.ts";

const FRAME_PAGE =
  '<!doctype html><meta name="color-scheme" content="light dark"><body><script src="/assets/frame.js"></script>';
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="stylesheet" href="/assets/app.css">
<body><main style="max-width:1624px;margin-left:176px"><spoor-notebook-page name="hunt"></spoor-notebook-page></main>
<script type="module" src="/assets/app.js"></script>`;

export interface NotebookServer {
  readonly origin: string;
  readonly notebooks: NotebookFiles;
  /** Bodies of the rules that were posted. */
  readonly rules: unknown[];
  close(): Promise<void>;
}

/**
 * Serves the notebook page over a real engine with one dataset, `process_creation`: a million rows with a numeric
 * column, NULLs, empty texts and hostile texts.
 */
export async function startNotebookServer(): Promise<NotebookServer> {
  const folder = mkdtempSync(join(tmpdir(), "spoor-notebook-"));
  const dataset = await makeDataset(folder);
  mkdirSync(join(folder, "spill"));
  const engine = createDuckDbEngine({
    datasets: () => [dataset],
    ledgerTables: [],
    temporaryDirectory: join(folder, "spill"),
    memoryLimit: "1GB",
    threads: 2,
    maximumConcurrent: 4,
    clock: () => Date.now(),
  });
  const rules: unknown[] = [];
  const [frame, app] = await Promise.all([bundleFrame({ minify: false }), bundlePage()]);
  const server = new Hono();
  server.get("/assets/frame.js", (context) =>
    context.body(frame, 200, { "content-type": "text/javascript" }),
  );
  server.get("/assets/app.js", (context) =>
    context.body(app.script, 200, { "content-type": "text/javascript" }),
  );
  server.get("/assets/app.css", (context) => context.body(app.style, 200, { "content-type": "text/css" }));
  server.get("/frame/", (context) => {
    const { origin } = new URL(context.req.url);
    return context.html(FRAME_PAGE, 200, {
      "content-security-policy": `sandbox allow-scripts; default-src 'none'; script-src ${origin}/assets/frame.js 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'none'; frame-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors ${origin}`,
    });
  });
  server.get("/api/session", (context) =>
    context.json({ user: "ada", workspace: folder, version: "test", engineVersion: "test" }),
  );
  server.get("/api/catalog", (context) =>
    context.json([
      {
        name: dataset.name,
        source: dataset.source,
        origin: "source",
        rowCount: 1_000_000,
        columns: [...SYSTEM_COLUMNS, ...dataset.columns].map(({ name, type }) => ({
          name,
          type,
          entity: name === "Computer" ? "host" : null,
        })),
      },
    ]),
  );
  const files = new NotebookFiles(join(folder, "notebooks"), join(folder, "history"), () => Date.now());
  const results = new ResultStore({
    engine,
    directory: folder,
    clock: () => Date.now(),
    newId: () => `result_${crypto.randomUUID().replaceAll("-", "")}`,
    memoryLimit: "1GB",
    threads: 2,
  });
  const workspace = {
    notebooks: files,
    results,
    engine,
    clock: () => Date.now(),
    record: () => undefined,
  } as unknown as Spoor;
  const api = new Hono<RequestState>();
  api.use((context, next) => {
    context.set("user", "ada");
    return next();
  });
  api.route("/", notebookRoutes(workspace));
  api.route("/", resultRoutes(workspace));
  api.onError((error, context) => {
    if (error instanceof StaleRevisionError) return context.json({ error: apiError(error) }, 409);
    if (error instanceof RefusedError) return context.json({ error: apiError(error) }, error.status);
    if (error instanceof QueryError) return context.json({ error: apiError(error) }, 422);
    throw error;
  });
  server.post("/api/rules", async (context) => {
    rules.push(await context.req.json());
    return context.json({});
  });
  server.post("/api/query", async (context) => {
    const { sql, parameters, rowLimit, format } = await context.req.json();
    const id = context.req.header("x-spoor-query-id");
    const request = {
      sql,
      parameters,
      rowLimit,
      signal: context.req.raw.signal,
      ...(id === undefined ? {} : { id }),
    };
    try {
      if (format === "json") {
        const result = await engine.rows(request);
        return context.json({
          columns: result.columns,
          rows: result.rows.map(jsonRow),
          complete: result.complete,
        });
      }
      const result = await engine.arrow(request);
      return context.body(result.stream, 200, {
        "x-spoor-datasets": encodeURIComponent(JSON.stringify(Object.fromEntries(result.datasetVersions))),
      });
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      return context.json(
        { error: { message: error.message, issues: error.issues, offset: error.offset } },
        422,
      );
    }
  });
  server.route("/api", api);
  server.get("/api/queries", (context) => context.json(engine.running()));
  server.delete("/api/queries/:id", (context) =>
    context.json({ cancelled: engine.cancel(context.req.param("id")) }),
  );
  server.get("*", (context) =>
    context.html(PAGE, 200, {
      "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-src ${new URL(context.req.url).origin}/frame/; base-uri 'none'`,
    }),
  );
  const { promise, resolve } = Promise.withResolvers<number>();
  const listener = serve({ fetch: server.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
    resolve(port),
  );
  const port = await promise;
  return {
    origin: `http://127.0.0.1:${port}`,
    notebooks: files,
    rules,
    close: async () => {
      if ("closeAllConnections" in listener) listener.closeAllConnections();
      await new Promise((done) => listener.close(done));
      await results.close();
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function bundlePage(): Promise<{ script: string; style: string }> {
  const room = join(import.meta.dirname, "../../../workbench");
  const result = await build({
    entryPoints: [
      { in: join(room, "notebook/notebook-page.ts"), out: "app" },
      { in: join(room, "style/app.css"), out: "app" },
    ],
    outdir: "out",
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "silent",
  });
  const text = (end: string) => result.outputFiles.find(({ path }) => path.endsWith(end))!.text;
  return { script: text(".js"), style: text(".css") };
}

/** The dataset: deterministic, one Parquet file. */
export async function makeDataset(folder: string, rowCount = 1_000_000): Promise<Dataset> {
  const path = join(folder, "process_creation.parquet");
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT TIMESTAMP '2026-11-16 00:00:00' + to_microseconds(i * 604800 + 17) AS _time,
      TIMESTAMP '2026-11-24 00:00:00' AS _ingested, 'a.ndjson' AS _file, CAST(i + 1 AS BIGINT) AS _line,
      'host-' || (i % 37) AS Computer,
      CASE WHEN i % 11 = 0 THEN NULL WHEN i % 13 = 0 THEN '' ELSE 'user' || (i % 101) END AS "User",
      ['C:\\Windows\\System32\\cmd.exe', 'C:\\Windows\\System32\\svchost.exe', 'C:\\Program Files\\App\\app.exe', '/usr/bin/python3'][1 + i % 4] AS Image,
      CASE WHEN i % 250000 = 7 THEN '<img src=x onerror="window.hacked=1;parent.postMessage(''hacked'',''*'')">' ELSE 'cmd.exe /c echo ' || i END AS CommandLine,
      CAST(i * 7919 % 65536 AS INTEGER) AS ProcessId,
      9007199254740993 + i AS RecordNumber
    FROM range(${rowCount}) AS rows(i)
  ) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  const columns = [
    ["Computer", "VARCHAR"],
    ["User", "VARCHAR"],
    ["Image", "VARCHAR"],
    ["CommandLine", "VARCHAR"],
    ["ProcessId", "INTEGER"],
    ["RecordNumber", "BIGINT"],
  ].map(([name, type]) => ({ name: name!, key: name!, type: type! }));
  return {
    name: "process_creation",
    source: "process_creation",
    columns,
    version: 3,
    segments: [
      {
        id: "a",
        dataset: "process_creation",
        path,
        rowCount,
        byteCount: statSync(path).size,
        minTimeUs: 0n,
        maxTimeUs: 1n,
        ingestedUs: 0n,
        inputHashes: ["a"],
        columns,
      },
    ],
  };
}
