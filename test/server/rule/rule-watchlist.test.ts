import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { NewestFirst } from "../../../server/rule/newest-first.ts";
import { RuleFolders } from "../../../server/rule/rule-files.ts";
import { RuleWatchlist } from "../../../server/rule/rule-watchlist.ts";
import { Spoor } from "../../../server/spoor.ts";
import { workspaceLayout } from "../../../server/workspace/layout.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-watchlist-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function writer(root: string) {
  return (path: string, text: string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
}

test("a look sees every change of a rule that watches, and of a draft only that it comes to ask", () => {
  const root = join(folder, "looks");
  const write = writer(root);
  for (let at = 0; at < 1_200; at += 1) write(`draft-${at}/rule.yaml`, "title: x\nstage: draft # yet\n");
  write("old/rule.yaml", 'stage: "retired"\n');
  write("live/rule.yaml", "stage: staged\n");
  // A block of text that only looks like the key, and a way of writing it that is not looked for.
  write("odd/rule.yaml", '{ "stage": paging, description: "\nstage: draft\n" }\n');
  const folders = new RuleFolders(root);
  const list = new RuleWatchlist(folders);
  assert.deepEqual(list.asking(), ["live", "odd"]);
  let last = list.look();
  const changed = (): boolean => {
    const next = list.look();
    const found = next !== last;
    last = next;
    return found;
  };
  for (let at = 0; at < 4; at += 1) assert.equal(changed(), false);
  write("live/response.yaml", "options: []\n");
  assert.equal(changed(), true, "at once");
  write("live/tests/match-a.ndjson", "{}\n");
  assert.equal(changed(), true, "a test of it too");
  write("draft-7/rule.sql", "select 1");
  write("draft-7/rule.yaml", "title: another\nstage: draft\n");
  for (let at = 0; at < 4; at += 1) assert.equal(changed(), false, "a draft that stays one");
  write("draft-1100/rule.yaml", "title: x\nstage: staged\n");
  assert.equal(
    [changed(), changed(), changed()].includes(true),
    true,
    "within as many looks as there are parts of the drafts",
  );
  assert.deepEqual(list.asking(), ["draft-1100", "live", "odd"]);
  write("new/rule.yaml", "title: x\nstage: paging\n");
  assert.equal(changed(), true, "a folder that came");
  rmSync(join(root, "live"), { recursive: true });
  assert.equal(changed(), true, "one that went");
  write("new/rule.yaml", "title: x\nstage: draft\n");
  assert.equal(changed(), true, "one that watches no longer");
  assert.deepEqual(list.asking(), ["draft-1100", "odd"]);
});

test("a few run at once, and what was asked for last comes first", async () => {
  const turns = new NewestFirst(2);
  const begun: string[] = [];
  let running = 0;
  let most = 0;
  const work = (name: string) =>
    turns.run(name, async () => {
      begun.push(name);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      if (name === "c") throw new Error("c");
      return name;
    });
  const all = ["a", "b", "c", "d", "e"].map(work);
  turns.hurry("c");
  const settled = await Promise.allSettled(all);
  assert.deepEqual(begun, ["a", "b", "c", "e", "d"]);
  assert.equal(most, 2);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
});

test("a rule is weighed again for its own datasets only, and for a name as for a type", async () => {
  const root = join(folder, "weighs");
  const write = writer(root);
  for (const source of ["one", "two"])
    write(
      `sources/${source}/source.yaml`,
      `name: ${source}\ndescription: d\nowner: o\ntime: { fields: [time], format: iso, zone: UTC }\n`,
    );
  write(
    "rules/reads-one/rule.yaml",
    "title: x\nauthor: kim\nstage: draft\ntimeColumn: _time\nentities: []\n",
  );
  write("rules/reads-one/rule.sql", "select _time, a from one");
  const spoor = await Spoor.open({
    layout: workspaceLayout(root),
    clock: () => Date.UTC(2026, 0, 5),
    background: false,
    note: () => undefined,
    memoryLimit: "1GB",
    threads: 1,
  });
  try {
    let number = 0;
    const post = async (source: string, fields: Record<string, unknown>): Promise<void> => {
      const event = JSON.stringify({ time: "2026-01-04T00:00:00Z", ...fields });
      number += 1;
      await spoor.streams.append(source, new TextEncoder().encode(event), String(number));
      await spoor.streams.drain(source);
    };
    const weigh = () => spoor.rules.weighed("reads-one");
    assert.equal((await weigh()).columns, null, "no such dataset yet");
    await post("two", { a: "x" });
    await post("one", { a: "x" });
    const first = await weigh();
    assert.deepEqual(
      first.columns?.map(({ name }) => name),
      ["_time", "a"],
    );
    await post("two", { a: "x", b: 1 });
    await post("one", { a: "y" });
    assert.equal(await weigh(), first, "another dataset's new column and more of the same are nothing to it");
    await post("one", { a: "x", c: "new" });
    const second = await weigh();
    assert.notEqual(second, first);
    const dataset = spoor.registry.get("one")!;
    const columns = dataset.columns.map((column) =>
      column.name === "c" ? { ...column, name: "d" } : column,
    );
    spoor.registry.commit({
      source: "one",
      columns: new Map([["one", columns]]),
      segmentsAdded: [],
      segmentIdsRemoved: [],
      inputs: [],
      quarantined: [],
    });
    assert.deepEqual(spoor.registry.get("one")!.columns, columns);
    assert.notEqual(await weigh(), second, "the same types under another name");
  } finally {
    await spoor.close();
  }
});
