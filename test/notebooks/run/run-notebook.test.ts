// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Dataset } from "../../../connectors/dataset/dataset.ts";
import { newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { createDuckDbEngine } from "../../../notebooks/engine/duckdb-engine.ts";
import type { QueryEngine } from "../../../notebooks/engine/engine.ts";
import { EMPTY_HUNT, newPower, withHunt } from "../../../notebooks/hunt/hunt-record.ts";
import { literalsOf, valueOfExpression } from "../../../notebooks/run/input-defaults.ts";
import { runNotebook } from "../../../notebooks/run/run-notebook.ts";

const HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>";
let folder: string;
let engine: QueryEngine;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "spoor-run-"));
  const path = join(folder, "logons.parquet");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT TIMESTAMP '2026-11-20 00:00:00' + to_seconds(i) AS _time, TIMESTAMP '2026-11-21' AS _ingested,
      'a.ndjson' AS _file, CAST(i AS BIGINT) AS _line,
      CASE i % 3 WHEN 0 THEN 'ada' WHEN 1 THEN NULL ELSE '${HOSTILE}' END AS account, 9007199254740993 + i AS record
    FROM range(3000) AS rows(i)) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  const columns = [
    { name: "account", key: "account", type: "VARCHAR" },
    { name: "record", key: "record", type: "BIGINT" },
  ];
  const dataset: Dataset = {
    name: "logons",
    source: "logons",
    columns,
    version: 5,
    segments: [
      {
        id: "a",
        dataset: "logons",
        path,
        rowCount: 3000,
        byteCount: 1,
        minTimeUs: 0n,
        maxTimeUs: 1n,
        ingestedUs: 0n,
        inputHashes: [],
        columns,
      },
    ],
  };
  engine = createDuckDbEngine({
    datasets: () => [dataset],
    ledgerTables: [],
    temporaryDirectory: join(folder, "spill"),
    memoryLimit: "512MB",
    threads: 2,
    maximumConcurrent: 2,
    clock: () => Date.now(),
  });
});

