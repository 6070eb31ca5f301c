import type { NotebookCell } from "../../../notebooks/document/notebook.ts";

/** One row of the outline: every cell has one, so that the flow of data can be drawn beside them. */
export interface OutlineRow {
  readonly id: number;
  readonly text: string;
  /** How deep the row stands: headings by their level, other cells below their heading. */
  readonly depth: number;
  readonly kind: "heading" | "named" | "plain";
}

const DECLARED =
  /^\s*(?:export\s+)?(?:const|let|var|function\*?|async\s+function\*?|class)\s+([A-Za-z_$][\w$]*)/m;
const LONGEST = 48;

/** The outline of cells: a Markdown heading, the name of a value, or the beginning of the text. */
export function outlineOf(cells: readonly NotebookCell[]): OutlineRow[] {
  let level = 0;
  return cells.map((cell): OutlineRow => {
    const { id } = cell;
    if (cell.mode === "md") {
      const heading = /^ {0,3}(#{1,6})\s+(.+?)\s*#*\s*$/m.exec(cell.value);
      if (heading) {
        level = heading[1]!.length;
        return { id, text: shortened(plain(heading[2]!)), depth: level - 1, kind: "heading" };
      }
      return { id, text: shortened(plain(firstLine(cell.value))) || "empty", depth: level, kind: "plain" };
    }
    const name = cell.mode === "sql" ? cell.output : (DECLARED.exec(cell.value)?.[1] ?? null);
    if (name) return { id, text: name, depth: level, kind: "named" };
    const text = cell.mode === "sql" ? cell.value.replace(/\s+/g, " ").trim() : firstLine(cell.value);
    return { id, text: shortened(text) || "empty", depth: level, kind: "plain" };
  });
}

function firstLine(text: string): string {
  return (text.split("\n").find((line) => line.trim() !== "" && !/^\s*(--|\/\/)/.test(line)) ?? "").trim();
}

/** Markdown without its marks. */
function plain(text: string): string {
  return text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*_`#>~]/g, "");
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
