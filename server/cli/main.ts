import { Command, CommanderError } from "commander";
import { formatIssue, type Issue, IssuesError } from "../../connectors/issue/issue.ts";
import { ApiCallError } from "./connection.ts";
import { doctorCommand } from "./doctor.ts";
import { EXIT, UsageError } from "./exit.ts";
import { notebookCommand } from "./notebook.ts";
import { printable } from "./output.ts";
import { queryCommand } from "./query.ts";
import { riskCommand } from "./risk.ts";
import { ruleCommand } from "./rule.ts";
import { serveCommand } from "./serve.ts";
import { sourceCommand } from "./source.ts";

const program = new Command("spoor")
  .description("A notebook-based hunting and analytics workbench for detection teams without a SOC.")
  .configureHelp({ sortSubcommands: false })
  .showHelpAfterError("(add --help for the options and an example)")
  .exitOverride()
  .addHelpText(
    "after",
    "\nExit status: 0 done, 1 the answer is no (refused, failed test), 2 wrong usage, 3 could not be done.",
  );

for (const command of [
  serveCommand(),
  doctorCommand(),
  sourceCommand(),
  queryCommand(),
  notebookCommand(),
  ruleCommand(),
  riskCommand(),
]) {
  overrideExit(command);
  program.addCommand(command);
}

function overrideExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) overrideExit(inner);
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else {
    const { message, issues } = told(error);
    if (process.argv.includes("--json"))
      process.stdout.write(`${JSON.stringify({ error: { message, issues } })}\n`);
    else {
      process.stderr.write(`spoor: ${printable(message)}\n`);
      // An issue that says the same again adds only its remedy.
      const more = issues.map((issue) =>
        message.includes(issue.message) ? issue.remedy : formatIssue(issue),
      );
      if (more.length > 0) process.stderr.write(`${more.map(printable).join("\n")}\n`);
    }
    process.exitCode = exitOf(error);
  }
}

function told(error: unknown): { readonly message: string; readonly issues: readonly Issue[] } {
  if (error instanceof ApiCallError) return { message: error.message, issues: error.error.issues };
  if (error instanceof IssuesError) return { message: error.message.split("\n")[0]!, issues: error.issues };
  return { message: error instanceof Error ? error.message : String(error), issues: [] };
}

function exitOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof ApiCallError)) return EXIT.failed;
  return error.status === 409 ? EXIT.no : error.status === 400 ? EXIT.usage : EXIT.failed;
}
