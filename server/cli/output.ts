import { formatIssue, type Issue } from "../../connectors/issue/issue.ts";
import type { JsonCell } from "../api/api.ts";

/** What a command writes to and how it was asked to; the process's own streams in `main.ts`. */
export interface Output {
  readonly json: boolean;
  out(text: string): void;
  /** Messages for a person: never on standard output. */
  note(text: string): void;
  /** One line that is replaced by the next; nothing unless standard error is a terminal. */
  progress(fraction: number | null, message: string): void;
}

export function processOutput(json: boolean): Output {
  let wide = 0;
  const clear = () => {
    if (wide > 0) process.stderr.write(`\r${" ".repeat(wide)}\r`);
    wide = 0;
  };
  return {
    json,
    out(text) {
      clear();
      process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    note(text) {
      clear();
      process.stderr.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    progress(fraction, message) {
      if (!process.stderr.isTTY) return;
      const percent = fraction === null ? "   " : `${Math.round(fraction * 100)}%`.padStart(4);
      const line = `${percent} ${printable(message)}`.slice(0, (process.stderr.columns ?? 80) - 1);
      process.stderr.write(`\r${line.padEnd(wide)}`);
      wide = Math.max(wide, line.length);
      if (fraction === 1) clear();
    },
  };
}

/** Text from data with control characters shown instead of obeyed: a log value must not drive the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) =>
    character === "\n"
      ? "⏎"
      : character === "\t"
        ? " "
        : character === "\r"
          ? ""
          : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function cellText(value: JsonCell | undefined): string {
  if (value === null || value === undefined) return "∅";
  return printable(typeof value === "object" ? JSON.stringify(value) : String(value));
}

const MAXIMUM_COLUMN_WIDTH = 60;

/** Aligned columns with a header line; long cells are cut with an ellipsis. */
export function textTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cut = (text: string) =>
    text.length > MAXIMUM_COLUMN_WIDTH ? `${text.slice(0, MAXIMUM_COLUMN_WIDTH - 1)}…` : text;
  const cells = [columns.map((column) => printable(column)), ...rows].map((row) => row.map(cut));
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? "").length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join("  ")
      .trimEnd();
  return [
    line(cells[0]!),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...cells.slice(1).map(line),
  ].join("\n");
}

export function issueLines(issues: readonly Issue[]): string {
  return issues.map((issue) => printable(formatIssue(issue))).join("\n");
}

export function bytesText(bytes: number): string {
  for (const [unit, size] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}
