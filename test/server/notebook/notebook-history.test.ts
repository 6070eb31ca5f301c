import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { NotebookFiles, StaleRevisionError } from "../../../server/notebook/notebook-files.ts";
import {
  GONE_AFTER_MS,
  HIDDEN_GONE_AFTER_MS,
  NotebookPresence,
} from "../../../server/notebook/notebook-presence.ts";
import { thinVersions } from "../../../server/notebook/version-thinning.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function workspace(clock: () => number) {
  const folder = mkdtempSync(join(tmpdir(), "spoor-history-"));
  folders.push(folder);
  const history = join(folder, "history");
  return { folder, history, files: new NotebookFiles(join(folder, "notebooks"), history, clock) };
}

const html = (...values: string[]) =>
  serializeNotebook(newNotebook({ cells: values.map((value, index) => newCell({ id: index + 1, value })) }));

test("every version is kept with who, when and what changed, and an earlier one comes back", () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const { files } = workspace(() => nowMs);
  const first = files.write("hunt", html("a"), null, "ada");
  nowMs += 60_000;
  const second = files.write("hunt", html("a", "b"), first.revision, "bob");
  nowMs += 60_000;
  const third = files.write("hunt", html("c", "b"), second.revision, "ada");
  assert.deepEqual(
    files
      .history("hunt")
      .map(({ by, kind, at, change }) => [by, kind, at.slice(11, 16), change.added, change.changed]),
    [
      ["ada", "saved", "00:02", [], [1]],
      ["bob", "saved", "00:01", [2], []],
      ["ada", "made", "00:00", [1], []],
    ],
  );
  assert.equal(files.version("hunt", second.revision)!.html, html("a", "b"));
  assert.equal(files.version("hunt", "nothing"), undefined);
  assert.equal(files.version("../hunt", first.revision), undefined);
  assert.throws(() => files.restore("hunt", first.revision, second.revision, "ada"), StaleRevisionError);
  const back = files.restore("hunt", first.revision, third.revision, "bob");
  assert.equal(back!.html, html("a"));
  assert.equal(files.read("hunt")!.html, html("a"));
  const [newest] = files.history("hunt");
  assert.deepEqual([newest!.kind, newest!.by, newest!.restored], ["restored", "bob", first.revision]);
  assert.equal(files.history("hunt").length, 4, "what was replaced is still there");
});

test("a stale save is refused with what is there now, and a file changed by other means is noted", () => {
  const { files, folder } = workspace(() => 0);
  const first = files.write("hunt", html("a"), null, "ada");
  files.write("hunt", html("b"), first.revision, "bob");
  assert.throws(
    () => files.write("hunt", html("c"), first.revision, "ada"),
    (error) => error instanceof StaleRevisionError && error.current.html === html("b"),
  );
  writeFileSync(join(folder, "notebooks", "hunt.html"), html("from git"));
  assert.equal(files.newest("hunt")!.by, null);
  const found = files.read("hunt")!;
  files.write("hunt", html("from git", "more"), found.revision, "ada");
  assert.deepEqual(
    files.history("hunt").map(({ kind, by }) => [kind, by]),
    [
      ["saved", "ada"],
      ["found", null],
      ["saved", "bob"],
      ["made", "ada"],
    ],
  );
  assert.equal(files.newest("hunt")!.by, "ada");
});

test("a crash in the middle of a line loses only that line", () => {
  const { files, history } = workspace(() => 0);
  const first = files.write("hunt", html("a"), null, "ada");
  appendFileSync(join(history, "hunt", "versions.ndjson"), '{"revision":"cut');
  files.write("hunt", html("b"), first.revision, "ada");
  assert.equal(files.history("hunt").length, 2);
});

test("thinning keeps the last hour, the first and the newest, and what somebody restored", () => {
  const version = fc.record({
    atMs: fc.nat(90 * 24 * 3_600_000),
    by: fc.constantFrom("ada", "bob", null),
    kind: fc.constantFrom("saved" as const, "restored" as const, "found" as const),
  });
  fc.assert(
    fc.property(fc.array(version, { maxLength: 40 }), (unordered) => {
      const versions = unordered.toSorted((left, right) => left.atMs - right.atMs);
      const nowMs = 90 * 24 * 3_600_000;
      const kept = thinVersions(versions, nowMs);
      assert.deepEqual(thinVersions(kept, nowMs), kept);
      assert.equal(kept[0], versions[0]);
      assert.equal(kept.at(-1), versions.at(-1));
      for (const one of versions) {
        if (one.kind !== "saved" || nowMs - one.atMs < 3_600_000) assert.ok(kept.includes(one));
      }
      for (const by of ["ada", "bob"]) {
        if (versions.some((one) => one.by === by)) assert.ok(kept.some((one) => one.by === by));
      }
    }),
  );
});

test("a day of autosaves is thinned on disk, and what changed is said against the version that stayed", () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const { files, history } = workspace(() => nowMs);
  let last: string | null = null;
  for (let save = 0; save < 200; save += 1) {
    last = files.write(
      "hunt",
      html("fixed", `text ${save}`, ...(save > 120 ? ["late"] : [])),
      last,
      "ada",
    ).revision;
    nowMs += 60_000;
  }
  const versions = files.history("hunt");
  assert.ok(versions.length < 100, `${versions.length} versions`);
  const texts = readdirSync(join(history, "hunt")).filter((file) => file.endsWith(".html"));
  assert.equal(texts.length, new Set(versions.map(({ revision }) => revision)).size);
  assert.equal(versions.filter(({ change }) => change.added.includes(3)).length, 1);
  assert.ok(versions.every(({ revision }) => files.version("hunt", revision)));
  assert.ok(readFileSync(join(history, "hunt", "versions.ndjson"), "utf8").endsWith("\n"));
});

test("whoever closes a notebook or falls silent is no longer shown", () => {
  let nowMs = 0;
  const presence = new NotebookPresence(() => nowMs);
  presence.note("hunt", "a", "ada", { cell: 1, hidden: false });
  nowMs += 1000;
  presence.note("hunt", "b", "bob", { cell: null, hidden: true });
  assert.deepEqual(
    presence.others("hunt", "b").map(({ user, cell }) => [user, cell]),
    [["ada", 1]],
  );
  assert.deepEqual(
    presence.others("hunt", "a").map(({ user }) => user),
    ["bob"],
  );
  assert.deepEqual(presence.others("other", "a"), []);
  nowMs += GONE_AFTER_MS;
  assert.deepEqual(presence.others("hunt", "b"), []);
  assert.equal(presence.others("hunt", "").length, 1);
  nowMs += HIDDEN_GONE_AFTER_MS;
  assert.deepEqual(presence.others("hunt", ""), []);
  presence.note("hunt", "a", "ada", { cell: 1, hidden: false });
  presence.leave("hunt", "a");
  assert.deepEqual(presence.others("hunt", ""), []);
  presence.note("hunt", "a", "ada", { cell: 1, hidden: false });
  assert.deepEqual(presence.others("hunt", ""), [], "what was under way does not bring it back");
  nowMs += 6000;
  presence.note("hunt", "a", "ada", { cell: 1, hidden: false });
  assert.equal(presence.others("hunt", "").length, 1, "a window that is shown again is there again");
});
