import type { Context } from "hono";
import { QueryError } from "../../notebooks/engine/engine.ts";

/** What the HTTP server gives with a request, where there is one. */
interface Served {
  readonly outgoing?: { destroy(): unknown };
}

/**
 * The stream of a query as a response's body. Where the query was cancelled the connection is cut without a word: it
 * cannot look complete, and it is no error of the server's. Everything else breaks the stream.
 */
export function queryBody(context: Context, stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await reader.read();
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          const outgoing = (context.env as Served | undefined)?.outgoing;
          if (!(error instanceof QueryError) || error.kind !== "cancelled" || outgoing === undefined) {
            controller.error(error);
            return;
          }
          outgoing.destroy();
          controller.close();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
