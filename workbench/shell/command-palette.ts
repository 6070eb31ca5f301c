import { html, nothing } from "lit";
import { client } from "../api/browser-client.ts";
import { View } from "../element/view.ts";
import { navigate } from "../route/navigate.ts";
import { entityItems } from "./entity-items.ts";
import { fetchItems, STANDING_ITEMS } from "./palette-items.ts";
import { matchItems, type PaletteItem } from "./palette-match.ts";

const SHOWN = 12;

/** Ctrl/Cmd-K: every dataset, hunt, rule, alert, owner, page and action by typing. */
export class CommandPalette extends View {
  #items: readonly PaletteItem[] = STANDING_ITEMS;
  #typed = "";
  #selected = 0;
  #abort: AbortController | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("keydown", this.#onShortcut);
  }

  override disconnectedCallback(): void {
    window.removeEventListener("keydown", this.#onShortcut);
    this.#abort?.abort();
    super.disconnectedCallback();
  }

  /** Opens it empty and looks up what there is now. */
  open(): void {
    const dialog = this.querySelector("dialog");
    if (!dialog || dialog.open) return;
    this.#typed = "";
    this.#selected = 0;
    this.requestUpdate();
    dialog.showModal();
    this.querySelector("input")?.focus();
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    void fetchItems(client, abort.signal).then((items) => {
      if (abort.signal.aborted) return;
      this.#items = [...items, ...STANDING_ITEMS];
      this.requestUpdate();
    });
  }

  override render(): unknown {
    const matches = this.#matches();
    return html`<dialog class="palette" aria-label="Command palette" @click=${this.#onBackdrop} @close=${this.#onClose}>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant=${matches.length > 0 ? `palette-${this.#selected}` : nothing}
        aria-label="Go to or do"
        placeholder="Go to a dataset, hunt, rule, alert, owner, host, user, address, or do something"
        autocomplete="off"
        spellcheck="false"
        .value=${this.#typed}
        @input=${this.#onInput}
        @keydown=${this.#onKey}
      />
      <ul id="palette-list" role="listbox" aria-label="Matches">
        ${matches.map(
          (item, index) => html`<li
            id=${`palette-${index}`}
            role="option"
            aria-selected=${index === this.#selected}
            @click=${() => this.#go(item)}
          >
            <span class="palette-kind">${item.kind}</span>
            <span class="palette-title">${item.title}</span>
            <span class="muted">${item.detail}</span>
          </li>`,
        )}
      </ul>
      ${matches.length === 0 ? html`<p class="muted palette-none">Nothing by that name.</p>` : nothing}
    </dialog>`;
  }

  #matches(): readonly PaletteItem[] {
    const items = this.#typed === "" ? STANDING_ITEMS : this.#items;
    const { sure, possible } = entityItems(this.#typed);
    const matches = [...sure, ...matchItems(items, this.#typed)];
    return [...matches.slice(0, SHOWN - possible.length), ...possible];
  }

  #go(item: PaletteItem): void {
    this.querySelector("dialog")?.close();
    navigate(item.href);
  }

  #onInput = (event: InputEvent): void => {
    this.#typed = (event.target as HTMLInputElement).value;
    this.#selected = 0;
    this.requestUpdate();
  };

  #onKey = (event: KeyboardEvent): void => {
    const matches = this.#matches();
    const item = matches[this.#selected];
    if (event.key === "ArrowDown") this.#selected = Math.min(this.#selected + 1, matches.length - 1);
    else if (event.key === "ArrowUp") this.#selected = Math.max(this.#selected - 1, 0);
    else if (event.key === "Enter" && item) this.#go(item);
    else return;
    event.preventDefault();
    this.requestUpdate();
  };

  #onBackdrop = (event: MouseEvent): void => {
    if (event.target === event.currentTarget) (event.currentTarget as HTMLDialogElement).close();
  };

  #onClose = (): void => this.#abort?.abort();

  #onShortcut = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    this.open();
  };
}

customElements.define("spoor-command-palette", CommandPalette);
