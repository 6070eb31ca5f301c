import { Hono } from "hono";
import * as v from "valibot";
import { decodeEntityValue } from "../../notebooks/entity/entity-path.ts";
import type { RequestState } from "../app.ts";
import type { EntityAsked } from "../entity/entity-desk.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const NOTE = v.object({
  kind: v.string(),
  value: v.string(),
  at: v.string(),
  until: v.optional(v.nullable(v.string()), null),
  note: v.string(),
});

const DEFAULT_EVENTS = 100;
const LONGEST_FIND = 200;

/**
 * GET /entities/:kind/:value -> EntityProfile, or EntityProfilePart a line with `Accept: application/x-ndjson`;
 * /neighbours -> EntityNeighbours; /events -> EntityEvents. GET, POST, DELETE /annotations. A value is one encoded segment.
 */
export function entityRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  const asked = (context: {
    req: {
      param(name: string): string | undefined;
      query(name: string): string | undefined;
      header(name: string): string | undefined;
      raw: Request;
    };
  }): EntityAsked => {
    const id = context.req.header("x-spoor-query-id");
    return {
      ...spoor.entities.entity(
        context.req.param("kind") ?? "",
        decodeEntityValue(context.req.param("value") ?? ""),
      ),
      range: spoor.entities.range(context.req.query("from"), context.req.query("until")),
      signal: context.req.raw.signal,
      ...(id === undefined ? {} : { id }),
    };
  };
  routes.get("/entities/:kind/:value", async (context) => {
    const request = asked(context);
    if (!context.req.header("accept")?.includes("application/x-ndjson"))
      return context.json(await spoor.entities.profile(request));
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, context.req.raw.signal]);
    const parts = spoor.entities.parts({ ...request, signal });
    const first = await parts.next();
    const line = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (!first.done) controller.enqueue(line(first.value));
      },
      pull: async (controller) => {
        try {
          const next = await parts.next();
          if (next.done) controller.close();
          else controller.enqueue(line(next.value));
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: () => abort.abort(),
    });
    return context.body(stream, 200, { "content-type": "application/x-ndjson" });
  });
  routes.get("/entities/:kind/:value/neighbours", async (context) =>
    context.json(await spoor.entities.neighbours(asked(context))),
  );
  routes.get("/entities/:kind/:value/events", async (context) =>
    context.json(
      await spoor.entities.events({
        ...asked(context),
        order: context.req.query("order") === "oldest" ? "oldest" : "newest",
        after: context.req.query("after") || null,
        limit: Number(context.req.query("limit") ?? DEFAULT_EVENTS) || DEFAULT_EVENTS,
        dataset: context.req.query("dataset") || null,
        find: (context.req.query("find") ?? "").slice(0, LONGEST_FIND),
      }),
    ),
  );
  routes.get("/annotations", (context) => {
    const { kind, value } = context.req.query();
    const entity = kind === undefined || value === undefined ? null : spoor.entities.entity(kind, value);
    return context.json(spoor.entities.annotations(entity, context.req.query("deleted") === "1"));
  });
  routes.post("/annotations", async (context) =>
    context.json(spoor.entities.annotate(await parseBody(context, NOTE), context.get("user"))),
  );
  routes.delete("/annotations/:id", (context) =>
    context.json(spoor.entities.takeBack(context.req.param("id"), context.get("user"))),
  );
  return routes;
}
