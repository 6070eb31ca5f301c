import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { parseNotebook } from "../../notebooks/document/notebook-html.ts";
import { importNotebook } from "../../notebooks/exchange/import-notebook.ts";
import type { LoadReport, NotebookFile, TemplateSummary } from "../../server/api/api.ts";
import { writeDemoWorkspace } from "../../server/demo/demo.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { spoor } from "../server/command-line.ts";
import { startServer } from "../server/running-server.ts";
import { walkPages } from "../workbench/page-walk.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PICTURES = join(ROOT, ".artefacts", "screens");
const folder = mkdtempSync(join(tmpdir(), "spoor-exchange-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const PLAYBOOK = `# Service creation

## Hypothesis

Adversaries might be creating services.

## Analytics

### Analytic I

Look for services.

| Data source | Event Provider | Relationship | Event |
|:------------|:---------------|--------------|-------|
| Service | Microsoft-Windows-Sysmon/Operational | Process modified Service | 13 |

#### Logic

\`\`\`{code-block}
SELECT \`@timestamp\`, Hostname, Details
FROM dataTable
WHERE Channel = "Microsoft-Windows-Sysmon/Operational"
    AND EventID = 13
    AND TargetObject LIKE "%WinSyncHelper%"
\`\`\`
`;
const METADATA =
  'id: 991231-Services\ntitle: Services\nattack_mappings:\n  - technique: T1543\n    sub_technique: "003"\n';

async function picture(page: Page, what: string, width: 1280 | 1920, theme: "light" | "dark"): Promise<void> {
  await page.setViewportSize({ width, height: width === 1280 ? 860 : 1080 });
  await page.evaluate((value) => {
    document.documentElement.dataset.theme = value;
  }, theme);
  await page.screenshot({ path: join(PICTURES, `exchange-${what}-${width}-${theme}.png`) });
}

test("a hunt starts from the gallery, leaves as three kinds of file, and one of another program comes in", {
  skip: withoutChromium,
  timeout: 120_000,
}, async (context) => {
  mkdirSync(PICTURES, { recursive: true });
  const workspace = join(folder, "workspace");
  const demo = await writeDemoWorkspace({
    directory: workspace,
    seed: 7717,
    nowMs: Date.parse("2026-11-24T10:00:00Z"),
    scale: 0.003,
  });
  const server = await startServer(workspace, ["--empty"]);
  for (const name of ["sysmon", "winauth", "idp", "cloudtrail"])
    await server.job<LoadReport>("/api/sources", { name, paths: [demo.folders[name]!] });
  const browser = await launchChromium();
  context.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, acceptDownloads: true });
  await page.goto(server.signIn);
  assert.deepEqual(await walkPages(page, { origin: server.url, paths: ["/hunts?tab=templates"] }), []);

  // The gallery: what is ready comes first, what is missing says what.
  const rows = page.locator("spoor-template-gallery tbody tr");
  const templates = await server.json<TemplateSummary[]>("/api/templates");
  assert.equal(await rows.count(), templates.length);
  assert.ok(templates.some(({ ready }) => ready) && templates.some(({ ready }) => !ready));
  await picture(page, "gallery", 1280, "light");
  await picture(page, "gallery", 1920, "dark");
  await page.getByRole("searchbox", { name: "Filter shipped hunts" }).fill("T1071.004");
  await page.getByText("Names that carry data").waitFor();
  assert.ok((await rows.count()) < templates.length);
  await page.getByRole("button", { name: "Names that carry data (DNS tunnel)", exact: true }).click();
  const details = page.getByRole("dialog", { name: "Names that carry data (DNS tunnel)" });
  await details.getByText("injected cases").waitFor();
  await details.getByRole("button", { name: "Start anyway, to note the gap" }).waitFor();
  await picture(page, "missing", 1280, "light");
  await page.keyboard.press("Escape");
  await details.waitFor({ state: "detached" });

  // Started with one button, it is a hunt with its record, and its answer is there.
  await page.getByRole("searchbox", { name: "Filter shipped hunts" }).fill("service on few");
  await page.getByRole("button", { name: "Start hunt: A service on few machines" }).click();
  await page.waitForURL(`${server.url}/notebooks/service-on-few-machines`);
  const handle = await page.locator("iframe").first().elementHandle();
  const frame = (await handle!.contentFrame())!;
  await frame.getByText("WinSyncHelper").first().waitFor({ timeout: 30_000 });
  await picture(page, "started", 1280, "light");

  // Out: one page that opens without the server, Jupyter and Markdown.
  const placed = page.locator("spoor-notebook-export");
  const save = async (entry: string, name: string) => {
    await placed.getByRole("button", { name: "Export the notebook" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download", { timeout: 30_000 }),
      placed.getByRole("menuitem", { name: entry }).first().click(),
    ]);
    assert.equal(download.suggestedFilename(), name);
    const path = join(folder, name);
    await download.saveAs(path);
    return path;
  };
  await placed.getByRole("button", { name: "Export the notebook" }).click();
  await placed.getByRole("menuitem", { name: /^One page/ }).waitFor();
  await picture(page, "export", 1280, "light");
  await page.keyboard.press("Escape");
  const html = await save("One page", "service-on-few-machines.html");
  const ipynb = await save("Jupyter", "service-on-few-machines.ipynb");
  const markdown = await save("Markdown", "service-on-few-machines.md");
  const offline = await browser.newContext({ offline: true });
  const report = await offline.newPage();
  const problems: string[] = [];
  report.on("requestfailed", (request) => problems.push(request.url()));
  report.on("pageerror", (error) => problems.push(error.message));
  await report.goto(pathToFileURL(html).href);
  await report.getByText("WinSyncHelper").first().waitFor();
  const drawn = report.frameLocator("#frame-place iframe");
  await drawn.locator("svg circle").first().waitFor({ state: "attached", timeout: 15_000 });
  assert.deepEqual(problems, []);
  await report.screenshot({ path: join(PICTURES, "exchange-report-1280-light.png") });
  assert.ok((await report.pdf()).byteLength > 10_000);
  await offline.close();
  const stored = await server.json<NotebookFile>("/api/notebooks/service-on-few-machines");
  const back = importNotebook({ file: "x.ipynb", text: readFileSync(ipynb, "utf8") });
  assert.ok(back.ok);
  assert.deepEqual(back.value.notebook, parseNotebook(stored.html));
  const told = await readFile(markdown, "utf8");
  assert.match(told, /\| Hypothesis \| If an intruder/);
  assert.match(told, /WinSyncHelper/);
  assert.match(told, /rows, complete\./);

  // In: a playbook's hunt, whose table is one of our datasets.
  const files = ["notebook.md", "metadata.yaml"].map((name) => join(folder, name));
  writeFileSync(files[0]!, PLAYBOOK);
  writeFileSync(files[1]!, METADATA);
  await page.goto(`${server.url}/hunts?tab=templates`);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  const importing = page.getByRole("dialog", { name: "Import a notebook" });
  await importing.locator("input[type=file]").setInputFiles(files);
  await importing.getByRole("heading", { name: "Services" }).waitFor();
  await importing.getByText("T1543.003").waitFor();
  await importing.getByLabel("Dataset for dataTable").selectOption("sysmon");
  await importing.locator(".mapping .badge.good").waitFor();
  await picture(page, "import", 1280, "light");
  assert.deepEqual(await importing.locator(".issue").count(), 0);
  await importing.getByRole("button", { name: "Import", exact: true }).click();
  await page.waitForURL(`${server.url}/notebooks/services`);
  const imported = (await (await page.locator("iframe").first().elementHandle())!.contentFrame())!;
  await imported.getByText("COMSPEC").first().waitFor({ timeout: 30_000 });
  await browser.close();
  await server.stop();

  // The same from the command line, without a server.
  const out = join(folder, "hunt.md");
  const exported = await spoor(workspace, "notebook", "export", "services", "--format", "md", "-o", out);
  assert.equal(exported.status, 0, exported.error);
  assert.match(readFileSync(out, "utf8"), /COMSPEC/);
  const again = await spoor(
    workspace,
    ...["notebook", "import", files[0]!, "--dataset", "dataTable=sysmon", "--name", "again", "--json"],
  );
  assert.equal(again.status, 0, again.error);
  assert.deepEqual((JSON.parse(again.out) as { techniques: string[] }).techniques, ["T1543.003"]);
  const begun = await spoor(workspace, "notebook", "start", "names-like-ours");
  assert.notEqual(begun.status, 0);
  assert.match(begun.error, /No dataset has what it takes from Zeek/);
});
