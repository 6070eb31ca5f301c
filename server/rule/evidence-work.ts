import { blindSpotsOf } from "../../promote/ads/blind-spots.ts";
import { falsePositiveId, falsePositivesOf } from "../../promote/ads/false-positives.ts";
import type {
  BlindSpotResult,
  BudgetReport,
  FalsePositiveCount,
  HealthPreconditions,
  MutationReport,
  OverlapReport,
  VersionDifference,
} from "../../promote/gate/evidence.ts";
import { fieldsRead } from "../../promote/rule/fields-read.ts";
import { measureMutation } from "../../promote/rule/mutation/measure.ts";
import { TestSuggester } from "../../promote/rule/mutation/suggest.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { checkBlindSpots } from "../../promote/run/blind-spot-checks.ts";
import { countPredicates } from "../../promote/run/false-positive-counts.ts";
import { filledShares } from "../../promote/run/field-fill.ts";
import { type NamedDetection, namedDetection, overlapOf } from "../../promote/run/overlap.ts";
import { scheduleFinds } from "../../promote/run/schedule-finds.ts";
import { differenceInDetections } from "../../promote/run/version-difference.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { RefusedError } from "../refused.ts";
import { timeSpan } from "../source/event-rate.ts";
import { loadRule } from "./loaded-rule.ts";
import type { EvidenceParts } from "./rule-evidence.ts";
import type { Weighed } from "./rule-weigher.ts";

const WEEK_MS = 7 * 86_400_000;
/** Two detections of one entity this near are about one thing. */
const OVERLAP_WINDOW_MS = 3_600_000;
/** Rules that overlap is looked for with, at most. */
const MOST_COMPARED = 300;
/** How long a count of a rule's alerts is held: the budget is asked for with every gate. */
const RATE_KEPT_MS = 30_000;

type Kind = "mutation" | "schedule" | "overlap" | "falsePositives" | "blindSpots" | "health" | "difference";

