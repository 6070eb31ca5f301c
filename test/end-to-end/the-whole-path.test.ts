import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Frame, Page } from "playwright-core";
import { liveEvents } from "../../connectors/simulator/live.ts";
import { ADS_SECTIONS } from "../../promote/ads/ads.ts";
import { parseAds } from "../../promote/ads/parse.ts";
import type { ForecastsPage, RuleDetail } from "../../server/api/api.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { completeAds } from "../server/paging-rule.ts";
import { eventually, type RunningServer, startServer } from "../server/running-server.ts";
import { namedPaths, STANDING_PATHS, walkPages } from "../workbench/page-walk.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SCREENS = join(ROOT, ".artefacts", "screens");
const RULE = "service-child-talks-to-the-web";
const DEMO_SEED = 7717;
const skip = withoutChromium;

let folder: string;
let server: RunningServer;
let browser: Browser;
let page: Page;

before(
  async () => {
    if (withoutChromium) return;
    folder = mkdtempSync(join(tmpdir(), "spoor-path-"));
    mkdirSync(SCREENS, { recursive: true });
    server = await startServer(join(folder, "workspace"), ["--demo-scale", "0.05"]);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  },
  { timeout: 180_000 },
);

after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function cellFrame(): Promise<Frame> {
  const handle = await page.locator("iframe").first().elementHandle();
  return (await handle!.contentFrame())!;
}

async function saved(): Promise<void> {
  await page.locator(".save-bar button.primary").click();
  await page.locator(".save-bar").waitFor({ state: "detached" });
}

test("the printed link signs the browser in, and without it nothing is shown", { skip }, async () => {
  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  const answer = await other.goto(`${server.url}/today`);
  assert.equal(answer!.status(), 401);
  assert.equal((await other.request.get(`${server.url}/api/sources`)).status(), 401);
  await stranger.close();
  await page.goto(server.signIn);
  await page.getByRole("heading", { name: "Today" }).waitFor();
  assert.match(page.url(), /\/today$/);
});

test("the demo's hunt runs in the notebook, and an input runs its SQL again", {
  skip,
  timeout: 120_000,
}, async () => {
  await page.goto(`${server.url}/notebooks/a-service-nobody-asked-for`);
  await page.locator("spoor-notebook-cell[data-cell='13']").waitFor();
  const frame = await cellFrame();
  await frame
    .locator(".output[data-cell='13'] td", { hasText: /APP03/i })
    .first()
    .waitFor({ timeout: 60_000 });
  await frame.locator(".output svg").first().waitFor();
  const input = frame.locator(".output[data-cell='10'] input[type=text]");
  await input.fill("198.51.100.1");
  await input.press("Enter");
  await frame.locator(".output[data-cell='11']", { hasText: "0 rows" }).waitFor();
  await input.fill("203.0.113.77");
  await input.press("Enter");
  await frame.locator(".output[data-cell='11'] td", { hasText: "sign-in" }).first().waitFor();
  await page
    .locator("spoor-notebook-cell[data-cell='7']")
    .evaluate((cell) => cell.scrollIntoView({ block: "end" }));
  await page.waitForTimeout(300);
  const picture = await page.screenshot({ path: join(SCREENS, "path-notebook.png") });
  // The README's picture is this one, taken anew when it is asked for.
  if (process.env.SPOOR_PICTURE) writeFileSync(join(ROOT, "docs", "notebook.png"), picture);
});

