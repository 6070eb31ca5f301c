import { once } from "node:events";
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { finished, pipeline } from "node:stream/promises";
import { createGzip, constants as zlib } from "node:zlib";

const CHUNK_CHARACTERS = 1 << 20;

/** One log being written: lines gather to chunks of 1 MiB, at most three of them in memory. ASCII only. */
export interface LogFile {
  readonly path: string;
  /** Adds text that already ends as its format wants. */
  write(text: string): void;
  /** True when `drain` should be awaited before more is written. */
  readonly full: boolean;
  drain(): Promise<void>;
  /** Writes what is left; returns the bytes on disk. */
  close(): Promise<number>;
}

/** Creates the file and its folders. A path that ends in `.gz` is compressed at the fastest level. */
export function createLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true });
  const target = createWriteStream(path, { highWaterMark: CHUNK_CHARACTERS });
  const compress = path.endsWith(".gz") ? createGzip({ level: zlib.Z_BEST_SPEED, chunkSize: 1 << 18 }) : null;
  const head = compress ?? target;
  const done = compress ? pipeline(compress, target) : finished(target);
  // The error is thrown where the file is drained or closed; this only keeps it from being "unhandled" before.
  done.catch(() => {});
  let parts: string[] = [];
  let characters = 0;

  async function drain(): Promise<void> {
    const chunk = Buffer.from(parts.join(""), "latin1");
    parts = [];
    characters = 0;
    if (!head.write(chunk)) await Promise.race([once(head, "drain"), done]);
  }

  return {
    path,
    write(text) {
      parts.push(text);
      characters += text.length;
    },
    get full() {
      return characters >= CHUNK_CHARACTERS;
    },
    drain,
    async close() {
      if (characters > 0) await drain();
      head.end();
      await done;
      return target.bytesWritten;
    },
  };
}
