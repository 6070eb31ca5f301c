// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the cell's own syntax
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { RiskReport } from "../../promote/risk/report-value.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { COMPANY_MODEL } from "../promote/risk/company.ts";
import { accessibilityIssues, NotebookWorkspace, picture, reached } from "./notebook-workspace.ts";

const skip = withoutChromium;
const PICTURES = join(import.meta.dirname, "..", "..", ".artefacts", "screens");
const CHARTS = ["bad-year", "contributes", "keep-or-drop", "measure-next", "portfolios", "forecasts"];
/** A company whose volumes are uncertain too, with a candidate that is close to break-even. */
const MODEL = COMPANY_MODEL.replace("costUsdPerYear: 60000", "costUsdPerYear: { interval: [40000, 90000] }")
  .replace("costUsdPerYear: 70000", "costUsdPerYear: 26000")
  .replace("alertsPerYear: 600", "alertsPerYear: { gamma: [6, 0.01] }");

let workspace: NotebookWorkspace;
let browser: Browser;

before(
  async () => {
    if (withoutChromium) return;
    workspace = await NotebookWorkspace.start();
    mkdirSync(join(workspace.directory, "risk"), { recursive: true });
    writeFileSync(join(workspace.directory, "risk", "model.yaml"), MODEL);
    browser = await launchChromium();
  },
  { timeout: 120_000 },
);

after(async () => {
  await browser?.close();
  await workspace?.stop();
});

async function signedIn(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(workspace.server.signIn);
  return page;
}

async function openReport(): Promise<Page> {
  const page = await signedIn();
  await page.goto(`${workspace.server.url}/risk`);
  await page.locator(".five-questions").waitFor();
  await page.locator("#drop .what-if").waitFor();
  await page.locator(".enter-seen form").waitFor();
  return page;
}

/** The page at both sizes and themes, as a whole. */
async function wholePicture(page: Page, name: string): Promise<void> {
  for (const [width, theme] of [
    [1280, "light"],
    [1920, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height: 1000 });
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(PICTURES, `${name}-${width}-${theme}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

test("a query makes the first report: risk datasets are there for SQL", {
  skip,
  timeout: 60_000,
}, async () => {
  const page = await signedIn();
  const name = await workspace.add([
    {
      id: 1,
      mode: "sql",
      value: "SELECT source, net_usd, decision FROM risk_sources ORDER BY net_usd DESC",
      output: "worth",
    },
    {
      id: 2,
      mode: "sql",
      value:
        "SELECT i.input, i.origin, i.evidence, r.reduction_usd FROM risk_inputs AS i, risk_reports AS r WHERE i.input LIKE 'coverage:sysmon/%'",
      output: "inputs",
    },
    {
      id: 3,
      mode: "sql",
      value: "SELECT count(*) AS n FROM risk_detections AS d, risk_scenarios AS s WHERE d.active",
      output: "counted",
    },
  ]);
  await workspace.open(page, name);
  for (const id of [1, 2, 3]) await reached(page, id, "done");
  const frame = page.frames().find((one) => one.url().includes("/frame/"))!;
  await frame.locator(".output[data-cell='1']").filter({ hasText: "sysmon" }).waitFor();
  await frame.locator(".output[data-cell='2']").filter({ hasText: "measured" }).waitFor();
  const report = await workspace.server.json<RiskReport>("/api/risk/report");
  const active = report.detections.filter((row) => row.active).length * report.scenarios.length;
  await frame
    .locator(".output[data-cell='3']")
    .filter({ hasText: String(active) })
    .waitFor();
  await page.context().close();
});

test("one page answers the five questions, with every chart", { skip, timeout: 90_000 }, async () => {
  const page = await openReport();
  const questions = page.locator(".five-questions a");
  assert.equal(await questions.count(), 5);
  for (const href of await questions.evaluateAll((all) => all.map((a) => a.getAttribute("href")!))) {
    await page.locator(`.five-questions a[href="${href}"]`).click();
    await page.waitForFunction((selector) => {
      const { top, bottom } = document.querySelector(selector)!.getBoundingClientRect();
      return top < innerHeight && bottom > 0;
    }, href);
  }
  for (const id of CHARTS) {
    const chart = page.locator(`#${id}`);
    // Without a resolved forecast there is a sentence in place of the chart.
    await chart
      .locator(id === "forecasts" ? "figcaption" : "svg")
      .first()
      .waitFor();
    await chart.screenshot({ path: join(PICTURES, `risk-chart-${id}.png`) });
  }
  assert.ok((await page.locator(".decisions li").count()) >= 6);
  await page.evaluate(() => scrollTo(0, 0));
  await wholePicture(page, "risk-report");
  assert.deepEqual(await accessibilityIssues(page), []);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await accessibilityIssues(page), []);
  await page.context().close();
});

test("what if: a source dropped and a coverage turned change the figures at once", {
  skip,
  timeout: 60_000,
}, async () => {
  const page = await openReport();
  const outcome = page.locator(".what-if-outcome");
  const before = await outcome.textContent();
  await page.locator(".what-if-sources input[type=checkbox]").first().uncheck();
  await page.getByLabel("Coverage of dns").fill("0.99");
  await page.waitForFunction(
    (text) => document.querySelector(".what-if-outcome")!.textContent !== text,
    before,
  );
  await page.locator("#drop").screenshot({ path: join(PICTURES, "risk-what-if.png") });
  await page.getByRole("button", { name: "Back to today" }).click();
  assert.equal((await outcome.textContent())!.trim(), before!.trim());
  await page.context().close();
});

