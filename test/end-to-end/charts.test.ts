// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Frame, Locator, Page } from "playwright-core";
import { launchChromium, withoutChromium } from "../browser.ts";
import { connections, logons, owners, processes, type Row } from "../workbench/frame/chart/hunter-data.ts";
import { accessibilityIssues, NotebookWorkspace, picture, reached } from "./notebook-workspace.ts";

const skip = withoutChromium;
const DATASETS: Readonly<Record<string, () => Row[]>> = {
  logons: () => logons(3000),
  processes: () => processes(),
  connections: () => connections(2500),
  owners,
};

let workspace: NotebookWorkspace;
let browser: Browser;

before(
  async () => {
    if (withoutChromium) return;
    workspace = await NotebookWorkspace.start();
    for (const [name, rows] of Object.entries(DATASETS)) {
      await workspace.server.upload(
        name,
        rows()
          .map(({ _time, ...row }) => JSON.stringify(_time === undefined ? row : { time: _time, ...row }))
          .join("\n"),
      );
    }
    browser = await launchChromium();
  },
  { timeout: 120_000 },
);

after(async () => {
  await browser?.close();
  await workspace?.stop();
});

interface Chart {
  readonly page: Page;
  readonly frame: Frame;
  readonly figure: Locator;
  /** What the cell below makes of the chart's value. */
  value(): Promise<string>;
  /** Waits until it is so. */
  becomes(text: RegExp): Promise<void>;
}

/** A notebook: SQL as `rows`, a chart as `chosen`, and a cell that says of `chosen` what `told` says. */
async function openChart(
  sql: string,
  code: string,
  told: string,
  more: readonly {
    readonly id: number;
    readonly mode: "sql";
    readonly value: string;
    readonly output: string;
  }[] = [],
): Promise<Chart> {
  const name = await workspace.add(
    [
      ...more.map((cell) => ({ pinned: false, ...cell })),
      { id: 2, mode: "js", value: `const chosen = view(${code})`, pinned: false },
      {
        id: 3,
        mode: "js",
        value: told.startsWith("display") ? told : `html\`<span>\${${told}}</span>\``,
        pinned: false,
      },
      { id: 1, mode: "sql", value: sql, output: "rows", pinned: false },
    ],
    [],
  );
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(workspace.server.signIn);
  await workspace.open(page, name);
  await reached(page, 3, "done");
  const frame = page.frames().find((one) => one.url().includes("/frame/"))!;
  const figure = frame.locator("figure.chart").first();
  await figure.waitFor();
  const output = frame.locator(".output[data-cell='3']");
  return {
    page,
    frame,
    figure,
    value: async () => (await output.textContent()) ?? "",
    becomes: (text) => output.filter({ hasText: text }).waitFor(),
  };
}

/** The table equivalent has rows, nothing is out of the page, axe is content; then away with it. */
async function finish({ page, figure }: Chart, name: string, hasTable = true): Promise<void> {
  await picture(page, `charts-${name}`);
  const issues = await accessibilityIssues(page);
  assert.deepEqual(issues, []);
  if (hasTable) {
    await figure.getByRole("button", { name: "Show as table" }).click();
    assert.ok((await figure.locator("tbody tr").count()) > 2);
    await figure.getByRole("button", { name: "Show as chart" }).click();
  }
  await page.context().close();
}

test("event rate: a brush by pointer and by keyboard gives a period to the cells below", {
  skip,
  timeout: 60_000,
}, async () => {
  const chart = await openChart(
    'SELECT _time, "User", EventID FROM logons',
    'charts.eventRate(rows, {stack: "User"})',
    "`${chosen.brushed} ${chosen.from.toISOString()} ${chosen.until.toISOString()}`",
  );
  assert.match(await chart.value(), /^false 2026-11-16T00:00:00.000Z 2026-11-23/);
  assert.match((await chart.figure.textContent()) ?? "", /no event for 2026-11-18/);
  const ground = (await chart.figure.locator(".chart-brush-ground").boundingBox())!;
  await chart.page.mouse.move(ground.x + ground.width * 0.55, ground.y + 40);
  await chart.page.mouse.down();
  await chart.page.mouse.move(ground.x + ground.width * 0.62, ground.y + 40, { steps: 4 });
  await chart.page.mouse.up();
  await chart.becomes(/^true 2026-11-1\dT.*Z 2026-11-20T/);
  const dragged = await chart.value();
  await chart.page.keyboard.press("ArrowRight");
  await chart.frame.waitForFunction(
    (before) => document.querySelector(".output[data-cell='3']")!.textContent !== before,
    dragged,
  );
  await finish(chart, "event-rate");
});

