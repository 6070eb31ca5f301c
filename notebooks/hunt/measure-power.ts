import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Column, Dataset, Segment } from "../../connectors/dataset/dataset.ts";
import { type Issue, IssuesError } from "../../connectors/issue/issue.ts";
import { createRandom } from "../../connectors/simulator/random.ts";
import type { SourceDefinition } from "../../connectors/source/source.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { openSession } from "../../connectors/sql/session.ts";
import { type Clock, parseInstant } from "../../connectors/time/instant.ts";
import { createDuckDbEngine } from "../engine/duckdb-engine.ts";
import type { CellValue, LedgerTable, QueryParameter, Row, RowsResult } from "../engine/engine.ts";
import { drawOrder } from "./draw-order.ts";
import {
  applyVariant,
  type Draw,
  type DrawnColumn,
  drawnColumns,
  type EventTemplate,
  fillEvent,
  type JsonObject,
  ORDINARY,
  parseExactly,
  parseTemplates,
  type TemplateEvent,
  type Variant,
  variantName,
  writeExactly,
} from "./event-template.ts";
import { newPower, type PowerMeasurement, type PowerVariant } from "./hunt-record.ts";
import { type Injection, injectEvents } from "./inject-events.ts";
import { missingIn, rowText } from "./kept-rows.ts";
import { plainRow } from "./plain-row.ts";
import { shareInterval } from "./proportion.ts";
import { isRowWise } from "./row-wise.ts";

/** Injections of one kind at most. */
export const MOST_INJECTIONS = 500;
/** A query that gives more rows than this cannot be compared with and without an event. */
const ROW_LIMIT = 100_000;
const MOST_VARIANTS = 24;
const SHOWN_MISSES = 12;
const AS_WRITTEN = "as written";
export interface PowerOptions {
  readonly id: string;
  readonly cell: number;
  /** The hunt's query, with the values that its interpolations had. */
  readonly sql: string;
  readonly parameters: Readonly<Record<string, QueryParameter>>;
  /** The events of one injection. */
  readonly templates: readonly EventTemplate[];
  /** How many injections are drawn for each kind, 1 to MOST_INJECTIONS. */
  readonly count: number;
  readonly seed: number;
  readonly variants: readonly Variant[];
  /** Also injects ordinary rows of the data. */
  readonly ordinary: boolean;
  readonly by: string;

  /** All datasets of the lake; only read. */
  readonly datasets: readonly Dataset[];
  readonly ledgerTables: readonly LedgerTable[];
  readonly definitionOf: (source: string) => SourceDefinition | undefined;
  readonly engineVersion: string;
  /** A folder of one's own; emptied and removed at the end. */
  readonly directory: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number, message: string) => void;
  /** DuckDB's notation; default `1GB`. */
  readonly memoryLimit?: string;
  readonly threads?: number;
}

/** Events of one injection that the query did not find. */
export interface MissedInjection {
  readonly variant: string;
  readonly events: string;
}

export interface PowerReport {
  readonly measurement: PowerMeasurement;
  /** The first few that were missed, as they were injected. */
  readonly missed: readonly MissedInjection[];
  /** `one by one`: the query saw all data and one injection; `alone`: it answers row by row, so it saw the injection only. */
  readonly method: "one by one" | "alone";
  readonly elapsedMs: number;
}

interface Trial {
  readonly variant: string;
  readonly injection: Injection;
}

/**
 * The share of synthetic events that a query finds. Each injection is drawn from the data with the seed, brought in by
 * the source's own load path as segments beside the lake, and the query runs over the same immutable files and these
 * segments. It is found when the query gives a row that it does not give without. Injections of the same events count
 * once, so that the interval rests on different events alone. Equal options and data give equal
 * measurements. Nothing is written to the lake.
 *
 * @throws IssuesError for events that do not fit, or a query that cannot be measured; QueryError as the query would.
 */
