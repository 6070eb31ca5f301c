import { Hono } from "hono";
import * as v from "valibot";
import { parseInstant } from "../../connectors/time/instant.ts";
import type { TimeRange } from "../../promote/run/detection.ts";
import type { RequestState } from "../app.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { parseBody } from "./parse-body.ts";

const BACKFILL = v.object({
  /** ISO 8601; both absent: the whole history. */
  from: v.optional(v.string()),
  until: v.optional(v.string()),
  /** Only tells what would change. */
  diff: v.optional(v.boolean(), false),
});

/** What people do to a rule's runner: pause, resume, throttle, run now, backfill. */
export function ruleControlRoutes(spoor: Spoor): Hono<RequestState> {
  const { rules, jobs, controls } = spoor;
  const routes = new Hono<RequestState>();
  routes.get("/rules/:name/controls", async (context) =>
    context.json(await controls.report(context.req.param("name"))),
  );
  routes.post("/rules/:name/pause", async (context) => {
    const body = await parseBody(
      context,
      v.object({ reason: v.optional(v.string(), ""), until: v.optional(v.nullable(v.string()), null) }),
    );
    const untilUs = body.until === null ? null : instant(body.until);
    const untilMs = untilUs === null ? null : Number(untilUs / 1000n);
    const name = context.req.param("name");
    await controls.pause(name, { reason: body.reason, untilMs }, context.get("user"));
    return context.json(await rules.detail(name));
  });
  routes.post("/rules/:name/resume", async (context) => {
    const { reason } = await parseBody(context, v.object({ reason: v.optional(v.string(), "") }));
    const name = context.req.param("name");
    await controls.resume(name, { reason }, context.get("user"));
    return context.json(await rules.detail(name));
  });
  routes.post("/rules/:name/throttle", async (context) => {
    const body = await parseBody(
      context,
      v.object({ maximumPerHour: v.nullable(v.number()), reason: v.optional(v.string(), "") }),
    );
    const name = context.req.param("name");
    await controls.throttle(name, body, context.get("user"));
    return context.json(await rules.detail(name));
  });
  routes.post("/rules/:name/run", (context) => {
    const name = rules.known(context.req.param("name"));
    const actor = context.get("user");
    // A rule that no runner holds has nothing that is due: it is tried on the history, and reaches nobody.
    const watches = spoor.streams.runners.isHeld(name) || controls.stateOf(name).paused !== null;
    return context.json(
      jobs.start("run", (job) =>
        watches ? controls.runNow(name, job, actor) : controls.backfill(name, null, job, actor),
      ),
    );
  });
  routes.post("/rules/:name/backfill", async (context) => {
    const name = rules.known(context.req.param("name"));
    const { from, until, diff } = await parseBody(context, BACKFILL);
    const range = rangeOf(from, until);
    const actor = context.get("user");
    return context.json(
      diff
        ? jobs.start("backfill-diff", (job) => controls.backfillDiff(name, range, job))
        : jobs.start("backfill", (job) => controls.backfill(name, range, job, actor)),
    );
  });
  return routes;
}

function instant(text: string): bigint {
  const timeUs = parseInstant(text);
  if (timeUs === null)
    throw new RefusedError(400, `"${text}" is no instant: write it like 2026-11-02T09:15:00Z.`);
  return timeUs;
}

const FARTHEST_US = 2n ** 55n;

function rangeOf(from: string | undefined, until: string | undefined): TimeRange | null {
  if (from === undefined && until === undefined) return null;
  const afterUs = from === undefined ? -FARTHEST_US : instant(from) - 1n;
  const untilUs = until === undefined ? FARTHEST_US : instant(until);
  if (untilUs <= afterUs) throw new RefusedError(400, "The range ends before it begins.");
  return { afterUs, untilUs };
}
