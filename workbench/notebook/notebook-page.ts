import "./dataset-panel.ts";
import "./hunt-panel.ts";
import "./notebook-cell.ts";
import "./question-dialog.ts";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { sqlWithLiterals } from "../../notebooks/document/bind-interpolations.ts";
import {
  type CellMode,
  type NotebookCell,
  type NotebookDocument,
  newNotebook,
} from "../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import {
  EMPTY_HUNT,
  type Finding,
  type HuntRecord,
  huntOf,
  isHuntCell,
  pinFinding,
  withHunt,
} from "../../notebooks/hunt/hunt-record.ts";
import type { CatalogEntry, NotebookFile } from "../../server/api/api.ts";
import { type ApiFailure, asFailure } from "../api/api-failure.ts";
import { client } from "../api/browser-client.ts";
import { emptyState } from "../element/empty-state.ts";
import { renderFailure } from "../element/failure.ts";
import { View } from "../element/view.ts";
import type { ErrorPlace } from "../frame/protocol.ts";
import { leaveGuard } from "../route/leave-guard.ts";
import { navigate } from "../route/navigate.ts";
import { quotedName } from "./cell-editor.ts";
import { type CellState, NEW_CELL } from "./cell-state.ts";
import { changeCell, duplicateCell, insertCell, moveCell, removeCell } from "./edit-notebook.ts";
import { type AskedQuery, FrameHost } from "./frame-host.ts";
import type { Recheck } from "./hunt-panel.ts";
import { offsetInCell } from "./interpolation-spans.ts";
import type { CellActions, NotebookCellView } from "./notebook-cell.ts";
import { evidenceOf, FINDING_ROW_LIMIT } from "./pin-finding.ts";
import type { QuestionDialog } from "./question-dialog.ts";

const SAVE_AFTER_MS = 1200;
const RULE_NAME = "[a-z0-9][a-z0-9\\-]{0,63}";

type Saving = "saved" | "unsaved" | "saving" | "conflict" | "failed";

/** One notebook: cells in a column, datasets and the hunt record beside it. */
export class NotebookPage extends View {
  static override properties = {
    name: { type: String },
    notebook: { state: true },
    states: { state: true },
    catalog: { state: true },
    saving: { state: true },
    failure: { state: true },
    missing: { state: true },
    busy: { state: true },
    stopped: { state: true },
    activeCell: { state: true },
    removed: { state: true },
    rechecks: { state: true },
    side: { state: true },
  };

  declare name: string;
  declare notebook: NotebookDocument | null;
  declare states: ReadonlyMap<number, CellState>;
  declare catalog: readonly CatalogEntry[];
  declare saving: Saving;
  declare failure: ApiFailure | null;
  declare missing: boolean;
  declare busy: boolean;
  declare stopped: boolean;
  declare activeCell: number | null;
  declare removed: { readonly before: NotebookDocument; readonly label: string } | null;
  declare rechecks: ReadonlyMap<string, Recheck>;
  declare side: "hunt" | "data";

  #revision: string | null = null;
  #savedHtml = "";
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #saveAgain = false;
  #withdrawGuard: (() => void) | null = null;
  #layoutAsked = false;
  #ranValues = new Map<number, string>();
  #resized = new ResizeObserver(() => this.#askLayout());
  #themeChanged = new MutationObserver(() => this.#sendTheme());
  readonly #darkSystem = matchMedia("(prefers-color-scheme: dark)");

