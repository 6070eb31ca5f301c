// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { createDuckDbEngine } from "../../../notebooks/engine/duckdb-engine.ts";
import { runNotebook } from "../../../notebooks/run/run-notebook.ts";
import { bundleFrame } from "../../../workbench/frame/bundle-frame.ts";
import { launchChromium, withoutChromium } from "../../browser.ts";
import { makeDataset } from "./notebook-server.ts";

const skip = withoutChromium;

const cells = [
  newCell({ id: 1, mode: "md", value: "# Shells by host\n\nAt least ${minimum} starts." }),
  newCell({
    id: 2,
    value: 'const minimum = view(Inputs.range([0, 99], {label: "Minimum", step: 1, value: 27}))',
  }),
  newCell({
    id: 3,
    mode: "sql",
    output: "hosts",
    value:
      "SELECT Computer, count(*) AS n, max(_time) AS last, any_value(CommandLine) FILTER (CommandLine LIKE '<img%') AS evil\nFROM process_creation GROUP BY ALL HAVING n >= ${minimum} ORDER BY Computer",
  }),
  newCell({
    id: 4,
    value:
      'Plot.plot({marginLeft: 60, height: 300, ariaLabel: "starts", marks: [Plot.barX(hosts, {x: "n", y: "Computer", fill: "var(--chart-1)"})]})',
  }),
  newCell({ id: 5, value: "hosts[0].last.toISOString()" }),
  newCell({ id: 6, value: "nothing.at.all" }),
  newCell({ id: 7, mode: "md", value: "There are **${hosts.length}** hosts." }),
];

test("a report opens from a file without a network, and its JavaScript cells run over its rows", {
  skip,
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-report-"));
  const dataset = await makeDataset(folder, 1000);
  mkdirSync(join(folder, "spill"));
  const engine = createDuckDbEngine({
    datasets: () => [dataset],
    ledgerTables: [],
    temporaryDirectory: join(folder, "spill"),
    memoryLimit: "512MB",
    threads: 2,
    maximumConcurrent: 2,
    clock: () => Date.now(),
  });
  const run = await runNotebook({
    html: serializeNotebook(newNotebook({ title: "Shells by host", cells })),
    engine,
    engineVersion: "test",
    clock: () => Date.now(),
    frameScript: await bundleFrame({ minify: true }),
  });
  await engine.close();
  const path = join(folder, "report.html");
  writeFileSync(path, run.html);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(path).href);
    const frame = page.frameLocator("#frame-place iframe");
    await frame.locator("svg[aria-label=starts] rect").first().waitFor({ timeout: 15_000 });
    assert.equal(await frame.locator("svg[aria-label=starts] rect").count(), 37);
    await frame.locator(".output[data-cell='5']", { hasText: "2026-11-16T" }).waitFor();
    await page.locator("#cell-6 .problem", { hasText: "nothing is not defined" }).waitFor();
    assert.match((await page.locator("#cell-3 .facts").textContent()) ?? "", /37 rows✓ complete/);
    await frame.locator(".output[data-cell='7']", { hasText: "There are 37 hosts." }).waitFor();
    assert.match((await page.locator("#cell-1").textContent()) ?? "", /At least 27 starts/);
    const picture = process.env.SPOOR_SCREENS;
    if (picture) await page.screenshot({ path: picture, fullPage: true });
    await frame.locator("input[type=number]").fill("28");
    await frame.locator("input[type=number]").press("Enter");
    await page.locator("#cell-4 .problem", { hasText: "holds only the rows" }).waitFor();
    assert.deepEqual(
      asked.filter((url) => url.startsWith("http")),
      [],
    );
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