export async function measurePower(options: PowerOptions): Promise<PowerReport> {
  const startedMs = options.clock();
  checkCount(options);
  const parsed = parseTemplates(options.templates);
  if (!parsed.ok) throw new IssuesError("The events cannot be read.", parsed.issues);
  mkdirSync(options.directory, { recursive: true });
  let overlay: readonly Dataset[] = options.datasets;
  const engine = createDuckDbEngine({
    datasets: () => overlay,
    ledgerTables: options.ledgerTables.map(frozenTable),
    temporaryDirectory: join(options.directory, "spill"),
    memoryLimit: options.memoryLimit ?? "1GB",
    threads: options.threads ?? 2,
    maximumConcurrent: 1,
    clock: options.clock,
  });
  const ask = (sql: string, parameters: PowerOptions["parameters"]): Promise<RowsResult> =>
    engine.rows({
      sql,
      parameters,
      rowLimit: ROW_LIMIT,
      ...(options.signal ? { signal: options.signal } : {}),
    });
  try {
    const read = new Set(await engine.datasetsOf(options.sql));
    checkRead(read, options);
    options.onProgress?.(0.02, "drawing values from the data");
    const trials = await drawTrials(parsed.value, options, ask);
    options.onProgress?.(0.05, "bringing the events in by the source's load path");
    const injected = await injectEvents({ ...options, injections: trials.map(({ injection }) => injection) });
    const rowWise = await withSession(options, (session) => isRowWise(session, options.sql));

    const seen = options.datasets.filter(({ name }) => read.has(name));
    overlay = seen;
    const before = rowWise ? null : await baseline(() => ask(options.sql, options.parameters), options);
    let complete = true;
    let state = 0;
    /** How many rows the query gives only with these segments. */
    const newRows = async (added: ReadonlyMap<string, readonly Segment[]>): Promise<number> => {
      options.signal?.throwIfAborted();
      state += 1;
      overlay = seen.map((dataset) => {
        const columns = injected.columns.get(dataset.name) ?? dataset.columns;
        const extra = added.get(dataset.name) ?? [];
        const segments = rowWise ? extra : [...dataset.segments, ...extra];
        return { ...dataset, columns, segments, version: dataset.version * 1_000_000 + state };
      });
      const answer = await ask(options.sql, options.parameters);
      complete &&= answer.complete;
      const texts = answer.rows.map((row) => rowText(answer.columns, plainRow(row)));
      return missingIn(texts, before ?? []).length;
    };
    const keyOf = (index: number) =>
      JSON.stringify([...injected.segments[index]!.values()].flat().map(({ path }) => path));
    const known = new Map<string, boolean>();
    // A query that answers row by row is asked of all injections of a kind at once: where it finds all of their rows, or
    // none, that is the answer for each.
    for (const kind of rowWise ? new Set(trials.map(({ variant }) => variant)) : []) {
      const own = new Map(
        trials.flatMap(({ variant }, index) =>
          variant === kind ? [[keyOf(index), injected.segments[index]!]] : [],
        ),
      );
      const together = joinSegments([...own.values()]);
      const rowCount = seen.reduce(
        (sum, { name }) =>
          sum + (together.get(name) ?? []).reduce((rows, segment) => rows + segment.rowCount, 0),
        0,
      );
      const found = await newRows(together);
      if (found === 0 || found === rowCount) for (const key of own.keys()) known.set(key, found > 0);
    }
    const found: boolean[] = [];
    for (let index = 0; index < trials.length; index += 1) {
      const key = keyOf(index);
      const isFound = known.get(key) ?? (await newRows(injected.segments[index]!)) > 0;
      known.set(key, isFound);
      found.push(isFound);
      const share = 0.1 + (0.9 * (index + 1)) / trials.length;
      options.onProgress?.(
        share,
        `${index + 1} of ${trials.length} injections, ${found.filter(Boolean).length} found`,
      );
    }
    return {
      measurement: measurementOf(trials, found, complete, options, seen),
      missed: trials
        .flatMap(({ variant, injection }, index) =>
          found[index] || variant === ORDINARY ? [] : [{ variant, events: textOf(injection) }],
        )
        .slice(0, SHOWN_MISSES),
      method: rowWise ? "alone" : "one by one",
      elapsedMs: options.clock() - startedMs,
    };
  } finally {
    await engine.close();
    await rm(options.directory, { recursive: true, force: true });
  }
}

