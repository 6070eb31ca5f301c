import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { createMemoryRegistry } from "../../../connectors/dataset/memory.ts";
import { IssuesError } from "../../../connectors/issue/issue.ts";
import { loadFiles } from "../../../connectors/load/load.ts";
import { createRandom } from "../../../connectors/simulator/random.ts";
import type { SourceDefinition } from "../../../connectors/source/source.ts";
import { openSession } from "../../../connectors/sql/session.ts";
import { drawOrder } from "../../../notebooks/hunt/draw-order.ts";
import {
  applyVariant,
  fillEvent,
  instantLike,
  ORDINARY,
  parseExactly,
  parseTemplates,
  suggestVariants,
  writeExactly,
} from "../../../notebooks/hunt/event-template.ts";
import { measurePower, type PowerOptions } from "../../../notebooks/hunt/measure-power.ts";
import { isRowWise } from "../../../notebooks/hunt/row-wise.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-power-"));
const registry = createMemoryRegistry();
const definitions = new Map<string, SourceDefinition>();
const clock = () => 1_790_000_000_000;
let turn = 0;

before(async () => {
  const inputs = join(folder, "in");
  mkdirSync(inputs);
  const events = Array.from({ length: 600 }, (_, index) =>
    JSON.stringify({
      UtcTime: new Date(Date.UTC(2026, 10, 20) + index * 60_000).toISOString().replace("T", " ").slice(0, 23),
      EventID: 1,
      Computer: `ws-${index % 7}`,
      User: `CORP\\user${index % 11}`,
      Image: index % 50 === 0 ? "C:\\Windows\\regsvr32.exe" : "C:\\Windows\\explorer.exe",
      CommandLine: `run ${index % 5}`,
      RecordId: 0,
    }).replace('"RecordId":0', '"RecordId":9007199254740993'),
  );
  writeFileSync(join(inputs, "sysmon.ndjson"), `${events.join("\n")}\n`);
  const flows = Array.from(
    { length: 200 },
    (_, index) => `2026-11-20T0${index % 10}:00:00Z,10.0.0.${index % 9},${index}`,
  );
  writeFileSync(join(inputs, "flows.csv"), `time,source,bytes\n${flows.join("\n")}\n`);
  for (const [name, file] of [
    ["sysmon", "sysmon.ndjson"],
    ["flows", "flows.csv"],
  ] as const) {
    const { definition } = await loadFiles({
      definition: null,
      name,
      paths: [join(inputs, file)],
      lakeDirectory: join(folder, "lake"),
      scratchDirectory: join(folder, "scratch"),
      registry,
      clock,
    });
    definitions.set(name, definition);
  }
});

after(() => rmSync(folder, { recursive: true, force: true }));

const TEMPLATE = {
  dataset: "sysmon",
  events: JSON.stringify({
    UtcTime: "{{time+1s}}",
    EventID: 1,
    Computer: "{{Computer}}",
    User: "{{User}}",
    Image: "C:\\Temp\\mimikatz.exe",
    CommandLine: "mimikatz.exe sekurlsa::logonpasswords --id {{uuid}}",
    RecordId: 0,
  }).replace('"RecordId":0', '"RecordId":9007199254740995'),
};

function measure(change: Partial<PowerOptions>) {
  turn += 1;
  return measurePower({
    id: "p",
    cell: 3,
    sql: "SELECT _time, Computer, CommandLine FROM sysmon WHERE CommandLine LIKE '%sekurlsa%'",
    parameters: {},
    templates: [TEMPLATE],
    count: 8,
    seed: 7,
    variants: [],
    ordinary: false,
    by: "ada",
    datasets: registry.list(),
    ledgerTables: [],
    definitionOf: (source) => definitions.get(source),
    engineVersion: "v1",
    directory: join(folder, `power-${turn}`),
    clock,
    memoryLimit: "512MB",
    ...change,
  });
}

test("the share of injected events that the query finds, with the blind spots of its variants", async () => {
  const variants = suggestVariants(
    parsed([TEMPLATE]),
    "SELECT Computer FROM sysmon WHERE CommandLine LIKE '%sekurlsa%' AND Image ILIKE '%mimikatz.exe'",
  );
  assert.deepEqual(
    variants.map(({ kind, path }) => `${kind} ${path.join(".")}`),
    [
      "without Image",
      "other casing Image",
      "other file name Image",
      "without CommandLine",
      "other casing CommandLine",
      "other file name CommandLine",
      "extra spaces CommandLine",
    ],
  );
  const before = registry.list().map(({ version, segments }) => [version, segments.length]);
  const { measurement, missed, method } = await measure({ variants, ordinary: true });
  assert.equal(method, "alone");
  assert.deepEqual([measurement.injected, measurement.found], [8, 8]);
  assert.ok(measurement.low > 0.6 && measurement.high === 1);
  const share = Object.fromEntries(measurement.variants.map(({ name, found }) => [name, found]));
  assert.equal(share["without CommandLine"], 0);
  assert.equal(share["other casing in CommandLine"], 0);
  assert.equal(share["other file name in Image"], 8);
  assert.equal(share[ORDINARY], 0);
  assert.ok(missed.every(({ variant }) => /CommandLine/.test(variant)));
  assert.deepEqual(
    registry.list().map(({ version, segments }) => [version, segments.length]),
    before,
    "the lake is as it was",
  );
  assert.ok(!readdirSync(folder).some((name) => name.startsWith("power-")), "nothing is left behind");
});

