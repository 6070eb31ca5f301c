import assert from "node:assert/strict";
import { test } from "node:test";
import { partsOnly, readSigmaCollection } from "../../../../../promote/rule/sigma/correlation/collection.ts";
import { prepareRule } from "../../../../../promote/rule/sigma/correlation/prepare.ts";
import { correlationShape } from "../../../../../promote/rule/sigma/correlation/shape.ts";

const RULE = (name: string, value: string) =>
  `title: ${name}\nname: ${name}\nlogsource: { product: test, service: ${value} }\ndetection:\n  selection: { event: ${name} }\n  condition: selection\n`;
const RULES = ["a", "b", "c"].map((name) => RULE(name, "one")).join("---\n");

function read(correlation: string, rules = RULES) {
  const collection = readSigmaCollection([
    { place: "c.yml", text: `title: outer\ncorrelation:\n${correlation}---\n${rules}` },
  ]);
  const codes = collection.refused.flatMap(({ issues }) =>
    issues.map(({ code, place }) => `${code} ${place}`),
  );
  const [outer] = collection.correlations;
  if (!outer) return { codes, shape: null, collection };
  const shape = correlationShape(outer, collection, (rule) => {
    const prepared = prepareRule(rule, collection.filters, []);
    if (!prepared.ok) return prepared;
    return {
      ok: true,
      issues: [],
      value: [
        {
          dataset: rule.logSource.service!,
          where: prepared.value.condition,
          mapName: (name: string) => [name],
        },
      ],
    };
  });
  return {
    codes: [...codes, ...shape.issues.map(({ code, place }) => `${code} ${place}`)],
    shape: shape.ok ? shape.value : null,
    collection,
  };
}

test("every type becomes a shape", () => {
  const measure = (type: string, condition: string) => {
    const { shape, codes } = read(
      `  type: ${type}\n  rules: [a]\n  group-by: [host]\n  timespan: 5m\n  condition: ${condition}\n`,
    );
    assert.deepEqual(codes, []);
    assert.equal(shape?.kind, "threshold");
    return shape?.kind === "threshold" ? shape.measure : null;
  };
  assert.deepEqual(measure("event_count", "{ gte: 10 }"), {
    of: "count",
    field: "",
    comparison: "greater-or-equal",
    value: 10,
  });
  assert.deepEqual(measure("event_count", "{ gt: 100, lte: 200 }"), {
    of: "count",
    field: "",
    comparison: "greater",
    value: 100,
    and: { comparison: "less-or-equal", value: 200 },
  });
  assert.deepEqual(measure("value_count", "{ field: user, lt: 3 }"), {
    of: "distinct",
    field: "user",
    comparison: "less",
    value: 3,
  });
  assert.deepEqual(measure("value_sum", "{ field: bytes, neq: 0.5 }"), {
    of: "sum",
    field: "bytes",
    comparison: "not-equal",
    value: 0.5,
  });
  assert.deepEqual(measure("value_avg", "{ field: bytes, eq: 7 }"), {
    of: "average",
    field: "bytes",
    comparison: "equal",
    value: 7,
  });
  assert.deepEqual(measure("value_percentile", "{ field: bytes, percentile: 99, gte: 7 }"), {
    of: "percentile",
    percentile: 99,
    field: "bytes",
    comparison: "greater-or-equal",
    value: 7,
  });
  assert.deepEqual(measure("value_median", "{ field: bytes, gte: 7 }"), {
    of: "percentile",
    percentile: 50,
    field: "bytes",
    comparison: "greater-or-equal",
    value: 7,
  });
  for (const [type, ordered] of [
    ["temporal", false],
    ["temporal_ordered", true],
  ] as const) {
    const { shape } = read(`  type: ${type}\n  rules: [a, b]\n  group-by: [host]\n  timespan: 90s\n`);
    assert.ok(shape?.kind === "sequence");
    assert.deepEqual(
      [shape.ordered, shape.windowMs, shape.events.map(({ name }) => name)],
      [ordered, 90_000, ["a", "b"]],
    );
  }
  const some = read("  type: temporal\n  rules: [a, b, c]\n  timespan: 1h\n  condition: { gte: 2 }\n").shape;
  assert.ok(some?.kind === "threshold");
  assert.equal(some.measure.of, "kinds");
});

