// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { exportMarkdown, fenced } from "../../../notebooks/exchange/markdown-export.ts";
import { htmlTable, markdownTable, markdownText } from "../../../notebooks/exchange/result-table.ts";
import { newHunt, withHunt } from "../../../notebooks/hunt/hunt-record.ts";

/** As lenient as a reader may be: HTML and links are made wherever the text asks for them. */
const reader = new MarkdownIt({ html: true, linkify: true });

/** Text of each cell of the only table, as a reader shows it. */
function shownCells(markdown: string): string[][] {
  const tokens = reader.parse(markdown, {});
  const rows: string[][] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.type === "tr_open") rows.push([]);
    if (token.type === "td_open" || token.type === "th_open") {
      const children = tokens[index + 1]!.children ?? [];
      for (const child of children) assert.ok(["text", "text_special"].includes(child.type), child.type);
      rows.at(-1)!.push(children.map(({ content }) => content).join(""));
    }
  }
  return rows;
}

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "[click](javascript:alert(1))",
  "![x](http://e.example/a.png)",
  "https://evil.example/a www.evil.example a@evil.example",
  "| a | b |",
  "`code` *bold* __b__ ~~s~~ $x$ :smile: @someone #12",
  "a\nb\r\nc\td",
  "\u202egnp.exe",
  "1. one",
  "- item",
  "&lt;&amp;",
  "\\|",
  "# h",
  "  two  ",
];

test("a value in a table shows exactly itself, and is nothing but text", () => {
  const visible = (text: string) =>
    text
      .replace(/\r\n|\n|\r/g, "⏎")
      .replace(/\t/g, "⇥")
      .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, "\ufffd");
  const check = (name: string, value: string) => {
    const rows = shownCells(
      markdownTable({
        columns: [
          { name, type: "VARCHAR" },
          { name: "n", type: "BIGINT" },
        ],
        rows: [{ [name]: value, n: 1 }],
        complete: true,
      }),
    );
    assert.equal(rows.length, 2);
    const clean = (text: string) => visible(text).trim().replaceAll("\u00a0", " ").trim();
    assert.deepEqual(
      rows.map((row) => row.map((cell) => cell.replaceAll("\u00a0", " ").replaceAll("\u200b", "").trim())),
      [
        [clean(name), "n"],
        [clean(value), "1"],
      ],
    );
  };
  for (const value of HOSTILE) check("column", value);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (value) => {
      fc.pre(value !== "n");
      check("column", value.slice(0, 400));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(..."|\\`*_[]()<>!#~$&:@-+=.'\"1 a\n"), { maxLength: 20 }),
      (characters) => check("column", characters.join("")),
    ),
    { numRuns: 2000 },
  );
});

test("a value in the HTML table is text, and a cut result says so", () => {
  const html = htmlTable({
    columns: [{ name: "<b>", type: "VARCHAR" }],
    rows: HOSTILE.map((value) => ({ "<b>": value })),
    complete: false,
  });
  assert.deepEqual([...new Set([...html.matchAll(/<\/?([a-z]+)/g)].map(([, name]) => name))].sort(), [
    "p",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
  ]);
  assert.match(html, /NOT COMPLETE/);
});

test("a notebook reads in order: text, record, SQL, table, or why there is none", () => {
  const notebook = withHunt(
    newNotebook({
      title: "Title",
      cells: [
        newCell({ id: 1, mode: "md", value: "# Own heading\n\nAt least ${least}, else ${await x}" }),
        newCell({ id: 2, mode: "js", value: "const least = 3" }),
        newCell({ id: 3, mode: "sql", value: "select '```'", output: "one" }),
        newCell({ id: 4, mode: "sql", value: "select 2", hidden: true }),
        newCell({ id: 5, mode: "sql", value: "select 3" }),
      ],
    }),
    newHunt({ hypothesis: "Somebody | did" }),
  );
  const markdown = exportMarkdown({
    notebook,
    results: new Map([
      [3, { columns: [{ name: "a", type: "VARCHAR" }], rows: [{ a: "x" }], complete: true }],
    ]),
    messages: new Map([[5, "no such table"]]),
    facts: "Run now",
  });
  const order = [
    "# Own heading",
    "At least 3, else `${await x}`",
    "*Run now*",
    "## Hunt record",
    "Somebody \\| did",
    "```js\nconst least = 3\n```",
    "````sql\nselect '```'\n````",
    "**one**: 1 row, complete.",
    "| x |",
    "select 2",
    "select 3",
    "*Not run&#58; no such table*".replace("&#58;", ":"),
  ];
  let at = 0;
  for (const part of order) {
    const found = markdown.indexOf(part, at);
    assert.ok(found >= 0, `${part} after ${at} in\n${markdown}`);
    at = found;
  }
  assert.equal(fenced("a\n````\nb", ""), "`````\na\n````\nb\n`````");
  assert.equal(markdownText(""), "&#8203;");
});
