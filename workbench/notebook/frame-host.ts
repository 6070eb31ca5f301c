import type { QueryParameter } from "../../notebooks/engine/engine.ts";
import { asFailure, isAbort } from "../api/api-failure.ts";
import type { SpoorClient } from "../api/client.ts";
import {
  type CellProgram,
  type ErrorPlace,
  FRAME_CONNECT,
  FRAME_HELLO,
  type FrameMessage,
  type HostMessage,
  type Slot,
} from "../frame/protocol.ts";

/** A result is cut, and says so, beyond this many rows. */
export const ROW_LIMIT = 1_000_000;
const BYTE_LIMIT = 1024 ** 3;
const END_OF_STREAM = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
const PING_EVERY_MS = 1000;
/** A frame that has not answered for this long is held up by a cell. */
const BUSY_AFTER_MS = 3000;

/** The query that a cell asked last. */
export interface AskedQuery {
  readonly id: string;
  readonly cell: number;
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string | number | boolean | null>>;
  readonly startedMs: number;
  readonly datasetVersions: Readonly<Record<string, number>>;
}

export interface FrameListener {
  height(id: number, height: number): void;
  pending(id: number): void;
  fulfilled(id: number): void;
  rejected(id: number, message: string, place: ErrorPlace | null): void;
  /** A cell's query began, moved on or ended. */
  queryChanged(query: AskedQuery, state: "running" | "done" | "failed", receivedBytes: number): void;
  busyChanged(busy: boolean): void;
  save(): void;
}

/**
 * Keeps the sandboxed frame: gives it cells, answers its queries with the session that it never sees, and throws it
 * away when a cell will not end.
 */
export class FrameHost {
  readonly #client: SpoorClient;
  readonly #listener: FrameListener;
  readonly #running = new Map<string, { query: AskedQuery; abort: AbortController; cancelled: boolean }>();
  readonly #asked = new Map<number, AskedQuery>();
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
    for (const { abort, query } of this.#running.values()) {
      abort.abort();
      this.#listener.queryChanged(query, "failed", 0);
    }
    this.#running.clear();
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
      running.cancelled = true;
      running.abort.abort();
      void this.#client.cancelQuery(running.query.id).catch(() => undefined);
    }
  }

  #connect = ({ source, data }: MessageEvent): void => {
    if (source !== this.#element?.contentWindow || data !== FRAME_HELLO || this.#port) return;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data: message }: MessageEvent<FrameMessage>) => this.#take(message);
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
        this.#listener.height(message.id, Math.min(Math.max(0, Number(message.height) || 0), 100_000));
        return;
      case "pending":
        this.#listener.pending(message.id);
        return;
      case "fulfilled":
        this.#listener.fulfilled(message.id);
        return;
      case "rejected":
        this.#listener.rejected(message.id, String(message.message), message.place);
        return;
      case "query":
        void this.#answer(message.query, message.cell, message.sql, message.parameters);
        return;
      case "abort":
        this.#running.get(message.query)?.abort.abort();
        return;
      case "copy":
        if (navigator.userActivation.isActive) void navigator.clipboard.writeText(String(message.text));
        return;
      case "open":
        openLink(String(message.href));
        return;
      case "key":
        this.#listener.save();
        return;
      case "pong":
        this.#lastPongMs = performance.now();
        this.#setBusy(false);
        return;
      case "rowCount":
        return;
    }
  }

  async #answer(
    id: string,
    cell: number,
    sql: string,
    parameters: Readonly<Record<string, QueryParameter>>,
  ): Promise<void> {
    const abort = new AbortController();
    const plain = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [
        name,
        typeof value === "bigint" ? value.toString() : value,
      ]),
    );
    let query: AskedQuery = {
      id,
      cell,
      sql,
      parameters: plain,
      startedMs: performance.now(),
      datasetVersions: {},
    };
    const running = { query, abort, cancelled: false };
    this.#running.set(id, running);
    this.#asked.set(cell, query);
    this.#listener.queryChanged(query, "running", 0);
    let receivedBytes = 0;
    const port = this.#port;
    try {
      const response = await this.#client.query(
        { sql, parameters: plain, rowLimit: ROW_LIMIT + 1, format: "arrow" },
        id,
        abort.signal,
      );
      query = { ...query, datasetVersions: datasetVersionsOf(response) };
      running.query = query;
      if (this.#asked.get(cell)?.id === id) this.#asked.set(cell, query);
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
        this.#listener.queryChanged(query, "running", receivedBytes);
      }
      if (!END_OF_STREAM.every((byte, index) => tail[index] === byte)) {
        throw new Error("The result broke off before its end: it is not complete. Run the cell again.");
      }
      if (this.#port === port) this.#post({ kind: "done", query: id, complete: true, rowLimit: ROW_LIMIT });
      this.#listener.queryChanged(query, "done", receivedBytes);
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
      this.#listener.queryChanged(query, "failed", receivedBytes);
    } finally {
      this.#running.delete(id);
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

/** A link in a result may come from a log: it opens only after a person saw where it leads. */
function openLink(href: string): void {
  if (!navigator.userActivation.isActive) return;
  const url = URL.parse(href);
  if (!url || !/^https?:$/.test(url.protocol)) return;
  if (confirm(`Open this address in a new tab?\n\n${url.href}`))
    window.open(url.href, "_blank", "noopener,noreferrer");
}
