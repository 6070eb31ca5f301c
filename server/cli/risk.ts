import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { UsageError } from "./exit.ts";
import { riskDrawsCommand, riskImportCommand } from "./risk-files.ts";

export function riskCommand(): Command {
  const command = new Command("risk").description("What each source is worth, in dollars.");
  command.addCommand(
    sharedCommand(
      "report",
      "The one-page report of what each source is worth.",
      "spoor risk report --format html --out risk.html",
    )
      .addOption(new Option("--format <format>", "what to write").choices(["json", "html"]).default("json"))
      .option("--out <file>", "write to a file instead of standard output")
      .option("--seed <number>", "seed of the simulation; the same seed gives the same figures", "1")
      .action(async (options: SharedOptions & { format: string; out?: string; seed: string }) =>
        withConnection(options, async (connection, output) => {
          if (!/^\d{1,15}$/.test(options.seed))
            throw new UsageError(`--seed takes a whole number, not "${options.seed}".`);
          const format = output.json ? "json" : options.format;
          const response = await connection.request(
            `/api/risk/report?format=${format}&seed=${encodeURIComponent(options.seed)}`,
          );
          const text = await response.text();
          if (options.out === undefined) output.out(text);
          else {
            writeFileSync(options.out, text);
            output.note(`written to ${options.out}`);
          }
        }),
      ),
  );
  command.addCommand(riskImportCommand());
  command.addCommand(riskDrawsCommand());
  return command;
}
