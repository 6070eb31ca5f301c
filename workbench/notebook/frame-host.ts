import type { QueryParameter } from "../../notebooks/engine/engine.ts";
import type { ResultOpened, ResultState } from "../../notebooks/result/result.ts";
import { asFailure, isAbort } from "../api/api-failure.ts";
import type { SpoorClient } from "../api/client.ts";
import { AnswerDesk } from "../frame/page/answer-desk.ts";
import { RateLimit } from "../frame/page/rate-limit.ts";
import { readBytes } from "../frame/page/read-bytes.ts";
import { readFrameMessage } from "../frame/page/read-message.ts";
import {
  type CellProgram,
  type ErrorPlace,
  type FilterCellRequest,
  FRAME_CONNECT,
  FRAME_HELLO,
  type FrameMessage,
  type HostMessage,
  type LinePlace,
  type PinRowsRequest,
  type PivotRequest,
  type Slot,
} from "../frame/protocol.ts";

/** A result is cut, and says so, beyond this many rows. */
export const ROW_LIMIT = 1_000_000;
const BYTE_LIMIT = 1024 ** 3;
const END_OF_STREAM = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
const PING_EVERY_MS = 1000;
/** A frame that has not answered for this long is held up by a cell. */
const BUSY_AFTER_MS = 3000;
/** What a frame may say; a table that is scrolled says less than a hundred things a second. */
const MESSAGES_PER_SECOND = 1000;
const MESSAGES_AT_ONCE = 4000;
const MOST_QUERIES = 64;
/** How often a growing result is looked at: soon at first, then seldom. */
const FIRST_LOOK_MS = 40;
const LAST_LOOK_MS = 500;

/** The query that a cell asked last. */
export interface AskedQuery {
  readonly id: string;
  readonly cell: number;
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string | number | boolean | null>>;
  readonly startedMs: number;
  readonly datasetVersions: Readonly<Record<string, number>>;
  /** The kept result that shows its rows; null for rows that are only sent. */
  readonly result: string | null;
}

interface RunningQuery {
  query: AskedQuery;
  readonly abort: AbortController;
  cancelled: boolean;
}

/** How far a result is, and whether it was there already: same question, same data. */
export interface ResultProgress {
  readonly state: ResultState;
  readonly kept: boolean;
  readonly columns: ResultOpened["columns"];
}

export interface FrameListener {
  height(id: number, height: number): void;
  pending(id: number): void;
  fulfilled(id: number): void;
  /** What a cell that runs on demand has read is another value by now. */
  stale(id: number): void;
  rejected(id: number, message: string, place: ErrorPlace | LinePlace | null): void;
  /** A cell's query began, moved on or ended. */
  queryChanged(
    query: AskedQuery,
    state: "running" | "done" | "failed",
    receivedBytes: number,
    /** How far the query's kept result is, once it is opened. */
    result?: ResultProgress,
  ): void;
  busyChanged(busy: boolean): void;
  save(): void;
  /** A person pressed Escape in a cell's output. */
  leave(id: number): void;
  /** A person asked for everything about a value. */
  pivot(request: PivotRequest): void;
  /** A person wants filters of a table kept in a query. */
  filterCell(request: FilterCellRequest): void;
  /** A person pins rows of a result as evidence. */
  pinRows(request: PinRowsRequest): void;
}

/**
 * Keeps the sandboxed frame: gives it cells, answers its queries with the session that it never sees, and throws it
 * away when a cell will not end.
 */
