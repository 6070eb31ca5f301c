// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import axe from "axe-core";
import type { Browser, Locator, Page } from "playwright-core";
import { type NotebookCell, newCell, newNotebook } from "../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import type { EngineFunction, QueryCheck } from "../../server/api/api.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { eventually, type RunningServer, startServer } from "../server/running-server.ts";

const PICTURES = join(import.meta.dirname, "..", "..", ".artefacts", "screens");
const skip = withoutChromium;

let folder: string;
let server: RunningServer;
let browser: Browser;
let page: Page;

const IMAGES = [
  "C:\\Windows\\System32\\cmd.exe",
  "C:\\Windows\\explorer.exe",
  "C:\\Program Files\\App\\app.exe",
];

function events(): string {
  return Array.from({ length: 600 }, (_, at) =>
    JSON.stringify({
      UtcTime: new Date(Date.UTC(2026, 0, 5) + at * 60_000).toISOString(),
      Computer: `WS-${String(at % 7).padStart(2, "0")}.corp.example`,
      User: at % 5 === 0 ? "SYSTEM" : `user${at % 11}`,
      Image: IMAGES[at % 3],
      "Parent Image": IMAGES[(at + 1) % 3],
      CommandLine:
        at % 50 === 0
          ? `powershell -enc ${Buffer.from(`whoami ${at}`, "utf16le").toString("base64")}`
          : `cmd /c echo ${at}`,
      Details: { Hash: `h${at % 4}`, Size: at, Origin: { Country: "DE" } },
    }),
  ).join("\n");
}

before(
  async () => {
    if (withoutChromium) return;
    mkdirSync(PICTURES, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), "spoor-editor-"));
    server = await startServer(join(folder, "workspace"), ["--empty"]);
    await server.upload("process_creation", events());
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
    page.setDefaultTimeout(15_000);
    await page.goto(server.signIn);
  },
  { timeout: 60_000 },
);

after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

let notebookCount = 0;

