import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { quoteIdentifier, quoteText } from "../../../../../connectors/sql/quote.ts";
import { shapeSql } from "../../../../../promote/rule/shape/sql.ts";
import { partsOnly, readSigmaCollection } from "../../../../../promote/rule/sigma/correlation/collection.ts";
import { prepareRule } from "../../../../../promote/rule/sigma/correlation/prepare.ts";
import { correlationShape } from "../../../../../promote/rule/sigma/correlation/shape.ts";
import { parsePipeline } from "../../../../../promote/rule/sigma/pipeline/parse.ts";
import { corpus } from "../../../../corpora.ts";
import { randomFrom } from "./data.ts";
import {
  type ExpectedCorrelation,
  groupsFound,
  readCorrelation,
  type TimedRow,
} from "./expected-correlation.ts";
import { OTHERS_LIMITS, TEST_BACKEND } from "./pairs.ts";
import type { Row, Value } from "./row.ts";

interface Pair {
  readonly suite: string;
  readonly test: string;
  readonly rules: readonly string[];
  readonly expect: readonly { readonly left: string; readonly equals: unknown }[];
  readonly raises: string | null;
}

const folder = corpus("sigma-conformance");
const skip = folder === null ? "the shared conformance pairs are not here" : false;
const pairs = (
  folder === null ? [] : (JSON.parse(readFileSync(join(folder, "pysigma_pairs.json"), "utf8")) as Pair[])
).filter((pair) => pair.rules.some((text) => /^\s*correlation:/m.test(text)));

let instance: DuckDBInstance;
let connection: DuckDBConnection;
before(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  connection = await instance.connect();
});
after(() => {
  connection?.closeSync();
  instance?.closeSync();
});

function whole(text: string): string {
  const margin = /^\n*( *)\S/.exec(text)?.[1] ?? "";
  return text
    .split("\n")
    .map((line) => (line.startsWith(margin) ? line.slice(margin.length) : line))
    .join("\n");
}

const backend = parsePipeline(TEST_BACKEND, "pipeline.yml");
assert.ok(backend.ok);
const testBackend = backend.value;

function shapesOf(pair: Pair) {
  const collection = readSigmaCollection(
    pair.rules.map((text, at) => ({ place: `${pair.test}-${at}.yml`, text: whole(text) })),
  );
  const pipelines = pair.suite === "SigmaHQ/pySigma" ? [testBackend] : [];
  const shapes = collection.correlations.map((correlation) =>
    correlationShape(correlation, collection, (rule) => {
      const read = prepareRule(rule, collection.filters, pipelines);
      if (!read.ok) return read;
      const { condition, mapName } = read.value;
      return { ok: true, value: [{ dataset: "events", where: condition, mapName }], issues: [] };
    }),
  );
  const codes = [
    ...collection.refused.flatMap(({ issues }) => issues.map(({ code }) => code)),
    ...shapes.flatMap((read) => (read.ok ? [] : read.issues.map(({ code }) => code))),
  ];
  return { collection, shapes, codes };
}

/** Events of several groups: some as the query wants them, some too few, too far apart or in another order. */
function eventsFor(expected: ExpectedCorrelation, trial: number): TimedRow[] {
  const random = randomFrom(trial + 11);
  const events: TimedRow[] = [];
  const groups = expected.by.length === 0 ? 1 : 8;
  for (let group = 0; group < groups; group += 1) {
    const kinds =
      expected.parts.length === 1 ? [0] : expected.parts.map((_, kind) => kind).filter(() => random() < 0.8);
    const few = random() < 0.4;
    const start = Math.floor(random() * 100) * expected.windowS * 4;
    for (const kind of kinds) {
      const { hints, fields, burst } = expected.parts[kind]!;
      const count = burst
        ? burst.count + (few ? -2 : 1)
        : expected.kind === "count" || expected.kind === "distinct"
          ? expected.least + (few ? -1 : 2 + Math.ceil(expected.least * 0.4))
          : 1 + Math.floor(random() * 3);
      for (let each = 0; each < count; each += 1) {
        const row: Record<string, Value> = {};
        for (const [field, hits] of hints.hits) row[field] = hits[Math.floor(random() * hits.length)]!;
        for (const name of expected.by) row[fields.get(name) ?? name] = `${name}${group}`;
        for (const name of burst?.by ?? []) row[name] ??= `${name}${group}`;
        if (expected.field !== "")
          row[expected.field] =
            expected.kind === "distinct"
              ? `value${each}`
              : Math.round(random() * expected.least * (few ? 0.5 : 1.6));
        if (random() < 0.05)
          row[[...hints.hits.keys()][0]!] = typeof Object.values(row)[0] === "number" ? 1 : "other";
        events.push({
          second: start + Math.floor(random() * expected.windowS * (random() < 0.8 ? 0.95 : 1.5)),
          row,
        });
      }
    }
  }
  return events;
}

