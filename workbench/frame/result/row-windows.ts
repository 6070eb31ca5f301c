import type { WindowAnswer } from "./result-source.ts";
import type { ResultTable } from "./result-table.ts";

/** Rows that are fetched at once. */
export const WINDOW_ROWS = 256;
const MOST_WINDOWS = 96;
const AT_ONCE = 3;

/** A row that is here: its place in a table of rows. */
export interface LoadedRow {
  readonly table: ResultTable;
  readonly row: number;
}

/**
 * Windows of rows of one order and one set of filters: the newest wish is fetched first, the neighbour in the direction
 * of the scroll next, and those that were not looked at for longest are let go.
 */
export class RowWindows {
  readonly #fetch: (offset: number, limit: number) => Promise<WindowAnswer>;
  readonly #changed: (answer: WindowAnswer) => void;
  readonly #failed: (error: unknown) => void;
  /** In the order of use: the oldest first. */
  readonly #windows = new Map<number, ResultTable>();
  readonly #fetching = new Set<number>();
  readonly #head: ResultTable | null;
  #wanted: number[] = [];
  #closed = false;

  /** @param head rows from the first on that are here already */
  constructor(
    fetch: (offset: number, limit: number) => Promise<WindowAnswer>,
    head: ResultTable | null,
    changed: (answer: WindowAnswer) => void,
    failed: (error: unknown) => void,
  ) {
    this.#fetch = fetch;
    this.#head = head;
    this.#changed = changed;
    this.#failed = failed;
  }

  row(index: number): LoadedRow | null {
    if (this.#head && index < this.#head.rowCount) return { table: this.#head, row: index };
    const number = Math.floor(index / WINDOW_ROWS);
    const table = this.#windows.get(number);
    const row = index - number * WINDOW_ROWS;
    return table && row < table.rowCount ? { table, row } : null;
  }

  /** Wants the rows `from` to `until` (not included) of `rowCount`; earlier wishes that were not begun are dropped. */
  want(from: number, until: number, rowCount: number, direction: -1 | 0 | 1): void {
    const wanted: number[] = [];
    const add = (number: number) => {
      const last = Math.min((number + 1) * WINDOW_ROWS, rowCount);
      if (number < 0 || number * WINDOW_ROWS >= rowCount) return;
      if (this.#head && last <= this.#head.rowCount) return;
      const known = this.#windows.get(number);
      if (known && number * WINDOW_ROWS + known.rowCount >= last) {
        this.#windows.delete(number);
        this.#windows.set(number, known);
      } else {
        wanted.push(number);
      }
    };
    const first = Math.floor(from / WINDOW_ROWS);
    const last = Math.floor(Math.max(from, until - 1) / WINDOW_ROWS);
    for (let number = first; number <= last; number += 1) add(number);
    if (direction >= 0) add(last + 1);
    if (direction <= 0) add(first - 1);
    this.#wanted = wanted;
    this.#begin();
  }

  close(): void {
    this.#closed = true;
    this.#wanted = [];
    this.#windows.clear();
  }

  #begin(): void {
    while (this.#fetching.size < AT_ONCE) {
      const number = this.#wanted.find((wanted) => !this.#fetching.has(wanted));
      if (number === undefined) return;
      this.#wanted = this.#wanted.filter((wanted) => wanted !== number);
      this.#fetching.add(number);
      void this.#fetch(number * WINDOW_ROWS, WINDOW_ROWS).then(
        (answer) => {
          this.#fetching.delete(number);
          if (this.#closed) return;
          this.#windows.delete(number);
          this.#windows.set(number, answer.table);
          for (const oldest of this.#windows.keys()) {
            if (this.#windows.size <= MOST_WINDOWS) break;
            this.#windows.delete(oldest);
          }
          this.#changed(answer);
          this.#begin();
        },
        (error: unknown) => {
          this.#fetching.delete(number);
          if (this.#closed) return;
          this.#failed(error);
        },
      );
    }
  }
}
