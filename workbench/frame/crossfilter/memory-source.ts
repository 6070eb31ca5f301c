import type { ResultFilter } from "../../../notebooks/result/result.ts";
import { type ChartRows, columnsOf, numberOf, timeMsOf } from "../chart/chart-rows.ts";
import { valueText } from "../result/value-text.ts";
import {
  type CrossfilterSource,
  type CrossfilterView,
  kindOfType,
  type OpenView,
} from "./crossfilter-source.ts";
import { type BinChoice, binIn, type Dimension, type FieldSummary } from "./dimension.ts";

interface KeptView {
  readonly view: CrossfilterView;
  /** Bin of each row, by dimension; -1 for none. */
  readonly bins: readonly Int16Array[];
  /** 1 for each row that the view's choice keeps; null keeps all. */
  kept: Uint8Array | null;
}

const LOOKED_AT = 1000;

/**
 * Crossfilter over rows in the frame's memory: rows made by JavaScript, rows of a hidden cell, and reports that open
 * without a server. A brush over a million rows takes tens of milliseconds.
 */
export class MemorySource implements CrossfilterSource {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly #rows: ChartRows;
  readonly #views = new Set<KeptView>();
  readonly #read = new Map<string, Float64Array | (string | null)[]>();
  #asked: Promise<void> | null = null;
  /** The only view that chose in this frame; null when there are several. */
  #last: KeptView | null | undefined;

  constructor(
    rows: ChartRows,
    schema: readonly { readonly name: string; readonly type: string }[] | undefined,
  ) {
    this.#rows = rows;
    this.columns = schema ?? columnsOf(rows).map((name) => ({ name, type: typeOf(rows, name) }));
  }

  get rowCount(): number {
    return this.#rows.length;
  }

  async summarise(fields: readonly string[]): Promise<readonly FieldSummary[]> {
    return fields.map((field) => {
      const type = this.#typeOf(field);
      const { kind, integer } = kindOfType(type);
      const values = this.#values(field);
      let nullCount = 0;
      if (kind === "text") {
        for (const value of values as (string | null)[]) if (value === null) nullCount += 1;
        return {
          field,
          type,
          kind,
          integer,
          minimum: null,
          maximum: null,
          median: null,
          nullCount,
          distinctCount: null,
        };
      }
      const numbers = (values as Float64Array).filter((value) => !Number.isNaN(value)).sort();
      nullCount = values.length - numbers.length;
      return {
        field,
        type,
        kind,
        integer,
        minimum: numbers[0] ?? null,
        maximum: numbers.at(-1) ?? null,
        median: numbers[numbers.length >> 1] ?? null,
        nullCount,
        distinctCount: kind === "number" ? distinctOf(numbers) : null,
      };
    });
  }

  async topValues(field: string, limit: number, filters: readonly ResultFilter[]) {
    const passes = this.#passing(filters);
    const texts = this.#texts(field);
    const counts = new Map<string | null, number>();
    for (let index = 0; index < texts.length; index += 1)
      if (passes(index)) counts.set(texts[index]!, (counts.get(texts[index]!) ?? 0) + 1);
    return [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (String(a.value) < String(b.value) ? -1 : 1))
      .slice(0, limit);
  }

