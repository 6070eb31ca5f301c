import { randomUUID } from "node:crypto";
import { ENTITY_KINDS, type EntityKind } from "../../connectors/source/source.ts";
import { formatInstant, parseInstant } from "../../connectors/time/instant.ts";
import { QueryError, type QueryParameter, type Row, type RowsResult } from "../../notebooks/engine/engine.ts";
import { QuerySlots } from "../../notebooks/engine/query-slots.ts";
import { canAnswer, type EntityDataset, fieldsOfKind } from "../../notebooks/entity/entity-fields.ts";
import { accountName, canonicalEntity } from "../../notebooks/entity/entity-form.ts";
import type {
  Annotation,
  EntityAlert,
  EntityCell,
  EntityDetection,
  EntityEvent,
  EntityEvents,
  EntityHead,
  EntityLane,
  EntityNeighbours,
  EntityOwner,
  EntityProfile,
  EntityProfilePart,
  NewAnnotation,
} from "../../notebooks/entity/entity-profile.ts";
import {
  type Buckets,
  countQuestion,
  type EntityQuestion,
  type EntityRange,
  type EventKey,
  keysQuestion,
  neighboursQuestion,
  rarityQuestion,
  rowsQuestion,
} from "../../notebooks/entity/entity-questions.ts";
import { summariseEvent } from "../../notebooks/entity/summarise-event.ts";
import { jsonRow } from "../../promote/records/detection-row.ts";
import { notFound, RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import type { AnnotationStore } from "./annotation-store.ts";
import { asTheyCome } from "./in-turn.ts";
import { mergeNeighbours, type SeenValue } from "./merge-neighbours.ts";

/** An entity, and where in time; null means all the data. */
export interface EntityAsked {
  readonly kind: EntityKind;
  readonly value: string;
  readonly range: EntityRange | null;
  readonly signal?: AbortSignal;
  /** Queries are known to the engine as `<id>/<n>`, so that their progress can be seen and they can be cancelled. */
  readonly id?: string;
}

export interface EventsAsked extends EntityAsked {
  readonly order: "newest" | "oldest";
  readonly after: string | null;
  readonly limit: number;
  /** Only this dataset; null means all. */
  readonly dataset: string | null;
  /** Only events with this text in a field; empty means all. */
  readonly find: string;
}

interface RuleCount {
  readonly rule: string;
  readonly count: number;
  /** Instant of the newest. */
  readonly last: string;
}

const LONGEST_VALUE = 2048;
const LONGEST_NOTE = 4000;
/** Leaves slots of the engine to others. */
const QUERIES_AT_ONCE = 4;
const TIME_LIMIT_MS = 60_000;
const MOST_BUCKETS = 240;
const MOST_MARKS = 500;
const MOST_EVENTS = 500;
const MOST_ROWS_OF_A_PAGE = 5_000;
const DAY_US = 86_400_000_000n;
/** Widths that people read: 1 s to 30 days. */
const BUCKET_WIDTHS_MS: readonly number[] = [
  1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
  2_592_000_000,
];

/** Everything about one entity across the datasets, by the entities that sources declare and names suggest. */
export class EntityDesk {
  readonly #spoor: Spoor;
  readonly #annotations: AnnotationStore;
  readonly #slots = new QuerySlots(QUERIES_AT_ONCE);

  constructor(spoor: Spoor, annotations: AnnotationStore) {
    this.#spoor = spoor;
    this.#annotations = annotations;
  }

  /** Parses an address's kind and value. Throws RefusedError. */
  entity(kind: string, value: string): { readonly kind: EntityKind; readonly value: string } {
    if (!(ENTITY_KINDS as readonly string[]).includes(kind))
      throw new RefusedError(400, `${kind.slice(0, 40)} is no kind of entity.`, [
        {
          severity: "error",
          code: "entity.kind",
          place: "kind",
          message: `${kind.slice(0, 40)} is no kind of entity.`,
          remedy: `Use one of ${ENTITY_KINDS.join(", ")}.`,
        },
      ]);
    if (value.trim() === "" || value.length > LONGEST_VALUE || value.includes("\0"))
      throw new RefusedError(
        400,
        `An entity's value has 1 to ${LONGEST_VALUE} characters, none of them NUL.`,
      );
    return { kind: kind as EntityKind, value };
  }

  /** Parses `from` and `until`; null when neither is given. Throws RefusedError. */
  range(from: string | undefined, until: string | undefined): EntityRange | null {
    if (!from && !until) return null;
    const read = (text: string | undefined, other: bigint) => {
      if (!text) return other;
      const us = parseInstant(text);
      if (us === null)
        throw new RefusedError(400, `${text.slice(0, 60)} is no instant. Write it as 2026-11-24T10:00:00Z.`);
      return us;
    };
    const fromUs = read(from, 0n);
    const untilUs = read(until, BigInt(this.#spoor.clock()) * 1000n + DAY_US);
    if (fromUs > untilUs) throw new RefusedError(400, "The range ends before it begins.");
    return { fromUs, untilUs };
  }

  /** The profile in parts: what is known at once, then each dataset as it answers. */
  async *parts(asked: EntityAsked): AsyncGenerator<EntityProfilePart> {
    const datasets = await this.#datasets(asked.kind);
    const span = asked.range ?? this.#dataSpan(datasets);
    const buckets = bucketsOf(span);
    const [detections, alerts] = await Promise.all([
      this.#detections(asked, datasets),
      this.#alerts(asked, datasets),
    ]);
    yield { part: "head", head: await this.#head(asked, span, buckets, datasets, detections, alerts) };
    const work = (dataset: EntityDataset, at: number) => this.#lane(asked, dataset, buckets, at);
    const numbered = datasets.map((dataset, at) => ({ dataset, at }));
    for await (const lane of asTheyCome(numbered, QUERIES_AT_ONCE, ({ dataset, at }) => work(dataset, at)))
      if (lane !== null) yield { part: "lane", lane };
    yield { part: "end" };
  }

  /** The whole profile; lanes in the order of `asked`. */
  async profile(asked: EntityAsked): Promise<EntityProfile> {
    let head: EntityHead | null = null;
    const lanes: EntityLane[] = [];
    for await (const part of this.parts(asked)) {
      if (part.part === "head") head = part.head;
      else if (part.part === "lane") lanes.push(part.lane);
    }
    const order = head!.asked;
    return {
      ...head!,
      lanes: lanes.toSorted((one, other) => order.indexOf(one.dataset) - order.indexOf(other.dataset)),
    };
  }

  /** Other entities in the same events, the rarest first where rarity can be told. */
  async neighbours(asked: EntityAsked): Promise<EntityNeighbours> {
    const datasets = (await this.#datasets(asked.kind)).filter(({ origin }) => origin === "source");
    const seen: SeenValue[] = [];
    const failures: { dataset: string; message: string }[] = [];
    let complete = true;
    const work = async ({ dataset, at }: { dataset: EntityDataset; at: number }) => {
      try {
        const found = await this.#neighboursOf(asked, dataset, at);
        seen.push(...found.seen);
        if (!found.complete) complete = false;
      } catch (error) {
        failures.push({ dataset: dataset.name, message: failureText(error, asked.signal) });
      }
    };
    const numbered = datasets.map((dataset, at) => ({ dataset, at }));
    for await (const _ of asTheyCome(numbered, QUERIES_AT_ONCE, work));
    return { ...mergeNeighbours(asked.kind, asked.value, seen), complete, failures };
  }

  /** One page of the events of all datasets in order of time. */
  async events(asked: EventsAsked): Promise<EntityEvents> {
    const datasets = (await this.#datasets(asked.kind)).filter(
      ({ name }) => asked.dataset === null || name === asked.dataset,
    );
    const limit = Math.max(1, Math.min(MOST_EVENTS, Math.trunc(asked.limit)));
    const after = asked.after === null ? null : readKey(asked.after);
    const failures: { dataset: string; message: string }[] = [];
    const keys: EventKey[] = [];
    const numbered = datasets.map((dataset, at) => ({ dataset, at }));
    for await (const found of asTheyCome(numbered, QUERIES_AT_ONCE, async ({ dataset, at }) => {
      try {
        const question = keysQuestion(
          dataset,
          asked.kind,
          asked.value,
          asked.range,
          asked.order,
          after,
          limit + 1,
          asked.find,
        );
        return question === null
          ? []
          : (await this.#ask(asked, question, `k${at}`)).rows.map((row) => keyOf(dataset, row));
      } catch (error) {
        failures.push({ dataset: dataset.name, message: failureText(error, asked.signal) });
        return [];
      }
    }))
      keys.push(...found);
    keys.sort((one, other) =>
      asked.order === "newest" ? -compareKeys(one, other) : compareKeys(one, other),
    );
    const page = keys.slice(0, limit);
    const byDataset = Map.groupBy(page, (key) => key.dataset);
    const rows = new Map<string, Row>();
    const wanted = numbered.filter(({ dataset }) => byDataset.has(dataset.name));
    for await (const found of asTheyCome(wanted, QUERIES_AT_ONCE, async ({ dataset, at }) => {
      const own = byDataset.get(dataset.name)!;
      const times = own.map(({ atUs }) => atUs);
      const range = { fromUs: times.reduce(smaller), untilUs: times.reduce(larger) };
      const question = rowsQuestion(dataset, asked.kind, asked.value, range);
      if (question === null) return [];
      try {
        const { rows: known } = await this.#ask(
          asked,
          withKeys(question, own),
          `r${at}`,
          MOST_ROWS_OF_A_PAGE,
        );
        const byKey = new Map(known.map((row) => [keyText(keyOf(dataset, row, "__")), row] as const));
        const missing = own.filter((key) => !byKey.has(keyText(key))).length;
        if (missing > 0) {
          failures.push({
            dataset: dataset.name,
            message: `${missing} of the events of this page could not be read.`,
          });
        }
        return [...byKey];
      } catch (error) {
        failures.push({ dataset: dataset.name, message: failureText(error, asked.signal) });
        return [];
      }
    }))
      for (const [key, row] of found) rows.set(key, row);
    const events = page.flatMap((key): EntityEvent[] => {
      const row = rows.get(keyText(key));
      if (row === undefined) return [];
      const { __us, __file, __line, ...own } = row;
      return [
        {
          time: formatInstant(key.atUs),
          dataset: key.dataset,
          summary: summariseEvent(own),
          row: jsonRow(own) as Readonly<Record<string, EntityCell>>,
          place: key.file === "" ? "" : `${key.file}:${key.line}`,
        },
      ];
    });
    const last = page.at(-1);
    return { events, next: keys.length > limit && last !== undefined ? writeKey(last) : null, failures };
  }

  annotations(
    entity: { readonly kind: EntityKind; readonly value: string } | null,
    withDeleted: boolean,
  ): Annotation[] {
    return this.#annotations.list(entity, withDeleted);
  }

  /** Keeps a person's note. Throws RefusedError when it cannot be one. */
  annotate(note: NewAnnotation, actor: string): Annotation {
    const { kind, value } = this.entity(note.kind, note.value);
    const atUs = parseInstant(note.at);
    const untilUs = note.until === null ? null : parseInstant(note.until);
    if (atUs === null || (note.until !== null && untilUs === null))
      throw new RefusedError(400, "A note stands at an instant, written as 2026-11-24T10:00:00Z.");
    if (untilUs !== null && untilUs < atUs)
      throw new RefusedError(400, "The note's range ends before it begins.");
    const text = note.note.trim();
    if (text === "" || text.length > LONGEST_NOTE)
      throw new RefusedError(400, `A note has 1 to ${LONGEST_NOTE} characters.`);
    const id = randomUUID();
    this.#annotations.put({
      id,
      kind,
      value,
      atUs,
      untilUs: untilUs === atUs ? null : untilUs,
      note: text,
      author: actor,
      recordedMs: this.#spoor.clock(),
    });
    this.#spoor.record(actor, "annotated", `${kind}:${value}`, text);
    return this.#annotations.get(id)!;
  }

  /** Takes a note back; it stays in the history. Throws RefusedError(404). */
  takeBack(id: string, actor: string): Annotation {
    if (!this.#annotations.delete(id, actor, this.#spoor.clock())) throw notFound(`The note ${id}`);
    const note = this.#annotations.get(id)!;
    this.#spoor.record(actor, "took back a note on", `${note.kind}:${note.value}`, note.note);
    return note;
  }

  async #datasets(kind: EntityKind): Promise<readonly EntityDataset[]> {
    const catalog: readonly EntityDataset[] = await this.#spoor.catalog();
    return catalog.filter((dataset) => canAnswer(dataset, kind));
  }

  /** From the first to the last event of the datasets that came from sources; the last day when there is none. */
  #dataSpan(datasets: readonly EntityDataset[]): EntityRange {
    const names = new Set(datasets.map(({ name }) => name));
    const segments = this.#spoor.registry
      .list()
      .filter(({ name }) => names.has(name))
      .flatMap((dataset) => dataset.segments);
    const starts = segments.flatMap(({ minTimeUs }) => minTimeUs ?? []);
    const ends = segments.flatMap(({ maxTimeUs }) => maxTimeUs ?? []);
    const nowUs = BigInt(this.#spoor.clock()) * 1000n;
    if (starts.length === 0 || ends.length === 0) return { fromUs: nowUs - DAY_US, untilUs: nowUs };
    return { fromUs: starts.reduce(smaller), untilUs: ends.reduce(larger) };
  }

  /** Asks the engine; all pivots together take at most QUERIES_AT_ONCE of its slots, first come, first served. */
  async #ask(
    asked: EntityAsked,
    question: EntityQuestion,
    part: string,
    rowLimit?: number,
  ): Promise<RowsResult> {
    const { signal } = asked;
    const { promise: left, reject } = Promise.withResolvers<never>();
    left.catch(() => {});
    const leave = () => reject(stopped(question.sql));
    if (signal?.aborted) leave();
    signal?.addEventListener("abort", leave);
    const giveBack = await this.#slots
      .take(question, left)
      .finally(() => signal?.removeEventListener("abort", leave));
    try {
      if (signal?.aborted) throw stopped(question.sql);
      return await this.#spoor.huntEngine.rows({
        sql: question.sql,
        parameters: question.parameters,
        timeLimitMs: TIME_LIMIT_MS,
        ...(question.window === undefined ? {} : { window: question.window }),
        ...(signal === undefined ? {} : { signal }),
        ...(asked.id === undefined ? {} : { id: `${asked.id}/${part}` }),
        ...(rowLimit === undefined ? {} : { rowLimit }),
      });
    } finally {
      giveBack();
    }
  }

  async #lane(
    asked: EntityAsked,
    dataset: EntityDataset,
    buckets: Buckets,
    at: number,
  ): Promise<EntityLane | null> {
    const question = countQuestion(dataset, asked.kind, asked.value, asked.range, buckets);
    if (question === null) return null;
    const startedMs = this.#spoor.clock();
    let rows: readonly Row[] = [];
    let failure: string | null = null;
    try {
      rows = (await this.#ask(asked, question, `c${at}`)).rows;
    } catch (error) {
      failure = failureText(error, asked.signal);
    }
    const timed = rows.filter((row) => row.bucket !== null);
    const count = rows.reduce((sum, row) => sum + Number(row.n), 0);
    const times = timed.some((row) => row.times === null)
      ? null
      : timed.flatMap((row) => (row.times as readonly bigint[]).map((us) => Number(us / 1000n)));
    const firsts = timed.map((row) => row.first as bigint);
    const lasts = timed.map((row) => row.last as bigint);
    return {
      dataset: dataset.name,
      source: dataset.source,
      origin: dataset.origin,
      fields: fieldsOfKind(dataset, asked.kind).map(({ path, declared }) => ({ path, declared })),
      count,
      untimedCount: count - timed.reduce((sum, row) => sum + Number(row.n), 0),
      first: firsts.length === 0 ? null : formatInstant(firsts.reduce(smaller)),
      last: lasts.length === 0 ? null : formatInstant(lasts.reduce(larger)),
      rate: timed.map((row) => [Number(row.bucket), Number(row.n)] as const),
      timesMs: times === null ? null : times.toSorted((one, other) => one - other),
      elapsedMs: this.#spoor.clock() - startedMs,
      failure,
    };
  }

  async #neighboursOf(
    asked: EntityAsked,
    dataset: EntityDataset,
    at: number,
  ): Promise<{ readonly seen: readonly SeenValue[]; readonly complete: boolean }> {
    const question = neighboursQuestion(dataset, asked.kind, asked.value, asked.range);
    if (question === null) return { seen: [], complete: true };
    const { rows } = await this.#ask(asked, question, `n${at}`);
    const values = new Map<number, string[]>();
    for (const row of rows) {
      const field = Number(row.field);
      const list = values.get(field);
      if (list) list.push(String(row.value));
      else values.set(field, [String(row.value)]);
    }
    const shared = new Map<string, number>();
    const rarity = rarityQuestion(dataset, asked.kind, values, asked.range);
    if (rarity !== null && rows.length > 0) {
      for (const row of (await this.#ask(asked, rarity, `s${at}`)).rows)
        shared.set(`${row.field} ${row.value}`, Number(row.others));
    }
    const counts = Map.groupBy(rows, (row) => Number(row.field));
    return {
      seen: rows.map((row) => ({
        dataset,
        field: Number(row.field),
        value: String(row.value),
        count: Number(row.n),
        firstUs: row.first as bigint | null,
        lastUs: row.last as bigint | null,
        sharedBy: shared.get(`${row.field} ${row.value}`) ?? null,
      })),
      complete: [...counts.values()].every((of) => of.length >= Number(of[0]!.distinct_count)),
    };
  }

  #recordedQuestion(
    asked: EntityAsked,
    datasets: readonly EntityDataset[],
    name: string,
  ): EntityQuestion | null {
    const dataset = datasets.find((one) => one.name === name && one.origin === "spoor");
    if (dataset === undefined) return null;
    const range = asked.range ?? { fromUs: -(2n ** 61n), untilUs: 2n ** 61n };
    const question = rowsQuestion(dataset, asked.kind, asked.value, range);
    if (question === null) return null;
    const { window: _, ...unbounded } = question;
    return asked.range === null ? unbounded : question;
  }

  /** How many there are of each rule, beyond the newest that are listed. */
  async #countsByRule(
    asked: EntityAsked,
    datasets: readonly EntityDataset[],
    name: "detections" | "alerts",
  ): Promise<readonly RuleCount[]> {
    const question = this.#recordedQuestion(asked, datasets, name);
    if (question === null) return [];
    const which = name === "alerts" ? ` WHERE "state" <> 'decided'` : "";
    const { rows } = await this.#ask(
      asked,
      {
        ...question,
        sql: `SELECT "rule", count(*) AS n, max("_time") AS last FROM (${question.sql})${which} GROUP BY 1 ORDER BY n DESC, "rule"`,
      },
      `${name}-count`,
    );
    return rows.map((row) => ({ rule: String(row.rule), count: Number(row.n), last: String(row.last) }));
  }

  /** The newest, at most MOST_MARKS. */
  async #recorded(
    asked: EntityAsked,
    datasets: readonly EntityDataset[],
    name: string,
  ): Promise<readonly Row[]> {
    const question = this.#recordedQuestion(asked, datasets, name);
    if (question === null) return [];
    const { rows } = await this.#ask(
      asked,
      { ...question, sql: `SELECT * FROM (${question.sql}) ORDER BY "__us" DESC LIMIT ${MOST_MARKS}` },
      name,
    );
    return rows;
  }

  async #detections(asked: EntityAsked, datasets: readonly EntityDataset[]): Promise<EntityDetection[]> {
    const rows = await this.#recorded(asked, datasets, "detections");
    const titles = await this.#titles(rows);
    return rows.map((row) => ({
      id: String(row.id),
      rule: String(row.rule),
      title: titles.get(String(row.rule))?.title ?? String(row.rule),
      stage: String(row.stage),
      time: String(row._time),
    }));
  }

  async #alerts(asked: EntityAsked, datasets: readonly EntityDataset[]): Promise<EntityAlert[]> {
    const rows = await this.#recorded(asked, datasets, "alerts");
    return rows.map((row) => ({
      id: String(row.id),
      rule: String(row.rule),
      sentence: String(row.sentence),
      state: String(row.state),
      outcome: row.outcome === null ? null : String(row.outcome),
      opened: String(row._time),
    }));
  }

  async #titles(
    rows: readonly Row[],
  ): Promise<ReadonlyMap<string, { readonly title: string; readonly severity: string }>> {
    const titles = new Map<string, { readonly title: string; readonly severity: string }>();
    for (const name of new Set(rows.map((row) => String(row.rule)))) {
      const rule = (await this.#spoor.rules.loaded(name))?.rule;
      if (rule) titles.set(name, { title: rule.title, severity: rule.severity });
    }
    return titles;
  }

  async #head(
    asked: EntityAsked,
    span: EntityRange,
    buckets: Buckets,
    datasets: readonly EntityDataset[],
    detections: readonly EntityDetection[],
    alerts: readonly EntityAlert[],
  ): Promise<EntityHead> {
    const [rules, open] = await Promise.all([
      this.#countsByRule(asked, datasets, "detections"),
      this.#countsByRule(asked, datasets, "alerts"),
    ]);
    const loaded = await Promise.all(
      rules.map(async ({ rule }) => (await this.#spoor.rules.loaded(rule))?.rule),
    );
    return {
      kind: asked.kind,
      value: asked.value,
      from: formatInstant(buckets.originUs),
      until: formatInstant(span.untilUs),
      bounded: asked.range !== null,
      bucketMs: Number(buckets.widthUs / 1000n),
      asked: datasets.map(({ name }) => name),
      owner: this.#owner(asked.kind, asked.value),
      detections,
      alerts,
      risk: {
        openAlerts: open.reduce((sum, { count }) => sum + count, 0),
        detections: rules.reduce((sum, { count }) => sum + count, 0),
        rules: rules.map(({ rule, count, last }, at) => ({
          rule,
          title: loaded[at]?.title ?? rule,
          severity: loaded[at]?.severity ?? "",
          detections: count,
          last,
        })),
      },
      annotations: this.#annotations.list(asked),
    };
  }

  #owner(kind: EntityKind, value: string): EntityOwner | null {
    const { owners } = this.#spoor.owners.read();
    if (kind === "host") {
      const canonical = canonicalEntity("host", value);
      const system = owners.systems?.find(({ hosts }) =>
        hosts.some((host) => canonicalEntity("host", host) === canonical),
      );
      const owner = owners.owners.find(({ name }) => name === system?.owner);
      if (system && owner)
        return { owner: owner.name, title: owner.title, onCall: owner.onCall, because: system.title };
    }
    if (kind === "user") {
      const name = accountName(value);
      const owner = owners.owners.find(({ onCall }) => onCall.some((person) => accountName(person) === name));
      if (owner)
        return {
          owner: owner.name,
          title: owner.title,
          onCall: owner.onCall,
          because: `on call for ${owner.title}`,
        };
    }
    return null;
  }
}

