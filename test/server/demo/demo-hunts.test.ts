import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseNotebook } from "../../../notebooks/document/notebook-html.ts";
import { conclusionIssues } from "../../../notebooks/hunt/conclusion.ts";
import { type HuntRecord, huntOf } from "../../../notebooks/hunt/hunt-record.ts";
import { Spoor } from "../../../server/spoor.ts";
import { loadDemo, writeDemo } from "../../../server/workspace/demo-workspace.ts";
import { createFolders, workspaceLayout } from "../../../server/workspace/layout.ts";

const NOW = Date.parse("2026-11-24T10:00:00Z");

test("the demo's hunts are concluded from what their queries say over the demo's own data", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-demo-hunts-"));
  const layout = workspaceLayout(folder);
  createFolders(layout);
  await writeDemo(layout, 0.003, NOW, () => undefined);
  const spoor = await Spoor.open({
    layout,
    clock: () => NOW,
    background: false,
    note: () => undefined,
    memoryLimit: "1GB",
  });
  try {
    await loadDemo(spoor, () => undefined);
    const record = (name: string): HuntRecord => {
      const hunt = huntOf(parseNotebook(spoor.notebooks.read(name)!.html));
      assert.ok(hunt.ok);
      return hunt.value;
    };
    assert.equal(record("access-key-in-a-new-place").state, "open");
    while (spoor.jobs.running().length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const confirmed = record("steady-look-ups");
    assert.equal(confirmed.state, "confirmed");
    assert.equal(confirmed.findings.length, 1);
    assert.match(JSON.stringify(confirmed.findings[0]!.rows), /lantem\.example/);
    assert.match(JSON.stringify(record("two-countries-too-fast").findings), /Estonia/);
    const refuted = record("borrowed-tools-that-fetch");
    assert.equal(refuted.state, "refuted");
    const { injected, found, low, complete } = refuted.powers[0]!;
    assert.deepEqual([injected, found, complete], [20, 20, true]);
    assert.ok(low > 0.8);
    for (const hunt of [confirmed, refuted])
      assert.deepEqual(
        conclusionIssues(hunt, hunt.state, []).filter(({ severity }) => severity === "error"),
        [],
      );
  } finally {
    await spoor.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