test("a finding becomes a rule, and the gate says what is missing until nothing is", {
  skip,
  timeout: 180_000,
}, async () => {
  const cell = page.locator("spoor-notebook-cell[data-cell='13']");
  await cell.scrollIntoViewIfNeeded();
  await cell.getByRole("button", { name: "Promote" }).click();
  await page.locator("dialog[open] input[name=name]").fill(RULE);
  await page.locator("dialog[open] button.primary").click();
  await page.waitForURL(`**/rules/${RULE}**`);
  await page.getByRole("button", { name: "Stage it" }).click();
  await page.locator("dialog[open] button.primary").click();
  await page.getByRole("button", { name: "Let it page" }).click();
  await page.locator("dialog[open] button.primary").click();
  await page.locator("dialog[open] .failure", { hasText: "The gate refuses" }).waitFor();
  const refused = (await page.locator("dialog[open] .failure").textContent()) ?? "";
  for (const reason of [
    "ADS: Goal",
    "ADS: Response",
    "Something runs before a person is asked",
    "Tried on the history",
  ]) {
    assert.ok(refused.includes(reason), `the refusal names "${reason}"`);
  }
  await page.screenshot({ path: join(SCREENS, "path-refused.png") });
  await page.locator("dialog[open]").getByRole("button", { name: "Cancel" }).click();

  await page.getByRole("tab", { name: "Query" }).click();
  const yaml = page.locator("#rule-yaml textarea");
  const detail = await server.json<RuleDetail>(`/api/rules/${RULE}`);
  await yaml.fill(
    detail.files.ruleYaml
      .replace(/^owner:.*$/m, "owner: platform")
      .replace(/^techniques:.*$/m, "techniques: [T1543.003, T1059.001]")
      .replace(/^severity:.*$/m, "severity: high")
      .replace(/^expectedPrecision:.*$/m, "expectedPrecision: 0.5")
      .replace(/^expectedAlertsPerWeek:.*$/m, "expectedAlertsPerWeek: 1"),
  );
  await saved();

  await page.getByRole("tab", { name: /^ADS/ }).click();
  const ads = parseAds(
    completeAds("A service's child talks to the web").replaceAll(
      "T1003.001 LSASS Memory",
      "T1543.003 Windows Service, T1059.001 PowerShell",
    ),
    "ADS.md",
  );
  assert.ok(ads.ok);
  for (const { name } of ADS_SECTIONS)
    await page.locator(`textarea[name=${name}]`).fill(ads.value.sections[name]);
  await saved();
  await page.screenshot({ path: join(SCREENS, "path-ads.png") });

  await page.getByRole("tab", { name: "Response plan" }).click();
  await page.locator(".editor-columns textarea").fill(PLAN);
  await saved();

  await page.getByRole("tab", { name: /^Tests/ }).click();
  const attack = liveEvents({ seed: DEMO_SEED, atMs: Date.UTC(2026, 0, 5, 10), count: 5, intrusion: true });
  const quiet = liveEvents({ seed: DEMO_SEED, atMs: Date.UTC(2026, 0, 5, 10), count: 5, intrusion: false });
  for (const [expected, name, events] of [
    ["match", "service-child", attack],
    ["no-match", "an-ordinary-hour", quiet],
  ] as const) {
    await page.locator("select[name=expected]").selectOption(expected);
    await page.locator("form.inline-form input[name=name]").fill(name);
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByLabel(`Events of ${expected}-${name}.ndjson`).fill(events);
  }
  await saved();
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.locator(".notice.good", { hasText: "All 2 tests pass" }).waitFor();
  await page.getByRole("button", { name: "Backtest", exact: true }).click();
  await page
    .getByText(/alerts? a week/i)
    .first()
    .waitFor({ timeout: 60_000 });
  await page.screenshot({ path: join(SCREENS, "path-backtest.png") });
  await page.getByRole("button", { name: "Prove", exact: true }).click();
  await page
    .getByText(/The stream gives exactly|exactly what/i)
    .first()
    .waitFor({ timeout: 60_000 });
  await page.screenshot({ path: join(SCREENS, "path-proof.png") });
  await page.getByRole("button", { name: "Let it page" }).click();
  await page.locator("dialog[open] button.primary").click();
  await page.locator("dialog[open]").waitFor({ state: "detached", timeout: 20_000 });
  const promoted = await server.json<RuleDetail>(`/api/rules/${RULE}`);
  assert.equal(promoted.stage, "paging");
  assert.equal(promoted.proof?.holds, true);
});

