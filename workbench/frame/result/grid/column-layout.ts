import type { TableColumn } from "../table-state.ts";

export interface PlacedColumn {
  readonly column: TableColumn;
  /** Place among the shown columns. */
  readonly place: number;
  /** CSS pixels from the left of the row, row numbers included. */
  readonly left: number;
}

/** Where columns lie: row numbers and pinned columns on the left, the others side by side. */
export interface ColumnLayout {
  readonly pinned: readonly PlacedColumn[];
  readonly free: readonly PlacedColumn[];
  readonly numberPx: number;
  /** Width of row numbers and pinned columns. */
  readonly pinnedPx: number;
  readonly widthPx: number;
}

/** @param columns shown columns, pinned ones first */
export function layOutColumns(columns: readonly TableColumn[], rowCount: number): ColumnLayout {
  const numberPx = Math.max(36, String(Math.max(rowCount, 1000)).length * 7.2 + 16);
  let left = numberPx;
  const placed = columns.map((column, place) => {
    const at = left;
    left += column.widthPx;
    return { column, place, left: at };
  });
  const pinned = placed.filter(({ column }) => column.pinned);
  const pinnedPx = numberPx + pinned.reduce((sum, { column }) => sum + column.widthPx, 0);
  return { pinned, free: placed.slice(pinned.length), numberPx, pinnedPx, widthPx: left };
}

/** The columns that are not pinned and lie at least partly in view. */
export function columnsInView(
  layout: ColumnLayout,
  scrollLeft: number,
  viewPx: number,
): readonly PlacedColumn[] {
  const from = scrollLeft + layout.pinnedPx;
  const until = scrollLeft + Math.max(viewPx, layout.pinnedPx + 1);
  return layout.free.filter(({ left, column }) => left + column.widthPx > from && left < until);
}

/** A width that shows most of what the first rows hold, so that columns never jump later. */
export function fittingWidth(name: string, texts: readonly (string | null)[]): number {
  const lengths = texts.map((text) => text?.length ?? 4).sort((a, b) => a - b);
  const typical = lengths[Math.floor(lengths.length * 0.9)] ?? 0;
  return Math.round(Math.min(380, Math.max(112, name.length * 7.6 + 52, typical * 6.9 + 22)));
}
