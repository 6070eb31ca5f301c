import { parseAds } from "../../promote/ads/parse.ts";
import { refreshAds } from "../../promote/ads/refresh.ts";
import { renderAds } from "../../promote/ads/render.ts";
import { datasetsNamed } from "../../promote/ads/strategy/query-outline.ts";
import { parseResponsePlan } from "../../promote/plan/parse.ts";
import { parseRule } from "../../promote/rule/parse.ts";
import type { GateReport, RuleDetail, RuleFiles, RuleTestReport } from "../../server/api/api.ts";
import type { RunningServer } from "./running-server.ts";

/** An ADS in which a person has written all that a person must; what is generated from rule and plan is not in it yet. */
export function completeAds(title: string): string {
  return `# ${title}

## Goal
- **Actor:** an adversary who holds a workstation
- **Behaviour:** dumps credentials from memory
- **Asset:** the accounts of who works there

## Categorization
- Credential Access / T1003.001 LSASS Memory

## Strategy Abstract
Every process creation whose command line names the marker is a detection, one for each host and user.

## Technical Context
Programs on the machine keep passwords in memory for a while; a copy of that memory gives them away.

- \`_time\` (time): When the program was started, in UTC.
- \`Computer\` (host): The machine on which the program ran.
- \`Hostname\` (host): The machine on which the program ran.
- \`User\` (user): The account that ran the program.
- \`Image\`: The program that was started, with its folder.
- \`CommandLine\`: What was typed to start the program.

## Blind Spots and Assumptions
- A renamed tool with another command line is not seen.
  - Untestable, owner: \`platform\`

## False Positives
- The backup agent reads memory too.
  - Predicate: \`"User" = 'backup'\`

## Validation
Run the marker on a test machine; a detection follows within ten seconds.

- **Mutation score:** at least 0.2, because these tests are about the server and not about the rule

## Priority
- **Priority:** high
- **Reason:** a domain account lost costs more than a quarter of an hour of looking

## Response
Look at what else ran; ask the user; reset the account when it was not them.

## Additional Resources
- [ATT&CK T1003.001](https://attack.mitre.org/techniques/T1003/001/)
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
  const ruleYaml = `title: Credentials read from memory
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
forecastReason: What a test loads is denser than a week at work.
`;
  const responseYaml = fixture.responseYaml ?? RESPONSE_YAML;
  return {
    ruleYaml,
    ruleSql: fixture.sql,
    adsMarkdown: withGenerated(completeAds("Credentials read from memory"), {
      ruleYaml,
      ruleSql: fixture.sql,
      responseYaml,
    }),
    responseYaml,
    tests: fixture.tests,
  };
}

/** The ADS with what is generated from the rule and its plan, as its page writes it. */
export function withGenerated(
  adsMarkdown: string,
  files: Pick<RuleFiles, "ruleYaml" | "ruleSql" | "responseYaml">,
): string {
  const rule = parseRule(files, "rule");
  const ads = parseAds(adsMarkdown, "ADS.md");
  const plan = parseResponsePlan(files.responseYaml, "response.yaml");
  if (!rule.ok || !ads.ok) throw new Error(JSON.stringify([rule.issues, ads.issues]));
  return renderAds(
    refreshAds(ads.value, {
      rule: rule.value,
      datasets: datasetsNamed(files.ruleSql),
      shapeSentence: null,
      columns: [],
      plan: plan.ok ? plan.value : null,
      priority: null,
    }),
  );
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
  await server.job(`/api/rules/${name}/check-everything`, {});
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
