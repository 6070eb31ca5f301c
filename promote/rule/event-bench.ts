import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { parseStatement } from "../../notebooks/engine/statement.ts";
import { huntMacrosOf } from "../../notebooks/function/macros.ts";
import type { Rule } from "./rule.ts";
import { eventsByDataset, fillTable, type TestedDataset } from "./test-events.ts";

const TIME_LIMIT_MS = 5_000;

/**
 * A small DuckDB whose tables hold one test's events, for trying many events against a few queries: loading and asking
 * take milliseconds. What it says proposes; a test is judged by an engine when it is saved.
 */
export class EventBench {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #datasets: readonly TestedDataset[];
  readonly #rule: Pick<Rule, "timeColumn" | "entities">;
  readonly #known = new Set<string>();
  readonly #macros = new Set<string>();

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    datasets: readonly TestedDataset[],
    rule: Pick<Rule, "timeColumn" | "entities">,
  ) {
    this.#instance = instance;
    this.#connection = connection;
    this.#datasets = datasets;
    this.#rule = rule;
  }

  static async open(
    datasets: readonly TestedDataset[],
    rule: Pick<Rule, "timeColumn" | "entities">,
  ): Promise<EventBench> {
    const instance = await DuckDBInstance.create(":memory:", {
      threads: "1",
      memory_limit: "512MB",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      enable_external_access: "false",
    });
    try {
      const connection = await instance.connect();
      await connection.run("SET GLOBAL TimeZone = 'UTC'");
      await connection.run("SET GLOBAL lock_configuration = true");
      return new EventBench(instance, connection, datasets, rule);
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  }

  /** Holds these events (one JSON object a line) from now on, and no other. Throws as a test with them would say. */
  async load(text: string): Promise<void> {
    const events = eventsByDataset(text, this.#datasets);
    for (const tested of this.#datasets) {
      const mine = events.get(tested.dataset.name) ?? [];
      await fillTable(this.#connection, tested, mine, quoteIdentifier(tested.dataset.name));
    }
  }

  /** Times of the events that are loaded, by their line. */
  async times(): Promise<ReadonlyMap<number, bigint>> {
    const times = new Map<number, bigint>();
    for (const { dataset } of this.#datasets) {
      const result = await this.#connection.runAndReadAll(
        `SELECT "_line", epoch_us("_time") FROM ${quoteIdentifier(dataset.name)} WHERE "_time" IS NOT NULL`,
      );
      for (const [line, timeUs] of result.getRows()) {
        if (typeof timeUs === "bigint") times.set(Number(line), timeUs);
      }
    }
    return times;
  }

  /** Whether the SELECT gives a detection over the events; null when it cannot be run. */
  async matches(sql: string): Promise<boolean | null> {
    try {
      if (!this.#known.has(sql)) {
        const { functionNames } = await parseStatement(this.#connection, sql);
        for (const { name, create } of huntMacrosOf(functionNames)) {
          if (!this.#macros.has(name)) await this.#connection.run(create);
          this.#macros.add(name);
        }
        this.#known.add(sql);
      }
    } catch {
      return null;
    }
    const timer = setTimeout(() => this.#connection.interrupt(), TIME_LIMIT_MS);
    try {
      const time = quoteIdentifier(this.#rule.timeColumn);
      const result = await this.#connection.runAndReadAll(
        `SELECT count(*) FROM (\n${sql}\n) AS found WHERE ${time} IS NOT NULL`,
      );
      return Number(result.getRows()[0]?.[0] ?? 0) > 0;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
