import type { CellMode } from "../../notebooks/document/notebook.ts";

const LABELS: Partial<Record<CellMode, string>> = {
  sql: "SQL",
  md: "Markdown",
  js: "JavaScript",
  ts: "TypeScript",
  html: "HTML",
  ojs: "Observable JavaScript",
  tex: "TeX",
  dot: "DOT",
};

/** What a person calls a mode. */
export function labelOf(mode: CellMode): string {
  return LABELS[mode] ?? mode;
}
