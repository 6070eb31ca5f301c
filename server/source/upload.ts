import { randomUUID } from "node:crypto";
import { createWriteStream, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Keeps an uploaded body as a file in a folder of its own until `work` is done with it. */
export async function withUpload<T>(
  scratch: string,
  fileName: string,
  body: ReadableStream<Uint8Array>,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const folder = join(scratch, `upload-${randomUUID()}`);
  mkdirSync(folder, { recursive: true });
  try {
    const path = join(folder, safeName(fileName));
    await pipeline(
      Readable.fromWeb(body as import("node:stream/web").ReadableStream<Uint8Array>),
      createWriteStream(path),
    );
    return await work(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function safeName(fileName: string): string {
  const name = basename(fileName.replaceAll("\\", "/")).replace(/[^\w.-]/g, "_");
  return name === "" || name.startsWith(".") ? `upload${name}` : name.slice(-120);
}
