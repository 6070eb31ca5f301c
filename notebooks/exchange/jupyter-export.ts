/** A notebook as a Jupyter file (nbformat 4.5). Pure functions only. */
import type { NotebookCell, NotebookDocument } from "../document/notebook.ts";
import { huntOf, isHuntCell } from "../hunt/hunt-record.ts";
import { huntMarkdown } from "./hunt-markdown.ts";
import { type ExportedResult, htmlTable, plainTable } from "./result-table.ts";

/** What is noted on each exported cell, so that an import gives the same cell back. */
export interface CellNote {
  readonly id: number;
  readonly mode: string;
  readonly pinned: boolean;
  readonly hidden: boolean;
  readonly output: string | null;
  readonly database: string | null;
  readonly format: string | null;
  /** Names and values: as pairs, so that any name is kept. */
  readonly attributes: readonly (readonly [string, string])[];
}

const RAW_FORMATS: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  ts: "text/x-typescript",
  tex: "text/latex",
};

/**
 * Writes a notebook and the results of its SQL cells. SQL cells are code under the `%%sql name <<` magic that
 * ipython-sql and JupySQL share; Markdown stays Markdown; programs of other kinds are raw cells, which Jupyter shows
 * and never runs. What Jupyter has no place for is kept in `metadata.spoor`.
 *
 * @param results rows by cell id; a cell without an entry has no output
 */
export function exportJupyter(
  notebook: NotebookDocument,
  results: ReadonlyMap<number, ExportedResult> = new Map(),
): string {
  const hunt = huntOf(notebook);
  const summary = hunt.ok ? huntMarkdown(hunt.value) : "";
  let executionCount = 0;
  const cells = notebook.cells.map((cell) => {
    const metadata = { spoor: noteOf(cell) };
    const id = `spoor-${cell.id}`;
    if (cell.mode === "md") {
      return { cell_type: "markdown", id, metadata, source: linesOf(cell.value) };
    }
    if (cell.mode === "sql") {
      const result = results.get(cell.id);
      if (result) executionCount += 1;
      return {
        cell_type: "code",
        execution_count: result ? executionCount : null,
        id,
        metadata,
        outputs: result
          ? [
              {
                data: {
                  "text/html": linesOf(htmlTable(result)),
                  "text/plain": linesOf(plainTable(result)),
                },
                execution_count: executionCount,
                metadata: {},
                output_type: "execute_result",
              },
            ]
          : [],
        source: linesOf(`${sqlMagic(cell)}\n${cell.value}`),
      };
    }
    return {
      cell_type: "raw",
      id,
      metadata: { format: RAW_FORMATS[cell.mode] ?? "text/plain", ...metadata },
      source: linesOf(cell.value),
    };
  });
  const huntAt = notebook.cells.findIndex(isHuntCell);
  if (summary !== "") {
    cells.splice(huntAt < 0 ? 0 : huntAt + 1, 0, {
      cell_type: "markdown",
      id: "spoor-hunt-summary",
      metadata: { spoor: { generated: true } } as never,
      source: linesOf(summary),
    });
  }
  return `${JSON.stringify(
    {
      cells,
      metadata: {
        kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
        language_info: { name: "python" },
        spoor: {
          version: 1,
          title: notebook.title,
          theme: notebook.theme,
          readOnly: notebook.readOnly,
          attributes: Object.entries(notebook.attributes),
        },
        title: notebook.title,
      },
      nbformat: 4,
      nbformat_minor: 5,
    },
    null,
    1,
  )}\n`;
}

/** The first line of an exported SQL cell: `%%sql name <<`, or `%%sql` where other cells cannot name the result. */
export function sqlMagic(cell: Pick<NotebookCell, "output">): string {
  return cell.output !== null && /^[A-Za-z_]\w*$/.test(cell.output) ? `%%sql ${cell.output} <<` : "%%sql";
}

function noteOf(cell: NotebookCell): CellNote {
  const { id, mode, pinned, hidden, output, database, format, attributes } = cell;
  return { id, mode, pinned, hidden, output, database, format, attributes: Object.entries(attributes) };
}

/** nbformat's form of a text: its lines, each with its line end. */
function linesOf(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}
