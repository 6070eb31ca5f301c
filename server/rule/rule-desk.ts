import { parseDocument } from "yaml";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { Issue } from "../../connectors/issue/issue.ts";
import type { EntityKind } from "../../connectors/source/source.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import { parseDuration } from "../../connectors/yaml/duration.ts";
import { draftRule } from "../../promote/gate/draft.ts";
import { effectiveStage, gateIssues } from "../../promote/gate/gate.ts";
import { detectionRow } from "../../promote/records/detection-row.ts";
import type { ReplayProof, Stage } from "../../promote/records/records.ts";
import { betaPosterior, tallyOutcomes } from "../../promote/risk/precision.ts";
import type { Rule, RuleEntity } from "../../promote/rule/rule.ts";
import { backtestRule } from "../../promote/run/backtest.ts";
import { proveStream } from "../../promote/run/prove.ts";
import type {
  BacktestReport,
  GateReport,
  ProofReport,
  RuleDetail,
  RuleFiles,
  RuleSummary,
  RuleTestReport,
} from "../api/api.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { notFound, RefusedError } from "../refused.ts";
import { timeSpan } from "../source/event-rate.ts";
import type { Spoor } from "../spoor.ts";
import { type LoadedRule, loadRule } from "./loaded-rule.ts";
import { RULE_NAME, RuleFolders } from "./rule-files.ts";
import { RuleWeigher } from "./rule-weigher.ts";

/** A rule that watches: staged or paging, by what the gate lets it be. */
export interface ActiveRule {
  readonly rule: Rule;
  readonly loaded: LoadedRule;
  readonly stage: Stage;
}

export interface NewRule {
  readonly name: string;
  readonly sql: string;
  readonly title?: string | undefined;
  readonly timeColumn?: string | undefined;
  readonly entities?: readonly RuleEntity[] | undefined;
  readonly lookback?: string | undefined;
  readonly lookbackMs?: number | undefined;
  readonly from?: Rule["from"] | undefined;
}

const TRIAGE_MINUTES = 15;
const DEFAULT_HOURLY_USD = 85;

