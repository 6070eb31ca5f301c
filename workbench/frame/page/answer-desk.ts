import { asFailure } from "../../api/api-failure.ts";
import type { SpoorClient } from "../../api/client.ts";
import type { PageAnswer, ResultAsk } from "../protocol.ts";
import { entityValues } from "./entity-values.ts";
import { readBytes } from "./read-bytes.ts";
import { saveFile } from "./save-file.ts";

/** Asks of the frame that run at once; the others wait. */
const AT_ONCE = 8;
const MOST_WAITING = 500;
/** Many more than the server keeps; the newest ids are named. */
const MOST_NAMED = 1000;

/** Answers what the frame asks about results: only about those that it opened, a few at a time. */
export class AnswerDesk {
  readonly #client: SpoorClient;
  readonly #known: ReadonlySet<string>;
  readonly #waiting: (() => void)[] = [];
  readonly #stopped = new AbortController();
  #running = 0;

  /** @param known ids of the results that the frame opened */
  constructor(client: SpoorClient, known: ReadonlySet<string>) {
    this.#client = client;
    this.#known = known;
  }

  stop(): void {
    this.#stopped.abort();
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Never rejects: a failure is an answer. */
  async answer(ask: ResultAsk): Promise<PageAnswer> {
    if ("result" in ask && !this.#known.has(ask.result)) {
      return { ok: false, status: 404, message: "This result is not kept any more. Run the cell again." };
    }
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING)
        return { ok: false, status: 429, message: "Too much is asked at once." };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      return await this.#ask(ask);
    } catch (error) {
      const { status, message } = asFailure(error);
      return { ok: false, status, message };
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #ask(ask: ResultAsk): Promise<PageAnswer> {
    const { signal } = this.#stopped;
    const json = (value: unknown): PageAnswer => ({ ok: true, bytes: null, rowCount: null, json: value });
    switch (ask.what) {
      case "state":
        return json(await this.#client.result(ask.result, signal));
      case "summary":
        return json(await this.#client.resultSummary(ask.result, ask.body, signal));
      case "rows": {
        const response = await this.#client.resultRows(ask.result, ask.window, signal);
        const count = Number(response.headers.get("x-spoor-row-count"));
        return { ok: true, bytes: await readBytes(response), rowCount: count, json: null };
      }
      case "crossfilter": {
        const response = await this.#client.crossfilter(
          { type: ask.body.type, sql: ask.body.sql, results: [...this.#known].slice(-MOST_NAMED) },
          signal,
        );
        const bytes = response.body === null ? null : await readBytes(response);
        return { ok: true, bytes, rowCount: null, json: null };
      }
      case "entityValues":
        return json(await entityValues(this.#client, ask.entity, ask.text, signal));
      case "riskModel":
        return json(await this.#client.riskModel(signal));
      case "export": {
        if (!navigator.userActivation.isActive)
          return { ok: false, status: 403, message: "A file is saved only when a person asks for it." };
        const response = await this.#client.exportResult(ask.result, ask.body, signal);
        await saveFile(response, `spoor-cell-${ask.cell}-${stamp()}.${ask.body.format}`);
        return json(null);
      }
    }
  }
}

function stamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(":", "");
}
