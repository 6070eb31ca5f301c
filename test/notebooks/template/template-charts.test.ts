import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { runNotebook } from "../../../notebooks/run/run-notebook.ts";
import { checkNeeds, isReady } from "../../../notebooks/template/needs.ts";
import { shippedTemplates } from "../../../notebooks/template/shipped-templates.ts";
import { startHunt } from "../../../notebooks/template/template.ts";
import { bundleFrame } from "../../../workbench/frame/bundle-frame.ts";
import { launchChromium, withoutChromium } from "../../browser.ts";
import { demoLake } from "./template-lake.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-template-charts-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("every template's inputs and charts work over its own results", {
  skip: withoutChromium,
  timeout: 120_000,
}, async (context) => {
  const { lake } = await demoLake(0.003);
  context.after(() => lake.close());
  const frameScript = await bundleFrame({ minify: true });
  const browser = await launchChromium();
  context.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  let drawn = 0;
  for (const template of shippedTemplates()) {
    const needs = checkNeeds(template.hunt.dataNeeds, template.note.sources, lake.registry.list());
    const programs = template.notebook.cells.filter(({ mode }) => mode === "js");
    if (!isReady(needs) || programs.length === 0) continue;
    const { html } = await runNotebook({
      html: serializeNotebook(startHunt(template, {}, "hunter")),
      engine: lake.engine,
      engineVersion: "test",
      clock: () => 0,
      frameScript,
    });
    const path = join(folder, `${template.name}.html`);
    writeFileSync(path, html);
    await page.goto(pathToFileURL(path).href);
    const frame = page.frameLocator("#frame-place iframe");
    for (const { id, value } of programs) {
      const shows = /\bview\(|^(Plot|charts)\./.test(value);
      if (!shows) continue;
      const output = frame
        .locator(`.output[data-cell='${id}'] :is(form, svg, canvas, figure, table, section, div)`)
        .first();
      const problem = page.locator(`#cell-${id} .problem`, { hasText: /./ });
      await output.or(problem).first().waitFor({ state: "attached", timeout: 20_000 });
      assert.equal(
        await problem.count(),
        0,
        `${template.name}, cell ${id}: ${(await problem.allTextContents()).join()}`,
      );
      drawn += 1;
    }
    if (process.env.SPOOR_SCREENS)
      await page.screenshot({
        path: join(process.env.SPOOR_SCREENS, `${template.name}.png`),
        fullPage: true,
      });
  }
  assert.ok(drawn > 20, `${drawn} cells`);
});
