import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { EXIT, UsageError } from "./exit.ts";
import { parseParameters } from "./query.ts";

interface HeadlessRun {
  readonly html: string;
  readonly cells: readonly { readonly id: number; readonly state: string; readonly message: string }[];
  readonly dataHash: string;
}

export function notebookCommand(): Command {
  const command = new Command("notebook").description("Run notebooks without a browser.");
  command.addCommand(
    sharedCommand(
      "run",
      "Run every SQL cell of a notebook and write one self-contained report.",
      "spoor notebook run workspace/notebooks/a-service-nobody-asked-for.html --out report.html",
    )
      .argument("<file>", "a Notebook Kit document")
      .requiredOption("--out <report>", "where the HTML report goes")
      .option("--parameter <name=value...>", "values for the notebook's inputs")
      .action(async (file: string, options: SharedOptions & { out: string; parameter?: string[] }) =>
        withConnection(options, async (connection, output) => {
          const run = await connection.json<HeadlessRun>(
            "/api/notebooks/run",
            jsonBody({
              html: notebookText(file),
              parameters: parseParameters(options.parameter ?? []),
            }),
          );
          writeFileSync(resolve(options.out), run.html);
          if (run.cells.length === 0) {
            output.note(`${file} has no SQL cell that could run.`);
            process.exitCode = EXIT.no;
          }
          const failed = run.cells.filter((cell) => cell.state === "failed");
          if (output.json)
            output.out(
              JSON.stringify({ out: resolve(options.out), cells: run.cells, dataHash: run.dataHash }),
            );
          else {
            output.out(
              `${run.cells.length} cells, ${failed.length} failed, data ${run.dataHash.slice(0, 16)}; report in ${options.out}`,
            );
            for (const cell of run.cells)
              if (cell.message) output.note(`cell ${cell.id} ${cell.state}: ${cell.message}`);
          }
          if (failed.length > 0) process.exitCode = EXIT.no;
        }),
      ),
  );
  return command;
}

function notebookText(file: string): string {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  return readFileSync(file, "utf8");
}
