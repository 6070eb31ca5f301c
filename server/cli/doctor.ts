import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import type { Command } from "commander";
import type { SessionInfo, SourceSummary } from "../api/api.ts";
import { workspaceLayout } from "../workspace/layout.ts";
import { readServerFile } from "../workspace/server-file.ts";
import { type SharedOptions, sharedCommand } from "./command.ts";
import { connect } from "./connection.ts";
import { EXIT } from "./exit.ts";
import { bytesText, processOutput } from "./output.ts";

interface Finding {
  readonly check: string;
  readonly good: boolean;
  readonly evidence: string;
  readonly remedy: string;
}

export function doctorCommand(): Command {
  return sharedCommand(
    "doctor",
    "Is everything here that Spoor needs, and is the workspace well?",
    "spoor doctor --workspace ~/hunting",
  ).action(async (options: SharedOptions) => {
    const output = processOutput(options.json === true);
    const findings = await examine(options.workspace);
    if (output.json) output.out(JSON.stringify(findings));
    else
      for (const finding of findings)
        output.out(
          `${finding.good ? "✓" : "✗"} ${finding.check}: ${finding.evidence}${finding.good ? "" : ` ${finding.remedy}`}`,
        );
    if (findings.some((finding) => !finding.good)) process.exitCode = EXIT.no;
  });
}

async function examine(workspace: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const major = Number(process.versions.node.split(".")[0]);
  findings.push({
    check: "Node",
    good: major >= 24,
    evidence: process.version,
    remedy: "Run it through npm, which brings Node 24.",
  });
  try {
    const { DuckDBInstance, version } = await import("@duckdb/node-api");
    const instance = await DuckDBInstance.create(":memory:");
    instance.closeSync();
    findings.push({ check: "DuckDB", good: true, evidence: version(), remedy: "" });
  } catch (error) {
    findings.push({
      check: "DuckDB",
      good: false,
      evidence: String(error),
      remedy: "Delete node_modules and run npm ci.",
    });
  }
  findings.push({
    check: "memory",
    good: totalmem() > 2e9,
    evidence: `${bytesText(freemem())} free of ${bytesText(totalmem())}`,
    remedy: "Spoor wants 2 GB at least.",
  });
  const layout = workspaceLayout(workspace);
  if (!existsSync(layout.root)) {
    findings.push({
      check: "workspace",
      good: false,
      evidence: `${layout.root} is not there.`,
      remedy: "Make one with npm start.",
    });
    return findings;
  }
  try {
    accessSync(layout.root, constants.R_OK | constants.W_OK);
    const { bavail, bsize } = statfsSync(layout.root);
    const free = bavail * bsize;
    findings.push({
      check: "disk",
      good: free > 1e9,
      evidence: `${bytesText(free)} free at ${layout.root}`,
      remedy: "Free some space.",
    });
  } catch (error) {
    findings.push({
      check: "disk",
      good: false,
      evidence: String(error),
      remedy: "Give your user read and write access to the workspace.",
    });
  }
  try {
    const connection = await connect(workspace);
    try {
      const session = await connection.json<SessionInfo>("/api/session");
      const server = readServerFile(layout.serverFile);
      findings.push({
        check: "workspace",
        good: true,
        evidence:
          connection.where === "server"
            ? `served at ${server?.url} (Spoor ${session.version})`
            : `opens (Spoor ${session.version}, no server running)`,
        remedy: "",
      });
      const sources = await connection.json<SourceSummary[]>("/api/sources");
      const sick = sources.filter((source) => source.state === "sick");
      findings.push({
        check: "sources",
        good: sick.length === 0,
        evidence:
          sick.length === 0
            ? `${sources.length}, all well`
            : `sick: ${sick.map((source) => source.name).join(", ")}.`,
        remedy: "See spoor source show NAME.",
      });
    } finally {
      await connection.close();
    }
  } catch (error) {
    findings.push({
      check: "workspace",
      good: false,
      evidence: error instanceof Error ? error.message : String(error),
      remedy: "",
    });
  }
  return findings;
}
