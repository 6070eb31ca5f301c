import { randomUUID } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { detectFormat, type Format } from "../format/detect.ts";
import { DEFAULT_LIMITS, expandPaths } from "../format/expand.ts";
import { type Input, readHead } from "../format/input.ts";
import { inferEntities, inferTime } from "../load/infer.ts";
import { Intake, type Shapes } from "../load/intake.ts";
import { Shape } from "../load/shape.ts";
import type { EntityField } from "../source/source.ts";
import { openSession } from "../sql/session.ts";
import { plainKey, type SampledLog, weighLog } from "./signal.ts";

/** One log, or one folder of logs alike, that may become a source. */
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

export interface DiscoverOptions {
  /** Files, folders and archives. */
  readonly paths: readonly string[];
  /** Emptied of everything that this look puts there. */
  readonly scratchDirectory: string;
  readonly signal?: AbortSignal | undefined;
}

const HEAD_BYTES = 512 * 1024;
const ROWS_PER_INPUT = 2_000;
/** Inputs of one group of which the rows are looked at; the others only count. */
const INPUTS_PER_GROUP = 24;
const MOST_INPUTS = 20_000;
const LIMITS = { ...DEFAULT_LIMITS, inputBytes: 2 ** 30, archiveBytes: 2 ** 30, memberCount: 1_000 };

interface Group {
  readonly folder: string;
  readonly format: Format;
  readonly compression: string;
  /** Files on disk. */
  readonly files: Set<string>;
  readonly shapes: Shapes;
  inputCount: number;
  rowCount: number;
}

/**
 * Looks at the first half megabyte of every input under the paths and ranks what could become a source, the most
 * useful to security first. Logs alike in one folder are one entry. Archives are looked into, within bounds. Loads
 * nothing.
 *
 * @throws AbortError when the signal aborts.
 */
