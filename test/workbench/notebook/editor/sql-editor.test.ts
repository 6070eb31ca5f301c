// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Completion, CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { newCell } from "../../../../notebooks/document/notebook.ts";
import type { CatalogEntry } from "../../../../server/api/api.ts";
import { fieldsOf } from "../../../../workbench/notebook/editor/column-type.ts";
import { cellNames, type EditorKnowledge } from "../../../../workbench/notebook/editor/knowledge.ts";
import { quotedName } from "../../../../workbench/notebook/editor/names.ts";
import { diagnosticsOf } from "../../../../workbench/notebook/editor/sql-check.ts";
import { sqlCompletion } from "../../../../workbench/notebook/editor/sql-completion.ts";
import { callAt, parametersOf } from "../../../../workbench/notebook/editor/sql-help.ts";
import { scopeAt } from "../../../../workbench/notebook/editor/sql-scope.ts";
import { sqlTokensOf, withParameters } from "../../../../workbench/notebook/editor/sql-text.ts";

const entry = (name: string, columns: readonly (readonly [string, string, string?])[]): CatalogEntry => ({
  name,
  source: name,
  origin: "source",
  rowCount: 1000,
  entities: [],
  columns: columns.map(([own, type, entity]) => ({ name: own, type, entity: entity ?? null })),
});
const CATALOG = [
  entry("process_creation", [
    ["_time", "TIMESTAMP"],
    ["Computer", "VARCHAR", "host"],
    ["User", "VARCHAR", "user"],
    ["parent", 'STRUCT(image VARCHAR, "command line" VARCHAR, file STRUCT(size BIGINT, hash VARCHAR))'],
    ["odd name", "VARCHAR"],
  ]),
  entry("conn", [
    ["_time", "TIMESTAMP"],
    ["src_host", "VARCHAR", "host"],
    ["bytes", "BIGINT"],
  ]),
];
const asked: string[] = [];
const knowledge = {
  functionsNow: () => [
    {
      name: "lower",
      kind: "scalar",
      signatures: ["lower(string VARCHAR) -> VARCHAR"],
      summary: "",
      example: "",
    },
  ],
  values: async (dataset: CatalogEntry, column: string) => {
    asked.push(`${dataset.name}.${column}`);
    return [
      { value: "WS-01", count: 90 },
      { value: "it's", count: 3 },
    ];
  },
  check: async () => ({ columns: [], issues: [] }),
} as unknown as EditorKnowledge;
const source = sqlCompletion({
  catalog: () => CATALOG,
  cells: () =>
    cellNames([newCell({ id: 1, mode: "js", value: "const minimum = view(x)\nconst {a, b: c} = y" })]),
  knowledge,
});

/** Completion at the bar. */
async function complete(marked: string, explicit = true): Promise<CompletionResult | null> {
  const at = marked.indexOf("|");
  const state = EditorState.create({ doc: marked.slice(0, at) + marked.slice(at + 1) });
  return source(new CompletionContext(state, at, explicit));
}
const labels = async (marked: string) => (await complete(marked))?.options.map(({ label }) => label) ?? [];
const option = async (marked: string, label: string): Promise<Completion | undefined> =>
  (await complete(marked))?.options.find((one) => one.label === label);

test("columns are those of the tables in scope", async () => {
  assert.deepEqual(await labels("SELECT p.| FROM process_creation p JOIN conn c ON true"), [
    "_time",
    "Computer",
    "User",
    "parent",
    "odd name",
  ]);
  assert.ok((await labels("SELECT | FROM conn")).includes("bytes"));
  assert.ok(!(await labels("SELECT | FROM conn")).includes("Computer"));
  assert.deepEqual(
    await labels(
      "WITH busy AS (SELECT src_host AS host, sum(bytes) AS total FROM conn GROUP BY 1) SELECT busy.| FROM busy",
    ),
    ["host", "total"],
  );
  assert.deepEqual(await labels("SELECT q.| FROM (SELECT p.*, lower(User) who FROM process_creation p) q"), [
    "_time",
    "Computer",
    "User",
    "parent",
    "odd name",
    "who",
  ]);
  assert.deepEqual(
    await labels(
      "WITH a(x, y) AS (SELECT Computer, User FROM process_creation), b AS (SELECT * EXCLUDE (x) FROM a) SELECT b.| FROM b",
    ),
    ["y"],
  );
  assert.deepEqual(
    await labels("SELECT * FROM conn c WHERE EXISTS (FROM process_creation p WHERE c.| = p.Computer)"),
    ["_time", "src_host", "bytes"],
  );
  assert.deepEqual(await labels("FROM conn AS x(a, b, d) SELECT x.|"), ["a", "b", "d"]);
  assert.deepEqual(await labels("SELECT i.| FROM conn, indicators(src_host) AS i"), ["kind", "value"]);
  assert.deepEqual(await labels("SELECT c.| FROM conn c UNION ALL SELECT x.a FROM process_creation x"), [
    "_time",
    "src_host",
    "bytes",
  ]);
});

