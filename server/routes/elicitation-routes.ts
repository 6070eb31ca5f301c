import { Hono } from "hono";
import * as v from "valibot";
import type { RequestState } from "../app.ts";
import { dataQuestions } from "../risk/elicitation-questions.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const PERSON = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100));
const NUMBER = v.pipe(v.number(), v.finite());
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000));

export function elicitationRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  const { elicitation } = spoor;
  routes.get("/risk/elicitation", (context) =>
    context.json(elicitation.page(context.req.query("person")?.trim() || context.get("user"))),
  );
  routes.post("/risk/elicitation", async (context) => {
    const user = context.get("user");
    const body = await parseBody(
      context,
      v.strictObject({
        input: v.string(),
        low: NUMBER,
        high: NUMBER,
        cap: v.optional(v.nullable(NUMBER), null),
        note: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(2000)), ""),
        person: v.optional(PERSON, user),
      }),
    );
    elicitation.answer(body, user);
    return context.json(elicitation.page(body.person));
  });
  routes.post("/risk/elicitation/use", async (context) => {
    const { input } = await parseBody(context, v.strictObject({ input: v.string() }));
    return context.json(elicitation.usePool(input, context.get("user")));
  });
  routes.post("/risk/elicitation/hit-rate", async (context) => {
    const { hits, count } = await parseBody(context, v.strictObject({ hits: COUNT, count: COUNT }));
    return context.json(elicitation.setHitRate(hits, count, context.get("user")));
  });
  routes.get("/risk/calibration-questions", async (context) =>
    context.json(await dataQuestions(spoor.huntEngine, await spoor.catalog(), context.req.raw.signal)),
  );
  return routes;
}
