// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Frame, Locator, Page } from "playwright-core";
import { type NotebookCell, newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { huntOf, isHuntCell } from "../../../notebooks/hunt/hunt-record.ts";
import type { NotebookCellView } from "../../../workbench/notebook/notebook-cell.ts";
import { launchChromium, withoutChromium } from "../../browser.ts";
import { type NotebookServer, startNotebookServer } from "./notebook-server.ts";

const skip = withoutChromium;
const SLOW_SQL =
  "SELECT sum(a._line * b._line % 7) AS x FROM process_creation AS a, process_creation AS b WHERE a._line % 997 < 40";

let server: NotebookServer;
let browser: Browser;

before(async () => {
  if (withoutChromium) return;
  server = await startNotebookServer();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

async function open(
  cells: readonly (Partial<NotebookCell> & { readonly id: number })[],
): Promise<{ page: Page; frame: () => Frame }> {
  const html = serializeNotebook(newNotebook({ title: "Hunt", cells: cells.map(newCell) }));
  server.notebooks.write("hunt", html, server.notebooks.read("hunt")?.revision ?? null);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(25_000);
  await page.goto(`${server.origin}/notebooks/hunt`);
  await page.waitForSelector("spoor-notebook-cell");
  return { page, frame: () => page.frames().find((frame) => frame.url().includes("/frame/"))! };
}

/** Waits until a cell ended in this phase. */
async function ended(page: Page, id: number, phase: "done" | "failed"): Promise<void> {
  await page.waitForFunction(
    ([cell, wanted]) => {
      const view = document.querySelector<NotebookCellView>(`spoor-notebook-cell[data-cell="${cell}"]`);
      return view?.state.phase === wanted && view.state.query === null;
    },
    [id, phase] as const,
  );
}

const shownText = async (locator: Locator) => (await locator.textContent()) ?? "";
const outputText = (frame: Frame, id: number) => shownText(frame.locator(`.output[data-cell="${id}"]`));

test("a table has every row; a cell that reads more than the limit is told that it has not all", {
  skip,
  timeout: 45_000,
}, async () => {
  const { page, frame } = await open([
    { id: 1, mode: "sql", output: "rows", value: "SELECT range AS n FROM range(1000002)" },
    { id: 2, mode: "js", value: "`${rows.length} rows, complete: ${rows.complete}`" },
  ]);
  await ended(page, 2, "done");
  assert.match(await outputText(frame(), 1), /1,000,002 rows\s*complete/);
  assert.match(await outputText(frame(), 2), /1000000 rows, complete: false/);
  await page.close();
});

test("64-bit integers are exact in the table", { skip, timeout: 45_000 }, async () => {
  const { page, frame } = await open([
    {
      id: 1,
      mode: "sql",
      value: "SELECT RecordNumber, ProcessId FROM process_creation ORDER BY _line LIMIT 2",
    },
  ]);
  await ended(page, 1, "done");
  await frame().locator("td.numeric", { hasText: "9007199254740993" }).waitFor();
  await page.close();
});

test("an input runs the SQL that binds it again, and a chart that reads the SQL follows", {
  skip,
  timeout: 45_000,
}, async () => {
  const { page, frame } = await open([
    {
      id: 1,
      mode: "js",
      value: 'const minimum = view(Inputs.range([0, 40], {step: 1, value: 30, label: "Minimum"}))',
    },
    {
      id: 2,
      mode: "sql",
      output: "hosts",
      value:
        "SELECT Computer, count(*) AS n FROM process_creation WHERE _line % 37 >= ${minimum} GROUP BY ALL",
    },
    { id: 3, mode: "js", value: 'Plot.barY(hosts, {x: "Computer", y: "n"}).plot({ariaLabel: "starts"})' },
    { id: 4, mode: "js", value: "`${hosts.length} hosts`" },
  ]);
  await ended(page, 4, "done");
  assert.match(await outputText(frame(), 2), /7 rows/);
  assert.match(await outputText(frame(), 4), /7 hosts/);
  await frame().locator("input[type=number]").fill("35");
  await frame().locator("input[type=number]").press("Enter");
  await frame().locator(".output[data-cell='4']", { hasText: "2 hosts" }).waitFor();
  assert.match(await outputText(frame(), 2), /2 rows/);
  assert.equal(await frame().locator("svg[aria-label=starts] rect").count(), 2);
  await page.close();
});

test("a running query can be cancelled and then does not look complete", {
  skip,
  timeout: 45_000,
}, async () => {
  const { page } = await open([{ id: 1, mode: "sql", value: SLOW_SQL }]);
  await page.locator(".cell-status .cancel").click();
  await ended(page, 1, "failed");
  assert.match(await shownText(page.locator(".cell-error")), /Cancelled/);
  const running = async () =>
    ((await (await fetch(`${server.origin}/api/queries`)).json()) as unknown[]).length;
  for (let tries = 0; tries < 40 && (await running()) > 0; tries += 1)
    await new Promise((done) => setTimeout(done, 100));
  assert.equal(await running(), 0, "the engine runs it no more");
  await page.close();
});

test("a change during a slow query does not wait for it", { skip, timeout: 45_000 }, async () => {
  const { page, frame } = await open([
    { id: 1, mode: "js", value: "const slow = view(Inputs.toggle({value: true}))" },
    {
      id: 2,
      mode: "sql",
      value: `SELECT CASE WHEN \${slow} THEN (${SLOW_SQL}) ELSE 42 END AS answer`,
    },
  ]);
  await page.locator(".cell-status .cancel").waitFor();
  const started = Date.now();
  await page.locator("spoor-notebook-cell[data-cell='1'] .cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("const slow = false");
  await page.keyboard.press("Shift+Enter");
  await page.locator("spoor-notebook-cell[data-cell='2'] .cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("SELECT 42 AS answer");
  await page.keyboard.press("Shift+Enter");
  await frame().locator("td", { hasText: "42" }).waitFor();
  assert.ok(Date.now() - started < 10_000);
  await page.close();
});

test("errors are shown under the cell where they happened, with the place", {
  skip,
  timeout: 45_000,
}, async () => {
  const { page } = await open([
    { id: 1, mode: "sql", value: "SELECT Computer,\n  nothing\nFROM process_creation" },
    { id: 2, mode: "js", value: "let a = = 3" },
    { id: 3, mode: "js", value: "undefinedName + 1" },
    { id: 4, mode: "js", value: "const limit = 3" },
    { id: 5, mode: "sql", value: "SELECT *\nFROM process_creation WHERE _line < ${limit} AND nope = 1" },
    { id: 6, mode: "sql", value: "SELECT 'a${limit}'" },
  ]);
  for (const id of [1, 2, 3, 5, 6]) await ended(page, id, "failed");
  const error = (id: number) => shownText(page.locator(`spoor-notebook-cell[data-cell="${id}"] .cell-error`));
  assert.match(await error(1), /^line 2, column 3: .*nothing/s);
  assert.match(await error(2), /^line 1, column 9: Unexpected token/);
  assert.match(await error(3), /undefinedName is not defined/);
  assert.match(await error(5), /^line 2, column \d+: .*nope/s);
  assert.match(await error(6), /Join it instead/);
  await page.close();
});

test("what is typed is saved and survives a reload", { skip, timeout: 45_000 }, async () => {
  const { page } = await open([{ id: 1, mode: "sql", value: "SELECT 1 AS one" }]);
  await page.locator(".cm-content").first().click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("SELECT 2 AS two");
  await page.keyboard.press("ControlOrMeta+s");
  await page.locator(".notebook-saving.saved").waitFor();
  assert.match(server.notebooks.read("hunt")!.html, /SELECT 2 AS two/);
  await page.reload();
  await page.locator(".cm-content", { hasText: "SELECT 2 AS two" }).waitFor();
  await page.close();
});

test("a log value is text wherever it is shown", { skip, timeout: 45_000 }, async () => {
  const { page, frame } = await open([
    {
      id: 1,
      mode: "sql",
      output: "evil",
      value: "SELECT CommandLine, 3 AS n FROM process_creation WHERE CommandLine LIKE '<img%'",
    },
    {
      id: 2,
      mode: "md",
      value: "Seen: ${evil[0].CommandLine} and `${evil[0].CommandLine}` and [link](${evil[0].CommandLine})",
    },
    {
      id: 3,
      mode: "js",
      value:
        'Plot.barX(evil, {y: "CommandLine", x: "n", title: "CommandLine"}).plot({title: evil[0].CommandLine})',
    },
    { id: 4, mode: "html", value: "<p>${evil[0].CommandLine}</p>" },
    { id: 5, mode: "js", value: "evil[0]" },
    { id: 6, mode: "js", value: "Inputs.table(evil)" },
    // A program may do to its own frame what it likes: even then the handler does not run.
    {
      id: 7,
      mode: "js",
      value: "const div = document.createElement('div'); div.innerHTML = evil[0].CommandLine; display(div)",
    },
  ]);
  for (const id of [1, 2, 3, 4, 5, 6, 7]) await ended(page, id, "done");
  assert.equal(await frame().locator(".output:not([data-cell='7']) img").count(), 0);
  assert.match(await outputText(frame(), 2), /Seen: <img src=x onerror=.* and <img/);
  await page.waitForTimeout(300);
  assert.equal(await frame().evaluate(() => (window as unknown as { hacked?: number }).hacked), undefined);
  await page.close();
});

test("a cell reaches neither network nor page", { skip, timeout: 30_000 }, async () => {
  const { page, frame } = await open([
    {
      id: 1,
      mode: "js",
      value: `const tried = await (async () => {
  const attempts = {
    fetch: () => fetch("${server.origin}/api/session"),
    absolute: () => fetch("https://example.org/"),
    socket: () => new Promise((_, no) => { const s = new WebSocket("ws://127.0.0.1:9/"); s.onerror = () => no(new Error("blocked")); s.onopen = () => _(1); }),
    worker: () => new Promise((yes, no) => { const w = new Worker(URL.createObjectURL(new Blob(["postMessage(1)"]))); w.onmessage = yes; w.onerror = () => no(new Error("blocked")); }),
    parent: () => window.parent.document.title,
    top: () => { window.top.location = "https://example.org/"; },
    cookie: () => window.document.cookie,
    storage: () => window.localStorage.length,
    popup: () => { if (!window.open("about:blank")) throw new Error("blocked"); },
    beacon: () => new Promise((yes, no) => { const i = new Image(); i.onload = yes; i.onerror = () => no(new Error("blocked")); i.src = "${server.origin}/leak.png"; }),
    imported: () => import("${server.origin}/assets/app.js"),
  };
  const results = {};
  await Promise.all(Object.entries(attempts).map(async ([name, attempt]) => {
    const silence = new Promise((_, no) => setTimeout(() => no(new Error("no answer")), 1500));
    try { await Promise.race([attempt(), silence]); results[name] = "REACHED"; } catch (error) { results[name] = "blocked"; }
  }));
  return results;
})();`,
    },
    { id: 2, mode: "js", value: "JSON.stringify(tried)" },
  ]);
  await ended(page, 2, "done");
  const text = await outputText(frame(), 2);
  assert.match(text, /"fetch":"blocked"/);
  assert.doesNotMatch(text, /REACHED/);
  await page.close();
});

test("a cell cannot lead the frame to another address", { skip, timeout: 45_000 }, async () => {
  const asked: string[] = [];
  const { page } = await open([
    { id: 1, mode: "js", value: "setTimeout(() => { location.href = '/leak?rows' }, 50); 1" },
  ]);
  page.on("request", (request) => asked.push(request.url()));
  await page.waitForTimeout(800);
  assert.deepEqual(
    asked.filter((url) => url.includes("leak")),
    [],
  );
  await page.close();
});

test("an endless loop leaves the page usable, and Stop ends it", { skip, timeout: 45_000 }, async () => {
  const { page, frame } = await open([
    { id: 1, mode: "js", value: "1 + 1" },
    { id: 2, mode: "js", value: "while (true) {}" },
  ]);
  await page.locator(".notice", { hasText: "keeps the notebook busy" }).waitFor({ timeout: 15_000 });
  const editor = page.locator("spoor-notebook-cell[data-cell='2'] .cm-content");
  await editor.click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("40 + 2");
  await page.getByRole("button", { name: "Stop the cells" }).click();
  await page.locator(".notebook-notice").getByRole("button", { name: "Run all" }).click();
  await ended(page, 2, "done");
  assert.match(await outputText(frame(), 2), /42/);
  await page.close();
});

test("a finding is pinned with its evidence, and a rule is made with the values of now", {
  skip,
  timeout: 45_000,
}, async () => {
  const { page } = await open([
    { id: 1, mode: "js", value: 'const host = "host-7"' },
    {
      id: 2,
      mode: "sql",
      output: "rows",
      value: "SELECT _time, Computer FROM process_creation WHERE Computer = ${host} AND _line < 200",
    },
  ]);
  await ended(page, 2, "done");
  // What is rare is offered where the pointer or the focus is.
  await page.locator("spoor-notebook-cell[data-cell='2'] .cell-gutter").click();
  await page.getByRole("button", { name: "Pin finding" }).click();
  await page.locator("dialog textarea").fill("starts on host-7 <b>");
  await page.locator("dialog button.primary").click();
  await page.locator(".hunt-findings .finding-note", { hasText: "starts on host-7 <b>" }).waitFor();
  await page.locator(".notebook-saving.saved").waitFor();
  const saved = parseNotebook(server.notebooks.read("hunt")!.html);
  const hunt = huntOf(saved);
  assert.ok(hunt.ok);
  const [finding] = hunt.value.findings;
  assert.equal(finding!.rowCount, 6);
  assert.deepEqual(finding!.parameters, { value_1: "host-7" });
  assert.deepEqual(finding!.datasetVersions, { process_creation: 3 });
  assert.match(finding!.firstTime!, /^2026-11-16T00:00:04\.233617/);
  assert.match(finding!.dataHash, /^[0-9a-f]{64}$/);
  assert.equal(
    await page.locator("spoor-notebook-cell").count(),
    saved.cells.filter((cell) => !isHuntCell(cell)).length,
  );
  await page.getByRole("button", { name: "Check again" }).click();
  await page.locator(".hunt-findings", { hasText: "same rows today" }).waitFor();

  await page.getByRole("button", { name: "Promote" }).click();
  assert.match(await shownText(page.locator("dialog .question-sql")), /Computer = 'host-7'/);
  await page.locator("dialog input[name=name]").fill("host-7-starts");
  await page.locator("dialog button.primary").click();
  await page.waitForURL("**/rules/host-7-starts");
  assert.deepEqual(server.rules.at(-1), {
    name: "host-7-starts",
    title: "Hunt",
    sql: "SELECT _time, Computer FROM process_creation WHERE Computer = 'host-7' AND _line < 200",
    from: { notebook: "hunt", cell: 2 },
  });
  await page.close();
});

test("the editor completes datasets and columns", { skip, timeout: 45_000 }, async () => {
  const { page } = await open([{ id: 1, mode: "sql", value: "SELECT * FROM " }]);
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("proc");
  await page.locator(".cm-tooltip-autocomplete", { hasText: "process_creation" }).waitFor();
  await page.keyboard.type("ess_creation AS p WHERE p.");
  await page.locator(".cm-tooltip-autocomplete", { hasText: "CommandLine" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "Datasets" }).click();
  await page.locator(".dataset .fold").click();
  await page.locator(".dataset-columns button", { hasText: "User" }).click();
  assert.match(await shownText(page.locator(".cm-content")), /WHERE p\."User"/);
  await page.close();
});
