import type { Clock } from "../../../connectors/time/instant.ts";
import type { QueryEngine } from "../../../notebooks/engine/engine.ts";
import type { Rule } from "../rule.ts";
import { SqlTrees } from "../sql-tree.ts";
import { eachTest, type RuleTestRequest } from "../tests.ts";
import { type Found, foundBy } from "./found.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import type { MutationReport, Mutant as ReportedMutant, TestSuggestion } from "./report.ts";

const MAXIMUM_MUTANTS = 150;
/** Detections of the rule itself that are held to compare with; a rule with more is not compared. */
const MAXIMUM_FOUND = 100_000;
/** What a survivor may find beyond the rule before it counts as different. */
const MORE_FOUND = 200;
const SHARE_OF_TESTS = 0.5;
const HISTORY_BUDGET_MS = 10_000;
/** Of one comparison; a variant that forgets a key may pair everything with everything. */
const COMPARISON_MS = 4_000;

export interface MutationRequest {
  readonly rule: Pick<Rule, "sql" | "timeColumn" | "entities" | "version">;
  readonly tests: RuleTestRequest["tests"];
  readonly datasets: RuleTestRequest["datasets"];
  readonly makeEngine: RuleTestRequest["makeEngine"];
  /** The lake, for what no test catches; absent where there is none. */
  readonly history?: QueryEngine;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number, message: string) => void;
  /** Finds a test that catches a survivor; absent leaves them without. */
  readonly suggest?: (survivor: Survivor) => Promise<TestSuggestion | null>;
  /** Variants at most. Default 150. */
  readonly maximum?: number;
  /** How long survivors are compared on the history, all together; default 10 s. Later ones are told as not compared. */
  readonly historyBudgetMs?: number;
}

/** A variant that no test caught, and where it differs from the rule on the data there is. */
export interface Survivor {
  readonly mutant: Mutant;
  /** Keys (time, entities) that one finds and the other does not; null where it could not be compared. */
  readonly difference: { readonly added: Found["rows"]; readonly missing: Found["rows"] } | null;
}

/**
 * Breaks the rule's SQL in every small way and runs each variant over the rule's tests: a variant is caught when a test
 * that passes gives another verdict. Those that nothing caught are run over the whole history: where they find the same
 * there too, they are told as candidates for meaning the same, and stay in the list. A variant that DuckDB cannot run
 * at all is no variant. Throws QueryError when the rule's SQL does not parse, the signal's reason when it is aborted.
 */
export async function measureMutation(request: MutationRequest): Promise<MutationReport> {
  const { rule, signal } = request;
  const startedMs = request.clock();
  request.onProgress?.(0, "breaking the query");
  const trees = await SqlTrees.open();
  const { mutants, possible, original } = await mutantsOf(
    rule.sql,
    trees,
    request.maximum ?? MAXIMUM_MUTANTS,
  ).finally(() => trees.close());
  const runnable = await runnableOf(mutants, request);
  const caughtBy = await runOverTests(request, runnable);
  const survivors = runnable.filter(({ id }) => !caughtBy.has(id));
  const compared = await compareOnHistory(request, survivors);
  const reported: ReportedMutant[] = [];
  for (const [at, mutant] of runnable.entries()) {
    const { id, what, kind, sql } = mutant;
    const by = caughtBy.get(id) ?? null;
    const survivor = compared.get(id);
    signal?.throwIfAborted();
    const suggestion = survivor === undefined ? null : ((await request.suggest?.(survivor)) ?? null);
    reported.push({
      id,
      what,
      kind,
      sql,
      caught: by !== null,
      by,
      ...(survivor === undefined ? {} : { onHistory: historySentence(survivor) }),
      ...(suggestion === null ? {} : { suggestion }),
    });
    request.onProgress?.(
      0.8 + (0.2 * (at + 1)) / runnable.length,
      "looking for tests that would catch the rest",
    );
  }
  return {
    version: rule.version,
    mutants: reported,
    score: reported.length === 0 ? 0 : caughtBy.size / reported.length,
    // One that a test tells apart does not mean the same, however alike the history makes them look.
    equivalent: reported
      .filter(({ id, suggestion }) => suggestion === undefined && isTheSame(compared.get(id)))
      .map(({ id }) => id),
    possible,
    original,
    elapsedMs: request.clock() - startedMs,
  };
}

