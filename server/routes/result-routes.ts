import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { RequestState } from "../app.ts";
import { RefusedError } from "../refused.ts";
import { queryBody } from "../result/cancelled-stream.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const SQL = v.pipe(v.string(), v.maxLength(1_000_000));
const COLUMN = v.pipe(v.string(), v.maxLength(10_000));
const TEXT = v.pipe(v.string(), v.maxLength(1_000_000));
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0));

const BODY = v.object({
  sql: SQL,
  parameters: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])), {}),
  useKept: v.optional(v.boolean(), true),
});
const FILTER = v.union([
  v.object({
    column: COLUMN,
    test: v.picklist(["in", "not in"]),
    values: v.pipe(v.array(v.nullable(TEXT)), v.maxLength(1000)),
  }),
  v.object({
    column: COLUMN,
    test: v.literal("between"),
    from: v.nullable(TEXT),
    until: v.nullable(TEXT),
  }),
  v.object({ column: COLUMN, test: v.picklist(["contains", "not contains"]), text: TEXT }),
]);
const FILTERS = v.optional(v.pipe(v.array(FILTER), v.maxLength(100)), []);
const SORT = v.optional(
  v.pipe(v.array(v.object({ column: COLUMN, descending: v.boolean() })), v.maxLength(20)),
  [],
);
const COLUMNS = v.pipe(v.array(COLUMN), v.minLength(1), v.maxLength(5000));
const WINDOW = v.object({
  offset: COUNT,
  limit: v.pipe(COUNT, v.maxValue(1_000_000)),
  sort: SORT,
  filters: FILTERS,
  columns: v.optional(COLUMNS),
});
const SUMMARY = v.object({ columns: COLUMNS, filters: FILTERS });
const EXPORT = v.object({
  format: v.picklist(["csv", "parquet", "arrow", "ndjson"]),
  sort: SORT,
  filters: FILTERS,
});
const CROSSFILTER = v.object({
  type: v.picklist(["arrow", "exec"]),
  sql: SQL,
  results: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(10_000))),
});

const ARROW = "application/vnd.apache.arrow.stream";
const CONTENT_TYPES = {
  arrow: ARROW,
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
} as const;

/** Results that stay on the server: opened by a cell, read by windows, summarised, exported and crossfiltered. */
export function resultRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  const { results } = spoor;
  const signalOf = (context: Context): AbortSignal => context.req.raw.signal;

  routes.post("/results", async (context) => {
    const body = await parseBody(context, BODY);
    const queryId = context.req.header("x-spoor-query-id");
    const { opened, stream } = await results.open(body, {
      signal: signalOf(context),
      ...(queryId === undefined ? {} : { queryId }),
    });
    return context.body(queryBody(context, stream), 200, {
      "content-type": ARROW,
      "x-spoor-result": encodeURIComponent(JSON.stringify(opened)),
    });
  });
  routes.post("/results/crossfilter", async (context) => {
    const { results: allowed, ...ask } = await parseBody(context, CROSSFILTER);
    const asked = allowed === undefined ? ask : { ...ask, results: allowed };
    const stream = await results.crossfilter(asked, signalOf(context));
    if (stream === null) return context.body(null, 204);
    return context.body(queryBody(context, stream), 200, { "content-type": ARROW });
  });
  routes.get("/results/:id", (context) => context.json(found(results.state(context.req.param("id")))));
  routes.delete("/results/:id", (context) =>
    context.json({ cancelled: results.cancel(context.req.param("id")) }),
  );
  routes.post("/results/:id/rows", async (context) => {
    const { columns, ...window } = await parseBody(context, WINDOW);
    const asked = columns === undefined ? window : { ...window, columns };
    const { rowCount, stream } = found(await results.rows(context.req.param("id"), asked, signalOf(context)));
    const body = queryBody(context, stream);
    return context.body(body, 200, { "content-type": ARROW, "x-spoor-row-count": String(rowCount) });
  });
  routes.post("/results/:id/summary", async (context) => {
    const body = await parseBody(context, SUMMARY);
    return context.json(found(await results.summary(context.req.param("id"), body, signalOf(context))));
  });
  routes.post("/results/:id/export", async (context) => {
    const body = await parseBody(context, EXPORT);
    const stream = found(await results.export(context.req.param("id"), body, signalOf(context)));
    return context.body(queryBody(context, stream), 200, { "content-type": CONTENT_TYPES[body.format] });
  });
  return routes;
}

function found<T>(value: T | null): T {
  if (value === null) throw new RefusedError(404, "The result is not kept any more. Run the cell again.");
  return value;
}
