import { createHash } from "node:crypto";
import { SYSTEM_COLUMNS } from "../../../connectors/dataset/dataset.ts";
import type { Clock } from "../../../connectors/time/instant.ts";
import type { QueryEngine, Row } from "../../../notebooks/engine/engine.ts";
import type { EngineSlice } from "../../../notebooks/engine/engine-slice.ts";
import { appendRows } from "../../../notebooks/engine/result-rows.ts";
import type { RunMode } from "../../records/records.ts";
import type { Rule } from "../../rule/rule.ts";
import { detectionsOf } from "../detection.ts";
import { type Evaluation, evaluateSlice, microseconds } from "../slice.ts";
import { type Matches, readConditionColumns } from "./condition-columns.ts";
import { type FusedScan, fusedScan, runFusedScan } from "./fused-scan.ts";
import { matchedRows } from "./matched-rows.ts";
import type { NamedColumn } from "./plain-rule.ts";
import { type Plan, PlanCosts } from "./plan-costs.ts";
import { RecentMap } from "./recent-map.ts";
import { columnsKey, compileRuleSet, type FusedRule, type RuleSet, ruleKey } from "./rule-set.ts";

/** More rows than this are not looked at together: rule by rule they are streamed. */
const MOST_ROWS = 1_000_000;
/** A set is made anew when it holds this many times the rules that are still asked for. */
const STALE_FACTOR = 2;
/** Groups of rules whose costs are known at once; the scans of many rules are long texts. */
const MOST_COSTS = 64;
const MOST_SCANS = 16;

export interface GroupRequest {
  /** Rules that depend on one event alone, all with the same allowed lateness and no lookback. */
  readonly rules: readonly Rule[];
  readonly dataset: string;
  readonly afterUs: bigint;
  readonly untilUs: bigint;
  readonly mode: RunMode;
  readonly late: boolean;
  readonly signal?: AbortSignal;
  /** Takes this plan instead of the cheapest one. */
  readonly plan?: Plan;
}

/** By rule name: what `evaluateSlice` would have given, or the error that it would have thrown. */
export type GroupEvaluation = ReadonlyMap<string, Evaluation | Error>;

interface KnownDataset {
  set: RuleSet;
  taken: ReadonlyMap<string, Pick<FusedRule, "plain" | "outputs"> | null>;
  /** By the rules that are asked for, and by the rules that are scanned for. */
  readonly costs: RecentMap<PlanCosts>;
  readonly scans: RecentMap<FusedScan>;
}

/**
 * Evaluates rules that depend on one event alone together, exactly as each alone would be. One of four plans is taken,
 * by what each was measured to cost at the batch's size; whatever fails is evaluated rule by rule, so that only the
 * rule fails that would fail alone.
 */