after(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const notebook = serializeNotebook(
  withHunt(
    newNotebook({
      title: HOSTILE,
      cells: [
        newCell({
          id: 1,
          mode: "md",
          value: `# Logons of \${who}\n\n${HOSTILE} [x](javascript:alert(1)) \${busy.length}`,
        }),
        newCell({ id: 2, mode: "js", value: "const minimum = view(Inputs.range([0, 3000], {value: 2000}))" }),
        newCell({
          id: 3,
          mode: "sql",
          output: "busy",
          value: "SELECT account, count(*) AS logons FROM logons WHERE _line >= ${minimum} GROUP BY account",
        }),
        newCell({ id: 4, mode: "sql", value: "SELECT * FROM logons ORDER BY record" }),
        newCell({ id: 5, mode: "sql", value: "SELECT * FROM logons WHERE account = ${who}" }),
        newCell({ id: 6, mode: "sql", value: "SELECT nothing FROM logons" }),
        newCell({ id: 7, mode: "js", value: 'Plot.barX(busy, {x: "logons"}).plot()' }),
        newCell({ id: 8, mode: "sql", value: "DROP TABLE logons" }),
      ],
    }),
    { ...EMPTY_HUNT, hypothesis: HOSTILE },
  ),
);
const run = (options: Partial<Parameters<typeof runNotebook>[0]> = {}) =>
  runNotebook({ html: notebook, engine, engineVersion: "v1", clock: () => 1_790_000_000_000, ...options });

test("SQL cells run with the start values of inputs; others say what they need or why they failed", async () => {
  const { cells, html } = await run();
  assert.deepEqual(
    cells.map(({ id, state }) => [id, state]),
    [
      [1, "done"],
      [2, "skipped"],
      [3, "done"],
      [4, "done"],
      [5, "unresolved"],
      [6, "failed"],
      [7, "skipped"],
      [8, "failed"],
    ],
  );
  assert.match(cells[4]!.message, /\$\{who\}/);
  assert.match(cells[5]!.message, /nothing/);
  assert.match(html, /minimum = 2000/);
  assert.match(html, /logons version 5/);
  assert.match(html, /DuckDB v1/);
  assert.match(html, /3,000 rows, the first 1,000 shown/);
  assert.match(html, />9007199254740993</, "64-bit integers are exact");
  assert.match(html, /<td class="null">null<\/td>/);
});

test("a parameter gives the value and wins over an input's own", async () => {
  const { cells, html } = await run({ parameters: { who: "ada", minimum: 2998 } });
  assert.deepEqual(cells.find(({ id }) => id === 5)!.state, "done");
  assert.match(html, /Logons of ada/);
  assert.match(html, /minimum = 2998/);
});

test("nothing from the notebook or the data becomes markup in the report", async () => {
  for (const frameScript of [undefined, "/* frame */"]) {
    const { html } = await run({ parameters: { who: HOSTILE }, ...(frameScript ? { frameScript } : {}) });
    assert.doesNotMatch(html, /<img/);
    assert.doesNotMatch(html, /<script>alert/);
    assert.doesNotMatch(html, /href="javascript:/);
    assert.equal(html.match(/<script/g)?.length ?? 0, frameScript ? 2 : 1);
    assert.match(html, /default-src &#39;none&#39;/);
  }
});

test("a value is no target of a link in the report, and a link of the notebook's own stays one", async () => {
  const value =
    "[a](${who}) [b](https://e.example/${who}) ![c](${who}) [d][r] <https://${who}> [own](https://own.example)\n\n[r]: ${who}";
  const html = serializeNotebook(newNotebook({ cells: [newCell({ id: 1, mode: "md", value })] }));
  for (const who of ["javascript:alert(1)", "https://elsewhere.example"]) {
    const report = await run({ html, parameters: { who } });
    assert.deepEqual(report.html.match(/(href|src)="[^"]*"/g), ['href="https://own.example"']);
    assert.ok(report.html.includes(`[a](${who})`));
  }
});

test("the state of a hunt stands beside what it rests on", async () => {
  const power = newPower({
    cell: 1,
    sql: "SELECT 1 AS a",
    injected: 20,
    found: 19,
    low: 0.76,
    high: 0.99,
    seed: 1,
    at: "2026",
    by: "",
  });
  const report = async (sql: string) => {
    const hunt = {
      ...EMPTY_HUNT,
      hypothesis: "h",
      conclusion: HOSTILE,
      refutation: HOSTILE,
      powers: [power],
    };
    const cells = [newCell({ id: 1, mode: "sql", value: sql })];
    return (await run({ html: serializeNotebook(withHunt(newNotebook({ cells }), hunt)) })).html;
  };
  const current = await report("SELECT 1 AS a");
  assert.match(current, /<dt>Conclusion<\/dt><dd>&lt;img/);
  assert.match(current, /<dt>Would refute it<\/dt><dd>&lt;img/);
  assert.match(current, /Would have seen 19 of 20 such events/);
  assert.match(await report("SELECT 2 AS a"), /Measured on another query/);
});

test("the same data gives the same report but for the line with the time stamp", async () => {
  const first = await run({ parameters: { who: "ada" } });
  const later = await run({ parameters: { who: "ada" }, clock: () => 1_791_111_111_111 });
  assert.notEqual(later.html, first.html);
  const withoutStamp = (html: string) => html.replace(/^.*id="time-stamp".*$/m, "");
  assert.equal(withoutStamp(later.html), withoutStamp(first.html));
  assert.equal(later.reportHash, first.reportHash);
  assert.equal(later.dataHash, first.dataHash);
  const other = await run({ parameters: { who: "ada", minimum: 1 } });
  assert.notEqual(other.dataHash, first.dataHash);
});

test("literals of cells are read, programs are not run", () => {
  const values = literalsOf([
    newCell({ id: 1, value: 'const days = 7, names = ["a", -1], text = `x`' }),
    newCell({ id: 2, value: 'const kind = view(Inputs.select(["dns", "flow"], {label: "kind"}))' }),
    newCell({ id: 3, value: "const on = view(Inputs.toggle({value: true}))" }),
    newCell({ id: 4, value: "const computed = days * 2; globalThis.ran = true" }),
    newCell({ id: 5, value: "const unknown = view(Inputs.range([0, 10]))" }),
    newCell({ id: 6, value: "syntax error here" }),
  ]);
  assert.deepEqual(Object.fromEntries(values), {
    days: 7,
    names: ["a", -1],
    text: "x",
    kind: "dns",
    on: true,
  });
  assert.equal("ran" in globalThis, false);
  assert.deepEqual(valueOfExpression("days", values), { value: 7 });
  assert.deepEqual(valueOfExpression("-3", values), { value: -3 });
  assert.equal(valueOfExpression("days + 1", values), null);
  assert.equal(valueOfExpression("constructor", values), null);
});