function stopped(sql: string): QueryError {
  return new QueryError("cancelled", "The question was stopped.", { sql });
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

/** At most about 240 slices whose width people read, beginning at a multiple of it. */
function bucketsOf(span: EntityRange): Buckets {
  const spanMs = Number((span.untilUs - span.fromUs) / 1000n);
  const needed = spanMs / MOST_BUCKETS;
  const widest = BUCKET_WIDTHS_MS.at(-1)!;
  const widthMs = BUCKET_WIDTHS_MS.find((width) => width >= needed) ?? Math.ceil(needed / widest) * widest;
  const widthUs = BigInt(widthMs) * 1000n;
  const offset = ((span.fromUs % widthUs) + widthUs) % widthUs;
  return { originUs: span.fromUs - offset, widthUs };
}

/** What to tell of a failed question; an aborted request is not told but ends everything. */
function failureText(error: unknown, signal: AbortSignal | undefined): string {
  if (signal?.aborted) throw error;
  if (error instanceof QueryError) return error.message;
  throw error;
}

function keyOf(dataset: EntityDataset, row: Row, prefix = ""): EventKey {
  return {
    atUs: BigInt(row[`${prefix}us`] as bigint),
    dataset: dataset.name,
    file: String(row[`${prefix}file`]),
    line: BigInt(row[`${prefix}line`] as bigint | number),
  };
}

/** The question for the rows with these keys alone. */
function withKeys(question: EntityQuestion, keys: readonly EventKey[]): EntityQuestion {
  const parameters: Record<string, QueryParameter> = { ...question.parameters };
  const tests = keys.map((key, at) => {
    parameters[`key_at_${at}`] = key.atUs;
    parameters[`key_file_${at}`] = key.file;
    parameters[`key_line_${at}`] = key.line;
    return `($key_at_${at}::BIGINT, $key_file_${at}::VARCHAR, $key_line_${at}::BIGINT)`;
  });
  return {
    ...question,
    sql: `WITH wanted_key("us", "file", "line") AS (VALUES ${tests.join(", ")})
SELECT hit.* FROM (${question.sql}) AS hit SEMI JOIN wanted_key
ON hit."__us" = wanted_key."us" AND hit."__file" = wanted_key."file" AND hit."__line" = wanted_key."line"`,
    parameters,
  };
}

function compareKeys(one: EventKey, other: EventKey): number {
  if (one.atUs !== other.atUs) return one.atUs < other.atUs ? -1 : 1;
  if (one.dataset !== other.dataset) return one.dataset < other.dataset ? -1 : 1;
  if (one.file !== other.file) return Buffer.compare(Buffer.from(one.file), Buffer.from(other.file));
  return one.line === other.line ? 0 : one.line < other.line ? -1 : 1;
}

function keyText(key: EventKey): string {
  return JSON.stringify([key.atUs.toString(), key.dataset, key.file, key.line.toString()]);
}

function writeKey(key: EventKey): string {
  return Buffer.from(keyText(key)).toString("base64url");
}

/** Reads where a page goes on. Throws RefusedError for a text that no page gave. */
function readKey(text: string): EventKey {
  try {
    const [us, dataset, file, line] = JSON.parse(Buffer.from(text, "base64url").toString()) as string[];
    if (dataset === undefined || file === undefined) throw new TypeError("a part is missing");
    return { atUs: BigInt(us!), dataset, file, line: BigInt(line!) };
  } catch {
    throw new RefusedError(400, "`after` is what the page before gave as `next`, and this is not.");
  }
}
