import "./command/key-help.ts";
import "./editor/function-reference.ts";
import "./history/version-dialog.ts";
import "./notebook-cell.ts";
import "./question-dialog.ts";
import "./side/splitter.ts";
import { html, nothing } from "lit";
import type { MergedNotebook } from "../../notebooks/document/merge.ts";
import { type NotebookDocument, newNotebook } from "../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import type { CatalogEntry, NotebookFile, NotebookVersion, PersonPresent } from "../../server/api/api.ts";
import { type ApiFailure, asFailure } from "../api/api-failure.ts";
import { client } from "../api/browser-client.ts";
import { emptyState } from "../element/empty-state.ts";
import { renderFailure } from "../element/failure.ts";
import { View } from "../element/view.ts";
import type { Pivot } from "../entity/entity-panel.ts";
import type { PivotRequest } from "../frame/protocol.ts";
import { leaveGuard } from "../route/leave-guard.ts";
import { cellColumn } from "./cell-column.ts";
import type { CommandId } from "./command/commands.ts";
import type { KeyHelp } from "./command/key-help.ts";
import { NotebookKeys } from "./command/notebook-keys.ts";
import { type CommandHands, performCommand } from "./command/perform-command.ts";
import { insertCell } from "./edit-notebook.ts";
import { NotebookEditing } from "./editing/notebook-editing.ts";
import { quotedName } from "./editor/names.ts";
import { FrameHost } from "./frame-host.ts";
import { NotebookVersions } from "./history/notebook-versions.ts";
import type { VersionDialog } from "./history/version-dialog.ts";
import { addressInputsOf } from "./input/address-inputs.ts";
import { inputCell } from "./input/input-cells.ts";
import { CellDragging } from "./layout/cell-dragging.ts";
import { OutputLayout } from "./layout/output-layout.ts";
import { rememberedHeights, rememberHeights } from "./layout/remembered-heights.ts";
import type { CellActions, EditorPlace, NotebookCellView } from "./notebook-cell.ts";
import { mergeWords, notebookNotices } from "./notebook-notices.ts";
import { notebookToolbar, personName } from "./notebook-toolbar.ts";
import type { QuestionDialog } from "./question-dialog.ts";
import { RowActions } from "./row-actions.ts";
import { NotebookRunning } from "./running/notebook-running.ts";
import { NotebookSaving, type SavedBy, type SavingState } from "./saving/notebook-saving.ts";
import { PulseTimer } from "./saving/pulse-timer.ts";
import { type SideContext, sideContent } from "./side/side-content.ts";
import { type Side, sideTabs } from "./side/side-tabs.ts";
import { savedSideWidth, saveSideWidth } from "./side/side-width.ts";

const SAID_FOR_MS = 7000;
const NOBODY: readonly string[] = [];

/** One notebook: cells in a column, its outline, the hunt record, datasets and history beside it. */
export class NotebookPage extends View {
  static override properties = {
    name: { type: String },
    catalog: { state: true },
    saving: { state: true },
    failure: { state: true },
    missing: { state: true },
    busy: { state: true },
    stopped: { state: true },
    said: { state: true },
    noted: { state: true },
    side: { state: true },
    sidePx: { state: true },
    others: { state: true },
    pivot: { state: true },
    wide: { state: true },
  };

  declare name: string;
  declare catalog: readonly CatalogEntry[];
  declare saving: SavingState;
  declare failure: ApiFailure | null;
  declare missing: boolean;
  declare busy: boolean;
  declare stopped: boolean;
  declare said: { readonly text: string; readonly back: "undo" | "redo" | null } | null;
  declare noted: string;
  declare side: Side;
  declare sidePx: number | null;
  declare others: readonly PersonPresent[];
  declare pivot: Pivot | null;
  declare wide: boolean;

