import { type Context, Hono } from "hono";
import { stream } from "hono/streaming";
import * as v from "valibot";
import type { RequestState } from "../app.ts";
import { RefusedError } from "../refused.ts";
import { DrawsDesk, type DrawsRequest } from "../risk/draws-desk.ts";
import { ImportDesk } from "../risk/import-desk.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const LARGEST_CSV_CHARACTERS = 16_000_000;
const MOST_DRAWS = 200_000;
const MOST_YEARS = 10_000_000;

const IMPORT = v.object({
  file: v.pipe(v.string(), v.minLength(1), v.maxLength(300)),
  text: v.pipe(v.string(), v.maxLength(LARGEST_CSV_CHARACTERS)),
  write: v.optional(v.boolean(), false),
  revision: v.optional(v.pipe(v.string(), v.maxLength(100))),
});
const INCIDENTS = v.object({ ...IMPORT.entries, since: v.optional(v.pipe(v.string(), v.maxLength(40))) });
const WHOLE = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const DRAWS = v.object({
  draws: v.optional(WHOLE(1, MOST_DRAWS), 10_000),
  seed: v.optional(WHOLE(0, Number.MAX_SAFE_INTEGER), 1),
  years: v.optional(WHOLE(0, MOST_YEARS), 0),
  format: v.optional(v.picklist(["parquet", "csv"]), "parquet"),
});
const CONTENT_TYPES = {
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
} as const;

/** Risk as files: scenarios and incidents from CSV, draws to Parquet and CSV. */
export function riskFileRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  const imports = new ImportDesk(spoor);
  const draws = new DrawsDesk(spoor);

  routes.post("/risk/import/riskquant", async (context) =>
    context.json(imports.riskquant(await parseBody(context, IMPORT), context.get("user"))),
  );
  routes.post("/risk/import/incidents", async (context) =>
    context.json(imports.incidents(await parseBody(context, INCIDENTS), context.get("user"))),
  );

  routes.post("/risk/draws", async (context) => {
    const body = await parseBody(context, DRAWS);
    // What is wrong with the model is told now, not by the job.
    spoor.risk.measuredModel();
    return context.json(spoor.jobs.start("risk-draws", (job) => draws.make(body, job)));
  });
  routes.get("/risk/draws", async (context) => {
    const table = context.req.query("table") ?? "draws";
    if (table !== "draws" && table !== "years")
      throw new RefusedError(400, `There is no table ${table}: ask for draws or years.`);
    const request = drawsOf(context, table);
    const bytes = await draws.stream(request, table, context.req.raw.signal);
    attach(context, `risk-${table}-seed-${request.seed}.${request.format}`, request.format);
    return stream(context, async (out) => {
      for await (const part of bytes) await out.write(part);
    });
  });
  routes.get("/risk/draws/:file", (context) => {
    const file = context.req.param("file");
    const { bytes, size } = draws.open(file);
    attach(context, file, file.endsWith(".csv") ? "csv" : "parquet");
    context.header("content-length", String(size));
    return context.body(bytes);
  });
  return routes;
}

function drawsOf(context: Context, table: "draws" | "years"): DrawsRequest {
  const { format, ...numbers } = context.req.query();
  const given = Object.fromEntries(
    (["draws", "seed", "years"] as const).flatMap((name) =>
      numbers[name] === undefined ? [] : [[name, numbers[name] === "" ? Number.NaN : Number(numbers[name])]],
    ),
  );
  const parsed = v.safeParse(DRAWS, { ...given, ...(format === undefined ? {} : { format }) });
  if (!parsed.success) {
    throw new RefusedError(
      400,
      `Give draws (1 to ${MOST_DRAWS}), seed and years (up to ${MOST_YEARS}) as whole numbers, and format parquet or csv.`,
    );
  }
  return table === "years" && parsed.output.years === 0
    ? { ...parsed.output, years: 100_000 }
    : parsed.output;
}

function attach(context: Context, name: string, format: "csv" | "parquet"): void {
  context.header("content-type", CONTENT_TYPES[format]);
  context.header("content-disposition", `attachment; filename="${name}"`);
  context.header("x-content-type-options", "nosniff");
}