test("events go the source's own way: event time, types, and values drawn from the data", async () => {
  const sql = `SELECT Computer FROM sysmon WHERE CommandLine LIKE '%sekurlsa%' AND RecordId = 9007199254740995
    AND _time BETWEEN TIMESTAMP '2026-11-20 00:00:01' AND TIMESTAMP '2026-11-20 10:00:00'
    AND Computer LIKE 'ws-%' AND "User" LIKE 'CORP%' AND _file LIKE '%ndjson'`;
  const { measurement, method } = await measure({ sql });
  assert.equal(method, "alone");
  assert.equal(measurement.found, 8);
});

test("a query over all rows is measured one by one: a rare program is found, a common one is not", async () => {
  const rare = "SELECT Image, count(*) AS seen FROM sysmon GROUP BY Image HAVING count(*) < 5";
  const one = await measure({ sql: rare, ordinary: true });
  assert.equal(one.method, "one by one");
  assert.equal(one.measurement.found, 8);
  assert.equal(one.measurement.variants[0]!.found, 0, "ordinary rows are not rare");
  const many = await measure({ sql: rare.replace("< 5", "> 100") });
  assert.equal(many.measurement.found, 0);
  assert.ok(many.measurement.high < 0.4);
});

test("an injection of several events in several datasets shares its draws", async () => {
  const { measurement } = await measure({
    sql: `SELECT s.Computer FROM sysmon s JOIN flows f ON f.source = s."User" AND f.bytes = 77000
      WHERE s.CommandLine = f.source || 'x'`,
    templates: [
      {
        dataset: "sysmon",
        events: '{"UtcTime":"{{time}}","CommandLine":"{{flows.source}}{{hex}}x","User":"{{flows.source}}"}',
      },
      { dataset: "flows", events: '{"time":"{{time}}","source":"{{source}}{{hex}}","bytes":77000}' },
    ],
  });
  assert.equal(measurement.found, 0, "the user lacks the hexadecimal digits");
  const shared = await measure({
    sql: 'SELECT s.Computer FROM sysmon s JOIN flows f ON f.source = s."User" AND f.bytes = 77000',
    templates: [
      { dataset: "sysmon", events: '{"UtcTime":"{{time}}","User":"{{flows.source}}{{hex}}"}' },
      { dataset: "flows", events: '{"time":"{{time+5s}}","source":"{{source}}{{hex}}","bytes":77000}' },
    ],
  });
  assert.equal(shared.measurement.found, 8);
});

test("the same seed gives the same answer, another seed other events", async () => {
  const sql =
    "SELECT Computer FROM sysmon WHERE CommandLine LIKE '%sekurlsa%' AND Computer IN ('ws-1', 'ws-2', 'ws-3')";
  const plain = ({ measurement, missed }: Awaited<ReturnType<typeof measure>>) => ({ measurement, missed });
  const [first, second, other] = [
    await measure({ sql }),
    await measure({ sql }),
    await measure({ sql, seed: 8 }),
  ];
  assert.deepEqual(plain(second), plain(first));
  // Seed 7 draws both kinds of computer from these data, in whatever folder they lie.
  assert.ok(first.measurement.found > 0 && first.measurement.found < 8);
  assert.notDeepEqual(other.missed, first.missed);
});

test("the draw depends on the data and the seed, not on the folder of the file", async () => {
  const session = await openSession({
    scratchDirectory: join(folder, "scratch"),
    memoryLimit: "256MB",
    threads: 1,
  });
  const drawn = async (directory: string, seed: number) => {
    const order = drawOrder(["a"]).replace("$seed", String(seed));
    const rows = await session.rows(
      `SELECT a FROM (SELECT TIMESTAMP '2026-11-20' AS _time, i AS a, '${directory}' || 'x.json' AS _file, i AS _line FROM range(50) AS r(i)) ORDER BY ${order} LIMIT 10`,
    );
    return JSON.stringify(rows.map(([a]) => String(a)));
  };
  try {
    assert.equal(await drawn("/one/", 7), await drawn("C:\\other\\", 7));
    assert.notEqual(await drawn("/one/", 7), await drawn("/one/", 8));
  } finally {
    session.close();
  }
});

test("the same events again are no further trial", async () => {
  const events =
    '{"UtcTime":"2026-11-20 01:00:00.000","EventID":1,"Computer":"ws-1","CommandLine":"sekurlsa"}';
  const { measurement } = await measure({ templates: [{ dataset: "sysmon", events }], count: 50 });
  assert.deepEqual([measurement.asked, measurement.injected, measurement.found], [50, 1, 1]);
  assert.ok(measurement.low < 0.3, "one event proves little");
});

