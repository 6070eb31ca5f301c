import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { proofWord } from "../../promote/gate/proof-state.ts";
import type {
  BacktestReport,
  GateReport,
  Job,
  ProofReport,
  RuleDetail,
  RuleSummary,
  RuleTestReport,
} from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { EXIT, UsageError } from "./exit.ts";
import { issueLines, type Output, printable, textTable } from "./output.ts";
import { ruleControlCommands } from "./rule-controls.ts";
import { describeCommand } from "./rule-describe.ts";
import { ruleEvidenceCommands } from "./rule-evidence.ts";
import { ruleExchangeCommands } from "./rule-exchange.ts";

export function ruleCommand(): Command {
  const command = new Command("rule").description("Write rules, prove them, and promote them.");
  for (const inner of [
    newCommand(),
    describeCommand(),
    checkCommand(),
    testCommand(),
    backtestCommand(),
    proveCommand(),
    promoteCommand(),
    ...ruleEvidenceCommands(),
    ...ruleExchangeCommands(),
    ...ruleControlCommands(),
    listCommand(),
  ]) {
    command.addCommand(inner);
  }
  return command;
}

const path = (name: string, verb = "") => `/api/rules/${encodeURIComponent(name)}${verb && `/${verb}`}`;

function newCommand(): Command {
  return sharedCommand(
    "new",
    "A new draft from a query, with its files to fill in.",
    `spoor rule new lsass-dump --sql "select _time, Computer, User, CommandLine from sysmon where CommandLine ilike '%comsvcs.dll%minidump%'"`,
  )
    .argument("<name>", "lower case letters, digits and dashes")
    .option("--sql <select>", "the rule's SELECT")
    .option("--file <file>", "a file holding the SELECT")
    .option("--title <text>", "what an alert of it says")
    .option("--time-column <column>", "result column with the event time")
    .option("--entity <kind=column...>", "result columns that name entities: host=Computer")
    .option("--lookback <duration>", "how far back a row may look: 0s, 15m, 1h")
    .action(
      async (
        name: string,
        options: SharedOptions & {
          sql?: string;
          file?: string;
          title?: string;
          timeColumn?: string;
          entity?: string[];
          lookback?: string;
        },
      ) =>
        withConnection(options, async (connection, output) => {
          const sql = options.sql ?? (options.file ? readFileSync(options.file, "utf8") : null);
          if (sql === null) throw new UsageError("Give the SELECT with --sql or --file.");
          const rule = await connection.json<RuleDetail>(
            "/api/rules",
            jsonBody({
              name,
              sql,
              ...(options.title === undefined ? {} : { title: options.title }),
              ...(options.timeColumn === undefined ? {} : { timeColumn: options.timeColumn }),
              ...(options.entity === undefined
                ? {}
                : {
                    entities: options.entity.map((pair) => ({
                      kind: pair.split("=")[0],
                      column: pair.split("=").slice(1).join("="),
                    })),
                  }),
              ...(options.lookback === undefined ? {} : { lookback: options.lookback }),
            }),
          );
          if (output.json) return output.out(JSON.stringify(rule));
          output.out(
            `rules/${name}/ made as a draft (version ${rule.version}). Fill in ADS.md and response.yaml, then: spoor rule check ${name}`,
          );
          showGate(rule.gate, output);
        }),
    );
}

function showGate(gate: GateReport, output: Output): void {
  const sign = { passed: "✓", failed: "✗", waiting: "·" } as const;
  output.out(
    textTable(
      ["", `gate for ${gate.target}`, "evidence", "remedy"],
      gate.checks.map((check) => [
        sign[check.state],
        check.title,
        printable(check.evidence),
        check.state === "passed" ? "" : printable(check.remedy),
      ]),
    ),
  );
  output.out(gate.passed ? "The gate passes." : "The gate refuses.");
}

function checkCommand(): Command {
  return sharedCommand(
    "check",
    "What the gate says, check by check.",
    "spoor rule check encoded-service-child --for paging",
  )
    .argument("<name>")
    .addOption(new Option("--for <stage>", "which stage").choices(["staged", "paging"]).default("paging"))
    .action(async (name: string, options: SharedOptions & { for: string }) =>
      withConnection(options, async (connection, output) => {
        const gate = await connection.json<GateReport>(
          path(name, "check"),
          jsonBody({ target: options.for }),
        );
        if (output.json) output.out(JSON.stringify(gate));
        else showGate(gate, output);
        if (!gate.passed) process.exitCode = EXIT.no;
      }),
    );
}