export class FrameHost {
  readonly #client: SpoorClient;
  readonly #listener: FrameListener;
  readonly #running = new Map<string, RunningQuery>();
  readonly #asked = new Map<number, AskedQuery>();
  readonly #results = new Set<string>();
  #answers: AnswerDesk;
  #rate = new RateLimit(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE, performance.now());
  #element: HTMLIFrameElement | null = null;
  #port: MessagePort | null = null;
  #waiting: HostMessage[] = [];
  #dark = false;
  #lastPongMs = 0;
  #busy = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(client: SpoorClient, listener: FrameListener) {
    this.#client = client;
    this.#listener = listener;
    this.#answers = new AnswerDesk(client, this.#results);
  }

  /** Starts a frame in `place`; an older one is thrown away with its queries. */
  start(place: Element): void {
    this.stop();
    const element = document.createElement("iframe");
    element.setAttribute("sandbox", "allow-scripts");
    element.title = "Results of the notebook's cells";
    element.src = "/frame/";
    this.#element = element;
    window.addEventListener("message", this.#connect);
    place.replaceChildren(element);
  }

  stop(): void {
    window.removeEventListener("message", this.#connect);
    clearInterval(this.#timer);
    for (const running of this.#running.values()) {
      this.#giveUp(running);
      this.#listener.queryChanged(running.query, "failed", 0);
    }
    this.#running.clear();
    this.#answers.stop();
    this.#answers = new AnswerDesk(this.#client, this.#results);
    this.#results.clear();
    this.#port?.close();
    this.#port = null;
    this.#waiting = [];
    this.#element?.remove();
    this.#element = null;
    this.#setBusy(false);
  }

  define(cells: readonly CellProgram[]): void {
    this.#post({ kind: "define", cells });
  }

  remove(id: number): void {
    this.#asked.delete(id);
    this.#post({ kind: "remove", id });
  }

  layout(slots: readonly Slot[]): void {
    this.#post({ kind: "layout", slots });
  }

  theme(dark: boolean): void {
    this.#dark = dark;
    this.#post({ kind: "theme", dark });
  }

  /** The query that a cell asked last, with the values that its interpolations had. */
  asked(cell: number): AskedQuery | undefined {
    return this.#asked.get(cell);
  }

  /** Stops the running queries of a cell; the cell shows that its result is not complete. */
  cancel(cell: number): void {
    for (const running of this.#running.values()) {
      if (running.query.cell !== cell) continue;
      this.#cancel(running);
    }
  }

  #cancel(running: RunningQuery): void {
    running.cancelled = true;
    // An opened result is followed to its end, which says that it was cancelled; its rows so far stay.
    if (running.query.result !== null) {
      void this.#client.cancelResult(running.query.result).catch(() => undefined);
      return;
    }
    running.abort.abort();
    void this.#client.cancelQuery(running.query.id).catch(() => undefined);
  }

  /** Nobody waits for it any more. */
  #giveUp(running: RunningQuery): void {
    running.abort.abort();
    if (running.query.result !== null)
      void this.#client.cancelResult(running.query.result).catch(() => undefined);
  }

  #connect = ({ source, data }: MessageEvent): void => {
    if (source !== this.#element?.contentWindow || data !== FRAME_HELLO || this.#port) return;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data: said }: MessageEvent<unknown>) => {
      if (!this.#rate.take(performance.now())) return;
      const message = readFrameMessage(said);
      if (message) this.#take(message);
    };
    // The frame's origin is opaque: only its window can be named, and only it holds the other port.
    this.#element!.contentWindow!.postMessage(FRAME_CONNECT, "*", [port2]);
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#post({ kind: "theme", dark: this.#dark });
    for (const message of waiting) this.#post(message);
    this.#lastPongMs = performance.now();
    this.#timer = setInterval(() => this.#ping(), PING_EVERY_MS);
  };

  #ping(): void {
    const now = performance.now();
    this.#setBusy(now - this.#lastPongMs > BUSY_AFTER_MS && document.visibilityState === "visible");
    this.#post({ kind: "ping", at: now });
  }

  #setBusy(busy: boolean): void {
    if (busy === this.#busy) return;
    this.#busy = busy;
    this.#listener.busyChanged(busy);
  }

  #post(message: HostMessage, transfer: Transferable[] = []): void {
    if (this.#port) this.#port.postMessage(message, transfer);
    else if (message.kind !== "ping") this.#waiting.push(message);
  }

  #take(message: FrameMessage): void {
    switch (message.kind) {
      case "height":
        this.#listener.height(message.id, Math.min(Math.max(0, message.height), 100_000));
        return;
      case "pending":
        this.#listener.pending(message.id);
        return;
      case "fulfilled":
        this.#listener.fulfilled(message.id);
        return;
      case "stale":
        this.#listener.stale(message.id);
        return;
      case "rejected":
        this.#listener.rejected(message.id, message.message, message.place);
        return;
      case "query":
      case "openResult":
        this.#begin(message);
        return;
      case "abort": {
        const running = this.#running.get(message.query);
        if (running) this.#giveUp(running);
        return;
      }
      case "cancelResult": {
        const running = this.#running.get(message.query);
        if (running) this.#cancel(running);
        return;
      }
      case "ask":
        void this.#reply(message.request, message.ask);
        return;
      case "pivot":
        if (byHand()) this.#listener.pivot(message);
        return;
      case "filterCell":
        if (byHand()) this.#listener.filterCell(message);
        return;
      case "pinRows":
        if (byHand()) this.#listener.pinRows(message);
        return;
      case "copy":
        if (byHand()) void navigator.clipboard.writeText(message.text).catch(() => undefined);
        return;
      case "open":
        openLink(message.href);
        return;
      case "leave":
        // Only who has the keys can give them back.
        if (document.activeElement === this.#element) this.#listener.leave(message.id);
        return;
      case "key":
        this.#listener.save();
        return;
      case "pong":
        this.#lastPongMs = performance.now();
        this.#setBusy(false);
        return;
    }
  }

  async #reply(request: string, ask: Extract<FrameMessage, { kind: "ask" }>["ask"]): Promise<void> {
    const port = this.#port;
    const answer = await this.#answers.answer(ask);
    if (this.#port !== port) return;
    const transfer = answer.ok && answer.bytes ? [answer.bytes.buffer as ArrayBuffer] : [];
    this.#post({ kind: "answer", request, answer }, transfer);
  }

  #begin(message: Extract<FrameMessage, { kind: "query" | "openResult" }>): void {
    if (this.#running.has(message.query)) return;
    if (this.#running.size >= MOST_QUERIES) {
      const failure = { message: "Too many queries at once.", offset: null, cancelled: false };
      this.#post({ kind: "failed", query: message.query, failure });
      return;
    }
    const parameters = plainParameters(message.parameters);
    const running: RunningQuery = {
      query: {
        id: message.query,
        cell: message.cell,
        sql: message.sql,
        parameters,
        startedMs: performance.now(),
        datasetVersions: {},
        result: null,
      },
      abort: new AbortController(),
      cancelled: false,
    };
    this.#running.set(message.query, running);
    this.#asked.set(message.cell, running.query);
    this.#listener.queryChanged(running.query, "running", 0);
    const run =
      message.kind === "query" ? this.#sendRows(running) : this.#openResult(running, message.useKept);
    void run.finally(() => this.#running.delete(message.query));
  }

  /** What became known of a query while it runs. */
  #learned(running: RunningQuery, known: Partial<Pick<AskedQuery, "datasetVersions" | "result">>): void {
    running.query = { ...running.query, ...known };
    if (this.#asked.get(running.query.cell)?.id === running.query.id)
      this.#asked.set(running.query.cell, running.query);
  }

  /** Opens a result, sends its first rows and says how far it is until it ends. */
  async #openResult(running: RunningQuery, useKept: boolean): Promise<void> {
    const { id, sql, parameters } = running.query;
    const { signal } = running.abort;
    const port = this.#port;
    const post = (message: HostMessage, transfer: Transferable[] = []) => {
      if (this.#port === port) this.#post(message, transfer);
    };
    let receivedBytes = 0;
    try {
      const response = await this.#client.openResult({ sql, parameters, useKept }, id, signal);
      const opened = openedOf(response);
      this.#results.add(opened.id);
      this.#learned(running, { datasetVersions: opened.datasetVersions, result: opened.id });
      post({ kind: "opened", query: id, opened });
      const first = readBytes(response).then((bytes) => {
        receivedBytes = bytes.byteLength;
        post({ kind: "firstRows", query: id, bytes }, [bytes.buffer as ArrayBuffer]);
      });
      // A stream that breaks off says so in the state, or the look at the state fails.
      first.catch(() => undefined);
      let state: ResultState;
      let lookMs = FIRST_LOOK_MS;
      for (;;) {
        state = await this.#client.result(opened.id, signal);
        const ended = state.phase !== "queued" && state.phase !== "running";
        if (ended && (state.phase === "complete" || state.phase === "cut")) await first;
        post({ kind: "resultState", query: id, state });
        if (ended) break;
        this.#listener.queryChanged(running.query, "running", receivedBytes, {
          state,
          kept: opened.kept,
          columns: opened.columns,
        });
        await after(lookMs, signal);
        lookMs = Math.min(LAST_LOOK_MS, lookMs * 1.4);
      }
      this.#learned(running, { datasetVersions: state.datasetVersions });
      const whole = state.phase === "complete" || state.phase === "cut";
      this.#listener.queryChanged(running.query, whole ? "done" : "failed", receivedBytes, {
        state,
        kept: opened.kept,
        columns: opened.columns,
      });
    } catch (error) {
      const givenUp = isAbort(error) || signal.aborted;
      running.abort.abort();
      const { cancelled } = running;
      const failure = asFailure(error);
      const message = cancelled
        ? "Cancelled: there is no complete result."
        : givenUp
          ? "Given up: the cell ran again."
          : failure.message;
      post({ kind: "failed", query: id, failure: { message, offset: failure.offset, cancelled } });
      this.#listener.queryChanged(running.query, "failed", receivedBytes);
    }
  }

  async #sendRows(running: RunningQuery): Promise<void> {
    const { abort } = running;
    const { id, sql, parameters } = running.query;
    let receivedBytes = 0;
    const port = this.#port;
    try {
      const response = await this.#client.query(
        { sql, parameters, rowLimit: ROW_LIMIT + 1, format: "arrow" },
        id,
        abort.signal,
      );
      this.#learned(running, { datasetVersions: datasetVersionsOf(response) });
      const tail: number[] = [];
      for await (const chunk of readChunks(response)) {
        receivedBytes += chunk.byteLength;
        if (receivedBytes > BYTE_LIMIT)
          throw new Error("The result is larger than 1 GiB: ask for fewer rows or columns.");
        tail.push(...chunk.subarray(-END_OF_STREAM.length));
        tail.splice(0, tail.length - END_OF_STREAM.length);
        const bytes = chunk.byteLength === chunk.buffer.byteLength ? chunk : chunk.slice();
        if (this.#port === port)
          this.#post({ kind: "chunk", query: id, bytes }, [bytes.buffer as ArrayBuffer]);
        this.#listener.queryChanged(running.query, "running", receivedBytes);
      }
      if (!END_OF_STREAM.every((byte, index) => tail[index] === byte)) {
        throw new Error("The result broke off before its end: it is not complete. Run the cell again.");
      }
      if (this.#port === port) this.#post({ kind: "done", query: id, complete: true, rowLimit: ROW_LIMIT });
      this.#listener.queryChanged(running.query, "done", receivedBytes);
    } catch (error) {
      abort.abort();
      const cancelled = running.cancelled;
      const failure = asFailure(error);
      const message = cancelled
        ? "Cancelled: there is no complete result."
        : isAbort(error)
          ? "Given up: the cell ran again."
          : failure.status === 0 && receivedBytes > 0
            ? `The result broke off before its end: it is not complete. ${failure.message}`
            : failure.message;
      if (this.#port === port) {
        this.#post({ kind: "failed", query: id, failure: { message, offset: failure.offset, cancelled } });
      }
      this.#listener.queryChanged(running.query, "failed", receivedBytes);
    }
  }
}

