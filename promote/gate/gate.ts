import type { Issue } from "../../connectors/issue/issue.ts";
import { ADS_SECTIONS, type Ads, categorizedTechniques, isEmptySection, sectionLink } from "../ads/ads.ts";
import { ATTACK_VERSION, fullName, replacementOf, technique } from "../attack/attack.ts";
import type { Owners } from "../plan/owners.ts";
import { planParameters, usedParameters } from "../plan/parameters.ts";
import { MAXIMUM_OPTIONS, MINIMUM_OPTIONS } from "../plan/parse.ts";
import type { ResponsePlan } from "../plan/plan.ts";
import { registeredAction } from "../plan/registered.ts";
import type { BacktestReport } from "../records/backtest.ts";
import type { ReplayProof, Stage } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import type { RuleTestReport } from "../rule/test-report.ts";
import type { GateCheck, GateReport } from "./report.ts";

/** Everything that the gate weighs. What is null was not given or not computed. */
export interface GateInput {
  readonly target: "staged" | "paging";
  /** The folder's name, known even where the files cannot be read. */
  readonly name: string;
  readonly rule: Rule | null;
  readonly ads: Ads | null;
  readonly plan: ResponsePlan | null;
  /** What parsing rule, ADS and plan found; codes begin with `rule`, `yaml`, `ads`, `plan`. */
  readonly parseIssues: readonly Issue[];
  /** From checkRuleSql; null when it did not run. */
  readonly sqlIssues: readonly Issue[] | null;
  readonly tests: RuleTestReport | null;
  readonly backtest: BacktestReport | null;
  readonly proof: ReplayProof | null;
  readonly owners: Owners;
  /** Health of the sources that the rule reads. */
  readonly healthIssues: readonly Issue[];
  readonly engineVersion: string;
  /** Hash of the data as it is now; null when not computed. */
  readonly dataHash: string | null;
  /** Datasets of the workspace, to check the plan's settings; null skips that check. */
  readonly datasets?: readonly string[] | null;
}

type Answer = Pick<GateCheck, "state" | "evidence" | "remedy">;

/**
 * Weighs a rule for a stage: staged asks for three fields, paging for everything that lets an alert be trusted. Pure:
 * the same input gives the same list, in the same order, wherever it is asked.
 */
export function checkGate(input: GateInput): GateReport {
  const checks =
    input.target === "staged" ? stagedChecks(input) : [...stagedChecks(input), ...pagingChecks(input)];
  return {
    rule: input.name,
    target: input.target,
    passed: checks.every(({ state }) => state === "passed"),
    checks,
  };
}

/** Codes of the checks that a staged rule must pass. */
export const STAGED_CODES: readonly string[] = ["query", "time", "entities"];

function stagedChecks(input: GateInput): GateCheck[] {
  const { rule } = input;
  const parseErrors = errorsOf(
    input.parseIssues.filter(({ code }) => !/^(?:ads|plan)\b/.test(code) && !inOtherFile(code, input)),
  );
  const sqlErrors = errorsOf(input.sqlIssues ?? []);
  const ofQuery = [
    ...parseErrors,
    ...sqlErrors.filter(({ code }) => !/^rule\.(?:time|entities)\b/.test(code)),
  ];
  const query: Answer =
    ofQuery.length > 0 || !rule
      ? failed(
          listed(ofQuery, "rule.yaml and rule.sql could not be read."),
          ofQuery[0]?.remedy ?? "Correct rule.yaml and rule.sql.",
        )
      : input.sqlIssues === null
        ? waiting("The query has not been checked against the data.", "Check the rule.")
        : passed(`Valid; version ${rule.version}.${warned(input.sqlIssues)}`);
  const blocked =
    query.state !== "passed" && !sqlErrors.some(({ code }) => /^rule\.(?:time|entities)\b/.test(code));
  const field = (prefix: string, found: string): Answer => {
    const errors = sqlErrors.filter(({ code }) => code.startsWith(prefix));
    if (errors.length > 0) return failed(listed(errors, ""), errors[0]!.remedy);
    if (!rule || blocked) return waiting("Known once the query is valid.", "Correct the query first.");
    return passed(found);
  };
  const entities = rule?.entities ?? [];
  return [
    check("query", "The query is valid and means one thing", "rule", query),
    check("time", "The event time is named", "rule", field("rule.time", `Column ${rule?.timeColumn}.`)),
    check(
      "entities",
      "Whom it concerns is named",
      "rule",
      rule && entities.length === 0
        ? failed("No entity is named.", "Name at least one result column under entities.")
        : field("rule.entities", entities.map(({ column, kind }) => `${column} (${kind})`).join(", ")),
    ),
  ];
}