function testCommand(): Command {
  return sharedCommand(
    "test",
    "Run the rule's match and no-match events.",
    "spoor rule test encoded-service-child",
  )
    .argument("<name>")
    .action(async (name: string, options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const report = await connection.json<RuleTestReport>(path(name, "test"), jsonBody({}));
        if (output.json) output.out(JSON.stringify(report));
        else {
          for (const test of report.tests)
            output.out(
              `${test.passed ? "✓" : "✗"} ${printable(test.name)} (${test.expected}) ${printable(test.message)}`,
            );
          output.out(
            report.passed
              ? "All tests pass."
              : report.tests.length === 0
                ? "There is no test yet."
                : "Tests fail.",
          );
        }
        if (!report.passed) process.exitCode = EXIT.no;
      }),
    );
}

function backtestCommand(): Command {
  return sharedCommand(
    "backtest",
    "What the rule would have found over the whole history.",
    "spoor rule backtest encoded-service-child",
  )
    .argument("<name>")
    .action(async (name: string, options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const job = await connection.json<Job>(path(name, "backtest"), jsonBody({}));
        const report = await connection.job<BacktestReport>(job, (now) =>
          output.progress(now.progress, now.message),
        );
        if (output.json) return output.out(JSON.stringify(report));
        output.out(
          `${report.detections} detections from ${report.from ?? "-"} to ${report.until ?? "-"}: ${report.alertsPerWeek.toFixed(1)} a week, ` +
            `${report.triageMinutesPerWeek.toFixed(0)} minutes a week, $${report.triageUsdPerYear.toFixed(0)} a year`,
        );
        const most = Math.max(1, ...report.days.map((day) => day.detections));
        for (const day of report.days) {
          output.out(`${day.day}  ${"█".repeat(Math.ceil((day.detections / most) * 40))} ${day.detections}`);
        }
      }),
    );
}

function proveCommand(): Command {
  return sharedCommand(
    "prove",
    "Prove that the stream gives exactly what the batch gives.",
    "spoor rule prove encoded-service-child",
  )
    .argument("<name>")
    .action(async (name: string, options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const job = await connection.json<Job>(path(name, "prove"), jsonBody({}));
        const proof = await connection.job<ProofReport>(job, (now) =>
          output.progress(now.progress, now.message),
        );
        if (output.json) output.out(JSON.stringify(proof));
        else {
          output.out(
            `${printable(proof.words)} ${proof.batchDetections} detections in batch, ${proof.streamDetections} in ` +
              `${proof.slices} shuffled, delayed slices over ${proof.events} events (data ${proof.dataHash.slice(0, 12)}, DuckDB ${proof.engineVersion})`,
          );
          for (const id of proof.onlyBatch) output.note(`only in batch: ${id}`);
          for (const id of proof.onlyStream) output.note(`only in stream: ${id}`);
        }
        if (!proof.holds) process.exitCode = EXIT.no;
      }),
    );
}

function promoteCommand(): Command {
  return sharedCommand(
    "promote",
    "Move a rule to another stage; the gate decides.",
    "spoor rule promote encoded-service-child --to paging",
  )
    .argument("<name>")
    .addOption(
      new Option("--to <stage>", "the stage")
        .choices(["draft", "staged", "paging", "retired"])
        .makeOptionMandatory(),
    )
    .option("--reason <text>", "why (needed to retire or to demote)")
    .action(async (name: string, options: SharedOptions & { to: string; reason?: string }) =>
      withConnection(options, async (connection, output) => {
        const rule = await connection.json<RuleDetail>(
          path(name, "promote"),
          jsonBody({
            stage: options.to,
            ...(options.reason === undefined ? {} : { reason: options.reason }),
          }),
        );
        if (output.json) output.out(JSON.stringify(rule));
        else output.out(`${rule.name} is ${rule.stage}.`);
      }),
    );
}

function listCommand(): Command {
  return sharedCommand("list", "The rules, their stage and how well they do.", "spoor rule list").action(
    async (options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const rules = await connection.json<RuleSummary[]>("/api/rules");
        if (output.json) return output.out(JSON.stringify(rules));
        if (rules.length === 0)
          return output.note("No rule yet. Make one from a query: spoor rule new NAME --sql SELECT");
        output.out(
          textTable(
            ["name", "stage", "mode", "detections", "alerts", "a week", "precision", "proof", "owner"],
            rules.map((rule) => [
              rule.name,
              rule.stage,
              rule.mode,
              String(rule.detections),
              String(rule.alerts),
              rule.alertsPerWeek.toFixed(1),
              `${Math.round(rule.precision.mean * 100)}% [${Math.round(rule.precision.q05 * 100)}, ${Math.round(rule.precision.q95 * 100)}]`,
              rule.proof === null ? "-" : proofWord(rule.proof.state),
              printable(rule.owner),
            ]),
          ),
        );
        for (const rule of rules) if (rule.issues.length > 0) output.note(issueLines(rule.issues));
      }),
  );
}
