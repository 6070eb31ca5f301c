/** Where in its text a cell failed, read from the error's trace. */
import type { CellProgram, LinePlace } from "./protocol.ts";

/** Lines before the cell's own text: the function's head, and `return (` around an expression. */
const PROGRAM_HEAD_LINES = 3;
const EXPRESSION_HEAD_LINES = 4;

/** The name under which the browser lists a cell's program in traces. */
export function sourceName({ id, transpiled }: CellProgram): string {
  const expression = /^[^\n]*=> \{\nreturn \(\n/.test(transpiled.body);
  return `cell-${id}-${expression ? "expression" : "program"}`;
}

/** Where in the cell `id` it happened, when the trace says. */
export function linePlaceOf(error: unknown, id: number): LinePlace | null {
  const trace = error instanceof Error ? (error.stack ?? "") : "";
  const found = new RegExp(`cell-${id}-(expression|program):(\\d+):(\\d+)`).exec(trace);
  if (!found) return null;
  const line = Number(found[2]) - (found[1] === "expression" ? EXPRESSION_HEAD_LINES : PROGRAM_HEAD_LINES);
  return line < 1 ? null : { line, column: Number(found[3]) };
}
