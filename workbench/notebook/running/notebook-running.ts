import { dataFlow, type FlowCell, namesOf } from "../../../notebooks/document/data-flow.ts";
import type { NotebookCell } from "../../../notebooks/document/notebook.ts";
import type { TranspiledCell } from "../../../notebooks/document/transpile-cells.ts";
import { asFailure } from "../../api/api-failure.ts";
import type { CellProgram, ErrorPlace, LinePlace } from "../../frame/protocol.ts";
import { type CellState, NEW_CELL } from "../cell-state.ts";
import type { AskedQuery, ResultProgress } from "../frame-host.ts";
import { withAddressInputs } from "../input/address-inputs.ts";
import { offsetInCell } from "../interpolation-spans.ts";

/** The frame, as far as running needs it. */
export interface RunningFrame {
  define(cells: readonly CellProgram[]): void;
  remove(id: number): void;
  asked(cell: number): AskedQuery | undefined;
}

export interface RunningPort {
  transpile(cells: readonly NotebookCell[]): Promise<readonly TranspiledCell[]>;
}

export interface RunningListener {
  /** The cells that can run, as they stand now. */
  cells(): readonly NotebookCell[];
  /** Whether a cell runs only when a person asks. */
  onDemand(id: number): boolean;
  /** Values from the address for inputs, by name. */
  addressInputs(): ReadonlyMap<string, string>;
  changed(): void;
  nowMs(): number;
  /** Calls back after a while. */
  later(call: () => void, ms: number): void;
}

/** A cell that has ended keeps its place for this long, until what it shows has its height. */
const SETTLED_AFTER_MS = 250;

/**
 * What runs and how it stands. Cells run by themselves when what they read changes; a cell on demand keeps what it has
 * shown, says that it is stale, and lets nothing behind it run before it has run once.
 */
export class NotebookRunning {
  readonly #port: RunningPort;
  readonly #frame: RunningFrame;
  readonly #listener: RunningListener;
  readonly #ranValues = new Map<number, string>();
  readonly #transpiled = new Map<number, TranspiledCell>();
  /** Cells whose names are only promised to the frame: they have not run. */
  readonly #promised = new Set<number>();
  /** Cells that run keep at least the height that they had: nothing below them jumps. */
  readonly #holding = new Set<number>();
  readonly #heights = new Map<number, number>();
  #states: ReadonlyMap<number, CellState> = new Map();
  #flow: readonly FlowCell[] | null = null;

  constructor(port: RunningPort, frame: RunningFrame, listener: RunningListener) {
    this.#port = port;
    this.#frame = frame;
    this.#listener = listener;
  }

  get states(): ReadonlyMap<number, CellState> {
    return this.#states;
  }

  state(id: number): CellState {
    return this.#states.get(id) ?? NEW_CELL;
  }

