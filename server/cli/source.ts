import { resolve } from "node:path";
import { Command } from "commander";
import type { Discovered, Job, LoadReport, SourceDetail, SourceSummary } from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { EXIT } from "./exit.ts";
import { bytesText, issueLines, printable, textTable } from "./output.ts";

export function sourceCommand(): Command {
  const command = new Command("source").description("Bring data in and see how it is.");
  command.addCommand(discoverCommand());
  command.addCommand(addCommand());
  command.addCommand(listCommand());
  command.addCommand(showCommand());
  return command;
}

function discoverCommand(): Command {
  return sharedCommand(
    "discover",
    "What is there, in what format, how useful to security, ranked.",
    "spoor source discover /var/log/exports",
  )
    .argument("<path...>", "files, folders or archives")
    .action(async (paths: string[], options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const found = await connection.json<Discovered[]>(
          "/api/sources/discover",
          jsonBody({ paths: paths.map((path) => resolve(path)) }),
        );
        if (output.json) return output.out(JSON.stringify(found));
        if (found.length === 0) return output.note("Nothing was found that can be read as a log.");
        output.out(
          textTable(
            ["score", "format", "size", "name it", "why", "path"],
            found.map((entry) => [
              String(entry.score),
              entry.compression === "none" ? entry.format : `${entry.format} (${entry.compression})`,
              bytesText(entry.byteCount),
              entry.suggestedSource,
              entry.reasons.map(printable).join("; "),
              printable(entry.path),
            ]),
          ),
        );
      }),
    );
}

function addCommand(): Command {
  return sharedCommand(
    "add",
    "Infer the shape of the data, show it, load it, and report rows and rejects.",
    "spoor source add sysmon exports/sysmon-2026-11-*.ndjson.gz --owner endpoint-team",
  )
    .argument("<name>", "lower case letters, digits and _; the dataset's name in SQL")
    .argument("<path...>", "files, folders or archives")
    .option("--owner <owner>", "who answers for the source, a name of owners.yaml")
    .option("--description <text>", "what it is")
    .action(
      async (
        name: string,
        paths: string[],
        options: SharedOptions & { owner?: string; description?: string },
      ) =>
        withConnection(options, async (connection, output) => {
          const job = await connection.json<Job>(
            "/api/sources",
            jsonBody({
              name,
              paths: paths.map((path) => resolve(path)),
              ...(options.owner === undefined ? {} : { owner: options.owner }),
              ...(options.description === undefined ? {} : { description: options.description }),
            }),
          );
          const report = await connection.job<LoadReport>(job, (now) =>
            output.progress(now.progress, now.message),
          );
          if (report.files.every((file) => file.state === "skipped")) process.exitCode = EXIT.no;
          if (output.json) return output.out(JSON.stringify(report));
          const { inference } = report;
          output.out(
            `time      ${inference.time.fields.join(", ") || "none found"}  (${inference.time.format}, ${inference.time.zone})`,
          );
          output.out(
            `entities  ${inference.entities.map((entity) => `${entity.kind}: ${entity.field}`).join(", ") || "none found"}`,
          );
          for (const dataset of inference.datasets) {
            output.out(`dataset   ${dataset.name}  ${dataset.fields.length} columns from ${dataset.format}`);
          }
          const shown =
            report.files.length > 40
              ? report.files.filter((file) => file.state !== "loaded" || file.quarantined > 0)
              : report.files;
          if (shown.length > 0) {
            output.out(
              textTable(
                ["file", "format", "dataset", "read", "good", "quarantined", "state"],
                shown.map((file) => [
                  printable(file.file),
                  file.format,
                  file.dataset,
                  String(file.read),
                  String(file.good),
                  String(file.quarantined),
                  file.reason ? `${file.state}: ${printable(file.reason)}` : file.state,
                ]),
              ),
            );
          }
          output.out(
            `${report.read} read = ${report.good} good + ${report.quarantined} quarantined, ${report.files.length} files, ${(report.elapsedMs / 1000).toFixed(1)} s`,
          );
          for (const reject of report.rejects.slice(0, 5)) {
            output.note(
              `quarantined ${printable(reject.file)}:${reject.line} ${reject.code}: ${printable(reject.reason)}`,
            );
          }
          if (inference.issues.length > 0) output.note(issueLines(inference.issues));
        }),
    );
}

function listCommand(): Command {
  return sharedCommand("list", "The sources, their state and their size.", "spoor source list --json").action(
    async (options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const sources = await connection.json<SourceSummary[]>("/api/sources");
        if (output.json) return output.out(JSON.stringify(sources));
        if (sources.length === 0)
          return output.note("No source yet. Bring one in: spoor source add NAME PATH...");
        output.out(
          textTable(
            ["name", "state", "rows", "quarantined", "size", "last event", "owner", "datasets"],
            sources.map((source) => [
              source.name,
              source.state,
              String(source.rowCount),
              String(source.quarantinedCount),
              bytesText(source.byteCount),
              source.lastTime ?? "",
              printable(source.owner),
              source.datasets.join(", "),
            ]),
          ),
        );
      }),
  );
}

function showCommand(): Command {
  return sharedCommand("show", "One source: fields, inputs, health and cost.", "spoor source show sysmon")
    .argument("<name>")
    .action(async (name: string, options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const source = await connection.json<SourceDetail>(`/api/sources/${encodeURIComponent(name)}`);
        if (output.json) return output.out(JSON.stringify(source));
        output.out(
          `${source.name}  ${source.state}  ${source.rowCount} rows, ${source.quarantinedCount} quarantined, ${bytesText(source.byteCount)}`,
        );
        if (source.description) output.out(printable(source.description));
        output.out(
          `owner ${printable(source.owner) || "nobody yet"}; time ${source.time.fields.join(", ")}; ${source.firstTime ?? "-"} to ${source.lastTime ?? "-"}`,
        );
        output.out(
          textTable(
            ["dataset", "column", "type", "entity"],
            source.fields.map((field) => [
              field.dataset,
              printable(field.name),
              field.type,
              source.entities.find((entity) => entity.field === field.name)?.kind ?? "",
            ]),
          ),
        );
        output.out(
          textTable(
            ["input", "format", "read", "good", "quarantined", "loaded"],
            source.inputs.map((input) => [
              printable(input.file),
              input.format,
              String(input.read),
              String(input.good),
              String(input.quarantined),
              input.loaded,
            ]),
          ),
        );
        if (source.healthIssues.length > 0) output.note(issueLines(source.healthIssues));
      }),
    );
}
