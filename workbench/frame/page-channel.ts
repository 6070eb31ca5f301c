import type { ColumnSummary, ResultState } from "../../notebooks/result/result.ts";
import type { FrameMessage, HostMessage, PageAnswer, ResultAsk } from "./protocol.ts";

/** The page refused or could not answer. `status` is HTTP's; 404: the result is forgotten. */
export class PageRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "PageRefusal";
    this.status = status;
  }
}

type Answered = Extract<PageAnswer, { ok: true }>;

/** Asks the page about kept results. The page holds the session; the frame only gets the answers. */
export class PageChannel {
  readonly #post: (message: FrameMessage) => void;
  readonly #waiting = new Map<string, { resolve(answer: Answered): void; reject(error: Error): void }>();

  constructor(post: (message: FrameMessage) => void) {
    this.#post = post;
  }

  /** Says something to the page that has no answer. */
  say(message: FrameMessage): void {
    this.#post(message);
  }

  /** Rejects with PageRefusal. */
  ask(ask: ResultAsk): Promise<Answered> {
    const request = crypto.randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<Answered>();
    this.#waiting.set(request, { resolve, reject });
    this.#post({ kind: "ask", request, ask });
    return promise;
  }

  /** An Arrow IPC stream, and the number of rows that pass the window's filters. */
  async rows(
    result: string,
    window: Extract<ResultAsk, { what: "rows" }>["window"],
  ): Promise<{ readonly bytes: Uint8Array; readonly rowCount: number }> {
    const { bytes, rowCount } = await this.ask({ what: "rows", result, window });
    return { bytes: bytes ?? new Uint8Array(), rowCount: rowCount ?? 0 };
  }

  async summary(
    result: string,
    body: Extract<ResultAsk, { what: "summary" }>["body"],
  ): Promise<readonly ColumnSummary[]> {
    return (await this.ask({ what: "summary", result, body })).json as readonly ColumnSummary[];
  }

  async state(result: string): Promise<ResultState> {
    return (await this.ask({ what: "state", result })).json as ResultState;
  }

  /** `arrow` gives an Arrow IPC stream, `exec` null. */
  async crossfilter(body: Extract<ResultAsk, { what: "crossfilter" }>["body"]): Promise<Uint8Array | null> {
    return (await this.ask({ what: "crossfilter", body })).bytes;
  }

  /** Takes an answer of the page; false when the message is none. */
  take(message: HostMessage): boolean {
    if (message.kind !== "answer") return false;
    const waiting = this.#waiting.get(message.request);
    this.#waiting.delete(message.request);
    const { answer } = message;
    if (answer.ok) waiting?.resolve(answer);
    else waiting?.reject(new PageRefusal(answer.status, answer.message));
    return true;
  }
}
