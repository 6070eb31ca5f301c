import { parseInstant } from "../../connectors/time/instant.ts";
import { EventBench } from "../../promote/rule/event-bench.ts";
import { mutantsOf } from "../../promote/rule/mutation/mutants.ts";
import type { TestSuggestion } from "../../promote/rule/mutation/report.ts";
import { TestSuggester } from "../../promote/rule/mutation/suggest.ts";
import { SqlTrees } from "../../promote/rule/sql-tree.ts";
import { eventsOf } from "../../promote/rule/test-from-data.ts";
import type { RuleFiles } from "../api/api.ts";
import { notFound, RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import type { ProposedTest } from "./rule-types.ts";
import type { RuleWeigher, Weighed } from "./rule-weigher.ts";

const MOST_VARIANTS = 100;

/** A detection as far as its events can be looked for. */
interface Located {
  readonly timeUs: bigint;
  readonly entityValues: readonly string[];
}

/** Tests made from what is in the lake: of a detection, and of what nearly is one. Nothing is written by making them. */
export class TestsFromData {
  readonly #spoor: Spoor;
  readonly #weigher: RuleWeigher;

  constructor(spoor: Spoor, weigher: RuleWeigher) {
    this.#spoor = spoor;
    this.#weigher = weigher;
  }

  /** The fewest events over which the rule finds this detection, as a test that must match. Throws RefusedError. */
  async fromDetection(rule: string, detection: string, wanted?: string): Promise<ProposedTest> {
    const weighed = await this.#spoor.rules.weighed(rule);
    const { rule: value } = weighed.loaded;
    if (value === null)
      throw new RefusedError(409, `The files of rule ${rule} cannot be read.`, weighed.loaded.issues);
    const located = this.#located(weighed, detection);
    const datasets = this.#weigher.testedDatasets(weighed.datasets, value);
    const bench = await EventBench.open(datasets, value);
    try {
      const events = await eventsOf({
        rule: value,
        sql: value.sql,
        eventTimeUs: located.timeUs,
        entityValues: located.entityValues,
        datasets,
        engine: this.#spoor.engine,
        bench,
      });
      if (events === null)
        throw new RefusedError(
          409,
          "No few events near this detection give it by themselves: it depends on more of the history than a test can hold.",
        );
      const named =
        [wanted, ...located.entityValues].find((text) => text !== undefined && text !== "") ?? "found";
      const slug = named.replaceAll(/[^\w.-]+/g, "-").slice(0, 60);
      const name = freeName(weighed.loaded.files, `match-${slug || "found"}`);
      const count = events.split("\n").length;
      return {
        name,
        expected: "match",
        events: `${events}\n`,
        why: `${count === 1 ? "The event" : `The ${count} events`} that the rule found it by.`,
      };
    } finally {
      bench.close();
    }
  }

  /**
   * A test that must not match: the one that the last mutation report suggests for a broken variant, or, for a detection,
   * its events changed so that they meet all but one condition. Throws RefusedError(404) when there is none.
   */
  async nearMiss(rule: string, mutantOrDetection: string): Promise<ProposedTest> {
    const weighed = await this.#spoor.rules.weighed(rule);
    const { mutation } = await this.#spoor.rules.evidence.evidence(weighed);
    const mutant = mutation?.mutants.find(({ id }) => id === mutantOrDetection);
    const found =
      mutant === undefined
        ? await this.#missOf(weighed, await this.fromDetection(rule, mutantOrDetection))
        : mutant.suggestion;
    if (found === undefined) throw notFound(`A test that nearly matches ${mutantOrDetection}`);
    return { ...found, name: freeName(weighed.loaded.files, found.name.replace(/\.ndjson$/, "")) };
  }

  /** The events of a test that matches, changed so that the rule does not find them and the rule less one condition does. */
  async #missOf(weighed: Weighed, match: ProposedTest): Promise<TestSuggestion | undefined> {
    const rule = weighed.loaded.rule!;
    const { engine, clock } = this.#spoor;
    const datasets = this.#weigher.testedDatasets(weighed.datasets, rule);
    const trees = await SqlTrees.open();
    const { mutants } = await mutantsOf(rule.sql, trees, MOST_VARIANTS).finally(() => trees.close());
    const tests = { [match.name]: match.events };
    const suggester = await TestSuggester.open({ rule, tests, datasets, engine, clock });
    try {
      for (const mutant of mutants.filter(({ kind }) => kind === "condition")) {
        const found = await suggester.suggest({ mutant, difference: null });
        if (found?.expected === "no-match") return found;
      }
      return undefined;
    } finally {
      suggester.close();
    }
  }

  #located(weighed: Weighed, id: string): Located {
    const { store } = this.#spoor;
    const rule = weighed.loaded.rule!;
    const columns = rule.entities.map(({ column }) => column);
    const stored = store.detection(id);
    if (stored !== undefined && stored.rule === rule.name)
      return { timeUs: stored.eventTimeUs, entityValues: valuesOf(stored.entities, columns) };
    const shown = store.backtest(rule.name, rule.version)?.sample.find((row) => row.id === id);
    const timeUs = shown === undefined ? null : parseInstant(shown.time);
    if (shown === undefined || timeUs === null) throw notFound(`Detection ${id} of rule ${rule.name}`);
    return { timeUs, entityValues: valuesOf(shown.entities, columns) };
  }
}

function valuesOf(entities: Readonly<Record<string, string>>, columns: readonly string[]): string[] {
  return columns.map((column) => entities[column] ?? "").filter((value) => value !== "");
}

/** The name with a number where a test of that name is there. */
function freeName(files: RuleFiles, base: string): string {
  for (let at = 1; ; at += 1) {
    const name = `${base}${at === 1 ? "" : `-${at}`}.ndjson`;
    if (files.tests[name] === undefined) return name;
  }
}
