// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { deserialize, serialize, toNotebook } from "@observablehq/notebook-kit";
import fc from "fast-check";
import { CELL_MODES, type NotebookCell, newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { huntOf, newFinding, newHunt, withHunt } from "../../../notebooks/hunt/hunt-record.ts";

// The kit brings a DOM with it; the notebooks room itself needs none.
const kit = createRequire(fileURLToPath(import.meta.resolve("@observablehq/notebook-kit")));
const { JSDOM } = kit("jsdom") as {
  JSDOM: new (html: string) => { window: { DOMParser: typeof DOMParser; document: Document } };
};
const { window } = new JSDOM("<!doctype html>");

const line = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "</script>",
    "<\\/script>",
    "</SCRIPT >",
    "  ",
    "\t",
    "<b>&amp;</b>",
    "${x}",
    "`",
    "\\",
    "<!--",
    "-->",
  ),
);
const text = fc
  .array(line, { maxLength: 6 })
  .map((lines) => lines.join("\n").replace(/\r\n?/g, "\n").replaceAll("\0", ""));
const attributeValue = fc.string({ unit: "grapheme" }).map((value) => value.replace(/[\0\r]/g, ""));
const extraAttributes = fc.dictionary(fc.stringMatching(/^data-[a-z]{1,8}$/), attributeValue, {
  maxKeys: 3,
  noNullPrototype: true,
});
const cell = fc
  .record({
    mode: fc.constantFrom(...CELL_MODES),
    value: text,
    pinned: fc.boolean(),
    hidden: fc.boolean(),
    output: fc.option(fc.stringMatching(/^[a-z]\w{0,8}$/)),
    database: fc.option(fc.constantFrom("var:db", "other")),
    format: fc.option(fc.constantFrom("text", "json")),
    attributes: extraAttributes,
  })
  .map(
    (fields) =>
      (id: number): NotebookCell =>
        newCell({ id, ...fields }),
  );
const notebook = fc
  .record({
    title: fc.string({ unit: "grapheme" }).map((title) => title.replace(/[\0\r]/g, "")),
    theme: fc.constantFrom("air", "slate", "light-dark(air, near-midnight)", "a-theme-of-tomorrow"),
    readOnly: fc.boolean(),
    attributes: extraAttributes,
    cells: fc.array(cell, { maxLength: 6 }),
  })
  .map((fields) => newNotebook({ ...fields, cells: fields.cells.map((make, index) => make(index + 1)) }));

test("writing and reading gives the same notebook", () => {
  fc.assert(
    fc.property(notebook, (original) => {
      assert.deepEqual(parseNotebook(serializeNotebook(original)), original);
    }),
    { numRuns: 300 },
  );
});

test("writing is stable: the same notebook gives the same bytes", () => {
  fc.assert(
    fc.property(notebook, (original) => {
      const written = serializeNotebook(original);
      assert.equal(serializeNotebook(parseNotebook(written)), written);
    }),
  );
});

/** What the kit can hold: it has no other attributes, drops white space in empty lines, and shares our escapes. */
const plain = notebook.map((original) => ({
  ...original,
  attributes: {},
  theme: "slate",
  cells: original.cells.map((each) => ({
    ...each,
    attributes: {},
    database: each.mode === "sql" ? (each.database ?? "var:db") : null,
    format: null,
    value: each.value
      .replace(/^\s+$/gm, "")
      .replaceAll("<!--", "<!-")
      .replace(/<\\*\/script(?=[\s/>]|$)/gi, "")
      .trim(),
  })),
}));

test("Notebook Kit reads what Spoor writes", () => {
  fc.assert(
    fc.property(plain, (original) => {
      const read = deserialize(serializeNotebook(original), { parser: new window.DOMParser() });
      assert.equal(read.title, original.title);
      assert.deepEqual(
        read.cells.map(({ id, mode, value, pinned, hidden, output = null, database = null }) => ({
          id,
          mode,
          value,
          pinned,
          hidden,
          output,
          database,
        })),
        original.cells.map(({ id, mode, value, pinned, hidden, output, database }) => ({
          id,
          mode,
          value,
          pinned,
          hidden,
          output,
          database,
        })),
      );
    }),
    { numRuns: 60 },
  );
});

