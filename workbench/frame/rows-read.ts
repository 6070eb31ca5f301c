import type { CellProgram } from "./protocol.ts";
import type { RowsRead } from "./result/result-view.ts";

/**
 * How much a cell reads of another's rows: `name` when it does nothing but hand them to `crossfilter`, which counts them
 * where they are kept. A name in a text or a comment counts as reading: then more is fetched than needed, never less.
 */
export function rowsReadOf({ body, inputs }: CellProgram["transpiled"], name: string): RowsRead {
  if (!inputs.includes("crossfilter") || !/^[A-Za-z_]\w*$/.test(name)) return "rows";
  // The first mention is the parameter.
  const mentions = [...body.matchAll(new RegExp(`(?<![\\w$])${name}(?![\\w$])`, "g"))].length - 1;
  const handed = [...body.matchAll(new RegExp(`(?<![\\w$.])crossfilter\\(\\s*${name}\\s*[,)]`, "g"))].length;
  return handed > 0 && handed === mentions ? "name" : "rows";
}
