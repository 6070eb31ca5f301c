import type { EntityKind } from "../../connectors/source/source.ts";
import { parseDuration } from "../../connectors/yaml/duration.ts";
import { parseNotebook } from "../../notebooks/document/notebook-html.ts";
import { huntOf } from "../../notebooks/hunt/hunt-record.ts";
import { type DraftRequest, draftRule } from "../../promote/gate/draft.ts";
import { awaitedCodes, type EffectiveStage, effectiveStage } from "../../promote/gate/effective-stage.ts";
import type { Stage } from "../../promote/records/records.ts";
import type { Rule, RuleEntity } from "../../promote/rule/rule.ts";
import { parseShape } from "../../promote/rule/shape/parse.ts";
import { shapeSentence } from "../../promote/rule/shape/sentence.ts";
import type { Streamability } from "../../promote/run/streamable.ts";
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
import { EvidenceRenewal } from "./evidence-renewal.ts";
import { EvidenceUpkeep } from "./evidence-upkeep.ts";
import { type LoadedRule, loadRule } from "./loaded-rule.ts";
import { neverStreams } from "./recorded-dataset.ts";
import { RuleEvidenceDesk } from "./rule-evidence.ts";
import { RULE_NAME, RuleFolders } from "./rule-files.ts";
import { RuleHistory } from "./rule-history.ts";
import { RulePatience } from "./rule-patience.ts";
import { isStepDown, RulePromotion, reasonMissing, withStage } from "./rule-promotion.ts";
import { proofReport, RuleProofs } from "./rule-proofs.ts";
import type { ProposedTest } from "./rule-types.ts";
import { RuleVersions } from "./rule-versions.ts";
import { RuleViews } from "./rule-views.ts";
import { RuleWatchlist } from "./rule-watchlist.ts";
import { RuleWeigher, type Weighed } from "./rule-weigher.ts";
import { TestsFromData } from "./tests-from-data.ts";

/** A rule that watches: staged or paging, by what the gate lets it be. */
export interface ActiveRule {
  readonly rule: Rule;
  readonly loaded: LoadedRule;
  readonly stage: Stage;
}

/** A rule whose file asks for a stage that it does not have now. */
export interface RefusedStage {
  readonly rule: string;
  readonly author: string;
  readonly refused: { readonly asked: string; readonly runs: Stage };
  readonly error: string;
}