test("fields of a STRUCT follow the dot, however deep", async () => {
  assert.deepEqual(await labels("SELECT parent.| FROM process_creation"), ["image", "command line", "file"]);
  assert.deepEqual(await labels("SELECT p.parent.file.| FROM process_creation p"), ["size", "hash"]);
  assert.equal(
    (await option("SELECT parent.| FROM process_creation", "command line"))?.apply,
    '"command line"',
  );
  assert.deepEqual(
    fieldsOf('STRUCT(a STRUCT(b INTEGER, "c,)" VARCHAR)[], d MAP(VARCHAR, INTEGER))').map(({ name }) => name),
    ["a", "d"],
  );
});

test("tables stand where tables can stand, with what there is in the query", async () => {
  const tables = await labels("WITH recent AS (FROM conn) SELECT * FROM |");
  assert.deepEqual(tables.slice(0, 3), ["recent", "process_creation", "conn"]);
  assert.ok(tables.includes("indicators"));
  assert.ok(!tables.includes("lower"));
});

test("names that are odd are quoted, shared names get their table", async () => {
  assert.equal((await option("SELECT | FROM process_creation", "odd name"))?.apply, '"odd name"');
  assert.equal((await option("SELECT | FROM process_creation", "User"))?.apply, '"User"');
  assert.equal((await option("SELECT | FROM process_creation", "Computer"))?.apply, "Computer");
  const shared = (await complete("SELECT | FROM process_creation p JOIN conn c ON true"))!.options.filter(
    ({ label }) => label === "_time",
  );
  assert.deepEqual(
    shared.map(({ apply }) => apply),
    ["p._time", "c._time"],
  );
  assert.equal(quotedName('a"b'), '"a""b"');
  assert.equal(quotedName("order"), '"order"');
  assert.ok((await labels('SELECT "od|\nFROM process_creation')).includes("odd name"));
});

test("a JOIN offers equalities of the same entity or name", async () => {
  const offered = await labels("SELECT * FROM process_creation p JOIN conn c ON |");
  assert.ok(offered.includes("p.Computer = c.src_host"), offered.slice(0, 5).join());
});

test("quotes offer the column's values, asked of its dataset", async () => {
  asked.length = 0;
  assert.deepEqual(await labels("SELECT * FROM process_creation p WHERE p.Computer = '|'"), [
    "WS-01",
    "it's",
  ]);
  assert.deepEqual(await labels("SELECT * FROM process_creation WHERE Computer IN ('a', '|"), [
    "WS-01",
    "it's",
  ]);
  assert.deepEqual(
    await labels(
      "WITH q AS (SELECT Computer AS host FROM process_creation) SELECT * FROM q WHERE host LIKE '|'",
    ),
    ["WS-01", "it's"],
  );
  assert.deepEqual(asked, [
    "process_creation.Computer",
    "process_creation.Computer",
    "process_creation.Computer",
  ]);
  assert.equal(await complete("SELECT lower('|') FROM process_creation"), null);
  assert.equal(await complete("SELECT * FROM conn WHERE bytes = '|'"), null);
});

test("the other cells' names stand between braces, and nothing in comments, numbers and new names", async () => {
  assert.deepEqual(await labels("SELECT * FROM conn WHERE bytes > ${|}"), ["minimum", "a", "c"]);
  assert.equal(await complete("SELECT 1 -- com|"), null);
  assert.equal(await complete("SELECT /* a | */ 1"), null);
  assert.equal(await complete("SELECT bytes AS | FROM conn"), null);
  assert.equal(await complete("SELECT 12|"), null);
});

