// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Frame, Page } from "playwright-core";
import type { NotebookVersion } from "../../server/api/api.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { eventually } from "../server/running-server.ts";
import {
  accessibilityIssues,
  cellPhase,
  NotebookWorkspace,
  picture,
  reached,
  shownCells,
} from "./notebook-workspace.ts";

const skip = withoutChromium;
const timeout = 45_000;
let workspace: NotebookWorkspace;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

before(
  async () => {
    if (withoutChromium) return;
    workspace = await NotebookWorkspace.start();
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
    page.setDefaultTimeout(12_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      // What the frame's policy keeps from cells is told there; a query that fails on purpose is told by its status.
      const isFrame = /\/frame/.test(message.location().url);
      if (message.type() === "error" && !isFrame && !message.text().includes("422"))
        complaints.push(message.text());
    });
    await page.goto(workspace.server.signIn);
  },
  { timeout: 60_000 },
);

after(async () => {
  await browser?.close();
  await workspace?.stop();
});

const cell = (id: number) => page.locator(`spoor-notebook-cell[data-cell="${id}"]`);
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** The id of the cell that has the focus, and whether its text has it. */
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement!;
    const view = element.closest<HTMLElement>("spoor-notebook-cell");
    return view ? `${view.dataset.cell}${element.closest(".cm-content") ? " text" : ""}` : "";
  });
/** Leaves the text; a list of completions that is open takes the first Escape. */
const leave = async () => {
  for (let tries = 0; tries < 3 && (await focused()).endsWith("text"); tries += 1) await press("Escape");
};
const frame = (): Frame => page.frames().find((candidate) => candidate.url().includes("/frame/"))!;
const outputText = async (id: number) =>
  (await frame().locator(`.output[data-cell="${id}"]`).textContent()) ?? "";
const focusIs = (wanted: string) =>
  eventually(`focus ${wanted}`, async () => ((await focused()) === wanted ? true : null), 4000).catch(
    async () => assert.equal(await focused(), wanted),
  );

const THREE = [
  { id: 1, mode: "js" as const, value: "const one = 1" },
  { id: 2, mode: "js" as const, value: "const two = one + 1" },
  { id: 3, mode: "md" as const, value: "# Three is ${two + 1}" },
];

test("a whole notebook is edited by keys alone, and every step is taken back", {
  skip,
  timeout,
}, async () => {
  const name = await workspace.add(THREE);
  await workspace.open(page, name);
  await reached(page, 3, "done");
  await cell(1).locator(".cm-content").click();
  assert.equal(await focused(), "1 text");
  await press("Escape");
  assert.equal(await focused(), "1");
  await press("j");
  await focusIs("2");
  await press("k");
  await focusIs("1");

  await press("b");
  await focusIs("4 text");
  await page.keyboard.type("const added = two * 10");
  await press("Shift+Enter");
  await reached(page, 4, "done");
  assert.equal(await focused(), "4 text", "running keeps the text cursor where it is");
  await leave();
  await press("Alt+Shift+ArrowDown");
  await focusIs("4");
  assert.deepEqual(await shownCells(page), [
    "const one = 1",
    "const two = one + 1",
    "const added = two * 10",
    THREE[2]!.value,
  ]);

  await press("m");
  await cell(4).getByRole("button", { name: "Kind of cell: Markdown" }).waitFor();
  await press("y");
  await press("Shift+D");
  await focusIs("5");
  await press("d", "d");
  await focusIs("3");
  assert.equal((await shownCells(page)).length, 4);
  await press("k", "k");
  await focusIs("2");
  await press("Shift+ArrowDown");
  await page.locator("spoor-notebook-cell.selected").nth(1).waitFor();
  await press("d", "d");
  assert.deepEqual(await shownCells(page), ["const one = 1", THREE[2]!.value]);
  await press("z");
  assert.deepEqual(await shownCells(page), [
    "const one = 1",
    "const two = one + 1",
    "const added = two * 10",
    THREE[2]!.value,
  ]);
  await press("z", "z", "z", "z", "z", "z");
  assert.deepEqual(
    await shownCells(page),
    THREE.map(({ value }) => value),
  );
  await press("Shift+Z", "Shift+Z");
  assert.deepEqual(await shownCells(page), [
    "const one = 1",
    "const two = one + 1",
    "const added = two * 10",
    THREE[2]!.value,
  ]);
  assert.notEqual(await focused(), "", "the focus is never lost");

  await press("?");
  await page.locator("dialog.key-help[open]").waitFor();
  await picture(page, "notebook-keys");
  assert.deepEqual(await accessibilityIssues(page), []);
  await press("Escape");
  await page.getByText("Saved", { exact: true }).waitFor();
  assert.deepEqual(await workspace.saved(name), await shownCells(page));
});

