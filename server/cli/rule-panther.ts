import { Command } from "commander";
import { formatIssue } from "../../connectors/issue/issue.ts";
import type { Job } from "../api/api.ts";
import type {
  PantherImportReport,
  PantherTestsReport,
  RefusedRule,
  SigmaImportReport,
} from "../rule/exchange-types.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { type Connection, jsonBody } from "./connection.ts";
import { EXIT } from "./exit.ts";
import { type Output, printable } from "./output.ts";
import { textsOf } from "./rule-texts.ts";

const SHOWN = 30;

/** Drafts of Panther's correlation rules. */
export async function importPanther(
  connection: Connection,
  output: Output,
  options: { readonly panther: readonly string[]; readonly dryRun: boolean },
): Promise<void> {
  const job = await connection.json<Job>(
    "/api/rules/import/panther",
    jsonBody({ texts: options.panther.flatMap(textsOf), dryRun: options.dryRun }),
  );
  const report = await connection.job<PantherImportReport>(job, (now) =>
    output.progress(now.progress, now.message),
  );
  if (report.made.length + report.unchanged.length === 0) process.exitCode = EXIT.no;
  if (output.json) return output.out(JSON.stringify(report));
  output.out(madeLine(report));
  for (const { name, members, tests, testsPassed } of report.made.slice(0, SHOWN)) {
    const told = testsPassed === null ? `${tests} tests` : `${testsPassed} of ${tests} tests pass`;
    output.out(`  ${name} (${members.length} rules together, ${told})`);
    const missing = members.filter(({ state }) => state === "missing");
    if (missing.length > 0)
      output.note(
        printable(
          `${name}: not in the workspace: ${missing.map((member) => `${member.name} (${member.ruleId})`).join(", ")}`,
        ),
      );
  }
  if (report.made.length > SHOWN) output.note(`and ${report.made.length - SHOWN} more`);
  refusedLines(report, output);
}

/** `3 made as drafts, 1 refused, 2 here already.` */
export function madeLine(report: SigmaImportReport): string {
  return (
    `${report.made.length} ${report.dryRun ? "would be made" : "made as drafts"}, ${report.refused.length} refused` +
    `${report.unchanged.length > 0 ? `, ${report.unchanged.length} here already` : ""}${report.parts.length > 0 ? `, ${report.parts.length} only parts of correlations` : ""}.`
  );
}

/** Why documents were refused, and the first of them by name. */
export function refusedLines(
  { refused, reasons }: { readonly refused: readonly RefusedRule[] } & Pick<SigmaImportReport, "reasons">,
  output: Output,
): void {
  for (const { code, count } of reasons) output.note(`${count} refused: ${code}`);
  for (const { title, issues } of refused.slice(0, SHOWN))
    for (const issue of issues.slice(0, 2))
      output.note(printable(`${title ? `${title}: ` : ""}${formatIssue(issue)}`));
  if (refused.length > SHOWN) output.note(`and ${refused.length - SHOWN} more; --json lists them all`);
}

/** `spoor rule tests import`. */
export function ruleTestsCommand(): Command {
  return new Command("tests").description("Tests of a rule.").addCommand(testsImportCommand());
}

function testsImportCommand(): Command {
  return sharedCommand(
    "import",
    "Take the sample events of a Panther rule as tests of a rule.",
    "spoor rule tests import console-login --panther aws_console_login.yml --dry-run",
  )
    .argument("<name>")
    .requiredOption("--panther <file...>", "YAML files or folders of Panther rules with Tests")
    .option("--dataset <name>", "where the events belong (needed when the rule reads several)")
    .option("--dry-run", "only tell what would be added, and whether the rule passes")
    .action(
      async (
        name: string,
        options: SharedOptions & {
          readonly panther: readonly string[];
          readonly dataset?: string;
          readonly dryRun?: boolean;
        },
      ) =>
        withConnection(options, async (connection, output) => {
          const job = await connection.json<Job>(
            `/api/rules/${encodeURIComponent(name)}/tests/panther`,
            jsonBody({
              texts: options.panther.flatMap(textsOf),
              dryRun: options.dryRun === true,
              ...(options.dataset === undefined ? {} : { dataset: options.dataset }),
            }),
          );
          const report = await connection.job<PantherTestsReport>(job, (now) =>
            output.progress(now.progress, now.message),
          );
          const failed = report.added.filter(({ passed }) => !passed).length;
          if (failed > 0 || report.added.length + report.unchanged.length === 0) process.exitCode = EXIT.no;
          if (output.json) return output.out(JSON.stringify(report));
          output.out(
            `${report.added.length} tests ${report.dryRun ? "would be added" : "added"} as events of ${printable(report.dataset)}, ` +
              `${report.refused.length} refused${report.unchanged.length > 0 ? `, ${report.unchanged.length} here already` : ""}.`,
          );
          for (const { passed, name: file, message } of report.added)
            output.out(`${passed ? "✓" : "✗"} ${printable(file)} ${printable(message)}`);
          const timed = report.added.filter((one) => one.timed).length;
          if (timed > 0)
            output.note(`${timed} events have no time of their own and stand at 2026-01-01T00:00:00Z.`);
          refusedLines(report, output);
        }),
    );
}
