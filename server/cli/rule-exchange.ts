import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { formatIssue } from "../../connectors/issue/issue.ts";
import type { Job } from "../api/api.ts";
import type { BundleImportReport, SigmaExport, SigmaImportReport } from "../rule/exchange-types.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { type Connection, jsonBody } from "./connection.ts";
import { EXIT, UsageError } from "./exit.ts";
import { type Output, printable } from "./output.ts";
import { importPanther, madeLine, refusedLines, ruleTestsCommand } from "./rule-panther.ts";
import { textsOf } from "./rule-texts.ts";

interface ImportOptions extends SharedOptions {
  readonly sigma?: readonly string[];
  readonly panther?: readonly string[];
  readonly bundle?: string;
  readonly pipeline?: readonly string[];
  readonly filter?: readonly string[];
  readonly reference?: readonly string[];
  readonly name?: string;
  readonly dryRun?: boolean;
}
interface ExportOptions extends SharedOptions {
  readonly sigma?: boolean;
  readonly bundle?: boolean;
  readonly sample: boolean;
  readonly out?: string;
}

const SHOWN_MADE = 30;

/** `spoor rule import`, `export` and `tests import`. */
export function ruleExchangeCommands(): Command[] {
  return [importCommand(), exportCommand(), ruleTestsCommand()];
}

function importCommand(): Command {
  return sharedCommand(
    "import",
    "Make drafts of Sigma rules, of Panther's correlations, or of a rule's bundle.",
    "spoor rule import --sigma rules/windows --pipeline sysmon.yml --dry-run\nspoor rule import --panther correlation_rules\nspoor rule import --bundle lsass-dump.spoor.tgz",
  )
    .option("--sigma <file...>", "Sigma files or folders: rules, correlations and filters")
    .option("--panther <file...>", "files or folders with Panther correlation rules")
    .option("--pipeline <file...>", "processing pipelines, applied by their priority")
    .option("--filter <file...>", "files or folders with Sigma filters")
    .option("--reference <url...>", "rules of other products that say the same: linked, never read")
    .option("--bundle <file>", "a bundle, as `spoor rule export --bundle` writes it")
    .option("--name <name>", "name of the bundle's rule here (else its own)")
    .option("--dry-run", "only tell what would be made")
    .action(async (options: ImportOptions) =>
      withConnection(options, async (connection, output) => {
        const { panther, dryRun = false } = options;
        const ways = [options.sigma, panther, options.bundle].filter((way) => way !== undefined);
        if (ways.length !== 1)
          throw new UsageError("Give one of --sigma with files, --panther with files or --bundle with one.");
        if (panther !== undefined) return importPanther(connection, output, { panther, dryRun });
        if (options.bundle !== undefined)
          return importBundle(connection, output, options.bundle, options.name);
        return importSigma(connection, output, options);
      }),
    );
}

