import { Hono } from "hono";
import * as v from "valibot";
import { QueryError } from "../../notebooks/engine/engine.ts";
import { type EngineFunction, listEngineFunctions } from "../../notebooks/function/engine-functions.ts";
import type { QueryCheck } from "../api/api.ts";
import type { RequestState } from "../app.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const CHECK = v.object({
  sql: v.pipe(v.string(), v.maxLength(1_000_000)),
  parameters: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])), {}),
});

/** What an editor asks while somebody types: what a query would give, and which functions there are. */
export function checkRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  let functions: Promise<readonly EngineFunction[]> | null = null;
  routes.post("/query/check", async (context) => {
    const { sql, parameters } = await parseBody(context, CHECK);
    return context.json(await checkQuery(spoor.huntEngine, sql, parameters));
  });
  routes.get("/query/functions", async (context) => {
    functions ??= listEngineFunctions();
    return context.json(await functions);
  });
  return routes;
}

/** The columns of a query that is not run, or why there are none and where. */
async function checkQuery(
  engine: Pick<Spoor["huntEngine"], "describe">,
  sql: string,
  parameters: Readonly<Record<string, string | number | boolean | null>>,
): Promise<QueryCheck> {
  try {
    return { columns: await engine.describe(sql, parameters), issues: [] };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    // A check that was stopped or found no room says nothing about the query.
    if (error.kind === "cancelled" || error.kind === "timeout") return { columns: [], issues: [] };
    const [issue] = error.issues;
    return {
      columns: [],
      issues: [
        { message: issue?.message ?? error.message, remedy: issue?.remedy ?? "", offset: error.offset },
      ],
    };
  }
}