test("Spoor reads what Notebook Kit writes", () => {
  fc.assert(
    fc.property(plain, (original) => {
      const written = serialize(
        toNotebook({
          title: original.title,
          theme: "slate",
          readOnly: original.readOnly,
          cells: original.cells.map(({ id, mode, value, pinned, hidden, output }) => ({
            id,
            mode,
            value,
            pinned,
            hidden,
            ...(output === null ? {} : { output }),
          })),
        }),
        { document: window.document },
      );
      const read = parseNotebook(written);
      assert.equal(read.title, original.title);
      assert.equal(read.readOnly, original.readOnly);
      assert.deepEqual(
        read.cells.map(({ id, mode, value, pinned, hidden }) => ({ id, mode, value, pinned, hidden })),
        original.cells.map(({ id, mode, value, pinned, hidden }) => ({ id, mode, value, pinned, hidden })),
      );
    }),
    { numRuns: 60 },
  );
});

/** What a person may write, as long as no comment is left open around the beginning of a script element. */
const lively = fc
  .tuple(
    fc.array(
      fc.record({
        mode: fc.constantFrom(...CELL_MODES),
        value: fc.oneof(
          text,
          fc.constantFrom(
            "",
            "</script>",
            "a </script> b <\\/script> c <\\\\/script>",
            "<script>alert(1)</script>",
            "<!-- a comment --><script></script>",
            "žluťoučký kůň 🐎 \u202eabc\u00a0",
            "&amp; &lt; &#x41;",
            "    indented\n\tand tabbed",
            "\n\nempty lines around\n\n",
          ),
        ),
        pinned: fc.boolean(),
        hidden: fc.boolean(),
        output: fc.option(fc.stringMatching(/^[a-z]\w{0,8}$/)),
      }),
      { maxLength: 8 },
    ),
    fc.string({ unit: "grapheme" }).map((title) => title.replace(/[\0\r]/g, "")),
    fc.string({ unit: "grapheme" }),
  )
  .map(([cells, title, hypothesis]) => {
    const made = newNotebook({
      title,
      cells: cells.map((each, index) =>
        newCell({
          id: index * 3 + 1,
          ...each,
          // The kit keeps no white space in empty lines, and an open comment swallows what follows it.
          value: each.value.replace(/^[^\S\n]+$/gm, "").replaceAll(/<!--(?!.*-->)/g, "<!-"),
          database: each.mode === "sql" ? "var:db" : null,
        }),
      ),
    });
    const finding = newFinding({
      id: "f",
      cell: 1,
      note: "</script><!-- <script> -->",
      sql: "SELECT '`${x}'",
      parameters: { value_1: "]]>--><b>" },
      rowCount: 1,
      complete: true,
      datasetVersions: { process_creation: 3 },
      engineVersion: "1",
      dataHash: "0",
      firstTime: null,
      lastTime: null,
      at: "2026-01-01T00:00:00Z",
      by: hypothesis,
    });
    const cellSettings = { "1": { run: "demand" as const } };
    return withHunt(made, newHunt({ hypothesis, findings: [finding], cellSettings }));
  });

test("a notebook that was opened and saved by Notebook Kit comes back with nothing lost, its hunt record too", () => {
  fc.assert(
    fc.property(lively, (original) => {
      const opened = deserialize(serializeNotebook(original), { parser: new window.DOMParser() });
      const back = parseNotebook(serialize(opened, { document: window.document }));
      assert.equal(back.title, original.title);
      assert.deepEqual(
        back.cells.map((each) => ({ ...each, format: null })),
        original.cells,
      );
      assert.deepEqual(huntOf(back), huntOf(original));
      assert.ok(huntOf(back).ok);
    }),
    { numRuns: 150 },
  );
});

test("a file by hand: ids that are missing or taken twice are given anew, other text is no cell", () => {
  const read = parseNotebook(
    `<!doctype html><notebook theme="slate" data-team='blue &amp; red'>
    <title>A &lt;b&gt; title</title><p>note</p>
    <script id=7 type="application/sql" output=rows>
      SELECT 1
    </script><script id="7" type="text/markdown">hi</script><script>1 + 1</script>
    </notebook><script id="9">not a cell</script>`,
  );
  assert.equal(read.title, "A <b> title");
  assert.deepEqual(read.attributes, { "data-team": "blue & red" });
  assert.deepEqual(
    read.cells.map(({ id, mode, output }) => [id, mode, output]),
    [
      [7, "sql", "rows"],
      [8, "md", null],
      [9, "js", null],
    ],
  );
  assert.equal(read.cells[0]!.value.trim(), "SELECT 1");
});

test("a text that is no notebook is an empty one", () => {
  assert.deepEqual(parseNotebook("hello <script>alert(1)</script>").cells, []);
  assert.deepEqual(parseNotebook("").cells, []);
});
