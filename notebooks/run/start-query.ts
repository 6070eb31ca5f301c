import { bindInterpolations } from "../document/bind-interpolations.ts";
import type { NotebookCell } from "../document/notebook.ts";
import { sqlCellOf } from "../document/transpile-cells.ts";
import type { AskedSql } from "../hunt/current-power.ts";
import { literalsOf, valueOfExpression } from "./input-defaults.ts";

/** The query that a SQL cell asks when its notebook is opened, with inputs at their start; undefined where no literal tells. */
export function startQuery(cells: readonly NotebookCell[], id: number): AskedSql | undefined {
  const cell = cells.find((other) => other.id === id && other.mode === "sql");
  const parts = cell && sqlCellOf(cell);
  if (!parts || "error" in parts) return undefined;
  const literals = literalsOf(cells);
  const values = parts.expressions.map((expression) => valueOfExpression(expression, literals));
  if (values.some((value) => value === null)) return undefined;
  try {
    return bindInterpolations(
      parts.texts,
      values.map((value) => value?.value),
    );
  } catch {
    return undefined;
  }
}
