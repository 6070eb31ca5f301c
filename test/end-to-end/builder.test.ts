import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import type { RuleDetail } from "../../server/api/api.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { type RunningServer, startServer } from "../server/running-server.ts";
import { walkPages } from "../workbench/page-walk.ts";

const SCREENS = join(import.meta.dirname, "..", "..", ".artefacts", "screens");
const skip = withoutChromium;

let folder: string;
let server: RunningServer;
let browser: Browser;
let page: Page;

before(
  async () => {
    if (withoutChromium) return;
    folder = mkdtempSync(join(tmpdir(), "spoor-builder-"));
    mkdirSync(SCREENS, { recursive: true });
    server = await startServer(join(folder, "workspace"), ["--demo-scale", "0.02"]);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(server.signIn);
    await page.getByRole("heading", { name: "Today" }).waitFor();
  },
  { timeout: 180_000 },
);

after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function picture(what: string, width: number, scheme: "light" | "dark"): Promise<void> {
  await page.setViewportSize({ width, height: 1000 });
  await page.emulateMedia({ colorScheme: scheme });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(SCREENS, `builder-${what}-${width}-${scheme}.png`), fullPage: true });
}

const sentence = () => page.locator(".sentence .lead");

async function counted(): Promise<number> {
  await page.locator("section[aria-busy=false]").waitFor();
  return Number((await page.locator(".found strong").textContent())!.replaceAll(/\D/g, ""));
}

async function condition(
  events: Locator,
  at: number,
  field: string,
  comparison: string,
  value: string,
): Promise<void> {
  const row = events.locator(".condition-test").nth(at);
  await row.getByLabel("Field").fill(field);
  await row.getByLabel("Field").press("Tab");
  await row.getByLabel("Comparison").selectOption({ label: comparison });
  await row.getByLabel("Value", { exact: true }).first().fill(value);
}

test("a threshold is built from parts: sentence, SQL and count follow, and it becomes the rule that its SQL would be", {
  skip,
  timeout: 120_000,
}, async () => {
  await page.goto(`${server.url}/rules/build`);
  const events = page.locator("fieldset.events").first();
  await events.waitFor();
  await events.getByLabel("Dataset").selectOption("winauth");
  await events.getByRole("button", { name: "Add a condition" }).click();
  await condition(events, 0, "EventID", "is", "4624");
  await page.getByLabel("Compared with").fill("3");
  await page.getByLabel("Window: how long").fill("10");
  assert.match(
    (await sentence().textContent())!,
    /within 10 minutes, there are at least 3 events in winauth where EventID is 4624, for each \w+ by itself/,
  );
  await page.waitForTimeout(600);
  const detections = await counted();
  assert.ok(detections > 0, "the demo's data hold sign-ins");
  assert.ok((await page.locator("spoor-chart rect").count()) > 0);
  await picture("threshold", 1280, "light");
  await picture("threshold", 1920, "dark");
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });

  await page.getByLabel("Title").fill("Many sign-ins");
  await page.getByRole("button", { name: "Make this rule" }).click();
  await page.waitForURL("**/rules/many-sign-ins**");
  const made = (await (await page.request.get(`${server.url}/api/rules/many-sign-ins`)).json()) as RuleDetail;
  assert.match(made.files.ruleYaml, /lookback: 20m/);
  assert.match(made.files.ruleYaml, /mode: stream/);
  assert.match(made.files.shapeYaml ?? "", /kind: threshold/);
  const answer = await page.request.post(`${server.url}/api/rules`, {
    data: {
      name: "written-by-hand",
      sql: made.files.ruleSql,
      entities: [{ column: "account", kind: "user" }],
      lookback: "20m",
    },
    headers: { origin: server.url },
  });
  const written = (await answer.json()) as RuleDetail;
  assert.equal(written.version, made.version, "the same SQL is the same version, however it was written");
});

test("a sequence with groups, counts and something missing; its parts open again from the rule", {
  skip,
  timeout: 120_000,
}, async () => {
  await page.goto(`${server.url}/rules/many-sign-ins/promote?check=query`);
  await page.getByRole("link", { name: "Change its parts" }).first().click();
  await page.getByRole("heading", { name: /Change the parts/ }).waitFor();
  assert.match((await sentence().textContent())!, /at least 3 events in winauth/);
  await page.getByText("Several kinds").click();
  const first = page.locator("fieldset.events").first();
  const second = page.locator("fieldset.events").nth(1);
  await first.getByLabel("At least how many").fill("2");
  await second.getByRole("button", { name: "Add a condition" }).click();
  await condition(second, 0, "EventID", "is", "4634");
  await second.getByRole("button", { name: "Add a group" }).click();
  const group = second.locator(".condition-nested");
  await condition(group, 0, "LogonType", "is", "3");
  await group.getByRole("button", { name: "+ or" }).click();
  await group.getByLabel("Value", { exact: true }).nth(1).fill("10");
  await group.locator(".not input").first().check();
  assert.match(
    (await sentence().textContent())!,
    /one after the other: at least 2 events in winauth where EventID is 4624; then an event in winauth where EventID is 4634 and not \(LogonType is .3.? or .?10.?\)/,
  );
  await page.getByRole("button", { name: "But without…" }).click();
  const without = page.locator("fieldset.events").nth(2);
  await without.getByRole("button", { name: "Add a condition" }).click();
  await condition(without, 0, "EventID", "is", "4625");
  await page.getByText("The SQL that runs").click();
  await page.waitForTimeout(600);
  await page.locator("section[aria-busy=false]").waitFor();
  await picture("sequence", 1280, "light");
  await picture("sequence", 1920, "dark");
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByText("Something missing").click();
  assert.match(
    (await sentence().textContent())!,
    /and no event in winauth .* It is told once these 10 minutes are over\./,
  );
  await page.getByRole("button", { name: "Save to the rule" }).click();
  await page.waitForURL("**/rules/many-sign-ins**");
  const saved = (await (
    await page.request.get(`${server.url}/api/rules/many-sign-ins`)
  ).json()) as RuleDetail;
  assert.match(saved.files.shapeYaml ?? "", /kind: absence/);
  assert.match(saved.files.ruleYaml, /lookback: 30m/);
});

test("a shape that cannot be read is refused by line, one that is not complete has no SQL and is not counted", {
  skip,
  timeout: 60_000,
}, async () => {
  const preview = async (shapeYaml: string) => {
    const answer = await page.request.post(`${server.url}/api/shapes/preview`, {
      data: { shapeYaml },
      headers: { origin: server.url },
    });
    return { status: answer.status(), body: (await answer.json()) as Record<string, unknown> };
  };
  const wrong = await preview("kind: threshold\nby: [host]\nwindow: soon\nevents: [{ dataset: winauth }]\n");
  assert.equal(wrong.status, 400);
  assert.match(JSON.stringify(wrong.body), /shape\.yaml:3/);
  const unfinished = await preview("kind: filter\nby: [host]\nevents: [{ dataset: nowhere, by: [''] }]\n");
  assert.equal(unfinished.status, 200);
  assert.equal(unfinished.body.sql, "");
  assert.equal(unfinished.body.detections, null);
  assert.match(String(unfinished.body.sentence), /every event in nowhere/);
});

test("the builder's pages have no violation that axe finds", { skip, timeout: 120_000 }, async () => {
  const paths = ["/rules/build", "/rules/build?rule=many-sign-ins"];
  assert.deepEqual(await walkPages(page, { origin: server.url, paths }), []);
});
