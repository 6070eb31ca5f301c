import * as v from "valibot";
import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import { shown } from "../../../connectors/yaml/yaml-tree.ts";
import { parseColumnType } from "../../../notebooks/catalog/column-type.ts";
import type { RuleFiles } from "../rule-files.ts";
import { TEST_NAME } from "../tests.ts";
import { packArchive, sha256, unpackArchive } from "./archive.ts";

export const BUNDLE_FORMAT = "spoor-rule-bundle";
export const BUNDLE_VERSION = 1;
const MANIFEST = "bundle.json";
const RULE_NAME = /^[a-z][a-z0-9-]{0,63}$/;
const DATASET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
const HASH = /^[0-9a-f]{64}$/;

const text = (maximum: number) => v.pipe(v.string(), v.maxLength(maximum));
const COLUMN = v.object({ name: text(500), key: text(500), type: text(20_000) });
const DATASET = v.object({
  name: v.pipe(v.string(), v.regex(DATASET_NAME)),
  source: text(100),
  columns: v.pipe(v.array(COLUMN), v.maxLength(5_000)),
  time: v.object({
    fields: v.pipe(v.array(text(500)), v.maxLength(20)),
    format: v.picklist(["auto", "iso", "epoch-s", "epoch-ms", "epoch-us"]),
    zone: text(100),
  }),
  /** Rows of the sample, and of the dataset that they were taken from. */
  sampleRows: v.pipe(v.number(), v.integer(), v.minValue(0)),
  ofRows: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
const DETECTION = v.object({ time: text(40), entities: v.pipe(v.array(text(2_000)), v.maxLength(20)) });
const CONTENT = v.object({
  format: v.literal(BUNDLE_FORMAT),
  formatVersion: v.literal(BUNDLE_VERSION),
  rule: v.pipe(v.string(), v.regex(RULE_NAME)),
  version: text(64),
  made: text(40),
  spoor: text(40),
  engine: text(40),
  datasets: v.pipe(v.array(DATASET), v.maxLength(50)),
  /** What the rule finds in the sample: time and entities, in that order of text. */
  detections: v.pipe(v.array(DETECTION), v.maxLength(5_000)),
  files: v.record(v.string(), v.pipe(v.string(), v.regex(HASH))),
});

/** What a bundle says of itself: `bundle.json`. */
export type BundleManifest = v.InferOutput<typeof CONTENT>;
export type BundleDataset = BundleManifest["datasets"][number];
export type BundleDetection = BundleManifest["detections"][number];

/** A rule with all that it takes to check it elsewhere. */
export interface Bundle {
  readonly manifest: BundleManifest;
  readonly files: RuleFiles;
  /** Sample events by dataset, one JSON object a line, each with `_time`. */
  readonly sample: ReadonlyMap<string, string>;
  /** SHA-256 of `bundle.json`, which names the SHA-256 of every other file. */
  readonly checksum: string;
}

export interface BundleRequest extends Omit<BundleManifest, "format" | "formatVersion" | "files"> {
  readonly files: RuleFiles;
  readonly sample: ReadonlyMap<string, string>;
}

const RULE_PATHS = {
  ruleYaml: "rule.yaml",
  ruleSql: "rule.sql",
  adsMarkdown: "ADS.md",
  responseYaml: "response.yaml",
  shapeYaml: "shape.yaml",
  sigmaYaml: "sigma.yml",
} as const;
const OPTIONAL = new Set(["shape.yaml", "sigma.yml"]);

/** Writes a rule, its tests, ADS, plan and sample as one archive, with the checksum that names all of it. */
export async function writeBundle(
  request: BundleRequest,
): Promise<{ readonly archive: Uint8Array; readonly checksum: string }> {
  const encoder = new TextEncoder();
  const contents = new Map<string, Uint8Array>();
  for (const [key, path] of Object.entries(RULE_PATHS)) {
    const content = request.files[key as keyof typeof RULE_PATHS];
    if (content !== undefined) contents.set(path, encoder.encode(content));
  }
  for (const [name, content] of Object.entries(request.files.tests))
    contents.set(`tests/${name}`, encoder.encode(content));
  for (const [name, content] of request.sample)
    contents.set(`sample/${name}.ndjson`, encoder.encode(content));
  const { files: _files, sample: _sample, ...rest } = request;
  const manifest: BundleManifest = {
    format: BUNDLE_FORMAT,
    formatVersion: BUNDLE_VERSION,
    ...rest,
    files: Object.fromEntries([...contents].sort(byPath).map(([path, bytes]) => [path, sha256(bytes)])),
  };
  const bytes = encoder.encode(`${JSON.stringify(manifest, null, 2)}\n`);
  contents.set(MANIFEST, bytes);
  return { archive: await packArchive(contents), checksum: sha256(bytes) };
}

/**
 * Reads a bundle from anybody. Every file must be named in `bundle.json` with its hash, and none may be missing, so that
 * the checksum speaks for all of it. Types of columns, names and test files are checked; nothing is written or run.
 */
export async function readBundle(archive: Uint8Array, place: string): Promise<Parsed<Bundle>> {
  const unpacked = await unpackArchive(archive, place);
  if (!unpacked.ok) return unpacked;
  const files = unpacked.value;
  const manifestBytes = files.get(MANIFEST);
  if (!manifestBytes) return refused(place, "manifest", "The archive has no bundle.json.");
  let content: unknown;
  try {
    content = JSON.parse(decode(manifestBytes));
  } catch {
    return refused(`${place}!${MANIFEST}`, "manifest", "bundle.json is no JSON text.");
  }
  const parsed = v.safeParse(CONTENT, content);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const version = (content as { formatVersion?: unknown } | null)?.formatVersion;
    if (typeof version === "number" && version > BUNDLE_VERSION)
      return refused(
        `${place}!${MANIFEST}`,
        "version",
        `The bundle has format ${version}; this Spoor reads ${BUNDLE_VERSION}.`,
        "Import it with a newer Spoor.",
      );
    return refused(
      `${place}!${MANIFEST}`,
      "manifest",
      `bundle.json is not of its form at ${shown(v.getDotPath(issue) ?? "its head")}: ${shown(issue.message)}`,
    );
  }
  const manifest = parsed.output;
  const problem = filesProblem(files, manifest, place) ?? datasetsProblem(manifest, place);
  if (problem) return problem;
  let texts: Map<string, string>;
  try {
    texts = new Map([...files].map(([path, bytes]) => [path, decode(bytes)]));
  } catch {
    return refused(place, "text", "A file of the bundle is no UTF-8 text.");
  }
  return {
    ok: true,
    value: {
      manifest,
      files: ruleFiles(texts),
      sample: new Map(
        manifest.datasets.flatMap(({ name }) => {
          const events = texts.get(`sample/${name}.ndjson`);
          return events === undefined ? [] : [[name, events] as const];
        }),
      ),
      checksum: sha256(manifestBytes),
    },
    issues: [],
  };
}

function ruleFiles(texts: ReadonlyMap<string, string>): RuleFiles {
  const optional = (path: string, key: "shapeYaml" | "sigmaYaml") =>
    texts.has(path) ? { [key]: texts.get(path)! } : {};
  return {
    ruleYaml: texts.get("rule.yaml")!,
    ruleSql: texts.get("rule.sql")!,
    adsMarkdown: texts.get("ADS.md")!,
    responseYaml: texts.get("response.yaml")!,
    ...optional("shape.yaml", "shapeYaml"),
    ...optional("sigma.yml", "sigmaYaml"),
    tests: Object.fromEntries(
      [...texts].flatMap(([path, content]) =>
        path.startsWith("tests/") ? [[path.slice("tests/".length), content]] : [],
      ),
    ),
  };
}

function filesProblem(
  files: ReadonlyMap<string, Uint8Array>,
  manifest: BundleManifest,
  place: string,
): ReturnType<typeof refused> | null {
  const wanted = Object.values(RULE_PATHS).filter((path) => !OPTIONAL.has(path));
  const lacking = wanted.find((path) => !files.has(path));
  if (lacking) return refused(place, "missing", `The bundle lacks ${lacking}.`);
  const samples = new Set(manifest.datasets.map(({ name }) => `sample/${name}.ndjson`));
  for (const [path, bytes] of files) {
    if (path === MANIFEST) continue;
    const known =
      (Object.values(RULE_PATHS) as string[]).includes(path) ||
      samples.has(path) ||
      (path.startsWith("tests/") && TEST_NAME.test(path.slice("tests/".length)));
    if (!known) return refused(`${place}!${shown(path)}`, "stray", "This file has no place in a bundle.");
    if (!Object.hasOwn(manifest.files, path) || manifest.files[path] !== sha256(bytes))
      return refused(
        `${place}!${path}`,
        "checksum",
        "The file is not the one that bundle.json names: its SHA-256 differs.",
      );
  }
  const gone = Object.keys(manifest.files).find((path) => !files.has(path));
  return gone === undefined
    ? null
    : refused(place, "missing", `bundle.json names ${shown(gone)}, which is not there.`);
}

function datasetsProblem(manifest: BundleManifest, place: string): ReturnType<typeof refused> | null {
  const names = new Set<string>();
  for (const { name, columns } of manifest.datasets) {
    if (names.has(name.toLowerCase()))
      return refused(`${place}!${MANIFEST}`, "dataset", `The dataset ${name} is there twice.`);
    names.add(name.toLowerCase());
    const columnNames = new Set<string>();
    for (const column of columns) {
      if (columnNames.has(column.name.toLowerCase()) || column.name === "" || column.name.includes("\0"))
        return refused(
          `${place}!${MANIFEST}`,
          "dataset",
          `A column name of ${name} is empty or there twice: "${shown(column.name)}".`,
        );
      columnNames.add(column.name.toLowerCase());
      if (!isPlainType(column.type))
        return refused(
          `${place}!${MANIFEST}`,
          "dataset",
          `"${shown(column.type)}" is no type of a column that a bundle may have.`,
        );
    }
  }
  return null;
}

/** Whether a type is one that the engine's own reader knows; its SQL is printed from what was read, never from the text. */
function isPlainType(type: string): boolean {
  try {
    parseColumnType(type);
    return true;
  } catch {
    return false;
  }
}

const byPath = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]) =>
  left < right ? -1 : left > right ? 1 : 0;

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function refused(
  place: string,
  code: string,
  message: string,
  remedy = "Ask for the bundle again, as `spoor rule export --bundle` writes it.",
): { ok: false; issues: readonly Issue[] } {
  return { ok: false, issues: [{ severity: "error", code: `bundle.${code}`, place, message, remedy }] };
}