/** YAML errors of response.yaml are the plan's. */
function inOtherFile(code: string, input: GateInput): boolean {
  return (
    code.startsWith("yaml.") &&
    input.parseIssues.every((issue) => issue.code !== code || !issue.place.includes("rule.yaml"))
  );
}

function pagingChecks(input: GateInput): GateCheck[] {
  return [
    ...ADS_SECTIONS.map(({ name, title }) => {
      const body = input.ads?.sections[name] ?? "";
      const empty = isEmptySection(body);
      return check(
        sectionLink(name).replace("#", "."),
        `ADS: ${title}`,
        sectionLink(name),
        empty
          ? failed(
              "The section is empty.",
              "Write it in your own words; prompts, comments and placeholders do not count.",
            )
          : passed(`${body.split(/\s+/).filter(Boolean).length} words.`),
      );
    }),
    check("technique", "ATT&CK techniques are valid", "ads#categorization", techniqueAnswer(input)),
    check("plan", "Something runs before a person is asked", "plan", planAnswer(input)),
    check("plan.options", "The owner has 2 to 6 choices", "plan", optionsAnswer(input)),
    check("owner", "Somebody answers for it", "owners", ownerAnswer(input)),
    check("tests.match", "A test that must match passes", "tests", testAnswer(input, "match")),
    check("tests.no-match", "A test that must not match passes", "tests", testAnswer(input, "no-match")),
    check("backtest", "Tried on the history", "backtest", backtestAnswer(input)),
    check("budget", "Within the owner's alert budget", "backtest", budgetAnswer(input)),
    check("forecast", "A forecast is on record", "rule", forecastAnswer(input)),
    check("health", "The sources are healthy", "sources", healthAnswer(input)),
    runCheck(input),
  ];
}

function techniqueAnswer({ rule, ads }: GateInput): Answer {
  const ids = rule?.techniques ?? [];
  const inAds = ads ? categorizedTechniques(ads) : [];
  if (ids.length === 0)
    return failed("rule.yaml names no technique.", "Add techniques: [T1003.001], for example.");
  const unknown = [...ids, ...inAds].filter((id) => !technique(id));
  if (unknown.length > 0) {
    const id = unknown[0]!;
    const instead = replacementOf(id);
    return failed(
      `Not in ATT&CK ${ATTACK_VERSION}: ${[...new Set(unknown)].join(", ")}.`,
      instead ? `${id} was withdrawn: write ${instead}.` : "Use an id of that version.",
    );
  }
  const unsaid = ids.filter((id) => !inAds.includes(id));
  if (unsaid.length > 0)
    return failed(
      `The ADS's Categorization does not name ${unsaid.join(", ")}.`,
      "Name the same techniques, by id, in rule.yaml and in Categorization.",
    );
  return passed(
    ids.map((id) => `${id} ${fullName(technique(id)!)} (${technique(id)!.tactics.join(", ")})`).join("; "),
  );
}

function planAnswer(input: GateInput): Answer {
  const { plan, rule } = input;
  const errors = errorsOf(
    input.parseIssues.filter(
      ({ code, place }) =>
        code.startsWith("plan.") || (code.startsWith("yaml.") && place.includes("response.yaml")),
    ),
  );
  if (errors.length > 0) return failed(listed(errors, ""), errors[0]!.remedy);
  if (!plan) return failed("There is no response plan.", "Write response.yaml.");
  if (plan.automations.length === 0)
    return failed(
      "No automation runs before the alert.",
      "Add at least one that gathers what the owner needs to decide.",
    );
  const steps = [...plan.automations, ...plan.options];
  const unfit = steps
    .filter(({ uses }) => !registeredAction(uses))
    .map(({ name, uses }) => `${name} uses ${uses}, which is not registered`);
  const known = planParameters(rule?.entities ?? []);
  for (const step of steps) {
    for (const setting of registeredAction(step.uses)?.settings ?? []) {
      const value = step.with[setting.name];
      if (typeof value !== "string") continue;
      if (setting.type === "dataset" && input.datasets && !input.datasets.includes(value))
        unfit.push(`${step.name} reads ${value}, which is no dataset`);
      if (setting.type === "sql") {
        const strange = usedParameters(value).filter((name) => !known.includes(name));
        if (strange.length > 0) unfit.push(`${step.name} uses $${strange.join(", $")}`);
      }
    }
  }
  if (unfit.length > 0)
    return failed(
      `${unfit.join("; ")}.`,
      `Correct the steps; parameters are ${known.map((name) => `$${name}`).join(", ")}.`,
    );
  return passed(`${plan.automations.length}: ${plan.automations.map(({ title }) => title).join(", ")}.`);
}

