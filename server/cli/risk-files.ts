import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { Command, Option } from "commander";
import type { DrawsFiles, IncidentImportResult, Job, RiskquantImportResult } from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { EXIT, UsageError } from "./exit.ts";
import { bytesText, issueLines, printable, textTable } from "./output.ts";

interface ImportOptions extends SharedOptions {
  readonly preview?: boolean;
  readonly since?: string;
}

export function riskImportCommand(): Command {
  const command = new Command("import").description(
    "Bring scenarios or incidents into risk/ from CSV files.",
  );
  command.addCommand(
    sharedCommand(
      "riskquant",
      "Rows of a riskquant CSV (identifier, name, yearly frequency, low and high loss) become scenarios of risk/model.yaml.",
      "spoor risk import riskquant losses.csv --preview",
    )
      .argument("<file>", "the CSV file")
      .option("--preview", "show what would be added and write nothing")
      .action(async (file: string, options: ImportOptions) =>
        withConnection(options, async (connection, output) => {
          const result = await connection.json<RiskquantImportResult>(
            "/api/risk/import/riskquant",
            jsonBody({ file: basename(file), text: textOf(file), write: options.preview !== true }),
          );
          if (output.json) return output.out(JSON.stringify(result));
          output.out(
            textTable(
              ["expected loss a year", "scenario", "title", "a year", "loss, 90% interval", "line", ""],
              result.scenarios.map((row) => [
                dollars(row.lossUsd),
                row.id,
                row.title,
                String(row.frequencyPerYear),
                `${dollars(row.low)} to ${dollars(row.high)}`,
                String(row.line),
                row.state === "known" ? "there already" : "",
              ]),
            ),
          );
          const fresh = result.scenarios.filter(({ state }) => state === "new").length;
          output.note(
            `${dollars(result.totalUsd)} a year in all. ${options.preview ? `Preview: ${count(fresh, "scenario")} would be added to risk/model.yaml.` : `${count(fresh, "scenario")} added to risk/model.yaml.`}`,
          );
          if (result.issues.length > 0) output.note(issueLines(result.issues));
        }),
      ),
  );
  command.addCommand(
    sharedCommand(
      "incidents",
      "Attacks that are known (date, scenario, found_by, loss_usd, note) are appended to risk/incidents.csv.",
      "spoor risk import incidents incidents.csv --since 2024-01-01",
    )
      .argument("<file>", "the CSV file, with a head line")
      .option("--since <day>", "from this day on every attack is listed; needed once")
      .option("--preview", "show what would be added and write nothing")
      .action(async (file: string, options: ImportOptions) =>
        withConnection(options, async (connection, output) => {
          const result = await connection.json<IncidentImportResult>(
            "/api/risk/import/incidents",
            jsonBody({
              file: basename(file),
              text: textOf(file),
              write: options.preview !== true,
              ...(options.since === undefined ? {} : { since: options.since }),
            }),
          );
          if (output.json) return output.out(JSON.stringify(result));
          output.out(
            textTable(
              ["date", "scenario", "found by", "loss", "note", "line", ""],
              result.incidents.map((row) => [
                row.date,
                row.scenario,
                row.foundBy,
                row.lossUsd === null ? "" : dollars(row.lossUsd),
                row.note,
                String(row.line),
                row.state === "known" ? "there already" : "",
              ]),
            ),
          );
          const fresh = result.incidents.filter(({ state }) => state === "new").length;
          const known = result.incidents.length - fresh;
          output.note(
            `${count(fresh, "incident")} ${options.preview ? "would be added" : "added"}${known > 0 ? `, ${known} skipped as there already` : ""}. ${result.since === null ? "Since when the list is whole must be said: --since <day>." : `Listed since ${result.since}.`}`,
          );
          if (result.issues.length > 0) output.note(issueLines(result.issues));
          if (options.preview && result.since === null) process.exitCode = EXIT.no;
        }),
      ),
  );
  return command;
}

interface DrawsCommandOptions extends SharedOptions {
  readonly out: string;
  readonly draws: string;
  readonly seed: string;
  readonly years?: string;
  readonly format?: string;
}

export function riskDrawsCommand(): Command {
  return sharedCommand(
    "draws",
    "The draws behind the report, one a row: inputs, losses and what each source takes off; simulated years beside them.",
    "spoor risk draws --out draws.parquet --draws 10000 --seed 1 --years 1000000",
  )
    .requiredOption("--out <file>", "the file; simulated years go into <file>-years beside it")
    .option("--draws <number>", "how many draws", "10000")
    .option("--seed <number>", "the same seed gives the same figures", "1")
    .option("--years <number>", "also simulate so many years")
    .addOption(new Option("--format <format>", "else by the file's ending").choices(["parquet", "csv"]))
    .action(async (options: DrawsCommandOptions) =>
      withConnection(options, async (connection, output) => {
        const format = options.format ?? (extname(options.out).toLowerCase() === ".csv" ? "csv" : "parquet");
        const job = await connection.json<Job>(
          "/api/risk/draws",
          jsonBody({
            format,
            draws: whole("draws", options.draws),
            seed: whole("seed", options.seed),
            years: options.years === undefined ? 0 : whole("years", options.years),
          }),
        );
        const made = await connection.job<DrawsFiles>(job, (now) =>
          output.progress(now.progress, now.message),
        );
        const written: { path: string; table: string; rows: number; columns: number; bytes: number }[] = [];
        for (const { table, file, rows, columns, bytes } of made.files) {
          const path = table === "draws" ? options.out : beside(options.out);
          const response = await connection.request(`/api/risk/draws/${encodeURIComponent(file)}`);
          await pipeline(
            Readable.fromWeb(response.body as unknown as ReadableStream<Uint8Array>),
            createWriteStream(path),
          );
          written.push({ path, table, rows, columns, bytes });
        }
        if (output.json) return output.out(JSON.stringify({ files: written, seed: made.seed }));
        for (const { path, table, rows, columns, bytes } of written) {
          output.note(
            `${printable(path)}: ${rows.toLocaleString("en-US")} ${table}, ${columns} columns, ${bytesText(bytes)}`,
          );
        }
      }),
    );
}

function beside(path: string): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}-years${ending}`;
}

function whole(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}

function dollars(usd: number): string {
  return `$${Math.round(usd).toLocaleString("en-US")}`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function textOf(file: string): string {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  return readFileSync(file, "utf8");
}
