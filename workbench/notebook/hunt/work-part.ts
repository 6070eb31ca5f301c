import { html, nothing } from "lit";
import { client } from "../../api/browser-client.ts";
import { View } from "../../element/view.ts";
import type { HuntContext } from "./hunt-context.ts";

const HOUR_MS = 3_600_000;

/** Who owns the hunt, and the hours that went into it: by a timer that outlives the page, and by hand. */
export class HuntWork extends View {
  static override properties = { context: { attribute: false }, sinceMs: { state: true } };
  declare context: HuntContext;
  declare sinceMs: number | null;
  #tick: ReturnType<typeof setInterval> | undefined;
  #owners: readonly string[] = [];

  constructor() {
    super();
    this.sinceMs = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sinceMs = Number(localStorage.getItem(this.#key)) || null;
    this.#tick = setInterval(() => this.sinceMs !== null && this.requestUpdate(), 1000);
    void client.owners().then(
      (owners) => {
        this.#owners = owners.map(({ name }) => name);
        this.requestUpdate();
      },
      () => undefined,
    );
  }

  override disconnectedCallback(): void {
    clearInterval(this.#tick);
    super.disconnectedCallback();
  }

  override render(): unknown {
    const { hunt, change } = this.context;
    return html`
      <div class="hunt-parts">
        <label class="field"
          ><span>Owner</span>
          <input
            type="text"
            list="hunt-owners"
            .value=${hunt.owner}
            @change=${(event: Event) => change({ ...hunt, owner: (event.target as HTMLInputElement).value.trim() })}
          />
          <datalist id="hunt-owners">${this.#owners.map((name) => html`<option value=${name}></option>`)}</datalist>
        </label>
        <label class="field"
          ><span>Hours</span>
          <input
            type="number"
            min="0"
            step="0.25"
            .value=${String(hunt.hours)}
            @change=${(event: Event) => {
              const hours = Number((event.target as HTMLInputElement).value);
              if (Number.isFinite(hours) && hours >= 0) change({ ...hunt, hours });
            }}
          />
        </label>
      </div>
      <div class="buttons">
        ${
          this.sinceMs === null
            ? html`<button type="button" class="button small" @click=${() => this.#start()}>Start the timer</button>`
            : html`<button type="button" class="button small primary" @click=${() => this.#stop()}>
                  Stop, and add <span class="timer">${clockText(Date.now() - this.sinceMs)}</span>
                </button>
                <button type="button" class="button small" @click=${() => this.#forget()}>Discard</button>`
        }
        ${hunt.origin === "" ? nothing : html`<span class="muted">from ${hunt.origin}</span>`}
      </div>
    `;
  }

  get #key(): string {
    return `spoor-hunt-timer:${this.context.name}`;
  }

  #start(): void {
    this.sinceMs = Date.now();
    localStorage.setItem(this.#key, String(this.sinceMs));
  }

  #forget(): void {
    this.sinceMs = null;
    localStorage.removeItem(this.#key);
  }

  #stop(): void {
    const { hunt, change } = this.context;
    const hours = (Date.now() - (this.sinceMs ?? Date.now())) / HOUR_MS;
    this.#forget();
    change({ ...hunt, hours: Math.round((hunt.hours + hours) * 100) / 100 });
  }
}

/** `0:04:31`. */
function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

customElements.define("spoor-hunt-work", HuntWork);