  readonly #frame = new FrameHost(client, {
    height: (id, height) => this.#setState(id, { outputHeight: height }),
    pending: (id) => this.#setState(id, { phase: "running" }),
    fulfilled: (id) => this.#setState(id, { phase: "done", error: null }),
    rejected: (id, message, place) => this.#failed(id, message, place, null),
    queryChanged: (query, phase, receivedBytes) => this.#queryChanged(query, phase, receivedBytes),
    busyChanged: (busy) => {
      this.busy = busy;
    },
    save: () => void this.#save(),
  });

  readonly #actions: CellActions = {
    change: (id, change) => this.#changeCell(id, change),
    run: (id) => void this.#run([id]),
    runAll: () => void this.#runAll(),
    save: () => void this.#save(),
    cancel: (id) => this.#frame.cancel(id),
    move: (id, by) => this.#edit(moveCell(this.notebook!, id, by, isHuntCell)),
    duplicate: (id) => {
      const { notebook, id: copy } = duplicateCell(this.notebook!, id);
      this.#edit(notebook);
      void this.#run([copy]);
    },
    remove: (id) => this.#remove(id),
    pin: (id) => this.#pin(id),
    promote: (id) => this.#promote(id),
    insert: (after, mode) => this.#insert(after, mode),
    focused: (id) => {
      this.activeCell = id;
    },
    laidOut: () => this.#askLayout(),
  };

  constructor() {
    super();
    this.name = "";
    this.notebook = null;
    this.states = new Map();
    this.catalog = [];
    this.saving = "saved";
    this.failure = null;
    this.missing = false;
    this.busy = false;
    this.stopped = false;
    this.activeCell = null;
    this.removed = null;
    this.rechecks = new Map();
    this.side = "hunt";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#withdrawGuard = leaveGuard.hold(() =>
      this.saving === "saved" ? null : "This notebook has changes that are not saved.",
    );
    this.#themeChanged.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#darkSystem.addEventListener("change", this.#sendTheme);
    window.addEventListener("keydown", this.#onKey);
    void client.catalog().then(
      (catalog) => {
        this.catalog = [...catalog].sort((left, right) => left.name.localeCompare(right.name));
      },
      () => undefined,
    );
    void this.#load();
  }

  override disconnectedCallback(): void {
    this.#withdrawGuard?.();
    this.#themeChanged.disconnect();
    this.#darkSystem.removeEventListener("change", this.#sendTheme);
    window.removeEventListener("keydown", this.#onKey);
    this.#resized.disconnect();
    if (this.saving === "unsaved") void this.#save();
    clearTimeout(this.#saveTimer);
    this.#frame.stop();
    super.disconnectedCallback();
  }

  async #load(): Promise<void> {
    this.failure = null;
    try {
      this.#take(await client.notebook(this.name));
    } catch (error) {
      const failure = asFailure(error);
      if (failure.status === 404) this.missing = true;
      else this.failure = failure;
    }
  }

  #take(file: NotebookFile): void {
    this.missing = false;
    this.notebook = parseNotebook(file.html);
    this.#revision = file.revision;
    this.#savedHtml = file.html;
    this.saving = "saved";
    this.states = new Map();
    this.#ranValues.clear();
    document.title = `${this.notebook.title} · Spoor`;
    void this.updateComplete.then(() => this.#restart(true));
  }

  async #create(): Promise<void> {
    const notebook = newNotebook({
      title: this.name.replaceAll("-", " ").replace(/^./, (first) => first.toUpperCase()),
    });
    const withCell = insertCell(notebook, null, "sql").notebook;
    try {
      this.#take(await client.saveNotebook(this.name, serializeNotebook(withCell), null));
    } catch (error) {
      this.failure = asFailure(error);
    }
  }

  override render(): unknown {
    if (this.missing) {
      return html`<div class="notebook-missing">
        ${emptyState(`There is no notebook “${this.name}” yet`, "Make it, ask the first question, and keep what you find.")}
        <button type="button" class="button primary" @click=${() => void this.#create()}>Make this notebook</button>
      </div>`;
    }
    if (this.failure) {
      return renderFailure(this.failure, {
        title: "The notebook could not be opened",
        retry: () => void this.#load(),
      });
    }
    const { notebook } = this;
    if (!notebook) return html`<p class="muted" role="status">Opening the notebook…</p>`;
    const parsedHunt = huntOf(notebook);
    const cells = notebook.cells.filter((cell) => !isHuntCell(cell));
    return html`
      ${this.#toolbar(notebook)} ${this.#banners(parsedHunt.ok)}
      <div class="notebook">
        <div class="notebook-column">
          <div class="frame-place"></div>
          <div class="notebook-cells">
            <div class="cell-after first">${this.#insertion()}</div>
            ${repeat(
              cells,
              ({ id }) => id,
              (cell) =>
                html`<spoor-notebook-cell
                  data-cell=${cell.id}
                  .cell=${cell}
                  .state=${this.states.get(cell.id) ?? NEW_CELL}
                  .catalog=${this.catalog}
                  .actions=${this.#actions}
                  ?active=${cell.id === this.activeCell}
                ></spoor-notebook-cell>`,
            )}
          </div>
        </div>
        <aside class="notebook-side">
          <div class="tabs" role="tablist">
            ${this.#tab("hunt", "Hunt")}${this.#tab("data", "Datasets")}
          </div>
          ${
            this.side === "hunt"
              ? html`<spoor-hunt-panel
                  .hunt=${parsedHunt.ok ? parsedHunt.value : EMPTY_HUNT}
                  .rechecks=${this.rechecks}
                  .change=${(hunt: HuntRecord) => this.#changeHunt(hunt)}
                  .recheck=${(finding: Finding) => void this.#recheck(finding)}
                  .show=${(id: number) => this.#show(id)}
                ></spoor-hunt-panel>`
              : html`<spoor-dataset-panel .catalog=${this.catalog} .insert=${this.#insertName}></spoor-dataset-panel>`
          }
        </aside>
      </div>
      <spoor-question-dialog></spoor-question-dialog>
    `;
  }

  #tab(side: "hunt" | "data", label: string): TemplateResult {
    return html`<button
      type="button"
      role="tab"
      aria-selected=${this.side === side}
      @click=${() => {
        this.side = side;
      }}
    >
      ${label}
    </button>`;
  }

  #toolbar(notebook: NotebookDocument): TemplateResult {
    const hunt = huntOf(notebook);
    return html`<header class="notebook-toolbar">
      <input
        class="notebook-title"
        type="text"
        aria-label="Title"
        .value=${notebook.title}
        @change=${(event: Event) => this.#edit({ ...notebook, title: (event.target as HTMLInputElement).value.trim() || "Untitled" })}
      />
      ${hunt.ok ? html`<span class="hunt-state ${hunt.value.state}">${hunt.value.state}</span>` : nothing}
      <span class="notebook-saving ${this.saving}" role="status">${this.#saveText()}</span>
      ${this.#running()}
      <span class="buttons">
        <button
          type="button"
          class="button small"
          ?disabled=${this.stopped}
          @click=${() => this.#stop()}
          title="Ends every running cell and query and clears what they show. Your text stays; Run all starts afresh."
        >
          Stop
        </button>
        <button type="button" class="button small primary" @click=${() => void this.#runAll()} title="Runs every cell, top to bottom (Ctrl Shift Enter)">Run all</button>
      </span>
    </header>`;
  }

  #running(): TemplateResult | typeof nothing {
    const running = [...this.states.values()].filter(
      ({ phase, query }) => phase === "running" || query !== null,
    ).length;
    if (running === 0) return nothing;
    return html`<span class="notebook-running" role="status"
      ><span class="cell-pulse" aria-hidden="true"></span>${running === 1 ? "1 cell runs" : `${running} cells run`}</span
    >`;
  }

  #saveText(): string {
    switch (this.saving) {
      case "saved":
        return "Saved";
      case "unsaved":
        return "Not saved yet";
      case "saving":
        return "Saving…";
      case "conflict":
        return "Conflict";
      case "failed":
        return "Not saved: the server did not take it";
    }
  }

  #banners(huntIsSound: boolean): TemplateResult {
    return html`
      ${
        this.saving === "conflict"
          ? html`<div class="notice warning notebook-notice" role="alert">
              <p>
                <strong>Somebody else saved this notebook since you opened it.</strong> Nothing is lost: your version is
                still here and not yet saved.
              </p>
              <div class="buttons">
                <button type="button" class="button small" @click=${() => void this.#keepCopy()}>
                  Save mine as a copy and open theirs
                </button>
                <button type="button" class="button small" @click=${() => void this.#overwrite()}>
                  Replace theirs with mine
                </button>
              </div>
            </div>`
          : nothing
      }
      ${
        this.busy
          ? html`<div class="notice warning notebook-notice" role="alert">
              <p><strong>A cell keeps the notebook busy.</strong> It may never end. Your text is safe.</p>
              <button type="button" class="button small" @click=${() => this.#stop()}>Stop the cells</button>
            </div>`
          : nothing
      }
      ${
        this.stopped
          ? html`<div class="notice notebook-notice" role="status">
              <p>The cells are stopped. Change what held them up, then run all.</p>
              <button type="button" class="button small" @click=${() => void this.#runAll()}>Run all</button>
            </div>`
          : nothing
      }
      ${
        this.removed
          ? html`<div class="notice notebook-notice" role="status">
              <p>${this.removed.label}</p>
              <button type="button" class="button small" @click=${() => this.#restore()}>Undo</button>
            </div>`
          : nothing
      }
      ${
        huntIsSound
          ? nothing
          : html`<div class="notice bad notebook-notice" role="alert">
              The hunt record in this file cannot be read. It is kept as it is and shown as the last cell's text in the file.
            </div>`
      }
    `;
  }

  #insertion(): TemplateResult {
    const add = (mode: CellMode, label: string) =>
      html`<button type="button" @click=${() => this.#insert(null, mode)}>${label}</button>`;
    return html`<div class="cell-insertion" role="group" aria-label="Add a cell at the top">
      <span aria-hidden="true">+</span>${add("sql", "SQL")}${add("md", "Markdown")}${add("js", "JavaScript")}
    </div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("notebook")) {
      const column = this.querySelector(".notebook-cells");
      if (column) this.#resized.observe(column);
    }
    this.#askLayout();
  }

  // Editing and saving

  #edit(notebook: NotebookDocument): void {
    this.notebook = notebook;
    if (this.saving !== "conflict") this.saving = "unsaved";
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => void this.#save(), SAVE_AFTER_MS);
  }

  #changeCell(id: number, change: Partial<NotebookCell>): void {
    if (!this.notebook) return;
    this.#edit(changeCell(this.notebook, id, change));
    if (change.value !== undefined) this.#setState(id, { edited: change.value !== this.#ranValues.get(id) });
    if (change.hidden !== undefined) void this.#run([id]);
  }

  #changeHunt(hunt: HuntRecord): void {
    if (this.notebook && huntOf(this.notebook).ok) this.#edit(withHunt(this.notebook, hunt));
  }

  async #save(): Promise<void> {
    clearTimeout(this.#saveTimer);
    if (!this.notebook || this.saving === "conflict") return;
    if (this.saving === "saving") {
      this.#saveAgain = true;
      return;
    }
    const htmlText = serializeNotebook(this.notebook);
    if (htmlText === this.#savedHtml) {
      this.saving = "saved";
      return;
    }
    this.saving = "saving";
    try {
      const file = await client.saveNotebook(this.name, htmlText, this.#revision);
      this.#revision = file.revision;
      this.#savedHtml = htmlText;
      this.saving = "saved";
    } catch (error) {
      const failure = asFailure(error);
      this.saving = failure.status === 409 ? "conflict" : "failed";
      if (this.saving === "failed") this.#saveTimer = setTimeout(() => void this.#save(), 5000);
    }
    if (
      this.#saveAgain ||
      (this.saving === "saved" && serializeNotebook(this.notebook) !== this.#savedHtml)
    ) {
      this.#saveAgain = false;
      if (this.saving === "saved") {
        this.saving = "unsaved";
        void this.#save();
      }
    }
  }

  /** Keeps the reader's version under a name of its own, then shows what the other person saved. */
  async #keepCopy(): Promise<void> {
    if (!this.notebook) return;
    const stamp = new Date().toISOString().slice(0, 19).replace(/\D/g, "");
    const copy = `${this.name.slice(0, 44)}-mine-${stamp}`;
    try {
      const titled = { ...this.notebook, title: `${this.notebook.title} (my version)` };
      await client.saveNotebook(copy, serializeNotebook(titled), null);
      this.#take(await client.notebook(this.name));
      this.removed = null;
    } catch (error) {
      this.failure = null;
      alert(`The copy could not be saved: ${asFailure(error).message}`);
    }
  }

  async #overwrite(): Promise<void> {
    try {
      this.#revision = (await client.notebook(this.name)).revision;
      this.saving = "unsaved";
      await this.#save();
    } catch (error) {
      alert(`It could not be saved: ${asFailure(error).message}`);
    }
  }

  #insert(after: number | null, mode: CellMode, value = ""): void {
    if (!this.notebook) return;
    const { notebook, id } = insertCell(this.notebook, after, mode, value);
    this.#edit(changeCell(notebook, id, { pinned: true }));
    void this.updateComplete.then(() => void this.#cellView(id)?.edit());
  }

  #remove(id: number): void {
    if (!this.notebook) return;
    const before = this.notebook;
    this.#frame.remove(id);
    this.#ranValues.delete(id);
    this.#edit(removeCell(before, id));
    this.removed = { before, label: "Cell deleted." };
    setTimeout(() => {
      if (this.removed?.before === before) this.removed = null;
    }, 8000);
  }

  #restore(): void {
    const before = this.removed?.before;
    this.removed = null;
    if (!before || !this.notebook) return;
    const gone = before.cells.filter(({ id }) => !this.notebook!.cells.some((cell) => cell.id === id));
    let { notebook } = this;
    for (const cell of gone) {
      const index = before.cells.indexOf(cell);
      const cells = [...notebook.cells];
      cells.splice(Math.min(index, cells.length), 0, cell);
      notebook = { ...notebook, cells };
    }
    this.#edit(notebook);
    void this.#run(gone.map(({ id }) => id));
  }

  #insertName = (text: string, entry: CatalogEntry | null): void => {
    const active = this.notebook?.cells.find(({ id }) => id === this.activeCell);
    if (active && active.mode === "sql") this.#cellView(active.id)?.insert(text);
    else if (entry) {
      const last = this.notebook?.cells.filter((cell) => !isHuntCell(cell)).at(-1)?.id ?? null;
      this.#insert(
        active?.id ?? last,
        "sql",
        `SELECT *\nFROM ${quotedName(entry.name)}\nORDER BY _time\nLIMIT 100`,
      );
    }
  };

  // Running

  #restart(run: boolean): void {
    const place = this.querySelector(".frame-place");
    if (!place) return;
    this.#frame.start(place);
    this.#sendTheme();
    this.stopped = !run;
    this.#ranValues.clear();
    if (run) void this.#runAll();
  }

  async #runAll(): Promise<void> {
    if (this.stopped) {
      this.stopped = false;
      const place = this.querySelector(".frame-place");
      if (place) this.#frame.start(place);
      this.#sendTheme();
    }
    await this.#run((this.notebook?.cells ?? []).filter((cell) => !isHuntCell(cell)).map(({ id }) => id));
  }

  async #run(ids: readonly number[]): Promise<void> {
    const cells = (this.notebook?.cells ?? []).filter(({ id }) => ids.includes(id));
    if (cells.length === 0) return;
    if (this.stopped) {
      await this.#runAll();
      return;
    }
    for (const { id, value } of cells) {
      this.#ranValues.set(id, value);
      this.#setState(id, { edited: false, error: null, phase: "running", elapsedMs: null });
    }
    try {
      const transpiled = await client.transpile(
        cells.map(({ id, mode, value, hidden, output }) => ({ id, mode, value, hidden, output })),
      );
      const programs = cells.flatMap((cell) => {
        const result = transpiled.find(({ id }) => id === cell.id);
        return result && this.#ranValues.get(cell.id) === cell.value
          ? [{ id: cell.id, mode: cell.mode, hidden: cell.hidden, transpiled: result }]
          : [];
      });
      for (const { id, transpiled: result } of programs) {
        if (!result.ok)
          this.#failed(id, result.error ?? "This cell cannot be read.", null, result.errorOffset);
      }
      this.#frame.define(programs);
    } catch (error) {
      for (const { id } of cells) this.#failed(id, asFailure(error).message, null, null);
    }
  }

  #stop(): void {
    this.#frame.stop();
    this.stopped = true;
    for (const [id, state] of this.states) {
      this.#setState(id, {
        phase: state.phase === "failed" ? "failed" : "stopped",
        query: null,
        outputHeight: 0,
      });
    }
  }

  #queryChanged(query: AskedQuery, phase: "running" | "done" | "failed", receivedBytes: number): void {
    if (this.#frame.asked(query.cell)?.id !== query.id) return;
    this.#setState(query.cell, {
      query: phase === "running" ? { startedMs: query.startedMs, receivedBytes } : null,
      elapsedMs: phase === "running" ? null : performance.now() - query.startedMs,
    });
  }

  #failed(id: number, message: string, place: ErrorPlace | null, offset: number | null): void {
    const cell = this.notebook?.cells.find((candidate) => candidate.id === id);
    if (!cell) return;
    const known = this.states.get(id)?.error;
    // The frame repeats a syntax error that the page has shown with its position already.
    if (known && known.message === message && known.offset !== null && place === null) return;
    const at =
      offset ?? (place && this.#ranValues.get(id) === cell.value ? offsetInCell(cell.value, place) : null);
    this.#setState(id, { phase: "failed", error: { message, place, offset: at }, query: null });
  }

  #setState(id: number, change: Partial<CellState>): void {
    const states = new Map(this.states);
    states.set(id, { ...(states.get(id) ?? NEW_CELL), ...change });
    this.states = states;
  }

  // Findings and rules

  #pin(id: number): void {
    const query = this.#frame.asked(id);
    if (!query) {
      this.#explain("Run the cell first", "A finding keeps the rows of a query: run this cell, then pin it.");
      return;
    }
    void this.#dialog?.ask({
      title: "Pin finding",
      explanation: html`<p>
        The query is asked once more with the values it has now, and the hunt record keeps it with the number of rows (at
        most ${FINDING_ROW_LIMIT.toLocaleString("en-US")}), their time range, the versions of the datasets and a hash of the rows.
      </p>`,
      fields: [{ name: "note", label: "What does it show?", value: "", long: true }],
      confirm: "Pin finding",
      answer: async ({ note = "" }) => {
        const finding = await evidenceOf(client, query, {
          id: crypto.randomUUID(),
          note,
          at: new Date().toISOString(),
        });
        const hunt = huntOf(this.notebook!);
        if (!hunt.ok)
          throw new Error("The hunt record of this file cannot be read, so nothing can be added to it.");
        this.#changeHunt(pinFinding(hunt.value, finding));
        this.side = "hunt";
        await this.#save();
      },
    });
  }

  async #recheck(finding: Finding): Promise<void> {
    const set = (check: Recheck) => {
      this.rechecks = new Map(this.rechecks).set(finding.id, check);
    };
    set("checking");
    try {
      const now = await evidenceOf(client, finding, { id: finding.id, note: finding.note, at: finding.at });
      set(now.dataHash === finding.dataHash ? "holds" : "differs");
    } catch {
      set("failed");
    }
  }

  #promote(id: number): void {
    const query = this.#frame.asked(id);
    if (!query) {
      this.#explain(
        "Run the cell first",
        "A rule is made of a query that ran: run this cell, then promote it.",
      );
      return;
    }
    const sql = sqlWithLiterals(query);
    const filled = Object.keys(query.parameters).length;
    void this.#dialog?.ask({
      title: "Promote to a rule",
      explanation: html`<p>
          The rule begins as a draft with this SQL. The gate then asks for its ADS, its response plan and its tests before it
          may run.
        </p>
        ${
          filled === 0
            ? nothing
            : html`<p>
                ${filled === 1 ? "One value that the notebook binds" : `${filled} values that the notebook binds`} (an input's
                setting, for example) ${filled === 1 ? "is" : "are"} written into the rule as ${filled === 1 ? "it is" : "they are"}
                now: a rule has no inputs.
              </p>`
        }
        <pre class="question-sql">${sql}</pre>`,
      fields: [
        {
          name: "name",
          label: "Name",
          value:
            this.notebook?.cells
              .find((cell) => cell.id === id)
              ?.output?.toLowerCase()
              .replace(/[^a-z0-9]+/g, "-") ?? "",
          pattern: RULE_NAME,
          hint: "Lower-case letters, digits and dashes. It names the rule's folder.",
        },
        { name: "title", label: "Title", value: this.notebook?.title ?? "" },
      ],
      confirm: "Make the rule",
      answer: async ({ name = "", title = "" }) => {
        await this.#save();
        await client.createRule({ name, title, sql, from: { notebook: this.name, cell: id } });
        navigate(`/rules/${encodeURIComponent(name)}`);
      },
    });
  }

  #explain(title: string, explanation: string): void {
    void this.#dialog?.ask({
      title,
      explanation,
      fields: [],
      confirm: "All right",
      answer: async () => undefined,
    });
  }

  get #dialog(): QuestionDialog | null {
    return this.querySelector<QuestionDialog>("spoor-question-dialog");
  }

  // Layout: outputs live in one frame behind the cells; the page says where each belongs

  #askLayout(): void {
    if (this.#layoutAsked) return;
    this.#layoutAsked = true;
    requestAnimationFrame(() => {
      this.#layoutAsked = false;
      this.#layout();
    });
  }

  #layout(): void {
    const column = this.querySelector<HTMLElement>(".notebook-column");
    if (!column) return;
    const top = column.getBoundingClientRect().top;
    const slots = [...this.querySelectorAll<NotebookCellView>("spoor-notebook-cell")].flatMap((view) => {
      const slot = view.outputSlot;
      return slot
        ? [{ id: view.cell.id, top: Math.round(slot.getBoundingClientRect().top - top), shown: true }]
        : [];
    });
    this.#frame.layout(slots);
  }

  #sendTheme = (): void => {
    const chosen = document.documentElement.dataset.theme;
    this.#frame.theme(chosen === "dark" || (chosen !== "light" && this.#darkSystem.matches));
  };

  #show(id: number): void {
    this.#cellView(id)?.scrollIntoView({ block: "center", behavior: "smooth" });
    this.activeCell = id;
  }

  #cellView(id: number): NotebookCellView | null {
    return this.querySelector<NotebookCellView>(`spoor-notebook-cell[data-cell="${id}"]`);
  }

  #onKey = (event: KeyboardEvent): void => {
    const command = event.metaKey || event.ctrlKey;
    if (command && event.key === "s") {
      event.preventDefault();
      void this.#save();
    }
  };
}

customElements.define("spoor-notebook-page", NotebookPage);
