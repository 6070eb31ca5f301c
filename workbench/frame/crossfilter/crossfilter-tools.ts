import { Coordinator, coordinator as sharedCoordinator } from "@uwdata/mosaic-core";
import * as vgplot from "@uwdata/vgplot";
import type { CrossfilterBody, ResultFilter, ResultState } from "../../../notebooks/result/result.ts";
import type { ChartElement } from "../chart/chart-frame.ts";
import { columnsOf, rowsFor } from "../chart/chart-rows.ts";
import { type CrossfilterChoice, type CrossfilterOptions, crossfilterElement } from "./crossfilter.ts";
import { MemorySource } from "./memory-source.ts";
import { MosaicSource } from "./mosaic-source.ts";

/** What the crossfilter asks of the page; the page holds the session. */
export interface CrossfilterPage {
  /** `arrow` gives an Arrow IPC stream, `exec` null. */
  crossfilter(body: CrossfilterBody): Promise<Uint8Array | null>;
  state(result: string): Promise<ResultState>;
  /** "Keep this filter in the query". */
  say(message: {
    readonly kind: "filterCell";
    readonly cell: number;
    readonly filters: readonly ResultFilter[];
  }): void;
}

/** Rows of a cell; those of a visible SQL cell name the result that the server keeps. */
export type CrossfilterRows = readonly Readonly<Record<string, unknown>>[] & {
  readonly result?: string | null;
  readonly schema?: readonly { readonly name: string; readonly type: string }[];
  readonly complete?: boolean;
};

const LOOK_EVERY_MS = 400;
/** Ways to a database that do not exist here: no network, no WebAssembly. */
const ELSEWHERE = [
  "wasmConnector",
  "restConnector",
  "socketConnector",
  "DuckDBWASMConnector",
  "RestConnector",
  "SocketConnector",
] as const;

/** The names `crossfilter` and `vg` of cells. */
export function crossfilterTools(page: CrossfilterPage) {
  const coordinator = new Coordinator(
    {
      query: (async ({ type, sql }: { type: string; sql: string }) => {
        const bytes = await page.crossfilter({ type: type === "exec" ? "exec" : "arrow", sql });
        return type === "exec" ? undefined : (bytes ?? new Uint8Array());
      }) as never,
    },
    // What goes wrong is shown where it happened.
    { logger: null },
  );
  // Parts of vgplot reach for the shared coordinator even when they have one of their own.
  sharedCoordinator(coordinator);

  /**
   * Linked charts over the rows of a SQL cell: what is chosen in one filters the others. Rows of a visible SQL cell stay
   * on the server, however many there are; other rows are counted here. `value` is {filters, sql, rowCount, total, fields}.
   */
  function crossfilter(
    given: CrossfilterRows,
    options: CrossfilterOptions = {},
  ): ChartElement<CrossfilterChoice> {
    const rows = rowsFor("crossfilter", given) as unknown as CrossfilterRows;
    const result = typeof rows.result === "string" ? rows.result : null;
    return crossfilterElement(
      {
        keep: (filters) => {
          const cell = cellOf(rows);
          if (cell !== null) page.say({ kind: "filterCell", cell, filters });
        },
        canKeep: () => result !== null && cellOf(rows) !== null,
        async open(waiting) {
          if (result === null || rows.schema === undefined)
            return {
              source: new MemorySource(rows as never, rows.schema),
              note: noteOf(rows.complete === false ? "cut" : "complete"),
            };
          const state = await ended(page, result, waiting);
          return {
            source: new MosaicSource(coordinator, result, state.rowCount, rows.schema),
            note: noteOf(state.phase),
          };
        },
      },
      columnsOf(rows as never),
      options,
    );
  }

  const refused = Object.fromEntries(
    ELSEWHERE.map((name) => [
      name,
      function elsewhere() {
        throw new Error(
          `vg.${name} is not part of this notebook: vg is connected to the results of SQL cells already.`,
        );
      },
    ]),
  );
  const vg: Readonly<Record<string, unknown>> = Object.freeze({
    ...vgplot,
    ...vgplot.createAPIContext({ coordinator }),
    ...refused,
  });
  return { crossfilter, vg };
}

/** The SQL cell whose table has these rows as its value; null when no cell shows them. */
function cellOf(rows: CrossfilterRows): number | null {
  for (const output of document.querySelectorAll<HTMLElement>(".output[data-cell]"))
    for (const element of output.querySelectorAll<HTMLElement & { readonly value?: unknown }>(":scope > *"))
      if (element.value === rows) return Number(output.dataset.cell);
  return null;
}

/** A result that grows has no counts that last: its end is waited for. */
async function ended(
  page: CrossfilterPage,
  result: string,
  waiting: (text: string) => void,
): Promise<ResultState> {
  for (;;) {
    const state = await page.state(result);
    if (state.phase !== "queued" && state.phase !== "running") return state;
    waiting(`Waiting for the whole result: ${state.rowCount.toLocaleString("en-US")} rows so far …`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function noteOf(phase: ResultState["phase"]): string | null {
  return phase === "complete" ? null : "The result is not complete: counts are of the rows that came.";
}
