import { clear, display, NotebookRuntime } from "@observablehq/notebook-kit/runtime";
import { linePlaceOf, sourceName } from "./error-place.ts";
import { HeldInputs, type WatchedModule, withHeldInputs } from "./held-inputs.ts";
import { Inputs, notebookLibrary } from "./notebook-library.ts";
import type { PageChannel } from "./page-channel.ts";
import type { CellProgram, FrameMessage } from "./protocol.ts";
import { CellQueryError, type QueryChannel } from "./query-channel.ts";
import type { OpenResult } from "./result/open-result.ts";
import { rowsOf } from "./result/result-rows.ts";
import { ResultView, type RowsRead } from "./result/result-view.ts";
import { rowsReadOf } from "./rows-read.ts";

type CellBody = (...inputs: unknown[]) => unknown;
type State = Parameters<NotebookRuntime["define"]>[0];
type Observe = NonNullable<Parameters<NotebookRuntime["define"]>[2]>;

interface RunningCell {
  readonly root: HTMLElement;
  readonly state: State;
  /** Names of other cells that it reads, and how much of each. */
  reads: ReadonlyMap<string, RowsRead>;
  /** The table that it shows and the name by which others read its rows. */
  shown: { readonly view: ResultView; readonly name: string | null } | null;
}

/** Runs cells in Notebook Kit's runtime, each in an output element of its own. */
export class CellRunner {
  readonly #post: (message: FrameMessage) => void;
  readonly #channel: QueryChannel;
  readonly #page: PageChannel;
  readonly #place: HTMLElement;
  readonly #runtime: NotebookRuntime;
  readonly #cells = new Map<number, RunningCell>();
  readonly #heights: ResizeObserver;

