import type { ColumnSummary, ResultFilter } from "../../../../notebooks/result/result.ts";
import type { ResultSource } from "../result-source.ts";

/** Columns asked at once: what is seen first comes first. */
const AT_ONCE = 6;

/** Summaries of columns that are seen, for one set of filters; kept while the filters stay. */
export class ColumnSummaries {
  readonly #source: ResultSource;
  readonly #changed: () => void;
  readonly #known = new Map<string, ColumnSummary | "waiting" | "failed">();
  #filters: readonly ResultFilter[] = [];
  #wanted: readonly string[] = [];
  #turn = 0;
  #running = false;

  constructor(source: ResultSource, changed: () => void) {
    this.#source = source;
    this.#changed = changed;
  }

  of(column: string): ColumnSummary | "waiting" | "failed" | null {
    return this.#known.get(column) ?? null;
  }

  /** Forgets all: the rows that count are others now. */
  reset(filters: readonly ResultFilter[]): void {
    this.#filters = filters;
    this.#known.clear();
    this.#turn += 1;
    void this.#fetch();
  }

  /** Wants the summaries of these columns, those in view. */
  want(columns: readonly string[]): void {
    this.#wanted = columns;
    void this.#fetch();
  }

  async #fetch(): Promise<void> {
    if (this.#running) return;
    const missing = this.#wanted.filter((column) => !this.#known.has(column)).slice(0, AT_ONCE);
    if (missing.length === 0) return;
    const turn = this.#turn;
    this.#running = true;
    for (const column of missing) this.#known.set(column, "waiting");
    try {
      const summaries = await this.#source.summary(missing, this.#filters);
      if (turn === this.#turn) {
        for (const column of missing) {
          this.#known.set(column, summaries.find((one) => one.column === column) ?? "failed");
        }
      }
    } catch {
      if (turn === this.#turn) for (const column of missing) this.#known.set(column, "failed");
    }
    this.#running = false;
    this.#changed();
    void this.#fetch();
  }
}
