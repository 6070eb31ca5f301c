import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Dataset, Segment } from "../../connectors/dataset/dataset.ts";
import { eventTimeSql } from "../../connectors/load/event-time.ts";
import type { TimeField } from "../../connectors/source/source.ts";
import { quoteIdentifier, quoteText } from "../../connectors/sql/quote.ts";
import { parseInstant } from "../../connectors/time/instant.ts";
import { shown } from "../../connectors/yaml/yaml-tree.ts";
import { castExpression } from "../../notebooks/catalog/column-cast.ts";
import { type ColumnType, formatColumnType, parseColumnType } from "../../notebooks/catalog/column-type.ts";
import { type QueryEngine, QueryError } from "../../notebooks/engine/engine.ts";
import type { Rule } from "./rule.ts";
import type { RuleTestReport } from "./test-report.ts";

export const TEST_NAME = /^(match|no-match)-[\w.-]{1,80}\.ndjson$/;
const MAXIMUM_CHARACTERS = 4_000_000;
const MAXIMUM_EVENTS = 10_000;
const JSON_TYPE: ColumnType = { kind: "scalar", name: "JSON" };

/** A dataset that the rule reads, as the lake has it, and how its source tells the time. */
export interface TestedDataset {
  readonly dataset: Pick<Dataset, "name" | "source" | "columns">;
  readonly time: TimeField;
}

export interface RuleTestRequest {
  readonly rule: Pick<Rule, "sql" | "timeColumn" | "entities">;
  /** Test files by name: `match-*.ndjson` must give a detection, `no-match-*.ndjson` none. */
  readonly tests: Readonly<Record<string, string>>;
  /** The datasets that the rule's SQL reads. */
  readonly datasets: readonly TestedDataset[];
  /** Makes an engine over these datasets alone; it is closed after each test. */
  readonly makeEngine: (datasets: readonly Dataset[], temporaryDirectory: string) => QueryEngine;
}

interface TestEvent {
  readonly text: string;
  readonly line: number;
  /** From `_time` in the event; null leaves it to the source's time fields. */
  readonly timeUs: bigint | null;
}

class TestProblem extends Error {}

/**
 * Runs the rule's own SQL in a real engine on the events of each test file, one JSON object a line. An event says with
 * `_dataset` where it belongs (needless when the rule reads one dataset) and may give `_time`; else its source's time
 * fields do. Columns have the types of the live datasets, and fields that an event lacks are NULL. What is wrong with a
 * test is in its message; nothing is thrown for it.
 */
export async function runRuleTests(request: RuleTestRequest): Promise<RuleTestReport> {
  const tests: RuleTestReport["tests"][number][] = [];
  for (const [name, text] of Object.entries(request.tests).sort(([left], [right]) =>
    left < right ? -1 : 1,
  )) {
    const expected = name.startsWith("no-match-") ? "no-match" : "match";
    if (!TEST_NAME.test(name)) {
      tests.push({
        name,
        expected,
        passed: false,
        message: "Name it match-<what>.ndjson or no-match-<what>.ndjson.",
      });
      continue;
    }
    try {
      const count = await detectionCount(request, text);
      const passed = expected === "match" ? count > 0 : count === 0;
      tests.push({
        name,
        expected,
        passed,
        message: `${count} ${count === 1 ? "detection" : "detections"}; expected ${expected === "match" ? "at least one" : "none"}.`,
      });
    } catch (error) {
      if (!(error instanceof TestProblem) && !(error instanceof QueryError)) throw error;
      tests.push({ name, expected, passed: false, message: error.message });
    }
  }
  return { passed: tests.length > 0 && tests.every(({ passed }) => passed), tests };
}

