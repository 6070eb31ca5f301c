import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { type QueryEngine, QueryError } from "../../notebooks/engine/engine.ts";
import type { Rule } from "./rule.ts";
import { eventsByDataset, type TestedDataset, TestProblem, TestWriter } from "./test-events.ts";
import type { RuleTestReport } from "./test-report.ts";

export type { TestedDataset } from "./test-events.ts";

export const TEST_NAME = /^(match|no-match)-[\w.-]{1,80}\.ndjson$/;
const TIME_LIMIT_MS = 30_000;

export interface RuleTestRequest {
  readonly rule: Pick<Rule, "sql" | "timeColumn" | "entities">;
  /** Test files by name: `match-*.ndjson` must give a detection, `no-match-*.ndjson` none. */
  readonly tests: Readonly<Record<string, string>>;
  /** The datasets that the rule's SQL reads. */
  readonly datasets: readonly TestedDataset[];
  /** Makes an engine over these datasets alone; it is closed after each test. */
  readonly makeEngine: (datasets: readonly Dataset[], temporaryDirectory: string) => QueryEngine;
  readonly signal?: AbortSignal;
}

/** One test whose events are in an engine. */
export interface OpenTest {
  readonly name: string;
  readonly expected: "match" | "no-match";
  readonly passed: boolean;
  readonly message: string;
  /** Holds the test's events alone; closed after the work. */
  readonly engine: QueryEngine;
  /** Verdict of another SELECT over the same events: what the test would say of a rule that has it. */
  judge(sql: string): Promise<Pick<OpenTest, "passed" | "message">>;
}

type Outcome = RuleTestReport["tests"][number];

/**
 * Runs the rule's own SQL in a real engine on the events of each test file, one JSON object a line. An event says with
 * `_dataset` where it belongs (needless when the rule reads one dataset) and may give `_time`; else its source's time
 * fields do. Columns have the types of the live datasets, and fields that an event lacks are NULL. What is wrong with a
 * test is in its message; nothing is thrown for it.
 */
export async function runRuleTests(request: RuleTestRequest): Promise<RuleTestReport> {
  const tests = await eachTest(request, async () => undefined);
  return { passed: tests.length > 0 && tests.every(({ passed }) => passed), tests };
}

/**
 * The same, and gives each test whose events could be read to `work` while they are in an engine, one test after the
 * other in the order of their names. Throws what `work` throws, and the signal's reason when it is aborted.
 */
export async function eachTest(
  request: RuleTestRequest,
  work: (test: OpenTest) => Promise<void>,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const named = Object.entries(request.tests).sort(([left], [right]) => (left < right ? -1 : 1));
  if (named.length === 0) return outcomes;
  const writer = await TestWriter.open();
  try {
    for (const [name, text] of named) {
      request.signal?.throwIfAborted();
      outcomes.push(await oneTest(request, writer, name, text, work));
    }
  } finally {
    writer.close();
  }
  return outcomes;
}

async function oneTest(
  request: RuleTestRequest,
  writer: TestWriter,
  name: string,
  text: string,
  work: (test: OpenTest) => Promise<void>,
): Promise<Outcome> {
  const expected = name.startsWith("no-match-") ? "no-match" : "match";
  if (!TEST_NAME.test(name)) {
    const message = "Name it match-<what>.ndjson or no-match-<what>.ndjson.";
    return { name, expected, passed: false, message };
  }
  const folder = await mkdtemp(join(tmpdir(), "spoor-rule-test-"));
  let engine: QueryEngine | null = null;
  try {
    const events = eventsByDataset(text, request.datasets);
    engine = request.makeEngine(await writer.write(request.datasets, events, folder), folder);
    const over = engine;
    const judge = (sql: string) => verdict({ ...request.rule, sql }, over, expected, request.signal);
    const outcome = { name, expected, ...(await judge(request.rule.sql)) } as const;
    await work({ ...outcome, engine: over, judge });
    return outcome;
  } catch (error) {
    if (!(error instanceof TestProblem)) throw error;
    return { name, expected, passed: false, message: error.message };
  } finally {
    await engine?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function verdict(
  rule: RuleTestRequest["rule"],
  engine: QueryEngine,
  expected: OpenTest["expected"],
  signal: AbortSignal | undefined,
): Promise<Pick<OpenTest, "passed" | "message">> {
  try {
    const count = await detectionCount(rule, engine, signal);
    const passed = expected === "match" ? count > 0 : count === 0;
    const wanted = expected === "match" ? "at least one" : "none";
    return { passed, message: `${count} ${count === 1 ? "detection" : "detections"}; expected ${wanted}.` };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof TestProblem) && !(error instanceof QueryError)) throw error;
    return { passed: false, message: error.message };
  }
}

async function detectionCount(
  rule: RuleTestRequest["rule"],
  engine: QueryEngine,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { rows } = await engine.rows({
    sql: rule.sql,
    timeLimitMs: TIME_LIMIT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const keys = rows
    .filter((row) => row[rule.timeColumn] != null)
    .map((row) =>
      JSON.stringify([row[rule.timeColumn], ...rule.entities.map(({ column }) => row[column])], (_, value) =>
        typeof value === "bigint" ? `${value}n` : value,
      ),
    );
  if (rows.length > 0 && keys.length === 0)
    throw new TestProblem(`${rows.length} rows matched, but none has a time in ${rule.timeColumn}.`);
  return new Set(keys).size;
}