  #editing: NotebookEditing | null = null;
  /** The notebook that saving knows of. */
  #shown: NotebookDocument | null = null;
  #user = "";
  #addressInputs: ReadonlyMap<string, string> = new Map();
  #saidTimer: ReturnType<typeof setTimeout> | undefined;
  #withdrawGuard: (() => void) | null = null;
  readonly #window = crypto.randomUUID();
  readonly #themeChanged = new MutationObserver(() => this.#sendTheme());
  readonly #darkSystem = matchMedia("(prefers-color-scheme: dark)");
  readonly #wideScreen = matchMedia("(min-width: 1600px)");

  readonly #frame = new FrameHost(client, {
    height: (id, height) => this.#running.height(id, height),
    pending: (id) => this.#running.pending(id),
    fulfilled: (id) => this.#running.fulfilled(id),
    stale: (id) => this.#running.stale(id),
    rejected: (id, message, place) => this.#running.failed(id, message, place, null),
    queryChanged: (...what) => this.#running.queryChanged(...what),
    busyChanged: (busy) => {
      this.busy = busy;
    },
    save: () => void this.#saving.save(),
    leave: (id) => this.#focus(id, "cell"),
    pivot: (request) => this.#pivotTo(request),
    filterCell: (request) => this.#rows.addFilterCell(request),
    pinRows: (request) => this.#rows.pin(request.cell, request),
  });

  readonly #running = new NotebookRunning({ transpile: (cells) => client.transpile(cells) }, this.#frame, {
    cells: () => this.#editing?.cells ?? [],
    onDemand: (id) => this.#editing?.onDemand(id) ?? false,
    addressInputs: () => this.#addressInputs,
    changed: () => this.requestUpdate(),
    nowMs: () => performance.now(),
    later: (call, ms) => void setTimeout(call, ms),
  });

  readonly #saving = new NotebookSaving(
    {
      read: () => client.notebook(this.name),
      save: (text, revision) => client.saveNotebook(this.name, text, revision),
      pulse: (place) => client.notebookPulse(this.name, { client: this.#window, ...place }),
    },
    {
      notebook: () => this.#editing!.notebook,
      adopt: (merged, saved) => this.#adopt(merged, saved),
      stateChanged: (state) => {
        this.saving = state;
        if (state === "saved" && this.side === "history") void this.#versions.load();
      },
      othersChanged: (others) => {
        this.others = others;
      },
    },
  );

  readonly #pulses = new PulseTimer((hidden) =>
    this.#saving.pulse({ cell: this.#editing?.active ?? null, hidden }),
  );

  readonly #versions = new NotebookVersions(
    {
      list: () => client.notebookHistory(this.name),
      read: (revision) => client.notebookVersion(this.name, revision),
    },
    {
      changed: () => this.requestUpdate(),
      notebook: () => this.#editing!.notebook,
      revision: () => this.#saving.revision,
      restore: (version) => this.#restore(version),
      show: async (comparison) =>
        await this.querySelector<VersionDialog>("spoor-version-dialog")?.show(comparison),
      explain: (title, explanation) => this.#explain(title, explanation),
    },
  );

  readonly #layout = new OutputLayout(
    () => this.querySelector<HTMLElement>(".notebook-column"),
    () => this.querySelectorAll<NotebookCellView>("spoor-notebook-cell"),
    (slots) => this.#frame.layout(slots),
  );

  readonly #dragging = new CellDragging(this, {
    meant: (id) => this.#editing?.meant(id) ?? [id],
    ids: () => this.#editing?.cells.map(({ id }) => id) ?? [],
    drop: (ids, before) => {
      this.#editing?.moveTo(ids, before);
      this.#focus(ids[0]!, "cell");
    },
    changed: () => this.requestUpdate(),
  });

  readonly #rows = new RowActions(client, {
    notebookName: () => this.name,
    editing: () => this.#editing,
    running: () => this.#running,
    asked: (cell) => this.#frame.asked(cell),
    ask: (question) => void this.#dialog?.ask(question),
    explain: (title, explanation) => this.#explain(title, explanation),
    save: () => this.#saving.save(),
    pinned: () => {
      this.side = "hunt";
    },
  });

  readonly #hands: CommandHands = {
    focus: (id, where) => this.#focus(id, where),
    cursor: (id) => this.#cellView(id)?.cursor ?? 0,
    run: (ids) => {
      for (const id of ids) this.#cellView(id)?.closeOffers();
      void this.#run(ids);
    },
    runAll: () => void this.#runAll(),
    stop: () => this.#stop(),
    cancel: (id) => this.#frame.cancel(id),
    format: (id) => this.#cellView(id)?.format(),
    clearOutput: (id) => this.#running.clear(id),
    setDemand: (ids) => this.#setDemand(ids),
    move: (ids, by) => this.#move(ids, by),
    pin: (id) => this.#rows.pin(id, null),
    promote: (id) => this.#rows.promote(id),
    save: () => void this.#saving.save(),
    show: (side) => this.#showSide(side),
    help: () => this.querySelector<KeyHelp>("spoor-key-help")?.show(),
  };

  readonly #keys = new NotebookKeys(this, (command, id) => this.#command(command, id));

  readonly #actions: CellActions = {
    change: (id, change) => {
      this.#editing?.change(id, change);
      if (change.value !== undefined) this.#running.typed(id, change.value);
    },
    command: (id, command) => this.#command(command, id),
    insert: (after, mode) => void this.#editing?.insert(after, mode),
    insertInput: (after, kind) => {
      const editing = this.#editing;
      editing?.insert(after, "js", inputCell(kind, editing.notebook, this.catalog), "cell");
    },
    charts: (id) => this.#rows.charts(id),
    addChart: (id, code) => this.#rows.addChart(id, code),
    settle: (copy, keep) => {
      if (keep === "compare") void this.#versions.compareCells(copy);
      else this.#editing?.settle(copy, keep);
    },
    focused: (id) => {
      if (this.#editing?.active !== id) this.#editing?.select(id);
    },
    extend: (id) => this.#editing?.extendTo(id),
    drag: (id, event) => this.#dragging.begin(id, event),
    laidOut: () => this.#layout.ask(),
  };

  constructor() {
    super();
    this.name = "";
    this.catalog = [];
    this.saving = "saved";
    this.failure = null;
    this.missing = false;
    this.busy = false;
    this.stopped = false;
    this.said = null;
    this.noted = "";
    this.side = "hunt";
    this.sidePx = savedSideWidth(localStorage);
    this.others = [];
    this.pivot = null;
    this.wide = this.#wideScreen.matches;
  }

  /** The notebook as it stands, for editors that complete the names of its cells. */
  get notebook(): NotebookDocument | null {
    return this.#editing?.notebook ?? null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#withdrawGuard = leaveGuard.hold(() =>
      this.saving === "saved" ? null : "This notebook has changes that are not saved.",
    );
    this.#themeChanged.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#darkSystem.addEventListener("change", this.#sendTheme);
    this.#wideScreen.addEventListener("change", this.#widthChanged);
    window.addEventListener("pagehide", this.#leave);
    this.#keys.start();
    this.#addressInputs = addressInputsOf(location.search);
    void client.catalog().then(
      (catalog) => {
        this.catalog = [...catalog].sort((left, right) => left.name.localeCompare(right.name));
      },
      () => undefined,
    );
    void client.session().then(
      ({ user }) => {
        this.#user = user;
      },
      () => undefined,
    );
    void this.#load();
  }

  override disconnectedCallback(): void {
    this.#withdrawGuard?.();
    this.#themeChanged.disconnect();
    this.#darkSystem.removeEventListener("change", this.#sendTheme);
    this.#wideScreen.removeEventListener("change", this.#widthChanged);
    window.removeEventListener("pagehide", this.#leave);
    this.#keys.stop();
    this.#layout.stop();
    this.#pulses.stop();
    clearTimeout(this.#saidTimer);
    if (this.saving === "unsaved") void this.#saving.save();
    this.#saving.stop();
    this.#leave();
    this.#frame.stop();
    super.disconnectedCallback();
  }

  async #load(): Promise<void> {
    this.failure = null;
    try {
      this.#open(await client.notebook(this.name));
    } catch (error) {
      const failure = asFailure(error);
      if (failure.status === 404) this.missing = true;
      else this.failure = failure;
    }
  }

  #open(file: NotebookFile): void {
    this.missing = false;
    const notebook = parseNotebook(file.html);
    this.#shown = notebook;
    this.#editing = new NotebookEditing(notebook, {
      changed: () => this.#edited(),
      focus: (id, where) => this.#focus(id, where),
      run: (ids) => void this.#run(ids.filter((id) => !this.#editing?.onDemand(id))),
      removed: (ids) => {
        for (const id of ids) this.#running.remove(id);
      },
      said: (text, back) => this.#say(text, back),
    });
    this.#saving.begin(file);
    this.#pulses.start();
    document.title = `${notebook.title} · Spoor`;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      this.#startFrame();
      void this.#running.runAll("on opening");
    });
  }

  async #create(): Promise<void> {
    const title = this.name.replaceAll("-", " ").replace(/^./, (first) => first.toUpperCase());
    const { notebook } = insertCell(newNotebook({ title }), null, "sql");
    try {
      this.#open(await client.saveNotebook(this.name, serializeNotebook(notebook), null));
    } catch (error) {
      this.failure = asFailure(error);
    }
  }

  // What is shown

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
    const editing = this.#editing;
    if (!editing) return html`<p class="muted" role="status">Opening the notebook…</p>`;
    const { hunt } = editing;
    const waiting = new Map(
      editing.cells.flatMap(({ id }) => {
        const cell = this.#running.waitsFor(id);
        return cell === null ? [] : [[id, cell] as const];
      }),
    );
    const context: SideContext = {
      name: this.name,
      editing,
      running: this.#running,
      versions: this.#versions,
      catalog: this.catalog,
      pivot: this.pivot,
      waiting,
      asked: (cell) => this.#frame.asked(cell),
      show: (cell) => this.#show(cell),
      insert: this.#insertName,
      closePivot: () => {
        this.pivot = null;
        this.side = "hunt";
      },
    };
    // On a wide screen the outline has a place of its own.
    const side = this.wide && this.side === "outline" ? "hunt" : this.side;
    const sides: readonly Side[] = [
      ...(this.wide ? [] : (["outline"] as const)),
      "hunt",
      "data",
      "functions",
      "history",
      ...(this.pivot ? (["value"] as const) : []),
    ];
    return html`
      ${notebookToolbar(
        {
          title: editing.notebook.title,
          huntState: hunt.ok ? hunt.value.state : null,
          others: this.others,
          user: this.#user,
          runningCount: [...this.#running.states].filter(
            ([id, { phase, query }]) => query !== null || (phase === "running" && !waiting.has(id)),
          ).length,
          saving: this.saving,
          undoLabel: editing.undoLabel,
          redoLabel: editing.redoLabel,
          stopped: this.stopped,
        },
        {
          retitle: (title) => editing.retitle(title),
          command: (command) => this.#command(command),
          show: (cell) => this.#show(cell),
        },
      )}
      ${notebookNotices(
        {
          busy: this.busy,
          stopped: this.stopped,
          huntIsSound: hunt.ok,
          noted: this.noted,
          said: this.said,
        },
        {
          stop: () => this.#stop(),
          runAll: () => void this.#runAll(),
          read: () => {
            this.noted = "";
          },
          back: (step) => this.#command(step),
        },
      )}
      <div class="notebook" data-side=${side} style=${this.sidePx === null ? "" : `--side: ${this.sidePx}px`}>
        ${this.wide ? html`<aside class="notebook-rail" aria-label="Outline">${sideContent("outline", context)}</aside>` : nothing}
        <div class="notebook-column">
          <div class="frame-place"></div>
          ${cellColumn({
            editing,
            running: this.#running,
            dragging: this.#dragging,
            catalog: this.catalog,
            actions: this.#actions,
            waiting,
            peopleIn: (id) => this.#peopleIn(id),
          })}
        </div>
        <spoor-splitter
          .widthPx=${this.sidePx}
          .side=${() => this.querySelector(".notebook-side")}
          .resize=${(widthPx: number | null) => {
            this.sidePx = widthPx;
            saveSideWidth(localStorage, widthPx);
          }}
        ></spoor-splitter>
        <aside class="notebook-side" aria-label="Beside the notebook">
          ${sideTabs(sides, side, (chosen) => this.#showSide(chosen), sideContent(side, context))}
        </aside>
      </div>
      <spoor-question-dialog></spoor-question-dialog>
      <spoor-version-dialog></spoor-version-dialog>
      <spoor-key-help></spoor-key-help>
    `;
  }

  #showSide(side: Side): void {
    this.side = side;
    if (side === "history") void this.#versions.load();
  }

  protected override updated(): void {
    this.#layout.watch(this.querySelector(".notebook-cells"));
    this.#layout.ask();
  }

  // Editing

  #command(command: CommandId, id: number | null = this.#editing?.active ?? null): void {
    if (this.#editing) performCommand(command, id, this.#editing, this.#hands);
  }

  #edited(): void {
    this.requestUpdate();
    const { notebook } = this.#editing!;
    if (notebook === this.#shown) return;
    this.#shown = notebook;
    this.#saving.changed();
  }

  /** Takes what others saved. Whoever types goes on typing, also where their text has moved to another cell. */
  #adopt(merged: MergedNotebook, { by }: SavedBy): void {
    const editing = this.#editing!;
    const before = new Map(editing.cells.map((cell) => [cell.id, cell.value]));
    const view = this.#focusedView();
    const place = view?.editorPlace;
    editing.adopt(merged);
    this.#shown = editing.notebook;
    for (const { id, value } of editing.cells) {
      if (before.has(id) && before.get(id) !== value) this.#running.typed(id, value);
    }
    if (view && place) {
      const here = view.cell.id;
      const copied = merged.conflicts.find(
        (conflict) => conflict.kind === "both changed" && conflict.cell === here,
      );
      const now = copied?.kind === "both changed" ? copied.copy : (merged.renumbered.get(here) ?? here);
      if (now !== here) this.#writeOn(now, place);
    }
    const words = mergeWords(merged, by === null ? null : personName(by, this.#user));
    if (words) this.noted = words;
    this.requestUpdate();
  }

  #writeOn(id: number, place: EditorPlace): void {
    this.#editing?.select(id);
    void this.updateComplete.then(() => void this.#cellView(id)?.edit(place));
  }

  /** Moving a cell in the document takes the focus from it: it comes back to where it was. */
  #move(ids: readonly number[], by: -1 | 1): void {
    const view = this.#focusedView();
    const place = view?.editorPlace;
    this.#editing?.move(ids, by);
    if (view && place) this.#writeOn(view.cell.id, place);
    else this.#focus(view?.cell.id ?? ids[0]!, "cell");
  }

  #setDemand(ids: readonly number[]): void {
    const editing = this.#editing!;
    const demand = !ids.every((id) => editing.onDemand(id));
    if (!editing.setDemand(ids, demand)) {
      this.#explain(
        "This cannot be kept",
        "How cells run is kept in the hunt record, and that of this file cannot be read.",
      );
      return;
    }
    // A cell that has run begins, or stops, to follow what it reads: it is defined anew, and a kept result comes at once.
    void this.#run(ids.filter((id) => !demand || this.#running.state(id).phase === "done"));
    this.#say(demand ? "Runs on demand only." : "Runs by itself.");
  }

  #insertName = (text: string, entry: CatalogEntry | null): void => {
    const editing = this.#editing;
    if (!editing) return;
    const active = editing.cells.find(({ id }) => id === editing.active);
    if (active?.mode === "sql") {
      this.#cellView(active.id)?.insert(text);
    } else if (entry) {
      const order = entry.columns.some(({ name }) => name === "_time") ? "\nORDER BY _time" : "";
      const after = active?.id ?? editing.cells.at(-1)?.id ?? null;
      editing.insert(after, "sql", `SELECT *\nFROM ${quotedName(entry.name)}${order}\nLIMIT 100`);
    }
  };

  #say(text: string, back: "undo" | "redo" | null = "undo"): void {
    this.said = { text, back };
    clearTimeout(this.#saidTimer);
    this.#saidTimer = setTimeout(() => {
      this.said = null;
    }, SAID_FOR_MS);
  }

  // Running

  #startFrame(): void {
    const place = this.querySelector(".frame-place");
    if (!place) return;
    this.stopped = false;
    this.#frame.start(place);
    this.#sendTheme();
    this.#running.begin(rememberedHeights(sessionStorage, this.name));
    this.#layout.forget();
  }

  async #runAll(): Promise<void> {
    if (this.stopped) this.#startFrame();
    await this.#running.runAll("by a person");
  }

  async #run(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    // Nothing runs in a frame that is gone: a wish to run one cell begins with all that it may read.
    if (this.stopped) await this.#runAll();
    else await this.#running.run(ids);
  }

  #stop(): void {
    this.#frame.stop();
    this.stopped = true;
    this.#running.stopped();
  }

  #pivotTo({ cell, column, type, value }: PivotRequest): void {
    const versions = this.#frame.asked(cell)?.datasetVersions ?? {};
    this.pivot = { column, type, value, datasets: Object.keys(versions) };
    this.side = "value";
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("#side-tab-value")?.focus());
  }

  // History

  async #restore(version: NotebookVersion): Promise<void> {
    const notebook = await this.#saving.replace((base) =>
      client.restoreNotebook(this.name, version.revision, base),
    );
    this.#shown = notebook;
    this.#editing!.replace(notebook, "restore a version");
    this.#say(`The version of ${version.at.slice(11, 16)} UTC is back.`);
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

  // Places

  get #dialog(): QuestionDialog | null {
    return this.querySelector<QuestionDialog>("spoor-question-dialog");
  }

  #focus(id: number, where: "cell" | "text"): void {
    void this.updateComplete.then(async () => {
      const view = this.#cellView(id);
      await view?.updateComplete;
      if (!view) return;
      if (where === "text") await view.edit();
      else view.focus({ preventScroll: true });
      view.scrollIntoView({ block: "nearest" });
    });
  }

  #show(id: number): void {
    this.#editing?.select(id);
    const view = this.#cellView(id);
    view?.scrollIntoView({ block: "center", behavior: "smooth" });
    view?.focus({ preventScroll: true });
  }

  #cellView(id: number): NotebookCellView | null {
    return this.querySelector<NotebookCellView>(`spoor-notebook-cell[data-cell="${id}"]`);
  }

  #focusedView(): NotebookCellView | null {
    return document.activeElement?.closest<NotebookCellView>("spoor-notebook-cell") ?? null;
  }

  #peopleIn(id: number): readonly string[] {
    if (this.others.length === 0) return NOBODY;
    return this.others.filter(({ cell }) => cell === id).map(({ user }) => personName(user, this.#user));
  }

  #leave = (): void => {
    const heights = [...this.#running.states].map(([id, { outputHeight }]) => [id, outputHeight] as const);
    rememberHeights(sessionStorage, this.name, heights);
    void client.leaveNotebook(this.name, this.#window).catch(() => undefined);
  };

  #sendTheme = (): void => {
    const chosen = document.documentElement.dataset.theme;
    this.#frame.theme(chosen === "dark" || (chosen !== "light" && this.#darkSystem.matches));
  };

  #widthChanged = (): void => {
    this.wide = this.#wideScreen.matches;
  };
}

customElements.define("spoor-notebook-page", NotebookPage);
