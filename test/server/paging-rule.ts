import type {
  BacktestReport,
  GateReport,
  ProofReport,
  RuleDetail,
  RuleFiles,
  RuleTestReport,
} from "../../server/api/api.ts";
import type { RunningServer } from "./running-server.ts";

/** An ADS in which every section says something. */
export function completeAds(title: string): string {
  return `# ${title}

## Goal
Find an adversary on a workstation who dumps credentials from memory, so that the account can be reset in time.

## Categorization
Tactic: Credential Access. Technique: T1003.001 LSASS Memory.

## Strategy Abstract
Every process creation whose command line names the marker is a detection, one for each host and user.

## Technical Context
Computer is the machine, User who ran the program, CommandLine what was typed. Programs on the machine keep passwords in
memory for a while; a copy of that memory gives them away.

## Blind Spots and Assumptions
Assumes that Sysmon runs on the machine. A renamed tool with another command line is not seen. Owner: platform.

## False Positives
Predicate: User = 'backup'. The backup agent made 0 of the detections of the backtest.

## Validation
Run the marker on a test machine; a detection follows within ten seconds.

## Priority
High: a domain account lost costs more than a quarter of an hour of looking.

## Response
Look at what else ran; ask the user; reset the account when it was not them.

## Additional Resources
https://attack.mitre.org/techniques/T1003/001/
`;
}

/** Response plan with one automation before the alert and three buttons. */
export const RESPONSE_YAML = `automations:
  - name: same-user
    title: What else this user ran
    uses: query
    with:
      sql: select _time, Image, CommandLine from sysmon where "User" = $User order by _time desc limit 20
    effect: Reads what the same user ran lately.
options:
  - name: ignore
    title: This was us
    uses: decide
    effect: Closes the alert as expected work and tunes the rule.
    outcome: benign-positive
  - name: confirm
    title: This was not us
    uses: decide
    effect: Closes the alert as a true positive.
    outcome: true-positive
  - name: more
    title: Collect more data
    uses: collect-more-data
    with:
      sql: select _time, Image, CommandLine from sysmon where "User" = $User order by _time desc limit 50
    effect: Reads fifty more rows; the alert stays open.
  - name: escalate
    title: Ask the author
    uses: escalate-to-author
    effect: Hands the alert to who wrote the rule.
`;

export const OWNERS_YAML = `owners:
  - name: platform
    onCall: [sam]
    systems: [workstations]
    channels: []
    alertsPerWeekBudget: 10000
    hourlyRateUsd: 90
`;

export interface RuleFixture {
  readonly name: string;
  readonly sql: string;
  readonly run: string;
  readonly tests: Readonly<Record<string, string>>;
  readonly responseYaml?: string;
  readonly entities?: string;
  readonly timeColumn?: string;
  readonly lookback?: string;
}

export function ruleFiles(fixture: RuleFixture): RuleFiles {
  return {
    ruleYaml: `title: Credentials read from memory
description: A command line that reads credentials from memory.
author: hunter
owner: platform
stage: draft
timeColumn: ${fixture.timeColumn ?? "_time"}
entities:
${fixture.entities ?? "  - { column: Computer, kind: host }\n  - { column: User, kind: user }"}
lookback: ${fixture.lookback ?? "0s"}
${fixture.run}
techniques: [T1003.001]
severity: high
expectedPrecision: 0.5
expectedAlertsPerWeek: 5
`,
    ruleSql: fixture.sql,
    adsMarkdown: completeAds("Credentials read from memory"),
    responseYaml: fixture.responseYaml ?? RESPONSE_YAML,
    tests: fixture.tests,
  };
}

/** Walks a rule through the gate by the API, to paging. */
export async function promoteToPaging(
  server: RunningServer,
  name: string,
  files: RuleFiles,
): Promise<RuleDetail> {
  await server.json(`/api/rules/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(files),
  });
  const tests = await server.post<RuleTestReport>(`/api/rules/${name}/test`, {});
  if (!tests.passed) throw new Error(`tests: ${JSON.stringify(tests)}`);
  await server.job<BacktestReport>(`/api/rules/${name}/backtest`, {});
  if (files.ruleYaml.includes("mode: stream")) {
    const proof = await server.job<ProofReport>(`/api/rules/${name}/prove`, {});
    if (!proof.holds) throw new Error(`proof: ${JSON.stringify(proof)}`);
  }
  const gate = await server.post<GateReport>(`/api/rules/${name}/check`, { target: "paging" });
  if (!gate.passed) {
    throw new Error(
      `gate: ${JSON.stringify(
        gate.checks.filter((check) => check.state !== "passed"),
        null,
        1,
      )}`,
    );
  }
  return server.post<RuleDetail>(`/api/rules/${name}/promote`, { stage: "paging" });
}
