import "regular-table";
import type { RegularTableElement } from "regular-table";
import { type ResultRows, type ResultTable, rowsOf } from "./result-table.ts";

/** An element that shows a result and, as an input, has its rows as value. */
export interface ResultView extends HTMLElement {
  readonly value: ResultRows;
}

const ROW_HEIGHT = 24;
const ROWS_SHOWN = 14;
const LONGEST_TEXT = 400;
const COPIED_ROWS = 10_000;

/**
 * A table over a result of any length: only the rows in view are read. Values are set as text, never as markup; NULL
 * looks different from an empty text; numbers are aligned to the right.
 */
export function resultView(table: ResultTable, copy: (text: string) => void): ResultView {
  const root = document.createElement("div");
  root.className = "result";
  root.append(summary(table, copy));
  if (table.columns.length > 0 && table.rowCount > 0) root.append(grid(table));
  let rows: ResultRows | null = null;
  Object.defineProperty(root, "value", {
    get: () => {
      rows ??= rowsOf(table);
      return rows;
    },
  });
  return root as unknown as ResultView;
}

function summary(table: ResultTable, copy: (text: string) => void): HTMLElement {
  const line = document.createElement("div");
  line.className = "result-summary";
  const count = document.createElement("span");
  const rows = `${table.rowCount.toLocaleString("en-US")} ${table.rowCount === 1 ? "row" : "rows"}`;
  count.textContent = table.complete ? rows : `first ${rows}`;
  const state = document.createElement("span");
  state.className = table.complete ? "complete" : "not-complete";
  state.textContent = table.complete ? "complete" : "not complete: cut at the row limit";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.title =
    table.rowCount > COPIED_ROWS
      ? `Copies the first ${COPIED_ROWS.toLocaleString("en-US")} rows as tab-separated text`
      : "Copies the rows as tab-separated text";
  button.addEventListener("click", () => {
    copy(tabSeparated(table, COPIED_ROWS));
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1200);
  });
  line.append(count, state, button);
  return line;
}

/** Rows as tab-separated text with a head line; tabs and line ends in values become spaces. */
function tabSeparated(table: ResultTable, rowLimit: number): string {
  const clean = (text: string) => text.replace(/[\t\r\n]+/g, " ");
  const lines = [table.columns.map(({ name }) => clean(name)).join("\t")];
  for (let row = 0; row < Math.min(table.rowCount, rowLimit); row += 1) {
    lines.push(table.columns.map((_column, index) => clean(table.text(row, index) ?? "")).join("\t"));
  }
  return `${lines.join("\n")}\n`;
}

function grid(table: ResultTable): HTMLElement {
  const element = document.createElement("regular-table") as RegularTableElement;
  const shownRows = Math.min(table.rowCount, ROWS_SHOWN);
  const holder = document.createElement("div");
  holder.className = "result-grid";
  holder.style.height = `${(shownRows + 1) * ROW_HEIGHT + (table.rowCount > ROWS_SHOWN ? ROW_HEIGHT / 2 : 0) + 14}px`;
  holder.append(element);
  element.setDataListener(async (x0, y0, x1, y1) => {
    const data: string[][] = [];
    const metadata: unknown[][] = [];
    const last = Math.min(y1, table.rowCount);
    for (let column = x0; column < Math.min(x1, table.columns.length); column += 1) {
      const texts: string[] = [];
      const notes: unknown[] = [];
      for (let row = y0; row < last; row += 1) {
        const text = table.text(row, column);
        texts.push(text === null ? "null" : shortened(text));
        notes.push(text === null);
      }
      data.push(texts);
      metadata.push(notes);
    }
    return {
      num_rows: table.rowCount,
      num_columns: table.columns.length,
      row_height: ROW_HEIGHT,
      column_headers: table.columns.slice(x0, x1).map(({ name }) => [name]),
      row_headers: Array.from({ length: Math.max(0, last - y0) }, (_row, index) => [String(y0 + index + 1)]),
      data,
      metadata,
    };
  });
  element.addStyleListener(() => {
    for (const cell of element.querySelectorAll<HTMLElement>("tbody td, thead th")) {
      const meta = element.getMeta(cell);
      if (!meta || !("x" in meta) || meta.x === undefined) continue;
      const column = table.columns[meta.x];
      cell.classList.toggle("numeric", column?.numeric ?? false);
      if (meta.type === "body") {
        const missing = meta.user === true;
        cell.classList.toggle("missing", missing);
        if (!missing && typeof meta.value === "string" && meta.value.length > 24) cell.title = meta.value;
        else cell.removeAttribute("title");
      } else if (column) {
        cell.title = `${column.name} ${column.type}`;
      }
    }
  });
  requestAnimationFrame(() => void (element as unknown as { draw(): Promise<void> }).draw());
  return holder;
}

function shortened(text: string): string {
  const line = text.replace(/[\r\n\t]+/g, " ⏎ ");
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}…` : line;
}