/** A notebook with these cells, open, with the cursor in the editor of cell `edited`. */
async function open(
  cells: readonly (Partial<NotebookCell> & { readonly id: number })[],
  edited: number,
): Promise<Locator> {
  notebookCount += 1;
  const name = `editor-${notebookCount}`;
  await server.json(`/api/notebooks/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      html: serializeNotebook(
        newNotebook({ title: "Editor", cells: cells.map((cell) => newCell({ pinned: true, ...cell })) }),
      ),
      baseRevision: null,
    }),
  });
  await page.goto(`${server.url}/notebooks/${name}`);
  const editor = page.locator(`spoor-notebook-cell[data-cell="${edited}"] .cm-content`);
  await editor.waitFor();
  await page.waitForFunction(
    () =>
      (document.querySelector<HTMLElement & { catalog: unknown[] }>("spoor-notebook-page")?.catalog.length ??
        0) > 0,
  );
  await editor.click();
  return editor;
}

const list = () => page.locator(".cm-tooltip-autocomplete");
const options = async () =>
  (await list().locator("li .cm-completionLabel").allTextContents()).map((text) => text.trim());
/** Waits until the list begins with these. */
async function offers(...first: readonly string[]): Promise<void> {
  let last: readonly string[] = [];
  await eventually(`a list of ${first.join(", ")}`, async () => {
    last = await options();
    return first.every((label, at) => last[at] === label) ? true : null;
  }).catch((error) => {
    throw new Error(`${(error as Error).message} It was ${last.slice(0, 8).join(", ")}.`);
  });
}
/** Takes the first of the list, which hears no Enter in the moment that it opens. */
async function take(): Promise<void> {
  await page.waitForTimeout(150);
  await page.keyboard.press("Enter");
}
const written = (editor: Locator) =>
  editor.evaluate((element) =>
    [...element.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"),
  );
const picture = (what: string, width = 1280, theme = "light") =>
  page.screenshot({ path: join(PICTURES, `editor-${what}-${width}-${theme}.png`) });

test("the server says what a query would give, and where it is wrong", { skip }, async () => {
  const good = await server.post<QueryCheck>("/api/query/check", {
    sql: 'SELECT registered_domain(Computer) AS domain, count(*) AS n FROM process_creation WHERE "User" <> $u GROUP BY ALL',
    parameters: { u: null },
  });
  assert.deepEqual(good, {
    columns: [
      { name: "domain", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ],
    issues: [],
  });
  const wrong = await server.post<QueryCheck>("/api/query/check", {
    sql: "SELECT Computer, nothere FROM process_creation",
  });
  assert.equal(wrong.issues[0]?.offset, 17);
  assert.match(wrong.issues[0]!.message, /nothere/);
  const refused = await server.post<QueryCheck>("/api/query/check", { sql: "SELECT getenv('HOME')" });
  assert.match(refused.issues[0]!.message, /not allowed/);
  const functions = await server.json<readonly EngineFunction[]>("/api/query/functions");
  const names = new Set(functions.map(({ name }) => name));
  assert.ok(names.has("regexp_extract") && names.has("date_trunc") && names.size > 400);
  for (const hidden of ["getenv", "read_text", "query_table", "glob"]) assert.ok(!names.has(hidden), hidden);
});

test("an alias knows its columns, a STRUCT its fields, and odd names are quoted", {
  skip,
  timeout: 60_000,
}, async () => {
  const editor = await open([{ id: 1, mode: "sql", value: "" }], 1);
  await page.keyboard.type("SELECT p. FROM process_creation AS p", { delay: 5 });
  await page.keyboard.press("Escape");
  for (let step = 0; step < " FROM process_creation AS p".length; step += 1)
    await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("Com");
  await list().waitFor();
  assert.deepEqual((await options()).slice(0, 2).sort(), ["CommandLine", "Computer"]);
  await picture("alias");
  await page.keyboard.type("p");
  await offers("Computer");
  await take();
  assert.equal(await written(editor), "SELECT p.Computer FROM process_creation AS p");
  await page.keyboard.type(", p.Parent");
  await offers("Parent Image");
  await take();
  assert.match(await written(editor), /p\."Parent Image" FROM/);
  await page.keyboard.type(", p.Details.");
  await offers("Hash", "Origin", "Size");
  await page.keyboard.press("Escape");
});

test("quotes offer a column's values, braces the other cells, FROM the datasets and CTEs", {
  skip,
  timeout: 60_000,
}, async () => {
  const editor = await open(
    [
      { id: 1, mode: "js", value: 'const minimum = view(Inputs.range([0, 10], {label: "Minimum"}))' },
      {
        id: 2,
        mode: "sql",
        output: "hosts",
        value: "SELECT Computer, count(*) AS hits FROM process_creation GROUP BY ALL",
      },
      { id: 3, mode: "sql", value: "" },
      { id: 4, mode: "js", value: "" },
    ],
    3,
  );
  await page.keyboard.type("WITH busy AS (SELECT Computer AS host FROM process_creation) SELECT * FROM ");
  await offers("busy", "process_creation");
  await take();
  await page.keyboard.type(" WHERE host = '");
  await offers("WS-00.corp.example");
  await picture("values");
  await take();
  assert.match(await written(editor), /host = 'WS-00\.corp\.example'$/);
  await page.keyboard.type(" AND length(host) > ${");
  await page.keyboard.type("min");
  await offers("minimum");
  await take();
  assert.match(await written(editor), /\$\{minimum\}$/);
  const script = page.locator('spoor-notebook-cell[data-cell="4"] .cm-content');
  await script.click();
  await page.keyboard.type("hosts.map((d) => d.");
  await offers("Computer", "hits");
  await page.keyboard.press("Escape");
  await page.keyboard.type("x); hunt.decodeP");
  await offers("decodePowershell");
  await picture("javascript");
});

test("documentation is on hover, the signature in the parentheses", { skip, timeout: 60_000 }, async () => {
  const editor = await open(
    [
      {
        id: 1,
        mode: "sql",
        value: "SELECT decode_powershell(CommandLine), lower(Computer)\nFROM process_creation",
      },
    ],
    1,
  );
  const at = async (text: string) => {
    const box = await editor.evaluate((element, wanted) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const index = walker.currentNode.textContent!.indexOf(wanted);
        if (index < 0) continue;
        const range = document.createRange();
        range.setStart(walker.currentNode, index);
        range.setEnd(walker.currentNode, index + wanted.length);
        const { x, y, width, height } = range.getBoundingClientRect();
        return { x: x + width / 2, y: y + height / 2 };
      }
      return null;
    }, text);
    await page.mouse.move(0, 0);
    await page.mouse.move(box!.x, box!.y, { steps: 3 });
  };
  const doc = page.locator(".cm-tooltip-hover .editor-doc");
  await at("decode_powershell");
  await doc.waitFor();
  assert.match((await doc.textContent())!, /The script behind -EncodedCommand.*whoami/s);
  await picture("hover");
  await at("Computer");
  await page.locator(".editor-doc", { hasText: "column of process_creation" }).waitFor();
  await page.locator(".editor-doc-values", { hasText: "WS-00.corp.example" }).waitFor();
  await picture("column");
  await at("lower");
  await page.locator(".editor-doc", { hasText: "lower(" }).waitFor();
  await page.mouse.move(0, 0);
  await editor.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("\nWHERE cidr_match(Computer, ");
  const signature = page.locator(".editor-signature");
  await signature.waitFor();
  assert.equal(await signature.locator(".editor-signature-here").textContent(), "cidr VARCHAR");
  await picture("signature");
});

test("a wrong column is marked under the line while it is typed, and no longer when it is right", {
  skip,
  timeout: 60_000,
}, async () => {
  const editor = await open(
    [{ id: 1, mode: "sql", value: "SELECT Computer\nFROM process_creation\nWHERE Usr = 'x'" }],
    1,
  );
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" ");
  const mark = editor.locator(".cm-lintRange-error");
  await mark.waitFor();
  assert.equal(await mark.textContent(), "Usr");
  assert.match(
    (await editor.locator(".editor-message").textContent())!,
    /No table here has a column Usr\. Did you mean User\?/,
  );
  await picture("error");
  const scroller = editor.locator("xpath=..");
  assert.equal(await scroller.evaluate((element) => element.scrollWidth <= element.clientWidth), true);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 1920, height: 1000 });
  await picture("error", 1920, "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
  await mark.hover();
  await page.locator(".cm-tooltip-lint .cm-diagnosticAction", { hasText: "Use User" }).click();
  assert.match(await written(editor), /WHERE "User" = 'x'/);
  await mark.waitFor({ state: "detached" });
  assert.equal(await editor.locator(".editor-message").count(), 0);
});

test("an empty cell teaches the first query, which Tab writes; Alt+Shift+F lays SQL out; search, comment and folding have keys", {
  skip,
  timeout: 60_000,
}, async () => {
  const editor = await open([{ id: 1, mode: "sql", value: "" }], 1);
  await editor.locator(".cm-placeholder", { hasText: "FROM process_creation" }).waitFor();
  await picture("empty");
  await page.keyboard.press("Tab");
  assert.equal(await written(editor), "SELECT *\nFROM process_creation\nORDER BY _time DESC\nLIMIT 100");
  await page.keyboard.press("Control+a");
  await page.keyboard.type(
    "select Computer, count(*) n from process_creation where length(Image) > 3 group by all",
  );
  await page.keyboard.press("Escape");
  await page.keyboard.press("Alt+Shift+F");
  assert.equal(
    await written(editor),
    "SELECT Computer, count(*) n\nFROM process_creation\nWHERE length(Image) > 3\nGROUP BY ALL",
  );
  await page.keyboard.press("Control+/");
  assert.match(await written(editor), /\n-- GROUP BY ALL$/);
  await page.keyboard.press("Control+f");
  await page.locator(".cm-search").waitFor();
  await picture("search");
  const violations = await page.evaluate(
    `${axe.source}; axe.run(document.querySelector("spoor-notebook-cell"), {resultTypes: ["violations"]}).then(({violations}) => violations.map(({id, nodes}) => id + ": " + nodes.map(({html}) => html.slice(0, 160)).join(" | ")))`,
  );
  assert.deepEqual(violations, []);
  await page.keyboard.press("Escape");
  await page.locator(".cm-search").waitFor({ state: "detached" });
});

test("the reference of functions is searched, read and put into the query", {
  skip,
  timeout: 60_000,
}, async () => {
  const editor = await open([{ id: 1, mode: "sql", value: "SELECT " }], 1);
  await page.keyboard.press("Control+End");
  await page.getByRole("tab", { name: "Functions" }).click();
  const reference = page.locator("spoor-function-reference");
  await reference.locator("summary").first().waitFor();
  await picture("reference");
  await reference.getByRole("searchbox").fill("powershell");
  assert.deepEqual(await reference.locator("summary").allTextContents(), [
    "decode_base64_utf16",
    "decode_powershell",
  ]);
  await reference.locator("summary", { hasText: "decode_powershell" }).click();
  await picture("reference-open");
  const violations = await page.evaluate(
    `${axe.source}; axe.run(document.querySelector("spoor-function-reference"), {resultTypes: ["violations"]}).then(({violations}) => violations.map(({id, nodes}) => id + ": " + nodes.map(({html}) => html.slice(0, 160)).join(" | ")))`,
  );
  assert.deepEqual(violations, []);
  await reference.locator("details[open]").getByRole("button", { name: "Insert example" }).click();
  await eventually("the example in the query", async () =>
    /SELECT decode_powershell\('powershell\.exe/.test(await written(editor)) ? true : null,
  );
});

test("hunt functions run in SQL cells and, with the same answer, in JavaScript cells", {
  skip,
  timeout: 60_000,
}, async () => {
  await open(
    [
      {
        id: 1,
        mode: "sql",
        output: "scripts",
        value:
          "SELECT DISTINCT decode_powershell(CommandLine) AS script, CommandLine FROM process_creation WHERE CommandLine LIKE '%whoami%' OR CommandLine LIKE 'powershell%' ORDER BY script LIMIT 3",
      },
      {
        id: 2,
        mode: "js",
        value:
          "scripts.every((row) => hunt.decodePowershell(row.CommandLine) === row.script) + ' ' + scripts.length + ' ' + hunt.registeredDomain('a.b.evil.co.uk')",
      },
    ],
    2,
  );
  const frame = page.frameLocator("iframe").first();
  await frame
    .locator(".output[data-cell='2']", { hasText: "true 3 evil.co.uk" })
    .waitFor({ timeout: 20_000 });
});
