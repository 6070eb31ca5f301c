import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { LoadReport, NotebookFile, NotebookImport, TemplateSummary } from "../../server/api/api.ts";
import { startServer } from "./running-server.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-exchange-routes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("imports tell before they save, exports never lie about results, and a template takes datasets of other names", async () => {
  const server = await startServer(join(folder, "workspace"), ["--empty"]);
  const events = join(folder, "events.ndjson");
  writeFileSync(
    events,
    `${["login.lanterm.example", "www.lantern.example", "<img src=x onerror=alert(1)>.example"]
      .map((query, index) =>
        JSON.stringify({ ts: `2026-11-20T0${index}:00:00Z`, "id.orig_h": "10.0.0.1", query }),
      )
      .join("\n")}\n`,
  );
  await server.job<LoadReport>("/api/sources", { name: "corelight_dns", paths: [events] });

  // Import: read first, then saved; a taken name gets a number; refused files say why.
  const text = JSON.stringify({
    nbformat: 4,
    metadata: { title: "Look-ups" },
    cells: [
      { cell_type: "markdown", metadata: {}, source: "# Look-ups" },
      {
        cell_type: "code",
        metadata: {},
        outputs: [],
        source: "%%sql rows <<\nselect query from dns_log order by query",
      },
      { cell_type: "code", metadata: {}, outputs: [], source: "%%sql\nselect from where" },
    ],
  });
  const read = await server.post<NotebookImport>("/api/notebooks/import", {
    file: "a.ipynb",
    text,
    save: false,
  });
  assert.equal(read.name, null);
  assert.deepEqual(read.tables[0], { name: "dns_log", dataset: null });
  assert.deepEqual([...new Set(read.issues.map(({ code }) => code))].sort(), [
    "import.sql.dialect",
    "import.sql.syntax",
    "import.table.unknown",
  ]);
  assert.deepEqual(await server.json("/api/notebooks"), []);
  const datasets = { dns_log: "corelight_dns" };
  const saved = await server.post<NotebookImport>("/api/notebooks/import", {
    file: "a.ipynb",
    text,
    datasets,
  });
  assert.deepEqual([saved.name, saved.tables[0]!.dataset], ["look-ups", "corelight_dns"]);
  const again = await server.post<NotebookImport>("/api/notebooks/import", {
    file: "a.ipynb",
    text,
    datasets,
  });
  assert.equal(again.name, "look-ups-2");
  const refused = await server.request("/api/notebooks/import", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ file: "a.ipynb", text: '{"nbformat": 9}' }),
  });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /import\.nbformat\.version/);

  // Export: hostile values stay text, a failed cell says that it failed.
  const exported = async (format: string, more = "") => {
    const response = await server.request(`/api/notebooks/look-ups/export?format=${format}${more}`);
    assert.equal(response.status, 200);
    assert.match(
      response.headers.get("content-disposition")!,
      new RegExp(`attachment; filename="look-ups\\.${format}"`),
    );
    return response.text();
  };
  const markdown = await exported("md");
  assert.match(markdown, /3 rows, complete\./);
  assert.match(markdown, /\*Not run&#58; |\*Not run: /);
  assert.ok(!markdown.includes("<img"));
  const jupyter = await exported("ipynb");
  const outputs = (
    JSON.parse(jupyter) as { cells: { outputs?: { data: { "text/html": string[] } }[] }[] }
  ).cells.flatMap((cell) => cell.outputs ?? []);
  const tables = outputs.map(({ data }) => data["text/html"].join("")).join("");
  assert.ok(!tables.includes("<img") && tables.includes("&lt;img"));
  assert.ok(!(await exported("md", "&results=0")).includes("complete"));
  assert.ok(!/<img src=x/.test(await exported("html")));
  assert.equal((await server.request("/api/notebooks/look-ups/export?format=exe")).status, 400);
  assert.equal((await server.request("/api/notebooks/none/export?format=md")).status, 404);

  // Templates: the need is met by a dataset of another name; what is missing is refused with what to do.
  const templates = await server.json<TemplateSummary[]>("/api/templates");
  const near = templates.find(({ name }) => name === "names-like-ours")!;
  assert.deepEqual([near.ready, near.needs[0]!.by], [true, "corelight_dns"]);
  const started = await server.post<NotebookFile>("/api/templates/names-like-ours/start", {});
  assert.equal(started.name, "names-like-ours");
  assert.ok(started.html.includes("from corelight_dns") && !started.html.includes("from zeek_dns"));
  const run = await server.request("/api/notebooks/names-like-ours/export?format=md");
  assert.match(await run.text(), /lanterm/);
  const blocked = await server.request("/api/templates/password-spray/start", { method: "POST", body: "{}" });
  assert.equal(blocked.status, 409);
  assert.match(await blocked.text(), /template\.(column|dataset)\.missing/);
  const gap = await server.post<NotebookFile>("/api/templates/password-spray/start", { anyway: true });
  assert.equal(gap.name, "password-spray");
  const listed = (await server.json<TemplateSummary[]>("/api/templates")).find(
    ({ name }) => name === "names-like-ours",
  )!;
  assert.deepEqual(listed.started, [{ name: "names-like-ours", state: "open" }]);
  await server.stop();
});
