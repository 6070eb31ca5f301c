import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { importNotebook } from "../../../notebooks/exchange/import-notebook.ts";
import type { HashedCell } from "../../../notebooks/hunt/data-hash.ts";
import { huntOf } from "../../../notebooks/hunt/hunt-record.ts";
import { runNotebook } from "../../../notebooks/run/run-notebook.ts";
import { corpus } from "../../corpora.ts";
import { LoadedLake } from "../loaded-lake.ts";

interface Analytic {
  readonly id: string;
  readonly description: string;
  readonly dataset: string;
  readonly published_sql: string;
  readonly expected_rows: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly columns_absent_from_dataset: readonly string[] | null;
}

const hunts = corpus("hunts");
const mordor = corpus("mordor");
const skip = hunts === null || mordor === null ? "the shared corpora (hunts, mordor) are absent" : false;
const lake = new LoadedLake();
after(() => lake.close());

/** A hunt in the playbook's published form, around its real SQL. */
function hunt(id: string, analytics: readonly Analytic[]): string {
  return [
    "---",
    "jupytext:",
    "  formats: md:myst",
    "---",
    "",
    `# ${id}`,
    "",
    "## Hypothesis",
    "",
    "Adversaries might be here.",
    "",
    "## Technical Context",
    "",
    "## Analytics",
    "",
    "```{code-cell} Ipython3",
    "import pandas as pd",
    "df = pd.read_json('x')",
    "```",
    "",
    ...analytics.flatMap((one) => [
      `### ${one.id.slice(one.id.indexOf(" ") + 1)}`,
      "",
      one.description,
      "",
      "| Data source | Event Provider | Relationship | Event |",
      "|:------------|:---------------|--------------|-------|",
      "| Process | Some-Provider | Process accessed Process | 10 |",
      "",
      "#### Logic",
      "",
      "```{code-block}",
      one.published_sql,
      "```",
      "",
    ]),
    "## Known Bypasses",
  ].join("\n");
}

const text = (value: unknown): string | null =>
  value === null || value === undefined
    ? null
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);

const analytics =
  skip === false
    ? (JSON.parse(readFileSync(join(hunts!, "threathunter_playbook_analytics.json"), "utf8")) as Analytic[])
    : [];
const byHunt = Map.groupBy(analytics, ({ id }) => id.split(" ")[0]!);
const datasets = new Map<string, string>();

if (skip !== false) test("playbook hunts", { skip }, () => undefined);
for (const [id, group] of byHunt) {
  test(`${id} imports and gives its published rows`, { skip }, async () => {
    const archive = group[0]!.dataset;
    const dataset = datasets.get(archive) ?? `d${datasets.size + 1}`;
    if (!datasets.has(archive)) assert.ok((await lake.load(dataset, [join(mordor!, archive)])).good > 0);
    datasets.set(archive, dataset);
    const metadata = join(hunts!, "playbook_metadata", `${id}.yaml`);
    const imported = importNotebook({
      file: "notebook.md",
      text: hunt(id, group),
      ...(existsSync(metadata) ? { metadata: readFileSync(metadata, "utf8") } : {}),
      datasets: { dataTable: dataset, sparkTable: dataset },
    });
    assert.ok(imported.ok);
    const { notebook, kind } = imported.value;
    assert.equal(kind, "playbook");
    const record = huntOf(notebook);
    assert.ok(record.ok);
    assert.equal(record.value.hypothesis, "Adversaries might be here.");
    if (existsSync(metadata)) {
      assert.ok(record.value.techniques.length > 0);
      assert.equal(record.value.origin, `playbook:${id}`);
    }
    assert.equal(record.value.dataNeeds[0]!.dataset, dataset);
    assert.ok(record.value.dataNeeds[0]!.columns.includes("Channel"));
    assert.equal(record.value.dataNeeds[0]!.why, "Process accessed Process (Some-Provider 10)");
    const cells = notebook.cells.filter(({ mode }) => mode === "sql");
    assert.equal(cells.length, group.length, "each analytic is a SQL cell");
    const run = await runNotebook({
      html: serializeNotebook(notebook),
      engine: lake.engine,
      engineVersion: "test",
      clock: () => 0,
    });
    for (const [index, analytic] of group.entries()) {
      const cell = cells[index]!;
      assert.match(cell.output!, /^analytic_[ivx]+$/);
      const state = run.cells.find((one) => one.id === cell.id)!;
      const absent = analytic.columns_absent_from_dataset ?? [];
      if (state.state === "failed" && absent.length > 0 && analytic.expected_rows === 0) {
        assert.ok(
          absent.some((name) => state.message.includes(name)),
          state.message,
        );
        continue;
      }
      assert.equal(state.state, "done", `${analytic.id}: ${state.message}`);
      const result = run.results.get(cell.id)!;
      assert.equal(result.rows.length, analytic.expected_rows, analytic.id);
      assert.ok(result.complete);
      const names = Object.keys(analytic.rows[0] ?? {}).map((name) => name.toLowerCase());
      const lines = (rows: readonly Readonly<Record<string, HashedCell | unknown>>[]) =>
        rows
          .map((row) => {
            const lower = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
            return JSON.stringify(names.map((name) => text(lower.get(name))));
          })
          .sort();
      assert.deepEqual(lines(result.rows), lines(analytic.rows), analytic.id);
    }
  });
}

test("a hunt as the playbook's Jupyter file reads the same as its Markdown", { skip }, () => {
  const [id, group] = [...byHunt][0]!;
  const markdown = hunt(id, group);
  const cells = [
    { cell_type: "markdown", metadata: {}, source: markdown.slice(markdown.indexOf("# ")) },
    {
      cell_type: "code",
      metadata: {},
      outputs: [],
      source: `df = spark.sql(\n'''\nSELECT \`@timestamp\` FROM sdTable WHERE Image LIKE "%\\\\\\\\a.exe"\n'''\n)\ndf.show(10,False)`,
    },
  ];
  const imported = importNotebook({
    file: "notebook.ipynb",
    text: JSON.stringify({ nbformat: 4, metadata: {}, cells }),
  });
  assert.ok(imported.ok);
  assert.equal(imported.value.kind, "playbook");
  assert.deepEqual(imported.value.tables, ["dataTable", "sdTable"]);
  const sql = imported.value.notebook.cells.filter(({ mode }) => mode === "sql");
  assert.equal(sql.length, group.length + 1);
  assert.equal(sql.at(-1)!.value, `SELECT "@timestamp" FROM sdTable WHERE Image LIKE '%\\a.exe'`);
  assert.ok(imported.issues.some(({ code }) => code === "import.playbook.metadata"));
});
