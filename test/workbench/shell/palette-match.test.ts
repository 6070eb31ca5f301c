import assert from "node:assert/strict";
import { test } from "node:test";
import { matchItems, type PaletteItem } from "../../../workbench/shell/palette-match.ts";

const item = (kind: PaletteItem["kind"], title: string, detail = ""): PaletteItem => ({
  kind,
  title,
  detail,
  href: "/",
});
const ITEMS = [
  item("page", "Rules", "what is watching"),
  item("rule", "Memory of LSASS was read", "lsass-dump paging"),
  item("dataset", "dns_log", "source dns"),
  item("rule", "Long names in DNS", "dns-tunnel draft"),
];

test("every typed word must be found, in any order", () => {
  assert.deepEqual(matchItems(ITEMS, "read memory"), [ITEMS[1]]);
  assert.deepEqual(matchItems(ITEMS, "memory dns"), []);
});

test("a title that starts with what was typed comes first", () => {
  assert.equal(matchItems(ITEMS, "dns")[0], ITEMS[2]);
  assert.equal(matchItems(ITEMS, "rule")[0], ITEMS[0]);
});

test("nothing typed gives everything as it was", () => {
  assert.deepEqual(matchItems(ITEMS, "  "), ITEMS);
});
