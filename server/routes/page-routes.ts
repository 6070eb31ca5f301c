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
function pagePolicy(origin: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    `frame-src ${origin}/frame/`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/**
 * The frame that runs cells: programs of people we do not trust. It loads one script, makes functions of cells, and can
 * reach nothing but its message port. Its origin is opaque, so `'self'` would match nothing: the origin is named.
 */
function framePolicy(origin: string): string {
  return [
    "sandbox allow-scripts",
    "default-src 'none'",
    `script-src ${origin}/assets/frame.js 'unsafe-eval'`,
    `style-src ${origin} 'unsafe-inline'`,
    "img-src data: blob:",
    "font-src data:",
    "connect-src 'none'",
    "frame-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
}

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
    return context.body(content, 200, {
      "content-type": TYPES[".html"]!,
      "content-security-policy": framePolicy(new URL(context.req.url).origin),
      "x-frame-options": "SAMEORIGIN",
    });
  });
  routes.get("*", (context) => {
    if (!auth.isSignedIn(context)) {
      return context.html(SIGN_IN_PAGE, 401, {
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      });
    }
    const content = file("index.html");
    if (content === null) return context.notFound();
    return context.body(content, 200, {
      "content-type": TYPES[".html"]!,
      "content-security-policy": pagePolicy(new URL(context.req.url).origin),
      "cache-control": "no-store",
    });
  });
  return routes;
}

const SIGN_IN_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Spoor</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>Sign in to Spoor</h1><p>Open the link that Spoor printed in the terminal when it started. It signs this browser in.</p></html>`;
