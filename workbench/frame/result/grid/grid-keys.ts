/** Where the active cell of a table is; row -1 is the head. */
export interface CellPlace {
  readonly row: number;
  readonly place: number;
}

export interface GridExtent {
  readonly rowCount: number;
  readonly columnCount: number;
  /** Rows that a page holds. */
  readonly pageRows: number;
}

/** Where a key leads from a cell, or null when the key moves nothing. Home and End go to the ends of the row. */
export function movedBy(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">,
  from: CellPlace,
  { rowCount, columnCount, pageRows }: GridExtent,
): CellPlace | null {
  const far = event.ctrlKey || event.metaKey;
  const at = (row: number, place: number): CellPlace => ({
    row: Math.min(rowCount - 1, Math.max(-1, row)),
    place: Math.min(columnCount - 1, Math.max(0, place)),
  });
  switch (event.key) {
    case "ArrowDown":
      return at(far ? rowCount - 1 : from.row + 1, from.place);
    case "ArrowUp":
      return at(far ? 0 : from.row - 1, from.place);
    case "ArrowRight":
      return at(from.row, far ? columnCount - 1 : from.place + 1);
    case "ArrowLeft":
      return at(from.row, far ? 0 : from.place - 1);
    case "PageDown":
      return at(from.row + pageRows, from.place);
    case "PageUp":
      return at(Math.max(0, from.row - pageRows), from.place);
    case "Home":
      return at(far ? 0 : from.row, 0);
    case "End":
      return at(far ? rowCount - 1 : from.row, columnCount - 1);
    default:
      return null;
  }
}