test("aliases name each rule's own field, nested counts are bursts of their own", () => {
  const { shape } = read(
    "  type: temporal\n  rules: [a, b]\n  group-by: [who]\n  timespan: 5m\n  aliases:\n    who: { a: user.name, b: account }\n",
  );
  assert.ok(shape?.kind === "sequence");
  assert.deepEqual([shape.by, shape.events.map(({ by }) => by)], [["who"], [["user.name"], ["account"]]]);
  const nested = read(
    "  type: temporal_ordered\n  rules: [many, b]\n  group-by: [user]\n  timespan: 5m\n",
    `title: many\nname: many\ncorrelation: { type: event_count, rules: [a], group-by: [host], timespan: 10m, condition: { gt: 9 } }\n---\n${RULES}`,
  );
  assert.deepEqual(nested.codes, []);
  assert.ok(nested.shape?.kind === "sequence");
  assert.deepEqual(nested.shape.events[0]?.burst, { count: 10, windowMs: 600_000, by: ["host"] });
});

test("`generate` keeps the rules of a correlation as rules of their own", () => {
  for (const [generate, parts] of [
    ["", 2],
    ["  generate: true\n", 0],
  ] as const) {
    const { collection } = read(`  type: temporal\n  rules: [a, b]\n  timespan: 5m\n${generate}`);
    assert.equal(partsOnly(collection).size, parts);
  }
});

test("what a correlation lacks and what a shape cannot say is refused by name and line", () => {
  for (const [text, code] of [
    ["  type: moon_phase\n  rules: [a]\n  timespan: 5m\n", "sigma.correlation.type c.yml:3"],
    [
      "  type: event_count\n  rules: [a]\n  timespan: 5x\n  condition: { gte: 1 }\n",
      "sigma.correlation.timespan c.yml:5",
    ],
    [
      "  type: event_count\n  rules: [a]\n  timespan: 2M\n  condition: { gte: 1 }\n",
      "sigma.correlation.timespan c.yml:5",
    ],
    ["  type: event_count\n  rules: [a]\n  timespan: 5m\n", "sigma.correlation.condition c.yml:3"],
    [
      "  type: event_count\n  rules: [a]\n  timespan: 5m\n  condition: { gte: many }\n",
      "sigma.correlation.condition c.yml:6",
    ],
    [
      "  type: event_count\n  rules: [a]\n  timespan: 5m\n  condition: { over: 3 }\n",
      "sigma.correlation.condition c.yml:6",
    ],
    [
      "  type: value_count\n  rules: [a]\n  timespan: 5m\n  condition: { gte: 3 }\n",
      "sigma.correlation.condition.field c.yml:6",
    ],
    ["  type: event_count\n  timespan: 5m\n  condition: { gte: 3 }\n", "sigma.correlation.rules c.yml:3"],
    ["  type: temporal\n  rules: [a, nobody]\n  timespan: 5m\n", "sigma.correlation.reference c.yml:1"],
    [
      "  type: temporal\n  rules: [a, b]\n  group-by: [who]\n  timespan: 5m\n  aliases: { who: { a: x } }\n",
      "sigma.correlation.alias c.yml:1",
    ],
    [
      "  type: value_percentile\n  rules: [a]\n  timespan: 5m\n  condition: { field: n, gte: 3 }\n",
      "sigma.correlation.percentile c.yml:1",
    ],
    [
      "  type: value_count\n  rules: [a]\n  timespan: 5m\n  condition: { field: [n, m], gte: 3 }\n",
      "sigma.correlation.field c.yml:1",
    ],
    ["  type: temporal\n  condition: a and not b\n  timespan: 5m\n", "sigma.correlation.condition c.yml:1"],
    ["  type: temporal\n  rules: [a, b]\n  timespan: 5m\n  whim: 1\n", "sigma.correlation.unknown c.yml:6"],
  ] as const)
    assert.ok(read(text).codes.includes(code), `${text}${read(text).codes.join("\n")}`);
  const nested = `title: inner\nname: inner\ncorrelation: { type: temporal, rules: [a, b], timespan: 1m }\n---\n${RULES}`;
  assert.deepEqual(read("  type: temporal\n  rules: [inner, c]\n  timespan: 5m\n", nested).codes, [
    "sigma.correlation.nested c.yml:1",
  ]);
  const twice = `${RULES}---\n${RULE("a", "one")}`;
  assert.deepEqual(read("  type: temporal\n  rules: [a, c]\n  timespan: 5m\n", twice).codes, [
    "sigma.correlation.reference c.yml:1",
  ]);
});

test("conditions in words become sequences of alternatives", () => {
  const { shape } = read("  type: temporal\n  condition: (a or b) and c\n  timespan: 5m\n");
  assert.ok(shape?.kind === "sequence");
  assert.deepEqual(
    shape.events.map(({ name }) => name),
    ["a_or_b", "c"],
  );
  assert.equal(read("  type: temporal\n  condition: a or b\n  timespan: 5m\n").shape?.kind, "threshold");
});
