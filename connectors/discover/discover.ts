import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseType } from "../dataset/type.ts";
import { detectFormat } from "../format/detect.ts";
import { DEFAULT_LIMITS, expandPaths } from "../format/expand.ts";
import { readHead } from "../format/input.ts";
import { inferEntities, inferTime } from "../load/infer.ts";
import { Intake, type Shapes } from "../load/intake.ts";
import { describeParquet } from "../load/load.ts";
import { KIND, Shape } from "../load/shape.ts";
import type { EntityField } from "../source/source.ts";
import { openSession, type SqlSession } from "../sql/session.ts";
import { evidenceOf } from "./evidence.ts";

/** One input that could become a source, or part of one. */
export interface Discovered {
  readonly path: string;
  readonly format: string;
  readonly compression: string;
  readonly byteCount: number;
  /** Rows seen in the part that was read. */
  readonly sampleRows: number;
  readonly suggestedSource: string;
  /** 0..100: how useful to security. */
  readonly score: number;
  /** Why, in a few words each: `process creation with command lines`. */
  readonly reasons: readonly string[];
  readonly timeFields: readonly string[];
  readonly entities: readonly EntityField[];
}

const HEAD_BYTES = 512 * 1024;
const MAXIMUM_INPUTS = 2_000;

/**
 * Looks at files, folders and archives, at most half a megabyte of each input, and tells which are logs and how
 * useful they are to security, best first. Loads nothing; inputs that are no logs are left out.
 */
export async function discover(given: {
  readonly paths: readonly string[];
  readonly scratchDirectory: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<Discovered[]> {
  const scratchDirectory = join(given.scratchDirectory, `discover-${randomUUID()}`);
  mkdirSync(scratchDirectory, { recursive: true });
  const found: Discovered[] = [];
  let session: SqlSession | null = null;
  try {
    const limits = { ...DEFAULT_LIMITS, inputBytes: 4 * 2 ** 30, archiveBytes: 8 * 2 ** 30 };
    for await (const expanded of expandPaths(given.paths, { scratchDirectory, limits, signal: given.signal })) {
      given.signal?.throwIfAborted();
      if (expanded.kind === "skipped") continue;
      if (found.length >= MAXIMUM_INPUTS) break;
      const { input } = expanded;
      const head = await readHead(input, HEAD_BYTES);
      const detected = detectFormat(head.subarray(0, 65_536), input.file, input.byteCount <= 65_536);
      if (detected.format === null) continue;
      const shapes: Shapes = new Map();
      let sampleRows = 0;
      if (detected.format === "parquet") {
        session ??= await openSession({ scratchDirectory, memoryLimit: "512MB", threads: 1 });
        const parquet = await describeParquet(input, scratchDirectory, session);
        if (!parquet) continue;
        const shape = new Shape();
        for (const column of parquet.columns) {
          const field = shape.field(column.key);
          field.kinds |= KIND.text;
          const type = parseType(column.type);
          if (type.kind === "scalar" && type.name.startsWith("TIMESTAMP")) field.sample("2000-01-01T00:00:00Z");
        }
        shapes.set("parquet", shape);
        sampleRows = parquet.rowCount;
      } else {
        const intake = new Intake(input.file, shapes, { row() {}, reject() {} });
        const reader = intake.reader(detected.format, detected.delimiter ?? ",");
        reader.push(wholeLines(head, input.byteCount));
        if (head.length >= input.byteCount) reader.end();
        sampleRows = intake.goodCount;
      }
      const { time, candidates } = inferTime(shapes.values());
      const entities = inferEntities(shapes.values());
      const { score, reasons } = evidenceOf(shapes, candidates.length > 0, entities, sampleRows);
      found.push({
        path: input.file,
        format: detected.format,
        compression: input.compression,
        byteCount: input.byteCount,
        sampleRows,
        suggestedSource: suggestName(input.file),
        score,
        reasons,
        timeFields: time.fields,
        entities,
      });
    }
  } finally {
    session?.close();
    await rm(scratchDirectory, { recursive: true, force: true });
  }
  return found.sort((a, b) => b.score - a.score || b.byteCount - a.byteCount || (a.path < b.path ? -1 : 1));
}

/** The head without its last, cut line. */
function wholeLines(head: Buffer, byteCount: number): Buffer {
  if (head.length >= byteCount) return head;
  const end = head.lastIndexOf(10);
  return end < 0 ? head : head.subarray(0, end + 1);
}

function suggestName(file: string): string {
  const outer = basename(file.split("!")[0]!).replace(/(\.(json|ndjson|jsonl|csv|tsv|log|txt|parquet|gz|tgz|tar|zip))+$/i, "");
  const name = outer
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+/, "")
    .replace(/_+$/, "")
    .slice(0, 48);
  return name || "source";
}
