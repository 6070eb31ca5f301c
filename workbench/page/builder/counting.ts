import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { ShapePreview } from "../../../server/api/api.ts";
import { type ApiFailure, asFailure, isAbort } from "../../api/api-failure.ts";
import { client } from "../../api/browser-client.ts";

const PAUSE_MS = 450;

/** Counts what a shape finds in the data, a moment after the last change; an older count is cancelled in the server too. */
export class Counting implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #yaml = "";
  preview: ShapePreview | null = null;
  failure: ApiFailure | null = null;
  busy = false;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.stop();
  }

  /** Ends a count that is under way; what was counted before stays. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#abort?.abort();
    this.busy = false;
    this.#host.requestUpdate();
  }

  count(yaml: string): void {
    if (yaml === this.#yaml) return;
    this.#yaml = yaml;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#abort?.abort();
    this.busy = true;
    this.#timer = setTimeout(() => void this.#ask(yaml), PAUSE_MS);
  }

  async #ask(yaml: string): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    try {
      this.preview = await client.previewShape(yaml, abort.signal);
      this.failure = null;
    } catch (error) {
      if (isAbort(error) || this.#abort !== abort) return;
      this.failure = asFailure(error);
      this.preview = null;
    }
    if (this.#abort !== abort) return;
    this.busy = false;
    this.#host.requestUpdate();
  }
}
