import { stat } from "node:fs/promises";
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

const MAXIMUM_CHARACTERS = 4_000_000;
const MAXIMUM_EVENTS = 10_000;
const JSON_TYPE: ColumnType = { kind: "scalar", name: "JSON" };

/** A dataset that the rule reads, as the lake has it, and how its source tells the time. */
export interface TestedDataset {
  readonly dataset: Pick<Dataset, "name" | "source" | "columns">;
  readonly time: TimeField;
  /** A list to look into: its rows need no time. */
  readonly isLookup?: boolean;
}

export interface TestEvent {
  readonly text: string;
  readonly line: number;
  /** From `_time` in the event; null leaves it to the source's time fields. */
  readonly timeUs: bigint | null;
}

/** What is wrong with a test's events, told as the test's message. */
export class TestProblem extends Error {}

/** The events of one test file by dataset. Throws TestProblem. */
export function eventsByDataset(text: string, datasets: readonly TestedDataset[]): Map<string, TestEvent[]> {
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

/** Writes events as datasets of one segment each. Holds one DuckDB for as many tests as are written. */
export class TestWriter {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<TestWriter> {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "512MB" });
    try {
      const connection = await instance.connect();
      await connection.run("SET TimeZone = 'UTC'");
      return new TestWriter(instance, connection);
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  }

  /** Writes one Parquet file a dataset into the folder, which must not hold any yet. Throws TestProblem. */
  async write(
    datasets: readonly TestedDataset[],
    events: ReadonlyMap<string, readonly TestEvent[]>,
    folder: string,
  ): Promise<Dataset[]> {
    const written: Dataset[] = [];
    for (const [index, tested] of datasets.entries()) {
      const mine = events.get(tested.dataset.name) ?? [];
      written.push(await writeDataset(this.#connection, tested, mine, join(folder, `${index}.parquet`)));
    }
    return written;
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

async function writeDataset(
  connection: DuckDBConnection,
  tested: TestedDataset,
  events: readonly TestEvent[],
  path: string,
): Promise<Dataset> {
  const { dataset } = tested;
  const table = quoteIdentifier(`test ${dataset.name}`);
  const { earliest, latest } = await fillTable(connection, tested, events, table);
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

/**
 * Makes the table (its name quoted) hold these events alone, with the columns of the dataset and times as the loader
 * gives them. Tells the first and last time. Throws TestProblem for events that do not fit.
 */
export async function fillTable(
  connection: DuckDBConnection,
  { dataset, time, isLookup = false }: TestedDataset,
  events: readonly TestEvent[],
  table: string,
): Promise<{ readonly earliest: unknown; readonly latest: unknown }> {
  const columns = dataset.columns.map((column) => ({ ...column, parsed: parseColumnType(column.type) }));
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
  if (typeof timeless === "bigint" && !isLookup) {
    throw new TestProblem(
      `Line ${timeless}: the event has no time; give _time or ${time.fields.map(shown).join(" or ")}.`,
    );
  }
  return { earliest, latest };
}

function shownLong(error: unknown): string {
  return (error instanceof Error ? error.message : String(error))
    .split("\n")[0]!
    .replaceAll(/\p{C}/gu, "?")
    .slice(0, 300);
}