async function ourGroups(
  sql: string,
  columns: readonly { name: string; type: string }[],
  events: readonly TimedRow[],
  by: readonly string[],
): Promise<Set<string>> {
  const head = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(", ");
  await connection.run(`CREATE OR REPLACE TABLE events (_time TIMESTAMP, ${head})`);
  const literal = (value: Value | undefined) =>
    value == null ? "NULL" : typeof value === "number" ? String(value) : quoteText(value);
  const values = events.map(
    ({ second, row }) =>
      `(make_timestamp(${second}000000), ${columns.map(({ name }) => literal(row[name])).join(", ")})`,
  );
  await connection.run(`INSERT INTO events VALUES ${values.join(", ")}`);
  const read = await connection.runAndReadAll(
    `SELECT ${by.length === 0 ? "1" : by.map(quoteIdentifier).join(", ")} FROM (${sql})`,
  );
  return new Set(read.getRows().map((row) => JSON.stringify(by.length === 0 ? [] : row.map(String))));
}

for (const pair of pairs) {
  test(`${pair.test}`, { skip }, async () => {
    const { collection, shapes, codes } = shapesOf(pair);
    if (pair.test === "test_correlation_valid_2_from_yaml") {
      const [correlation] = collection.correlations;
      assert.equal(correlation?.title, "Valid correlation");
      assert.deepEqual(correlation.groupBy, ["source", "user"]);
      assert.equal(correlation.aliases.size, 2);
      assert.deepEqual(codes, ["sigma.correlation.reference"], "its rules are not in the text");
      return;
    }
    if (pair.raises !== null && OTHERS_LIMITS[pair.test] === undefined) {
      assert.ok(codes.length > 0);
      for (const code of codes) assert.match(code, /^sigma\.correlation\./);
      return;
    }
    if (pair.test === "test_extended_temporal_correlation_simple_not") {
      assert.deepEqual(
        codes,
        ["sigma.correlation.condition"],
        "a rule that must not match within a sliding window is refused by name",
      );
      return;
    }
    assert.deepEqual(codes, []);
    const texts = pair.expect.flatMap(({ equals }) => (Array.isArray(equals) ? (equals as string[]) : []));
    if (pair.raises !== null || texts.length === 0) return;
    const generated = [...collection.rules, ...collection.correlations].filter(
      (one) => !partsOnly(collection).has(one),
    );
    assert.equal(generated.length, texts.length, "`generate` says which parts are rules of their own");
    const correlations = texts.filter((text) => /aggregate|temporal|HAVING|stats/.test(text));
    let [found, empty] = [0, 0];
    for (const [at, text] of correlations.entries()) {
      const shape = shapes[at]!;
      assert.ok(shape.ok);
      const expected = readCorrelation(text, "windowMs" in shape.value ? shape.value.windowMs / 1000 : 0);
      if ("windowMs" in shape.value) assert.equal(shape.value.windowMs, expected.windowS * 1000);
      for (let trial = 0; trial < (expected.by.length === 0 ? 10 : 6); trial += 1) {
        const events = eventsFor(expected, trial);
        if (events.length === 0) continue;
        const names = new Map<string, Value>();
        for (const { row } of events)
          for (const [name, value] of Object.entries(row as Row)) if (value !== null) names.set(name, value);
        for (const { hints, fields } of expected.parts)
          for (const name of [...hints.hits.keys(), ...fields.values()])
            if (!names.has(name)) names.set(name, "");
        const columns = [...names].map(([name, value]) => ({
          name,
          type: typeof value === "number" ? "BIGINT" : "VARCHAR",
        }));
        for (const { name } of columns.filter(({ type }) => type === "BIGINT"))
          for (const { row } of events)
            if (typeof row[name] === "string") (row as Record<string, Value>)[name] = 1;
        const written = shapeSql(shape.value, (dataset) => (dataset === "events" ? columns : null));
        assert.notEqual(written.sql, "", JSON.stringify(written.issues));
        const wanted = groupsFound(expected, events);
        const ours = await ourGroups(written.sql, columns, events, written.entityColumns);
        assert.deepEqual([...ours].sort(), [...wanted].sort(), `${text}\ntrial ${trial}`);
        const groups = expected.by.length === 0 ? 1 : 8;
        found += wanted.size;
        empty += groups - wanted.size;
      }
    }
    assert.ok(found > 0 && empty > 0, `some groups are found (${found}) and some are not (${empty})`);
  });
}