export async function discover(options: DiscoverOptions): Promise<readonly Discovered[]> {
  const scratchDirectory = join(options.scratchDirectory, `discover-${randomUUID()}`);
  mkdirSync(scratchDirectory, { recursive: true });
  const groups = new Map<string, Group>();
  let inputCount = 0;
  try {
    const expanded = expandPaths(options.paths, {
      scratchDirectory,
      signal: options.signal,
      limits: LIMITS,
      headBytes: HEAD_BYTES,
    });
    for await (const item of expanded) {
      options.signal?.throwIfAborted();
      if (item.kind === "skipped") continue;
      if (++inputCount > MOST_INPUTS) break;
      await look(item.input, groups, scratchDirectory);
    }
  } finally {
    await rm(scratchDirectory, { recursive: true, force: true });
  }
  const found = [...groups.values()].flatMap((group) => describe(group, [...groups.values()], options.paths));
  return found.sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

async function look(input: Input, groups: Map<string, Group>, scratchDirectory: string): Promise<void> {
  const head = await readHead(input, HEAD_BYTES);
  const isWhole = head.length < HEAD_BYTES;
  const detected = detectFormat(head, input.file, isWhole);
  if (detected.format === null) return;
  const file = input.file.split("!")[0]!;
  const folder = folderOf(file);
  const key = [detected.format, input.compression, folder, detected.format === "csv" ? input.file : ""].join(
    "\u0000",
  );
  let group = groups.get(key);
  if (!group) {
    group = {
      folder,
      format: detected.format,
      compression: input.compression,
      files: new Set(),
      shapes: new Map(),
      inputCount: 0,
      rowCount: 0,
    };
    groups.set(key, group);
  }
  group.files.add(file);
  group.inputCount++;
  if (group.inputCount > INPUTS_PER_GROUP) return;
  if (detected.format === "parquet") {
    if (input.path !== null)
      group.rowCount += await lookAtParquet(input.path, group.shapes, scratchDirectory);
    return;
  }
  const intake = new Intake(input.file, group.shapes, { row: () => {}, reject: () => {} }, ROWS_PER_INPUT);
  const reader = intake.reader(detected.format, detected.delimiter ?? ",");
  reader.push(head);
  if (isWhole) reader.end();
  group.rowCount += intake.goodCount;
}

/** The footer alone: names of columns, and how many rows there are. */
async function lookAtParquet(path: string, shapes: Shapes, scratchDirectory: string): Promise<number> {
  const session = await openSession({ scratchDirectory, memoryLimit: "512MB", threads: 1 });
  try {
    await session.set("source", path);
    const columns = await session.rows("DESCRIBE SELECT * FROM read_parquet(getvariable('source'))");
    const shape = shapes.get("parquet") ?? new Shape();
    shapes.set("parquet", shape);
    for (const column of columns) {
      const field = shape.field(String(column[0]));
      if (String(column[1]).startsWith("TIMESTAMP")) field.sample("2000-01-01T00:00:00Z");
    }
    const [row] = await session.rows(
      "SELECT sum(num_rows) FROM parquet_file_metadata(getvariable('source'))",
    );
    return Number(row?.[0] ?? 0);
  } catch {
    return 0;
  } finally {
    session.close();
  }
}

function describe(group: Group, all: readonly Group[], roots: readonly string[]): Discovered[] {
  const shapes = [...group.shapes.values()];
  const { time, candidates } = inferTime(shapes);
  const entities = inferEntities(shapes);
  const kinds = [...new Set(entities.map((entity) => entity.kind))];
  const { score, reasons } = weighLog(sampled(shapes), candidates.length > 0, kinds);
  const files = [...group.files];
  const { folder } = group;
  const isAlone = !all.some(
    (other) => other !== group && [...other.files].some((file) => file.startsWith(folder + sep)),
  );
  const isInside = roots.some(
    (root) => folder === root || folder.startsWith(root.endsWith(sep) ? root : root + sep),
  );
  const paths = files.length > 1 && isAlone && isInside ? [folder] : files;
  const size = (of: readonly string[]): number =>
    of.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  return paths.map((path) => ({
    path,
    format: group.format,
    compression: group.compression,
    byteCount: path === folder ? size(files) : size([path]),
    sampleRows:
      path === folder || files.length === 1 ? group.rowCount : Math.round(group.rowCount / files.length),
    suggestedSource: sourceName(path),
    score: group.rowCount === 0 ? 0 : score,
    reasons: group.rowCount === 0 ? ["no row could be read"] : reasons,
    timeFields: time.fields,
    entities,
  }));
}

function sampled(shapes: readonly Shape[]): SampledLog {
  const keys = new Set<string>();
  const values = new Map<string, string[]>();
  const walk = (shape: Shape, depth: number): void => {
    for (const [key, field] of shape.fields ?? []) {
      const plain = plainKey(key);
      keys.add(plain);
      const texts = values.get(plain) ?? [];
      values.set(plain, texts);
      for (const value of field.samples) texts.push(String(value));
      if (depth < 4) walk(field, depth + 1);
      if (field.item && depth < 4) walk(field.item, depth + 1);
    }
  };
  for (const shape of shapes) walk(shape, 0);
  return { keys, values };
}

/** The folder of a file, above folders that are years, months, days or hours. */
function folderOf(file: string): string {
  return dirname(file).replace(/([\\/]\d{1,4})+$/, "");
}

const PRODUCTS = /cloudtrail|sysmon|zeek|suricata|okta|auditd|osquery|guardduty|vpcflow/g;

/** `/logs/Dhcp-2026.ndjson.gz` -> `dhcp_2026`; the name of a well-known product in the path wins. */
function sourceName(path: string): string {
  const product = path.toLowerCase().match(PRODUCTS)?.at(-1);
  if (product) return product;
  const plain = basename(path)
    .toLowerCase()
    .replace(/(\.(gz|zip|tar|tgz|log|json|ndjson|jsonl|csv|tsv|txt|parquet))+$/, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 48)
    .replace(/_+$/, "");
  return plain === "" ? "source" : plain;
}
