// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { SourceDefinition } from "../../../connectors/source/source.ts";
import { parseNotebook, serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { sqlCells, transpileCells } from "../../../notebooks/document/transpile-cells.ts";
import { withDatasets } from "../../../notebooks/exchange/imported-cells.ts";
import { parseTemplates } from "../../../notebooks/hunt/event-template.ts";
import { huntOf } from "../../../notebooks/hunt/hunt-record.ts";
import { measurePower } from "../../../notebooks/hunt/measure-power.ts";
import { type NotebookRun, runNotebook } from "../../../notebooks/run/run-notebook.ts";
import { checkNeeds, isReady } from "../../../notebooks/template/needs.ts";
import { shippedTemplates } from "../../../notebooks/template/shipped-templates.ts";
import { type HuntTemplate, startHunt } from "../../../notebooks/template/template.ts";
import { isTemplateCell, serializeTemplateNote } from "../../../notebooks/template/template-note.ts";
import { LoadedLake } from "../loaded-lake.ts";
import { demoLake } from "./template-lake.ts";

const templates = shippedTemplates();
const folder = new URL("../../../notebooks/template/hunts/", import.meta.url);
let lake: LoadedLake;
let definitions: ReadonlyMap<string, SourceDefinition>;
before(async () => {
  ({ lake, definitions } = await demoLake(0.01));
});
after(() => lake.close());

const run = (
  template: HuntTemplate,
  datasets: Readonly<Record<string, string>>,
  engine: LoadedLake["engine"],
  parameters: Readonly<Record<string, string | number | boolean | null>> = {},
): Promise<NotebookRun> =>
  runNotebook({
    html: serializeNotebook(startHunt(template, datasets, "hunter")),
    parameters,
    engine,
    engineVersion: "test",
    clock: () => 0,
  });

test("every template is a document that keeps its form, and says what a hunt must say", () => {
  assert.ok(templates.filter(({ note }) => note.answer.kind !== "data gap").length >= 14);
  assert.ok(templates.filter(({ note }) => note.answer.kind === "null").length >= 3);
  for (const { name, notebook, hunt, note } of templates) {
    const text = readFileSync(new URL(`${name}.html`, folder), "utf8");
    assert.equal(serializeNotebook(parseNotebook(text)), text, name);
    for (const part of ["actor", "behaviour", "location", "evidence", "hypothesis", "refutation"] as const)
      assert.ok(hunt[part].length > 5, `${name}: ${part}`);
    assert.equal(notebook.cells.find(isTemplateCell)!.value, serializeTemplateNote(note), name);
    assert.ok(hunt.techniques.length > 0 && hunt.dataNeeds.length > 0, name);
    assert.deepEqual([hunt.state, hunt.findings.length, hunt.owner], ["open", 0, ""], name);
    assert.deepEqual(
      Object.keys(note.sources).sort(),
      hunt.dataNeeds.map(({ dataset }) => dataset).sort(),
      name,
    );
    const answer = notebook.cells.find(({ id }) => id === note.answer.cell);
    assert.ok(answer?.mode === "sql" && answer.output, name);
    const read = new Set(
      notebook.cells.flatMap((cell) =>
        cell.mode === "sql" ? withDatasets(cell.value, {}, "duckdb").tables : [],
      ),
    );
    assert.deepEqual([...read].sort(), hunt.dataNeeds.map(({ dataset }) => dataset).sort(), name);
    assert.ok(parseTemplates(note.injection.events).ok, name);
    for (const cell of transpileCells(notebook.cells))
      assert.ok(cell.ok, `${name}, cell ${cell.id}: ${cell.error}`);
    assert.ok(
      sqlCells(notebook.cells).every((cell) => !("error" in cell)),
      name,
    );
  }
});

test("a started hunt is one's own: open, owned, without the template's note", () => {
  for (const template of templates) {
    const notebook = startHunt(template, {}, "hunter");
    assert.ok(!notebook.cells.some(isTemplateCell));
    assert.equal(notebook.cells.length, template.notebook.cells.length - 1);
    const hunt = huntOf(notebook);
    assert.ok(hunt.ok);
    assert.deepEqual(
      [hunt.value.owner, hunt.value.origin, hunt.value.state],
      ["hunter", `template:${template.name}`, "open"],
    );
  }
});

for (const template of templates) {
  const { name, note } = template;
  test(`${name} gives over the demo data the ${note.answer.kind} that it states`, async () => {
    const needs = checkNeeds(template.hunt.dataNeeds, note.sources, lake.registry.list());
    assert.equal(isReady(needs), note.answer.kind !== "data gap");
    if (note.answer.kind === "data gap") return;
    const result = await run(template, {}, lake.engine);
    assert.deepEqual(
      result.cells.filter(({ state }) => state === "failed" || state === "unresolved"),
      [],
    );
    const rows = result.results.get(note.answer.cell)!.rows;
    if (note.answer.kind === "null") assert.deepEqual(rows, []);
    else {
      assert.ok(rows.length > 0 && rows.length < 20, `${rows.length} rows`);
      const text = JSON.stringify(rows);
      for (const part of note.answer.contains)
        assert.ok(text.includes(JSON.stringify(part).slice(1, -1)), `${part} in ${text.slice(0, 2000)}`);
    }
  });
}

for (const template of templates.filter(({ note }) => note.answer.kind === "null")) {
  test(`${template.name}: its null has the power that it states`, async () => {
    const { note } = template;
    assert.ok(note.power !== null && note.power.injected >= 12);
    const result = await run(template, {}, lake.engine, note.injection.parameters);
    const { bound } = result.results.get(note.answer.cell)!;
    const report = await measurePower({
      id: "power",
      cell: note.answer.cell,
      sql: bound.sql,
      parameters: bound.parameters,
      templates: note.injection.events,
      count: note.power.injected,
      seed: 1,
      variants: [],
      ordinary: false,
      by: "test",
      datasets: lake.registry.list(),
      ledgerTables: [],
      definitionOf: (source) => definitions.get(source),
      engineVersion: "test",
      directory: mkdtempSync(join(tmpdir(), "spoor-template-power-")),
      clock: () => performance.now(),
    });
    const { injected, found, low, complete } = report.measurement;
    assert.deepEqual([injected, found, complete], [note.power.injected, note.power.found, true]);
    assert.ok(Math.abs(low - note.power.low) < 0.001 && low > 0.7);
  });
}

for (const template of templates.filter(({ note }) => note.answer.kind === "data gap")) {
  test(`${template.name} finds its own events in a dataset of another name`, async () => {
    const other = new LoadedLake();
    try {
      const own = template.note.injection.events[0]!;
      const seconds = (sign: string, count: string) => (sign === "-" ? -1 : 1) * Number(count || 0);
      const lines = own.events
        .replace(/\{\{time(?:([+-])(\d+)s)?\}\}/g, (_whole, sign = "+", count = "0") =>
          new Date(Date.parse("2026-11-20T03:00:00Z") + 1000 * seconds(sign, count)).toISOString(),
        )
        .replace(/\{\{(uuid|hex)\}\}/g, "8c1f0a77");
      const path = join(other.folder, "events.ndjson");
      writeFileSync(path, `${lines}\n`);
      assert.ok((await other.load("another_name", [path])).good > 0);
      const dataset = other.registry.list()[0]!.name;
      assert.notEqual(dataset, own.dataset);
      const needs = checkNeeds(template.hunt.dataNeeds, template.note.sources, other.registry.list());
      assert.ok(isReady(needs), JSON.stringify(needs));
      assert.equal(needs[0]!.by, dataset);
      const result = await run(template, { [own.dataset]: dataset }, other.engine);
      assert.deepEqual(
        result.cells.filter(({ state }) => state === "failed").map(({ message }) => message),
        [],
      );
      assert.equal(result.results.get(template.note.answer.cell)!.rows.length, 1);
    } finally {
      await other.close();
    }
  });
}

test("needs are met by name, by columns, or by what a person picked", () => {
  const template = templates.find(({ name }) => name === "names-like-ours")!;
  const columns = ["_time", "ID.ORIG_H", "query"].map((name) => ({ name }));
  const check = (names: readonly string[], picked = {}) =>
    checkNeeds(
      template.hunt.dataNeeds,
      template.note.sources,
      names.map((name) => ({ name, columns: name === "bare" ? [] : columns })),
      picked,
    )[0]!;
  assert.equal(check(["a", "zeek_dns"]).by, "zeek_dns");
  assert.equal(
    check(["a", "corelight_dns"]).by,
    "corelight_dns",
    "the likest name of those with every column",
  );
  assert.equal(check(["a", "b"], { zeek_dns: "b" }).by, "b");
  assert.deepEqual(check(["a", "b"]).candidates, ["b"]);
  assert.deepEqual(check(["bare"]), {
    ...template.hunt.dataNeeds[0]!,
    source: template.note.sources.zeek_dns,
    by: null,
    missing: ["id.orig_h", "query"],
    candidates: [],
  });
  assert.deepEqual(check(["bare"], { zeek_dns: "bare" }).missing, ["id.orig_h", "query"]);
});

test("other dataset names go where tables stand, and nowhere else", () => {
  const renamed = (sql: string) => withDatasets(sql, { sysmon: "host events", t: "u" }, "duckdb").sql;
  const same = [
    "select 'from sysmon' -- from sysmon",
    "with sysmon as (select 1) from sysmon",
    "select extract(hour from sysmon) from x",
    "select sysmon from x",
    "select a is distinct from sysmon from x",
  ];
  for (const sql of same) assert.equal(renamed(sql), sql);
  for (const [sql, expected] of [
    ["select * from sysmon where a = ${b}", 'select * from "host events" where a = ${b}'],
    ["from sysmon, t join sysmon s on true", 'from "host events", u join "host events" s on true'],
    ["select sysmon.a from sysmon", 'select sysmon.a from "host events" AS sysmon'],
    [
      "select (select max(a) from t) from (select * from sysmon)",
      'select (select max(a) from u) from (select * from "host events")',
    ],
    ['select a in (select b from "sysmon") from t', 'select a in (select b from "host events") from u'],
    [
      "select count(*) filter (where x) from sysmon semi join t using (a)",
      'select count(*) filter (where x) from "host events" semi join u using (a)',
    ],
  ] as const)
    assert.equal(renamed(sql), expected);
});
