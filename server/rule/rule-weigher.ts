import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { Issue } from "../../connectors/issue/issue.ts";
import { createDuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";
import type { QueryColumn } from "../../notebooks/engine/engine.ts";
import type { GateInput } from "../../promote/gate/gate.ts";
import { checkGate } from "../../promote/gate/gate.ts";
import { type FieldRead, fieldsRead } from "../../promote/rule/fields-read.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { checkRuleSql } from "../../promote/rule/sql.ts";
import { runRuleTests, type TestedDataset } from "../../promote/rule/tests.ts";
import { normalSql } from "../../promote/rule/version.ts";
import { dataHashOf } from "../../promote/run/prove.ts";
import { readStreamability, type Streamability } from "../../promote/run/streamable.ts";
import type { GateReport, RuleTestReport } from "../api/api.ts";
import type { Spoor } from "../spoor.ts";
import { DatasetShapes, type Shapes } from "./dataset-shapes.ts";
import { type LoadedRule, loadRule } from "./loaded-rule.ts";
import { NewestFirst } from "./newest-first.ts";
import { recordedAmong, recordedDataset } from "./recorded-dataset.ts";
import type { RuleFolders } from "./rule-files.ts";
import type { RuleVersions } from "./rule-versions.ts";

/** A rule's files with what checking and testing them found. */
export interface Weighed {
  readonly loaded: LoadedRule;
  readonly datasets: readonly string[];
  readonly sqlIssues: readonly Issue[] | null;
  /** Columns of the result; null while the SQL is not valid. */
  readonly columns: readonly QueryColumn[] | null;
  readonly tests: RuleTestReport | null;
  /** Fields that the SQL reads of its datasets. */
  readonly fields: readonly FieldRead[];
  readonly streamability: Streamability | null;
}

/** Rules that are weighed at a time: their tests run in engines of their own. */
const WEIGHED_AT_ONCE = 4;

/** What a rule was weighed by. */
interface Kept {
  readonly files: string;
  readonly sources: string;
  shapes: Shapes;
  /** What the rule reads; null until that is known, and where the SQL is not valid: then every dataset counts. */
  datasets: readonly string[] | null;
  readonly value: Promise<Weighed>;
}

function isSameShape(kept: Kept, shapes: Shapes): boolean {
  if (kept.shapes === shapes) return true;
  if (kept.datasets === null) return false;
  return kept.datasets.every((name) => kept.shapes.get(name) === shapes.get(name));
}

/** Evidence that the gate weighs beside the files, as far as it has been computed. */
export type GateEvidence = Pick<
  GateInput,
  | "backtest"
  | "proof"
  | "mutation"
  | "overlap"
  | "falsePositives"
  | "schedule"
  | "blindSpots"
  | "budget"
  | "proofValidity"
  | "preconditions"
  | "priority"
  | "stale"
>;

/** Parses, checks and tests rules, and asks the gate; kept until files, sources or the data's shape change. */
export class RuleWeigher {
  readonly #spoor: Spoor;
  readonly #folders: RuleFolders;
  readonly #versions: RuleVersions;
  readonly #kept = new Map<string, Kept>();
  readonly #turns = new NewestFirst(WEIGHED_AT_ONCE);
  readonly #shapes: DatasetShapes;
  #sourcesNow: string | null = null;

  constructor(spoor: Spoor, folders: RuleFolders, versions: RuleVersions) {
    this.#spoor = spoor;
    this.#folders = folders;
    this.#versions = versions;
    this.#shapes = new DatasetShapes(spoor.registry, (name) => this.#hasEvents(name));
  }

  /** The definitions of the sources that the datasets belong to, in their order. */
  sourcesOf(datasets: readonly string[]) {
    return datasets.map((name) => {
      const dataset = this.#spoor.registry.get(name);
      return dataset ? this.#spoor.sources.files.definition(dataset.source) : undefined;
    });
  }

  /**
   * Parses, checks and tests a rule once for its files, the sources' definitions, and the names and types of the columns of
   * the datasets that it reads (of all of them while its SQL is not valid).
   */
  weigh(name: string): Promise<Weighed> {
    const files = this.#folders.stamp(name);
    const sources = this.#sourcesStamp();
    const shapes = this.#shapes.now();
    const known = this.#kept.get(name);
    if (known?.files === files && known.sources === sources && isSameShape(known, shapes)) {
      known.shapes = shapes;
      this.#turns.hurry(name);
      return known.value;
    }
    const value = this.#turns.run(name, () => this.#weighNow(name));
    const kept: Kept = { files, sources, shapes, datasets: null, value };
    this.#kept.set(name, kept);
    value.then(
      (weighed) => {
        if (weighed.columns !== null) kept.datasets = weighed.datasets;
      },
      () => {
        if (this.#kept.get(name) === kept) this.#kept.delete(name);
      },
    );
    return value;
  }

  /** The sources' files are looked at once in a turn of the event loop, however many rules ask. */
  #sourcesStamp(): string {
    if (this.#sourcesNow === null) {
      this.#sourcesNow = this.#spoor.sources.files.stamp();
      setImmediate(() => {
        this.#sourcesNow = null;
      });
    }
    return this.#sourcesNow;
  }

  async #weighNow(name: string): Promise<Weighed> {
    const files = this.#folders.read(name);
    this.#versions.keep(name, files, "");
    let loaded = loadRule(name, files, undefined);
    const nothing = { sqlIssues: null, columns: null, tests: null, fields: [], streamability: null };
    if (loaded.rule === null) return { loaded, datasets: [], ...nothing };
    const checked = await checkRuleSql(loaded.rule, this.#spoor.engine, `rules/${name}/rule.sql`);
    const sources = this.sourcesOf(checked.datasets);
    const lateness = Math.max(...sources.map((source) => source?.stream.allowedLatenessMs ?? 0));
    if (lateness > 0) loaded = loadRule(name, files, lateness);
    const forecast = this.#spoor.forecasts.beforeTests(loaded);
    const tests = await runRuleTests({
      rule: loaded.rule!,
      tests: files.tests,
      datasets: this.testedDatasets(checked.datasets, loaded.rule!),
      makeEngine: this.makeTestEngine,
    });
    if (forecast !== null) this.#spoor.forecasts.testsRan(forecast, tests.passed);
    const valid = checked.columns.length > 0;
    return {
      loaded,
      datasets: checked.datasets,
      sqlIssues: checked.issues,
      columns: valid ? checked.columns : null,
      tests,
      ...(valid ? await this.#read(loaded, checked.datasets) : { fields: [], streamability: null }),
    };
  }

  async #read(
    loaded: LoadedRule,
    datasets: readonly string[],
  ): Promise<Pick<Weighed, "fields" | "streamability">> {
    const { tree } = await this.#spoor.engine.check(loaded.rule!.sql);
    const known = this.datasets(datasets);
    const lookups = [...(loaded.rule!.lookups ?? []), ...datasets.filter((name) => !this.#hasEvents(name))];
    return {
      fields: fieldsRead(tree, known),
      streamability: readStreamability(
        loaded.rule!,
        tree,
        new Set(lookups),
        recordedAmong(this.#spoor, datasets),
      ),
    };
  }

  /** How a query that is no rule yet should run, from reading it. Throws QueryError. */
  async proposal(sql: string, timeColumn: string, lookups: readonly string[]): Promise<Streamability> {
    const { tree, tables } = await this.#spoor.engine.check(normalSql(sql));
    const names = tables.map(({ name }) => name);
    const untimed = names.filter((name) => !this.#hasEvents(name));
    const recorded = recordedAmong(this.#spoor, [...new Set(names.map((name) => name.toLowerCase()))]);
    return readStreamability({ timeColumn }, tree, new Set([...lookups, ...untimed]), recorded);
  }

  /** A dataset without any row that has a time is a lookup; what Spoor records has times of its own. */
  #hasEvents(name: string): boolean {
    const dataset = this.#spoor.registry.get(name);
    if (dataset === undefined || dataset.segments.length === 0) return true;
    return dataset.segments.some(({ maxTimeUs }) => maxTimeUs !== null);
  }

  datasets(names: readonly string[]): Dataset[] {
    return names.flatMap((name) => this.#spoor.registry.get(name) ?? []);
  }

  /** The datasets as a rule's tests have them: columns, and how their sources tell the time. */
  testedDatasets(names: readonly string[], rule: Pick<Rule, "lookups">): TestedDataset[] {
    const sources = this.sourcesOf(names);
    return names.flatMap((name, index) => {
      const dataset = this.#spoor.registry.get(name) ?? recordedDataset(this.#spoor, name);
      const time = sources[index]?.time ?? { fields: [], format: "auto" as const, zone: "UTC" };
      const isLookup = (rule.lookups ?? []).includes(name) || !this.#hasEvents(name);
      return dataset ? [{ dataset, time, isLookup }] : [];
    });
  }

  /** A small engine over a test's events alone. */
  readonly makeTestEngine = (datasets: readonly Dataset[], temporaryDirectory: string) =>
    createDuckDbEngine({
      datasets: () => datasets,
      ledgerTables: [],
      temporaryDirectory,
      memoryLimit: "1GB",
      threads: 1,
      maximumConcurrent: 1,
      clock: this.#spoor.clock,
    });

  /** The gate's list for a weighed rule. Health is left out where it must not move the stage. */
  report(
    weighed: Weighed,
    target: "staged" | "paging",
    withHealth: boolean,
    evidence: GateEvidence,
  ): GateReport {
    const { loaded } = weighed;
    const datasets = this.datasets(weighed.datasets);
    const sources = new Set(datasets.map((dataset) => dataset.source));
    return checkGate({
      target,
      name: loaded.name,
      rule: loaded.rule,
      ads: loaded.ads,
      plan: loaded.plan,
      parseIssues: loaded.issues,
      sqlIssues: weighed.sqlIssues,
      tests: weighed.tests,
      owners: this.#spoor.owners.read().owners,
      healthIssues: withHealth ? [...sources].flatMap((source) => this.#spoor.sources.health(source)) : [],
      engineVersion: this.#spoor.engineVersion,
      dataHash: dataHashOf(datasets),
      datasets: this.#spoor.registry.list().map((dataset) => dataset.name),
      resultColumns: weighed.columns,
      ...evidence,
    });
  }
}