async function importSigma(connection: Connection, output: Output, options: ImportOptions): Promise<void> {
  const job = await connection.json<Job>(
    "/api/rules/import/sigma",
    jsonBody({
      texts: (options.sigma ?? []).flatMap(textsOf),
      pipelines: (options.pipeline ?? []).flatMap(textsOf),
      filters: (options.filter ?? []).flatMap(textsOf),
      dryRun: options.dryRun === true,
      references: (options.reference ?? []).map((url) => ({ title: url.replace(/^https?:\/\//, ""), url })),
    }),
  );
  const report = await connection.job<SigmaImportReport>(job, (now) =>
    output.progress(now.progress, now.message),
  );
  if (report.made.length + report.unchanged.length === 0) process.exitCode = EXIT.no;
  if (output.json) return output.out(JSON.stringify(report));
  output.out(madeLine(report));
  for (const { name, datasets } of report.made.slice(0, SHOWN_MADE))
    output.out(`  ${name} (${datasets.map(printable).join(", ")})`);
  if (report.made.length > SHOWN_MADE) output.note(`and ${report.made.length - SHOWN_MADE} more`);
  for (const { title, rules } of report.filters)
    output.note(`filter ${printable(title)}: for ${rules} of the rules`);
  refusedLines(report, output);
}

async function importBundle(
  connection: Connection,
  output: Output,
  file: string,
  name: string | undefined,
): Promise<void> {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const query = name === undefined ? "" : `?${new URLSearchParams({ name })}`;
  const job = await connection.json<Job>(`/api/rules/import/bundle${query}`, {
    method: "POST",
    headers: { "content-type": "application/gzip" },
    body: new Uint8Array(readFileSync(file)),
  });
  const report = await connection.job<BundleImportReport>(job, (now) =>
    output.progress(now.progress, now.message),
  );
  const { sample, proof, tests, backtest } = report;
  if (!sample.agrees || (tests.tests.length > 0 && !tests.passed)) process.exitCode = EXIT.no;
  if (output.json) return output.out(JSON.stringify(report));
  output.out(
    `${report.name} made as a draft from ${printable(basename(file))} (checksum ${report.checksum.slice(0, 16)}).`,
  );
  output.out(
    tests.tests.length === 0
      ? "It has no test."
      : tests.passed
        ? `All ${tests.tests.length} tests pass.`
        : "Tests fail.",
  );
  output.out(
    sample.rows === 0
      ? "The bundle holds no sample."
      : `Over the sample of ${sample.rows} events it finds ${sample.found} of ${sample.expected} detections${sample.agrees ? ", the same" : ", not the same"}.`,
  );
  if (proof !== null)
    output.out(
      proof.holds
        ? `The replay proof holds over the sample (${proof.slices} slices).`
        : printable(proof.words),
    );
  if (backtest !== null)
    output.out(
      `On this workspace's data: ${backtest.detections} detections, ${backtest.alertsPerWeek.toFixed(1)} a week.`,
    );
  for (const issue of report.issues) output.note(printable(formatIssue(issue)));
}

function exportCommand(): Command {
  return sharedCommand(
    "export",
    "Write a rule for another tool: as Sigma, or as a bundle with tests, ADS, plan and a sample.",
    "spoor rule export lsass-dump --sigma -o lsass-dump.yml\nspoor rule export lsass-dump --bundle",
  )
    .argument("<name>")
    .option("--sigma", "as a Sigma rule or correlation, with what it cannot keep")
    .option("--bundle", "as one archive that another workspace can import and prove again")
    .option("--no-sample", "a bundle without events of this workspace")
    .option("-o, --out <file>", "where it goes (Sigma: else standard output; bundle: else NAME.spoor.tgz)")
    .action(async (name: string, options: ExportOptions) =>
      withConnection(options, async (connection, output) => {
        if (options.sigma === options.bundle) throw new UsageError("Give either --sigma or --bundle.");
        const path = `/api/rules/${encodeURIComponent(name)}`;
        if (options.sigma) {
          const written = await connection.json<SigmaExport>(`${path}/sigma`);
          if (options.out !== undefined) writeFileSync(resolve(options.out), written.yaml);
          if (output.json) return output.out(JSON.stringify(written));
          if (options.out === undefined) process.stdout.write(written.yaml);
          else output.out(`${name} written to ${options.out}`);
          for (const issue of written.issues) output.note(printable(formatIssue(issue)));
          return;
        }
        const response = await connection.request(`${path}/bundle${options.sample ? "" : "?sample=0"}`);
        const out = resolve(options.out ?? `${name}.spoor.tgz`);
        const archive = new Uint8Array(await response.arrayBuffer());
        writeFileSync(out, archive);
        const checksum = response.headers.get("spoor-bundle-checksum") ?? "";
        const rows = Number(response.headers.get("spoor-bundle-sample-rows") ?? 0);
        if (output.json)
          return output.out(JSON.stringify({ name, out, bytes: archive.length, checksum, sampleRows: rows }));
        output.out(`${out} (${archive.length} bytes, checksum ${checksum})`);
        if (rows > 0)
          output.note(
            `It holds ${rows} events of this workspace: look at them before you send it, or use --no-sample.`,
          );
      }),
    );
}
