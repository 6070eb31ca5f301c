import type { EntityKind } from "../../connectors/source/source.ts";
import { parseDuration } from "../../connectors/yaml/duration.ts";
import { draftRule } from "../../promote/gate/draft.ts";
import { type EffectiveStage, effectiveStage } from "../../promote/gate/effective-stage.ts";
import type { Stage } from "../../promote/records/records.ts";
import type { Rule, RuleEntity } from "../../promote/rule/rule.ts";
import { parseShape } from "../../promote/rule/shape/parse.ts";
import { shapeSentence } from "../../promote/rule/shape/sentence.ts";
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
import type { Spoor } from "../spoor.ts";
import { backtestNow } from "./backtest-now.ts";
import { EvidenceUpkeep } from "./evidence-upkeep.ts";
import { type LoadedRule, loadRule } from "./loaded-rule.ts";
import { neverStreams } from "./recorded-dataset.ts";
import { RuleEvidenceDesk } from "./rule-evidence.ts";
import { RULE_NAME, RuleFolders } from "./rule-files.ts";
import { RuleHistory } from "./rule-history.ts";
import { RulePromotion } from "./rule-promotion.ts";
import { proofReport, RuleProofs } from "./rule-proofs.ts";
import type { ProposedTest } from "./rule-types.ts";
import { RuleVersions } from "./rule-versions.ts";
import { RuleViews } from "./rule-views.ts";
import { RuleWeigher, type Weighed } from "./rule-weigher.ts";
import { TestsFromData } from "./tests-from-data.ts";

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
  /** Datasets that the SQL looks into, whose rows need no time. */
  readonly lookups?: readonly string[] | undefined;
  /** The parts that the SQL was written from. */
  readonly shapeYaml?: string | undefined;
}