  constructor(
    place: HTMLElement,
    channel: QueryChannel,
    page: PageChannel,
    post: (message: FrameMessage) => void,
  ) {
    this.#place = place;
    this.#channel = channel;
    this.#page = page;
    this.#post = post;
    const database = this.#database(0, null, false);
    this.#runtime = new NotebookRuntime(
      notebookLibrary({ db: database, DatabaseClient: () => database }, page) as ConstructorParameters<
        typeof NotebookRuntime
      >[0],
    );
    this.#heights = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        const id = Number((target as HTMLElement).dataset.cell);
        this.#post({ kind: "height", id, height: Math.ceil((target as HTMLElement).offsetHeight) });
      }
    });
  }

  /** The output element of a cell, made when missing. */
  output(id: number): HTMLElement {
    return this.#cells.get(id)?.root ?? this.#add(id).root;
  }

  ids(): number[] {
    return [...this.#cells.keys()];
  }

  define(program: CellProgram): void {
    const old = this.#cells.get(program.id);
    for (const variable of old?.state.variables ?? []) variable.delete();
    const cell = this.#add(program.id, old?.root);
    const { transpiled } = program;
    if (!transpiled.ok) {
      cell.root.replaceChildren();
      this.#post({ kind: "rejected", id: program.id, message: transpiled.error ?? "", place: null });
      return;
    }
    cell.reads = new Map(transpiled.inputs.map((name) => [name, rowsReadOf(transpiled, name)]));
    const prepared = this.#withCellInputs(program);
    let { inputs } = prepared;
    this.#provideRows();
    let definition: CellBody;
    try {
      definition = prepared.body();
    } catch (error) {
      this.#post({ kind: "rejected", id: program.id, message: messageOf(error), place: null });
      return;
    }
    const names = program.held ?? [];
    const held =
      names.length === 0
        ? null
        : new HeldInputs(this.#runtime.main as unknown as WatchedModule, names, () => {
            if (this.#cells.get(program.id) === cell) this.#post({ kind: "stale", id: program.id });
          });
    if (held) ({ inputs, body: definition } = withHeldInputs(inputs, definition, names, held.values));
    this.#runtime.define(
      cell.state,
      {
        id: program.id,
        body: definition,
        inputs: [...inputs],
        outputs: [...transpiled.outputs],
        ...(transpiled.output === null ? {} : { output: transpiled.output }),
        autodisplay: transpiled.autodisplay,
        autoview: transpiled.autoview,
        automutable: transpiled.automutable,
      } as Parameters<NotebookRuntime["define"]>[1],
      this.#observer(cell),
    );
    // It ends with the cell's own variables.
    if (held) (cell.state.variables as { delete(): void }[]).push(held);
  }

  remove(id: number): void {
    const cell = this.#cells.get(id);
    if (!cell) return;
    this.#cells.delete(id);
    for (const variable of cell.state.variables) variable.delete();
    this.#heights.unobserve(cell.root);
    cell.root.remove();
  }

  #add(id: number, root: HTMLElement = document.createElement("div")): RunningCell {
    root.className = root.className || "output";
    root.dataset.cell = String(id);
    if (!root.isConnected) this.#place.append(root);
    this.#heights.observe(root);
    const cell: RunningCell = {
      root,
      state: { root, expanded: [], variables: [] } as unknown as State,
      reads: new Map(),
      shown: null,
    };
    this.#cells.set(id, cell);
    return cell;
  }

  /** Gives `db` and `Inputs` of this cell in place of the shared ones, so that a query knows its cell and its end. */
  #withCellInputs(program: CellProgram): { inputs: readonly string[]; body: () => CellBody } {
    const { inputs, body } = program.transpiled;
    const isTable = program.mode === "sql" && !program.hidden;
    const database = inputs.indexOf("db");
    const tables = isTable ? inputs.indexOf("Inputs") : -1;
    // The body is a program that a person wrote: it runs here, in a page without an origin and without a network.
    const compile = () =>
      new Function(`"use strict"; return (${body}\n);\n//# sourceURL=${sourceName(program)}`)() as CellBody;
    if (database < 0) return { inputs, body: compile };
    return {
      inputs: [...inputs, "invalidation"],
      body: () => {
        const compiled = compile();
        return (...values) => {
          const invalidation = values.pop() as Promise<unknown>;
          values[database] = this.#database(program.id, invalidation, isTable);
          if (tables >= 0)
            values[tables] = { ...Inputs, table: (result: OpenResult) => this.#view(program, result) };
          return compiled(...values);
        };
      },
    };
  }

  #view({ id, transpiled }: CellProgram, result: OpenResult): HTMLElement {
    const cell = this.#cells.get(id);
    const view = new ResultView({
      cell: id,
      result,
      channel: this.#page,
      ended: ({ state }) => {
        if (state.phase !== "failed" && state.phase !== "cancelled") return;
        // A table that the cell has replaced speaks for itself alone.
        if (this.#cells.get(id) !== cell) return;
        const message =
          state.phase === "cancelled"
            ? "Cancelled: there is no complete result."
            : (state.message ?? "The query failed.");
        // Said after the cell's own word that it shows a table.
        setTimeout(() => this.#post({ kind: "rejected", id, message, place: null }));
      },
    });
    if (cell) {
      cell.shown = { view, name: transpiled.output?.replace(/^viewof\$/, "") ?? null };
      this.#provideRows();
    }
    return view.element;
  }

  /** Rows are fetched for those tables only whose rows another cell reads. */
  #provideRows(): void {
    for (const { shown } of this.#cells.values()) {
      if (!shown || shown.name === null) continue;
      const { name, view } = shown;
      const reads = [...this.#cells.values()].flatMap((cell) => cell.reads.get(name) ?? []);
      if (reads.length > 0) view.provideRows(reads.includes("rows") ? "rows" : "name");
    }
  }

  #database(id: number, invalidation: Promise<unknown> | null, asTable: boolean) {
    return {
      sql: async (strings: TemplateStringsArray, ...values: unknown[]) =>
        asTable
          ? this.#channel.open(id, strings, values, invalidation)
          : rowsOf(await this.#channel.ask(id, strings, values, invalidation)),
    };
  }

  #observer(cell: RunningCell): Observe {
    const id = Number(cell.root.dataset.cell);
    return ((state: State, definition: { autodisplay?: boolean; output?: string }) => {
      const current = () => this.#cells.get(id) === cell;
      const output = state as State & { autoclear: boolean };
      return {
        _node: cell.root,
        pending: () => {
          if (current()) this.#post({ kind: "pending", id });
        },
        fulfilled: (value: unknown) => {
          if (!current()) return;
          if (definition.autodisplay) {
            clear(state);
            if (value !== undefined || definition.output === undefined)
              display(state, value, undefined as never);
          } else if (output.autoclear) {
            clear(state);
          }
          this.#post({ kind: "fulfilled", id });
        },
        rejected: (error: unknown) => {
          if (!current()) return;
          clear(state);
          this.#post({
            kind: "rejected",
            id,
            message: messageOf(error),
            place: error instanceof CellQueryError ? error.place : linePlaceOf(error, id),
          });
        },
      };
    }) as unknown as Observe;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof CellQueryError) return error.message;
  if (error instanceof Error && error.name === "RuntimeError" && / is not defined$/.test(error.message))
    return `${error.message}: no cell of this notebook gives it, and nothing by that name is built in.`;
  if (error instanceof Error)
    return error.name === "Error" || error.name === "RuntimeError"
      ? error.message
      : `${error.name}: ${error.message}`;
  return String(error);
}
