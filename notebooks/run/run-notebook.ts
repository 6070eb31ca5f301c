import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { Clock } from "../../connectors/time/instant.ts";
import { bindInterpolations } from "../document/bind-interpolations.ts";
import type { BoundSql, NotebookCell } from "../document/notebook.ts";
import { parseNotebook } from "../document/notebook-html.ts";
import { sqlCellOf } from "../document/transpile-cells.ts";
import type { QueryColumn, QueryEngine, QueryParameter } from "../engine/engine.ts";
import { QueryError } from "../engine/engine.ts";
import { dataHash, type HashedCell, sha256 } from "../hunt/data-hash.ts";
import { huntOf, isHuntCell } from "../hunt/hunt-record.ts";
import { keepRows } from "../hunt/kept-rows.ts";
import { plainRow } from "../hunt/plain-row.ts";
import { type LiteralValue, literalsOf, valueOfExpression } from "./input-defaults.ts";
import { renderReport } from "./report-page.ts";
import { type CellRecord, type DatasetRecord, type RunRecord, recordDataset } from "./run-record.ts";

/** Rows beyond this are not read; the report says that the count is not complete. */
export const RUN_ROW_LIMIT = 100_000;

export interface NotebookRunOptions {
  /** Text of the notebook's file. */
  readonly html: string;
  readonly engine: QueryEngine;
  readonly engineVersion: string;
  /** Values of names that cells interpolate; they win over an input's own start value. */
  readonly parameters?: Readonly<Record<string, QueryParameter>>;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Text of the frame's bundle: with it JavaScript cells run in the report, in a sandbox of its own. */
  readonly frameScript?: string;
  /** Name of the notebook, for the record of the run. */
  readonly name?: string;
  /** Who runs it, and with which Spoor, for the record of the run. */
  readonly by?: string;
  readonly spoorVersion?: string;
  /** The datasets that the engine sees, for the record of the run. */
  readonly datasets?: readonly Dataset[];
  /** Called before each SQL cell: 0 to 1, and which cell. */
  readonly onProgress?: (share: number, message: string) => void;
}

/** What one cell gave. `skipped`: it needs a browser; `unresolved`: it needs a value that nobody gave. */
export interface CellRun {
  readonly id: number;
  readonly state: "done" | "failed" | "unresolved" | "skipped";
  /** Why, when it did not run or is not complete; empty otherwise. */
  readonly message: string;
}

/** Rows of one SQL cell, JSON-safe, with what is needed to trust them. */
export interface SqlCellResult {
  readonly bound: BoundSql;
  readonly columns: readonly QueryColumn[];
  readonly rows: readonly Readonly<Record<string, HashedCell>>[];
  readonly complete: boolean;
  readonly datasetVersions: Readonly<Record<string, number>>;
  readonly dataHash: string;
}

export interface NotebookRun {
  /** One self-contained HTML page. */
  readonly html: string;
  readonly cells: readonly CellRun[];
  /** SHA-256 over every SQL cell's data hash. */
  readonly dataHash: string;
  /** SHA-256 of the report without the one line that holds its time stamp. */
  readonly reportHash: string;
  /** Whether every SQL cell gave all of its rows: only then may the run be used for a claim. */
  readonly complete: boolean;
  /** What the run is remembered by, with the segments that it read. */
  readonly record: RunRecord;
  /** Rows of each SQL cell that ran, by cell id, for exports. */
  readonly results: ReadonlyMap<number, SqlCellResult>;
}

/** Rows of a cell up to this number are compared one by one with those of an earlier run. */
const COMPARED_ROWS = 20_000;

/** A run's record with every row that it gave, as far as they are not too many: to be compared, and not to be kept. */
export function comparableRun({ record, results }: Pick<NotebookRun, "record" | "results">): RunRecord {
  const cells = record.cells.map((cell): CellRecord => {
    const rows = results.get(cell.id)?.rows;
    return rows && rows.length <= COMPARED_ROWS ? { ...cell, rows, rowHashes: [] } : cell;
  });
  return { ...record, cells };
}

/**
 * Runs the SQL cells of a notebook, in order, and makes a report. A cell that fails is part of the report, not an
 * exception; an abort throws the engine's QueryError `cancelled`.
 */
