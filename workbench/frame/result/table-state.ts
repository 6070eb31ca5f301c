/** What a reader made of a table: order, filters, and how columns stand. Pure values and steps between them. */
import type { QueryColumn } from "../../../notebooks/engine/engine.ts";
import type { ResultFilter, ResultSort } from "../../../notebooks/result/result.ts";
import { boundText } from "./head/shown-number.ts";

export const NARROWEST_PX = 64;
export const WIDEST_PX = 900;

export interface TableColumn extends QueryColumn {
  /** Its place in the result. */
  readonly index: number;
  readonly widthPx: number;
  readonly pinned: boolean;
  readonly hidden: boolean;
}

export interface TableState {
  /** In the order in which they stand; pinned ones are shown first. */
  readonly columns: readonly TableColumn[];
  readonly sort: readonly ResultSort[];
  readonly filters: readonly ResultFilter[];
}

/** The columns that are shown, pinned ones first. */
export function shownColumns({ columns }: TableState): readonly TableColumn[] {
  const shown = columns.filter(({ hidden }) => !hidden);
  return [...shown.filter(({ pinned }) => pinned), ...shown.filter(({ pinned }) => !pinned)];
}

export function changeColumn(
  state: TableState,
  name: string,
  change: Partial<Pick<TableColumn, "widthPx" | "pinned" | "hidden">>,
): TableState {
  const width = change.widthPx;
  return {
    ...state,
    columns: state.columns.map((column) =>
      column.name === name
        ? {
            ...column,
            ...change,
            ...(width === undefined
              ? {}
              : { widthPx: Math.round(Math.min(WIDEST_PX, Math.max(NARROWEST_PX, width))) }),
          }
        : column,
    ),
  };
}

/** Moves a column past its next shown neighbour of the same side (pinned or not). */
export function moveColumn(state: TableState, name: string, by: -1 | 1): TableState {
  const columns = [...state.columns];
  const from = columns.findIndex((column) => column.name === name);
  const moved = columns[from];
  if (!moved) return state;
  let to = from + by;
  while (columns[to] && (columns[to]!.hidden || columns[to]!.pinned !== moved.pinned)) to += by;
  if (!columns[to]) return state;
  columns.splice(from, 1);
  columns.splice(to, 0, moved);
  return { ...state, columns };
}

/** Moves a column to where another one of the same side stands; those between make room. */
export function moveColumnTo(state: TableState, name: string, other: string): TableState {
  const from = state.columns.findIndex((column) => column.name === name);
  const to = state.columns.findIndex((column) => column.name === other);
  const moved = state.columns[from];
  if (!moved || to < 0 || from === to || state.columns[to]!.pinned !== moved.pinned) return state;
  const columns = state.columns.toSpliced(from, 1);
  columns.splice(to, 0, moved);
  return { ...state, columns };
}

/** Ascending, then descending, then none; `more` keeps the orders of other columns. */
export function turnSort(sort: readonly ResultSort[], column: string, more: boolean): readonly ResultSort[] {
  const known = sort.find((one) => one.column === column);
  const next: ResultSort | null = !known
    ? { column, descending: false }
    : known.descending
      ? null
      : { column, descending: true };
  if (!more) return next ? [next] : [];
  if (!known) return [...sort, next!];
  return sort.flatMap((one) => (one.column !== column ? [one] : next ? [next] : []));
}

/**
 * Adds a condition. Values of one column that are let in join ("is a or b"), as do those kept out; a range takes the
 * place of an older range; the same condition twice is one.
 */
export function addFilter(filters: readonly ResultFilter[], added: ResultFilter): readonly ResultFilter[] {
  if (added.test === "in" || added.test === "not in") {
    const known = filters.find((one) => one.column === added.column && one.test === added.test);
    if (known && "values" in known) {
      const values = [...new Set([...known.values, ...added.values])];
      return filters.map((one) => (one === known ? { ...known, values } : one));
    }
    return [...filters, { ...added, values: [...new Set(added.values)] }];
  }
  if (added.test === "between") {
    const others = filters.filter((one) => !(one.column === added.column && one.test === "between"));
    return [...others, added];
  }
  return filters.some((one) => sameFilter(one, added)) ? filters : [...filters, added];
}

export function removeFilter(
  filters: readonly ResultFilter[],
  removed: ResultFilter,
): readonly ResultFilter[] {
  return filters.filter((one) => !sameFilter(one, removed));
}

function sameFilter(left: ResultFilter, right: ResultFilter): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** A condition as a person reads it. */
export function filterText(filter: ResultFilter): string {
  const { column } = filter;
  switch (filter.test) {
    case "in":
    case "not in": {
      const not = filter.test === "not in";
      if (filter.values.length === 1 && filter.values[0] === null)
        return `${column} is ${not ? "not " : ""}null`;
      return `${column} is ${not ? "not " : ""}${filter.values.map(quoted).join(not ? " nor " : " or ")}`;
    }
    case "between":
      if (filter.from === null) return `${column} ≤ ${boundText(filter.until ?? "")}`;
      if (filter.until === null) return `${column} ≥ ${boundText(filter.from)}`;
      return `${column} ${boundText(filter.from)} … ${boundText(filter.until)}`;
    case "contains":
      return `${column} contains ${quoted(filter.text)}`;
    case "not contains":
      return `${column} does not contain ${quoted(filter.text)}`;
  }
}

function quoted(value: string | null): string {
  if (value === null) return "null";
  const short = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return `“${short}”`;
}
