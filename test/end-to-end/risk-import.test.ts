import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { launchChromium, withoutChromium } from "../browser.ts";
import { startServer } from "../server/running-server.ts";
import { accessibilityIssues, picture } from "./notebook-workspace.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-risk-import-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const MODEL = `settings:
  appetite: { usd: 500000, probability: 0.05 }
scenarios:
  - id: theft
    title: Plans are copied
    frequency: { gamma: [2, 10], origin: elicited }
    magnitude: { interval: [20000, 900000] }
    steps: [{ name: copy, days: 1, techniques: { T1048: 1 } }]
sources:
  - { id: zeek, title: Network, costUsdPerYear: 9000, coverage: { theft: 0.8 } }
detections:
  - { id: upload, requires: [zeek], targets: [T1048], p: { beta: [3, 4] } }
`;

test("scenarios and incidents come in on the risk page: shown, written, refused by line", {
  skip: withoutChromium,
  timeout: 120_000,
}, async (context) => {
  const workspace = join(folder, "workspace");
  const risk = join(workspace, "risk");
  mkdirSync(risk, { recursive: true });
  writeFileSync(join(risk, "model.yaml"), MODEL);
  const csv = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const server = await startServer(workspace, ["--empty"]);
  context.after(() => server.stop());
  const browser = await launchChromium();
  context.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  await page.goto(server.signIn);
  await page.goto(`${server.url}/risk`);
  const panel = page.locator("spoor-risk-import");
  const choose = (path: string) => panel.locator("input[type=file]").setInputFiles(path);

  await choose(csv("bad.csv", "A,Good,0.1,10,90\nB,Backwards,0.1,90,10\n"));
  await panel.getByText("bad.csv:2").waitFor();
  assert.equal(readFileSync(join(risk, "model.yaml"), "utf8"), MODEL);

  await choose(
    csv(
      "losses.csv",
      'LAPTOP,"Laptop, stolen",0.5,2000,40000\nFRAUD,<b>Invoice fraud</b>,0.2,30000,400000\n',
    ),
  );
  await panel.getByRole("button", { name: "Add 2 scenarios" }).waitFor();
  assert.deepEqual(
    (await panel.locator("tbody tr td:first-child").allTextContents()).map((text) =>
      text.trim().split(" ").at(-1),
    ),
    ["FRAUD", "LAPTOP"],
  );
  assert.equal(await panel.locator("td b").count(), 0);
  await panel.scrollIntoViewIfNeeded();
  assert.deepEqual(await accessibilityIssues(page), []);
  await panel.evaluate((element) => element.scrollIntoView({ block: "end" }));
  await picture(page, "risk-import-scenarios");
  await panel.getByRole("button", { name: "Add 2 scenarios" }).click();
  await panel.getByText("2 scenarios added to risk/model.yaml.").waitFor();
  assert.match(readFileSync(join(risk, "model.yaml"), "utf8"), /id: FRAUD/);

  await panel.getByRole("radio", { name: /Incidents/ }).check();
  await choose(
    csv(
      "incidents.csv",
      "date,scenario,found_by,loss_usd,note\n2025-03-04,theft,other,30000,a partner told us\n",
    ),
  );
  const add = panel.getByRole("button", { name: "Add 1 incident" });
  await add.waitFor();
  assert.equal(await add.isDisabled(), true);
  await panel.getByLabel("Since when is every attack listed?").fill("2024-01-01");
  await panel.evaluate((element) => element.scrollIntoView({ block: "end" }));
  await picture(page, "risk-import-incidents");
  assert.deepEqual(await accessibilityIssues(page), []);
  await add.click();
  await panel.getByText("1 incident added to risk/incidents.csv.").waitFor();
  assert.match(readFileSync(join(risk, "model.yaml"), "utf8"), /incidentsSince: 2024-01-01/);
  assert.match(
    readFileSync(join(risk, "incidents.csv"), "utf8"),
    /2025-03-04,theft,other,30000,a partner told us/,
  );

  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: 30_000 }),
    panel.getByRole("link", { name: "Draws as Parquet" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "risk-draws-seed-1.parquet");
  const saved = join(folder, "draws.parquet");
  await download.saveAs(saved);
  assert.equal(readFileSync(saved).subarray(0, 4).toString(), "PAR1");
});
