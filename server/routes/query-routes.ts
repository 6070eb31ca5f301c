import { Hono } from "hono";
import * as v from "valibot";
import { exportRows } from "../../notebooks/engine/export/export-rows.ts";
import { jsonRow } from "../../promote/records/detection-row.ts";
import type { QueryJson } from "../api/api.ts";
import type { RequestState } from "../app.ts";
import { queryBody } from "../result/cancelled-stream.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const QUERY = v.object({
  sql: v.pipe(v.string(), v.maxLength(1_000_000)),
  parameters: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])), {}),
  rowLimit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  format: v.optional(v.picklist(["arrow", "json", "ndjson", "csv", "parquet"]), "arrow"),
});

/** JSON answers are held in memory; `complete` says when more rows were there. The other formats stream. */
const LARGEST_JSON_ROWS = 200_000;

const CONTENT_TYPES = {
  arrow: "application/vnd.apache.arrow.stream",
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
} as const;

export function queryRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  routes.post("/query", async (context) => {
    const body = await parseBody(context, QUERY);
    const id = context.req.header("x-spoor-query-id");
    const request = {
      sql: body.sql,
      parameters: body.parameters,
      signal: context.req.raw.signal,
      ...(body.rowLimit === undefined ? {} : { rowLimit: body.rowLimit }),
      ...(id === undefined ? {} : { id }),
    };
    if (body.format === "json") {
      const rowLimit = Math.min(body.rowLimit ?? LARGEST_JSON_ROWS, LARGEST_JSON_ROWS);
      const result = await spoor.huntEngine.rows({ ...request, rowLimit });
      const answer: QueryJson = {
        columns: result.columns,
        rows: result.rows.map(jsonRow),
        complete: result.complete,
      };
      context.header(
        "x-spoor-datasets",
        encodeURIComponent(JSON.stringify(Object.fromEntries(result.datasetVersions))),
      );
      return context.json(answer);
    }
    if (body.format === "arrow") {
      const result = await spoor.huntEngine.arrow(request);
      return context.body(queryBody(context, result.stream), 200, {
        "content-type": CONTENT_TYPES.arrow,
        "x-spoor-datasets": encodeURIComponent(JSON.stringify(Object.fromEntries(result.datasetVersions))),
      });
    }
    const bytes = exportRows(spoor.huntEngine, request, body.format);
    const first = await bytes.next();
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (!first.done) controller.enqueue(first.value);
      },
      pull: async (controller) => {
        const next = await bytes.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => {
        await bytes.return(undefined);
      },
    });
    return context.body(queryBody(context, stream), 200, { "content-type": CONTENT_TYPES[body.format] });
  });
  routes.get("/queries", (context) => context.json(spoor.huntEngine.running()));
  routes.delete("/queries/:id", (context) =>
    context.json({ cancelled: spoor.huntEngine.cancel(context.req.param("id")) }),
  );
  routes.get("/jobs", (context) => context.json(spoor.jobs.running()));
  routes.get("/jobs/:id", (context) => {
    const job = spoor.jobs.get(context.req.param("id"));
    return job
      ? context.json(job)
      : context.json({ error: { message: "There is no such job.", issues: [] } }, 404);
  });
  routes.delete("/jobs/:id", (context) =>
    context.json({ cancelled: spoor.jobs.cancel(context.req.param("id")) }),
  );
  routes.get("/catalog", async (context) => context.json(await spoor.catalog()));
  return routes;
}