test("hunt first: what a trial is worth, when to stop, and what it saw updates the report and says why", {
  skip,
  timeout: 90_000,
}, async () => {
  const page = await openReport();
  const row = page.locator(".hunt-first").filter({ hasText: "Web proxy" });
  await row.filter({ hasText: "hunt first" }).waitFor();
  assert.match((await row.textContent())!, /When to stop\.\s+Stop early when \d+/);
  const section = page.locator("#measure");
  await section.getByLabel("Input").selectOption("coverage:proxy/ransomware");
  await section.getByLabel("Saw it in (k)").fill("2");
  await section.getByLabel("Of (n)").fill("40");
  await section.screenshot({ path: join(PICTURES, "risk-hunt-first.png") });
  await section.getByRole("button", { name: "Enter" }).click();
  await section.getByText("Entered: 2 of 40 hosts for coverage:proxy/ransomware").waitFor();
  const changed = page.locator("#changed");
  await changed.filter({ hasText: "credit of Web proxy" }).waitFor();
  await changed.filter({ hasText: /coverage:proxy\/ransomware 0\.\d+ to 0\.\d+, now measured/ }).waitFor();
  await changed.screenshot({ path: join(PICTURES, "risk-changed.png") });
  const file = readFileSync(join(workspace.directory, "risk", "measured.yaml"), "utf8");
  assert.match(file, /input: "coverage:proxy\/ransomware", observed: \[2, 40\], trial: "hosts"/);
  assert.deepEqual(await accessibilityIssues(page), []);
  const refused = await workspace.server.request("/api/risk/measured", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ input: "coverage:nobody", hits: 1, trials: 2, trial: "hosts" }),
  });
  assert.equal(refused.status, 400);
  await page.context().close();
});

test("it prints on two pages, and leaves as HTML and as JSON", { skip, timeout: 60_000 }, async () => {
  const page = await openReport();
  for (const [name, kind] of [
    ["HTML", "risk-report.html"],
    ["JSON", "risk-report.json"],
  ] as const) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name, exact: true }).click(),
    ]);
    assert.equal(download.suggestedFilename(), kind);
  }
  const html = await (await workspace.server.request("/api/risk/report?format=html")).text();
  const exported = await page.context().newPage();
  await exported.setContent(html);
  assert.equal(pagesOf(await exported.pdf({ preferCSSPageSize: true })), 2);
  const live = await page.pdf({ preferCSSPageSize: true, path: join(PICTURES, "risk-live-print.pdf") });
  assert.equal(pagesOf(live), 2);
  await exported.setViewportSize({ width: 1280, height: 900 });
  await exported.screenshot({ path: join(PICTURES, "risk-export.png"), fullPage: true });
  await page.context().close();
});

test("a cell with a slider says what a source is worth at another coverage, in under 100 ms", {
  skip,
  timeout: 60_000,
}, async () => {
  const page = await signedIn();
  const name = await workspace.add([
    {
      id: 1,
      mode: "js",
      value:
        'const coverage = view(Inputs.range([0, 1], {value: 0.5, step: 0.01, label: "Coverage of dns"}))',
      pinned: false,
    },
    {
      id: 2,
      mode: "js",
      value: [
        "await risk.model();",
        "const asked = performance.now();",
        'const worth = await risk.worth("dns", {coverage});',
        "const took = performance.now() - asked;",
        "display(html`<p class=said data-took=${took} data-usd=${worth.marginalUsd}>At ${Math.round(coverage * 100)}% coverage: ${Math.round(worth.marginalUsd).toLocaleString()} USD a year, today ${Math.round(worth.today.marginalUsd).toLocaleString()}.</p>`);",
        "display(risk.chart.sources(worth.answer));",
        "display(risk.chart.exceedance(worth.answer));",
      ].join("\n"),
    },
    { id: 3, mode: "js", value: 'risk.whatIf({inputs: {"coverage:nobody": 1}})', pinned: false },
  ]);
  await workspace.open(page, name);
  await reached(page, 2, "done");
  const frame = page.frames().find((one) => one.url().includes("/frame/"))!;
  const said = frame.locator(".said");
  await said.filter({ hasText: "At 50% coverage" }).waitFor();
  const low = Number(await said.getAttribute("data-usd"));
  const times: number[] = [];
  for (const value of ["0.95", "0.2", "0.7", "0.95"]) {
    await frame.locator("input[type=range]").first().fill(value);
    await said.filter({ hasText: `At ${Math.round(Number(value) * 100)}% coverage` }).waitFor();
    times.push(Number(await said.getAttribute("data-took")));
  }
  assert.ok(Number(await said.getAttribute("data-usd")) > low);
  assert.ok(Math.min(...times) < 100, `answers took ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  await frame.locator(".output[data-cell='2'] svg[role=img]").nth(1).waitFor();
  await page
    .locator('spoor-notebook-cell[data-cell="3"]')
    .filter({ hasText: /There is no input .*coverage:nobody/ })
    .waitFor();
  await picture(page, "risk-notebook");
  assert.deepEqual(await accessibilityIssues(page), []);
  await page.context().close();
});

/** Page objects of a PDF. */
function pagesOf(pdf: Buffer): number {
  return pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
}
