import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { Hono } from "hono";
import type { RequestState } from "../app.ts";
import type { LocalAuth } from "../auth/auth.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".map": "application/json",
  ".woff2": "font/woff2",
};

/** The page: own scripts only, one frame at its exact path, nothing from elsewhere. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The frame that runs cells: programs of people we do not trust. It can reach nothing but its message port. */
const FRAME_POLICY =
  "sandbox allow-scripts; default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'self' 'unsafe-inline'; img-src data: blob:; font-src data:; connect-src 'none'; frame-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/** The workbench: static files of the bundle, and its index page for every other path. */
export function pageRoutes(directory: string, auth: LocalAuth): Hono<RequestState> {
  const routes = new Hono<RequestState>();
  const file = (path: string) => {
    const clean = normalize(path).replace(/^(\.\.(\/|\\|$))+/, "");
    const full = join(directory, clean);
    return full.startsWith(directory) && existsSync(full) ? readFileSync(full) : null;
  };
  routes.get("/assets/*", (context) => {
    const content = file(context.req.path);
    if (content === null) return context.notFound();
    return context.body(content, 200, {
      "content-type": TYPES[extname(context.req.path)] ?? "application/octet-stream",
      "cache-control": "no-cache",
      // The sandboxed frame has an opaque origin; its module script needs this. The files hold no secret.
      "access-control-allow-origin": "*",
    });
  });
  routes.get("/frame/", (context) => {
    const content = file("frame/index.html");
    if (content === null) return context.notFound();
    const policy = FRAME_POLICY.replaceAll("'self'", new URL(context.req.url).origin).replace(`frame-ancestors ${new URL(context.req.url).origin}`, "frame-ancestors 'self'");
    return context.body(content, 200, { "content-type": TYPES[".html"]!, "content-security-policy": policy, "x-frame-options": "SAMEORIGIN" });
  });
  routes.get("*", (context) => {
    if (!auth.isSignedIn(context)) {
      return context.html(SIGN_IN_PAGE, 401, { "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'" });
    }
    const content = file("index.html");
    if (content === null) return context.notFound();
    return context.body(content, 200, { "content-type": TYPES[".html"]!, "content-security-policy": PAGE_POLICY, "cache-control": "no-store" });
  });
  return routes;
}

const SIGN_IN_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Spoor</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>Sign in to Spoor</h1><p>Open the link that Spoor printed in the terminal when it started. It signs this browser in.</p></html>`;
