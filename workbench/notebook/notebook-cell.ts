import "./command/command-menu.ts";
import { closeCompletion } from "@codemirror/autocomplete";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { BESIDE_ATTRIBUTE } from "../../notebooks/document/merge.ts";
import type { CellMode, NotebookCell } from "../../notebooks/document/notebook.ts";
import type { CatalogEntry } from "../../server/api/api.ts";
import { View } from "../element/view.ts";
import { labelOf } from "./cell-kind.ts";
import { type CellState, NEW_CELL } from "./cell-state.ts";
import { cellStatus, stateWord } from "./cell-status.ts";
import { commandEntry, type MenuSection } from "./command/command-menu.ts";
import { CELL_KINDS, type CommandId } from "./command/commands.ts";
import { CellEditor } from "./editor/cell-editor.ts";
import { formatSql } from "./editor/sql-format.ts";
import { INPUT_KINDS, type InputKind } from "./input/input-cells.ts";

/** What a cell asks of its page. */
export interface CellActions {
  change(id: number, change: Partial<NotebookCell>): void;
  /** A command on this cell alone. */
  command(id: number, command: CommandId): void;
  insert(after: number | null, mode: CellMode): void;
  insertInput(after: number | null, kind: InputKind): void;
  /** Charts that suit the cell's rows. */
  charts(id: number): readonly { readonly label: string; readonly code: string }[];
  addChart(id: number, code: string): void;
  settle(copy: number, keep: "this" | "other" | "both" | "compare"): void;
  focused(id: number): void;
  /** Selects all from the active cell to this one. */
  extend(id: number): void;
  drag(id: number, event: DragEvent): void;
  laidOut(): void;
}

/** A text cursor, to be taken along when a cell gets another id. */
export interface EditorPlace {
  readonly anchor: number;
  readonly head: number;
}

/** One cell in the page: its editor and, below it, the empty place behind which the frame shows its output. */
export class NotebookCellView extends View {
  static override properties = {
    cell: { attribute: false },
    state: { attribute: false },
    catalog: { attribute: false },
    active: { type: Boolean },
    reachable: { type: Boolean },
    onDemand: { attribute: false },
    waitsFor: { attribute: false },
    people: { attribute: false },
    nowMs: { state: true },
  };

