import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { compactSegments } from "../../connectors/stream/compact.ts";
import { type Drainer, openDrainer } from "../../connectors/stream/drain.ts";
import { openSpool, type Spool } from "../../connectors/stream/spool.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import type { CommittedEvents } from "../../promote/run/stream-report.ts";
import type { EventsAccepted } from "../api/api.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { RefusedError } from "../refused.ts";
import { Repeating } from "../repeating.ts";
import { SOURCE_NAME } from "../source/source-files.ts";
import type { Spoor } from "../spoor.ts";
import { RuleRunners } from "./rule-runners.ts";

const TICK_MS = 1000;
const WATCH_MS = 5000;
const MAXIMUM_DRAINED_EVENTS = 20_000;
const COMPACT_ABOVE_SEGMENTS = 24;
const COMPACT_MAXIMUM_ROWS = 2_000_000;

/** Events as they come: the spool, the drain into the lake, and the rules that run on what was drained. */
export class StreamDesk {
  readonly #spoor: Spoor;
  readonly #spools = new Map<string, Promise<Spool>>();
  readonly #openSpools = new Map<string, Spool>();
  /** The last trouble that was told of each source, so that it is told once. */
  readonly #noted = new Map<string, string>();
  #drainer: Promise<Drainer> | null = null;
  readonly #draining = new Map<string, Promise<void>>();
  readonly runners: RuleRunners;
  readonly #ticks: Repeating;
  readonly #watches: Repeating;
  readonly #stopping = new AbortController();

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#ticks = new Repeating(
      TICK_MS,
      () => this.#tick(),
      (error) => {
        if (!this.#ticks.stopped) spoor.note(`tick: ${String((error as Error).stack ?? error)}`);
      },
    );
    this.runners = new RuleRunners(spoor);
    this.#watches = new Repeating(
      WATCH_MS,
      async () => this.runners.watch(spoor.clock()),
      (error) => spoor.note(`watch: ${String((error as Error).stack ?? error)}`),
    );
  }

  /** Takes up what an earlier process left: waiting records, slices that were not evaluated, unfinished actions. */
  async recover(): Promise<void> {
    this.runners.takeOver();
    this.#deleteStrayFiles();
    for (const source of this.#spooledSources()) {
      // One source that cannot be read must not keep the others from being served; it is tried again every second.
      await this.#drain(source, false).catch((error: unknown) => this.#noteDrain(source, error));
    }
    await this.rulesChanged();
    await this.#spoor.alerts.resume();
    await this.#spoor.alerts.respond();
  }

  /** Runs schedules and watermarks every second from now on. */
  start(): void {
    this.#ticks.start();
    this.#watches.start();
  }

  /** Waits for what is under way and closes the spools. */
  async stop(): Promise<void> {
    const stopped = Promise.all([this.#ticks.stop(), this.#watches.stop()]);
    this.#stopping.abort(new Error("Spoor stops."));
    await stopped;
    await Promise.all(this.#draining.values());
    for (const spool of this.#spools.values()) await (await spool).close();
    await (await this.#drainer)?.close();
  }

  /** Takes a batch of NDJSON events; it is on disk when this resolves. Throws RefusedError for an unknown source. */
  async append(
    source: string,
    body: Uint8Array,
    idempotencyKey: string | undefined,
  ): Promise<EventsAccepted> {
    this.#spoor.sources.streamDefinition(source);
    if (idempotencyKey !== undefined && (idempotencyKey === "" || idempotencyKey.length > 200)) {
      throw new RefusedError(400, "An Idempotency-Key has 1 to 200 characters.");
    }
    const spool = await this.#spool(source);
    // The key belongs to the body: the same key with other events is another batch, so that none is lost.
    const key = idempotencyKey && `${idempotencyKey}:${createHash("sha256").update(body).digest("hex")}`;
    const accepted = await spool.append(body, key === undefined ? {} : { idempotencyKey: key });
    void this.drain(source);
    return accepted;
  }

  /** Brings everything that waits for the source into the lake and lets the rules see it. */
  drain(source: string): Promise<void> {
    const known = this.#draining.get(source);
    if (known) return known;
    const work = this.#drain(source, true)
      .catch((error: unknown) => this.#noteDrain(source, error))
      .finally(() => this.#draining.delete(source));
    this.#draining.set(source, work);
    return work;
  }

  /** Sources with events that are not in the lake yet. */
  waitingSources(): string[] {
    return [...this.#openSpools]
      .filter(([source, spool]) => spool.hasWaiting(this.#spoor.registry.spoolPosition(source)))
      .map(([source]) => source)
      .sort();
  }

  #noteDrain(source: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const text = `The events of ${source} wait in the spool: ${message}`;
    if (this.#noted.get(source) !== text) this.#spoor.note(text);
    this.#noted.set(source, text);
  }

  /** Reads the rules again: those that watch are held by their runner, the others let go. */
  rulesChanged(): Promise<void> {
    return this.runners.rulesChanged();
  }

  /** After files were loaded: rules that stream look at what came in, wherever it lies in time. */
  async loaded(): Promise<void> {
    await this.rulesChanged();
    await this.catchUp();
  }

  /** Streams evaluate what is due now, and owners are told. */
  async catchUp(): Promise<void> {
    await this.runners.stream.lookAgain(this.#spoor.clock(), this.#stopping.signal);
    await this.#spoor.alerts.respond();
  }

  /** See `RuleRunners.takeHistory`. */
  takeHistory(rule: Rule): Promise<void> {
    return this.runners.takeHistory(rule);
  }

  /** Runs a rule over the whole history; what it finds is recorded and reaches nobody. */
  backfill(
    rule: Rule,
    context: JobContext,
  ): Promise<{ readonly detections: number; readonly inserted: number }> {
    return this.#spoor.controls.backfillRule(rule, null, context, "spoor");
  }

  #spool(source: string): Promise<Spool> {
    const known = this.#spools.get(source);
    if (known) return known;
    const opening = openSpool({ directory: this.#spoor.layout.spool, source, clock: this.#spoor.clock });
    this.#spools.set(source, opening);
    void opening.then(
      (spool) => this.#openSpools.set(source, spool),
      () => undefined,
    );
    opening.catch(() => this.#spools.delete(source));
    return opening;
  }

  #spooledSources(): string[] {
    if (!existsSync(this.#spoor.layout.spool)) return [];
    return readdirSync(this.#spoor.layout.spool)
      .filter((name) => SOURCE_NAME.test(name))
      .sort();
  }

  async #drain(source: string, tellRules: boolean): Promise<void> {
    const spool = await this.#spool(source);
    if (!spool.hasWaiting(this.#spoor.registry.spoolPosition(source))) return;
    const definition = this.#spoor.sources.streamDefinition(source);
    const { sources, registry, layout, clock } = this.#spoor;
    this.#drainer ??= openDrainer({ scratchDirectory: layout.scratch });
    const drainer = await this.#drainer;
    let telling: Promise<void> = Promise.resolve();
    while (!this.#ticks.stopped) {
      const drained = await sources.inTurn(source, async () => {
        const result = await drainer.drain({
          definition,
          spool,
          registry,
          lakeDirectory: layout.lake,
          clock,
          maximumEvents: MAXIMUM_DRAINED_EVENTS,
        });
        // Its number is taken before anything else of the source can be committed.
        const numbers = (result?.datasets ?? []).map((name): [string, bigint] => [
          name,
          this.runners.arrivals.latestNow(name),
        ]);
        return result && { ...result, arrivals: new Map(numbers) };
      });
      await telling;
      if (drained === null) break;
      this.#noted.delete(source);
      if (!tellRules || drained.eventCount === 0) continue;
      // The rules look at this batch while the next one is brought into the lake.
      telling = this.#tell(drained);
      telling.catch(() => undefined);
      for (const name of drained.datasets) await this.#compact(source, name);
    }
    await telling;
  }

  async #tell(drained: CommittedEvents): Promise<void> {
    const report = await this.runners.onCommitted(drained);
    if (report.inserted.length + report.withdrawn.length > 0) await this.#spoor.alerts.respond();
  }

  async #compact(source: string, name: string): Promise<void> {
    const dataset = this.#spoor.registry.get(name);
    if (
      !dataset ||
      dataset.segments.filter((segment) => segment.rowCount < COMPACT_MAXIMUM_ROWS / 4).length <
        COMPACT_ABOVE_SEGMENTS
    )
      return;
    await this.#spoor.sources.inTurn(source, () =>
      compactSegments({
        registry: this.#spoor.registry,
        dataset: name,
        source,
        lakeDirectory: this.#spoor.layout.lake,
        scratchDirectory: this.#spoor.layout.scratch,
        clock: this.#spoor.clock,
        minimumSegments: COMPACT_ABOVE_SEGMENTS,
        maximumRows: COMPACT_MAXIMUM_ROWS,
      }),
    );
    await Promise.all([this.#spoor.engine.releaseStale(), this.#spoor.huntEngine.releaseStale()]);
  }

  async #tick(): Promise<void> {
    for (const source of this.waitingSources()) void this.drain(source);
    const found = await this.runners.tick(this.#stopping.signal);
    // What a throttle gathered opens once its hour leaves room.
    if (found || this.#spoor.store.waitingCases().length > 0) await this.#spoor.alerts.respond();
  }

  /** Segment files that no commit knows: what a kill left between writing and committing. */
  #deleteStrayFiles(): void {
    const known = new Set(
      this.#spoor.registry.list().flatMap((dataset) => dataset.segments.map((segment) => segment.path)),
    );
    const { lake, scratch } = this.#spoor.layout;
    for (const entry of readdirSync(lake, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !known.has(path)) rmSync(path, { force: true });
    }
    for (const name of readdirSync(scratch)) rmSync(join(scratch, name), { recursive: true, force: true });
  }
}