test("ORDER BY knows the names that the SELECT gives; functions come with documentation", async () => {
  const offered = await labels(
    "SELECT Computer AS host, count(*) AS hits FROM process_creation GROUP BY ALL ORDER BY |",
  );
  assert.ok(offered.includes("hits") && offered.includes("host"));
  assert.equal(typeof (await option("SELECT | FROM conn", "decode_base64"))?.info, "function");
  assert.equal(typeof (await option("SELECT | FROM conn", "lower"))?.info, "function");
});

test("the clause at the cursor is known in unfinished text", () => {
  const clause = (marked: string) => scopeAt(marked.replace("|", ""), marked.indexOf("|"), CATALOG).clause;
  assert.equal(clause("SELECT a FROM conn WHERE |"), "where");
  assert.equal(clause("SELECT a FROM conn GROUP BY |"), "group");
  assert.equal(clause("SELECT (SELECT x FROM conn WHERE |"), "where");
  assert.equal(clause("SELECT * FROM conn c JOIN |"), "from");
  assert.equal(clause("|"), "start");
  assert.equal(clause("SELECT count(*) FROM conn WHERE lower(|"), "where");
});

test("the call around the cursor and its parameter", () => {
  const call = (marked: string) => callAt(marked.replace("|", ""), marked.indexOf("|"));
  assert.deepEqual(call("SELECT cidr_match(ip, |"), { name: "cidr_match", open: 17, parameter: 1 });
  assert.equal(call("SELECT lower(f(a, b), |")?.parameter, 1);
  assert.equal(call("SELECT f([1, 2, 3], |)")?.parameter, 1);
  assert.equal(call("SELECT f('(a, b', |)")?.parameter, 1);
  assert.equal(call("SELECT f(1) + |"), null);
  assert.equal(call("SELECT * FROM conn WHERE a IN (|"), null);
  assert.deepEqual(parametersOf("f(a STRUCT(b INT, c INT)[], d ANY) -> INT"), [
    "a STRUCT(b INT, c INT)[]",
    "d ANY",
  ]);
  assert.deepEqual(parametersOf("now() -> TIMESTAMP"), []);
});

test("values become parameters of the same length, and pieces never fail on any text", () => {
  const cell = "SELECT * FROM conn WHERE a > ${min} AND b IN ${list} AND c = ${ {x: {y: 1}}.x.y }";
  const { sql, parameters } = withParameters(cell);
  assert.equal(sql.length, cell.length);
  assert.match(sql, /a > \$_?a +AND b IN \(\$_?b\) +AND c = \$_?c +$/);
  assert.equal(Object.keys(parameters).length, 3);
  for (const text of ["'", '"', "${", "/*", "$a$ x", "\\", "é'é", "a'b''", "--", "1e", "$$"]) {
    const tokens = sqlTokensOf(text);
    assert.equal(tokens.at(-1)!.to, text.length, text);
  }
});

test("a problem is marked at its piece; uncertain ones of cells with values are left out", async () => {
  const failing = (message: string, offset: number | null) => ({
    check: async () => ({ columns: [], issues: [{ message, remedy: "Look.", offset }] }),
  });
  const [problem] = await diagnosticsOf(
    "SELECT nothere FROM conn",
    failing(
      'Referenced column "nothere" not found in FROM clause!\nCandidate bindings: "conn.bytes"\n\nLINE 1: SELECT',
      7,
    ),
  );
  assert.deepEqual(
    [problem?.from, problem?.to, problem?.message, problem?.actions?.map(({ name }) => name)],
    [7, 14, "No table here has a column nothere. Did you mean bytes?", ["Use bytes"]],
  );
  assert.equal((await diagnosticsOf("SELECT ${a} + 1", failing("No function matches +(…)", 7))).length, 0);
  assert.equal(
    (await diagnosticsOf("SELECT x, ${a}", failing("Referenced column x not found in FROM clause", 7)))
      .length,
    1,
  );
  assert.equal((await diagnosticsOf("  -- nothing", failing("no statement", null))).length, 0);
});