/** All segments of several injections, each file once. */
function joinSegments(
  injections: readonly ReadonlyMap<string, readonly Segment[]>[],
): ReadonlyMap<string, readonly Segment[]> {
  const joined = new Map<string, Map<string, Segment>>();
  for (const injection of injections) {
    for (const [dataset, segments] of injection) {
      const own = joined.get(dataset) ?? new Map<string, Segment>();
      for (const segment of segments) own.set(segment.path, segment);
      joined.set(dataset, own);
    }
  }
  return new Map([...joined].map(([dataset, own]) => [dataset, [...own.values()]]));
}

function checkCount({ count, variants, seed }: PowerOptions): void {
  const issues: Issue[] = [];
  if (!Number.isInteger(count) || count < 1 || count > MOST_INJECTIONS)
    issues.push(issue("power.count", "count", `Inject 1 to ${MOST_INJECTIONS} times, not ${count}.`));
  if (!Number.isSafeInteger(seed)) issues.push(issue("power.seed", "seed", "The seed is no integer."));
  if (variants.length > MOST_VARIANTS)
    issues.push(issue("power.variants", "variants", `Choose at most ${MOST_VARIANTS} variants.`));
  if (issues.length > 0) throw new IssuesError("The power cannot be measured.", issues);
}

function checkRead(read: ReadonlySet<string>, { templates }: PowerOptions): void {
  const unread = [...new Set(templates.map(({ dataset }) => dataset))].filter((name) => !read.has(name));
  if (unread.length < new Set(templates.map(({ dataset }) => dataset)).size) return;
  throw new IssuesError("The power cannot be measured.", [
    {
      severity: "error",
      code: "power.dataset.unread",
      place: unread.join(", "),
      message: `The query does not read ${unread.join(", ")}, so it could never find these events.`,
      remedy: `Write events of ${[...read].sort().join(", ") || "a dataset that the query reads"}.`,
    },
  ]);
}

/** What the query gives as the data are; refused where that cannot be compared with. */
async function baseline(ask: () => Promise<RowsResult>, { sql }: PowerOptions): Promise<string[]> {
  const answers = [await ask(), await ask()];
  const texts = answers.map(({ columns, rows }) => rows.map((row) => rowText(columns, plainRow(row))));
  if (answers.some(({ complete }) => !complete)) {
    throw new IssuesError("The power cannot be measured.", [
      {
        severity: "error",
        code: "power.rows",
        place: sql.slice(0, 80),
        message: `The query gives more than ${ROW_LIMIT.toLocaleString("en-US")} rows: its result is cut, and a cut result proves nothing.`,
        remedy: "Measure a query that gives what a hunter would look at.",
      },
    ]);
  }
  if (missingIn(texts[0]!, texts[1]!).length > 0 || missingIn(texts[1]!, texts[0]!).length > 0) {
    throw new IssuesError("The power cannot be measured.", [
      {
        severity: "error",
        code: "power.unsteady",
        place: sql.slice(0, 80),
        message: "The query gives other rows each time it runs over the same data.",
        remedy: "Take out random() and the like, and order what a LIMIT cuts.",
      },
    ]);
  }
  return texts[0]!;
}

