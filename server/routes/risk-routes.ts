import { Hono } from "hono";
import * as v from "valibot";
import { renderRiskReportHtml } from "../../promote/risk/report-html.ts";
import { unknownNames, type WhatIfChange, whatIf } from "../../promote/risk/what-if.ts";
import type { RequestState } from "../app.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const AMOUNT = v.pipe(v.number(), v.minValue(0));
const CHANGE = v.strictObject({
  inputs: v.optional(v.record(v.string(), AMOUNT)),
  without: v.optional(v.array(v.string())),
  with: v.optional(v.array(v.string())),
  costsUsd: v.optional(v.record(v.string(), AMOUNT)),
  appetiteUsd: v.optional(AMOUNT),
});

const SEEN = v.strictObject({
  input: v.pipe(v.string(), v.maxLength(300)),
  hits: v.pipe(v.number(), v.integer(), v.minValue(0)),
  trials: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
  trial: v.picklist(["hosts", "alerts", "red team", "atomic tests"]),
  hunt: v.optional(v.pipe(v.string(), v.maxLength(200)), ""),
  note: v.optional(v.pipe(v.string(), v.maxLength(2000)), ""),
});

export function riskRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  routes.get("/risk/report", async (context) => {
    const seed = Number(context.req.query("seed") ?? 1);
    const report = await spoor.risk.report({
      seed: Number.isSafeInteger(seed) ? seed : 1,
      focus: context.req.query("focus"),
      signal: context.req.raw.signal,
    });
    return context.req.query("format") === "html"
      ? context.html(renderRiskReportHtml(report))
      : context.json(report);
  });
  routes.get("/risk/model", async (context) => context.json(await spoor.risk.freshModel()));
  routes.post("/risk/what-if", async (context) => {
    const change = await parseBody(context, CHANGE);
    const model = await spoor.risk.freshModel();
    const unknown = unknownNames(model, change as WhatIfChange);
    if (unknown.length > 0) throw new RefusedError(400, unknown.join(" "));
    return context.json(whatIf(model, change as WhatIfChange));
  });
  routes.get("/risk/measured", (context) => context.json(spoor.risk.observations()));
  routes.post("/risk/measured", async (context) =>
    context.json(spoor.risk.observe(await parseBody(context, SEEN), context.get("user"))),
  );
  routes.get("/forecasts", (context) => context.json(spoor.risk.forecasts()));
  return routes;
}
