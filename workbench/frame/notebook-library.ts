import * as Inputs from "@observablehq/inputs";
import { library } from "@observablehq/notebook-kit/runtime";
import * as Plot from "@observablehq/plot";
import * as htl from "htl";
import { md } from "./markdown.ts";

/** Names that Notebook Kit loads from the network and that a cell can therefore not use here. */
const ABSENT = [
  "_",
  "aq",
  "Arrow",
  "d3",
  "dot",
  "duckdb",
  "DuckDBClient",
  "echarts",
  "L",
  "mapboxgl",
  "mermaid",
];
const ABSENT_MORE = ["React", "ReactDOM", "tex", "topojson", "vl", "FileAttachment", "Interpreter"];

/**
 * What cells find by name: Notebook Kit's own values, with every library that it would load from a CDN replaced by the
 * one bundled here, or by a sentence that says so.
 *
 * @param builtins values that depend on the frame (`db`, `DatabaseClient`)
 */
export function notebookLibrary(builtins: Readonly<Record<string, unknown>>): Record<string, () => unknown> {
  const absent = Object.fromEntries(
    [...ABSENT, ...ABSENT_MORE].map((name) => [
      name,
      () => {
        throw new Error(
          `${name} is not part of this notebook: nothing is loaded from the network. Use Plot, Inputs, htl, md, SQL.`,
        );
      },
    ]),
  );
  return {
    ...(library as unknown as Record<string, () => unknown>),
    ...absent,
    Plot: () => Plot,
    Inputs: () => Inputs,
    htl: () => htl,
    html: () => htl.html,
    svg: () => htl.svg,
    md: () => md,
    ...Object.fromEntries(Object.entries(builtins).map(([name, value]) => [name, () => value])),
  };
}

export { Inputs };
