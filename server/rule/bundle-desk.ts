import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { Issue } from "../../connectors/issue/issue.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import { createDuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { Detection } from "../../promote/records/records.ts";
import {
  type Bundle,
  type BundleDataset,
  type BundleDetection,
  readBundle,
  writeBundle,
} from "../../promote/rule/bundle/bundle.ts";
import { sampleEvents } from "../../promote/rule/bundle/sample.ts";
import { parseRule } from "../../promote/rule/parse.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { ruleYaml } from "../../promote/rule/serialize.ts";
import { checkRuleSql } from "../../promote/rule/sql.ts";
import {
  eventsByDataset,
  type TestEvent,
  type TestedDataset,
  TestProblem,
  TestWriter,
} from "../../promote/rule/test-events.ts";
import { runRuleTests } from "../../promote/rule/tests.ts";
import { proveStream } from "../../promote/run/prove.ts";
import { evaluateHistory, microseconds } from "../../promote/run/slice.ts";
import type { BacktestReport } from "../api/api.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import type { BundleImportReport } from "./exchange-types.ts";
import { freeName } from "./import-desk.ts";
import { loadRule } from "./loaded-rule.ts";
import { RuleFolders } from "./rule-files.ts";
import { proofReport } from "./rule-proofs.ts";

const SHOWN = 20;
const AUTO = { fields: [], format: "auto" as const, zone: "UTC" };