async function drawTrials(
  events: readonly TemplateEvent[],
  options: PowerOptions,
  ask: (sql: string, parameters: PowerOptions["parameters"]) => Promise<RowsResult>,
): Promise<Trial[]> {
  const byName = new Map(options.datasets.map((dataset) => [dataset.name, dataset]));
  const names = new Set(byName.keys());
  const columns = drawnColumns(events, names);
  const wanted = new Map<string, DrawnColumn[]>([[events[0]!.dataset, []]]);
  for (const column of columns) wanted.set(column.dataset, [...(wanted.get(column.dataset) ?? []), column]);
  const rows = new Map<string, { readonly rows: readonly Row[]; readonly columns: readonly Column[] }>();
  for (const [name, own] of wanted) {
    const dataset = byName.get(name);
    if (!dataset) throw new IssuesError("The power cannot be measured.", [unknownColumn(name, "")]);
    const needed = own.map((column) => {
      const found = columnFor(dataset, column.name);
      if (!found && isPlaceholder(events, column)) {
        throw new IssuesError("The power cannot be measured.", [unknownColumn(name, column.name)]);
      }
      return found;
    });
    const taken = [...new Set(needed.flatMap((column) => column ?? []))];
    rows.set(name, { rows: await sample(ask, dataset, taken, options), columns: taken });
  }
  const main = rows.get(events[0]!.dataset)!;
  const [firstUs] = [
    byName.get(events[0]!.dataset)!.segments.find(({ minTimeUs }) => minTimeUs !== null)?.minTimeUs,
  ];
  const drawOf = (index: number): Draw => {
    const row = main.rows[index % Math.max(1, main.rows.length)];
    const timeUs = typeof row?._time === "string" ? parseInstant(row._time) : null;
    return {
      made: new Map(),
      random: createRandom(`${options.seed}:${index}`),
      timeUs: timeUs ?? firstUs ?? 0n,
      value(dataset, name) {
        const drawn = rows.get(dataset);
        const found = columnFor(byName.get(dataset)!, name);
        const from = drawn?.rows[index % Math.max(1, drawn.rows.length)];
        if (!found || !from) return undefined;
        return inside(from[found.name], name, found);
      },
    };
  };
  const kinds: readonly { readonly name: string; readonly variant: Variant | null }[] = [
    { name: AS_WRITTEN, variant: null },
    ...options.variants.map((variant) => ({ name: variantName(variant), variant })),
  ];
  const trials = kinds.flatMap(({ name, variant }) =>
    Array.from({ length: options.count }, (_, index): Trial => {
      const draw = drawOf(index);
      const injection = new Map<string, JsonObject[]>();
      for (const event of events) {
        const filled = { dataset: event.dataset, event: fillEvent(event, draw, names) };
        const changed = variant ? applyVariant(filled, variant) : filled.event;
        injection.set(event.dataset, [...(injection.get(event.dataset) ?? []), changed]);
      }
      return { variant: name, injection };
    }),
  );
  if (!options.ordinary) return trials;
  const dataset = byName.get(events[0]!.dataset)!;
  const ordinary = await sample(ask, dataset, dataset.columns, options);
  return [
    ...trials,
    ...ordinary.map((row) => ({
      variant: ORDINARY,
      injection: new Map([[dataset.name, [eventOf(row, dataset.columns)]]]),
    })),
  ];
}

/** `count` rows of the dataset, drawn by the seed: the same for the same data, wherever and in whatever order they lie. */
async function sample(
  ask: (sql: string, parameters: PowerOptions["parameters"]) => Promise<RowsResult>,
  dataset: Dataset,
  columns: readonly Column[],
  options: PowerOptions,
): Promise<readonly Row[]> {
  const names = ["_time", ...columns.map(({ name }) => name)].map(quoteIdentifier).join(", ");
  const answer = await ask(
    `SELECT ${names} FROM ${quoteIdentifier(dataset.name)}
     ORDER BY ${drawOrder(columns.map(({ name }) => name))} LIMIT ${options.count}`,
    { seed: options.seed },
  );
  return answer.rows;
}

/** A row as the event that it came from, as far as its columns tell. */
export function eventOf(row: Row, columns: readonly Column[]): JsonObject {
  return Object.fromEntries(
    columns.flatMap(({ name, key, type }): [string, unknown][] => {
      const value = row[name];
      if (value === null || value === undefined) return [];
      if (type !== "JSON" || typeof value !== "string") return [[key, withoutNulls(value)]];
      try {
        return [[key, parseExactly(value)]];
      } catch {
        return [[key, value]];
      }
    }),
  );
}

/** A struct has a field for every key that any row had: those that this row lacks are left out. */
function withoutNulls(value: CellValue): unknown {
  if (Array.isArray(value)) return (value as readonly CellValue[]).map(withoutNulls);
  if (value !== null && typeof value === "object" && !(value instanceof Uint8Array)) {
    return Object.fromEntries(
      Object.entries(value as { readonly [key: string]: CellValue }).flatMap(([key, inner]) =>
        inner === null ? [] : [[key, withoutNulls(inner)]],
      ),
    );
  }
  return value;
}

