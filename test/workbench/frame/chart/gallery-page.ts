import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";

const POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'none'";

/** Serves a bundled browser script on a page with the frame's content policy. */
export async function serveGallery(
  entry = join(import.meta.dirname, "gallery.ts"),
  answer?: (body: string) => Promise<{ readonly status: number; readonly body: Uint8Array }>,
): Promise<{ readonly url: string; close(): void }> {
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    platform: "browser",
    loader: { ".css": "text" },
    write: false,
    logLevel: "silent",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const script = built.outputFiles[0]!.text;
  const server = createServer((request, response) => {
    if (request.method === "POST" && answer) {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        void answer(Buffer.concat(chunks).toString()).then(({ status, body }) => {
          response.writeHead(status);
          response.end(body);
        });
      });
      return;
    }
    const isScript = request.url === "/gallery.js";
    response.writeHead(200, {
      "content-type": isScript ? "text/javascript" : "text/html",
      "content-security-policy": answer ? POLICY.replace("connect-src 'none'", "connect-src 'self'") : POLICY,
    });
    response.end(
      isScript
        ? script
        : '<!doctype html><html lang="en"><meta charset="utf-8"><title>Charts</title><body><script src="/gallery.js"></script></body></html>',
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
