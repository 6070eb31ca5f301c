import { Hono } from "hono";
import { ownerLoads } from "../../promote/run/owner-load.ts";
import type { ActivityRow, OwnerRow, SessionInfo, StatusLight, Today } from "../api/api.ts";
import type { RequestState } from "../app.ts";
import type { Spoor } from "../spoor.ts";
import { notebookSummaries } from "./notebook-routes.ts";

export function todayRoutes(spoor: Spoor): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  routes.get("/session", (context) => {
    const session: SessionInfo = {
      user: context.get("user"),
      workspace: spoor.layout.root,
      version: spoor.version,
      engineVersion: spoor.engineVersion,
    };
    return context.json(session);
  });
  routes.get("/today", async (context) => context.json(await todayOf(spoor)));
  routes.get("/activity", (context) => {
    const limit = Math.min(2000, Number(context.req.query("limit") ?? 300) || 300);
    const rows = spoor.store.activities({ limit }).map(
      (activity): ActivityRow => ({
        at: new Date(activity.atMs).toISOString(),
        actor: activity.actor,
        verb: activity.verb,
        subject: activity.subject,
        detail: activity.detail,
      }),
    );
    return context.json(rows);
  });
  routes.get("/owners", (context) => {
    const loads = new Map(ownerLoads(spoor.store, spoor.clock()).map(({ owner, total }) => [owner, total]));
    const rows = spoor.owners.read().owners.owners.map(
      (owner): OwnerRow => ({
        name: owner.name,
        onCall: owner.onCall.join(", "),
        systems: owner.systems,
        alertsPerWeekBudget: owner.alertsPerWeekBudget,
        alertsLastWeek: loads.get(owner.name) ?? 0,
      }),
    );
    return context.json(rows);
  });
  return routes;
}

async function todayOf(spoor: Spoor): Promise<Today> {
  const names = spoor.sources.names();
  const health = await Promise.all(
    names.map(async (source) => {
      const issues = spoor.sources.health(source);
      const blinds =
        issues.length > 0
          ? await spoor.rules.readersOf(spoor.sources.datasetsOf(source).map((dataset) => dataset.name))
          : [];
      return issues.map((issue) => ({ source, issue, blinds }));
    }),
  );
  const healthIssues = health.flat();
  const rules = await spoor.rules.summaries();
  return {
    lights: [seeing(names.length, healthIssues), deciding(spoor), sending(spoor)],
    openAlerts: await spoor.alerts.list("open"),
    healthIssues,
    hunts: notebookSummaries(spoor).filter((notebook) => notebook.state === "open"),
    huntsChanged: spoor.hunts.summaries().filter((hunt) => hunt.unseenChange !== null),
    rulesWaiting: [
      ...spoor.store.troubles({ open: true }).map((trouble) => ({
        rule: trouble.rule,
        stage: rules.find(({ name }) => name === trouble.rule)?.stage ?? ("draft" as const),
        why: `${trouble.message} ${trouble.remedy}`,
      })),
      ...rules.flatMap(({ name, stage, issues: [issue] }) =>
        issue === undefined ? [] : [{ rule: name, stage, why: `${issue.message} ${issue.remedy}` }],
      ),
    ],
    draftCount: rules.filter(({ stage, issues }) => stage === "draft" && issues.length === 0).length,
  };
}

function seeing(sourceCount: number, healthIssues: Today["healthIssues"]): StatusLight {
  const errors = healthIssues.filter((entry) => entry.issue.severity === "error");
  const sick = [...new Set(errors.map((entry) => entry.source))];
  if (sourceCount === 0)
    return { name: "seeing", state: "bad", reason: "There is no data yet.", href: "/sources" };
  if (sick.length === 0)
    return {
      name: "seeing",
      state: "good",
      reason: `All ${sourceCount} sources are well.`,
      href: "/sources",
    };
  const blinded = new Set(errors.flatMap((entry) => entry.blinds));
  return {
    name: "seeing",
    state: blinded.size > 0 ? "bad" : "warning",
    reason: `${sick.join(", ")} ${sick.length === 1 ? "is" : "are"} sick${blinded.size > 0 ? `, which blinds ${[...blinded].join(", ")}` : ""}.`,
    href: `/sources/${sick[0]}`,
  };
}

function deciding(spoor: Spoor): StatusLight {
  const troubles = spoor.store.troubles({ open: true });
  const failing = troubles.filter(({ kind }) => kind === "failing");
  const waiting = spoor.streams.waitingSources();
  if (failing[0]) {
    return {
      name: "deciding",
      state: "bad",
      reason:
        failing.length === 1
          ? failing[0].message
          : `${[...new Set(failing.map(({ rule }) => rule))].join(", ")} do not run as they should: ${failing[0].message}`,
      href: `/rules/${failing[0].rule}`,
    };
  }
  const behind = troubles.find(({ kind }) => kind === "behind");
  if (behind)
    return { name: "deciding", state: "warning", reason: behind.message, href: `/rules/${behind.rule}` };
  if (waiting.length > 0)
    return {
      name: "deciding",
      state: "warning",
      reason: `Events of ${waiting.join(", ")} wait to be read.`,
      href: "/sources",
    };
  return {
    name: "deciding",
    state: "good",
    reason: "Every rule has run on what has come in.",
    href: "/rules",
  };
}

function sending(spoor: Spoor): StatusLight {
  const unfinished = spoor.store.unfinishedActions().length;
  const automating = spoor.store.alerts({ state: "automating" }).length;
  if (unfinished + automating > 0) {
    return {
      name: "sending",
      state: "warning",
      reason: `${Math.max(unfinished, automating)} automations are under way.`,
      href: "/alerts",
    };
  }
  return { name: "sending", state: "good", reason: "Every alert has reached its owner.", href: "/alerts" };
}