  declare cell: NotebookCell;
  declare state: CellState;
  declare catalog: readonly CatalogEntry[];
  declare actions: CellActions;
  declare active: boolean;
  /** The one cell to which Tab leads. */
  declare reachable: boolean;
  declare onDemand: boolean;
  /** Name of the cell on demand for which this one waits. */
  declare waitsFor: string | null;
  /** Others who work in this cell. */
  declare people: readonly string[];
  declare nowMs: number;
  #editor: CellEditor | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.state = NEW_CELL;
    this.catalog = [];
    this.active = false;
    this.reachable = false;
    this.onDemand = false;
    this.waitsFor = null;
    this.people = [];
    this.nowMs = performance.now();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("role", "group");
    this.addEventListener("focusin", this.#onFocus);
    // A cell that was moved comes back without its editor.
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    this.removeEventListener("focusin", this.#onFocus);
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

  /** Where the text cursor is, when the text is edited now. */
  get editorPlace(): EditorPlace | null {
    if (!this.#editor?.view.hasFocus) return null;
    const { anchor, head } = this.#editor.view.state.selection.main;
    return { anchor, head };
  }

  /** Offset of the text cursor in the cell. */
  get cursor(): number {
    return this.#editor?.view.state.selection.main.head ?? this.cell.value.length;
  }

  /** Puts the cursor into the editor, unfolding it when need be. */
  async edit(place?: EditorPlace): Promise<void> {
    if (!this.#unfolded()) this.actions.change(this.cell.id, { pinned: true });
    await this.updateComplete;
    const editor = this.#editor;
    if (!editor) return;
    editor.view.focus();
    if (place) {
      const within = (offset: number) => Math.min(offset, editor.view.state.doc.length);
      editor.view.dispatch({ selection: { anchor: within(place.anchor), head: within(place.head) } });
    }
  }

  /** Lists that the editor offered are no longer wanted. */
  closeOffers(): void {
    if (this.#editor) closeCompletion(this.#editor.view);
  }

  /** Lays the SQL out; a cell of another language stays as it is. */
  format(): void {
    const { mode, value, id } = this.cell;
    if (mode !== "sql") return;
    if (this.#editor) this.#editor.format();
    else this.actions.change(id, { value: formatSql(value) });
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
    const label = labelOf(cell.mode);
    return html`
      <div class="cell-gutter" @click=${(event: MouseEvent) => this.#pick(event)}>
        <button
          type="button"
          class="fold"
          aria-expanded=${unfolded}
          aria-label=${unfolded ? `Fold ${label} cell` : `Edit ${label} cell`}
          title=${unfolded ? "Fold (f)" : "Edit (Enter)"}
          @click=${(event: Event) => {
            event.stopPropagation();
            if (unfolded) this.#do("fold");
            else void this.edit();
          }}
        >
          ${unfolded ? "▾" : "▸"}
        </button>
        <span
          class="grip"
          draggable="true"
          title="Drag to move (Alt Shift ↑ ↓)"
          aria-hidden="true"
          @dragstart=${(event: DragEvent) => this.actions.drag(cell.id, event)}
          >⠿</span
        >
      </div>
      <div class="cell-body ${state.phase}">
        ${this.#versions()}
        ${
          unfolded
            ? html`<div class="cell-chrome">
                ${this.#header()}
                <div class="cell-editor"></div>
              </div>`
            : this.#foldedStatus()
        }
        ${state.error ? this.#error(state.error) : nothing}
        <div
          class="cell-output"
          style="height: ${cell.hidden ? 0 : state.outputHeight}px"
          ?data-empty=${state.outputHeight === 0 || cell.hidden}
        ></div>
      </div>
      <div class="cell-after">${insertionLine(cell.id, "Add a cell here", this.actions)}</div>
    `;
  }

  /** A folded cell shows its output alone, unless there is something to say. */
  #foldedStatus(): TemplateResult | typeof nothing {
    const { state } = this;
    const speaks = state.query || state.stale || state.phase === "waiting" || state.phase === "stopped";
    return speaks ? html`<div class="cell-folded">${this.#status()}</div>` : nothing;
  }

  #header(): TemplateResult {
    const { cell } = this;
    const isSql = cell.mode === "sql";
    return html`<div class="cell-head">
      <spoor-command-menu
        .label=${`Kind of cell: ${labelOf(cell.mode)}`}
        .text=${labelOf(cell.mode)}
        look="cell-mode"
        placement="bottom-start"
        .sections=${() => this.#kinds()}
      ></spoor-command-menu>
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
      ${this.onDemand ? html`<span class="cell-demand" title="Runs only when you ask (r)">on demand</span>` : nothing}
      ${this.#status()}
      ${this.people.length > 0 ? html`<span class="cell-people" role="status" title="Works in this cell now">${this.people.join(", ")}</span>` : nothing}
      <span class="cell-actions">
        ${
          isSql
            ? html`<button type="button" class="quiet" @click=${() => this.#do("pin")} title="Keep these rows as evidence in the hunt record (p)">
                  Pin finding
                </button>
                <button type="button" class="quiet" @click=${() => this.#do("promote")} title="Make a rule of this query (Shift P)">Promote</button>`
            : nothing
        }
        <button type="button" class="run" @click=${() => this.#do("run")} title="Run (Shift Enter)">Run</button>
        <spoor-command-menu label="More for this cell" .sections=${() => this.#menu()}></spoor-command-menu>
      </span>
    </div>`;
  }

  #onFocus = (): void => this.actions.focused(this.cell.id);

  #pick(event: MouseEvent): void {
    if (event.shiftKey) this.actions.extend(this.cell.id);
    else this.focus({ preventScroll: true });
  }

  #do = (command: CommandId): void => this.actions.command(this.cell.id, command);

  #kinds(): MenuSection[] {
    return [
      {
        title: "Make it",
        entries: CELL_KINDS.map(({ mode, command }) =>
          commandEntry(command, this.#do, { on: mode === this.cell.mode }),
        ),
      },
    ];
  }

  #menu(): MenuSection[] {
    const { cell } = this;
    const entry = (id: CommandId, more?: Parameters<typeof commandEntry>[2]) =>
      commandEntry(id, this.#do, more);
    const isSql = cell.mode === "sql";
    const charts = isSql ? this.actions.charts(cell.id) : [];
    return [
      {
        title: "Run",
        entries: [
          entry("run"),
          entry("runAbove"),
          entry("runBelow"),
          entry("demand", { on: this.onDemand }),
          entry("clearOutput"),
        ],
      },
      ...(isSql
        ? [
            {
              title: "Use the rows",
              entries: [
                entry("pin"),
                entry("promote"),
                ...charts.map(({ label, code }) => ({
                  label: `Add chart: ${label}`,
                  act: () => this.actions.addChart(cell.id, code),
                })),
              ],
            },
          ]
        : []),
      {
        title: "Arrange",
        entries: [
          entry("moveUp"),
          entry("moveDown"),
          entry("duplicate"),
          entry("cut"),
          entry("copy"),
          entry("paste"),
          entry("split"),
          entry("join"),
          ...(isSql ? [entry("format")] : []),
          entry("fold"),
          entry("hideOutput", { label: cell.hidden ? "Show the output" : "Hide the output" }),
          entry("delete", { danger: true }),
        ],
      },
    ];
  }

  #status(): TemplateResult {
    const { cell, onDemand, waitsFor } = this;
    return cellStatus(this.state, { mode: cell.mode, hidden: cell.hidden, onDemand, waitsFor }, this.nowMs, {
      run: () => this.#do("run"),
      cancel: () => this.#do("cancel"),
    });
  }

  #versions(): TemplateResult | typeof nothing {
    const { id, attributes } = this.cell;
    if (!(BESIDE_ATTRIBUTE in attributes)) return nothing;
    const choose = (keep: Parameters<CellActions["settle"]>[1]) => () => this.actions.settle(id, keep);
    return html`<div class="cell-versions" role="note">
      <p>Two people wrote the cell above at the same time. This is the other version.</p>
      <span class="buttons">
        <button type="button" class="button small" @click=${choose("compare")}>Compare</button>
        <button type="button" class="button small" @click=${choose("this")}>Keep this one</button>
        <button type="button" class="button small" @click=${choose("other")}>Keep the one above</button>
        <button type="button" class="button small" @click=${choose("both")}>Keep both</button>
      </span>
    </div>`;
  }

  #error(error: NonNullable<CellState["error"]>): TemplateResult {
    const where = error.offset !== null && this.#editor ? this.#editor.position(error.offset) : null;
    return html`<div class="cell-error" role="alert">${where ? html`<strong>${where}: </strong>` : nothing}${error.message}</div>`;
  }

  #rename(text: string): void {
    const name = text.trim();
    if (name !== "" && !/^[A-Za-z_$][\w$]*$/.test(name)) {
      this.requestUpdate();
      return;
    }
    this.actions.change(this.cell.id, { output: name === "" ? null : name });
    if (!this.onDemand) this.#do("run");
  }

  protected override willUpdate(): void {
    const { cell, state } = this;
    this.tabIndex = this.reachable ? 0 : -1;
    const name = cell.output ? ` ${cell.output}` : "";
    this.ariaLabel = `${labelOf(cell.mode)} cell${name}, ${stateWord(state, this.waitsFor !== null)}`;
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
        run: () => this.#do("run"),
        runAll: () => this.#do("runAll"),
        save: () => this.#do("save"),
        move: (by) => this.#do(by < 0 ? "moveUp" : "moveDown"),
        focused: () => this.actions.focused(id),
      });
    } else {
      if (changed.has("cell")) this.#editor.setValue(this.cell.value);
      if (changed.has("catalog") || (changed.has("cell") && changed.get("cell")?.mode !== this.cell.mode))
        this.#editor.configure(this.cell.mode, this.catalog);
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
    this.actions.laidOut();
  }
}

/** The line between two cells that adds one. */
export function insertionLine(
  after: number | null,
  label: string,
  actions: Pick<CellActions, "insert" | "insertInput">,
): TemplateResult {
  return html`<div class="cell-insertion" role="group" aria-label=${label}>
    <span aria-hidden="true">+</span>${CELL_KINDS.map(
      ({ mode, label: kind }) =>
        html`<button type="button" @click=${() => actions.insert(after, mode)}>${kind}</button>`,
    )}<spoor-command-menu
      label="Add an input"
      text="Input ▾"
      look="input"
      placement="bottom-start"
      .sections=${() => [
        {
          title: "Input",
          entries: INPUT_KINDS.map(({ kind, label: name, hint }) => ({
            label: name,
            hint,
            act: () => actions.insertInput(after, kind),
          })),
        },
      ]}
    ></spoor-command-menu>
  </div>`;
}

customElements.define("spoor-notebook-cell", NotebookCellView);