/** Rules: their files, the gate, and what is known of how they do. */
export class RuleDesk {
  readonly #spoor: Spoor;
  readonly #folders: RuleFolders;
  readonly #weigher: RuleWeigher;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#folders = new RuleFolders(spoor.layout.rules);
    this.#weigher = new RuleWeigher(spoor, this.#folders);
  }

  names(): string[] {
    return this.#folders.names();
  }

  has(name: string): boolean {
    return this.#folders.has(name);
  }

  /** Changes whenever a file of any rule does, or the owners' file. */
  stamp(): string {
    return [...this.names().map((name) => this.#folders.stamp(name)), this.#spoor.owners.stamp()].join("#");
  }

  /** The name, if there is such a rule. Throws RefusedError(404). */
  known(name: string): string {
    if (!this.#folders.has(name)) throw notFound(`Rule ${name}`);
    return name;
  }

  /** Makes a draft with templates to fill in. */
  async create(body: NewRule, actor: string): Promise<RuleDetail> {
    if (!RULE_NAME.test(body.name)) {
      throw new RefusedError(
        400,
        `"${body.name}" is no rule name: start with a lower case letter, then lower case letters, digits and dashes.`,
      );
    }
    if (this.#folders.has(body.name)) throw new RefusedError(409, `There is a rule ${body.name} already.`);
    const lookbackMs = body.lookback === undefined ? body.lookbackMs : parseDuration(body.lookback);
    if (lookbackMs === null)
      throw new RefusedError(400, `"${body.lookback}" is no duration: write 0s, 15m or 1h.`);
    const [columns, datasets] = [
      await this.#spoor.engine.describe(body.sql),
      await this.#spoor.engine.datasetsOf(body.sql),
    ];
    const sources = this.#weigher.sourcesOf(datasets);
    const files = draftRule({
      name: body.name,
      sql: body.sql,
      ...(body.title === undefined ? {} : { title: body.title }),
      ...(body.timeColumn === undefined ? {} : { timeColumn: body.timeColumn }),
      ...(body.entities === undefined ? {} : { entities: body.entities }),
      ...(lookbackMs === undefined ? {} : { lookbackMs }),
      ...(body.from === undefined ? {} : { from: body.from }),
      author: actor,
      owner: sources.map((source) => source?.owner ?? "").find((owner) => owner !== "") ?? "",
      columns,
      entityKinds: new Map(
        sources.flatMap((source) =>
          (source?.entities ?? []).map((entity): [string, EntityKind] => [entity.field, entity.kind]),
        ),
      ),
    });
    this.#folders.write(body.name, files);
    this.#spoor.record(
      actor,
      "drafted",
      `rule:${body.name}`,
      body.from ? `from notebook ${body.from.notebook}, cell ${body.from.cell}` : "",
    );
    return this.detail(body.name);
  }

  /** Takes the files of a rule. What they may do is decided by the gate whenever they are read. */
  async write(name: string, files: RuleFiles, actor: string): Promise<RuleDetail> {
    if (!RULE_NAME.test(name)) throw new RefusedError(400, `"${name}" is no rule name.`);
    try {
      this.#folders.write(name, files);
    } catch (error) {
      if (error instanceof RangeError) throw new RefusedError(400, error.message);
      throw error;
    }
    this.#spoor.record(actor, "saved", `rule:${name}`, "");
    const refused = await this.#refusal(name);
    if (refused.length > 0) {
      this.#writeStage(name, (await this.effective(name)).stage);
      await this.#spoor.streams.rulesChanged();
      throw new RefusedError(
        409,
        `The gate refuses the stage that rule.yaml of ${name} asks for; its files are saved at the stage they reach.`,
        refused,
      );
    }
    await this.#spoor.streams.rulesChanged();
    return this.detail(name);
  }

  async gate(name: string, target: "staged" | "paging"): Promise<GateReport> {
    const weighed = await this.#weigher.weigh(this.known(name));
    return this.#weigher.report(weighed, target, true);
  }

  /** The stage that the gate lets a rule have, with the reasons where its file asks for more. */
  async effective(
    name: string,
  ): Promise<{ readonly stage: Stage; readonly issues: readonly Issue[]; readonly loaded: LoadedRule }> {
    const weighed = await this.#weigher.weigh(this.known(name));
    const { rule } = weighed.loaded;
    if (rule === null) return { stage: "draft", issues: weighed.loaded.issues, loaded: weighed.loaded };
    const report = await this.#weigher.report(weighed, rule.stage === "paging" ? "paging" : "staged", false);
    return { ...effectiveStage(rule, report), loaded: weighed.loaded };
  }

  /** Every rule that watches now. */
  async active(): Promise<ActiveRule[]> {
    const found: ActiveRule[] = [];
    for (const name of this.names()) {
      const { stage, loaded } = await this.effective(name);
      if (loaded.rule !== null && (stage === "staged" || stage === "paging")) {
        found.push({ rule: { ...loaded.rule, stage }, loaded, stage });
      }
    }
    return found;
  }

  async test(name: string): Promise<RuleTestReport> {
    const weighed = await this.#weigher.weigh(this.known(name));
    if (weighed.loaded.rule === null) throw this.#unreadable(weighed.loaded);
    return weighed.tests ?? { passed: false, tests: [] };
  }

  async backtest(name: string, context: JobContext): Promise<BacktestReport> {
    const rule = await this.#readable(name);
    const owner = this.#spoor.owners.read().owners.owners.find((entry) => entry.name === rule.owner);
    const minutes = tallyOutcomes(this.#spoor.store.outcomes({ rule: name })).minutes;
    const datasets = await this.#datasets(rule.sql);
    const [firstUs, lastUs] = timeSpan(datasets);
    context.report(null, "running the rule over the whole history");
    const report = await backtestRule({
      rule,
      engine: this.#spoor.engine,
      spanUs: firstUs === null || lastUs === null ? null : { firstUs, lastUs },
      minutesPerAlert:
        minutes.length > 0 ? minutes.reduce((sum, value) => sum + value, 0) / minutes.length : TRIAGE_MINUTES,
      hourlyRateUsd: owner?.hourlyRateUsd ?? DEFAULT_HOURLY_USD,
      clock: this.#spoor.clock,
      signal: context.signal,
    });
    this.#spoor.store.putBacktest(name, rule.version, this.#spoor.clock(), report);
    return report;
  }

  /** Whether the rule's file says that it pages. */
  pages(name: string): boolean {
    return loadRule(name, this.#folders.read(name), undefined).rule?.stage === "paging";
  }

  /** The stored backtest of the rule as it is now; null when there is none. */
  backtestOf(name: string): BacktestReport | null {
    const { rule } = loadRule(name, this.#folders.read(name), undefined);
    return rule === null ? null : this.#spoor.store.backtest(name, rule.version);
  }

  /** When this very version of the rule was last backtested or proved; undefined when never. */
  testedMs(name: string): number | undefined {
    const { rule } = loadRule(name, this.#folders.read(name), undefined);
    if (rule === null) return undefined;
    const times = [
      this.#spoor.store.proof(name, rule.version)?.provedMs,
      this.#spoor.store.report(`backtest:${name}:${rule.version}`)?.atMs,
    ].filter((ms) => ms !== undefined);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  async prove(name: string, context: JobContext): Promise<ProofReport> {
    const rule = await this.#readable(name);
    const proof = await proveStream({
      rule,
      engine: this.#spoor.engine,
      datasets: await this.#datasets(rule.sql),
      engineVersion: this.#spoor.engineVersion,
      seed: 1,
      clock: this.#spoor.clock,
      signal: context.signal,
      onProgress: context.report,
    });
    this.#spoor.store.putProof(proof);
    await this.#spoor.streams.rulesChanged();
    return proofReport(proof);
  }

  /**
   * Moves a rule to another stage. Throws RefusedError(409) with every reason when the gate refuses, and writes nothing.
   */
  async promote(name: string, stage: Stage, reason: string, actor: string): Promise<RuleDetail> {
    const before = await this.effective(name);
    const order: readonly Stage[] = ["draft", "staged", "paging"];
    const isStepDown = stage === "retired" || order.indexOf(stage) < order.indexOf(before.stage);
    if (isStepDown && reason.trim() === "") {
      throw new RefusedError(409, "A rule that is demoted or retired says why.", [
        {
          severity: "error",
          code: "promote.reason",
          place: `rules/${name}`,
          message: "No reason was given.",
          remedy: "Give the reason in a sentence.",
        },
      ]);
    }
    if (stage === "staged" || stage === "paging") {
      const report = await this.gate(name, stage);
      if (!report.passed) {
        const issues = gateIssues(report);
        throw new RefusedError(
          409,
          `The gate refuses ${name} for ${stage}: ${issues.length} ${issues.length === 1 ? "check does" : "checks do"} not pass.`,
          issues,
        );
      }
    }
    if (stage === "paging" && before.loaded.rule !== null) {
      await this.#spoor.streams.takeHistory(before.loaded.rule);
    }
    this.#writeStage(name, stage);
    this.#spoor.record(
      actor,
      stage === "retired" ? "retired" : isStepDown ? "demoted" : "promoted",
      `rule:${name}`,
      `${before.stage} to ${stage}${reason ? `: ${reason}` : ""}`,
    );
    if ((stage === "staged" || stage === "paging") && before.loaded.rule)
      await this.#forecastAlerts(before.loaded.rule, actor);
    await this.#spoor.streams.rulesChanged();
    return this.detail(name);
  }

  async runNow(
    name: string,
    context: JobContext,
  ): Promise<{ readonly detections: number; readonly inserted: number }> {
    const rule = await this.#readable(name);
    return this.#spoor.streams.backfill({ ...rule, stage: "staged" }, context);
  }

  /** Names of rules that read any of the datasets and watch. */
  async readersOf(datasets: readonly string[]): Promise<string[]> {
    const wanted = new Set(datasets);
    const found: string[] = [];
    for (const name of this.names()) {
      const weighed = await this.#weigher.weigh(name);
      if (weighed.datasets.some((dataset) => wanted.has(dataset))) found.push(name);
    }
    return found;
  }

  async summaries(): Promise<RuleSummary[]> {
    const summaries = await Promise.all(this.names().map((name) => this.summary(name)));
    const worth = (rule: RuleSummary) =>
      rule.issues.length > 0 ? 0 : rule.stage === "paging" ? 1 : rule.stage === "staged" ? 2 : 3;
    return summaries.sort((left, right) => worth(left) - worth(right) || (left.name < right.name ? -1 : 1));
  }

  async summary(name: string): Promise<RuleSummary> {
    const { stage, issues, loaded } = await this.effective(name);
    const { rule } = loaded;
    const tally = tallyOutcomes(this.#spoor.store.outcomes({ rule: name }));
    const precision = betaPosterior({ ...tally, prior: precisionPrior(rule) });
    const alerts = this.#spoor.store.alerts({ rule: name });
    const oldestMs = alerts.at(-1)?.openedMs;
    const weeks =
      oldestMs === undefined ? 0 : Math.max(1, (this.#spoor.clock() - oldestMs) / (7 * 86_400_000));
    const proof = rule ? this.#spoor.store.proof(name, rule.version) : undefined;
    return {
      name,
      title: rule?.title ?? name,
      stage,
      mode: rule?.run.mode ?? "batch",
      severity: rule?.severity ?? "medium",
      owner: rule?.owner ?? "",
      techniques: rule?.techniques ?? [],
      detections: this.#spoor.store.detectionCount(name),
      alerts: alerts.length,
      alertsPerWeek: weeks === 0 ? 0 : alerts.length / weeks,
      expectedAlertsPerWeek: rule?.expectedAlertsPerWeek ?? null,
      precision: {
        mean: precision.mean,
        q05: precision.q05,
        q95: precision.q95,
        evidence: precision.evidence,
      },
      proof: proof
        ? { holds: proof.holds, proved: new Date(proof.provedMs).toISOString(), reason: proof.reason }
        : null,
      issues,
    };
  }

  async detail(name: string): Promise<RuleDetail> {
    const weighed = await this.#weigher.weigh(this.known(name));
    const { loaded } = weighed;
    const { rule } = loaded;
    const proof = rule ? this.#spoor.store.proof(name, rule.version) : undefined;
    return {
      ...(await this.summary(name)),
      files: loaded.files,
      gate: await this.#weigher.report(weighed, "paging", true),
      version: rule?.version ?? "",
      tests: weighed.tests,
      backtest: rule ? this.backtestOf(name) : null,
      proofReport: proof ? proofReport(proof) : null,
      detectionsRecent: this.#spoor.store.detections({ rule: name, limit: 200 }).map(detectionRow),
      runs: this.#spoor.store.runs({ rule: name, limit: 50 }).map((run) => ({
        mode: run.mode,
        after: formatInstant(run.sliceAfterUs),
        until: formatInstant(run.sliceUntilUs),
        started: new Date(run.startedMs).toISOString(),
        elapsedMs: run.finishedMs - run.startedMs,
        detections: run.detectionCount,
        state: run.state,
        error: run.error,
      })),
      alertsRecent: await this.#spoor.alerts.list("all", name),
    };
  }

  /** Names of the sources that the rule reads, each once. */
  async sourcesOf(name: string): Promise<string[]> {
    const { datasets } = await this.#weigher.weigh(name);
    return [
      ...new Set(datasets.flatMap((dataset) => this.#spoor.registry.get(dataset)?.source ?? [])),
    ].sort();
  }

  /** The rule and its plan as they are now, for the alert that it raised. */
  async loaded(name: string): Promise<LoadedRule | null> {
    return this.#folders.has(name) ? (await this.#weigher.weigh(name)).loaded : null;
  }

  async #refusal(name: string): Promise<readonly Issue[]> {
    const { issues, loaded } = await this.effective(name);
    return loaded.rule !== null && (loaded.rule.stage === "paging" || loaded.rule.stage === "staged")
      ? issues
      : [];
  }

  async #readable(name: string): Promise<Rule> {
    const { loaded } = await this.#weigher.weigh(this.known(name));
    if (loaded.rule === null) throw this.#unreadable(loaded);
    return loaded.rule;
  }

  #unreadable(loaded: LoadedRule): RefusedError {
    return new RefusedError(409, `The files of rule ${loaded.name} cannot be read.`, loaded.issues);
  }

  async #datasets(sql: string): Promise<Dataset[]> {
    const names = await this.#spoor.engine.datasetsOf(sql);
    return names.flatMap((name) => this.#spoor.registry.get(name) ?? []);
  }

  #writeStage(name: string, stage: Stage): void {
    const document = parseDocument(this.#folders.read(name).ruleYaml);
    document.set("stage", stage);
    this.#folders.writeRuleYaml(name, document.toString({ lineWidth: 0 }));
  }

  /** Puts the author's forecasts on record before there is anything to score them by. */
  async #forecastAlerts(rule: Rule, actor: string): Promise<void> {
    if (rule.expectedAlertsPerWeek === null) return;
    const nowMs = this.#spoor.clock();
    this.#spoor.store.putForecast({
      id: `alerts:${rule.name}:${rule.version}:${new Date(nowMs).toISOString().slice(0, 10)}`,
      statement: `${rule.title}: alerts in the coming week`,
      kind: "count",
      subject: `rule:${rule.name}`,
      value: rule.expectedAlertsPerWeek,
      author: actor,
      createdMs: nowMs,
      resolveByMs: nowMs + 7 * 86_400_000,
    });
  }
}

/** Before any outcome the author's word counts as much as ten alerts; without one, one alert in ten is expected to be true. */
export function precisionPrior(rule: Pick<Rule, "expectedPrecision"> | null): {
  readonly a: number;
  readonly b: number;
} {
  const expected = rule?.expectedPrecision ?? 0.1;
  const mean = Math.min(0.98, Math.max(0.02, expected));
  return { a: 10 * mean, b: 10 * (1 - mean) };
}

function proofReport(proof: ReplayProof): ProofReport {
  return {
    holds: proof.holds,
    reason: proof.reason,
    proved: new Date(proof.provedMs).toISOString(),
    events: proof.eventCount,
    slices: proof.sliceCount,
    batchDetections: proof.batchDetectionCount,
    streamDetections: proof.streamDetectionCount,
    onlyBatch: proof.onlyBatch,
    onlyStream: proof.onlyStream,
    dataHash: proof.dataHash,
    engineVersion: proof.engineVersion,
  };
}
