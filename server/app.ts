import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { QueryError } from "../notebooks/engine/engine.ts";
import type { LocalAuth } from "./auth/auth.ts";
import { guardOrigin } from "./auth/auth.ts";
import { bodyLimit } from "./body-limit.ts";
import { apiError } from "./jobs/jobs.ts";
import { StaleRevisionError } from "./notebook/notebook-files.ts";
import { RefusedError } from "./refused.ts";
import { alertRoutes } from "./routes/alert-routes.ts";
import { checkRoutes } from "./routes/check-routes.ts";
import { elicitationRoutes } from "./routes/elicitation-routes.ts";
import { entityRoutes } from "./routes/entity-routes.ts";
import { exchangeRoutes } from "./routes/exchange-routes.ts";
import { huntRoutes } from "./routes/hunt-routes.ts";
import { notebookRoutes } from "./routes/notebook-routes.ts";
import { pageRoutes } from "./routes/page-routes.ts";
import { queryRoutes } from "./routes/query-routes.ts";
import { resultRoutes } from "./routes/result-routes.ts";
import { riskFileRoutes } from "./routes/risk-file-routes.ts";
import { riskRoutes } from "./routes/risk-routes.ts";
import { ruleControlRoutes } from "./routes/rule-control-routes.ts";
import { ruleEvidenceRoutes } from "./routes/rule-evidence-routes.ts";
import { ruleExchangeRoutes } from "./routes/rule-exchange-routes.ts";
import { ruleRoutes } from "./routes/rule-routes.ts";
import { shapeRoutes } from "./routes/shape-routes.ts";
import { sourceRoutes } from "./routes/source-routes.ts";
import { todayRoutes } from "./routes/today-routes.ts";
import type { Spoor } from "./spoor.ts";

/** Who asks, for the activity log. */
export interface RequestState {
  Variables: { user: string };
}

export interface AppOptions {
  readonly spoor: Spoor;
  readonly auth: LocalAuth;
  /** `host:port` values that requests may name. */
  readonly allowedHosts: () => ReadonlySet<string>;
  /** Folder of the built workbench, or null when only the API is served. */
  readonly workbenchDirectory: string | null;
}

const LARGEST_BODY_BYTES = 64 * 1024 * 1024;
const LARGEST_UPLOAD_BYTES = 4 * 1024 * 1024 * 1024;

/** Every route of one workspace. The same app answers over HTTP and, without a server, inside the CLI. */
export function createApp({ spoor, auth, allowedHosts, workbenchDirectory }: AppOptions): Hono<RequestState> {
  const app = new Hono<RequestState>();
  app.use(guardOrigin(allowedHosts));
  app.use(
    secureHeaders({
      xFrameOptions: "SAMEORIGIN",
      referrerPolicy: "no-referrer",
      crossOriginOpenerPolicy: "same-origin",
      crossOriginResourcePolicy: false,
      // The frame's pages come without it, and one origin cannot have both.
      originAgentCluster: false,
    }),
  );
  app.get("/sign-in", (context) =>
    auth.signIn(context, context.req.query("code") ?? "")
      ? context.redirect("/today")
      : context.text(
          "This link is too old. The terminal that runs Spoor shows how to get a new one: spoor serve prints it at its start.",
          403,
        ),
  );

  const api = new Hono<RequestState>();
  api.use(async (context, next) => {
    if (!auth.isSignedIn(context)) {
      return context.json(
        {
          error: {
            message:
              context.req.header("authorization") === undefined
                ? "Sign in first: open the link that Spoor printed when it started."
                : "The bearer token is wrong: the workspace's own is in .spoor/token.",
            issues: [],
          },
        },
        401,
      );
    }
    context.set("user", spoor.user);
    context.header("Cache-Control", "no-store");
    return next();
  });
  api.use(bodyLimit((path) => (path === "/api/sources/upload" ? LARGEST_UPLOAD_BYTES : LARGEST_BODY_BYTES)));
  api.route("/", todayRoutes(spoor));
  api.route("/", sourceRoutes(spoor));
  api.route("/", queryRoutes(spoor));
  api.route("/", checkRoutes(spoor));
  api.route("/", resultRoutes(spoor));
  api.route("/", exchangeRoutes(spoor));
  api.route("/", notebookRoutes(spoor));
  api.route("/", huntRoutes(spoor));
  api.route("/", ruleRoutes(spoor));
  api.route("/", shapeRoutes(spoor));
  api.route("/", ruleEvidenceRoutes(spoor));
  api.route("/", ruleExchangeRoutes(spoor));
  api.route("/", ruleControlRoutes(spoor));
  api.route("/", alertRoutes(spoor));
  api.route("/", riskRoutes(spoor));
  api.route("/", elicitationRoutes(spoor));
  api.route("/", riskFileRoutes(spoor));
  api.route("/", entityRoutes(spoor));
  api.all("*", (context) =>
    context.json(
      { error: { message: `There is no ${context.req.method} ${context.req.path}.`, issues: [] } },
      404,
    ),
  );
  app.route("/api", api);
  if (workbenchDirectory !== null) app.route("/", pageRoutes(workbenchDirectory, auth));

  app.onError((error, context) => {
    if (error instanceof StaleRevisionError)
      return context.json({ error: apiError(error), current: error.current }, 409);
    if (error instanceof RefusedError) return context.json({ error: apiError(error) }, error.status);
    if (error instanceof QueryError) return context.json({ error: apiError(error) }, 422);
    if (error instanceof SyntaxError && /JSON/.test(error.message)) {
      return context.json({ error: { message: `The body is no JSON: ${error.message}`, issues: [] } }, 400);
    }
    spoor.note(`error ${context.req.method} ${context.req.path}: ${error.stack ?? error.message}`);
    return context.json({ error: apiError(error) }, 500);
  });
  return app;
}
