// biome-ignore-all lint/performance/useDomNodeTextContent: what a person sees counts
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { CalibrationQuestion } from "../../promote/risk/elicit/calibration.ts";
import type { ActivityRow, ElicitationPage } from "../../server/api/api.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { COMPANY_MODEL } from "../promote/risk/company.ts";
import { accessibilityIssues, NotebookWorkspace, picture } from "./notebook-workspace.ts";

const skip = withoutChromium;
const MODEL = `# Judged by the team.\n${COMPANY_MODEL.replace("settings:", "settings:\n  intervalHitRate: 0.8 # last year's workshop")}`;

let workspace: NotebookWorkspace;
let browser: Browser;
let page: Page;

before(
  async () => {
    if (withoutChromium) return;
    workspace = await NotebookWorkspace.start();
    mkdirSync(join(workspace.directory, "risk"), { recursive: true });
    writeFileSync(join(workspace.directory, "risk", "model.yaml"), MODEL);
    browser = await launchChromium();
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(workspace.server.signIn);
  },
  { timeout: 120_000 },
);

after(async () => {
  await browser?.close();
  await workspace?.stop();
});

const file = (name: string) => readFileSync(join(workspace.directory, "risk", name), "utf8");

async function refused(
  body: object,
  path = "/api/risk/elicitation",
): Promise<{ status: number; text: string }> {
  const answer = await workspace.server.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

test("answers are kept in order, hidden until one's own is given, and refused with a remedy", {
  skip,
  timeout: 60_000,
}, async () => {
  const { server } = workspace;
  const input = "frequency:ransomware";
  await server.post("/api/risk/elicitation", {
    input,
    low: 0.02,
    high: 0.2,
    person: "lee",
    note: "Two in ten years here.",
  });
  await server.post("/api/risk/elicitation", { input, low: 0.01, high: 0.1, person: "lee" });
  const hidden = await server.json<ElicitationPage>("/api/risk/elicitation?person=dana");
  const asked = hidden.inputs.find(({ name }) => name === input)!;
  assert.deepEqual([asked.answers.length, asked.pool, asked.people, asked.superseded], [0, null, 1, 1]);
  assert.match(file("elicited.yaml"), /^# What people said[\s\S]*low: 0.02[\s\S]*low: 0.01/);
  for (const [body, expected] of [
    [{ input, low: 2, high: 1 }, /below the high end/],
    [{ input: "p:c2-dns", low: 0.2, high: 1 }, /below 1/],
    [{ input: "p:nothing", low: 0.2, high: 0.5 }, /no input/],
    [{ input: "severity:insider", low: 1, high: 90_000 }, /cap/],
    [{ input: "p:c2-dns", low: 0.2, high: 0.5, cap: 1 }, /cap/],
  ] as const) {
    const { status, text } = await refused(body);
    assert.ok(status === 400 || status === 404, text);
    assert.match(text, expected);
    assert.match(text, /"remedy":"[^"]+"/);
  }
  assert.equal((await refused({ input: "p:c2-dns" }, "/api/risk/elicitation/use")).status, 409);
  assert.equal((await refused({ hits: 3, count: 4 }, "/api/risk/elicitation/hit-rate")).status, 400);
  assert.equal(file("model.yaml"), MODEL);
});

test("a person answers: help, warnings, the bet, what it implies, then the others and the pool", {
  skip,
  timeout: 120_000,
}, async () => {
  await page.goto(`${workspace.server.url}/risk`);
  await page.getByRole("link", { name: "Judge the numbers" }).click();
  await page.locator(".elicit-inputs li").first().waitFor({ timeout: 60_000 });
  await page.getByLabel("Who answers").fill("dana");
  await page.getByLabel("Who answers").press("Enter");
  await page
    .locator(".elicit-inputs button", { hasText: "How often it starts" })
    .filter({ hasText: "Ransomware" })
    .click();
  await page.getByText("1 person has answered.").waitFor();
  assert.equal(await page.getByText("0.01 to 0.1").count(), 0, "nobody is anchored");
  assert.match(await page.locator(".elicit-help").innerText(), /9\.3%[\s\S]*IRIS 2025/);
  await picture(page, "elicit-question");
  assert.deepEqual(await accessibilityIssues(page), []);
  const low = page.getByLabel("Hardly fewer than (attacks a year)");
  const high = page.getByLabel("Hardly more than (attacks a year)");
  const keep = page.getByRole("button", { name: "Keep my answer" });
  await low.fill("3");
  await high.fill("1");
  await page.getByText("The low end must be below the high end.").waitFor();
  assert.ok(await keep.isDisabled());
  await low.fill("0.2");
  await page.getByText("90% intervals here held 80% of the time so far.").waitFor();
  await page.locator(".elicit-figures dd", { hasText: "with today's model" }).waitFor();
  await page.getByRole("button", { name: "Try the equivalent bet" }).click();
  await page.getByRole("button", { name: "Spin the wheel" }).click();
  await page.getByText("so the interval was widened").waitFor();
  await page.getByRole("button", { name: "I do not care which" }).click();
  await page.getByText("you are about 90% sure").waitFor();
  await picture(page, "elicit-bet");
  assert.deepEqual(await accessibilityIssues(page), []);
  await page.getByRole("button", { name: /^Use 0/ }).click();
  assert.ok(Number(await low.inputValue()) < 0.2 && Number(await high.inputValue()) > 1);
  await page.getByLabel("Why (optional, kept with the answer)").fill("Three of our twenty peers had one.");
  await keep.click();
  await page.getByText("Pool of 2 answers:").waitFor();
  await page.getByText("You disagree").waitFor();
  await page.locator("spoor-elicit-answer section").last().scrollIntoViewIfNeeded();
  await picture(page, "elicit-pool");
  assert.deepEqual(await accessibilityIssues(page), []);
  await page.getByRole("button", { name: "Use the pool in the model" }).click();
  await page.getByText(/risk\/model\.yaml now says .* elicited from 2 people/).waitFor();
  const model = file("model.yaml");
  assert.match(model, /frequency: \{ interval: \[[\d.]+, [\d.]+\], origin: elicited, author: "lee, dana"/);
  const changed = model.split("\n").filter((line, i) => line !== MODEL.split("\n")[i]);
  assert.equal(changed.length, 1, "one line of the file changed");
  const activity = await workspace.server.json<readonly ActivityRow[]>("/api/activity");
  assert.ok(activity.some(({ verb, subject }) => verb === "set" && subject === "frequency:ransomware"));
});

test("the exercise asks what the data know, reveals, and counts in this window alone", {
  skip,
  timeout: 120_000,
}, async () => {
  const { server } = workspace;
  const questions = await server.json<readonly CalibrationQuestion[]>("/api/risk/calibration-questions");
  assert.ok(questions.length >= 20, String(questions.length));
  assert.equal(questions.find(({ text }) => text.includes("altogether"))?.answer, 600);
  const computers = questions.find(({ text }) => text.startsWith("How many different values has Computer"));
  assert.equal(computers?.answer, 7);
  await page.goto(`${server.url}/risk/elicit?tab=train`);
  for (let i = 0; i < 12; i++) {
    const title = await page.locator(".calibrate h2").first().innerText();
    const { answer } = questions.find(({ text }) => text === title)!;
    const miss = i % 4 === 3;
    await page.getByLabel("Hardly less than").fill(String(miss ? answer + 1 : answer * 0.5));
    await page.getByLabel("Hardly more than").fill(String(miss ? answer + 2 : answer * 2 + 1));
    await page.getByRole("button", { name: "Show the answer" }).click();
    await page.locator(".calibrate .badge", { hasText: miss ? "outside" : "inside" }).waitFor();
    if (i === 11) await picture(page, "elicit-calibration");
    await page.getByRole("button", { name: "Next question" }).click();
  }
  await page.getByText("9 of 12").waitFor();
  assert.match(await page.locator(".calibrate").innerText(), /between 43% and 95%, Clopper and Pearson/);
  assert.deepEqual(await accessibilityIssues(page), []);
  const { hitRate } = await server.json<ElicitationPage>("/api/risk/elicitation");
  assert.equal(hitRate, 0.8, "nothing is sent unasked");
  await page.getByRole("button", { name: "Set the model's hit rate to 75%" }).click();
  await page.getByText("settings.intervalHitRate is 0.75 now.").waitFor();
  assert.match(file("model.yaml"), /intervalHitRate: 0.75 # last year's workshop/);
  await page.getByRole("button", { name: "Forget my answers" }).click();
  await page.getByText("Why train").waitFor();
});

test("the forecasts page is clean before the first forecast", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.goto(`${workspace.server.url}/forecasts`);
  await page.locator("h1", { hasText: "Forecasts" }).waitFor();
  await page.locator("main .skeleton").waitFor({ state: "detached" });
  await picture(page, "forecasts");
  assert.deepEqual(await accessibilityIssues(page), []);
});
