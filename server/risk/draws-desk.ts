import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { exportResult } from "../../notebooks/engine/export/export-rows.ts";
import type { DrawsFiles } from "../api/api.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { notFound } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { drawsTable, type NumberTable, tableResult, yearsTable } from "./draws.ts";

export type DrawsFormat = "parquet" | "csv";

export interface DrawsRequest {
  readonly draws: number;
  readonly seed: number;
  /** Simulated years beside the draws; 0 for none. */
  readonly years: number;
  readonly format: DrawsFormat;
}

const FILE = /^(draws|years)-[0-9a-f-]{36}\.(parquet|csv)$/;
const KEPT_FILES = 8;

/** Draws of the model that the report speaks of, as files for other tools. */
export class DrawsDesk {
  readonly #spoor: Spoor;
  readonly #directory: string;
  readonly #kept: string[] = [];

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#directory = join(spoor.layout.scratch, "risk-draws");
  }

  /** Makes the files, with progress and cancel. Throws as `RiskDesk.model` does, and the signal's reason. */
  async make(request: DrawsRequest, { signal, report }: JobContext): Promise<DrawsFiles> {
    const { draws, seed, years, format } = request;
    const model = await this.#spoor.risk.freshModel(signal);
    // A year costs far less than a draw; half of the bar is near enough.
    const share = years > 0 ? 0.5 : 1;
    const files: DrawsFiles["files"][number][] = [];
    const drawn = await drawsTable(model, draws, {
      ...{ seed, signal },
      progress: (done) => report(done * share * 0.9, `${draws} draws`),
    });
    files.push(await this.#write("draws", drawn, format, signal));
    if (years > 0) {
      const simulated = await yearsTable(model, years, {
        ...{ seed, signal },
        progress: (done) => report(share + done * share * 0.9, `${years} years`),
      });
      files.push(await this.#write("years", simulated, format, signal));
    }
    return { files, seed };
  }

  /** One table at once, as it is made; for a caller that needs no progress. Throws as `make` does. */
  async stream(
    request: DrawsRequest,
    table: "draws" | "years",
    signal: AbortSignal,
  ): Promise<AsyncGenerator<Uint8Array>> {
    const model = await this.#spoor.risk.freshModel(signal);
    const { seed } = request;
    const made =
      table === "draws"
        ? await drawsTable(model, request.draws, { seed, signal })
        : await yearsTable(model, request.years, { seed, signal });
    return exportResult(tableResult(made, signal), request.format, this.#directory);
  }

  /** The bytes of a file that `make` made. Throws RefusedError(404) once it is gone. */
  open(file: string): { readonly bytes: ReadableStream<Uint8Array>; readonly size: number } {
    const path = join(this.#directory, file);
    if (!FILE.test(file) || !existsSync(path)) throw notFound(`File ${file}`);
    return {
      bytes: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
      size: statSync(path).size,
    };
  }

  async #write(
    table: "draws" | "years",
    made: NumberTable,
    format: DrawsFormat,
    signal: AbortSignal,
  ): Promise<DrawsFiles["files"][number]> {
    mkdirSync(this.#directory, { recursive: true });
    const file = `${table}-${randomUUID()}.${format}`;
    const path = join(this.#directory, file);
    try {
      await pipeline(
        Readable.from(exportResult(tableResult(made, signal), format, this.#directory)),
        createWriteStream(path),
        { signal },
      );
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
    this.#kept.push(path);
    while (this.#kept.length > KEPT_FILES) rmSync(this.#kept.shift()!, { force: true });
    return { table, file, rows: made.rows, columns: made.columns.length + 1, bytes: statSync(path).size };
  }
}
