import { type Clock, formatInstant, parseInstant } from "../../../connectors/time/instant.ts";
import { type QueryEngine, QueryError, type Row } from "../../../notebooks/engine/engine.ts";
import { EventBench } from "../event-bench.ts";
import type { Rule } from "../rule.ts";
import { TestProblem } from "../test-events.ts";
import { eventsOf } from "../test-from-data.ts";
import type { TestedDataset } from "../tests.ts";
import type { Survivor } from "./measure.ts";
import type { Mutant } from "./mutants.ts";
import { type EventFields, nearEvents } from "./near-events.ts";
import type { TestSuggestion } from "./report.ts";

/** What is spent on all suggestions of one report, from the first on. */
const DEFAULT_BUDGET_MS = 6_000;
const MOST_EVENTS_CHANGED = 60;

export interface SuggesterRequest {
  readonly rule: Rule;
  readonly tests: Readonly<Record<string, string>>;
  readonly datasets: readonly TestedDataset[];
  /** The lake. */
  readonly engine: QueryEngine;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly budgetMs?: number;
}

/**
 * Finds tests that catch broken variants. First in the lake: events of what only one of the two finds there. Else made
 * from the events of a test that matches, with what the changed expression names set otherwise. Every suggestion has
 * been tried on both. Close it when done.
 */
export class TestSuggester {
  readonly #request: SuggesterRequest;
  readonly #bench: EventBench;
  #untilMs: number | null = null;

  private constructor(request: SuggesterRequest, bench: EventBench) {
    this.#request = request;
    this.#bench = bench;
  }

  static async open(request: SuggesterRequest): Promise<TestSuggester> {
    return new TestSuggester(request, await EventBench.open(request.datasets, request.rule));
  }

  close(): void {
    this.#bench.close();
  }

  /** A test that catches the survivor; null where none was found in the time there is. */
  async suggest(survivor: Survivor): Promise<TestSuggestion | null> {
    if (this.#isLate()) return null;
    return (await this.#fromHistory(survivor)) ?? (await this.#fromTests(survivor.mutant));
  }

  #isLate(): boolean {
    const { signal, clock, budgetMs = DEFAULT_BUDGET_MS } = this.#request;
    signal?.throwIfAborted();
    this.#untilMs ??= clock() + budgetMs;
    return clock() > this.#untilMs;
  }

  async #fromHistory({ mutant, difference }: Survivor): Promise<TestSuggestion | null> {
    const { rule } = this.#request;
    const added = [...(difference?.added.values() ?? [])][0];
    if (added !== undefined) {
      const events = await this.#events(added, mutant.sql, rule.sql);
      if (events !== null)
        return suggestion(
          mutant,
          "no-match",
          events,
          "These events of the data meet all but what the variant leaves out.",
        );
    }
    const missing = [...(difference?.missing.values() ?? [])][0];
    if (missing === undefined) return null;
    const events = await this.#events(missing, rule.sql, mutant.sql);
    return events === null
      ? null
      : suggestion(
          mutant,
          "match",
          events,
          "The rule finds these events of the data, and the variant does not.",
        );
  }

  /** Fewest events of the lake over which one SELECT gives a detection and the other none. */
  async #events(row: Row, sql: string, without: string): Promise<string | null> {
    const { rule, datasets, engine, signal } = this.#request;
    const time = row[rule.timeColumn];
    const eventTimeUs = typeof time === "string" ? parseInstant(time) : null;
    if (eventTimeUs === null) return null;
    const entityValues = rule.entities.flatMap(({ column }) => {
      const value = row[column];
      return value === null || value === undefined || typeof value === "object" ? [] : [String(value)];
    });
    try {
      return await eventsOf({
        rule,
        sql,
        without: [without],
        eventTimeUs,
        entityValues,
        datasets,
        engine,
        bench: this.#bench,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof QueryError) return null;
      throw error;
    }
  }

  async #fromTests(mutant: Mutant): Promise<TestSuggestion | null> {
    const { tests } = this.#request;
    for (const name of Object.keys(tests).sort()) {
      const events = name.startsWith("match-") ? await this.#timedEvents(tests[name]!) : [];
      if (events.length === 0 || events.length > MOST_EVENTS_CHANGED) continue;
      for (const candidate of nearEvents(events, mutant)) {
        if (this.#isLate()) return null;
        const found = await this.#tells(candidate, mutant);
        if (found !== null)
          return suggestion(
            mutant,
            found.expected,
            found.events,
            `Made from ${name}: the rule and the variant disagree on it.`,
          );
      }
    }
    return null;
  }

  /** The events of a test, each with its time as the loader gives it; none where the test cannot be read. */
  async #timedEvents(text: string): Promise<EventFields[]> {
    try {
      await this.#bench.load(text);
    } catch (error) {
      if (error instanceof TestProblem) return [];
      throw error;
    }
    const times = await this.#bench.times();
    return readEvents(text).map(({ event, line }) => {
      const timeUs = times.get(line);
      return timeUs === undefined ? event : { ...event, _time: formatInstant(timeUs) };
    });
  }

  async #tells(
    candidate: readonly EventFields[],
    mutant: Mutant,
  ): Promise<Pick<TestSuggestion, "expected" | "events"> | null> {
    const events = candidate.map((event) => JSON.stringify(event)).join("\n");
    try {
      await this.#bench.load(events);
    } catch (error) {
      if (error instanceof TestProblem) return null;
      throw error;
    }
    const own = await this.#bench.matches(this.#request.rule.sql);
    const other = await this.#bench.matches(mutant.sql);
    if (own === null || other === null || own === other) return null;
    return { expected: own ? "match" : "no-match", events };
  }
}

function readEvents(text: string): { readonly event: EventFields; readonly line: number }[] {
  return text.split("\n").flatMap((written, at) => {
    try {
      const event: unknown = written.trim() === "" ? null : JSON.parse(written);
      const isEvent = typeof event === "object" && event !== null && !Array.isArray(event);
      return isEvent ? [{ event: event as EventFields, line: at + 1 }] : [];
    } catch {
      return [];
    }
  });
}

function suggestion(
  mutant: Mutant,
  expected: TestSuggestion["expected"],
  events: string,
  why: string,
): TestSuggestion {
  const slug = mutant.what
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 48)
    .replace(/-$/, "");
  return {
    name: `${expected}-${slug}-${mutant.id.slice(0, 4)}.ndjson`,
    expected,
    events: `${events}\n`,
    why,
  };
}
