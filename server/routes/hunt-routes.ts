import { Hono } from "hono";
import * as v from "valibot";
import { VARIANT_KINDS } from "../../notebooks/hunt/event-template.ts";
import { parseRun } from "../../notebooks/run/run-record.ts";
import type { RequestState } from "../app.ts";
import { notFound, RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const PARAMETERS = v.optional(
  v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])),
  {},
);
const NEED = v.object({
  dataset: v.string(),
  columns: v.optional(v.array(v.string()), () => []),
  why: v.optional(v.string(), ""),
});
const INTEGER = v.pipe(v.number(), v.integer());
const POWER = v.object({
  cell: INTEGER,
  sql: v.string(),
  parameters: PARAMETERS,
  templates: v.array(v.object({ dataset: v.string(), events: v.string() })),
  count: v.optional(INTEGER, 20),
  seed: v.optional(INTEGER, 1),
  variants: v.optional(
    v.array(
      v.object({
        kind: v.picklist(VARIANT_KINDS),
        dataset: v.string(),
        path: v.pipe(v.array(v.string()), v.minLength(1)),
      }),
    ),
    () => [],
  ),
  ordinary: v.optional(v.boolean(), true),
});
const RUN = v.object({
  html: v.string(),
  name: v.optional(v.string(), ""),
  parameters: PARAMETERS,
  mode: v.optional(v.picklist(["plain", "lock", "locked", "compare"]), "plain"),
  /** Text of the lock file that lies beside the notebook. */
  lock: v.optional(v.nullable(v.string()), null),
});

export function huntRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  const { hunts } = spoor;
  routes.get("/hunts", (context) => context.json(hunts.summaries()));
  routes.post("/hunts/health", async (context) => {
    const body = await parseBody(
      context,
      v.object({
        needs: v.array(NEED),
        from: v.optional(v.string(), ""),
        until: v.optional(v.string(), ""),
      }),
    );
    return context.json(hunts.health(body.needs, body));
  });
  routes.post("/hunts/needs", async (context) => {
    const { html } = await parseBody(context, v.object({ html: v.string() }));
    return context.json(await hunts.needsOf(html));
  });
  routes.post("/hunts/draw-event", async (context) => {
    const body = await parseBody(context, v.object({ dataset: v.string(), seed: v.optional(INTEGER, 1) }));
    return context.json(await hunts.drawEvent(body.dataset, body.seed, context.req.raw.signal));
  });
  routes.post("/hunts/power", async (context) => {
    const body = await parseBody(context, POWER);
    const by = context.get("user");
    return context.json(spoor.jobs.start("power", (job) => hunts.power({ ...body, by }, job)));
  });
  routes.post("/hunts/run", async (context) => {
    const body = await parseBody(context, RUN);
    const lock = body.lock === null ? null : parseRun(body.lock, `${body.name || "notebook"}.lock.json`);
    if (lock !== null && !lock.ok) throw new RefusedError(400, "The lock file cannot be read.", lock.issues);
    const request = { ...body, lock: lock?.value ?? null, by: context.get("user"), withPrograms: true };
    return context.json(await hunts.headless(request, { signal: context.req.raw.signal }));
  });
  routes.get("/hunts/:name/runs", (context) => context.json(hunts.runs.runs(context.req.param("name"), 100)));
  routes.get("/hunts/:name/runs/:id", (context) => {
    const run = hunts.runs.run(context.req.param("id"));
    if (!run || run.hunt !== context.req.param("name")) throw notFound("This run");
    return context.json(run);
  });
  routes.post("/hunts/:name/runs", async (context) => {
    const name = context.req.param("name");
    const { parameters } = await parseBody(context, v.object({ parameters: PARAMETERS }));
    if (!spoor.notebooks.read(name)) throw notFound(`Notebook ${name}`);
    const request = { trigger: "hand", by: context.get("user"), parameters, missed: 0 } as const;
    return context.json(
      spoor.jobs.start("hunt", ({ signal, report }) => hunts.run(name, request, signal, report)),
    );
  });
  routes.post("/hunts/:name/runs/:id/seen", (context) => {
    hunts.runs.markSeen(context.req.param("name"), context.req.param("id"), context.get("user"));
    return context.json({});
  });
  routes.get("/hunts/:name/lock", (context) => context.json(hunts.lockSummary(context.req.param("name"))));
  routes.post("/hunts/:name/lock", (context) => {
    const name = context.req.param("name");
    if (!spoor.notebooks.read(name)) throw notFound(`Notebook ${name}`);
    const by = context.get("user");
    return context.json(spoor.jobs.start("lock", (job) => hunts.lock(name, by, job)));
  });
  routes.post("/hunts/:name/locked-run", async (context) => {
    const name = context.req.param("name");
    const body = await parseBody(context, v.object({ mode: v.picklist(["locked", "compare"]) }));
    if (!spoor.notebooks.read(name)) throw notFound(`Notebook ${name}`);
    const by = context.get("user");
    return context.json(
      spoor.jobs.start("locked run", async (job) => {
        const { html: _html, ...run } = await hunts.runLocked(name, body.mode, by, job);
        return run;
      }),
    );
  });
  return routes;
}
