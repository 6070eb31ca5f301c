import { Hono } from "hono";
import * as v from "valibot";
import type { RequestState } from "../app.ts";
import { EVIDENCE_KINDS } from "../rule/rule-types.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const PROPOSED_TEST = v.object({
  name: v.string(),
  expected: v.picklist(["match", "no-match"]),
  events: v.pipe(v.string(), v.maxLength(4_000_000)),
  why: v.optional(v.string(), ""),
});

/** Evidence about a rule: each a job with progress that can be cancelled, and tests made from data. */
export function ruleEvidenceRoutes(spoor: Spoor): Hono<RequestState> {
  const { rules, jobs } = spoor;
  const routes = new Hono<RequestState>();
  routes.post("/rules/:name/backtest", (context) => {
    const name = rules.known(context.req.param("name"));
    return context.json(jobs.start("backtest", (job) => rules.backtest(name, job)));
  });
  routes.post("/rules/:name/prove", (context) => {
    const name = rules.known(context.req.param("name"));
    return context.json(jobs.start("prove", (job) => rules.prove(name, job)));
  });
  routes.post("/rules/:name/mutate", (context) => {
    const name = rules.known(context.req.param("name"));
    return context.json(jobs.start("mutate", (job) => rules.evidence.mutate(name, job)));
  });
  routes.post("/rules/:name/check-everything", async (context) => {
    const name = rules.known(context.req.param("name"));
    const { kinds, force } = await parseBody(
      context,
      v.object({
        kinds: v.optional(v.array(v.picklist(EVIDENCE_KINDS)), [...EVIDENCE_KINDS]),
        force: v.optional(v.boolean(), false),
      }),
    );
    return context.json(
      jobs.start("check-everything", (job) => rules.evidence.compute(name, kinds, force, job)),
    );
  });
  routes.get("/rules/:name/difference", (context) => {
    const name = rules.known(context.req.param("name"));
    const { from = "", to = "" } = context.req.query();
    return context.json(jobs.start("difference", (job) => rules.evidence.difference(name, from, to, job)));
  });
  routes.post("/rules/:name/tests/from-detection", async (context) => {
    const { detection, name } = await parseBody(
      context,
      v.object({ detection: v.string(), name: v.optional(v.string()) }),
    );
    return context.json(await rules.testsFromData.fromDetection(context.req.param("name"), detection, name));
  });
  routes.post("/rules/:name/tests/near-miss", async (context) => {
    const { mutant } = await parseBody(context, v.object({ mutant: v.string() }));
    return context.json(await rules.testsFromData.nearMiss(context.req.param("name"), mutant));
  });
  routes.post("/rules/:name/tests", async (context) => {
    const { test } = await parseBody(context, v.object({ test: PROPOSED_TEST }));
    return context.json(await rules.addTest(context.req.param("name"), test, context.get("user")));
  });
  return routes;
}