export class FusedEvaluator {
  readonly #engine: QueryEngine;
  readonly #clock: Clock;
  readonly #elapsed: () => number;
  readonly #known = new Map<string, KnownDataset>();
  /** Rules that failed when they were last evaluated. */
  readonly #broken = new Set<string>();
  #lastPlan: {
    readonly plan: Plan;
    readonly rows: number;
    readonly ms: number;
    readonly why: string;
  } | null = null;

  /** @param elapsed milliseconds since whenever, for measuring plans. */
  constructor(options: {
    readonly engine: QueryEngine;
    readonly clock: Clock;
    readonly elapsed?: () => number;
  }) {
    this.#engine = options.engine;
    this.#clock = options.clock;
    this.#elapsed = options.elapsed ?? (() => performance.now());
  }

  /** The plan of the last group, what it took, and why it was taken. */
  get lastPlan(): {
    readonly plan: Plan;
    readonly rows: number;
    readonly ms: number;
    readonly why: string;
  } | null {
    return this.#lastPlan;
  }

  /** Whether the engine can evaluate rules together at all. */
  get isAble(): boolean {
    return this.#engine.openSlice !== undefined;
  }

  async evaluate(request: GroupRequest): Promise<GroupEvaluation> {
    const together = request.rules.filter((rule) => !this.#broken.has(ruleKey(rule)));
    const results = new Map<string, Evaluation | Error>();
    if (this.isAble && together.length > 1) {
      try {
        await this.#together({ ...request, rules: together }, results);
      } catch (error) {
        if (request.signal?.aborted) throw error;
        results.clear();
      }
    }
    for (const rule of request.rules) {
      if (!results.has(rule.name)) results.set(rule.name, await this.#alone(rule, request));
    }
    return results;
  }

  async #alone(rule: Rule, request: GroupRequest): Promise<Evaluation | Error> {
    const { afterUs, untilUs, mode, late, signal } = request;
    try {
      const evaluation = await evaluateSlice({
        rule,
        engine: this.#engine,
        afterUs,
        untilUs,
        clock: this.#clock,
        mode,
        late,
        ...(signal === undefined ? {} : { signal }),
      });
      this.#broken.delete(ruleKey(rule));
      return evaluation;
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#broken.add(ruleKey(rule));
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Fills `results` for the rules that can be evaluated together. Throws when something of it failed. */
  async #together(request: GroupRequest, results: Map<string, Evaluation | Error>): Promise<void> {
    const { rules, afterUs, untilUs, signal } = request;
    const startedMs = this.#elapsed();
    const slice = await this.#engine.openSlice!({
      dataset: request.dataset,
      window: { afterUs, untilUs: untilUs + microseconds(rules[0]!.allowedLatenessMs) },
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      if (slice.rowsExpected > MOST_ROWS) return;
      const columns = [...SYSTEM_COLUMNS, ...slice.dataset.columns];
      const known = await this.#setOf(slice, rules, columns);
      const fused = inOrder(rules.flatMap((rule) => known.set.rules.get(ruleKey(rule)) ?? []));
      if (fused.length < 2) return;
      const groupKey = rulesKey(fused);
      const costs = known.costs.get(groupKey) ?? new PlanCosts(plansFor(fused));
      known.costs.set(groupKey, costs);
      const plan = request.plan ?? costs.choose(slice.rowsExpected);
      const why = costs.explain(slice.rowsExpected);
      const openedMs = this.#elapsed();
      const names = columns.map(({ name }) => name);
      let rows: Row[][];
      try {
        rows =
          plan === "separate"
            ? await separateRows(slice, fused)
            : await matchedRows(slice, fused, await this.#matches(slice, plan, fused, known), names);
      } catch (error) {
        costs.failed(plan);
        throw error;
      }
      const ms = this.#elapsed() - openedMs;
      costs.record(plan, slice.rowsExpected, ms);
      this.#lastPlan = { plan, rows: slice.rowsExpected, ms: this.#elapsed() - startedMs, why };
      const origin = { mode: request.mode, late: request.late, detectedMs: this.#clock() };
      for (const [at, { rule }] of fused.entries()) {
        const found = detectionsOf(rule, rows[at]!, { afterUs, untilUs }, origin);
        results.set(rule.name, { ...found, datasetVersions: slice.datasetVersions });
      }
    } finally {
      await slice.close();
    }
  }

  async #setOf(
    slice: EngineSlice,
    rules: readonly Rule[],
    columns: readonly NamedColumn[],
  ): Promise<KnownDataset> {
    const known = this.#known.get(slice.dataset.name);
    const sameColumns = known !== undefined && known.set.key === columnsKey(columns);
    const hasAll = rules.every((rule) => {
      const key = ruleKey(rule);
      return known?.set.rules.has(key) === true || known?.set.alone.has(key) === true;
    });
    const size = known === undefined ? 0 : known.set.rules.size + known.set.alone.size;
    if (known !== undefined && sameColumns && hasAll && size <= STALE_FACTOR * rules.length) return known;
    const before = known === undefined ? [] : [...known.set.rules.values()].map(({ rule }) => rule);
    const asked = new Set(rules.map(({ name }) => name));
    // Rules that are not asked for this time may be the next: they stay while there are not too many of them.
    const kept = size <= STALE_FACTOR * rules.length ? before.filter(({ name }) => !asked.has(name)) : [];
    const { set, taken } = await compileRuleSet(
      slice,
      [...rules, ...kept],
      columns,
      known !== undefined && sameColumns ? known.taken : new Map(),
    );
    const next: KnownDataset = {
      set,
      taken,
      costs: new RecentMap(MOST_COSTS),
      scans: new RecentMap(MOST_SCANS),
    };
    this.#known.set(slice.dataset.name, next);
    return next;
  }

  async #matches(
    slice: EngineSlice,
    plan: Exclude<Plan, "separate">,
    fused: readonly FusedRule[],
    known: KnownDataset,
  ): Promise<Matches> {
    if (plan === "fused") return this.#scan(slice, fused, known);
    const { compiled } = known.set;
    const read = await readConditionColumns(slice, compiled.select, compiled);
    const wantedKeys = new Set(fused.map(({ rule }) => ruleKey(rule)));
    const wanted = Uint8Array.from(compiled.rules, ({ rule }) => (wantedKeys.has(ruleKey(rule)) ? 1 : 0));
    const matched = compiled[plan === "indexed" ? "indexed" : "plain"].match(read, wanted);
    const rowsOf = new Map(compiled.rules.map(({ rule }, at) => [ruleKey(rule), matched[at]!]));
    const rest = fused.filter(({ formula }) => formula === null);
    if (rest.length === 0)
      return { rows: fused.map(({ rule }) => rowsOf.get(ruleKey(rule))!), key: read.key };
    const scanned = await this.#scan(slice, rest, known);
    // Rows of the scan are numbered after those that were read.
    for (const [at, { rule }] of rest.entries()) {
      rowsOf.set(
        ruleKey(rule),
        scanned.rows[at]!.map((row) => row + read.rowCount),
      );
    }
    return {
      rows: fused.map(({ rule }) => rowsOf.get(ruleKey(rule))!),
      key: (row) => (row < read.rowCount ? read.key(row) : scanned.key(row - read.rowCount)),
    };
  }

  /** `rules` are in order: the columns of a scan that was written before stand in the same one. */
  async #scan(slice: EngineSlice, rules: readonly FusedRule[], known: KnownDataset): Promise<Matches> {
    const key = rulesKey(rules);
    const scan = known.scans.get(key) ?? (await fusedScan(slice, rules));
    known.scans.set(key, scan);
    return runFusedScan(slice, scan, rules.length);
  }
}

function inOrder(rules: readonly FusedRule[]): FusedRule[] {
  const keyed = rules.map((rule) => ({ rule, key: ruleKey(rule.rule) }));
  keyed.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
  return keyed.map(({ rule }) => rule);
}

/** Tells lists of rules apart, and the orders of one list. */
function rulesKey(rules: readonly FusedRule[]): string {
  const keys = rules.map(({ rule }) => ruleKey(rule));
  return createHash("sha256").update(JSON.stringify(keys)).digest("base64");
}

function plansFor(rules: readonly FusedRule[]): readonly Plan[] {
  const compiled = rules.filter(({ formula }) => formula !== null).length;
  return compiled === 0 ? ["fused", "separate"] : ["indexed", "closures", "fused", "separate"];
}

async function separateRows(slice: EngineSlice, rules: readonly FusedRule[]): Promise<Row[][]> {
  const results: Row[][] = [];
  for (const { rule } of rules) {
    const result = await slice.chunks(rule.sql);
    const rows: Row[] = [];
    for (const chunk of result.chunks) appendRows(rows, chunk, result.columns, chunk.rowCount);
    results.push(rows);
  }
  return results;
}
