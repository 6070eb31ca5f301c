import type { MiddlewareHandler } from "hono";
import type { RequestState } from "./app.ts";
import { RefusedError } from "./refused.ts";

/**
 * Refuses bodies above `largestBytes` with 413: by their announced length before a byte is read, else while they are
 * read, so that a body of unknown length is never held whole. A body that is let through streams on as it came.
 */
export function bodyLimit(largestBytes: (path: string) => number): MiddlewareHandler<RequestState> {
  return async (context, next) => {
    const { method, path } = context.req;
    if (method === "GET" || method === "HEAD") return next();
    const largest = largestBytes(path);
    const refused = () =>
      new RefusedError(413, `The body is larger than ${largest} bytes. Send smaller batches.`);
    const announced = context.req.header("content-length");
    if (announced !== undefined) {
      if (Number(announced) > largest) throw refused();
      return next();
    }
    if (context.req.header("transfer-encoding") === undefined) return next();
    const { raw } = context.req;
    if (raw.body === null) return next();
    let readBytes = 0;
    const counted = raw.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          readBytes += chunk.byteLength;
          if (readBytes > largest) throw refused();
          controller.enqueue(chunk);
        },
      }),
    );
    context.req.raw = new Request(raw.url, {
      method,
      headers: raw.headers,
      body: counted,
      duplex: "half",
      signal: raw.signal,
    } as RequestInit);
    return next();
  };
}
