import { Hono } from "hono";
import * as v from "valibot";
import { OUTCOME_KINDS } from "../../promote/records/records.ts";
import type { RequestState } from "../app.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const PRESS = v.object({
  name: v.string(),
  reason: v.optional(v.pipe(v.string(), v.maxLength(4000)), ""),
  minutes: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100_000)), 0),
  outcome: v.optional(v.picklist(OUTCOME_KINDS)),
});

export function alertRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  routes.get("/alerts", async (context) => {
    const state = context.req.query("state") ?? "all";
    return context.json(await spoor.alerts.list(state === "open" || state === "decided" ? state : "all"));
  });
  routes.get("/alerts/:id", async (context) =>
    context.json(await spoor.alerts.detail(context.req.param("id"))),
  );
  routes.post("/alerts/:id/actions", async (context) => {
    const body = await parseBody(context, PRESS);
    return context.json(await spoor.alerts.press(context.req.param("id"), body, context.get("user")));
  });
  return routes;
}