function columnFor(dataset: Dataset, name: string): Column | undefined {
  const exact = dataset.columns.find((column) => column.key === name || column.name === name);
  if (exact) return exact;
  const lower = name.toLowerCase();
  return (
    dataset.columns.find((column) => column.name.toLowerCase() === lower) ??
    dataset.columns.find((column) => lower.startsWith(`${column.name.toLowerCase()}.`))
  );
}

/** The value itself, or what lies in it where the name leads into a struct. */
function inside(value: CellValue | undefined, name: string, column: Column): unknown {
  const lower = name.toLowerCase();
  if (lower === column.name.toLowerCase() || name === column.key) return value;
  let inner: unknown = value;
  for (const key of name.slice(column.name.length + 1).split(".")) {
    if (typeof inner !== "object" || inner === null) return undefined;
    inner = (inner as JsonObject)[key];
  }
  return inner;
}

function isPlaceholder(events: readonly TemplateEvent[], column: DrawnColumn): boolean {
  return events.some(({ event }) => JSON.stringify(event, bigintText).includes(`{{${column.name}}}`));
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function measurementOf(
  trials: readonly Trial[],
  found: readonly boolean[],
  complete: boolean,
  options: PowerOptions,
  seen: readonly Dataset[],
): PowerMeasurement {
  const names = [...new Set(trials.map(({ variant }) => variant))];
  const variants = names.map((name): PowerVariant => {
    // The same events again are no second trial: only different ones say something of the share.
    const own = new Map(
      trials.flatMap(({ variant, injection }, index): [string, boolean][] =>
        variant === name ? [[distinctText(injection), found[index]!]] : [],
      ),
    );
    const hits = [...own.values()].filter(Boolean).length;
    const { low, high } = shareInterval(hits, own.size);
    return { name, injected: own.size, found: hits, low, high };
  });
  const { injected, found: hits, low, high } = variants[0]!;
  const { confidence, method } = shareInterval(hits, injected);
  return newPower({
    id: options.id,
    cell: options.cell,
    sql: options.sql,
    parameters: Object.fromEntries(
      Object.entries(options.parameters).map(([name, value]) => [
        name,
        typeof value === "bigint" ? value.toString() : value,
      ]),
    ),
    asked: options.count,
    injected,
    found: hits,
    low,
    high,
    confidence,
    interval: method,
    seed: options.seed,
    at: new Date(options.clock()).toISOString(),
    by: options.by,
    templates: options.templates,
    variants: variants.slice(1),
    datasetVersions: Object.fromEntries(seen.map(({ name, version }) => [name, version])),
    engineVersion: options.engineVersion,
    complete,
  });
}

function textOf(injection: Injection): string {
  return [...injection.values()].flat().map(writeExactly).join("\n");
}

/** Equal for injections of equal events into the same datasets. */
function distinctText(injection: Injection): string {
  return JSON.stringify([...injection].map(([dataset, events]) => [dataset, events.map(writeExactly)]));
}

/** A table of records as it is now: what is recorded meanwhile must not look like a finding. */
function frozenTable(table: LedgerTable): LedgerTable {
  let rows: (readonly (string | number | bigint | boolean | null)[])[] | null = null;
  return {
    name: table.name,
    columns: table.columns,
    version: () => 1,
    rows: () => {
      rows ??= [...table.rows()];
      return rows;
    },
  };
}

async function withSession<T>(
  { directory }: PowerOptions,
  work: (session: Awaited<ReturnType<typeof openSession>>) => Promise<T>,
): Promise<T> {
  const session = await openSession({
    scratchDirectory: join(directory, "scratch"),
    memoryLimit: "256MB",
    threads: 1,
  });
  try {
    return await work(session);
  } finally {
    session.close();
  }
}

function unknownColumn(dataset: string, column: string): Issue {
  return {
    severity: "error",
    code: "power.placeholder",
    place: `${dataset}.${column}`,
    message: `The events draw from ${dataset}${column === "" ? "" : `.${column}`}, which is not there.`,
    remedy: "Name a column of the dataset: {{Computer}}, or {{dataset.column}} of another one.",
  };
}

function issue(code: string, place: string, message: string): Issue {
  return { severity: "error", code, place, message, remedy: "Change it and measure again." };
}