test("a posted event reaches its owner, who decides, and the forecast is scored", {
  skip,
  timeout: 120_000,
}, async () => {
  const before = await server.json<RuleDetail>(`/api/rules/${RULE}`);
  const events = liveEvents({ seed: DEMO_SEED, atMs: Date.now() - 5_000, count: 20, intrusion: true });
  const posted = await server.request("/api/sources/sysmon/events", {
    method: "POST",
    headers: { "idempotency-key": "the-whole-path" },
    body: events,
  });
  assert.equal(posted.status, 200, await posted.text());
  await page.goto(`${server.url}/alerts`);
  await eventually("the alert in the inbox", async () => {
    await page.reload();
    await page.getByRole("heading", { name: "Alerts" }).waitFor();
    return (await page.locator("main a[href^='/alerts/']").count()) > 0 ? true : null;
  });
  await page.locator("main a[href^='/alerts/']").first().click();
  await page.getByRole("heading", { name: "What it means" }).waitFor();
  await page.locator("strong, b, h3, .title", { hasText: "What else ran there" }).first().waitFor();
  await page.screenshot({ path: join(SCREENS, "path-alert.png"), fullPage: true });
  await page.locator("[data-option=more]").click();
  await page.getByText("Looked at more").first().waitFor();
  await page.locator("[name=minutes]").fill("7");
  await page
    .locator("[name=reason]")
    .fill("Nobody on our team made this service <img src=x onerror=alert(1)>");
  await page.locator("[data-option=confirm]").click();
  await page.locator("#decided-title").waitFor();
  await page.screenshot({ path: join(SCREENS, "path-decided.png"), fullPage: true });

  const after = await server.json<RuleDetail>(`/api/rules/${RULE}`);
  assert.equal(after.precision.evidence, before.precision.evidence + 1);
  assert.ok(after.precision.mean > before.precision.mean);
  const forecasts = await server.json<ForecastsPage>("/api/forecasts");
  assert.equal(forecasts.resolved, 1);
  assert.ok(forecasts.brier !== null && Math.abs(forecasts.brier - (1 - before.precision.mean) ** 2) < 1e-9);
  await page.goto(`${server.url}/forecasts`);
  await page.getByText("Brier").first().waitFor();
  await page.screenshot({ path: join(SCREENS, "path-forecasts.png") });
});

test("every page shows, without an error and without an axe violation", {
  skip,
  timeout: 240_000,
}, async () => {
  const alerts = await server.json<{ id: string }[]>("/api/alerts");
  const paths = [
    ...STANDING_PATHS,
    ...namedPaths({ sources: ["sysmon", "zeek"], rules: [RULE], alerts: [alerts[0]!.id] }),
  ];
  for (const [width, scheme] of [
    [1280, "light"],
    [1920, "dark"],
  ] as const) {
    const context = await browser.newContext({
      viewport: { width, height: 1000 },
      colorScheme: scheme,
      storageState: await page.context().storageState(),
    });
    const walker = await context.newPage();
    const findings = await walkPages(walker, {
      origin: server.url,
      paths,
      onPage: async (path: string) => {
        await walker.screenshot({
          path: join(SCREENS, `walk-${path.replaceAll(/[^\w]+/g, "-").slice(0, 40)}-${width}-${scheme}.png`),
        });
      },
    });
    assert.deepEqual(findings, []);
    await context.close();
  }
  writeFileSync(join(SCREENS, "walked.txt"), `${paths.join("\n")}\n`);
});

const PLAN = `automations:
  - name: around-it
    title: What else ran there
    uses: query
    with:
      sql: select _time, "Image", "CommandLine" from sysmon where "Hostname" = $host order by _time desc limit 20
    effect: Reads the twenty newest programs of the machine.
options:
  - name: confirm
    title: Nobody of us did this
    uses: decide
    effect: Closes the alert as a true positive; the security team takes over.
    outcome: true-positive
  - name: expected
    title: This was us
    uses: decide
    effect: Closes the alert as expected work and tunes the rule.
    outcome: benign-positive
  - name: more
    title: Looked at more
    uses: collect-more-data
    with:
      sql: select _time, "Image", "CommandLine" from sysmon where "Hostname" = $host order by _time desc limit 60
    effect: Reads sixty programs of the machine; the alert stays open.
  - name: escalate
    title: Ask the author
    uses: escalate-to-author
    effect: Hands the alert to who wrote the rule.
`;