  /** Which cell feeds which, of what was last read. */
  get flow(): readonly FlowCell[] {
    this.#flow ??= dataFlow(
      this.#listener.cells().flatMap(({ id }) => {
        const transpiled = this.#transpiled.get(id);
        return transpiled ? [transpiled] : [];
      }),
    );
    return this.#flow;
  }

  /** The name of a cell for which this one waits, because that runs on demand and has not run; null for none. */
  waitsFor(id: number): number | null {
    if (this.#promised.size === 0) return null;
    const reads = new Map(this.flow.map((cell) => [cell.id, cell.reads]));
    const seen = new Set<number>();
    const waiting = [...(reads.get(id) ?? [])];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#promised.has(next)) return next;
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(...(reads.get(next) ?? []));
    }
    return null;
  }

  /** A new frame: nothing has run in it. `heights` are those that outputs had when they were last seen. */
  begin(heights: ReadonlyMap<number, number> = new Map()): void {
    this.#ranValues.clear();
    this.#promised.clear();
    this.#transpiled.clear();
    this.#flow = null;
    this.#holding.clear();
    this.#heights.clear();
    this.#states = new Map([...heights].map(([id, outputHeight]) => [id, { ...NEW_CELL, outputHeight }]));
    this.#listener.changed();
  }

  /** Runs every cell; those on demand too when a person asked for it. */
  runAll(asked: "by a person" | "on opening"): Promise<void> {
    return this.run(
      this.#listener.cells().map(({ id }) => id),
      asked,
    );
  }

  /** Runs cells. On opening, a cell on demand is read, and waits. */
  async run(ids: readonly number[], asked: "by a person" | "on opening" = "by a person"): Promise<void> {
    const cells = this.#listener.cells().filter(({ id }) => ids.includes(id));
    if (cells.length === 0) return;
    const waits = (id: number) => asked === "on opening" && this.#listener.onDemand(id);
    for (const { id, value } of cells) {
      this.#ranValues.set(id, value);
      if (waits(id)) this.#holding.delete(id);
      else this.#holding.add(id);
      this.#set(id, {
        edited: false,
        stale: false,
        error: null,
        phase: waits(id) ? "waiting" : "running",
        elapsedMs: null,
        rows: null,
      });
    }
    this.#listener.changed();
    try {
      const transpiled = await this.#port.transpile(cells);
      const programs: CellProgram[] = [];
      for (const cell of cells) {
        const result = transpiled.find(({ id }) => id === cell.id);
        // Another run of it, or its deletion, came in between.
        if (!result || this.#ranValues.get(cell.id) !== cell.value) continue;
        this.#transpiled.set(cell.id, result);
        this.#flow = null;
        programs.push({ id: cell.id, mode: cell.mode, hidden: cell.hidden, transpiled: result });
      }
      for (const { id, transpiled: result } of programs) {
        if (!result.ok)
          this.failed(id, result.error ?? "This cell cannot be read.", null, result.errorOffset);
      }
      this.#frame.define(programs.map((program) => this.#prepared(program, waits(program.id))));
      this.#listener.changed();
    } catch (error) {
      for (const { id } of cells) this.failed(id, asFailure(error).message, null, null);
    }
  }

  remove(id: number): void {
    this.#frame.remove(id);
    this.#ranValues.delete(id);
    this.#transpiled.delete(id);
    this.#promised.delete(id);
    this.#holding.delete(id);
    this.#flow = null;
    this.#states = new Map([...this.#states].filter(([known]) => known !== id));
  }

  /** Takes a cell's output and values away until it runs again. */
  clear(id: number): void {
    const cell = this.#listener.cells().find((candidate) => candidate.id === id);
    const transpiled = this.#transpiled.get(id);
    if (cell && transpiled) {
      this.#frame.define([this.#prepared({ id, mode: cell.mode, hidden: cell.hidden, transpiled }, true)]);
    }
    this.#holding.delete(id);
    this.#states = new Map(this.#states).set(id, { ...NEW_CELL, phase: "waiting" });
    this.#listener.changed();
  }

  /** The text of a cell changed: it is marked until it runs. */
  typed(id: number, value: string): void {
    const edited = value !== this.#ranValues.get(id);
    if (edited !== this.state(id).edited) this.#set(id, { edited });
  }

  /** Every cell is stopped: the frame is gone. */
  stopped(): void {
    for (const [id, state] of this.#states) {
      this.#set(id, {
        phase: state.phase === "failed" || state.phase === "waiting" ? state.phase : "stopped",
        query: null,
        outputHeight: 0,
      });
    }
  }

  // What the frame says

  height(id: number, outputHeight: number): void {
    if (!this.#ranValues.has(id)) return;
    this.#heights.set(id, outputHeight);
    if (outputHeight >= this.state(id).outputHeight || !this.#holding.has(id))
      this.#set(id, { outputHeight });
  }

  pending(id: number): void {
    if (!this.#ranValues.has(id) || this.#promised.has(id)) return;
    this.#holding.add(id);
    this.#set(id, { phase: "running" });
  }

  fulfilled(id: number): void {
    if (!this.#ranValues.has(id) || this.#promised.has(id)) return;
    this.#set(id, { phase: "done", error: null });
    this.#settle(id);
  }

  /** What a cell on demand had read is no longer so. */
  stale(id: number): void {
    if (!this.#listener.onDemand(id) || this.#promised.has(id)) return;
    this.#set(id, { stale: true });
  }

  failed(id: number, message: string, place: ErrorPlace | LinePlace | null, offset: number | null): void {
    const cell = this.#listener.cells().find((candidate) => candidate.id === id);
    if (!cell || this.#promised.has(id)) return;
    const known = this.state(id).error;
    // The frame repeats a syntax error that was shown with its position already.
    if (known && known.message === message && known.offset !== null && place === null) return;
    const isText = this.#ranValues.get(id) === cell.value;
    const at = offset ?? (place && isText ? offsetInCell(cell.value, place) : null);
    this.#set(id, { phase: "failed", error: { message, place, offset: at }, query: null });
    this.#settle(id);
  }

  queryChanged(
    query: AskedQuery,
    phase: "running" | "done" | "failed",
    receivedBytes: number,
    result?: ResultProgress,
  ): void {
    if (this.#frame.asked(query.cell)?.id !== query.id) return;
    if (phase === "running") {
      const progress = result?.state ?? null;
      this.#set(query.cell, { query: { startedMs: query.startedMs, receivedBytes, progress }, rows: null });
      return;
    }
    const rows = result && {
      count: result.state.rowCount,
      complete: result.state.phase === "complete",
      kept: result.kept,
      columns: result.columns,
    };
    this.#set(query.cell, {
      query: null,
      elapsedMs: this.#listener.nowMs() - query.startedMs,
      ...(rows ? { rows } : {}),
    });
  }

  #prepared(program: CellProgram, waits: boolean): CellProgram {
    const { id, transpiled } = program;
    if (!transpiled.ok) return program;
    if (waits) {
      this.#promised.add(id);
      return { ...program, transpiled: promised(transpiled) };
    }
    this.#promised.delete(id);
    const filled = { ...program, transpiled: withAddressInputs(transpiled, this.#listener.addressInputs()) };
    if (!this.#listener.onDemand(id)) return filled;
    const held = this.flow.find((cell) => cell.id === id)?.readNames ?? [];
    const controls = transpiled.inputs.filter((name) => held.includes(name.replace(/^viewof\$/, "")));
    return controls.length === 0 ? filled : { ...filled, held: controls };
  }

  #settle(id: number): void {
    this.#listener.later(() => {
      const { phase } = this.state(id);
      if (phase === "running" || !this.#holding.delete(id)) return;
      const outputHeight = this.#heights.get(id);
      if (outputHeight !== undefined) this.#set(id, { outputHeight });
    }, SETTLED_AFTER_MS);
  }

  #set(id: number, change: Partial<CellState>): void {
    this.#states = new Map(this.#states).set(id, { ...this.state(id), ...change });
    this.#listener.changed();
  }
}

/**
 * A cell that gives its names and no values yet: whatever reads them waits. Its promise ends when the cell is defined
 * anew, because the runtime lets a cell wait for the end of its last run.
 */
function promised(transpiled: TranspiledCell): TranspiledCell {
  const names = namesOf(transpiled);
  return {
    ...transpiled,
    body: '(invalidation) => invalidation.then(() => { throw new Error("It runs on demand."); })',
    inputs: ["invalidation"],
    outputs: names,
    output: null,
    autodisplay: false,
    autoview: false,
    automutable: false,
  };
}