/** The stage at which a rule.yaml that cannot be read asks to watch. */
const ASKED_STAGE = /^stage:[ \t]*["']?(staged|paging)\b/m;

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
  readonly #watchlist: RuleWatchlist;
  readonly versions: RuleVersions;
  readonly proofs: RuleProofs;
  readonly evidence: RuleEvidenceDesk;
  readonly promotion: RulePromotion;
  readonly testsFromData: TestsFromData;
  readonly upkeep: EvidenceUpkeep;
  readonly #views: RuleViews;
  readonly #patience: RulePatience;
  readonly #renewal: EvidenceRenewal;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    const folders = new RuleFolders(spoor.layout.rules);
    const versions = new RuleVersions(spoor.store, spoor.clock);
    const weigher = new RuleWeigher(spoor, folders, versions);
    this.#folders = folders;
    this.#weigher = weigher;
    this.#watchlist = new RuleWatchlist(folders);
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
      () => this.#watchlist.asking(),
      (name, reason) => this.promotion.demoteItself(name, reason),
      (rule) => rule.stage === "paging" && this.promotion.granted(rule.name) === rule.version,
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
    this.#patience = new RulePatience(spoor.store, spoor.clock);
    this.#renewal = new EvidenceRenewal(spoor, this);
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

  /** Changes whenever a file of a rule that asks to watch does, soon after a draft comes to ask, and with the owners' file. */
  stamp(): string {
    return `${this.#watchlist.look()}#${this.#spoor.owners.stamp()}`;
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
      datasets,
      ...this.#saidByHunt(body.from),
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

  /** What the hunt that a rule comes from knows already, so that nobody writes it twice. */
  #saidByHunt(from: NewRule["from"]): Pick<DraftRequest, "techniques" | "goal"> {
    const file = from ? this.#spoor.notebooks.read(from.notebook) : undefined;
    const hunt = file ? huntOf(parseNotebook(file.html)) : null;
    if (!hunt?.ok) return {};
    const { techniques, actor, behaviour, location } = hunt.value;
    return { techniques, goal: { actor, behaviour, asset: location } };
  }

  /**
   * Takes the files of a rule. A stage that is not the rule's own is a move through the gate: the files are saved at the
   * stage that the rule has until it is made. Throws RefusedError(409) when the gate refuses, or when a step down gives
   * no reason; the files are saved then as well.
   */
  async write(name: string, files: RuleFiles, actor: string, reason = ""): Promise<RuleDetail> {
    if (!RULE_NAME.test(name)) throw new RefusedError(400, `"${name}" is no rule name.`);
    const exists = this.#folders.has(name);
    const before = exists ? (await this.effective(name)).stage : "draft";
    const asked = loadRule(name, files, undefined).rule?.stage ?? before;
    const isDown = exists && asked !== before && isStepDown(before, asked);
    const saysWhy = reason.trim() !== "";
    if (isDown && saysWhy) await this.promotion.move(name, asked, reason, actor);
    const kept = isDown && saysWhy ? asked : before;
    const isMove = asked !== kept && (exists || asked !== "retired");
    this.#save(name, isMove ? { ...files, ruleYaml: withStage(files.ruleYaml, kept) } : files, actor);
    const refused = await this.#refusal(name);
    if (refused.length > 0) {
      this.promotion.fallBack(name, kept, (await this.effective(name)).stage, refused, actor);
      await this.#spoor.streams.rulesChanged();
      throw savedButRefused(name, refused);
    }
    await this.#renewal.begin(name);
    await this.#spoor.streams.rulesChanged();
    if (isMove && isDown)
      throw reasonMissing(
        name,
        `The files are saved at ${kept}. To leave it, demote or retire the rule on its page, or send "reason" beside the files.`,
      );
    if (isMove)
      await this.promotion.move(name, asked, reason, actor).catch((error: unknown) => {
        throw error instanceof RefusedError ? savedButRefused(name, error.issues) : error;
      });
    return this.detail(name);
  }

  #save(name: string, files: RuleFiles, actor: string): void {
    try {
      this.#folders.write(name, files);
    } catch (error) {
      if (error instanceof RangeError) throw new RefusedError(400, error.message);
      throw error;
    }
    const isNew = this.versions.keep(name, this.#folders.read(name), actor);
    if (isNew) this.#spoor.record(actor, "saved", `rule:${name}`, "");
  }

  async gate(name: string, target: "staged" | "paging"): Promise<GateReport> {
    const weighed = await this.#weigher.weigh(this.known(name));
    return this.report(weighed, target, true);
  }

  /**
   * The gate's list for a rule as it was weighed; health is left out where it must not move the stage. A version that has
   * not passed the gate for paging does not pass by stale evidence.
   */
  async report(weighed: Weighed, target: "staged" | "paging", withHealth: boolean): Promise<GateReport> {
    const evidence =
      target === "paging"
        ? {
            ...(await this.evidence.forGate(weighed)),
            stale: this.#isGranted(weighed.loaded.rule) ? {} : this.evidence.stale(weighed),
          }
        : { backtest: null, proof: null };
    return this.#weigher.report(weighed, target, withHealth, evidence);
  }

  #isGranted(rule: Rule | null): boolean {
    return rule !== null && this.promotion.granted(rule.name) === rule.version;
  }

  /**
   * The stage that the gate lets a rule have, with the reasons where its file asks for more, and what has changed since
   * the version passed the gate. `overdue` are checks that it has waited for too long.
   */
  async effective(
    name: string,
  ): Promise<EffectiveStage & { readonly loaded: LoadedRule; readonly overdue: readonly string[] }> {
    const weighed = await this.#weigher.weigh(this.known(name));
    const { loaded } = weighed;
    const { rule } = loaded;
    if (rule === null) return { stage: "draft", issues: loaded.issues, told: [], loaded, overdue: [] };
    const asksPaging = rule.stage === "paging";
    if (!asksPaging && this.promotion.granted(name) !== null && !this.pages(name))
      this.promotion.revoke(name);
    // Health refuses a first grant and takes none back.
    const isFirst = asksPaging && !this.#isGranted(rule);
    const report = await this.report(weighed, asksPaging ? "paging" : "staged", isFirst);
    if (isFirst && report.passed) this.promotion.grant(rule);
    const awaited = asksPaging && !isFirst ? awaitedCodes(report) : [];
    const overdue = asksPaging && !isFirst ? this.#patience.overdue(name, rule.version, awaited) : [];
    const reached = effectiveStage(rule, report, this.promotion.granted(name), overdue);
    return { ...reached, loaded, overdue };
  }

  /**
   * Demotes a rule that had passed the gate when what it waited for came and refuses it, or did not come in time; says
   * why. Does nothing to any other.
   */
  async settle(name: string): Promise<void> {
    const { stage, issues, loaded, overdue } = await this.effective(name);
    const { rule } = loaded;
    if (rule?.stage !== "paging" || stage === "paging" || !this.#isGranted(rule)) return;
    const refused = issues.filter(({ code }) => code === "gate.proof" || code === "gate.mutation");
    if (refused.length === 0) return;
    const why = refused.map(({ message }) => message).join(" ");
    const prefix = overdue.length > 0 ? "What it waited for did not come within a day. " : "";
    await this.promotion.demoteItself(name, `${prefix}${why}`);
  }

  /** Every rule that watches now. */
  async active(): Promise<ActiveRule[]> {
    return (await this.watching()).active;
  }

  /** Every rule that watches now, and those that run at a lesser stage than their files ask for, with the reason. */
  async watching(): Promise<{ readonly active: ActiveRule[]; readonly refused: RefusedStage[] }> {
    const found: ActiveRule[] = [];
    const refused: RefusedStage[] = [];
    for (const name of this.#watchlist.asking()) {
      const { stage, loaded, issues } = await this.effective(name);
      const asked = loaded.rule?.stage ?? ASKED_STAGE.exec(loaded.files.ruleYaml)?.[1];
      if (asked !== stage && (asked === "staged" || asked === "paging")) {
        const why = issues.filter(({ code, severity }) => code !== "gate.refused" && severity === "error");
        refused.push({
          rule: name,
          author: loaded.rule?.author ?? "",
          refused: { asked, runs: stage },
          error: why
            .slice(0, 3)
            .map(({ message }) => message)
            .join(" "),
        });
      }
      if (loaded.rule !== null && (stage === "staged" || stage === "paging")) {
        found.push({ rule: { ...loaded.rule, stage }, loaded, stage });
      }
    }
    return { active: found, refused };
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
    if (!this.#watchlist.asks(name)) return false;
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

function savedButRefused(name: string, issues: EffectiveStage["issues"]): RefusedError {
  return new RefusedError(
    409,
    `The gate refuses the stage that rule.yaml of ${name} asks for; its files are saved at the stage they reach.`,
    issues,
  );
}

/** What a draft takes from the parts that its SQL was written from. Throws RefusedError when they cannot be read. */
function shapeOf(shapeYaml: string | undefined): { shapeYaml?: string; shapeSentence?: string } {
  if (shapeYaml === undefined) return {};
  const read = parseShape(shapeYaml, "shape.yaml");
  if (!read.ok) throw new RefusedError(400, "The shape cannot be read.", read.issues);
  return { shapeYaml, shapeSentence: shapeSentence(read.value) };
}
