import type { Command } from "commander";
import type { MutationReport, VersionDifference } from "../../promote/gate/evidence.ts";
import type { Job, RuleDetail, RuleEvidence, RuleVersionEntry } from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { EXIT } from "./exit.ts";
import { printable, textTable } from "./output.ts";

const path = (name: string, verb: string) => `/api/rules/${encodeURIComponent(name)}/${verb}`;

/** Evidence about a rule, and the ways down: mutate, check everything, difference, versions, demote, retire. */
export function ruleEvidenceCommands(): Command[] {
  return [
    everythingCommand(),
    mutateCommand(),
    differenceCommand(),
    versionsCommand(),
    downCommand("demote", "Take a rule back: to staged, or with --to draft further.", "staged"),
    downCommand("retire", "End a rule, with the reason.", "retired"),
  ];
}

function everythingCommand(): Command {
  return sharedCommand(
    "prepare",
    "Compute what the gate weighs: tests, backtest, mutation score, overlap, proof and the rest.",
    "spoor rule prepare encoded-service-child",
  )
    .argument("<name>")
    .option("--force", "compute also what is there and not stale")
    .action(async (name: string, options: SharedOptions & { force?: boolean }) =>
      withConnection(options, async (connection, output) => {
        const body = jsonBody({ force: options.force === true });
        const job = await connection.json<Job>(path(name, "check-everything"), body);
        const evidence = await connection.job<RuleEvidence>(job, (now) =>
          output.progress(now.progress, now.message),
        );
        if (output.json) return output.out(JSON.stringify(evidence));
        output.out(
          textTable(
            ["evidence", "computed", ""],
            evidence.computed.map(({ kind, at, stale }) => [kind, at ?? "-", stale ?? ""]),
          ),
        );
        output.out(`What the gate says now: spoor rule check ${name}`);
      }),
    );
}

function mutateCommand(): Command {
  return sharedCommand(
    "mutate",
    "Break the query in every small way and see which breaks the tests notice.",
    "spoor rule mutate encoded-service-child",
  )
    .argument("<name>")
    .option("--all", "also show the variants that were caught")
    .action(async (name: string, options: SharedOptions & { all?: boolean }) =>
      withConnection(options, async (connection, output) => {
        const job = await connection.json<Job>(path(name, "mutate"), jsonBody({}));
        const report = await connection.job<MutationReport>(job, (now) =>
          output.progress(now.progress, now.message),
        );
        if (output.json) return output.out(JSON.stringify(report));
        const shown = report.mutants.filter(({ caught }) => options.all === true || !caught);
        if (shown.length > 0)
          output.out(
            textTable(
              ["", "variant", "what is broken", "caught by, or a test that would"],
              shown.map(({ id, what, caught, by, suggestion, onHistory }) => [
                caught ? "✓" : "✗",
                id,
                printable(what),
                printable(by ?? suggestion?.name ?? onHistory ?? ""),
              ]),
            ),
          );
        const caught = report.mutants.filter((mutant) => mutant.caught).length;
        output.out(
          `The tests notice ${caught} of ${report.mutants.length} broken variants (${Math.round(report.score * 100)} %).`,
        );
      }),
    );
}

function differenceCommand(): Command {
  return sharedCommand(
    "difference",
    "What two versions find differently in the history, in alerts.",
    "spoor rule difference encoded-service-child --from 3f2a9c1b7d604e55",
  )
    .argument("<name>")
    .option("--from <version>", "a version; the one that last watched without it")
    .option("--to <version>", "a version; the rule as it is now without it")
    .action(async (name: string, options: SharedOptions & { from?: string; to?: string }) =>
      withConnection(options, async (connection, output) => {
        const query = new URLSearchParams({ from: options.from ?? "", to: options.to ?? "" });
        const job = await connection.json<Job>(`${path(name, "difference")}?${query}`);
        const found = await connection.job<VersionDifference>(job, (now) =>
          output.progress(now.progress, now.message),
        );
        if (output.json) return output.out(JSON.stringify(found));
        output.out(
          `From ${found.from} to ${found.to}: ${found.added} added, ${found.removed} removed, ${found.changed} changed.`,
        );
        const sign = { added: "+", removed: "-", changed: "~" } as const;
        for (const { change, time, entities } of found.sample)
          output.out(`${sign[change]} ${time}  ${printable(Object.values(entities).join(", "))}`);
      }),
    );
}

function versionsCommand(): Command {
  return sharedCommand(
    "versions",
    "Every set of files that the rule has had.",
    "spoor rule versions encoded-service-child",
  )
    .argument("<name>")
    .action(async (name: string, options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const versions = await connection.json<RuleVersionEntry[]>(path(name, "versions"));
        if (output.json) return output.out(JSON.stringify(versions));
        output.out(
          textTable(
            ["files", "version", "stage", "at", "by", ""],
            versions.map(({ files, version, stage, at, by, current }) => [
              files,
              version || "-",
              stage || "-",
              at,
              printable(by) || "a file that was edited",
              current ? "now" : "",
            ]),
          ),
        );
      }),
    );
}

function downCommand(verb: "demote" | "retire", description: string, stage: string): Command {
  const command = sharedCommand(
    verb,
    description,
    `spoor rule ${verb} encoded-service-child --reason "noise since the update"`,
  )
    .argument("<name>")
    .requiredOption("--reason <text>", "why");
  if (verb === "demote") command.option("--to <stage>", "staged or draft", stage);
  return command.action(async (name: string, options: SharedOptions & { reason: string; to?: string }) =>
    withConnection(options, async (connection, output) => {
      const body = jsonBody({ stage: options.to ?? stage, reason: options.reason });
      const rule = await connection.json<RuleDetail>(path(name, "promote"), body);
      output.out(output.json ? JSON.stringify(rule) : `${rule.name} is ${rule.stage}.`);
      if (rule.stage === "paging") process.exitCode = EXIT.no;
    }),
  );
}
