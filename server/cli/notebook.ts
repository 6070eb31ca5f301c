import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { Command } from "commander";
import { diffLines } from "../../notebooks/run/diff-runs.ts";
import type { HeadlessRun } from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { exchangeCommands } from "./exchange.ts";
import { EXIT, UsageError } from "./exit.ts";
import type { Output } from "./output.ts";
import { parseParameters } from "./query.ts";

interface RunOptions extends SharedOptions {
  readonly out?: string;
  readonly parameter?: string[];
  readonly lock?: boolean;
  readonly locked?: boolean;
  readonly compare?: boolean;
}

export function notebookCommand(): Command {
  const command = new Command("notebook").description("Run notebooks without a browser.");
  command.addCommand(
    sharedCommand(
      "run",
      "Run every SQL cell of a notebook; write one self-contained report, make a lock, or run against one. Exits with 1 when a cell fails, a result is not complete, or the answer is another than the lock's.",
      `spoor notebook run workspace/notebooks/a-service-nobody-asked-for.html --out report.html
spoor notebook run workspace/notebooks/a-service-nobody-asked-for.html --lock
spoor notebook run workspace/notebooks/a-service-nobody-asked-for.html --locked`,
    )
      .argument("<file>", "a Notebook Kit document")
      .option("--out <report>", "where the HTML report goes")
      .option("--parameter <name=value...>", "values for the notebook's inputs")
      .option("--lock", "write <name>.lock.json beside the notebook: data, engine, cells, and their answers")
      .option("--locked", "read the data of the lock and say whether the answer is the same")
      .option("--compare", "read the data of today and say what changed since the lock")
      .action(runAction),
  );
  for (const exchange of exchangeCommands()) command.addCommand(exchange);
  return command;
}

async function runAction(file: string, options: RunOptions): Promise<void> {
  const chosen = (["lock", "locked", "compare"] as const).filter((mode) => options[mode] === true);
  if (chosen.length > 1) throw new UsageError("Choose one of --lock, --locked and --compare.");
  const mode = chosen[0] ?? "plain";
  if (mode === "plain" && options.out === undefined)
    throw new UsageError("Say where the report goes with --out, or choose --lock, --locked or --compare.");
  const html = notebookText(file);
  const lockFile = `${resolve(file).replace(/\.html$/, "")}.lock.json`;
  const needsLock = mode === "locked" || mode === "compare";
  if (needsLock && !existsSync(lockFile))
    throw new UsageError(`There is no lock file ${lockFile}: make one with --lock.`);
  await withConnection(options, async (connection, output) => {
    const run = await connection.json<HeadlessRun>(
      "/api/hunts/run",
      jsonBody({
        html,
        name: basename(file).replace(/\.html$/, ""),
        parameters: parseParameters(options.parameter ?? []),
        mode,
        lock: needsLock ? readFileSync(lockFile, "utf8") : null,
      }),
    );
    if (options.out !== undefined) writeFileSync(resolve(options.out), run.html);
    if (run.lock !== null) writeFileSync(lockFile, run.lock);
    tell(run, { file, mode, lockFile, out: options.out ?? null }, output);
  });
}

function tell(
  run: HeadlessRun,
  told: {
    readonly file: string;
    readonly mode: string;
    readonly lockFile: string;
    readonly out: string | null;
  },
  output: Output,
): void {
  const { mode, lockFile, out } = told;
  const failed = run.cells.filter((cell) => cell.state === "failed");
  if (run.cells.length === 0) output.note(`${told.file} has no SQL cell that could run.`);
  const isSame = run.diff === null || run.diff.same;
  if (output.json) {
    output.out(
      JSON.stringify({
        out: out === null ? null : resolve(out),
        lock: run.lock === null ? null : lockFile,
        cells: run.cells,
        dataHash: run.dataHash,
        complete: run.complete,
        pinned: run.pinned,
        missingSegments: run.missingSegments,
        same: run.diff === null ? null : run.diff.same,
        diff: run.diff,
        record: run.record,
      }),
    );
  } else {
    const parts = [`${run.cells.length} cells, ${failed.length} failed, data ${run.dataHash.slice(0, 16)}`];
    if (out !== null) parts.push(`report in ${out}`);
    if (run.lock !== null) parts.push(`lock in ${lockFile}`);
    output.out(parts.join("; "));
    for (const cell of run.cells)
      if (cell.message) output.note(`cell ${cell.id} ${cell.state}: ${cell.message}`);
    if (!run.complete) output.note("Not complete: this run may not be used for a claim.");
    for (const [dataset, lost] of Object.entries(run.missingSegments)) {
      output.note(
        `${dataset}: ${lost.length} locked segments are gone (compacted or rewritten), so today's data was read: ${lost.slice(0, 3).join(", ")}${lost.length > 3 ? ", …" : ""}`,
      );
    }
    if (run.diff !== null) {
      output.out(
        isSame
          ? `same answer as the lock${mode === "locked" && run.pinned ? ", over the same data" : ""}`
          : "another answer than the lock",
      );
      for (const line of diffLines(run.diff)) output.out(`  ${line}`);
    }
  }
  if (run.cells.length === 0 || failed.length > 0 || !isSame || incomplete(run)) process.exitCode = EXIT.no;
}

/** A result was cut: what came out may not be taken for the answer. A value that nobody gave is told, and no failure. */
function incomplete(run: HeadlessRun): boolean {
  return run.record.cells.some(({ state, complete }) => state === "done" && !complete);
}

function notebookText(file: string): string {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  return readFileSync(file, "utf8");
}
