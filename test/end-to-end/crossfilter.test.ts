// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Frame, Page } from "playwright-core";
import type { CrossfilterChoice } from "../../workbench/frame/crossfilter/crossfilter.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import {
  connectionsSql,
  type ResultServer,
  startResultServer,
} from "../workbench/frame/crossfilter/result-server.ts";
import { accessibilityIssues, NotebookWorkspace, picture, reached } from "./notebook-workspace.ts";

const skip = withoutChromium;
/** Ten million rows need half a minute of an idle machine to be made: `SPOOR_CROSSFILTER_ROWS=10000000`. */
const ROWS = Number(process.env.SPOOR_CROSSFILTER_ROWS ?? 1_000_000);
const FIELDS = ["_time", "orig_bytes", "duration", "id_resp_h", "service", "id_resp_p"];
const SAMPLES = 40;

let browser: Browser;
let server: ResultServer;

before(
  async () => {
    if (withoutChromium) return;
    server = await startResultServer(ROWS);
    browser = await launchChromium();
  },
  { timeout: 400_000 },
);

after(async () => {
  await browser?.close();
  await server?.close();
});

async function count(where: string): Promise<number> {
  const answer = await server.store.crossfilter({
    type: "arrow",
    sql: `SELECT CAST(count(*) AS INTEGER) AS n FROM "${server.opened.id}" WHERE ${where}`,
  });
  const { tableFromIPC } = await import("@uwdata/flechette");
  return Number(
    tableFromIPC(new Uint8Array(await new Response(answer).arrayBuffer()))
      .getChild("n")
      .at(0),
  );
}

const choice = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { chart: { value: CrossfilterChoice } }).chart.value);

/** Waits until the value has so many conditions. */
async function filtered(page: Page, conditions: number): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      (globalThis as unknown as { chart: { value?: CrossfilterChoice } }).chart.value?.filters.length ===
      wanted,
    conditions,
  );
}

async function openGallery(page: Page, options: object): Promise<void> {
  await page.goto(server.url);
  const rows = `gallery.resultRows(${JSON.stringify(server.opened.id)}, ${JSON.stringify(server.opened.columns)})`;
  await page.evaluate(`gallery.show(${rows}, ${JSON.stringify(options)}, 1060)`);
  await page
    .locator(".crossfilter-count", { hasText: `${ROWS.toLocaleString("en-US")} rows` })
    .waitFor({ timeout: 60_000 });
}

/** Drags from one share of a panel's width to another; settles. */
async function drag(page: Page, panel: string, from: number, to: number): Promise<void> {
  const box = (await page.locator(`section[aria-label="${panel}"] .chart-brush-ground`).boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, y, { steps: 2 });
  await page.mouse.up();
}