async function detectionCount(
  { rule, datasets, makeEngine }: RuleTestRequest,
  text: string,
): Promise<number> {
  const events = eventsByDataset(text, datasets);
  const folder = await mkdtemp(join(tmpdir(), "spoor-rule-test-"));
  try {
    const written = await writeDatasets(datasets, events, folder);
    const engine = makeEngine(written, folder);
    try {
      const { rows } = await engine.rows({ sql: rule.sql, timeLimitMs: 30_000 });
      const keys = rows
        .filter((row) => row[rule.timeColumn] != null)
        .map((row) =>
          JSON.stringify(
            [row[rule.timeColumn], ...rule.entities.map(({ column }) => row[column])],
            (_, value) => (typeof value === "bigint" ? `${value}n` : value),
          ),
        );
      if (rows.length > 0 && keys.length === 0)
        throw new TestProblem(`${rows.length} rows matched, but none has a time in ${rule.timeColumn}.`);
      return new Set(keys).size;
    } finally {
      await engine.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function eventsByDataset(text: string, datasets: readonly TestedDataset[]): Map<string, TestEvent[]> {
  if (text.length > MAXIMUM_CHARACTERS)
    throw new TestProblem("The file is larger than 4 million characters.");
  const events = new Map<string, TestEvent[]>(datasets.map(({ dataset }) => [dataset.name, []]));
  let count = 0;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (raw.trim() === "") continue;
    const line = index + 1;
    const event = parseEvent(raw, line);
    const only = datasets.length === 1 ? datasets[0]!.dataset.name : null;
    const named = event._dataset ?? only;
    const tested = datasets.find(({ dataset }) => dataset.name === named);
    if (!tested) {
      const known = datasets.map(({ dataset }) => dataset.name).join(", ");
      throw new TestProblem(
        `Line ${line}: ${named === null ? "`_dataset` is missing" : `the rule does not read "${shown(String(named))}"`}; write one of ${known}.`,
      );
    }
    count += 1;
    if (count > MAXIMUM_EVENTS) throw new TestProblem(`The file has more than ${MAXIMUM_EVENTS} events.`);
    const given = event._time;
    const timeUs = typeof given === "string" ? parseInstant(given) : null;
    if (given !== undefined && timeUs === null)
      throw new TestProblem(`Line ${line}: _time is no instant; write it like 2026-11-02T09:15:00Z.`);
    events.get(tested.dataset.name)!.push({ text: raw, line, timeUs });
  }
  if (count === 0) throw new TestProblem("The file holds no event, which tests nothing.");
  return events;
}

function parseEvent(raw: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    throw new TestProblem(`Line ${line} is no JSON.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TestProblem(`Line ${line} is no JSON object.`);
  return value as Record<string, unknown>;
}

async function writeDatasets(
  datasets: readonly TestedDataset[],
  events: ReadonlyMap<string, readonly TestEvent[]>,
  folder: string,
): Promise<Dataset[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "512MB" });
  try {
    const connection = await instance.connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      const written: Dataset[] = [];
      for (const [index, tested] of datasets.entries()) {
        written.push(
          await writeDataset(
            connection,
            tested,
            events.get(tested.dataset.name) ?? [],
            join(folder, `${index}.parquet`),
          ),
        );
      }
      return written;
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

async function writeDataset(
  connection: DuckDBConnection,
  { dataset, time }: TestedDataset,
  events: readonly TestEvent[],
  path: string,
): Promise<Dataset> {
  const columns = dataset.columns.map((column) => ({ ...column, parsed: parseColumnType(column.type) }));
  const table = quoteIdentifier(`test ${dataset.name}`);
  await connection.run(
    `CREATE OR REPLACE TABLE ${table} (${[
      ...['"_time" TIMESTAMP', '"_ingested" TIMESTAMP', '"_file" VARCHAR', '"_line" BIGINT'],
      ...columns.map(({ name, parsed }) => `${quoteIdentifier(name)} ${formatColumnType(parsed)}`),
    ].join(", ")})`,
  );
  const values = columns.map(({ parsed }, index) =>
    castExpression(`json_extract(CAST($event AS JSON), $key${index})`, JSON_TYPE, parsed),
  );
  const system = ["make_timestamp(CAST($time AS BIGINT))", "NULL", "'test'", "CAST($line AS BIGINT)"];
  const insert = await connection.prepare(`INSERT INTO ${table} SELECT ${[...system, ...values].join(", ")}`);
  const keys = Object.fromEntries(
    columns.map(({ key }, index) => [`key${index}`, `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`]),
  );
  for (const event of events) {
    insert.bind({
      time: event.timeUs,
      line: BigInt(event.line),
      ...(columns.length > 0 ? { event: event.text } : {}),
      ...keys,
    });
    try {
      await insert.run();
    } catch (error) {
      throw new TestProblem(
        `Line ${event.line} does not fit the columns of ${dataset.name}: ${shownLong(error)}`,
      );
    }
  }
  const readable = columns.map((column) => ({ ...column, sql: quoteIdentifier(column.name) }));
  await connection.run(`SET VARIABLE zone = ${quoteText(time.zone)}`);
  await connection.run(`UPDATE ${table} SET _time = coalesce(_time, ${eventTimeSql(time, readable)})`);
  await connection.run(`UPDATE ${table} SET _ingested = _time`);
  const facts = await connection.runAndReadAll(
    `SELECT min(_line) FILTER (_time IS NULL), epoch_us(min(_time)), epoch_us(max(_time)) FROM ${table}`,
  );
  const [timeless, earliest, latest] = facts.getRows()[0] ?? [];
  if (typeof timeless === "bigint") {
    throw new TestProblem(
      `Line ${timeless}: the event has no time; give _time or ${time.fields.map(shown).join(" or ")}.`,
    );
  }
  await connection.run(`COPY ${table} TO ${quoteText(path)} (FORMAT parquet)`);
  const segment: Segment = {
    id: `test-${dataset.name}`,
    dataset: dataset.name,
    path,
    rowCount: events.length,
    byteCount: (await stat(path)).size,
    minTimeUs: typeof earliest === "bigint" ? earliest : null,
    maxTimeUs: typeof latest === "bigint" ? latest : null,
    ingestedUs: typeof latest === "bigint" ? latest : 0n,
    inputHashes: [],
    columns: dataset.columns,
  };
  return { ...dataset, segments: [segment], version: 1 };
}

function shownLong(error: unknown): string {
  return (error instanceof Error ? error.message : String(error))
    .split("\n")[0]!
    .replaceAll(/\p{C}/gu, "?")
    .slice(0, 300);
}
