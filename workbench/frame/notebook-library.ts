import * as Inputs from "@observablehq/inputs";
import { library } from "@observablehq/notebook-kit/runtime";
import * as Plot from "@observablehq/plot";
import * as htl from "htl";
import { hunt } from "../../notebooks/function/hunt.ts";
import { charts } from "./chart/charts.ts";
import { crossfilterTools } from "./crossfilter/crossfilter-tools.ts";
import { entityInput } from "./input/entity-input.ts";
import { timeRangeInput } from "./input/time-range-input.ts";
import { md } from "./markdown.ts";
import type { PageChannel } from "./page-channel.ts";
import { riskTools } from "./risk/risk-tools.ts";

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
 * @param page answers what values there are
 */
export function notebookLibrary(
  builtins: Readonly<Record<string, unknown>>,
  page: PageChannel,
): Record<string, () => unknown> {
  const inputs = { ...Inputs, timeRange: timeRangeInput, entity: entityInput(page) };
  const { crossfilter, vg } = crossfilterTools(page);
  const risk = riskTools(page, () => performance.now());
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
    Inputs: () => inputs,
    hunt: () => hunt,
    htl: () => htl,
    html: () => htl.html,
    svg: () => htl.svg,
    md: () => md,
    charts: () => charts,
    risk: () => risk,
    crossfilter: () => crossfilter,
    vg: () => vg,
    ...Object.fromEntries(Object.entries(builtins).map(([name, value]) => [name, () => value])),
  };
}

export { Inputs };