test(`a brush over ${ROWS.toLocaleString("en-US")} rows: what it counts is what DuckDB counts, and it answers at once`, {
  skip,
  timeout: 300_000,
}, async (t) => {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await openGallery(page, { fields: FIELDS });
  assert.equal(await page.title(), "Charts", "a value of the data ran as a script");

  await drag(page, "_time", 0.3, 0.7);
  await filtered(page, 1);
  const first = await choice(page);
  assert.equal(first.filters.length, 1);
  assert.equal(first.rowCount, await count(first.sql));
  assert.equal(first.total, ROWS);

  // Values, missing ones among them, and a logarithmic histogram on top.
  await page.locator('section[aria-label="service"] .crossfilter-value', { hasText: "(missing)" }).click();
  await drag(page, "orig_bytes", 0.4, 0.8);
  await filtered(page, 3);
  const both = await choice(page);
  assert.equal(both.filters.length, 3);
  assert.equal(both.rowCount, await count(both.sql));
  assert.ok(both.rowCount > 0 && both.rowCount < first.rowCount);
  await page.locator(".crossfilter-foot tbody tr").first().waitFor();

  await page.getByRole("button", { name: "Clear all" }).click();
  await filtered(page, 0);
  assert.equal((await choice(page)).rowCount, ROWS);

  // A drag that goes on: every answer of all other panels is measured.
  const box = (await page.locator('section[aria-label="_time"] .chart-brush-ground').boundingBox())!;
  const measured = () => page.evaluate(() => performance.getEntriesByName("crossfilter").length);
  await page.mouse.move(box.x + 2, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.1, box.y + 20);
  await page.waitForTimeout(ROWS > 2e6 ? 6000 : 1500);
  const before = await measured();
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const already = await measured();
    const at = 0.1 + (0.85 * ((sample * 7) % SAMPLES)) / SAMPLES;
    await page.mouse.move(box.x + box.width * at, box.y + 20);
    await page
      .waitForFunction((number) => performance.getEntriesByName("crossfilter").length > number, already, {
        polling: 10,
        timeout: 2000,
      })
      .catch(() => undefined);
  }
  await page.mouse.up();
  const times = await page.evaluate(
    (from) =>
      performance
        .getEntriesByName("crossfilter")
        .slice(from)
        .map(({ duration }) => duration),
    before,
  );
  times.sort((a, b) => a - b);
  const [p50, p95] = [times[Math.floor(times.length * 0.5)]!, times[Math.floor(times.length * 0.95)]!];
  t.diagnostic(`${ROWS} rows, ${times.length} brushes: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
  assert.ok(times.length > SAMPLES / 3);
  assert.ok(p50 < (process.env.SPOOR_CROSSFILTER_ROWS ? 100 : 400), `the median is ${p50} ms`);
  assert.deepEqual(errors, []);
  assert.equal(await page.locator(".chart-error:visible").count(), 0);
  await page.close();
});

test("a heat map filters by rectangle, bars follow the rows that pass, the table equivalent has both counts", {
  skip,
  timeout: 120_000,
}, async () => {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
  page.setDefaultTimeout(30_000);
  await openGallery(page, { fields: ["_time", "id_orig_h", "service"], heat: ["_time", "service"], top: 3 });
  const box = (await page.locator(".crossfilter-panel.wide .chart-brush-ground").boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.2, box.y + 4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 24, { steps: 3 });
  await page.mouse.up();
  await filtered(page, 2);
  const chosen = await choice(page);
  assert.deepEqual(
    chosen.filters.map(({ column, test: one }) => [column, one]),
    [
      ["_time", "between"],
      ["service", "in"],
    ],
  );
  assert.equal(chosen.rowCount, await count(chosen.sql));
  await page.getByRole("button", { name: "Show as table" }).click();
  assert.ok((await page.locator(".crossfilter-grid tbody tr").count()) > 20);
  assert.match((await page.locator(".crossfilter-grid").textContent()) ?? "", /all others/);
  await page.close();
});

test("a result that is gone is an error in its place; another result is another crossfilter; a removed one asks no more", {
  skip,
  timeout: 120_000,
}, async () => {
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  await page.goto(server.url);
  await page.evaluate(
    'gallery.show(gallery.resultRows("r0_gone", [{name: "a", type: "VARCHAR"}]), {fields: ["a"]}, 900)',
  );
  await page.locator(".chart-error").first().waitFor();
  await assert.rejects(
    page.evaluate(
      'gallery.show(gallery.resultRows("r0_gone", [{name: "a", type: "VARCHAR"}]), {fields: ["b"]}, 900)',
    ),
    /no column "b".*They have a/,
  );
  await openGallery(page, { fields: ["service"] });
  await page.evaluate("chart.remove()");
  await page.waitForFunction(() => document.querySelectorAll(".crossfilter").length === 0);
  await assert.rejects(page.evaluate("gallery.vg.wasmConnector()"), /not part of this notebook/);
  await page.close();
});

test("rows without a result are counted in the frame, with the same answers", {
  skip,
  timeout: 120_000,
}, async () => {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  page.setDefaultTimeout(20_000);
  await page.goto(server.url);
  await page.evaluate(
    'globalThis.some = gallery.connections(20000); gallery.show(some, {fields: ["_time", "orig_bytes", "service", "proto"]}, 1060)',
  );
  await page.locator(".crossfilter-count", { hasText: "rows" }).waitFor();
  await drag(page, "_time", 0.25, 0.5);
  await page.locator('section[aria-label="proto"] .crossfilter-value', { hasText: "udp" }).click();
  await filtered(page, 2);
  const chosen = await choice(page);
  const { from, until } = chosen.fields._time as { from: Date; until: Date };
  const expected = await page.evaluate(
    ([first, last]) =>
      (globalThis as unknown as { some: { _time: Date; proto: string }[] }).some.filter(
        (row) => row._time >= first! && row._time < last! && row.proto === "udp",
      ).length,
    [from, until],
  );
  assert.equal(chosen.rowCount, expected);
  assert.ok(expected > 0);
  await page.close();
});

test("in a notebook: the choice runs the SQL below again, vg draws over the same result, and the filter is kept as a cell", {
  skip,
  timeout: 120_000,
}, async () => {
  const workspace = await NotebookWorkspace.start();
  try {
    const name = await workspace.add([
      {
        id: 2,
        mode: "js",
        value: `const picked = view(crossfilter(rows, {fields: ${JSON.stringify(FIELDS.slice(0, 5))}}))`,
        pinned: false,
      },
      { id: 3, mode: "js", value: "html`<span>${picked.rowCount} of ${picked.total}</span>`", pinned: false },
      {
        id: 4,
        mode: "sql",
        output: "narrowed",
        pinned: false,
        value: `SELECT count(*) AS n FROM (${connectionsSql(20_000)}) WHERE _time >= \${picked.fields._time.from} AND _time < \${picked.fields._time.until}`,
      },
      {
        id: 5,
        mode: "js",
        value:
          'vg.plot(vg.rectY(vg.from(rows.result), {x: vg.bin("duration"), y: vg.count(), fill: "var(--chart-1)"}), vg.width(500), vg.height(120))',
        pinned: false,
      },
      { id: 6, mode: "js", value: "html`<span>${narrowed[0].n} in SQL</span>`", pinned: false },
      { id: 1, mode: "sql", value: connectionsSql(20_000), output: "rows", pinned: false },
    ]);
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    await page.goto(workspace.server.signIn);
    await workspace.open(page, name);
    await reached(page, 6, "done");
    const frame = page.frames().find((one) => one.url().includes("/frame/")) as Frame;
    await frame.locator(".crossfilter-count", { hasText: "20,000 rows" }).waitFor();
    await frame.locator(".output[data-cell='6']", { hasText: "20000 in SQL" }).waitFor();
    await frame.locator(".output[data-cell='5'] svg rect").nth(3).waitFor({ state: "attached" });
    const box = (await frame.locator('section[aria-label="_time"] .chart-brush-ground').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 20, { steps: 3 });
    await page.mouse.up();
    await frame.locator(".output[data-cell='3']", { hasText: /^\d{3,5} of 20000$/ }).waitFor();
    await frame.waitForFunction(() => {
      const text = (cell: number) =>
        document.querySelector(`.output[data-cell='${cell}']`)?.textContent ?? "";
      const counted = Number.parseInt(text(3), 10);
      return counted < 20_000 && text(6).startsWith(`${counted} in SQL`);
    });
    await picture(page, "crossfilter-notebook");
    assert.deepEqual(await accessibilityIssues(page), []);
    const cells = await page.locator("spoor-notebook-cell").count();
    await frame.getByRole("button", { name: "Keep as SQL cell" }).click();
    await page.locator("spoor-notebook-cell").nth(cells).waitFor();
    await context.close();
  } finally {
    await workspace.stop();
  }
});
