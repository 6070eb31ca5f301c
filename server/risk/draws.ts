import { BIGINT, DOUBLE, DuckDBDataChunk } from "@duckdb/node-api";
import { type OpenResult, uniqueNames } from "../../notebooks/engine/query-run.ts";
import { sampleRisk } from "../../promote/risk/epistemic.ts";
import { compileRisk, lossStreams } from "../../promote/risk/expected-loss.ts";
import type { RiskModel } from "../../promote/risk/model.ts";
import { onboardMask } from "../../promote/risk/model-cost.ts";
import { simulateStreamsInThreads } from "../../promote/risk/simulate-threads.ts";

const CHUNK_ROWS = 2048;

export interface DrawsOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Share done, 0 to 1. */
  readonly progress?: (share: number) => void;
}

/** Columns of numbers, all of one length. The first column of the export counts its rows from 1. */
export interface NumberTable {
  readonly counter: string;
  readonly columns: readonly { readonly name: string; readonly values: Float64Array }[];
  readonly rows: number;
}

/**
 * Draws over what we do not know, one row each: every input by its name, then in dollars a year the expected loss
 * without any source (`baseline_usd`) and with those on board (`residual_usd`), and for each source what it adds to them
 * (`marginal_usd:source`) and its Shapley value (`shapley_usd:source`). The same seed gives the same figures.
 */
export async function drawsTable(
  model: RiskModel,
  draws: number,
  { seed, signal, progress }: DrawsOptions,
): Promise<NumberTable> {
  const compiled = compileRisk(model);
  const drawn = await sampleRisk(compiled, { seed, draws, current: onboardMask(model), signal, progress });
  const bySource = (what: string, of: readonly Float64Array[]) =>
    model.sources.map(({ id }, i) => ({ name: `${what}:${id}`, values: of[i]! }));
  return {
    counter: "draw",
    rows: draws,
    columns: [
      ...compiled.inputs.map(({ name }, i) => ({ name, values: drawn.inputs[i]! })),
      { name: "baseline_usd", values: drawn.baseline },
      { name: "residual_usd", values: drawn.residual },
      ...bySource("marginal_usd", drawn.marginal),
      ...bySource("shapley_usd", drawn.shapley),
    ],
  };
}

/** Simulated years, one row each: the loss [$] without any source and with those on board. Runs on all cores. */
export async function yearsTable(
  model: RiskModel,
  years: number,
  { seed, signal, progress }: DrawsOptions,
): Promise<NumberTable> {
  const compiled = compileRisk(model);
  const lossOf = (mask: number, done: number): Promise<Float64Array> =>
    simulateStreamsInThreads(lossStreams(compiled, mask, true), {
      years,
      seed,
      ...(signal === undefined ? {} : { signal }),
      progress: (share) => progress?.((done + share) / 2),
    });
  const without = await lossOf(0, 0);
  const now = await lossOf(onboardMask(model), 1);
  return {
    counter: "year",
    rows: years,
    columns: [
      { name: "loss_without_sources_usd", values: without },
      { name: "loss_usd", values: now },
    ],
  };
}

/** The table as a result that the exports of query results take. */
export function tableResult(table: NumberTable, signal?: AbortSignal): OpenResult {
  const types = [BIGINT, ...table.columns.map(() => DOUBLE)];
  const names = uniqueNames([table.counter, ...table.columns.map(({ name }) => name)]);
  let from = 0;
  return {
    columns: names.map((name, i) => ({ name, type: i === 0 ? "BIGINT" : "DOUBLE" })),
    types,
    datasetVersions: new Map(),
    async next() {
      signal?.throwIfAborted();
      if (from >= table.rows) return null;
      const until = Math.min(table.rows, from + CHUNK_ROWS);
      const chunk = DuckDBDataChunk.create(types, until - from);
      const start = from;
      chunk.setColumns([
        Array.from({ length: until - start }, (_, i) => BigInt(start + i + 1)),
        ...table.columns.map(({ values }) => Array.from(values.subarray(start, until))),
      ]);
      from = until;
      // Chunks are made without waiting for anything: let others have their turn.
      await new Promise((resolve) => setImmediate(resolve));
      return chunk;
    },
    async close() {},
  };
}
