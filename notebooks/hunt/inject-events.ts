import { mkdirSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { listValue } from "@duckdb/node-api";
import type { Dataset, Segment } from "../../connectors/dataset/dataset.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../../connectors/dataset/memory.ts";
import type { Issue } from "../../connectors/issue/issue.ts";
import { IssuesError } from "../../connectors/issue/issue.ts";
import { loadFiles } from "../../connectors/load/load.ts";
import { previewFiles } from "../../connectors/load/preview.ts";
import { describeSegment } from "../../connectors/load/segment.ts";
import type { SourceDefinition } from "../../connectors/source/source.ts";
import { openSession } from "../../connectors/sql/session.ts";
import type { Clock } from "../../connectors/time/instant.ts";
import { type JsonObject, writeExactly } from "./event-template.ts";

/** Events that come in together, by dataset. */
export type Injection = ReadonlyMap<string, readonly JsonObject[]>;

export interface InjectOptions {
  readonly injections: readonly Injection[];
  /** All datasets of the lake. */
  readonly datasets: readonly Dataset[];
  /** What a person declared of a source, or undefined. */
  readonly definitionOf: (source: string) => SourceDefinition | undefined;
  /** A folder of one's own: the segments lie there until the caller removes it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** The events of all injections into one dataset, as one input of its source. */
interface WrittenFile {
  readonly dataset: Dataset;
  readonly path: string;
  /** For each event, in the order of the file, the number of its injection among those that differ. */
  readonly places: readonly number[];
}

/**
 * Brings events in by the source's own load path - detection, parsing, naming, types, event time - as one segment for each
 * injection and dataset, in a folder beside the lake; injections of equal events share one. Nothing is written to the
 * lake or its registry. Gives for each injection the segments that it adds, by dataset, and the columns that the datasets
 * have with them.
 *
 * @throws IssuesError when an event does not fit its dataset: rejected on the way in, another type, another dataset.
 */
export async function injectEvents(options: InjectOptions): Promise<{
  readonly segments: readonly ReadonlyMap<string, readonly Segment[]>[];
  readonly columns: ReadonlyMap<string, Dataset["columns"]>;
}> {
  const byName = new Map(options.datasets.map((dataset) => [dataset.name, dataset]));
  const names = new Set(options.injections.flatMap((injection) => [...injection.keys()]));
  const files: WrittenFile[] = [];
  /** Of each injection, the number of its events among those of the dataset that differ. */
  const placeOf = new Map<string, readonly (number | null)[]>();
  for (const name of names) {
    const dataset = byName.get(name);
    if (dataset === undefined) throw refused([noDataset(name)]);
    const distinct = new Map<string, { readonly place: number; readonly events: readonly JsonObject[] }>();
    const own = options.injections.map((injection) => {
      const events = injection.get(name);
      if (events === undefined) return null;
      const key = writeExactly(events);
      if (!distinct.has(key)) distinct.set(key, { place: distinct.size, events });
      return distinct.get(key)!.place;
    });
    placeOf.set(name, own);
    const all = [...distinct.values()];
    const { text, ending } = fileOf(
      dataset,
      all.flatMap(({ events }) => events),
    );
    const folder = join(options.directory, "events", dataset.source);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${stemOf(dataset)}.${files.length}${ending}`);
    await writeFile(path, text);
    files.push({ dataset, path, places: all.flatMap(({ place, events }) => events.map(() => place)) });
  }
  const segments = new Map<string, ReadonlyMap<number, readonly Segment[]>>();
  const columns = new Map<string, Dataset["columns"]>();
  for (const source of new Set(files.map(({ dataset }) => dataset.source))) {
    options.signal?.throwIfAborted();
    const wanted = files.filter(({ dataset }) => dataset.source === source);
    const loaded = await loadSource(options, source, wanted);
    for (const dataset of loaded.registry.list()) columns.set(dataset.name, dataset.columns);
    for (const [dataset, byPlace] of loaded.segments) segments.set(dataset, byPlace);
  }
  return {
    columns,
    segments: options.injections.map((_injection, index) => {
      const added = new Map<string, readonly Segment[]>();
      for (const name of names) {
        const place = placeOf.get(name)![index];
        if (place !== null && place !== undefined) added.set(name, segments.get(name)!.get(place)!);
      }
      return added;
    }),
  };
}

async function loadSource(
  options: InjectOptions,
  source: string,
  files: readonly WrittenFile[],
): Promise<{
  readonly registry: MemoryRegistry;
  /** Segments by dataset, then by the place of the injection. */
  readonly segments: ReadonlyMap<string, ReadonlyMap<number, readonly Segment[]>>;
}> {
  const registry = registryOf(options.datasets.filter((dataset) => dataset.source === source));
  const known = new Set(registry.list().flatMap(({ segments }) => segments.map(({ id }) => id)));
  const shared = {
    definition: options.definitionOf(source) ?? null,
    name: source,
    paths: [join(options.directory, "events", source)],
    scratchDirectory: join(options.directory, "scratch"),
    registry,
    signal: options.signal,
    memoryLimit: "1GB",
    threads: 2,
  };
  const preview = await previewFiles(shared);
  const misfits = preview.datasets.flatMap(({ name, fields }) => {
    const columns = new Map((registry.get(name)?.columns ?? []).map((column) => [column.key, column]));
    return fields.flatMap((field): Issue[] => {
      const column = columns.get(field.key);
      return column && column.type !== field.type
        ? [otherType(name, field.key, column.type, field.type)]
        : [];
    });
  });
  if (misfits.length > 0) throw refused(misfits);
  const { report } = await loadFiles({
    ...shared,
    lakeDirectory: join(options.directory, "lake"),
    clock: options.clock,
  });
  if (report.rejects.length > 0) {
    throw refused(
      report.rejects.map(({ code, reason, text }) => ({
        severity: "error",
        code,
        place: `${source}: ${text.slice(0, 200)}`,
        message: `The source would not take this event: ${reason}.`,
        remedy: "Write it as the source sends it.",
      })),
    );
  }
  const skipped = report.files.filter((file) => file.state !== "loaded");
  if (skipped.length > 0) {
    throw refused([
      {
        severity: "error",
        code: "power.event.skipped",
        place: source,
        message: `The source would not take these events: ${skipped[0]!.reason}.`,
        remedy: "Write them as the source sends them.",
      },
    ]);
  }
  const fresh = registry.list().flatMap(({ segments }) => segments.filter(({ id }) => !known.has(id)));
  return { registry, segments: await splitByInjection(options.directory, fresh, files) };
}

/** A segment for each injection, out of segments that hold all of them. */
async function splitByInjection(
  directory: string,
  fresh: readonly Segment[],
  files: readonly WrittenFile[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, readonly Segment[]>>> {
  const strange = fresh.find(({ dataset }) => !files.some((file) => file.dataset.name === dataset));
  if (strange) throw refused([otherDataset(files[0]!.dataset.name, strange.dataset)]);
  const split = new Map<string, ReadonlyMap<number, readonly Segment[]>>();
  const session = await openSession({
    scratchDirectory: join(directory, "scratch"),
    memoryLimit: "512MB",
    threads: 2,
  });
  try {
    for (const { dataset, path, places } of files) {
      const own = fresh.filter((segment) => segment.dataset === dataset.name);
      const target = join(directory, "split", dataset.name);
      mkdirSync(target, { recursive: true });
      await session.set("source", listValue(own.map((segment) => segment.path)));
      await session.set("ingested", listValue(places.map(BigInt)));
      await session.set("target", target);
      const [count] = await session.rows(
        "SELECT count(*), count(DISTINCT _file) FROM read_parquet(getvariable('source'), union_by_name = true)",
      );
      if (own.length === 0 || Number(count![0]) !== places.length || Number(count![1]) !== 1)
        throw refused([otherDataset(dataset.name, "another dataset of its source")]);
      await session.run(
        `COPY (
           SELECT *, getvariable('ingested')[row_number() OVER (ORDER BY _line)] AS injection_place
           FROM read_parquet(getvariable('source'), union_by_name = true)
         ) TO (getvariable('target')) (FORMAT parquet, PARTITION_BY (injection_place))`,
      );
      const columns = unionOfColumns(own);
      const byPlace = new Map<number, readonly Segment[]>();
      for (const folder of readdirSync(target)) {
        const place = Number(folder.split("=")[1]);
        const parts: Segment[] = [];
        for (const file of readdirSync(join(target, folder)).sort()) {
          const facts = {
            ...own[0]!,
            id: `${own[0]!.id}-${basename(path)}-${place}-${parts.length}`,
            columns,
          };
          parts.push(await describeSegment(session, join(target, folder, file), facts));
        }
        byPlace.set(place, parts);
      }
      split.set(dataset.name, byPlace);
    }
  } finally {
    session.close();
  }
  return split;
}

function unionOfColumns(segments: readonly Segment[]): Segment["columns"] {
  const columns = new Map(
    segments.flatMap((segment) => segment.columns.map((column) => [column.name, column])),
  );
  return [...columns.values()];
}

function registryOf(datasets: readonly Dataset[]): MemoryRegistry {
  const registry = createMemoryRegistry();
  for (const dataset of datasets) {
    registry.commit({
      source: dataset.source,
      segmentsAdded: dataset.segments,
      segmentIdsRemoved: [],
      columns: new Map([[dataset.name, dataset.columns]]),
      inputs: [],
      quarantined: [],
    });
  }
  return registry;
}

/** What a dataset was made from: its segments' ids begin with it. */
function familyOf(dataset: Dataset): string {
  return /^(json|csv|parquet|text|zeek:[a-z0-9_]+)-/.exec(dataset.segments.at(-1)?.id ?? "")?.[1] ?? "json";
}

function stemOf(dataset: Dataset): string {
  const family = familyOf(dataset);
  return family.startsWith("zeek:") ? family.slice(5) : "event";
}

/** The events in the form in which the dataset's inputs come. */
function fileOf(
  dataset: Dataset,
  events: readonly JsonObject[],
): { readonly text: string; readonly ending: string } {
  const family = familyOf(dataset);
  if (family === "parquet") {
    throw refused([
      {
        severity: "error",
        code: "power.parquet",
        place: dataset.name,
        message: `${dataset.name} comes as Parquet files, whose events cannot be written by hand.`,
        remedy: "Measure the power on a dataset that comes as JSON, CSV, text or Zeek logs.",
      },
    ]);
  }
  if (family === "csv") {
    const keys = [...new Set(events.flatMap((event) => Object.keys(event)))];
    const lines = events.map((event) => keys.map((key) => csvField(event[key])).join(","));
    return { text: `${[keys.map(csvField).join(","), ...lines].join("\n")}\n`, ending: ".csv" };
  }
  if (family === "text") {
    const lines = events.map((event) => (typeof event.line === "string" ? event.line : writeExactly(event)));
    return { text: `${lines.join("\n")}\n`, ending: ".log" };
  }
  const path = family.startsWith("zeek:") ? family.slice(5) : null;
  const lines = events.map((event) => {
    const isTold = event.uid !== undefined && event["id.orig_h"] !== undefined;
    return writeExactly(
      path === null || isTold || event._path !== undefined ? event : { ...event, _path: path },
    );
  });
  return { text: `${lines.join("\n")}\n`, ending: ".ndjson" };
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? writeExactly(value) : String(value);
  return /[",\r\n]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
}

function noDataset(name: string): Issue {
  return {
    severity: "error",
    code: "power.dataset.unknown",
    place: name,
    message: `There is no dataset ${name}.`,
    remedy: "Choose a dataset that the hunt's query reads.",
  };
}

function otherType(dataset: string, key: string, wanted: string, given: string): Issue {
  return {
    severity: "error",
    code: "power.event.type",
    place: `${dataset}.${key}`,
    message: `${key} is ${wanted} in the data, and with this event it would become ${given}.`,
    remedy: "Write the value as the source sends it: numbers without quotes, texts with.",
  };
}

function otherDataset(wanted: string, given: string): Issue {
  return {
    severity: "error",
    code: "power.event.dataset",
    place: wanted,
    message: `The source would put this event into ${given}, not into ${wanted}.`,
    remedy: `Write an event as ${wanted} has them, or choose ${given}.`,
  };
}

function refused(issues: readonly Issue[]): IssuesError {
  return new IssuesError("The events cannot be injected.", issues);
}
