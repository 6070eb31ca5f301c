import { Hono } from "hono";
import { renderRiskReportHtml } from "../../promote/risk/report-html.ts";
import type { RequestState } from "../app.ts";
import type { Spoor } from "../spoor.ts";

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
  routes.get("/forecasts", (context) => context.json(spoor.risk.forecasts()));
  return routes;
}
