import { type Command, Option } from "commander";
import { workspaceLayout } from "../workspace/layout.ts";
import { sharedCommand } from "./command.ts";
import { processOutput } from "./output.ts";

const DEFAULT_PORT = 7717;

export function serveCommand(): Command {
  return sharedCommand(
    "serve",
    "Serve the workspace on this machine, and make a demo workspace when there is none.",
    "spoor serve --workspace ~/hunting",
  )
    .addOption(
      new Option("--port <number>", "port on 127.0.0.1 (else SPOOR_PORT)").default(
        process.env.SPOOR_PORT ?? String(DEFAULT_PORT),
      ),
    )
    .option("--empty", "make an empty workspace instead of the demo")
    .addOption(
      new Option("--demo-scale <share>", "share of the demo's two million events to make").default("1"),
    )
    .action(
      async (options: {
        workspace: string;
        port: string;
        json?: boolean;
        empty?: boolean;
        demoScale: string;
      }) => {
        const { serve } = await import("../serve.ts");
        await serve({
          layout: workspaceLayout(options.workspace),
          port: Number(options.port),
          demo: options.empty === true ? null : { scale: Number(options.demoScale) },
          output: processOutput(options.json === true),
        });
      },
    );
}
