// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import { newCell } from "../../../../notebooks/document/notebook.ts";
import { outlineOf } from "../../../../workbench/notebook/side/outline.ts";
import { boundedWidth, savedSideWidth } from "../../../../workbench/notebook/side/side-width.ts";

test("every cell has a row: headings by level, names, or the beginning of the text", () => {
  const rows = outlineOf([
    newCell({ id: 1, mode: "js", value: "// first\nconst hours = view(Inputs.range())" }),
    newCell({ id: 2, mode: "md", value: "Some *text* before\n## Who [did](x) it ##" }),
    newCell({ id: 3, mode: "sql", output: "rows", value: "SELECT 1" }),
    newCell({ id: 4, mode: "sql", value: "SELECT *\n  FROM   t" }),
    newCell({ id: 5, mode: "md", value: "**plain**" }),
    newCell({ id: 6, mode: "js", value: "" }),
  ]);
  assert.deepEqual(
    rows.map(({ text, depth, kind }) => [text, depth, kind]),
    [
      ["hours", 0, "named"],
      ["Who did it", 1, "heading"],
      ["rows", 2, "named"],
      ["SELECT * FROM t", 2, "plain"],
      ["plain", 2, "plain"],
      ["empty", 2, "plain"],
    ],
  );
});

test("a width that is kept is one that can be used", () => {
  const kept = (value: string | null) => savedSideWidth({ getItem: () => value });
  assert.equal(kept(null), null);
  assert.equal(kept("nonsense"), null);
  assert.equal(kept("400"), 400);
  assert.equal(kept("99999"), boundedWidth(99999));
});
