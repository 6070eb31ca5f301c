/** Where in its text a cell failed, read from the error's trace. */
import type { CellProgram } from "./protocol.ts";

/** Lines before the cell's own text: the function's head, and `return (` around an expression. */
const PROGRAM_HEAD_LINES = 3;
const EXPRESSION_HEAD_LINES = 4;

/** The name under which the browser lists a cell's program in traces. */
export function sourceName({ id, transpiled }: CellProgram): string {
  const expression = /^[^\n]*=> \{\nreturn \(\n/.test(transpiled.body);
  return `cell-${id}-${expression ? "expression" : "program"}`;
}

/** The message with the line and column of the cell `id` where it happened, when the trace says. */
export function withPlace(message: string, error: unknown, id: number): string {
  const trace = error instanceof Error ? (error.stack ?? "") : "";
  const found = new RegExp(`cell-${id}-(expression|program):(\\d+):(\\d+)`).exec(trace);
  if (!found) return message;
  const line = Number(found[2]) - (found[1] === "expression" ? EXPRESSION_HEAD_LINES : PROGRAM_HEAD_LINES);
  return line < 1 ? message : `Line ${line}, column ${found[3]}: ${message}`;
}
