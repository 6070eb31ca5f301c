import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ProcessNode,
  type ProcessStart,
  pidOf,
  processForest,
} from "../../../../workbench/frame/chart/process-forest.ts";
import { suspicionOf } from "../../../../workbench/frame/chart/suspicious-process.ts";

let row = 0;
function start(
  pid: number,
  parentPid: number | null,
  startMs: number,
  more: Partial<ProcessStart> = {},
): ProcessStart {
  row += 1;
  return {
    host: "ws",
    startMs,
    endMs: Number.NaN,
    pid,
    parentPid,
    guid: null,
    parentGuid: null,
    image: `p${pid}.exe`,
    commandLine: "",
    user: "",
    parentImage: "",
    row,
    ...more,
  };
}

const pathOf = (node: ProcessNode): string =>
  node.parent ? `${pathOf(node.parent)}/${node.image}` : node.image;
const named = (nodes: readonly ProcessNode[], image: string) => nodes.find((node) => node.image === image)!;

test("a pid that is used again takes only the children that came after", () => {
  const { nodes } = processForest([
    start(10, null, 0, { image: "root" }),
    start(20, 10, 100, { image: "old" }),
    start(30, 20, 150, { image: "child-of-old" }),
    start(20, 10, 200, { image: "new" }),
    start(31, 20, 250, { image: "child-of-new" }),
  ]);
  assert.equal(pathOf(named(nodes, "child-of-old")), "root/old/child-of-old");
  assert.equal(pathOf(named(nodes, "child-of-new")), "root/new/child-of-new");
});

test("a parent that ended before, or that the child calls by another name, is not the parent", () => {
  const { nodes } = processForest([
    start(20, null, 0, { image: "C:\\a.exe", endMs: 50 }),
    start(30, 20, 100, { image: "late", parentImage: "C:\\a.exe" }),
    start(40, null, 0, { image: "C:\\b.exe" }),
    start(41, 40, 100, { image: "other", parentImage: "C:\\Windows\\c.exe" }),
  ]);
  assert.equal(named(nodes, "late").parent?.start, null);
  assert.equal(named(nodes, "other").parent?.image, "C:\\Windows\\c.exe");
  assert.equal(named(nodes, "other").parent?.start, null);
});

test("guids decide where they are known; repeated starts count once; circles are cut", () => {
  const forest = processForest([
    start(20, 99, 0, { image: "a", guid: "{a}", parentGuid: "{b}" }),
    start(20, 99, 0, { image: "a", guid: "{a}", parentGuid: "{b}" }),
    start(21, 20, 10, { image: "b", guid: "{b}", parentGuid: "{a}" }),
    start(22, 1, 5, { image: "c", guid: "{c}", parentGuid: "{b}" }),
  ]);
  assert.equal(forest.repeated, 1);
  assert.equal(forest.cyclic, 1);
  assert.equal(forest.nodes.length, 3);
  assert.equal(named(forest.nodes, "c").parent?.image, "b");
});

test("children of a process whose start was not seen share one node, on each host its own", () => {
  const { roots } = processForest([
    start(30, 7, 1, { parentImage: "C:\\explorer.exe" }),
    start(31, 7, 2, { parentImage: "C:\\EXPLORER.EXE" }),
    start(30, 7, 1, { host: "other", parentImage: "C:\\explorer.exe" }),
  ]);
  assert.deepEqual(roots.map(({ host, children }) => [host, children.length]).sort(), [
    ["other", 1],
    ["ws", 2],
  ]);
});

test("whatever the events: every start is in the forest once, no process is above itself, children come after parents", () => {
  const some = fc.record({
    host: fc.constantFrom("a", "b"),
    pid: fc.integer({ min: 0, max: 6 }),
    parentPid: fc.option(fc.integer({ min: 0, max: 6 })),
    startMs: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.constant(Number.NaN)),
    endMs: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(Number.NaN)),
    guid: fc.option(fc.constantFrom("g1", "g2", "g3", "g4")),
    parentGuid: fc.option(fc.constantFrom("g1", "g2", "g3", "g4")),
    image: fc.constantFrom("x", "y", ""),
    parentImage: fc.constantFrom("x", "y", ""),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 40 }), (events) => {
      const starts = events.map((event, index) => ({ ...event, commandLine: "", user: "", row: index }));
      const { roots, nodes, repeated } = processForest(starts);
      const rows = nodes.flatMap((node) => (node.start ? [node.start.row] : []));
      assert.equal(new Set(rows).size, rows.length);
      assert.equal(rows.length + repeated, starts.length);
      const seen = new Set<ProcessNode>();
      for (const node of nodes) {
        assert.ok(
          node.parent === null ? roots.includes(node) : seen.has(node.parent),
          "a parent stands before its children",
        );
        if (node.parent) assert.ok(node.parent.children.includes(node));
        if (
          node.parent?.start &&
          node.start &&
          node.start.guid === null &&
          node.start.parentGuid === null &&
          !Number.isNaN(node.parent.start.startMs)
        )
          assert.ok(node.parent.start.startMs <= node.start.startMs);
        seen.add(node);
      }
      assert.equal(
        roots.reduce((sum, root) => sum + root.descendants + 1, 0),
        nodes.length,
      );
    }),
  );
});

test("a hundred thousand starts in one chain are linked in a second", () => {
  const starts = Array.from({ length: 100_000 }, (_one, index) =>
    start(index + 1, index === 0 ? null : index, index),
  );
  const before = performance.now();
  const { roots } = processForest(starts);
  assert.equal(roots[0]!.descendants, 99_999);
  assert.ok(performance.now() - before < 4000);
});

test("process ids in decimal and hexadecimal", () => {
  assert.deepEqual(["0x1a4", "420", 420, 420n, "", null, "x", 1.5].map(pidOf), [
    420,
    420,
    420,
    420,
    null,
    null,
    null,
    null,
  ]);
});

test("reasons to look: by relation and by command line", () => {
  const { nodes } = processForest([
    start(1, null, 0, { image: "C:\\Office\\WINWORD.EXE" }),
    start(2, 1, 1, { image: "C:\\Windows\\System32\\cmd.exe", commandLine: "cmd /c dir" }),
    start(3, 2, 2, {
      image: "powershell.exe",
      commandLine: "powershell -EncodedCommand SQBFAFgAIAAoAE4AZQB3",
    }),
    start(4, 2, 3, { image: "notepad.exe", commandLine: "notepad a.txt" }),
  ]);
  assert.match(suspicionOf(named(nodes, "C:\\Windows\\System32\\cmd.exe"))!, /office/);
  assert.match(suspicionOf(named(nodes, "powershell.exe"))!, /encoded/);
  assert.equal(suspicionOf(named(nodes, "notepad.exe")), null);
});