test("event rate: Escape and Clear take the whole period again", { skip, timeout: 60_000 }, async () => {
  const chart = await openChart(
    "SELECT _time FROM logons",
    "charts.eventRate(rows)",
    "String(chosen.brushed)",
  );
  await chart.figure.locator(".chart-brush").focus();
  await chart.page.keyboard.press("ArrowRight");
  await chart.page.keyboard.press("Shift+ArrowRight");
  await chart.becomes(/true/);
  await chart.page.keyboard.press("Escape");
  await chart.becomes(/false/);
  await chart.page.context().close();
});

test("timeline by entity: a lane's name chooses its rows", { skip, timeout: 60_000 }, async () => {
  const chart = await openChart(
    "SELECT _time, Computer, LogonType FROM logons ORDER BY _time LIMIT 900",
    'charts.entityTimeline(rows, {colour: "LogonType", lanes: 14})',
    "`${chosen.entity} ${chosen.rows.length} ${new Set(chosen.rows.map((row) => row.Computer)).size}`",
  );
  await chart.figure.locator(".chart-lane-name", { hasText: "ws-01" }).click();
  await chart.becomes(/^ws-01 \d+ 1$/);
  await finish(chart, "entity-timeline");
});

test("hour of the week: an hour by click, in the zone that was asked for", {
  skip,
  timeout: 60_000,
}, async () => {
  const chart = await openChart(
    "SELECT _time FROM logons",
    'charts.hourOfWeek(rows, {timeZone: "Europe/Berlin"})',
    "`${chosen.timeZone} ${JSON.stringify(chosen.hours)} ${chosen.rows.length}`",
  );
  await chart.figure.locator(".chart-week-cell[data-slot='100']").click();
  await chart.becomes(/^Europe\/Berlin \[\{"day":5,"hour":4\}\] \d+$/);
  await finish(chart, "hour-of-week");
});

test("stack count: the rare end first, a click gives its rows", { skip, timeout: 60_000 }, async () => {
  const chart = await openChart(
    "SELECT _time, Computer, Image FROM processes",
    'charts.stackCount(rows, {field: "Image"})',
    "`${chosen.value} ${chosen.rows.length}`",
  );
  const first = chart.figure.locator("tbody tr").first();
  assert.match((await first.textContent()) ?? "", /WINWORD\.EXE.*1/);
  await first.locator(".chart-choice").click();
  await chart.becomes(/WINWORD\.EXE 1$/);
  await chart.page.keyboard.press("ArrowDown");
  await chart.page.keyboard.press("Enter");
  await chart.becomes(/cmd\.exe 1$/);
  await finish(chart, "stack-count", false);
});

test("process tree: keys walk it, search finds, hostile command lines are text", {
  skip,
  timeout: 60_000,
}, async () => {
  const chart = await openChart(
    'SELECT _time, Computer, ProcessId, ParentProcessId, Image, CommandLine, "User", ParentImage FROM processes',
    "charts.processTree(rows)",
    "`${chosen.process?.image} ${chosen.rows.length}`",
  );
  assert.match((await chart.figure.textContent()) ?? "", /<img src=x onerror/);
  assert.equal(await chart.figure.locator("img").count(), 0);
  await chart.figure.getByRole("treeitem", { name: /WINWORD/ }).click();
  await chart.becomes(/WINWORD\.EXE 5$/);
  await chart.page.keyboard.press("ArrowDown");
  await chart.page.keyboard.press("Enter");
  await chart.becomes(/cmd\.exe 4$/);
  await finish(chart, "process-tree");
});

test("network: a search puts a node in focus", { skip, timeout: 60_000 }, async () => {
  const chart = await openChart(
    "SELECT id_orig_h, id_resp_h, orig_bytes FROM connections",
    "charts.networkGraph(rows)",
    "`${chosen.node} ${chosen.rows.length}`",
  );
  const field = chart.figure.getByRole("combobox");
  await field.fill("10.1.0.66");
  await field.press("Enter");
  await chart.becomes(/^10\.1\.0\.66 254$/);
  await chart.page.waitForTimeout(1200);
  await finish(chart, "network");
});

