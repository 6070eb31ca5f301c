// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CELL_MODES, type NotebookCell, newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { importNotebook } from "../../../notebooks/exchange/import-notebook.ts";
import { exportJupyter } from "../../../notebooks/exchange/jupyter-export.ts";
import type { ExportedResult } from "../../../notebooks/exchange/result-table.ts";
import { newHunt, withHunt } from "../../../notebooks/hunt/hunt-record.ts";

const nullable = fc.option(fc.string(), { nil: null });
const cellText = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom("%%sql x <<\nselect 1", "\n\nselect 1\n", "a\nb\n", "</script>", "${x}", "'\u2028'"),
  )
  .map((text) => text.replaceAll("\r", ""));
const cell = fc.record({
  mode: fc.constantFrom(...CELL_MODES),
  value: cellText,
  pinned: fc.boolean(),
  hidden: fc.boolean(),
  output: nullable,
  database: nullable,
  format: nullable,
  attributes: fc.dictionary(
    fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
    fc.string(),
  ),
});
const ids = fc.uniqueArray(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 6, maxLength: 6 });

test("an exported notebook imports as the same notebook", () => {
  fc.assert(
    fc.property(
      fc.array(cell, { maxLength: 6 }),
      ids,
      fc.string(),
      fc.string(),
      fc.boolean(),
      (cells, taken, title, theme, readOnly) => {
        const notebook = newNotebook({
          title,
          theme,
          readOnly,
          attributes: { lang: theme },
          cells: cells.map((one, index) => ({ ...one, id: taken[index]! })),
        });
        const results = new Map<number, ExportedResult>(
          notebook.cells
            .filter(({ mode }) => mode === "sql")
            .map(({ id }) => [
              id,
              { columns: [{ name: "x", type: "VARCHAR" }], rows: [{ x: title }], complete: true },
            ]),
        );
        const text = exportJupyter(notebook, results);
        const imported = importNotebook({ file: "n.ipynb", text });
        assert.ok(imported.ok);
        assert.deepEqual(
          JSON.parse(JSON.stringify(imported.value.notebook)),
          JSON.parse(JSON.stringify(notebook)),
        );
        assert.deepEqual(imported.issues, []);
      },
    ),
    { numRuns: 300 },
  );
});

test("an exported file has nbformat 4.5's form, its hunt's summary, and values that are only text", () => {
  const hostile = "<img src=x onerror=alert(1)>\u0000| `x`";
  const notebook = withHunt(
    newNotebook({
      title: "T",
      cells: [
        newCell({ id: 3, mode: "sql", value: "select 1", output: "one" }),
        newCell({ id: 9, mode: "js", value: "1" }),
      ],
    }),
    newHunt({ hypothesis: "Somebody <script>", techniques: ["T1059.001"] }),
  );
  const text = exportJupyter(
    notebook,
    new Map([
      [3, { columns: [{ name: hostile, type: "VARCHAR" }], rows: [{ [hostile]: hostile }], complete: false }],
    ]),
  );
  const file = JSON.parse(text) as {
    nbformat: number;
    nbformat_minor: number;
    cells: {
      id: string;
      cell_type: string;
      source: string[];
      outputs?: { data: Record<string, string[]> }[];
    }[];
  };
  assert.equal(`${file.nbformat}.${file.nbformat_minor}`, "4.5");
  assert.equal(new Set(file.cells.map(({ id }) => id)).size, file.cells.length);
  for (const { id } of file.cells) assert.match(id, /^[a-zA-Z0-9_-]{1,64}$/);
  assert.deepEqual(
    file.cells.map((one) => one.cell_type),
    ["code", "raw", "markdown", "markdown"],
  );
  assert.equal(file.cells[0]!.source[0], "%%sql one <<\n");
  const html = file.cells[0]!.outputs![0]!.data["text/html"]!.join("");
  assert.ok(!/<img|<script/i.test(html) && html.includes("&lt;img") && html.includes("NOT COMPLETE"));
  assert.match(file.cells.at(-1)!.source.join(""), /\| ATT&CK \| T1059\.001 \|/);
});

const jupyter = (cells: readonly object[], metadata: object = {}) =>
  JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells });
const code = (source: string, more: object = {}) => ({
  cell_type: "code",
  source: source.split(/(?<=\n)/),
  metadata: {},
  outputs: [{ output_type: "stream", text: "secret output" }],
  ...more,
});
const modes = (cells: readonly NotebookCell[]) =>
  cells.map(({ mode, output }) => (output === null ? mode : `${mode}:${output}`));