test("what cannot be measured is refused with what to do", async () => {
  const refusal = async (change: Partial<PowerOptions>, code: string) => {
    await assert.rejects(measure(change), (error) => {
      assert.ok(error instanceof IssuesError, String(error));
      assert.equal(error.issues[0]!.code, code);
      return true;
    });
  };
  await refusal({ sql: "SELECT * FROM flows" }, "power.dataset.unread");
  await refusal({ templates: [{ dataset: "sysmon", events: "no" }] }, "power.events.json");
  await refusal({ templates: [{ dataset: "sysmon", events: '{"EventID":"one"}' }] }, "power.event.type");
  await refusal({ templates: [{ dataset: "sysmon", events: '{"User":"{{Nobody}}"}' }] }, "power.placeholder");
  await refusal({ sql: "SELECT random() AS r, count(*) FROM sysmon GROUP BY ALL" }, "power.unsteady");
  await refusal({ sql: "SELECT a.Computer FROM sysmon a, sysmon b" }, "power.rows");
  await refusal({ count: 0 }, "power.count");
  const abort = new AbortController();
  const run = measure({
    sql: "SELECT Image, count(*) AS n FROM sysmon GROUP BY Image",
    signal: abort.signal,
    onProgress: (share) => share > 0.2 && abort.abort(),
  });
  await assert.rejects(run);
});

test("only queries that answer row by row are judged by the injection alone", async () => {
  const session = await openSession({
    scratchDirectory: join(folder, "scratch"),
    memoryLimit: "256MB",
    threads: 1,
  });
  const cases: readonly (readonly [string, boolean])[] = [
    ["SELECT * FROM t WHERE a = 1 AND lower(b) LIKE '%x%' ORDER BY a", true],
    ["FROM t WHERE a BETWEEN $x AND 5", true],
    ["SELECT DISTINCT a FROM t", false],
    ["SELECT a FROM t LIMIT 5", false],
    ["SELECT count(*) FROM t", false],
    ["SELECT a FROM t GROUP BY a", false],
    ["SELECT a, row_number() OVER () FROM t", false],
    ["SELECT a FROM t WHERE a IN (SELECT b FROM u)", false],
    ["SELECT a FROM t JOIN u USING (a)", false],
    ["WITH x AS (SELECT 1) SELECT a FROM t", false],
    ["SELECT a FROM t UNION ALL SELECT a FROM t", false],
    ["SELECT a FROM t USING SAMPLE 5", false],
    ["SELECT random() FROM t", false],
    ["SELECT a FROM t QUALIFY a = 1", false],
    ["SELECT unnest([1, 2]) FROM t", false],
    ["SELECT a FROM (SELECT a FROM t LIMIT 3)", false],
  ];
  try {
    for (const [sql, expected] of cases) assert.equal(await isRowWise(session, sql), expected, sql);
  } finally {
    session.close();
  }
});

test("instants are written as the sample is", () => {
  const timeUs = 1_700_000_000_123_456n;
  const cases: readonly (readonly [unknown, unknown])[] = [
    ["2026-11-20 00:01:00.000", "2023-11-14 22:13:20.123"],
    ["2026-11-20T00:01:00Z", "2023-11-14T22:13:20Z"],
    ["2026-11-20T00:01:00.0000001+02:00", "2023-11-14T22:13:20.1234560+00:00"],
    [1_690_000_000, 1_700_000_000],
    [1_690_000_000_000, 1_700_000_000_123],
    ["1690000000", "1700000000"],
    [undefined, "2023-11-14T22:13:20.123Z"],
  ];
  for (const [sample, expected] of cases) assert.equal(instantLike(sample, timeUs), expected);
});

test("laws of events: JSON is exact, filling leaves no placeholder, a variant touches its field alone", () => {
  const key = fc.stringMatching(/^[A-Za-z]{1,6}$/);
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(null, "{{uuid}}", "a {{hex}} b", "{{time-3m}}", "{{number 1-9}}"),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 62n }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(key, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
      fc.nat(),
      (event, seed) => {
        assert.deepEqual(parseExactly(writeExactly(event)), event);
        const draw = () => ({
          made: new Map(),
          random: createRandom(String(seed)),
          timeUs: 5n,
          value: () => undefined,
        });
        const filled = fillEvent({ dataset: "d", event }, draw(), new Set());
        assert.deepEqual(fillEvent({ dataset: "d", event }, draw(), new Set()), filled);
        assert.doesNotMatch(writeExactly(filled), /\{\{(uuid|hex|time|number)/);
        const [first] = Object.keys(event);
        const changed = applyVariant(
          { dataset: "d", event },
          { kind: "without", dataset: "d", path: [first!] },
        );
        assert.deepEqual(
          changed,
          Object.fromEntries(Object.entries(event).filter(([name]) => name !== first)),
        );
        assert.deepEqual(
          applyVariant({ dataset: "e", event }, { kind: "without", dataset: "d", path: [first!] }),
          event,
        );
      },
    ),
  );
});

function parsed(templates: Parameters<typeof parseTemplates>[0]) {
  const result = parseTemplates(templates);
  assert.ok(result.ok);
  return result.value;
}