export async function runNotebook(options: NotebookRunOptions): Promise<NotebookRun> {
  const startedMs = options.clock();
  const notebook = parseNotebook(options.html);
  const cells = notebook.cells.filter((cell) => !isHuntCell(cell));
  const values = new Map<string, LiteralValue>(literalsOf(cells));
  for (const [name, value] of Object.entries(options.parameters ?? {})) {
    values.set(name, typeof value === "bigint" ? value.toString() : value);
  }
  const runs: CellRun[] = [];
  const results = new Map<number, SqlCellResult>();
  const records: CellRecord[] = [];
  const queries = cells.filter(({ mode, value }) => mode === "sql" && value.trim() !== "");
  for (const cell of cells) {
    if (cell.mode !== "sql") {
      const runsInReport = cell.mode === "md" || options.frameScript !== undefined;
      runs.push({
        id: cell.id,
        state: runsInReport ? "done" : "skipped",
        message: runsInReport ? "" : "needs a browser: the report shows its code",
      });
      continue;
    }
    if (cell.value.trim() === "") continue;
    options.onProgress?.(records.length / queries.length, `cell ${cell.id}`);
    const run = await runSqlCell(cell, values, options);
    runs.push(run.run);
    records.push(await recordCell(cell, run.run, run.result));
    if (run.result) results.set(cell.id, run.result);
  }
  const hunt = huntOf(notebook);
  const whole = await sha256(
    [...results].map(([id, { dataHash: hash, complete }]) => `${id} ${hash} ${complete}`).join("\n"),
  );
  const report = await renderReport({
    notebook,
    cells,
    hunt: hunt.ok ? hunt.value : null,
    runs: new Map(runs.map((run) => [run.id, run])),
    results,
    values,
    engineVersion: options.engineVersion,
    dataHash: whole,
    startedMs,
    elapsedMs: options.clock() - startedMs,
    frameScript: options.frameScript ?? null,
  });
  const complete = records.every((cell) => cell.state === "done" && cell.complete);
  const record: RunRecord = {
    format: "spoor-run 1",
    notebook: options.name ?? "",
    at: new Date(startedMs).toISOString(),
    by: options.by ?? "",
    spoorVersion: options.spoorVersion ?? "",
    engineVersion: options.engineVersion,
    parameters: Object.fromEntries(
      Object.entries(options.parameters ?? {}).map(([name, value]) => [name, plainParameter(value)]),
    ),
    ...(await recordData(results, options.datasets ?? [])),
    cells: records,
    dataHash: whole,
    complete,
  };
  return {
    html: report.html,
    cells: runs,
    dataHash: whole,
    reportHash: report.hash,
    complete,
    record,
    results,
  };
}

async function recordCell(
  cell: NotebookCell,
  run: CellRun,
  result: SqlCellResult | null,
): Promise<CellRecord> {
  const base = { id: cell.id, name: cell.output ?? "", state: run.state, message: run.message };
  if (result === null) {
    return {
      ...base,
      sqlHash: await sha256(cell.value),
      parameters: {},
      rowCount: 0,
      complete: false,
      dataHash: "",
      columns: [],
      rows: [],
      rowHashes: [],
    };
  }
  return {
    ...base,
    sqlHash: await sha256(result.bound.sql),
    parameters: Object.fromEntries(
      Object.entries(result.bound.parameters).map(([name, value]) => [name, plainParameter(value)]),
    ),
    complete: result.complete,
    dataHash: result.dataHash,
    ...(await keepRows(result.columns, result.rows)),
  };
}

async function recordData(
  results: ReadonlyMap<number, SqlCellResult>,
  datasets: readonly Dataset[],
): Promise<{ datasets: Record<string, DatasetRecord>; recorded: string[] }> {
  const read = [...new Set([...results.values()].flatMap((result) => Object.keys(result.datasetVersions)))];
  const known = new Map(datasets.map((dataset) => [dataset.name, dataset]));
  const record: Record<string, DatasetRecord> = {};
  const recorded: string[] = [];
  for (const name of read.sort()) {
    const dataset = known.get(name);
    if (dataset) record[name] = await recordDataset(dataset, true);
    else recorded.push(name);
  }
  return { datasets: record, recorded };
}

function plainParameter(value: QueryParameter): string | number | boolean | null {
  return typeof value === "bigint" ? value.toString() : value;
}

async function runSqlCell(
  cell: NotebookCell,
  values: ReadonlyMap<string, LiteralValue>,
  options: NotebookRunOptions,
): Promise<{ readonly run: CellRun; readonly result: SqlCellResult | null }> {
  const end = (state: CellRun["state"], message: string) => ({
    run: { id: cell.id, state, message },
    result: null,
  });
  const parts = sqlCellOf(cell);
  if ("error" in parts) return end("failed", parts.error);
  const found = parts.expressions.map((expression) => valueOfExpression(expression, values));
  const missing = parts.expressions.filter((_expression, index) => found[index] === null);
  if (missing.length > 0) {
    return end(
      "unresolved",
      `needs a value for ${missing.map((expression) => `\${${expression}}`).join(", ")}`,
    );
  }
  try {
    const bound = bindInterpolations(
      parts.texts,
      found.map((value) => value?.value),
    );
    const answer = await options.engine.rows({
      sql: bound.sql,
      parameters: bound.parameters,
      rowLimit: RUN_ROW_LIMIT,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const rows = answer.rows.map(plainRow);
    // Without an order of its own a result may come in any; the report must not depend on which.
    if (!/\border\s+by\b/i.test(bound.sql)) sortRows(answer.columns, rows);
    const result: SqlCellResult = {
      bound,
      columns: answer.columns,
      rows,
      complete: answer.complete,
      datasetVersions: Object.fromEntries(
        [...answer.datasetVersions].sort(([left], [right]) => (left < right ? -1 : 1)),
      ),
      dataHash: await dataHash(answer.columns, rows),
    };
    const message = answer.complete
      ? ""
      : `not complete: cut after ${RUN_ROW_LIMIT.toLocaleString("en-US")} rows`;
    return { run: { id: cell.id, state: "done", message }, result };
  } catch (error) {
    if (error instanceof QueryError && error.kind === "cancelled") throw error;
    return end("failed", error instanceof Error ? error.message : String(error));
  }
}

function sortRows(columns: readonly QueryColumn[], rows: Readonly<Record<string, HashedCell>>[]): void {
  const keys = new Map(
    rows.map((row) => [row, JSON.stringify(columns.map(({ name }) => row[name] ?? null))]),
  );
  rows.sort((left, right) => {
    const [first, second] = [keys.get(left)!, keys.get(right)!];
    return first < second ? -1 : first > second ? 1 : 0;
  });
}