test("another's notebook: Markdown and SQL become cells, other code stays text and nothing else comes along", () => {
  const text = jupyter([
    {
      cell_type: "markdown",
      source: "# A hunt\n\nCosts ${5} and more",
      metadata: {},
      attachments: { "a.png": { "image/png": "AAAA" } },
    },
    code("import pandas as pd\npd.set_option('x', 1)"),
    code("%%sql postgresql://host/db logons <<\nselect * from events where a = 1"),
    code("%sql select 2"),
    code(
      'df = spark.sql("""\nSELECT `@timestamp` FROM mordor WHERE Channel = "Security"\n""")\ndf.show(10, False)',
    ),
    code("import duckdb\nrare = duckdb.sql('select 3').df()\nprint(rare)\nrare.to_csv('x')"),
    code("from pandasql import sqldf\nsqldf('select 4 from df', globals())"),
    code("spark.sql(f'select {day}')"),
    code("spark.sql('select 1' + tail)"),
    code("%%javascript\nalert(1)"),
    { cell_type: "raw", source: "raw <b>text</b>", metadata: {} },
  ]);
  const imported = importNotebook({
    file: "hunt.ipynb",
    text,
    datasets: { mordor: "sysmon", events: "Odd Name" },
  });
  assert.ok(imported.ok);
  const { notebook, kind, tables } = imported.value;
  assert.equal(kind, "jupyter");
  assert.equal(notebook.title, "A hunt");
  assert.deepEqual(modes(notebook.cells), [
    "md",
    "md",
    "sql:logons",
    "sql",
    "sql:df",
    "md",
    "sql:rare",
    "sql",
    "md",
    "md",
    "md",
    "md",
  ]);
  assert.ok(notebook.cells[0]!.value.includes("\\${5}"));
  assert.match(notebook.cells[2]!.value, /from "Odd Name" where/);
  assert.equal(notebook.cells[4]!.value, `SELECT "@timestamp" FROM sysmon WHERE Channel = 'Security'`);
  assert.deepEqual(tables, ["events", "mordor", "df"]);
  assert.ok(
    !JSON.stringify(notebook).includes("secret output") && !JSON.stringify(notebook).includes("AAAA"),
  );
  assert.ok(notebook.cells.every(({ mode }) => mode === "md" || mode === "sql"));
  const codes = imported.issues.map((issue) => issue.code);
  assert.deepEqual([...new Set(codes)].sort(), [
    "import.attachment",
    "import.sql.computed",
    "import.sql.dialect",
  ]);
  assert.equal(codes.filter((one) => one === "import.sql.computed").length, 2);
});

test("nbformat 3 is read; damaged, huge and later files are refused with what to do", () => {
  const old = importNotebook({
    file: "old.ipynb",
    text: JSON.stringify({
      nbformat: 3,
      metadata: { name: "" },
      worksheets: [
        {
          cells: [
            { cell_type: "heading", level: 2, source: ["Old"] },
            { cell_type: "code", language: "python", input: ["%%sql\nselect 1"] },
          ],
        },
      ],
    }),
  });
  assert.ok(old.ok);
  assert.deepEqual(
    old.value.notebook.cells.map(({ value }) => value),
    ["## Old", "select 1"],
  );
  for (const [text, expected] of [
    ["{", "import.json"],
    ['{"nbformat": 5, "cells": []}', "import.nbformat.version"],
    ['{"nbformat": 4, "cells": {}}', "import.nbformat"],
    ['{"cells": []}', "import.nbformat"],
    [JSON.stringify({ nbformat: 4, cells: Array.from({ length: 5001 }, () => ({})) }), "import.cells"],
    ["plain text", "import.unknown"],
    [" ".repeat(20_000_001), "import.large"],
  ] as const) {
    const refused = importNotebook({ file: "x.ipynb", text });
    assert.ok(!refused.ok);
    assert.equal(refused.issues[0]!.code, expected);
    assert.ok(refused.issues[0]!.remedy.length > 10);
  }
  const odd = importNotebook({
    file: "x.ipynb",
    text: jupyter([{ cell_type: 3 }, { cell_type: "code", source: "x".repeat(1_000_001) }]),
  });
  assert.ok(odd.ok);
  assert.deepEqual(
    odd.issues.map(({ code: found }) => found),
    ["import.cell", "import.cell.long"],
  );
});

test("any JSON is imported or refused, and never throws", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (metadata, cells) => {
      const text = JSON.stringify({ nbformat: 4, metadata, cells });
      const result = importNotebook({ file: "x.ipynb", text });
      assert.ok(result.ok || result.issues.length > 0);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (source) => {
      const result = importNotebook({
        file: "x.ipynb",
        text: jupyter([code(`df = spark.sql('''${source}''')`)]),
      });
      assert.ok(result.ok);
    }),
    { numRuns: 500 },
  );
});