/** Rules as bundles: written with a sample of their data, and read as drafts that are proved again. */
export class BundleDesk {
  readonly #spoor: Spoor;
  readonly #folders: RuleFolders;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#folders = new RuleFolders(spoor.layout.rules);
  }

  /** One archive of the rule, its tests, ADS, plan and sample. Throws RefusedError when it cannot be read. */
  async write(
    name: string,
    options: { readonly sample: boolean; readonly signal: AbortSignal },
    actor: string,
  ): Promise<{ readonly archive: Uint8Array; readonly checksum: string; readonly sampleRows: number }> {
    const files = this.#folders.read(this.#spoor.rules.known(name));
    const { rule, issues } = loadRule(name, files, undefined);
    if (rule === null) throw new RefusedError(409, `The files of rule ${name} cannot be read.`, issues);
    const { engine, clock } = this.#spoor;
    const names = await engine.datasetsOf(rule.sql);
    const { detections } = await evaluateHistory(rule, engine, { clock, signal: options.signal });
    const timesUs = [...new Set(detections.map(({ eventTimeUs }) => eventTimeUs))].sort((left, right) =>
      left < right ? 1 : -1,
    );
    const sample = new Map<string, string>();
    const datasets: BundleDataset[] = [];
    for (const dataset of names.flatMap((one) => this.#spoor.registry.get(one) ?? [])) {
      const taken = options.sample
        ? await sampleEvents({
            engine,
            dataset: dataset.name,
            columns: dataset.columns,
            timesUs,
            lookbackUs: microseconds(rule.lookbackMs),
            signal: options.signal,
          })
        : { text: "", rows: 0 };
      if (taken.rows > 0) sample.set(dataset.name, taken.text);
      const time = this.#spoor.sources.files.definition(dataset.source)?.time ?? AUTO;
      datasets.push({
        name: dataset.name,
        source: dataset.source,
        columns: dataset.columns.map(({ name: column, key, type }) => ({ name: column, key, type })),
        time: { fields: [...time.fields], format: time.format, zone: time.zone },
        sampleRows: taken.rows,
        ofRows: dataset.segments.reduce((sum, { rowCount }) => sum + rowCount, 0),
      });
    }
    const found =
      sample.size === 0
        ? []
        : await this.#overSample(
            { datasets, sample },
            async (one) => (await evaluateHistory(rule, one, { clock })).detections,
          );
    const written = await writeBundle({
      rule: name,
      version: rule.version,
      made: new Date(clock()).toISOString(),
      spoor: this.#spoor.version,
      engine: this.#spoor.engineVersion,
      datasets,
      detections: found.map(shownDetection).sort(byText).slice(0, 5_000),
      files,
      sample,
    });
    const sampleRows = datasets.reduce((sum, { sampleRows: rows }) => sum + rows, 0);
    this.#spoor.record(
      actor,
      "exported bundle",
      `rule:${name}`,
      `${sampleRows} sample rows, ${written.checksum.slice(0, 16)}`,
    );
    return { ...written, sampleRows };
  }

  /**
   * Takes a bundle as a draft and proves it again: its tests, what it finds in the sample, a replay of the sample, and a
   * backtest over this workspace's data where they are of that shape. Throws RefusedError(400) for what is no bundle.
   */
  async read(
    archive: Uint8Array,
    wanted: string | null,
    actor: string,
    context: JobContext,
  ): Promise<BundleImportReport> {
    context.report(0.05, "reading the bundle");
    const read = await readBundle(archive, "bundle");
    if (!read.ok) throw new RefusedError(400, "This bundle cannot be taken.", read.issues);
    const bundle = read.value;
    const taken = new Set(this.#folders.names());
    const name = wanted ?? freeName(bundle.manifest.rule, taken);
    if (taken.has(name)) throw new RefusedError(409, `There is a rule ${name} already.`);
    const parsed = parseRule(bundle.files, `rules/${name}`);
    if (!parsed.ok) throw new RefusedError(400, "The rule of the bundle cannot be read.", parsed.issues);
    const rule: Rule = { ...parsed.value, stage: "draft" };
    const checked = await this.#checked(rule, bundle);
    this.#folders.write(name, { ...bundle.files, ruleYaml: ruleYaml(rule) });
    this.#spoor.record(actor, "imported", `rule:${name}`, `bundle ${bundle.checksum.slice(0, 16)}`);
    context.report(0.2, "running its tests");
    const tests = await runRuleTests({
      rule,
      tests: bundle.files.tests,
      datasets: testedDatasets(bundle.manifest.datasets),
      makeEngine: (...all) => this.#engine(...all),
      signal: context.signal,
    });
    context.report(0.4, "running it over the sample");
    const proved = await this.#prove(rule, bundle, context);
    context.report(0.8, "backtesting it on this workspace's data");
    const backtest = await this.#backtest(name, rule, bundle, context);
    await this.#spoor.streams.rulesChanged();
    return {
      name,
      checksum: bundle.checksum,
      tests,
      ...proved,
      backtest: backtest.report,
      issues: [...parsed.issues, ...checked, ...backtest.issues],
    };
  }

  async #prove(
    rule: Rule,
    bundle: Bundle,
    context: JobContext,
  ): Promise<Pick<BundleImportReport, "sample" | "proof">> {
    const { datasets, detections } = bundle.manifest;
    const rows = datasets.reduce((sum, { sampleRows }) => sum + sampleRows, 0);
    const wanted = detections.map((one) => JSON.stringify([one.time, one.entities]));
    if (bundle.sample.size === 0)
      return {
        sample: { rows: 0, expected: 0, found: 0, missing: [], added: [], agrees: wanted.length === 0 },
        proof: null,
      };
    const { clock } = this.#spoor;
    return this.#overSample({ datasets, sample: bundle.sample }, async (engine, written) => {
      const evaluated = await evaluateHistory(rule, engine, { clock, signal: context.signal });
      const found = evaluated.detections
        .map(shownDetection)
        .map((one) => JSON.stringify([one.time, one.entities]));
      const [expected, here] = [new Set(wanted), new Set(found)];
      const missing = [...expected].filter((one) => !here.has(one));
      const added = [...here].filter((one) => !expected.has(one));
      const proof =
        found.length === 0
          ? null
          : await proveStream({
              rule,
              engine,
              datasets: written,
              engineVersion: this.#spoor.engineVersion,
              seed: 1,
              sliceCount: 60,
              clock,
              signal: context.signal,
              onProgress: (share, message) => context.report(0.4 + share * 0.4, message),
            });
      return {
        sample: {
          rows,
          expected: expected.size,
          found: here.size,
          missing: missing.slice(0, SHOWN),
          added: added.slice(0, SHOWN),
          agrees: missing.length === 0 && added.length === 0,
        },
        proof: proof === null ? null : proofReport(proof),
      };
    });
  }

  async #backtest(
    name: string,
    rule: Rule,
    { manifest }: Bundle,
    context: JobContext,
  ): Promise<{ report: BacktestReport | null; issues: Issue[] }> {
    const lacking = manifest.datasets.flatMap((dataset) => {
      const own = this.#spoor.registry.get(dataset.name);
      if (!own) return [`the dataset ${dataset.name}`];
      return dataset.columns
        .filter(
          ({ name: column }) => rule.sql.includes(column) && !own.columns.some((one) => one.name === column),
        )
        .map(({ name: column }) => `the column ${dataset.name}.${column}`);
    });
    if (lacking.length > 0)
      return {
        report: null,
        issues: [
          {
            severity: "warning",
            code: "bundle.data.missing",
            place: `rules/${name}`,
            message: `This workspace lacks ${lacking.slice(0, 5).join(", ")}${lacking.length > 5 ? ` and ${lacking.length - 5} more` : ""}, so the rule was proved on the bundle's sample alone.`,
            remedy: "Bring the data in, then backtest and prove the rule.",
          },
        ],
      };
    try {
      return { report: await this.#spoor.rules.backtest(name, context), issues: [] };
    } catch (error) {
      context.signal.throwIfAborted();
      const message = error instanceof Error ? error.message.split("\n")[0]! : String(error);
      return {
        report: null,
        issues: [
          {
            severity: "warning",
            code: "bundle.backtest",
            place: `rules/${name}`,
            message: `The backtest on this workspace's data failed: ${message}`,
            remedy: "Correct the rule for this data, then backtest it.",
          },
        ],
      };
    }
  }

  /** SQL of a bundle is checked in an engine that holds its empty datasets and nothing else. */
  async #checked(rule: Rule, bundle: Bundle): Promise<readonly Issue[]> {
    return this.#overSample({ datasets: bundle.manifest.datasets, sample: new Map() }, async (engine) => {
      const checked = await checkRuleSql(rule, engine, `rules/${rule.name}/rule.sql`);
      const errors = checked.issues.filter(({ severity }) => severity === "error");
      if (errors.length > 0)
        throw new RefusedError(400, "The SQL of the bundle is not one that rules may have.", errors);
      return checked.issues;
    });
  }

  /** Runs work in an engine over the sample alone. Throws RefusedError(400) when the sample does not fit its columns. */
  async #overSample<T>(
    {
      datasets,
      sample,
    }: { readonly datasets: readonly BundleDataset[]; readonly sample: ReadonlyMap<string, string> },
    work: (engine: QueryEngine, datasets: readonly Dataset[]) => Promise<T>,
  ): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), "spoor-bundle-"));
    const writer = await TestWriter.open();
    try {
      const tested = testedDatasets(datasets);
      const events = new Map<string, readonly TestEvent[]>();
      for (const one of tested) {
        const text = sample.get(one.dataset.name) ?? "";
        events.set(
          one.dataset.name,
          text === "" ? [] : (eventsByDataset(text, [one]).get(one.dataset.name) ?? []),
        );
      }
      const written = await writer.write(tested, events, folder);
      const engine = this.#engine(written, folder);
      try {
        return await work(engine, written);
      } finally {
        await engine.close();
      }
    } catch (error) {
      if (error instanceof TestProblem)
        throw new RefusedError(400, "The sample of the bundle cannot be used.", [
          {
            severity: "error",
            code: "bundle.sample",
            place: "bundle!sample",
            message: error.message,
            remedy: "Ask for the bundle again.",
          },
        ]);
      throw error;
    } finally {
      writer.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  #engine(datasets: readonly Dataset[], temporaryDirectory: string): QueryEngine {
    return createDuckDbEngine({
      datasets: () => datasets,
      ledgerTables: [],
      temporaryDirectory,
      memoryLimit: "1GB",
      threads: 1,
      maximumConcurrent: 1,
      clock: this.#spoor.clock,
    });
  }
}

function testedDatasets(datasets: readonly BundleDataset[]): TestedDataset[] {
  return datasets.map(({ name, source, columns, time }) => ({ dataset: { name, source, columns }, time }));
}

function shownDetection({ eventTimeUs, entities }: Detection): BundleDetection {
  return {
    time: formatInstant(eventTimeUs),
    entities: Object.entries(entities).map(([column, value]) => `${column}=${value}`),
  };
}

const byText = (left: BundleDetection, right: BundleDetection) =>
  JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
