import { type Command, Option } from "commander";
import type { Job, RuleDetail, RuleRunnerReport } from "../api/api.ts";
import { type SharedOptions, sharedCommand, withConnection } from "./command.ts";
import { jsonBody } from "./connection.ts";
import { UsageError } from "./exit.ts";
import { printable, textTable } from "./output.ts";

const path = (name: string, verb: string) => `/api/rules/${encodeURIComponent(name)}/${verb}`;

/** What people do to a rule's runner: pause, resume, throttle, run now, backfill; and how it keeps up. */
export function ruleControlCommands(): Command[] {
  return [
    pauseCommand(),
    resumeCommand(),
    throttleCommand(),
    runCommand(),
    backfillCommand(),
    statusCommand(),
  ];
}

function pauseCommand(): Command {
  return sharedCommand(
    "pause",
    "Let a rule rest; what comes meanwhile is evaluated afterwards.",
    'spoor rule pause encoded-service-child --reason "patch night" --until 2026-11-25T06:00:00Z',
  )
    .argument("<name>")
    .requiredOption("--reason <text>", "why")
    .option("--until <instant>", "when it goes on by itself")
    .action(async (name: string, options: SharedOptions & { reason: string; until?: string }) =>
      withConnection(options, async (connection, output) => {
        const body = {
          reason: options.reason,
          ...(options.until === undefined ? {} : { until: options.until }),
        };
        const rule = await connection.json<RuleDetail>(path(name, "pause"), jsonBody(body));
        output.out(output.json ? JSON.stringify(rule.controls) : `${rule.name} is paused.`);
      }),
    );
}

function resumeCommand(): Command {
  return sharedCommand("resume", "Let a paused rule go on.", "spoor rule resume encoded-service-child")
    .argument("<name>")
    .option("--reason <text>", "why")
    .action(async (name: string, options: SharedOptions & { reason?: string }) =>
      withConnection(options, async (connection, output) => {
        const body = options.reason === undefined ? {} : { reason: options.reason };
        const rule = await connection.json<RuleDetail>(path(name, "resume"), jsonBody(body));
        output.out(output.json ? JSON.stringify(rule.controls) : `${rule.name} goes on.`);
      }),
    );
}

function throttleCommand(): Command {
  return sharedCommand(
    "throttle",
    "At most so many alerts in any hour; the others are gathered into one.",
    "spoor rule throttle encoded-service-child --per-hour 5",
  )
    .argument("<name>")
    .option("--per-hour <count>", "alerts in any hour, at most")
    .option("--off", "take the limit away")
    .option("--reason <text>", "why")
    .action(
      async (name: string, options: SharedOptions & { perHour?: string; off?: boolean; reason?: string }) =>
        withConnection(options, async (connection, output) => {
          if ((options.perHour === undefined) === (options.off !== true))
            throw new UsageError("Give --per-hour <count> or --off.");
          const maximumPerHour = options.perHour === undefined ? null : Number(options.perHour);
          if (Number.isNaN(maximumPerHour)) throw new UsageError(`"${options.perHour}" is no number.`);
          const body = {
            maximumPerHour,
            ...(options.reason === undefined ? {} : { reason: options.reason }),
          };
          const rule = await connection.json<RuleDetail>(path(name, "throttle"), jsonBody(body));
          const said =
            maximumPerHour === null ? "has no limit" : `raises at most ${maximumPerHour} alerts an hour`;
          output.out(output.json ? JSON.stringify(rule.controls) : `${rule.name} ${said}.`);
        }),
    );
}

interface Written {
  readonly detections: number;
  readonly inserted: number;
  readonly updated: number;
  readonly withdrawn: number;
}

function runCommand(): Command {
  return sharedCommand("run", "Evaluate now what has come.", "spoor rule run encoded-service-child")
    .argument("<name>")
    .action(async (name: string, options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const job = await connection.json<Job>(path(name, "run"), jsonBody({}));
        const done = await connection.job<Written>(job, (now) => output.progress(now.progress, now.message));
        output.out(output.json ? JSON.stringify(done) : written(done));
      }),
    );
}

function written(done: Written): string {
  return `${done.detections} detections: ${done.inserted} new, ${done.updated} changed, ${done.withdrawn} withdrawn.`;
}

interface Difference {
  readonly detections: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly unchanged: number;
}

function backfillCommand(): Command {
  return sharedCommand(
    "backfill",
    "Evaluate the past again; it reaches nobody. --diff only tells what would change.",
    "spoor rule backfill encoded-service-child --from 2026-11-01T00:00:00Z --diff",
  )
    .argument("<name>")
    .option("--from <instant>", "the beginning; the whole history without it")
    .addOption(new Option("--until <instant>", "the end"))
    .option("--diff", "tell what it would add, withdraw and change, and write nothing")
    .action(
      async (name: string, options: SharedOptions & { from?: string; until?: string; diff?: boolean }) =>
        withConnection(options, async (connection, output) => {
          const { from, until, diff = false } = options;
          const body = {
            diff,
            ...(from === undefined ? {} : { from }),
            ...(until === undefined ? {} : { until }),
          };
          const job = await connection.json<Job>(path(name, "backfill"), jsonBody(body));
          const done = await connection.job<Written & Difference>(job, (now) =>
            output.progress(now.progress, now.message),
          );
          if (output.json) output.out(JSON.stringify(done));
          else if (!diff) output.out(written(done));
          else
            output.out(
              `A backfill would give ${done.detections} detections: ${done.added} added, ${done.removed} withdrawn, ${done.changed} changed, ${done.unchanged} as they are. Nothing was written.`,
            );
        }),
    );
}

function statusCommand(): Command {
  return sharedCommand(
    "status",
    "How a rule runs: pauses, limits, lag, missed runs, trouble.",
    "spoor rule status encoded-service-child",
  )
    .argument("<name>")
    .action(async (name: string, options: SharedOptions) =>
      withConnection(options, async (connection, output) => {
        const report = await connection.json<RuleRunnerReport>(path(name, "controls"));
        if (output.json) return output.out(JSON.stringify(report));
        const { paused, throttle } = report;
        output.out(
          textTable(
            ["", ""],
            [
              ["running", report.running ? "yes" : "no"],
              [
                "paused",
                paused === null ? "no" : `by ${paused.by} since ${paused.at}: ${printable(paused.reason)}`,
              ],
              ["throttle", throttle === null ? "none" : `${throttle.maximumPerHour} alerts an hour`],
              ["lag", report.lagMs === null ? "-" : `${(report.lagMs / 1000).toFixed(1)} s`],
              ["detects", report.delay ?? "-"],
              ["evaluated until", report.evaluatedUntil ?? "-"],
              ["next run", report.nextRun ?? "-"],
              ["missed runs", String(report.missedRuns)],
              ["trouble", printable(report.trouble) || "none"],
            ],
          ),
        );
      }),
    );
}