  open(view: CrossfilterView): OpenView {
    const kept: KeptView = {
      view,
      bins: view.dimensions.map((dimension) => this.#bins(dimension)),
      kept: null,
    };
    this.#views.add(kept);
    this.#count([kept]);
    return {
      near: () => undefined,
      choose: (choices) => {
        kept.kept = choices === null ? null : this.#keep(kept, choices);
        this.#asked ??= new Promise((resolve) => {
          requestAnimationFrame(() => {
            this.#asked = null;
            this.#count([...this.#views].filter((one) => one !== this.#last));
            this.#last = undefined;
            resolve();
          });
        });
        // Its own counts do not depend on its choice; when two views chose in one frame, all are counted.
        this.#last = this.#last === undefined || this.#last === kept ? kept : null;
        return this.#asked;
      },
      close: () => this.#views.delete(kept),
    };
  }

  async rows(columns: readonly string[], limit: number, filters: readonly ResultFilter[]) {
    const passes = this.#passing(filters);
    const found: (string | null)[][] = [];
    for (let index = 0; index < this.#rows.length && found.length < limit; index += 1)
      if (passes(index)) found.push(columns.map((name) => textOf(this.#rows[index]![name])));
    return found;
  }

  close(): void {
    this.#views.clear();
  }

  #typeOf(field: string): string {
    return this.columns.find(({ name }) => name === field)?.type ?? "VARCHAR";
  }

  /** Microseconds, numbers (NaN for none) or texts of all rows, read once. */
  #values(field: string): Float64Array | (string | null)[] {
    let values = this.#read.get(field);
    if (values) return values;
    const { kind } = kindOfType(this.#typeOf(field));
    if (kind === "text") values = Array.from(this.#rows, (row) => textOf(row[field]));
    else {
      values = new Float64Array(this.#rows.length);
      for (let index = 0; index < values.length; index += 1) {
        const value = this.#rows[index]![field];
        values[index] = kind === "time" ? timeMsOf(value) * 1000 : numberOf(value);
      }
    }
    this.#read.set(field, values);
    return values;
  }

  #texts(field: string): readonly (string | null)[] {
    const values = this.#values(field);
    return Array.isArray(values) ? values : Array.from(this.#rows, (row) => textOf(row[field]));
  }

  #bins(dimension: Dimension): Int16Array {
    const values = dimension.kind === "values" ? this.#texts(dimension.field) : this.#values(dimension.field);
    const bins = new Int16Array(values.length);
    for (let index = 0; index < bins.length; index += 1)
      bins[index] = binIn(dimension, values[index] ?? null);
    return bins;
  }

  #keep({ bins, view }: KeptView, choices: readonly BinChoice[]): Uint8Array {
    const allowed = view.dimensions.map((dimension, at) => {
      const choice = choices[at]!;
      const table = new Uint8Array(dimension.size);
      if (choice.kind === "range") table.fill(1, choice.first, choice.last + 1);
      else for (const bin of choice.bins) table[bin] = 1;
      return table;
    });
    const kept = new Uint8Array(this.#rows.length);
    for (let index = 0; index < kept.length; index += 1) {
      let keeps = 1;
      for (let at = 0; at < bins.length; at += 1) keeps &= allowed[at]![bins[at]![index]!] ?? 0;
      kept[index] = keeps;
    }
    return kept;
  }

  #count(views: readonly KeptView[]): void {
    for (const one of views) {
      const filters = [...this.#views]
        .filter((other) => other !== one && other.kept !== null)
        .map(({ kept }) => kept!);
      const sizes = one.view.dimensions.map(({ size }) => size);
      const counts = new Float64Array(sizes.reduce((product, size) => product * size, 1));
      rows: for (let index = 0; index < this.#rows.length; index += 1) {
        for (const filter of filters) if (filter[index] === 0) continue rows;
        let cell = 0;
        for (let at = 0; at < sizes.length; at += 1) {
          const bin = one.bins[at]![index]!;
          if (bin < 0) continue rows;
          cell = cell * sizes[at]! + bin;
        }
        counts[cell]! += 1;
      }
      one.view.take(counts);
    }
  }

  #passing(filters: readonly ResultFilter[]): (index: number) => boolean {
    const tests = filters.map((filter) => {
      if (filter.test === "between") {
        const { kind } = kindOfType(this.#typeOf(filter.column));
        const values = this.#values(filter.column);
        const end = (text: string | null, open: number) =>
          text === null ? open : kind === "time" ? microsOf(text) : Number(text);
        const [from, until] = [end(filter.from, -Infinity), end(filter.until, Infinity)];
        return (index: number) => (values[index] as number) >= from && (values[index] as number) <= until;
      }
      const texts = this.#texts(filter.column);
      if ("values" in filter) {
        const set = new Set(filter.values);
        return (index: number) => set.has(texts[index]!) === (filter.test === "in");
      }
      const text = filter.text.toLowerCase();
      return (index: number) =>
        (texts[index]?.toLowerCase().includes(text) ?? false) === (filter.test === "contains");
    });
    return (index) => tests.every((test) => test(index));
  }
}

/** Different numbers among sorted ones, as far as a few; the figure is of no use beyond. */
function distinctOf(sorted: Float64Array): number {
  let count = 0;
  for (let index = 0; index < sorted.length && count < 1000; index += 1)
    if (index === 0 || sorted[index] !== sorted[index - 1]) count += 1;
  return count;
}

/** Microseconds of "2026-11-24 13:05:00.123456". */
function microsOf(text: string): number {
  const [whole, fraction = ""] = text.replace(/\+00$/, "").split(".");
  return timeMsOf(whole) * 1000 + Number(fraction.slice(0, 6).padEnd(6, "0"));
}

function textOf(value: unknown): string | null {
  if (value instanceof Date)
    return value
      .toISOString()
      .replace("T", " ")
      .replace(/(\.000)?Z$/, "");
  return valueText(value);
}

function typeOf(rows: ChartRows, name: string): string {
  let type = "VARCHAR";
  for (let index = 0; index < Math.min(rows.length, LOOKED_AT); index += 1) {
    const value = rows[index]?.[name];
    if (value === null || value === undefined) continue;
    if (value instanceof Date) return "TIMESTAMP";
    if (typeof value === "bigint") type = "BIGINT";
    else if (typeof value !== "number") return "VARCHAR";
    else if (!Number.isInteger(value)) return "DOUBLE";
    else if (type === "VARCHAR") type = "BIGINT";
  }
  return type;
}
