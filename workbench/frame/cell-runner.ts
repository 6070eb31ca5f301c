import { clear, display, NotebookRuntime } from "@observablehq/notebook-kit/runtime";
import { Inputs, notebookLibrary } from "./notebook-library.ts";
import type { CellProgram, FrameMessage } from "./protocol.ts";
import { CellQueryError, type QueryChannel } from "./query-channel.ts";
import { type ResultTable, rowsOf } from "./result-table.ts";
import { resultView } from "./result-view.ts";

type CellBody = (...inputs: unknown[]) => unknown;
type State = Parameters<NotebookRuntime["define"]>[0];
type Observe = NonNullable<Parameters<NotebookRuntime["define"]>[2]>;

interface RunningCell {
  readonly root: HTMLElement;
  readonly state: State;
}

/** Runs cells in Notebook Kit's runtime, each in an output element of its own. */
export class CellRunner {
  readonly #post: (message: FrameMessage) => void;
  readonly #channel: QueryChannel;
  readonly #place: HTMLElement;
  readonly #runtime: NotebookRuntime;
  readonly #cells = new Map<number, RunningCell>();
  readonly #heights: ResizeObserver;

  constructor(place: HTMLElement, channel: QueryChannel, post: (message: FrameMessage) => void) {
    this.#place = place;
    this.#channel = channel;
    this.#post = post;
    const database = this.#database(0, null, false);
    this.#runtime = new NotebookRuntime(
      notebookLibrary({ db: database, DatabaseClient: () => database }) as ConstructorParameters<
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
    const { inputs, body } = this.#withCellInputs(program);
    let definition: CellBody;
    try {
      definition = body();
    } catch (error) {
      this.#post({ kind: "rejected", id: program.id, message: messageOf(error), place: null });
      return;
    }
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
    const cell: RunningCell = { root, state: { root, expanded: [], variables: [] } as unknown as State };
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
    const compile = () => new Function(`"use strict"; return (${body}\n);`)() as CellBody;
    if (database < 0) return { inputs, body: compile };
    return {
      inputs: [...inputs, "invalidation"],
      body: () => {
        const compiled = compile();
        return (...values) => {
          const invalidation = values.pop() as Promise<unknown>;
          values[database] = this.#database(program.id, invalidation, isTable);
          if (tables >= 0)
            values[tables] = { ...Inputs, table: (table: ResultTable) => this.#view(program.id, table) };
          return compiled(...values);
        };
      },
    };
  }

  #view(id: number, table: ResultTable): HTMLElement {
    this.#post({ kind: "rowCount", id, rowCount: table.rowCount, complete: table.complete });
    return resultView(table, (text) => this.#post({ kind: "copy", text }));
  }

  #database(id: number, invalidation: Promise<unknown> | null, asTable: boolean) {
    return {
      sql: async (strings: TemplateStringsArray, ...values: unknown[]) => {
        const table = await this.#channel.ask(id, strings, values, invalidation);
        return asTable ? table : rowsOf(table);
      },
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
            place: error instanceof CellQueryError ? error.place : null,
          });
        },
      };
    }) as unknown as Observe;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof CellQueryError) return error.message;
  if (error instanceof Error)
    return error.name === "Error" || error.name === "RuntimeError"
      ? error.message
      : `${error.name}: ${error.message}`;
  return String(error);
}
