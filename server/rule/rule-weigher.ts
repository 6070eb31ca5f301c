import type { Issue } from "../../connectors/issue/issue.ts";
import { createDuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";
import { checkGate } from "../../promote/gate/gate.ts";
import { checkRuleSql } from "../../promote/rule/sql.ts";
import { runRuleTests } from "../../promote/rule/tests.ts";
import { dataHashOf } from "../../promote/run/prove.ts";
import type { GateReport, RuleTestReport } from "../api/api.ts";
import type { Spoor } from "../spoor.ts";
import { type LoadedRule, loadRule } from "./loaded-rule.ts";
import type { RuleFolders } from "./rule-files.ts";

/** A rule's files with what checking and testing them found. */
export interface Weighed {
  readonly loaded: LoadedRule;
  readonly datasets: readonly string[];
  readonly sqlIssues: readonly Issue[] | null;
  readonly tests: RuleTestReport | null;
}

/** Parses, checks and tests rules, and asks the gate; kept until files, sources or the data's shape change. */
export class RuleWeigher {
  readonly #spoor: Spoor;
  readonly #folders: RuleFolders;
  readonly #weighed = new Map<string, { readonly key: string; readonly value: Promise<Weighed> }>();

  constructor(spoor: Spoor, folders: RuleFolders) {
    this.#spoor = spoor;
    this.#folders = folders;
  }

  /** The definitions of the sources that the datasets belong to, in their order. */
  sourcesOf(datasets: readonly string[]) {
    return datasets.map((name) => {
      const dataset = this.#spoor.registry.get(name);
      return dataset ? this.#spoor.sources.files.definition(dataset.source) : undefined;
    });
  }

  /** Parses, checks and tests a rule once for its files, its datasets' columns and its sources' definitions. */
  weigh(name: string): Promise<Weighed> {
    const shapes = this.#spoor.registry
      .list()
      .map((dataset) => `${dataset.name}:${dataset.columns.map((column) => column.type).join()}`);
    const key = [this.#folders.stamp(name), this.#spoor.sources.files.stamp(), ...shapes].join("#");
    const known = this.#weighed.get(name);
    if (known?.key === key) return known.value;
    const value = this.#weighNow(name);
    this.#weighed.set(name, { key, value });
    value.catch(() => this.#weighed.delete(name));
    return value;
  }

  async #weighNow(name: string): Promise<Weighed> {
    const files = this.#folders.read(name);
    let loaded = loadRule(name, files, undefined);
    if (loaded.rule === null) return { loaded, datasets: [], sqlIssues: null, tests: null };
    const checked = await checkRuleSql(loaded.rule, this.#spoor.engine, `rules/${name}/rule.sql`);
    const sources = this.sourcesOf(checked.datasets);
    const lateness = Math.max(...sources.map((source) => source?.stream.allowedLatenessMs ?? 0));
    if (lateness > 0) loaded = loadRule(name, files, lateness);
    const tested = checked.datasets.flatMap((dataset, index) => {
      const known = this.#spoor.registry.get(dataset);
      return known
        ? [
            {
              dataset: known,
              time: sources[index]?.time ?? { fields: [], format: "auto" as const, zone: "UTC" },
            },
          ]
        : [];
    });
    const forecast = this.#spoor.forecasts.beforeTests(loaded);
    const tests = await runRuleTests({
      rule: loaded.rule!,
      tests: files.tests,
      datasets: tested,
      makeEngine: (datasets, temporaryDirectory) =>
        createDuckDbEngine({
          datasets: () => datasets,
          ledgerTables: [],
          temporaryDirectory,
          memoryLimit: "1GB",
          threads: 1,
          maximumConcurrent: 1,
          clock: this.#spoor.clock,
        }),
    });
    if (forecast !== null) this.#spoor.forecasts.testsRan(forecast, tests.passed);
    return { loaded, datasets: checked.datasets, sqlIssues: checked.issues, tests };
  }

  /** The gate's list for a weighed rule. Health is left out where it must not move the stage. */
  async report(weighed: Weighed, target: "staged" | "paging", withHealth: boolean): Promise<GateReport> {
    const { loaded } = weighed;
    const { rule } = loaded;
    const datasets = weighed.datasets.flatMap((name) => this.#spoor.registry.get(name) ?? []);
    const sources = new Set(datasets.map((dataset) => dataset.source));
    return checkGate({
      target,
      name: loaded.name,
      rule,
      ads: loaded.ads,
      plan: loaded.plan,
      parseIssues: loaded.issues,
      sqlIssues: weighed.sqlIssues,
      tests: weighed.tests,
      backtest: rule ? this.#spoor.store.backtest(loaded.name, rule.version) : null,
      proof: rule ? (this.#spoor.store.proof(loaded.name, rule.version) ?? null) : null,
      owners: this.#spoor.owners.read().owners,
      healthIssues: withHealth ? [...sources].flatMap((source) => this.#spoor.sources.health(source)) : [],
      engineVersion: this.#spoor.engineVersion,
      dataHash: dataHashOf(datasets),
      datasets: this.#spoor.registry.list().map((dataset) => dataset.name),
    });
  }
}