/** Rules: their files, the gate, and what is known of how they do. */
export class RuleDesk {
  readonly #spoor: Spoor;
  readonly #folders: RuleFolders;
  readonly #weigher: RuleWeigher;
  readonly versions: RuleVersions;
  readonly proofs: RuleProofs;
  readonly evidence: RuleEvidenceDesk;
  readonly promotion: RulePromotion;
  readonly testsFromData: TestsFromData;
  readonly upkeep: EvidenceUpkeep;
  readonly #views: RuleViews;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    const folders = new RuleFolders(spoor.layout.rules);
    const versions = new RuleVersions(spoor.store, spoor.clock);
    const weigher = new RuleWeigher(spoor, folders, versions);
    this.#folders = folders;
    this.#weigher = weigher;
    this.versions = versions;
    this.testsFromData = new TestsFromData(spoor, weigher);
    this.promotion = new RulePromotion({
      spoor,
      folders,
      versions,
      gate: (name, target) => this.gate(name, target),
      effective: async (name) => {
        const { stage, loaded } = await this.effective(name);
        return { stage, rule: loaded.rule };
      },
    });
    this.proofs = new RuleProofs(
      spoor,
      weigher,
      () => folders.names(),
      (name, reason) => this.promotion.demoteItself(name, reason),
    );
    this.evidence = new RuleEvidenceDesk({
      spoor,
      folders,
      weigher,
      versions,
      proofs: this.proofs,
      history: new RuleHistory(spoor),
      backtest: (name, context) => this.backtest(name, context),
    });
    this.upkeep = new EvidenceUpkeep(spoor, this);
    this.#views = new RuleViews(spoor, this, weigher);
  }

  /** Repeats void proofs and looks again at what paging rules assume, in the background from now on. */
  start(): void {
    this.proofs.start();
    this.upkeep.start();
  }

  async stop(): Promise<void> {
    await this.upkeep.stop();
    await this.proofs.stop();
  }

  /** The rule as it is now, parsed, checked and tested. Throws RefusedError(404). */
  weighed(name: string): Promise<Weighed> {
    return this.#weigher.weigh(this.known(name));
  }

  /** How a query that is no rule yet should run. Throws QueryError. */
  proposal(sql: string, timeColumn: string): Promise<Streamability> {
    return this.#weigher.proposal(sql, timeColumn, []);
  }

  /** The rule's files as they are now. Throws RefusedError(404). */
  files(name: string): RuleFiles {
    return this.#folders.read(this.known(name));
  }

  /** Saves a test among the rule's files. Throws RefusedError for a name out of form or taken. */
  async addTest(
    name: string,
    test: Pick<ProposedTest, "name" | "events">,
    actor: string,
  ): Promise<RuleDetail> {
    const files = this.files(name);
    if (files.tests[test.name] !== undefined)
      throw new RefusedError(409, `There is a test ${test.name} already.`);
    return this.write(name, { ...files, tests: { ...files.tests, [test.name]: test.events } }, actor);
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
    const proposal = await this.#weigher.proposal(body.sql, body.timeColumn ?? "_time", body.lookups ?? []);
    const files = draftRule({
      name: body.name,
      sql: body.sql,
      ...(body.title === undefined ? {} : { title: body.title }),
      ...(body.timeColumn === undefined ? {} : { timeColumn: body.timeColumn }),
      ...(body.entities === undefined ? {} : { entities: body.entities }),
      ...((lookbackMs ?? proposal.lookbackMs) == null
        ? {}
        : { lookbackMs: lookbackMs ?? proposal.lookbackMs ?? 0 }),
      ...(body.shapeYaml === undefined || neverStreams(proposal) !== null
        ? { batchReason: proposal.reason }
        : {}),
      ...(body.from === undefined ? {} : { from: body.from }),
      ...(body.lookups === undefined ? {} : { lookups: body.lookups }),
      ...shapeOf(body.shapeYaml),
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
    this.versions.keep(body.name, files, actor);
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
    const before = this.#folders.has(name) ? (await this.effective(name)).stage : "draft";
    try {
      this.#folders.write(name, files);
    } catch (error) {
      if (error instanceof RangeError) throw new RefusedError(400, error.message);
      throw error;
    }
    this.versions.keep(name, this.#folders.read(name), actor);
    this.#spoor.record(actor, "saved", `rule:${name}`, "");
    await this.evidence.refresh(name, new AbortController().signal);
    const refused = await this.#refusal(name);
    if (refused.length > 0) {
      this.promotion.fallBack(name, before, (await this.effective(name)).stage, refused, actor);
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
    return this.report(weighed, target, true);
  }

  /** The gate's list for a rule as it was weighed; health is left out where it must not move the stage. */
  async report(weighed: Weighed, target: "staged" | "paging", withHealth: boolean): Promise<GateReport> {
    const evidence =
      target === "paging" ? await this.evidence.forGate(weighed) : { backtest: null, proof: null };
    return this.#weigher.report(weighed, target, withHealth, evidence);
  }

  /**
   * The stage that the gate lets a rule have, with the reasons where its file asks for more, and what has changed since
   * the version passed the gate.
   */
  async effective(name: string): Promise<EffectiveStage & { readonly loaded: LoadedRule }> {
    const weighed = await this.#weigher.weigh(this.known(name));
    const { loaded } = weighed;
    const { rule } = loaded;
    if (rule === null) return { stage: "draft", issues: loaded.issues, told: [], loaded };
    const report = await this.report(weighed, rule.stage === "paging" ? "paging" : "staged", false);
    if (rule.stage === "paging" && report.passed) this.promotion.grant(rule);
    return { ...effectiveStage(rule, report, this.promotion.granted(name)), loaded };
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

  /** Tries the rule on the whole history and keeps what that gave. Throws RefusedError for files that cannot be read. */
  async backtest(name: string, context: JobContext): Promise<BacktestReport> {
    return backtestNow(this.#spoor, await this.#readable(name), context);
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
    await this.#readable(name);
    return proofReport(await this.proofs.prove(await this.weighed(name), context));
  }

  /** Moves a rule to another stage. Throws as `RulePromotion.move`. */
  async promote(name: string, stage: Stage, reason: string, actor: string): Promise<RuleDetail> {
    await this.promotion.move(this.known(name), stage, reason, actor);
    return this.detail(name);
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

  summaries(): Promise<RuleSummary[]> {
    return this.#views.summaries();
  }

  summary(name: string): Promise<RuleSummary> {
    return this.#views.summary(name);
  }

  detail(name: string): Promise<RuleDetail> {
    return this.#views.detail(name);
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

  async #refusal(name: string): Promise<EffectiveStage["issues"]> {
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
}

/** What a draft takes from the parts that its SQL was written from. Throws RefusedError when they cannot be read. */
function shapeOf(shapeYaml: string | undefined): { shapeYaml?: string; shapeSentence?: string } {
  if (shapeYaml === undefined) return {};
  const read = parseShape(shapeYaml, "shape.yaml");
  if (!read.ok) throw new RefusedError(400, "The shape cannot be read.", read.issues);
  return { shapeYaml, shapeSentence: shapeSentence(read.value) };
}