test("cells are cut, pasted, split, joined, folded and dragged", { skip, timeout }, async () => {
  const name = await workspace.add(THREE);
  await workspace.open(page, name);
  await cell(1).locator(".cm-content").click();
  await press("Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight");
  await press("ControlOrMeta+Shift+Minus");
  await eventually("the split", async () => ((await shownCells(page)).length === 4 ? true : null));
  assert.deepEqual((await shownCells(page)).slice(0, 2), ["const", "one = 1"]);
  await leave();
  await press("k");
  await focusIs("1");
  await press("Shift+M");
  assert.equal((await shownCells(page))[0], "const\n\none = 1");
  await press("z", "z");
  assert.deepEqual(
    await shownCells(page),
    THREE.map(({ value }) => value),
  );
  await press("g", "g");
  await focusIs("1");
  await press("x", "j", "v");
  await eventually("the paste", async () => ((await shownCells(page)).length === 3 ? true : null));
  assert.equal((await shownCells(page)).at(-1), "const one = 1");
  await press("f");
  await page.locator("spoor-notebook-cell").nth(2).locator(".cell-chrome").waitFor({ state: "detached" });

  await page.locator("spoor-notebook-cell").nth(2).locator(".cell-gutter").hover();
  await page
    .locator("spoor-notebook-cell")
    .nth(2)
    .locator(".grip")
    .dragTo(page.locator("spoor-notebook-cell").nth(0), {
      targetPosition: { x: 200, y: 3 },
    });
  await eventually("the drop", async () => ((await shownCells(page))[0] === "const one = 1" ? true : null));
  await press("ControlOrMeta+z");
  assert.equal((await shownCells(page)).at(-1), "const one = 1");
});

test("a cell on demand waits, runs when it is asked, and says that it is stale", {
  skip,
  timeout,
}, async () => {
  const name = await workspace.add(
    [
      {
        id: 1,
        mode: "js",
        value: 'const hours = view(Inputs.range([1, 72], {label: "Hours", step: 1, value: 24}))',
      },
      {
        id: 2,
        mode: "sql",
        output: "heavy",
        value: "SELECT count(*) AS n, ${hours} AS hours FROM process_creation",
      },
      { id: 3, mode: "js", value: "`heavy said ${heavy[0].hours}`" },
    ],
    [2],
  );
  await workspace.open(page, name);
  await reached(page, 1, "done");
  await reached(page, 2, "waiting");
  await cell(3).getByText("waits for heavy").waitFor();
  assert.match((await cell(2).locator(".cell-status").textContent())!, /not run yet/);
  await picture(page, "notebook-demand");
  await cell(2).locator(".cell-status").getByRole("button", { name: "Run" }).click();
  await reached(page, 3, "done");
  assert.match(await outputText(3), /heavy said 24/);

  await frame().locator("input[type=number]").fill("48");
  await frame().locator("input[type=number]").press("Enter");
  await cell(2).locator(".cell-status", { hasText: "stale" }).waitFor();
  await page.waitForTimeout(300);
  assert.match(await outputText(3), /heavy said 24/, "nothing ran by itself");
  await cell(2).locator(".cell-status").getByRole("button", { name: "Run" }).click();
  await frame().locator(".output[data-cell='3']", { hasText: "heavy said 48" }).waitFor();
  assert.equal(await cell(2).locator(".cell-status", { hasText: "stale" }).count(), 0);

  await cell(2).locator(".cell-gutter").click();
  await press("r");
  await frame().locator("input[type=number]").fill("12");
  await frame().locator("input[type=number]").press("Enter");
  await frame().locator(".output[data-cell='3']", { hasText: "heavy said 12" }).waitFor();
  assert.equal(await cellPhase(page, 2), "done");
});

test("an input begins with the value of the address", { skip, timeout }, async () => {
  const name = await workspace.add([
    {
      id: 1,
      mode: "js",
      value:
        "const hours = view(Inputs.range([1, 72], {step: 1, value: 24}));\nconst who = view(Inputs.text())",
    },
    { id: 2, mode: "js", value: "`${typeof hours} ${hours} ${who}`" },
  ]);
  await workspace.open(page, name, "?hours=48&who=%3Cb%3Eada&other=1");
  await frame().locator(".output[data-cell='2']", { hasText: "number 48 <b>ada" }).waitFor();
});

