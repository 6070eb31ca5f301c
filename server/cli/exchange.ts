import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { formatIssue } from "../../connectors/issue/issue.ts";
import type { NotebookFile, NotebookImport, TemplateSummary } from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { UsageError } from "./exit.ts";

interface ExportOptions extends SharedOptions {
  readonly format: string;
  readonly out?: string;
  readonly results: boolean;
}
interface ImportOptions extends SharedOptions {
  readonly metadata?: string;
  readonly dataset?: readonly string[];
  readonly name?: string;
}

/** `spoor notebook export`, `import`, `templates` and `start`. */
export function exchangeCommands(): Command[] {
  return [exportCommand(), importCommand(), templatesCommand(), startCommand()];
}

function exportCommand(): Command {
  return sharedCommand(
    "export",
    "Run a notebook and write it for another program, with its results.",
    "spoor notebook export a-service-nobody-asked-for --format ipynb -o hunt.ipynb",
  )
    .argument("<name>", "a notebook of the workspace")
    .addOption(
      new Option("--format <format>", "Jupyter, Markdown or one self-contained page")
        .choices(["ipynb", "md", "html"])
        .default("html"),
    )
    .option("-o, --out <file>", "where it goes (else standard output)")
    .option("--no-results", "without running it (ipynb and md)")
    .action(async (name: string, options: ExportOptions) =>
      withConnection(options, async (connection, output) => {
        const query = new URLSearchParams({
          format: options.format,
          ...(options.results ? {} : { results: "0" }),
        });
        const response = await connection.request(
          `/api/notebooks/${encodeURIComponent(name)}/export?${query}`,
        );
        const text = await response.text();
        if (options.out === undefined) {
          process.stdout.write(text);
          return;
        }
        writeFileSync(resolve(options.out), text);
        output.out(
          output.json
            ? JSON.stringify({ out: resolve(options.out), characters: text.length })
            : `${name} written to ${options.out}`,
        );
      }),
    );
}

function importCommand(): Command {
  return sharedCommand(
    "import",
    "Make a notebook of a Jupyter file or a hunt of the ThreatHunter Playbook.",
    "spoor notebook import notebook.md --metadata metadata.yaml --dataset dataTable=sysmon",
  )
    .argument("<file>", ".ipynb, a playbook's notebook.md, or .html")
    .option("--metadata <file>", "the playbook's metadata.yaml (else the one beside the file)")
    .option("--dataset <table=dataset...>", "the dataset that a table of the imported SQL stands for")
    .option("--name <name>", "name of the notebook (else from its title)")
    .action(async (file: string, options: ImportOptions) =>
      withConnection(options, async (connection, output) => {
        const beside = join(dirname(file), "metadata.yaml");
        const metadata = options.metadata ?? (/\.md$/i.test(file) && existsSync(beside) ? beside : undefined);
        const made = await connection.json<NotebookImport>(
          "/api/notebooks/import",
          jsonBody({
            file: basename(file),
            text: textOf(file),
            ...(metadata === undefined ? {} : { metadata: textOf(metadata) }),
            datasets: datasetsOf(options.dataset ?? []),
            ...(options.name === undefined ? {} : { name: options.name }),
          }),
        );
        if (output.json) output.out(JSON.stringify(made));
        else {
          output.out(
            `${made.name}: ${made.title} (${made.sqlCells} SQL, ${made.textCells} text${made.programCells > 0 ? `, ${made.programCells} program` : ""} cells)`,
          );
          for (const issue of made.issues) output.note(formatIssue(issue));
        }
      }),
    );
}

function templatesCommand(): Command {
  return sharedCommand(
    "templates",
    "List the shipped hunts and whether their data are here.",
    "spoor notebook templates",
  ).action(async (options: SharedOptions) =>
    withConnection(options, async (connection, output) => {
      const templates = await connection.json<TemplateSummary[]>("/api/templates");
      if (output.json) output.out(JSON.stringify(templates));
      else
        for (const { name, ready, finds, needs } of templates) {
          const lacking = needs.filter(({ by, missing }) => by === null || missing.length > 0);
          output.out(
            `${ready ? "ready  " : "missing"} ${name}: ${finds}${ready ? "" : ` Needs ${lacking.map(({ source }) => source).join(", ")}.`}`,
          );
        }
    }),
  );
}

function startCommand(): Command {
  return sharedCommand(
    "start",
    "Start a hunt from a shipped template.",
    "spoor notebook start steady-look-ups --dataset zeek_dns=dns_log",
  )
    .argument("<template>", "its name in `spoor notebook templates`")
    .option("--dataset <name=dataset...>", "the dataset that stands for one of the template's")
    .option("--anyway", "also when data are missing, to note the gap")
    .action(async (template: string, options: SharedOptions & { dataset?: string[]; anyway?: boolean }) =>
      withConnection(options, async (connection, output) => {
        const made = await connection.json<NotebookFile>(
          `/api/templates/${encodeURIComponent(template)}/start`,
          jsonBody({ datasets: datasetsOf(options.dataset ?? []), anyway: options.anyway === true }),
        );
        output.out(
          output.json ? JSON.stringify({ name: made.name, revision: made.revision }) : `${made.name} started`,
        );
      }),
    );
}

function datasetsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at <= 0) throw new UsageError(`"${pair}" is not of the form table=dataset.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function textOf(file: string): string {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  return readFileSync(file, "utf8");
}
