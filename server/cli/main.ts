import { Command, CommanderError } from "commander";
import { IssuesError } from "../../connectors/issue/issue.ts";
import { ApiCallError } from "./connection.ts";
import { doctorCommand } from "./doctor.ts";
import { EXIT } from "./exit.ts";
import { notebookCommand } from "./notebook.ts";
import { issueLines } from "./output.ts";
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
    const json = process.argv.includes("--json");
    const issues =
      error instanceof ApiCallError ? error.error.issues : error instanceof IssuesError ? error.issues : [];
    const message =
      error instanceof IssuesError
        ? error.message.split("\n")[0]!
        : error instanceof Error
          ? error.message
          : String(error);
    if (json) process.stdout.write(`${JSON.stringify({ error: { message, issues } })}\n`);
    else process.stderr.write(`spoor: ${message}\n${issues.length > 0 ? `${issueLines(issues)}\n` : ""}`);
    process.exitCode = error instanceof ApiCallError && error.status === 409 ? EXIT.no : EXIT.failed;
  }
}
