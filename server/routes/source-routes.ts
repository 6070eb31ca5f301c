import { gunzipSync } from "node:zlib";
import { Hono } from "hono";
import * as v from "valibot";
import type { RequestState } from "../app.ts";
import { RefusedError } from "../refused.ts";
import { withUpload } from "../source/upload.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const PATHS = v.array(v.pipe(v.string(), v.minLength(1)));
const NAMED_PATHS = v.object({
  name: v.string(),
  paths: PATHS,
  owner: v.optional(v.string()),
  description: v.optional(v.string()),
  timeFields: v.optional(v.array(v.string())),
});

export function sourceRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  routes.get("/sources", async (context) => context.json(await spoor.sources.summaries()));
  routes.post("/sources", async (context) => {
    const body = await parseBody(context, NAMED_PATHS);
    const actor = context.get("user");
    return context.json(spoor.jobs.start("load", (job) => spoor.sources.load({ ...body, actor }, job)));
  });
  routes.post("/sources/discover", async (context) => {
    const { paths } = await parseBody(context, v.object({ paths: PATHS }));
    return context.json(await spoor.sources.discover(paths, context.req.raw.signal));
  });
  routes.post("/sources/preview", async (context) => {
    const signal = context.req.raw.signal;
    const file = context.req.query("file");
    if (file === undefined) {
      const { name, paths } = await parseBody(context, NAMED_PATHS);
      return context.json(await spoor.sources.preview(name, paths, signal));
    }
    const name = context.req.query("name") ?? "preview";
    return context.json(
      await withUpload(spoor.layout.scratch, file, bodyStream(context.req.raw), (path) =>
        spoor.sources.preview(name, [path], signal),
      ),
    );
  });
  routes.post("/sources/upload", async (context) => {
    const { name, file, owner, description } = context.req.query();
    if (name === undefined || file === undefined)
      throw new RefusedError(400, "An upload names its source and its file: ?name=&file=.");
    const timeFields = context.req.queries("timeField");
    const actor = context.get("user");
    const received = Promise.withResolvers<void>();
    const body = bodyStream(context.req.raw);
    const job = spoor.jobs.start("load", (run) =>
      withUpload(spoor.layout.scratch, file, body, (path) => {
        received.resolve();
        return spoor.sources.load({ name, paths: [path], actor, owner, description, timeFields }, run);
      }).catch((error: unknown) => {
        received.resolve();
        throw error;
      }),
    );
    await received.promise;
    return context.json(spoor.jobs.get(job.id));
  });
  routes.get("/sources/:name", async (context) =>
    context.json(await spoor.sources.detail(context.req.param("name"))),
  );
  routes.get("/sources/:name/quarantine", (context) => {
    const limit = Math.min(1000, Number(context.req.query("limit") ?? 200) || 200);
    return context.json(spoor.sources.quarantine(context.req.param("name"), limit));
  });
  routes.post("/sources/:name/events", async (context) => {
    const body = decoded(
      new Uint8Array(await context.req.arrayBuffer()),
      context.req.header("content-encoding"),
    );
    const key = context.req.header("idempotency-key");
    return context.json(await spoor.streams.append(context.req.param("name"), body, key));
  });
  return routes;
}

function bodyStream(request: Request): ReadableStream<Uint8Array> {
  if (request.body === null) throw new RefusedError(400, "The request has no body.");
  return request.body;
}

const LARGEST_DECODED_BYTES = 64 * 1024 * 1024;

/** A body as its sender meant it: plain or gzip, bounded. Throws RefusedError for what cannot be read. */
function decoded(body: Uint8Array, encoding: string | undefined): Uint8Array {
  if (encoding === undefined || encoding === "identity") return body;
  if (encoding !== "gzip")
    throw new RefusedError(400, `Content-Encoding ${encoding} is not read here: send gzip or none.`);
  try {
    return gunzipSync(body, { maxOutputLength: LARGEST_DECODED_BYTES });
  } catch (error) {
    throw new RefusedError(
      400,
      `The body is no gzip, or holds more than ${LARGEST_DECODED_BYTES} bytes: ${(error as Error).message}`,
    );
  }
}
