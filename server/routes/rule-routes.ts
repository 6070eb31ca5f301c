import { Hono } from "hono";
import * as v from "valibot";
import { ENTITY_KINDS } from "../../connectors/source/source.ts";
import type { RequestState } from "../app.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const NEW_RULE = v.object({
  name: v.string(),
  sql: v.pipe(v.string(), v.minLength(1)),
  title: v.optional(v.string()),
  timeColumn: v.optional(v.string()),
  entities: v.optional(
    v.array(v.object({ kind: v.picklist(ENTITY_KINDS), column: v.pipe(v.string(), v.minLength(1)) })),
  ),
  lookback: v.optional(v.string()),
  lookbackMs: v.optional(v.number()),
  from: v.optional(v.nullable(v.object({ notebook: v.string(), cell: v.number() }))),
  lookups: v.optional(v.array(v.string())),
  shapeYaml: v.optional(v.pipe(v.string(), v.maxLength(262_144))),
});

const RULE_FILES = v.object({
  ruleYaml: v.string(),
  ruleSql: v.string(),
  adsMarkdown: v.string(),
  responseYaml: v.string(),
  tests: v.record(v.string(), v.string()),
  shapeYaml: v.optional(v.string()),
  sigmaYaml: v.optional(v.string()),
});
/** Why the files ask for a lower stage than the rule has. */
const REASON = v.object({ reason: v.optional(v.string(), "") });

export function ruleRoutes(spoor: Spoor): Hono<RequestState> {
  const { rules } = spoor;
  const routes = new Hono<RequestState>();
  routes.get("/rules", async (context) => context.json(await rules.summaries()));
  routes.post("/rules", async (context) => {
    const body = await parseBody(context, NEW_RULE);
    return context.json(await rules.create(body, context.get("user")), 201);
  });
  routes.get("/rules/:name", async (context) => context.json(await rules.detail(context.req.param("name"))));
  routes.put("/rules/:name", async (context) => {
    const { reason, ...files } = await parseBody(
      context,
      v.object({ ...RULE_FILES.entries, ...REASON.entries }),
    );
    return context.json(await rules.write(context.req.param("name"), files, context.get("user"), reason));
  });
  routes.post("/rules/:name/check", async (context) => {
    const { target } = await parseBody(
      context,
      v.object({ target: v.optional(v.picklist(["staged", "paging"]), "paging") }),
    );
    return context.json(await rules.gate(context.req.param("name"), target));
  });
  routes.post("/rules/:name/test", async (context) =>
    context.json(await rules.test(context.req.param("name"))),
  );
  routes.post("/rules/:name/promote", async (context) => {
    const body = await parseBody(
      context,
      v.object({
        stage: v.picklist(["draft", "staged", "paging", "retired"]),
        reason: v.optional(v.string(), ""),
      }),
    );
    return context.json(
      await rules.promote(context.req.param("name"), body.stage, body.reason, context.get("user")),
    );
  });
  routes.get("/rules/:name/versions", (context) => {
    const name = rules.known(context.req.param("name"));
    return context.json(rules.versions.list(name, rules.files(name)));
  });
  routes.get("/rules/:name/versions/:version", (context) => {
    const name = rules.known(context.req.param("name"));
    return context.json(rules.versions.files(name, context.req.param("version")));
  });
  return routes;
}
