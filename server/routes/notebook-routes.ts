import { Hono } from "hono";
import * as v from "valibot";
import { CELL_MODES } from "../../notebooks/document/notebook.ts";
import { parseNotebook } from "../../notebooks/document/notebook-html.ts";
import { transpileCells } from "../../notebooks/document/transpile-cells.ts";
import { huntOf } from "../../notebooks/hunt/hunt-record.ts";
import { runNotebook } from "../../notebooks/run/run-notebook.ts";
import type { NotebookPulse, NotebookSummary } from "../api/api.ts";
import type { RequestState } from "../app.ts";
import { frameScript } from "../bundle.ts";
import { NOTEBOOK_NAME } from "../notebook/notebook-files.ts";
import { NotebookPresence } from "../notebook/notebook-presence.ts";
import { notFound, RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const PARAMETERS = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()]));
const CELLS = v.object({
  cells: v.array(
    v.object({
      id: v.pipe(v.number(), v.integer()),
      mode: v.picklist(CELL_MODES),
      value: v.string(),
      hidden: v.optional(v.boolean(), false),
      output: v.optional(v.nullable(v.string()), null),
      database: v.optional(v.nullable(v.string()), null),
    }),
  ),
});

const RESTORE = v.object({ revision: v.string(), baseRevision: v.nullable(v.string()) });
const PRESENCE = v.object({
  client: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  cell: v.nullable(v.pipe(v.number(), v.integer())),
  hidden: v.boolean(),
});

export function notebookRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  const presence = new NotebookPresence(spoor.clock);
  routes.get("/notebooks", (context) => context.json(notebookSummaries(spoor)));
  routes.post("/notebooks/transpile", async (context) =>
    context.json(transpileCells((await parseBody(context, CELLS)).cells)),
  );
  routes.post("/notebooks/run", async (context) => {
    const body = await parseBody(
      context,
      v.object({ html: v.string(), parameters: v.optional(PARAMETERS, {}) }),
    );
    const run = await runNotebook({
      html: body.html,
      parameters: body.parameters,
      engine: spoor.huntEngine,
      engineVersion: spoor.engineVersion,
      clock: spoor.clock,
      frameScript: await frameScript(),
      signal: context.req.raw.signal,
    });
    return context.json(run);
  });
  routes.get("/notebooks/:name", (context) => {
    const file = spoor.notebooks.read(context.req.param("name"));
    if (!file) throw notFound(`Notebook ${context.req.param("name")}`);
    return context.json(file);
  });
  routes.put("/notebooks/:name", async (context) => {
    const name = context.req.param("name");
    if (!NOTEBOOK_NAME.test(name)) {
      throw new RefusedError(
        400,
        `"${name}" is no notebook name: use lower case letters, digits and dashes.`,
      );
    }
    const body = await parseBody(
      context,
      v.object({ html: v.string(), baseRevision: v.optional(v.nullable(v.string()), null) }),
    );
    const notebook = parseNotebook(body.html);
    const isNew = spoor.notebooks.read(name) === undefined;
    const file = spoor.notebooks.write(name, body.html, body.baseRevision, context.get("user"));
    if (isNew) spoor.record(context.get("user"), "made notebook", `notebook:${name}`, notebook.title);
    return context.json(file);
  });
  routes.get("/notebooks/:name/history", (context) => {
    const name = context.req.param("name");
    if (!spoor.notebooks.read(name)) throw notFound(`Notebook ${name}`);
    return context.json(spoor.notebooks.history(name));
  });
  routes.get("/notebooks/:name/history/:revision", (context) => {
    const { name, revision } = context.req.param();
    const file = spoor.notebooks.version(name, revision);
    if (!file) throw notFound(`Version ${revision} of notebook ${name}`);
    return context.json(file);
  });
  routes.post("/notebooks/:name/restore", async (context) => {
    const name = context.req.param("name");
    const { revision, baseRevision } = await parseBody(context, RESTORE);
    const file = spoor.notebooks.restore(name, revision, baseRevision, context.get("user"));
    if (!file) throw notFound(`Version ${revision} of notebook ${name}`);
    spoor.record(context.get("user"), "restored notebook", `notebook:${name}`, `version ${revision}`);
    return context.json(file);
  });
  routes.post("/notebooks/:name/presence", async (context) => {
    const name = context.req.param("name");
    const { client, ...place } = await parseBody(context, PRESENCE);
    const newest = spoor.notebooks.newest(name);
    if (newest) presence.note(name, client, context.get("user"), place);
    return context.json({
      revision: newest?.revision ?? null,
      by: newest?.by ?? null,
      at: newest?.at ?? null,
      others: presence.others(name, client),
    } satisfies NotebookPulse);
  });
  routes.delete("/notebooks/:name/presence", (context) => {
    presence.leave(context.req.param("name"), context.req.query("client") ?? "");
    return context.body(null, 204);
  });
  return routes;
}

/** Every notebook with its hunt record, the one changed last first. */
export function notebookSummaries(spoor: Spoor): NotebookSummary[] {
  return spoor.notebooks.list().map(({ name, modifiedMs }) => {
    const notebook = parseNotebook(spoor.notebooks.read(name)!.html);
    const hunt = huntOf(notebook);
    const record = hunt.ok ? hunt.value : null;
    return {
      name,
      title: notebook.title,
      hypothesis: record?.hypothesis ?? "",
      techniques: record?.techniques ?? [],
      state: record?.state ?? "open",
      findings: record?.findings.length ?? 0,
      modified: new Date(modifiedMs).toISOString(),
    };
  });
}