/** Versions of the datasets that a response was made of; empty when the server does not say. */
export function datasetVersionsOf(response: Response): Readonly<Record<string, number>> {
  const header = response.headers.get("x-spoor-datasets");
  if (!header) return {};
  try {
    return JSON.parse(decodeURIComponent(header)) as Record<string, number>;
  } catch {
    return {};
  }
}

async function* readChunks(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

function openedOf(response: Response): ResultOpened {
  const header = response.headers.get("x-spoor-result");
  if (!header) throw new Error("The server did not say which result it opened.");
  return JSON.parse(decodeURIComponent(header)) as ResultOpened;
}

/** JSON has no bigint: one travels as its digits. */
function plainParameters(parameters: Readonly<Record<string, QueryParameter>>): AskedQuery["parameters"] {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
}

function after(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("Given up.", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** A person has just done something; the frame alone may not copy, save, open or change anything. */
function byHand(): boolean {
  return navigator.userActivation.isActive;
}

/** A link in a result may come from a log: it opens only after a person saw where it leads. */
function openLink(href: string): void {
  if (!byHand()) return;
  const url = URL.parse(href);
  if (!url || !/^https?:$/.test(url.protocol)) return;
  if (confirm(`Open this address in a new tab?\n\n${url.href}`))
    window.open(url.href, "_blank", "noopener,noreferrer");
}
