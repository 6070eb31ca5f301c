import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import { type ApiFailure, asFailure, isAbort } from "../api/api-failure.ts";
import { renderFailure } from "./failure.ts";

/**
 * A value that is fetched when its host appears and again when asked; the old value stays on the page meanwhile.
 * Requests of a host that went away are aborted.
 */
export class Loading<T> implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #fetch: (signal: AbortSignal) => Promise<T>;
  readonly #refreshMs: number | null;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;

  value: T | null = null;
  failure: ApiFailure | null = null;
  busy = false;

  /** With `refreshMs` it is fetched again that often while the page is visible. */
  constructor(
    host: ReactiveControllerHost,
    fetch: (signal: AbortSignal) => Promise<T>,
    options: { readonly refreshMs?: number } = {},
  ) {
    this.#host = host;
    this.#fetch = fetch;
    this.#refreshMs = options.refreshMs ?? null;
    host.addController(this);
  }

  hostConnected(): void {
    void this.load();
    if (this.#refreshMs === null) return;
    this.#timer = setInterval(() => {
      if (document.visibilityState === "visible" && !this.busy) void this.load();
    }, this.#refreshMs);
  }

  hostDisconnected(): void {
    this.#abort?.abort();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async load(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.busy = true;
    this.#host.requestUpdate();
    try {
      const value = await this.#fetch(abort.signal);
      if (this.#abort !== abort) return;
      this.value = value;
      this.failure = null;
    } catch (error) {
      if (isAbort(error) || this.#abort !== abort) return;
      this.failure = asFailure(error);
    }
    this.busy = false;
    this.#host.requestUpdate();
  }

  /** Takes a newer value that another call brought. */
  set(value: T): void {
    this.value = value;
    this.failure = null;
    this.#host.requestUpdate();
  }

  /** The page's content, its failure, or a placeholder of the same height while the first answer is on its way. */
  render(content: (value: T) => TemplateResult, rows = 8): TemplateResult {
    const failure =
      this.failure === null
        ? null
        : renderFailure(this.failure, { title: "This could not be loaded", retry: () => void this.load() });
    if (this.value !== null) return html`${failure}${content(this.value)}`;
    if (failure !== null) return failure;
    return html`<div class="skeleton" role="status" aria-label="Loading">
      ${Array.from({ length: rows }, () => html`<div class="skeleton-row"></div>`)}
    </div>`;
  }
}