function isTheSame(survivor: Survivor | undefined): boolean {
  const difference = survivor?.difference ?? null;
  return difference !== null && difference.added.size + difference.missing.size === 0;
}

function historySentence(survivor: Survivor): string {
  const { difference } = survivor;
  if (difference === null) return "It could not be compared on the history in the time there is.";
  if (isTheSame(survivor)) return "It finds the same in the whole history.";
  const more = difference.added.size >= MORE_FOUND ? "at least " : "";
  return `In the history it finds ${more}${difference.added.size} more and misses ${difference.missing.size}.`;
}

/** Those that DuckDB can plan over the datasets' columns. */
async function runnableOf(mutants: readonly Mutant[], request: MutationRequest): Promise<Mutant[]> {
  const { history } = request;
  if (history === undefined) return [...mutants];
  const runnable: Mutant[] = [];
  for (const mutant of mutants) {
    request.signal?.throwIfAborted();
    const runs = await history.describe(mutant.sql).then(
      () => true,
      () => false,
    );
    if (runs) runnable.push(mutant);
  }
  return runnable;
}

/** The test that caught each, by the mutant's id. Tests that fail on the rule itself judge nothing. */
async function runOverTests(
  request: MutationRequest,
  mutants: readonly Mutant[],
): Promise<Map<string, string>> {
  const caughtBy = new Map<string, string>();
  const testCount = Object.keys(request.tests).length;
  let done = 0;
  const { rule, tests, datasets, makeEngine, signal } = request;
  await eachTest(
    { rule, tests, datasets, makeEngine, ...(signal === undefined ? {} : { signal }) },
    async (test) => {
      if (test.passed) {
        for (const { id, sql } of mutants) {
          if (caughtBy.has(id)) continue;
          signal?.throwIfAborted();
          if (!(await test.judge(sql)).passed) caughtBy.set(id, test.name);
        }
      }
      done += 1;
      request.onProgress?.(
        (SHARE_OF_TESTS * done) / testCount,
        `caught ${caughtBy.size} of ${mutants.length} so far`,
      );
    },
  );
  return caughtBy;
}

async function compareOnHistory(
  request: MutationRequest,
  survivors: readonly Mutant[],
): Promise<ReadonlyMap<string, Survivor>> {
  const { history, rule, signal } = request;
  const compared = new Map<string, Survivor>();
  const untilMs = request.clock() + (request.historyBudgetMs ?? HISTORY_BUDGET_MS);
  const leftMs = () => Math.min(COMPARISON_MS, untilMs - request.clock());
  const isNeeded = history !== undefined && survivors.length > 0;
  const own = isNeeded ? await foundBy(history, rule, MAXIMUM_FOUND, leftMs(), signal) : null;
  for (const [at, mutant] of survivors.entries()) {
    const limitMs = leftMs();
    const found =
      own?.complete === true && limitMs > 0
        ? await foundBy(history!, { ...rule, sql: mutant.sql }, own.rows.size + MORE_FOUND, limitMs, signal)
        : null;
    compared.set(mutant.id, { mutant, difference: found === null ? null : differenceOf(own!, found) });
    request.onProgress?.(
      SHARE_OF_TESTS + (0.3 * (at + 1)) / survivors.length,
      `compared ${at + 1} of ${survivors.length} survivors on the history`,
    );
  }
  return compared;
}

function differenceOf(own: Found, other: Found): NonNullable<Survivor["difference"]> {
  const without = (rows: Found["rows"], known: Found["rows"]) =>
    new Map([...rows].filter(([key]) => !known.has(key)));
  // What a cut result lacks may be in the rest of it.
  return {
    added: without(other.rows, own.rows),
    missing: other.complete ? without(own.rows, other.rows) : new Map(),
  };
}