/** Computes evidence; knows nothing of how it is kept. */
export class EvidenceWork {
  readonly #parts: EvidenceParts;
  #known: { readonly key: string; readonly rules: readonly Rule[] } | null = null;
  readonly #rates = new Map<string, { readonly atMs: number; readonly alertsPerWeek: number }>();

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
  }

  // The kinds have values of their own; the desk stores what belongs to the kind that it asked for.
  // biome-ignore lint/suspicious/noExplicitAny: one switch gives each kind its value
  async compute(kind: Kind, weighed: Weighed, rule: Rule, context: JobContext): Promise<any> {
    switch (kind) {
      case "mutation":
        return this.#mutation(weighed, rule, context);
      case "schedule": {
        const { engine, clock } = this.#parts.spoor;
        const { signal, report } = context;
        return scheduleFinds({ rule, engine, clock, signal, onProgress: report });
      }
      case "overlap":
        return this.#overlap(rule, context);
      case "falsePositives":
        return this.#falsePositives(weighed, rule, context);
      case "blindSpots":
        return this.#blindSpots(weighed, context);
      case "health":
        return this.#health(weighed, context);
      case "difference":
        return this.#lastDifference(rule, context);
    }
  }

  async #mutation(weighed: Weighed, rule: Rule, context: JobContext): Promise<MutationReport> {
    const { spoor, weigher } = this.#parts;
    const { tests } = weighed.loaded.files;
    const datasets = weigher.testedDatasets(weighed.datasets, rule);
    const { engine, clock } = spoor;
    const { signal } = context;
    const suggester = await TestSuggester.open({ rule, tests, datasets, engine, clock, signal });
    try {
      return await measureMutation({
        rule,
        tests,
        datasets,
        makeEngine: weigher.makeTestEngine,
        history: engine,
        clock,
        signal,
        onProgress: context.report,
        suggest: (survivor) => suggester.suggest(survivor),
      });
    } finally {
      suggester.close();
    }
  }

  async #overlap(rule: Rule, context: JobContext): Promise<OverlapReport> {
    const { history, weigher } = this.#parts;
    const named = async (of: Rule): Promise<NamedDetection[]> =>
      (await history.found(of, context.signal)).map((one) => namedDetection(one, of.entities));
    const mine = await named(rule);
    const kinds = new Set(rule.entities.map(({ kind }) => kind));
    const others = new Map<string, readonly NamedDetection[]>();
    const names = this.#watching(rule.name).slice(0, MOST_COMPARED);
    for (const [at, name] of names.entries()) {
      context.signal.throwIfAborted();
      context.report(at / names.length, `comparing with ${name}`);
      const other = (await weigher.weigh(name)).loaded.rule;
      if (other === null || mine.length === 0 || !other.entities.some(({ kind }) => kinds.has(kind)))
        continue;
      // A rule that cannot be run is told on its own page.
      const found = await named(other).catch(() => {
        context.signal.throwIfAborted();
        return [];
      });
      others.set(name, found);
    }
    return overlapOf(mine, others, OVERLAP_WINDOW_MS);
  }

  /** Names of the other rules whose files say that they watch. */
  #watching(name: string): string[] {
    return this.#rules()
      .filter((rule) => rule.name !== name && (rule.stage === "staged" || rule.stage === "paging"))
      .map((rule) => rule.name);
  }

  /** Every rule that can be read, as its files say; read again when any of them was changed. */
  #rules(): readonly Rule[] {
    const { folders, versions } = this.#parts;
    const names = folders.names();
    const key = `${versions.changes}:${names.join()}`;
    if (this.#known?.key !== key) {
      const rules = names.flatMap((name) => loadRule(name, folders.read(name), undefined).rule ?? []);
      this.#known = { key, rules };
    }
    return this.#known.rules;
  }

  #falsePositives(weighed: Weighed, rule: Rule, context: JobContext): Promise<FalsePositiveCount[]> {
    const { engine } = this.#parts.spoor;
    const section = weighed.loaded.ads?.sections.falsePositives ?? "";
    const predicates = falsePositivesOf(section).flatMap(({ statement, sql }) =>
      sql === null ? [] : [{ id: falsePositiveId({ statement, sql }), statement, sql }],
    );
    if (predicates.length === 0) return Promise.resolve([]);
    context.report(null, `counting ${predicates.length} over the history`);
    return countPredicates({
      rule,
      predicates,
      engine,
      check: (sql) => engine.check(sql),
      signal: context.signal,
    });
  }

  #blindSpots(weighed: Weighed, context: JobContext): Promise<BlindSpotResult[]> {
    const { spoor } = this.#parts;
    return checkBlindSpots({
      blindSpots: blindSpotsOf(weighed.loaded.ads?.sections.blindSpots ?? ""),
      engine: spoor.engine,
      sourceErrors: (source) =>
        spoor.sources.names().includes(source)
          ? spoor.sources
              .health(source)
              .filter(({ severity }) => severity === "error")
              .map(({ message }) => message)
          : null,
      filledShare: (dataset, field) => this.#filledShare(dataset, field, context.signal),
      nowMs: spoor.clock(),
      signal: context.signal,
    });
  }

  async #filledShare(name: string, field: string, signal: AbortSignal): Promise<number | null> {
    const { engine, registry } = this.#parts.spoor;
    const dataset = registry.get(name);
    const [, lastUs] = dataset ? timeSpan([dataset]) : [null, null];
    if (!dataset || lastUs === null) return null;
    const path = field.split(".").map((part) => `"${part.replaceAll('"', '""')}"`);
    // The field's own name is asked of the dataset; it is read as a column or a path into one.
    const parsed = await engine
      .check(`SELECT ${path.join(".")} FROM "${name.replaceAll('"', '""')}"`)
      .catch(() => null);
    const read = parsed === null ? [] : fieldsRead(parsed.tree, [dataset]);
    const found = read.find((one) => one.field.toLowerCase() === field.toLowerCase());
    const column = dataset.columns.find((one) => one.name.toLowerCase() === field.toLowerCase());
    const sql = column === undefined ? found?.sql : `"${column.name.replaceAll('"', '""')}"`;
    const type = column?.type ?? found?.type ?? "";
    if (sql == null) return null;
    const shares = await filledShares(
      engine,
      name,
      [{ field, sql, isText: type === "VARCHAR" }],
      lastUs,
      signal,
    );
    return shares.get(field) ?? null;
  }

  async #health(weighed: Weighed, context: JobContext): Promise<HealthPreconditions> {
    const { spoor, weigher } = this.#parts;
    const datasets = weigher.datasets(weighed.datasets);
    const fields: HealthPreconditions["fields"][number][] = [];
    for (const dataset of datasets) {
      context.report(null, `how filled the fields of ${dataset.name} are`);
      const mine = weighed.fields.filter((field) => field.dataset === dataset.name);
      const asked = mine.flatMap(({ field, sql, type }) =>
        sql === null ? [] : [{ field, sql, isText: type === "VARCHAR" }],
      );
      const [, lastUs] = timeSpan([dataset]);
      const shares =
        lastUs === null
          ? new Map<string, number>()
          : await filledShares(spoor.engine, dataset.name, asked, lastUs, context.signal);
      for (const { field, sql } of mine)
        fields.push({
          dataset: dataset.name,
          field,
          filledShare: sql === null ? null : (shares.get(field) ?? 0),
        });
    }
    const sources = [...new Set(datasets.map(({ source }) => source))].map((source) => {
      const issues = spoor.sources.health(source);
      const errors = issues.filter(({ severity }) => severity === "error");
      const told = (errors.length > 0 ? errors : issues).map(({ message }) => message).join(" ");
      return { source, well: errors.length === 0, evidence: told || "No issue." };
    });
    return { fields, sources };
  }

  async #lastDifference(rule: Rule, context: JobContext): Promise<VersionDifference | null> {
    const before = this.#parts.versions.watchedBefore(rule.name, rule.version);
    return before === null ? null : this.difference(rule.name, before, rule, context);
  }

  /** What the version `to` of a rule finds in the history that the version `from` does not, and the other way round. */
  async difference(name: string, from: string, to: Rule, context: JobContext): Promise<VersionDifference> {
    const { history } = this.#parts;
    context.report(0.1, "running the version before");
    const before = await history.found(this.versionOf(name, from), context.signal);
    context.report(0.5, "running this version");
    const after = await history.found(to, context.signal);
    return { from, to: to.version, ...differenceInDetections(before, after) };
  }

  /** A version that the rule had. Throws RefusedError: 404 when it never had it, 409 when it could not be read then. */
  versionOf(name: string, version: string): Rule {
    const { rule, issues } = loadRule(name, this.#parts.versions.files(name, version), undefined);
    if (rule === null) throw new RefusedError(409, `Version ${version} of ${name} cannot be read.`, issues);
    return rule;
  }

  /** Alerts a week of all the owner's paging rules; null without a backtest or an owner. */
  budget(rule: Rule): BudgetReport | null {
    const { spoor } = this.#parts;
    const owner = spoor.owners.read().owners.owners.find(({ name }) => name === rule.owner);
    const mine = spoor.store.backtest(rule.name, rule.version)?.alertsPerWeek;
    if (owner === undefined || mine === undefined) return null;
    const others = this.#rules()
      .filter((other) => other.name !== rule.name && other.stage === "paging" && other.owner === owner.name)
      .map((other) => ({ rule: other.name, alertsPerWeek: this.#alertsPerWeek(other) }));
    return {
      owner: owner.name,
      budgetPerWeek: owner.alertsPerWeekBudget,
      mine,
      others,
      total: others.reduce((sum, { alertsPerWeek }) => sum + alertsPerWeek, mine),
    };
  }

  /** What it raised a week since its first alert; before it has raised any for a week, what its backtest says. */
  #alertsPerWeek(rule: Rule): number {
    const { store, clock } = this.#parts.spoor;
    const key = `${rule.name}:${rule.version}`;
    const nowMs = clock();
    const known = this.#rates.get(key);
    if (known !== undefined && nowMs - known.atMs < RATE_KEPT_MS) return known.alertsPerWeek;
    const alerts = store.alerts({ rule: rule.name });
    const weeks = (nowMs - (alerts.at(-1)?.openedMs ?? nowMs)) / WEEK_MS;
    const alertsPerWeek =
      weeks >= 1
        ? alerts.length / weeks
        : Math.max(alerts.length, store.backtest(rule.name, rule.version)?.alertsPerWeek ?? 0);
    this.#rates.set(key, { atMs: nowMs, alertsPerWeek });
    return alertsPerWeek;
  }
}