function optionsAnswer({ plan }: GateInput): Answer {
  const options = plan?.options ?? [];
  if (options.length < MINIMUM_OPTIONS || options.length > MAXIMUM_OPTIONS) {
    return failed(
      `The plan offers ${options.length}.`,
      `Offer ${MINIMUM_OPTIONS} to ${MAXIMUM_OPTIONS} buttons.`,
    );
  }
  if (!options.some(({ uses }) => registeredAction(uses)?.endsAlert))
    return failed("No option ends the alert.", "Add at least one that uses decide.");
  return passed(`${options.length}: ${options.map(({ title }) => title).join(", ")}.`);
}

function ownerOf({ rule, owners }: GateInput) {
  return rule ? owners.owners.find(({ name }) => name === rule.owner) : undefined;
}

function ownerAnswer(input: GateInput): Answer {
  const name = input.rule?.owner ?? "";
  if (name === "")
    return failed("The rule names no owner.", "Set owner in rule.yaml to a name from owners.yaml.");
  const owner = ownerOf(input);
  if (!owner) return failed(`"${name}" is not in owners.yaml.`, "Add the owner there, or name one that is.");
  if (owner.onCall.length === 0)
    return failed(`Nobody is on call for ${name}.`, "Name at least one person in onCall.");
  return passed(`${owner.title}, on call: ${owner.onCall.join(", ")}.`);
}

function testAnswer({ tests }: GateInput, expected: "match" | "no-match"): Answer {
  const file = `tests/${expected}-<what>.ndjson`;
  if (!tests) return waiting("The tests have not run.", "Run the tests.");
  const mine = tests.tests.filter((test) => test.expected === expected);
  if (mine.length === 0)
    return failed(
      "There is none.",
      `Add ${file} with events that must ${expected === "match" ? "" : "not "}match.`,
    );
  const broken = mine.filter((test) => !test.passed);
  if (broken.length > 0)
    return failed(
      broken.map(({ name, message }) => `${name}: ${message}`).join(" "),
      "Correct the rule or the test.",
    );
  return passed(`${mine.length} passed.`);
}

function backtestAnswer({ backtest }: GateInput): Answer {
  if (!backtest) return waiting("The rule has not been tried on the history.", "Run the backtest.");
  if (backtest.from === null || backtest.until === null)
    return failed("There is no history to try it on.", "Load data of the sources that it reads.");
  return passed(
    `${backtest.detections} detections from ${backtest.from} to ${backtest.until}: ${figure(backtest.alertsPerWeek)} alerts a week, ${figure(backtest.triageMinutesPerWeek)} minutes a week, $${figure(backtest.triageUsdPerYear)} a year.`,
  );
}

function budgetAnswer(input: GateInput): Answer {
  const { backtest } = input;
  const owner = ownerOf(input);
  if (!owner) return waiting("There is no owner whose budget could be compared.", "Name an owner first.");
  if (!backtest) return waiting("Known once the backtest has run.", "Run the backtest.");
  const figures = `${figure(backtest.alertsPerWeek)} alerts a week in the backtest; ${owner.name} takes ${figure(owner.alertsPerWeekBudget)}.`;
  return backtest.alertsPerWeek <= owner.alertsPerWeekBudget
    ? passed(figures)
    : failed(figures, "Narrow the rule, or agree on a larger budget with the owner in owners.yaml.");
}

function forecastAnswer({ rule }: GateInput): Answer {
  const missing = [
    ...(rule?.expectedPrecision == null ? ["expectedPrecision"] : []),
    ...(rule?.expectedAlertsPerWeek == null ? ["expectedAlertsPerWeek"] : []),
  ];
  if (!rule || missing.length > 0)
    return failed(
      `Not given: ${missing.join(", ")}.`,
      "Say in rule.yaml what you expect; it is scored later.",
    );
  return passed(
    `${Math.round(rule.expectedPrecision! * 100)} % true, ${figure(rule.expectedAlertsPerWeek!)} alerts a week.`,
  );
}

function healthAnswer({ healthIssues }: GateInput): Answer {
  const errors = errorsOf(healthIssues);
  if (errors.length > 0) return failed(listed(errors, ""), errors[0]!.remedy);
  return passed(healthIssues.length === 0 ? "No issue." : listed(healthIssues, ""));
}

function runCheck(input: GateInput): GateCheck {
  const { rule } = input;
  if (!rule)
    return check(
      "proof",
      "Stream and batch agree",
      "proof",
      waiting("Known once rule.yaml can be read.", "Correct rule.yaml."),
    );
  if (rule.run.mode === "batch") {
    const reason = rule.run.reason?.trim() ?? "";
    return check(
      "batch-reason",
      "It says why it runs as batch",
      "rule",
      reason === ""
        ? failed(
            "run.reason is empty.",
            "Say in one sentence why it does not stream, or make it stream and prove it.",
          )
        : passed(reason),
    );
  }
  return check("proof", "Stream and batch agree", "proof", proofAnswer(input, rule));
}

