import { parseTemplate, transpile } from "@observablehq/notebook-kit";
import { sqlOfTemplate } from "./bind-interpolations.ts";
import type { CellMode, NotebookCell } from "./notebook.ts";

/** What the transpiler takes of a cell. */
export interface CellSource {
  readonly id: number;
  readonly mode: CellMode;
  readonly value: string;
  readonly hidden?: boolean;
  readonly output?: string | null;
  readonly database?: string | null;
}

/** A cell as the runtime takes it, or why it has no meaning. A syntax error is data, never an exception. */
export interface TranspiledCell {
  readonly id: number;
  readonly ok: boolean;
  /** Text of a JavaScript function over `inputs`. */
  readonly body: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly output: string | null;
  readonly autodisplay: boolean;
  readonly autoview: boolean;
  readonly automutable: boolean;
  /** Syntax error, when not ok. */
  readonly error: string | null;
  /** Zero-based offset of the error in the cell's text, when the parser knows it. */
  readonly errorOffset: number | null;
}

/** Modes that run on the machine of the reader in the kit; Spoor never does. */
const REFUSED_MODES: ReadonlySet<CellMode> = new Set(["node", "python", "r", "tex", "dot"]);
const LONGEST_CELL = 1_000_000;

/** Transpiles cells with Notebook Kit's transpiler, in order. One bad cell leaves the others untouched. */
export function transpileCells(cells: readonly CellSource[]): TranspiledCell[] {
  return cells.map(transpileCell);
}

function transpileCell(cell: CellSource): TranspiledCell {
  if (REFUSED_MODES.has(cell.mode)) {
    return refused(
      cell.id,
      `Cells of type ${cell.mode} are kept but not run here: use SQL, Markdown or JavaScript.`,
      null,
    );
  }
  if (cell.value.length > LONGEST_CELL)
    return refused(cell.id, "The cell is longer than 1,000,000 characters.", null);
  try {
    const { database, output, ...source } = cell;
    const result = transpile(
      {
        ...source,
        pinned: false,
        hidden: cell.hidden ?? false,
        ...(cell.mode === "sql" ? { database: "var:db" } : {}),
        ...(output ? { output } : {}),
      },
      {},
    );
    return {
      id: cell.id,
      ok: true,
      body: result.body,
      inputs: [...(result.inputs ?? [])],
      outputs: [...(result.outputs ?? [])],
      output: result.output ?? null,
      autodisplay: result.autodisplay ?? false,
      autoview: result.autoview ?? false,
      automutable: result.automutable ?? false,
      error: null,
      errorOffset: null,
    };
  } catch (error) {
    const offset = (error as { pos?: unknown }).pos;
    return refused(
      cell.id,
      error instanceof Error ? error.message : String(error),
      typeof offset === "number" ? Math.min(Math.max(offset, 0), cell.value.length) : null,
    );
  }
}

function refused(id: number, error: string, errorOffset: number | null): TranspiledCell {
  return {
    id,
    ok: false,
    body: "",
    inputs: [],
    outputs: [],
    output: null,
    autodisplay: false,
    autoview: false,
    automutable: false,
    error,
    errorOffset,
  };
}

/** A SQL cell taken apart: the texts around its interpolations and their expressions. */
export interface SqlCell {
  readonly id: number;
  readonly output: string | null;
  /** One more than `expressions`. */
  readonly texts: readonly string[];
  /** JavaScript of each `${…}`. */
  readonly expressions: readonly string[];
}

/** The SQL cells of a notebook, in order; a cell whose interpolations do not parse has `error` set instead. */
export function sqlCells(
  cells: readonly NotebookCell[],
): (SqlCell | { readonly id: number; readonly error: string })[] {
  return cells.filter((cell) => cell.mode === "sql" && cell.value.trim() !== "").map(sqlCellOf);
}

/** Takes one SQL cell apart. */
export function sqlCellOf(cell: NotebookCell): SqlCell | { readonly id: number; readonly error: string } {
  try {
    const template = parseTemplate(cell.value);
    const slice = (node: { start: number; end: number }) => cell.value.slice(node.start, node.end);
    return {
      id: cell.id,
      output: cell.output,
      texts: template.quasis.map((part) =>
        sqlOfTemplate(slice(part as unknown as { start: number; end: number })),
      ),
      expressions: template.expressions.map((part) =>
        slice(part as unknown as { start: number; end: number }).trim(),
      ),
    };
  } catch (error) {
    return { id: cell.id, error: error instanceof Error ? error.message : String(error) };
  }
}
