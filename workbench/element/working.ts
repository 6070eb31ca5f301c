import type { ReactiveController, ReactiveControllerHost } from "lit";
import { type ApiFailure, asFailure, isAbort } from "../api/api-failure.ts";

/** One thing at a time that a person asked for: which it is, how it failed, and a way to stop it. */
export class Working implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #abort: AbortController | null = null;
  /** Name of what is under way; null when nothing is. */
  doing: string | null = null;
  /** Name of what failed last. */
  failed: string | null = null;
  failure: ApiFailure | null = null;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#abort?.abort();
  }

  stop(): void {
    this.#abort?.abort();
  }

  /** Runs `work` unless something is under way; its failure is kept to be shown beside the button. */
  async run(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.doing !== null) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.doing = name;
    this.failed = null;
    this.failure = null;
    this.#host.requestUpdate();
    try {
      await work(abort.signal);
    } catch (error) {
      if (!isAbort(error)) {
        this.failed = name;
        this.failure = asFailure(error);
      }
    } finally {
      this.doing = null;
      this.#host.requestUpdate();
    }
  }
}
