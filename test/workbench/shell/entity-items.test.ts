import assert from "node:assert/strict";
import { test } from "node:test";
import { entityItems } from "../../../workbench/shell/entity-items.ts";

const titles = (typed: string) => {
  const { sure, possible } = entityItems(typed);
  return { sure: sure.map(({ detail }) => detail), possible: possible.map(({ detail }) => detail) };
};

test("an address, a digest, a URL and an account are sure", () => {
  assert.deepEqual(titles("203.0.113.77"), { sure: ["IP address"], possible: [] });
  assert.deepEqual(titles(" 575a23a97972ef5efd1bd58b4ff19cac ").sure, ["hash"]);
  assert.deepEqual(titles("https://lantern.example/a").sure, ["URL"]);
  assert.deepEqual(titles("LANTERN\\anna").sure, ["user"]);
  assert.deepEqual(titles("app03.lantern.example").sure, ["domain", "host"]);
});

test("a word may be a host or an account, after the pages of that name; a prefix makes it sure", () => {
  assert.deepEqual(titles("app03"), { sure: [], possible: ["host", "user"] });
  assert.deepEqual(titles("ab"), { sure: [], possible: [] });
  assert.deepEqual(titles("user:app03"), { sure: ["user"], possible: [] });
  assert.deepEqual(titles("rules about dns"), { sure: [], possible: [] });
});

test("the address of an offered entity holds the value whole", () => {
  const [item] = entityItems("file:C:\\a b\\50%/ä?#.exe").sure;
  assert.equal(item!.href, "/entity/file/C%3A%5Ca%20b%5C50%25%2F%C3%A4%3F%23.exe");
});
