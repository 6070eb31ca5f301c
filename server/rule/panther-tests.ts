import { parseInstant } from "../../connectors/time/instant.ts";
import { type PantherSamples, parsePantherSamples } from "../../promote/rule/panther/sample-tests.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { runRuleTests } from "../../promote/rule/tests.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import type { PantherTestsBody, PantherTestsReport, RefusedRule } from "./exchange-types.ts";
import { reasonsOf } from "./import-desk.ts";
import { recordedAmong } from "./recorded-dataset.ts";
import { RuleFolders } from "./rule-files.ts";
import { RuleWeigher } from "./rule-weigher.ts";

/** Where an event stands that has no time of its own. */
const NO_TIME = "2026-01-01T00:00:00Z";

interface NewTest {
  readonly name: string;
  readonly title: string;
  readonly place: string;
  readonly events: string;
  readonly timed: boolean;
}

/** Panther's sample tests as events of tests of a rule that this workspace has: the events come over, their Python does not. */
export class PantherTestsDesk {
  readonly #spoor: Spoor;
  readonly #weigher: RuleWeigher;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#weigher = new RuleWeigher(spoor, new RuleFolders(spoor.layout.rules), spoor.rules.versions);
  }

  /**
   * Adds the sample tests of the texts to a rule, with what each says of it. A rule that pages keeps only those that pass:
   * the others are refused by name, as are tests that cannot come over. Throws RefusedError: 409 when the rule cannot be
   * read, 400 when it is not told which dataset the events are of.
   */
  async add(
    ruleName: string,
    body: PantherTestsBody,
    actor: string,
    context: JobContext,
  ): Promise<PantherTestsReport> {
    const { loaded, datasets } = await this.#spoor.rules.weighed(ruleName);
    const { rule, files } = loaded;
    if (rule === null)
      throw new RefusedError(409, `The files of rule ${ruleName} cannot be read.`, loaded.issues);
    const dataset = this.#dataset(rule, datasets, body.dataset);
    const refused: RefusedRule[] = [];
    const unchanged: string[] = [];
    const known = new Map(Object.entries(files.tests).map(([name, text]) => [text.trim(), name]));
    const taken = new Set(Object.keys(files.tests));
    const tests: NewTest[] = [];
    for (const { place, text } of body.texts) {
      const read = parsePantherSamples(text, place);
      if (!read.ok) {
        refused.push({
          title: "",
          place,
          issues: read.issues.filter(({ severity }) => severity === "error"),
        });
        continue;
      }
      for (const { name, issues } of read.value.refused)
        refused.push({ title: name, place: issues[0]?.place ?? place, issues });
      for (const sample of read.value.samples) {
        const { events, timed } = this.#eventOf(sample, dataset);
        const same = known.get(events.trim());
        if (same !== undefined) {
          unchanged.push(same);
          continue;
        }
        const name = freeTestName(sample.file, taken);
        taken.add(name);
        known.set(events.trim(), name);
        tests.push({ name, title: sample.name, place, events, timed });
      }
    }
    const judged = await this.#judged(rule, datasets, tests, context);
    const pages = this.#spoor.rules.pages(ruleName);
    const added = judged.filter(({ passed }) => passed || !pages);
    for (const { title, place, message } of judged.filter((one) => !added.includes(one)))
      refused.push({
        title,
        place,
        issues: [
          {
            severity: "error",
            code: "panther.test.fails",
            place,
            message: `The rule, which pages, does not pass the test "${title}": ${message}`,
            remedy: "Change the rule so that it passes, or import the tests while it is a draft.",
          },
        ],
      });
    if (!body.dryRun && added.length > 0) {
      const more = Object.fromEntries(added.map(({ name, events }) => [name, events]));
      await this.#spoor.rules.write(ruleName, { ...files, tests: { ...files.tests, ...more } }, actor);
      this.#spoor.record(actor, "imported", `rule:${ruleName}`, `${added.length} tests from Panther`);
    }
    return {
      rule: ruleName,
      dataset,
      dryRun: body.dryRun,
      added: added.map(({ events: _, ...told }) => told),
      unchanged,
      refused,
      reasons: reasonsOf(refused),
    };
  }

  /** The dataset of a source that the events are of. */
  #dataset(rule: Rule, datasets: readonly string[], wanted: string | undefined): string {
    const recorded = recordedAmong(this.#spoor, datasets);
    const own = datasets.filter((name) => !recorded.includes(name) && !(rule.lookups ?? []).includes(name));
    if (wanted !== undefined && own.includes(wanted)) return wanted;
    const [only, ...others] = own;
    if (wanted === undefined && only !== undefined && others.length === 0) return only;
    throw new RefusedError(
      400,
      own.length === 0
        ? `The rule ${rule.name} reads no data of a source, so that no event of a log is one of its tests.`
        : wanted === undefined
          ? `The rule ${rule.name} reads ${own.join(", ")}: say of which the events are (--dataset).`
          : `The rule ${rule.name} does not read ${wanted}, but ${own.join(", ")}.`,
    );
  }

  /** The event as a line of a test; one without a readable time of its own stands at a fixed one. */
  #eventOf(
    { event }: PantherSamples["samples"][number],
    dataset: string,
  ): { readonly events: string; readonly timed: boolean } {
    const source = this.#spoor.registry.get(dataset)?.source;
    const fields =
      source === undefined ? [] : (this.#spoor.sources.files.definition(source)?.time.fields ?? []);
    const hasTime = fields.some((field) => {
      const value = valueAt(event, field);
      return typeof value === "string" && parseInstant(value) !== null;
    });
    const line = { _dataset: dataset, ...(hasTime ? {} : { _time: NO_TIME }), ...event };
    return { events: `${JSON.stringify(line)}\n`, timed: !hasTime };
  }

  async #judged(
    rule: Rule,
    datasets: readonly string[],
    tests: readonly NewTest[],
    context: JobContext,
  ): Promise<(NewTest & { readonly passed: boolean; readonly message: string })[]> {
    if (tests.length === 0) return [];
    context.report(null, `testing ${tests.length} ${tests.length === 1 ? "event" : "events"}`);
    const report = await runRuleTests({
      rule,
      tests: Object.fromEntries(tests.map(({ name, events }) => [name, events])),
      datasets: this.#weigher.testedDatasets(datasets, rule),
      makeEngine: this.#weigher.makeTestEngine,
      signal: context.signal,
    });
    const verdicts = new Map(report.tests.map((one) => [one.name, one]));
    return tests.map((one) => ({
      ...one,
      passed: verdicts.get(one.name)?.passed ?? false,
      message: verdicts.get(one.name)?.message ?? "It was not run.",
    }));
  }
}

/** The value at a dotted path, or under a key that is written with dots. */
function valueAt(event: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(event, path)) return event[path];
  let value: unknown = event;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function freeTestName(file: string, taken: ReadonlySet<string>): string {
  let name = file;
  for (let number = 2; taken.has(name); number += 1) name = file.replace(".ndjson", `-${number}.ndjson`);
  return name;
}