test("every kind of cell and input is added from the line between cells", { skip, timeout }, async () => {
  const name = await workspace.add([{ id: 1, mode: "md", value: "# Start" }]);
  await workspace.open(page, name);
  const line = () => page.locator(".cell-insertion").last();
  for (const kind of ["SQL", "Markdown", "JavaScript", "TypeScript", "HTML"]) {
    await line().hover();
    await line().getByRole("button", { name: kind, exact: true }).click();
    await page
      .locator("spoor-notebook-cell")
      .last()
      .getByRole("button", { name: `Kind of cell: ${kind}` })
      .waitFor();
  }
  await line().hover();
  await line().getByRole("button", { name: "Add an input" }).click();
  await page.locator("wa-dropdown[open]").waitFor();
  await picture(page, "notebook-input-menu");
  await page.getByRole("menuitem", { name: /Slider/ }).click();
  await eventually("the input", async () =>
    (await shownCells(page)).at(-1)?.includes("Inputs.range") ? true : null,
  );
  await frame().locator("input[type=range]").waitFor();
  assert.notEqual(await focused(), "");

  await page.locator("spoor-notebook-cell").last().locator(".cell-gutter").hover();
  await page
    .locator("spoor-notebook-cell")
    .last()
    .getByRole("button", { name: "More for this cell" })
    .click();
  await page.locator("wa-dropdown[open]").waitFor();
  await picture(page, "notebook-cell-menu");
  assert.deepEqual(await accessibilityIssues(page), []);
  await page.getByRole("menuitem", { name: /^Delete/ }).click();
  await eventually("the deletion", async () => ((await shownCells(page)).length === 6 ? true : null));
  assert.notEqual(await focused(), "");
});

