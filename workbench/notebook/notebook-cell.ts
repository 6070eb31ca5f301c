import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { CellMode, NotebookCell } from "../../notebooks/document/notebook.ts";
import type { CatalogEntry } from "../../server/api/api.ts";
import { View } from "../element/view.ts";
import { CellEditor, labelOf } from "./cell-editor.ts";
import { type CellState, NEW_CELL } from "./cell-state.ts";

/** What a cell asks of its page. */
export interface CellActions {
  change(id: number, change: Partial<NotebookCell>): void;
  run(id: number): void;
  runAll(): void;
  save(): void;
  cancel(id: number): void;
  move(id: number, by: -1 | 1): void;
  duplicate(id: number): void;
  remove(id: number): void;
  pin(id: number): void;
  promote(id: number): void;
  insert(after: number | null, mode: CellMode): void;
  focused(id: number): void;
  laidOut(): void;
}

/** One cell in the page: its editor and, below it, the empty place behind which the frame shows its output. */
export class NotebookCellView extends View {
  static override properties = {
    cell: { attribute: false },
    state: { attribute: false },
    catalog: { attribute: false },
    active: { type: Boolean },
    menuOpen: { state: true },
    nowMs: { state: true },
  };

  declare cell: NotebookCell;
  declare state: CellState;
  declare catalog: readonly CatalogEntry[];
  declare actions: CellActions;
  declare active: boolean;
  declare menuOpen: boolean;
  declare nowMs: number;
  #editor: CellEditor | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.state = NEW_CELL;
    this.catalog = [];
    this.active = false;
    this.menuOpen = false;
    this.nowMs = performance.now();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // A cell that was moved comes back without its editor.
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#editor?.destroy();
    this.#editor = null;
    super.disconnectedCallback();
  }

  /** The place of the output in the page. */
  get outputSlot(): HTMLElement | null {
    return this.querySelector(".cell-output");
  }

  /** Puts the cursor into the editor, unfolding it when need be. */
  async edit(): Promise<void> {
    if (!this.#unfolded()) this.actions.change(this.cell.id, { pinned: true });
    await this.updateComplete;
    this.#editor?.view.focus();
  }

  insert(text: string): void {
    void this.edit().then(() => this.#editor?.insert(text));
  }

  #unfolded(): boolean {
    return this.cell.pinned || (this.cell.value.trim() === "" && this.cell.mode === "md");
  }

  override render(): unknown {
    const { cell, state } = this;
    const unfolded = this.#unfolded();
    return html`
      <div class="cell-gutter">
        <button
          type="button"
          class="fold"
          aria-expanded=${unfolded}
          aria-label=${unfolded ? `Fold ${labelOf(cell.mode)} cell` : `Edit ${labelOf(cell.mode)} cell`}
          title=${unfolded ? "Fold" : "Edit"}
          @click=${() => (unfolded ? this.actions.change(cell.id, { pinned: false }) : void this.edit())}
        >
          ${unfolded ? "▾" : "▸"}
        </button>
      </div>
      <div class="cell-body ${state.phase}">
        ${
          unfolded
            ? html`<div class="cell-chrome">
                ${this.#header()}
                <div class="cell-editor"></div>
              </div>`
            : nothing
        }
        ${state.error ? this.#error(state.error) : nothing}
        <div
          class="cell-output"
          style="height: ${state.outputHeight}px"
          ?data-empty=${state.outputHeight === 0}
        ></div>
      </div>
      <div class="cell-after">${this.#insertion()}</div>
    `;
  }

  #header(): TemplateResult {
    const { cell } = this;
    const isSql = cell.mode === "sql";
    return html`<div class="cell-head">
      <span class="cell-mode">${labelOf(cell.mode)}</span>
      ${
        isSql
          ? html`<label class="cell-name"
              ><span>as</span
              ><input
                type="text"
                size=${Math.max(8, (cell.output ?? "").length + 1)}
                .value=${cell.output ?? ""}
                placeholder="name"
                aria-label="Name by which other cells read the rows"
                title="Name by which other cells read the rows"
                spellcheck="false"
                @change=${(event: Event) => this.#rename((event.target as HTMLInputElement).value)}
            /></label>`
          : nothing
      }
      ${this.#status()}
      <span class="cell-actions">
        ${
          isSql
            ? html`<button type="button" @click=${() => this.actions.pin(cell.id)} title="Keep these rows as evidence in the hunt record">
                  Pin finding
                </button>
                <button type="button" @click=${() => this.actions.promote(cell.id)} title="Make a rule of this query">Promote</button>`
            : nothing
        }
        <button type="button" class="run" @click=${() => this.actions.run(cell.id)} title="Run (Shift-Enter)">Run</button>
        <span class="cell-menu">
          <button
            type="button"
            class="more"
            aria-label="More for this cell"
            aria-expanded=${this.menuOpen}
            @click=${() => {
              this.menuOpen = !this.menuOpen;
            }}
          >
            ⋯
          </button>
          ${this.menuOpen ? this.#menu() : nothing}
        </span>
      </span>
    </div>`;
  }

  #menu(): TemplateResult {
    const { id, hidden } = this.cell;
    const entry = (label: string, keys: string, action: () => void) =>
      html`<button
        type="button"
        role="menuitem"
        @click=${() => {
          this.menuOpen = false;
          action();
        }}
      >
        <span>${label}</span><kbd>${keys}</kbd>
      </button>`;
    return html`<div
      class="cell-menu-list"
      role="menu"
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === "Escape") this.menuOpen = false;
      }}
      @focusout=${(event: FocusEvent) => {
        if (!(event.currentTarget as Element).contains(event.relatedTarget as Node | null))
          this.menuOpen = false;
      }}
    >
      ${entry("Move up", "Alt Shift ↑", () => this.actions.move(id, -1))}
      ${entry("Move down", "Alt Shift ↓", () => this.actions.move(id, 1))}
      ${entry("Duplicate", "", () => this.actions.duplicate(id))}
      ${entry(hidden ? "Show output" : "Hide output", "", () => this.actions.change(id, { hidden: !hidden }))}
      ${entry("Delete", "", () => this.actions.remove(id))}
    </div>`;
  }

  #status(): TemplateResult {
    const { state, cell } = this;
    if (state.query) {
      const seconds = Math.max(0, this.nowMs - state.query.startedMs) / 1000;
      const megabytes = state.query.receivedBytes / 1e6;
      return html`<span class="cell-status running" role="status"
        ><span class="cell-pulse" aria-hidden="true"></span>${seconds.toFixed(1)} s${megabytes >= 0.1 ? ` · ${megabytes.toFixed(1)} MB` : ""}
        <button type="button" class="cancel" @click=${() => this.actions.cancel(cell.id)}>Cancel</button></span
      >`;
    }
    if (state.edited) return html`<span class="cell-status edited" title="Shift-Enter runs it">edited</span>`;
    if (state.phase === "stopped") return html`<span class="cell-status">stopped</span>`;
    if (state.phase === "failed") return html`<span class="cell-status failed">failed</span>`;
    if (state.elapsedMs !== null && cell.mode === "sql") {
      return html`<span class="cell-status">${formatElapsed(state.elapsedMs)}</span>`;
    }
    return html`<span class="cell-status"></span>`;
  }

  #error(error: NonNullable<CellState["error"]>): TemplateResult {
    const where = error.offset !== null && this.#editor ? this.#editor.position(error.offset) : null;
    return html`<div class="cell-error" role="alert">${where ? html`<strong>${where}: </strong>` : nothing}${error.message}</div>`;
  }

  #insertion(): TemplateResult {
    const add = (mode: CellMode) =>
      html`<button type="button" @click=${() => this.actions.insert(this.cell.id, mode)}>${labelOf(mode)}</button>`;
    return html`<div class="cell-insertion" role="group" aria-label="Add a cell here">
      <span aria-hidden="true">+</span>${add("sql")}${add("md")}${add("js")}
    </div>`;
  }

  #rename(text: string): void {
    const name = text.trim();
    if (name !== "" && !/^[A-Za-z_$][\w$]*$/.test(name)) {
      this.requestUpdate();
      return;
    }
    this.actions.change(this.cell.id, { output: name === "" ? null : name });
    this.actions.run(this.cell.id);
  }

  protected override updated(changed: PropertyValues<this>): void {
    const place = this.querySelector<HTMLElement>(".cell-editor");
    if (!place) {
      this.#editor?.destroy();
      this.#editor = null;
    } else if (!this.#editor || this.#editor.view.dom.parentElement !== place) {
      this.#editor?.destroy();
      const { id } = this.cell;
      this.#editor = new CellEditor(place, this.cell.value, this.cell.mode, this.catalog, {
        changed: (value) => this.actions.change(id, { value }),
        run: () => this.actions.run(id),
        runAll: () => this.actions.runAll(),
        save: () => this.actions.save(),
        move: (by) => this.actions.move(id, by),
        focused: () => this.actions.focused(id),
      });
    } else {
      if (changed.has("cell")) this.#editor.setValue(this.cell.value);
      if (changed.has("catalog")) this.#editor.configure(this.cell.mode, this.catalog);
    }
    if (changed.has("state")) {
      if (this.#editor && changed.get("state")?.error !== this.state.error) {
        this.#editor.markError(this.state.error?.offset ?? null);
        if (this.state.error) this.requestUpdate();
      }
      if (this.state.query && this.#timer === undefined) {
        this.#timer = setInterval(() => {
          this.nowMs = performance.now();
        }, 100);
      } else if (!this.state.query) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
    if (this.menuOpen && changed.has("menuOpen"))
      this.querySelector<HTMLElement>(".cell-menu-list button")?.focus();
    this.actions.laidOut();
  }
}

function formatElapsed(elapsedMs: number): string {
  return elapsedMs < 1000 ? `${Math.round(elapsedMs)} ms` : `${(elapsedMs / 1000).toFixed(1)} s`;
}

customElements.define("spoor-notebook-cell", NotebookCellView);
