import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { type Connection, connect } from "./connection.ts";
import { type Output, processOutput } from "./output.ts";

export interface SharedOptions {
  readonly json?: boolean;
  readonly workspace: string;
}

/** The workspace that a command means when none is named. */
export function defaultWorkspace(): string {
  return resolve(process.env.SPOOR_WORKSPACE ?? join(process.cwd(), "workspace"));
}

/** A command with `--json`, `--workspace` and an example in its help. */
export function sharedCommand(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .option("--json", "one JSON value on standard output")
    .addOption(
      new Option("--workspace <directory>", "the workspace (else SPOOR_WORKSPACE, else ./workspace)").default(
        defaultWorkspace(),
        "./workspace",
      ),
    )
    .addHelpText("after", `\nExample:\n  ${example.split("\n").join("\n  ")}`);
}

/** Connects, runs the work, and closes whatever happened. */
export async function withConnection<T>(
  options: SharedOptions,
  work: (connection: Connection, output: Output) => Promise<T>,
): Promise<T> {
  const connection = await connect(options.workspace);
  try {
    return await work(connection, processOutput(options.json === true));
  } finally {
    await connection.close();
  }
}