test("the history says who changed what, shows it, and brings a version back", {
  skip,
  timeout,
}, async () => {
  const name = await workspace.add([
    {
      id: 1,
      mode: "sql",
      output: "starts",
      value: "SELECT Computer, count(*) AS n\nFROM process_creation\nGROUP BY ALL",
    },
    { id: 2, mode: "md", value: "# What we saw" },
  ]);
  await workspace.open(page, name);
  await reached(page, 1, "done");
  await cell(1).locator(".cm-content").click();
  await press("ControlOrMeta+End");
  await page.keyboard.type("\nORDER BY n DESC");
  await press("ControlOrMeta+s");
  await page.getByText("Saved", { exact: true }).waitFor();
  await leave();
  await press("j", "d", "d");
  await press("ControlOrMeta+s");
  await eventually("the save", async () => ((await workspace.saved(name)).length === 1 ? true : null));
  await page.getByRole("tab", { name: "History" }).click();
  const groups = page.locator(".history-group");
  await groups.nth(0).getByText("1 cell changed, 1 removed").waitFor();
  const versions = await workspace.server.json<NotebookVersion[]>(`/api/notebooks/${name}/history`);
  assert.equal(versions.length, 3);
  await groups.nth(0).getByRole("button", { name: /saves/ }).click();
  await picture(page, "notebook-history");
  await groups.nth(1).locator(".history-version").click();
  const dialog = page.locator("dialog.version-dialog[open]");
  await dialog.getByRole("button", { name: "Compare with now" }).click();
  await dialog.locator(".difference.changed").waitFor();
  await dialog.locator(".difference.removed", { hasText: "What we saw" }).waitFor();
  await picture(page, "notebook-version");
  assert.deepEqual(await accessibilityIssues(page), []);
  await dialog.getByRole("button", { name: "Restore this version" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(await shownCells(page), [
    "SELECT Computer, count(*) AS n\nFROM process_creation\nGROUP BY ALL",
    "# What we saw",
  ]);
  assert.equal((await workspace.saved(name)).length, 2);
  const [newest] = await workspace.server.json<NotebookVersion[]>(`/api/notebooks/${name}/history`);
  assert.equal(newest!.kind, "restored");
  await page.getByRole("button", { name: "Undo", exact: true }).first().click();
  await eventually("the undo", async () => ((await shownCells(page)).length === 1 ? true : null));
});

test("the outline shows headings, names, states and the flow; datasets show samples", {
  skip,
  timeout,
}, async () => {
  const name = await workspace.add([
    { id: 1, mode: "md", value: "# Remote services\nWho starts what?", pinned: false },
    {
      id: 2,
      mode: "js",
      value: 'const hours = view(Inputs.range([1, 72], {label: "Hours", step: 1, value: 24}))',
    },
    { id: 3, mode: "md", value: "## Starts by host", pinned: false },
    {
      id: 4,
      mode: "sql",
      output: "starts",
      value:
        "SELECT Computer, count(*) AS n\nFROM process_creation\nWHERE _line % 72 < ${hours}\nGROUP BY ALL\nORDER BY n DESC",
    },
    {
      id: 5,
      mode: "js",
      value:
        'Plot.barX(starts, {x: "n", y: "Computer", sort: {y: "-x"}}).plot({marginLeft: 150, height: 190})',
    },
    { id: 6, mode: "sql", output: "broken", value: "SELECT nothing FROM process_creation" },
  ]);
  await workspace.open(page, name);
  await reached(page, 5, "done");
  await reached(page, 6, "failed");
  await page.getByRole("tab", { name: "Outline" }).click();
  const rows = await page.locator(".outline-row").allInnerTexts();
  assert.deepEqual(
    rows.map((row) => row.split("\n")[0]!.split(",")[0]!.trim()),
    ["Remote services", "hours", "Starts by host", "starts", "Plot.barX(starts", "broken"],
  );
  assert.equal(await page.locator(".outline-arcs g").count(), 2);
  assert.match((await page.locator(".outline-row").nth(5).textContent())!, /failed/);
  await page.locator(".outline-row").nth(3).click();
  assert.equal(await focused(), "4");
  await picture(page, "notebook-outline");
  assert.deepEqual(await accessibilityIssues(page), []);

  await page.getByRole("tab", { name: "Datasets" }).click();
  await page.getByRole("searchbox", { name: "Filter datasets and columns" }).fill("process");
  await page.getByRole("button", { name: "Columns of process_creation" }).click();
  await page.getByRole("button", { name: "Sample values of Computer" }).click();
  await page.locator(".dataset-samples", { hasText: "WS-00.corp.example" }).waitFor();
  await picture(page, "notebook-datasets");
  assert.deepEqual(await accessibilityIssues(page), []);

  const side = page.locator(".notebook-side");
  const before = (await side.boundingBox())!.width;
  await page.getByRole("separator").focus();
  await press("ArrowLeft", "ArrowLeft");
  assert.ok((await side.boundingBox())!.width > before + 40);
  await page.getByRole("separator").dblclick();
  assert.equal((await side.boundingBox())!.width, before);
});

test("rows lead on: a filter becomes a cell, a value opens its panel, rows become a finding and a chart", {
  skip,
  timeout,
}, async () => {
  const name = await workspace.add([
    { id: 1, mode: "js", value: "const minimum = 3" },
    {
      id: 2,
      mode: "sql",
      value:
        'SELECT Computer, "User", ProcessId, _time FROM process_creation WHERE _line > ${minimum} ORDER BY _line',
    },
  ]);
  await workspace.open(page, name);
  await reached(page, 2, "done");
  const output = page.frameLocator("iframe").first().locator(".output[data-cell='2']");
  const value = (row: number, place: number) => output.locator(`[data-row='${row}'] [data-place='${place}']`);
  await value(0, 0).waitFor();
  await value(0, 0).click({ button: "right" });
  await output.getByRole("menuitem", { name: "Filter to this" }).click();
  await output.getByRole("button", { name: "Keep in query" }).click();
  await eventually("the filter's cell", async () => ((await shownCells(page)).length === 3 ? true : null));
  const added = (await shownCells(page))[2]!;
  assert.match(
    added,
    /^SELECT \*\nFROM \(\n {2}SELECT Computer, .*\$\{minimum\} .*\n\) AS cell\nWHERE cell\."Computer" = 'WS-03\.corp\.example'$/s,
  );
  await reached(page, 3, "done");
  await frame().locator(".output[data-cell='3']", { hasText: "86 rows" }).waitFor();
  await value(0, 0).click();
  await press("Escape", "Escape");
  await focusIs("2");

  await value(0, 0).click({ button: "right" });
  await output.getByRole("menuitem", { name: "Everything about this value" }).click();
  await page.locator("spoor-entity-panel", { hasText: "WS-03.corp.example" }).waitFor();
  assert.equal(await page.getByRole("tab", { name: "Value" }).getAttribute("aria-selected"), "true");

  await value(0, 0).click({ button: "right" });
  await output.getByRole("menuitem", { name: "Pin this row" }).click();
  const dialog = page.locator("dialog[open]");
  assert.match((await dialog.locator(".question-sql").textContent())!, /LIMIT 1 OFFSET 0$/);
  await dialog.locator("textarea").fill("the first start");
  await dialog.getByRole("button", { name: "Pin these rows" }).click();
  await page.locator(".hunt-findings .finding-note", { hasText: "the first start" }).waitFor();

  await cell(2).locator(".cell-gutter").click();
  await cell(2).getByRole("button", { name: "More for this cell" }).click();
  await page.locator("wa-dropdown[open]").waitFor();
  await page
    .getByRole("menuitem", { name: /^Add chart: / })
    .first()
    .click();
  await eventually("the chart", async () => ((await shownCells(page)).length === 4 ? true : null));
  const chart = await page.evaluate(() =>
    Number(document.querySelectorAll<HTMLElement>("spoor-notebook-cell")[2]!.dataset.cell),
  );
  await reached(page, chart, "done");
  await frame().locator(`.output[data-cell='${chart}'] svg`).first().waitFor();
  assert.equal(await cell(2).getByLabel("Name by which other cells read the rows").inputValue(), "rows");
  await picture(page, "notebook-rows");
});

test("nothing went wrong behind the page", { skip }, () => {
  assert.deepEqual(complaints, []);
});