test("addresses: the lookup's narrowest range, private ones marked", { skip, timeout: 60_000 }, async () => {
  const chart = await openChart(
    "SELECT id_orig_h, id_resp_h, orig_bytes FROM connections",
    "charts.addressTable(rows, {lookup: lookup})",
    "`${chosen.address} ${chosen.owner?.owner} ${chosen.rows.length}`",
    [{ id: 4, mode: "sql", value: "SELECT cidr, country, asn, owner FROM owners", output: "lookup" }],
  );
  await chart.figure.locator(".chart-choice", { hasText: "8.8.8.8" }).click();
  await chart.becomes(/^8\.8\.8\.8 Google \d+$/);
  assert.ok((await chart.figure.locator(".chart-tag", { hasText: "private" }).count()) > 3);
  await finish(chart, "addresses", false);
});

test("bytes against duration: a rectangle gives its rows", { skip, timeout: 60_000 }, async () => {
  const chart = await openChart(
    "SELECT duration, orig_bytes, service FROM connections",
    'charts.bytesDuration(rows, {colour: "service"})',
    "`${chosen.bytes?.length} ${chosen.rows.length} ${chosen.rows.every((row) => chosen.bytes === null || row.orig_bytes < chosen.bytes[1])}`",
  );
  const ground = (await chart.figure.locator(".chart-brush-ground").boundingBox())!;
  await chart.page.mouse.move(ground.x + ground.width * 0.5, ground.y + ground.height * 0.2);
  await chart.page.mouse.down();
  await chart.page.mouse.move(ground.x + ground.width * 0.8, ground.y + ground.height * 0.6, { steps: 3 });
  await chart.page.mouse.up();
  await chart.becomes(/^2 \d+ true$/);
  await finish(chart, "bytes-duration");
});

test("beaconing: the beacon is first", { skip, timeout: 60_000 }, async () => {
  const chart = await openChart(
    "SELECT _time, id_orig_h, id_resp_h FROM connections",
    "charts.beaconing(rows)",
    "`${chosen.source} ${chosen.target} ${chosen.rows.length}`",
  );
  await chart.figure.locator(".chart-choice").first().click();
  await chart.becomes(/^10\.1\.2\.13 185\.220\.101\.4 260$/);
  await finish(chart, "beaconing", false);
});

test("sparkline table: one line an entity", { skip, timeout: 60_000 }, async () => {
  const chart = await openChart(
    "SELECT _time, Computer FROM logons",
    "charts.sparklineTable(rows)",
    "`${chosen.entity} ${chosen.rows.length}`",
  );
  await chart.figure.locator(".chart-choice", { hasText: "dc-01" }).click();
  await chart.becomes(/^dc-01 150$/);
  await finish(chart, "sparklines", false);
});

test("a missing column is an error that lists what is there; no rows and one row are drawn", {
  skip,
  timeout: 60_000,
}, async () => {
  const calls = [
    "eventRate(some)",
    "entityTimeline(some)",
    "hourOfWeek(some)",
    'stackCount(some, {field: "Computer"})',
    "processTree(some)",
    "networkGraph(some)",
    "addressTable(some)",
    "bytesDuration(some)",
    "beaconing(some)",
    "sparklineTable(some)",
  ];
  const row =
    '{_time: new Date(0), Computer: "a", ProcessId: 1, ParentProcessId: 2, Image: "x", id_orig_h: "10.0.0.1", id_resp_h: "10.0.0.2", duration: 1, orig_bytes: 5}';
  const chart = await openChart(
    "SELECT 1 AS one",
    "charts.eventRate([])",
    `display(html\`<div>\${[[], [${row}]].flatMap((some) => [${calls.map((call) => `charts.${call}`).join(", ")}])}</div>\`); display(rows.length)`,
  );
  await chart.frame.locator(".output[data-cell='3'] figure.chart").nth(19).waitFor();
  assert.equal(await chart.frame.locator(".output[data-cell='3'] figure.chart").count(), 20);
  await chart.page.context().close();
  const name = await workspace.add([
    { id: 1, mode: "sql", value: "SELECT 1 AS one, 2 AS two", output: "rows" },
    { id: 2, mode: "js", value: 'charts.eventRate(rows, {time: "when"})' },
  ]);
  const page = await browser.newPage();
  await page.goto(workspace.server.signIn);
  await workspace.open(page, name);
  await page
    .getByText(/no column "when".*one, two/)
    .first()
    .waitFor();
  await page.close();
});
