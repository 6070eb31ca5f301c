import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

const COOKIE = "spoor_session";

/** The secrets of one server run: the local user's token, and one-time codes that sign a browser in. */
export class LocalAuth {
  readonly token: string;
  readonly #codes = new Map<string, number>();
  /** Random for each run of the server: an old cookie, or one that another server on this machine saw, ends with it. */
  readonly #session = LocalAuth.newToken();
  readonly #clock: () => number;

  /** `token` stays the same over restarts so that agents which post events need no new one. */
  constructor(token: string, clock: () => number) {
    this.token = token;
    this.#clock = clock;
  }

  static newToken(): string {
    return randomBytes(24).toString("base64url");
  }

  /** A code for `/sign-in?code=...`, good for ten minutes and for as many tabs as open it in that time. */
  newCode(): string {
    const code = randomBytes(18).toString("base64url");
    this.#codes.set(code, this.#clock() + 10 * 60_000);
    return code;
  }

  /** Turns a good code into the session cookie; answers false for a wrong or old one. */
  signIn(context: Context, code: string): boolean {
    const until = this.#codes.get(code);
    if (until === undefined || until < this.#clock()) return false;
    setCookie(context, COOKIE, this.#session, {
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
      maxAge: 7 * 24 * 3600,
    });
    return true;
  }

  isSignedIn(context: Context): boolean {
    const bearer = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1];
    if (bearer !== undefined) return same(bearer, this.token);
    const cookie = getCookie(context, COOKIE);
    return cookie !== undefined && same(cookie, this.#session);
  }
}

function same(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/**
 * Refuses what a page of another origin could make a browser send: a foreign Host (DNS rebinding) and, for
 * requests that change something, a foreign Origin.
 */
export function guardOrigin(allowedHosts: () => ReadonlySet<string>): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host") ?? "";
    if (!allowedHosts().has(host))
      return context.json({ error: { message: `Host ${host} is not served here.`, issues: [] } }, 403);
    const origin = context.req.header("origin");
    if (origin !== undefined && context.req.method !== "GET" && context.req.method !== "HEAD") {
      if (origin === "null" || !allowedHosts().has(new URL(origin).host)) {
        return context.json(
          { error: { message: `Origin ${origin} may not change anything here.`, issues: [] } },
          403,
        );
      }
    }
    return next();
  };
}