function proofAnswer({ proof, engineVersion, dataHash }: GateInput, rule: Rule): Answer {
  const prove = "Run the replay proof.";
  if (!proof) return waiting("There is no replay proof.", prove);
  if (proof.rule !== rule.name || proof.ruleVersion !== rule.version)
    return failed(`The proof is of version ${proof.ruleVersion}; the rule is now ${rule.version}.`, prove);
  if (proof.engineVersion !== engineVersion)
    return failed(`The proof was made with engine ${proof.engineVersion}; ${engineVersion} runs now.`, prove);
  const differing = proof.onlyBatch.length + proof.onlyStream.length;
  if (!proof.holds)
    return failed(
      proof.reason || "Stream and batch differ.",
      "Let the rule run as batch and say why, or change it.",
    );
  if (proof.eventCount === 0 || proof.sliceCount === 0)
    return failed(
      "The proof replayed no events, which proves nothing.",
      "Load history first, then prove again.",
    );
  if (differing > 0 || proof.batchDetectionCount !== proof.streamDetectionCount) {
    return failed(
      `Batch gives ${proof.batchDetectionCount} detections, stream ${proof.streamDetectionCount}.`,
      "Let the rule run as batch and say why, or change it.",
    );
  }
  const since = dataHash !== null && dataHash !== proof.dataHash ? " The data has grown since." : "";
  return passed(
    `${proof.eventCount} events in ${proof.sliceCount} slices: ${proof.streamDetectionCount} detections both ways, proved ${new Date(proof.provedMs).toISOString()}.${since}`,
  );
}

/** The checks that did not pass, as issues: what every way in answers when it refuses. */
export function gateIssues(report: GateReport): Issue[] {
  return report.checks
    .filter(({ state }) => state !== "passed")
    .map(({ code, title, evidence, remedy, link }) => ({
      severity: "error",
      code: `gate.${code}`,
      place: `rules/${report.rule}#${link}`,
      message: `${title}: ${evidence}`,
      remedy,
    }));
}

/**
 * The stage that a rule really has, whatever its file says: the highest one up to the written stage that the report lets
 * it have. Only a passed report for paging, of this very rule, lets a rule page.
 */
export function effectiveStage(
  rule: Pick<Rule, "name" | "stage">,
  report: GateReport,
): { readonly stage: Stage; readonly issues: readonly Issue[] } {
  if (rule.stage === "draft" || rule.stage === "retired") return { stage: rule.stage, issues: [] };
  const mine = report.rule === rule.name;
  const stageable =
    mine &&
    STAGED_CODES.every((code) => report.checks.some((each) => each.code === code && each.state === "passed"));
  const pageable =
    mine &&
    stageable &&
    report.target === "paging" &&
    report.passed &&
    report.checks.every(({ state }) => state === "passed");
  const stage: Stage = rule.stage === "paging" && pageable ? "paging" : stageable ? "staged" : "draft";
  if (stage === rule.stage) return { stage, issues: [] };
  return {
    stage,
    issues: [
      {
        severity: "error",
        code: "gate.refused",
        place: `rules/${rule.name}/rule.yaml`,
        message: `rule.yaml says stage: ${rule.stage}, which the gate refuses; the rule runs as ${stage}.`,
        remedy: `Mend what is listed, or write stage: ${stage}.`,
      },
      ...gateIssues(report),
    ],
  };
}

function check(code: string, title: string, link: string, answer: Answer): GateCheck {
  return { code, title, ...answer, link };
}

function passed(evidence: string): Answer {
  return { state: "passed", evidence, remedy: "" };
}

function failed(evidence: string, remedy: string): Answer {
  return { state: "failed", evidence, remedy };
}

function waiting(evidence: string, remedy: string): Answer {
  return { state: "waiting", evidence, remedy };
}

function errorsOf(issues: readonly Issue[]): Issue[] {
  return issues.filter(({ severity }) => severity === "error");
}

function listed(issues: readonly Issue[], otherwise: string): string {
  if (issues.length === 0) return otherwise;
  const more = issues.length > 5 ? ` And ${issues.length - 5} more.` : "";
  return (
    issues
      .slice(0, 5)
      .map(({ message, place }) => `${message} (${place})`)
      .join(" ") + more
  );
}

function warned(issues: readonly Issue[]): string {
  const warnings = issues.filter(({ severity }) => severity === "warning");
  return warnings.length === 0 ? "" : ` ${listed(warnings, "")}`;
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Math.round(value * 100) / 100);
}
