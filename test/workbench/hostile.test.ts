import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { buildWorkbench } from "../../workbench/build.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { walkPages } from "./page-walk.ts";

const EVIL = `"><img src=x onerror="document.title='hit'"><script>document.title='hit'</script>\${1}`;
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";
const ISSUE = { severity: "error", code: EVIL, place: EVIL, message: EVIL, remedy: EVIL };
const ALERT = {
  id: "a1",
  rule: EVIL,
  ruleTitle: EVIL,
  severity: EVIL,
  owner: EVIL,
  sentence: EVIL,
  state: "open",
  opened: EVIL,
  outcome: null,
  entities: { [EVIL]: EVIL },
  caseId: EVIL,
  meaning: `${EVIL}\n\n[press](javascript:alert(1)) ![x](https://example.org/x.png) <b>raw</b>`,
  normal: EVIL,
  falsePositives: EVIL,
  detections: [
    {
      id: EVIL,
      rule: EVIL,
      time: EVIL,
      entities: { [EVIL]: EVIL },
      rows: [{ [EVIL]: EVIL }],
      late: true,
      mode: EVIL,
      detected: EVIL,
    },
  ],
  automations: [
    {
      name: EVIL,
      title: EVIL,
      actor: EVIL,
      state: "succeeded",
      started: EVIL,
      summary: EVIL,
      rows: [{ [EVIL]: EVIL }],
    },
  ],
  options: [{ name: "ignore", title: EVIL, effect: EVIL, decides: true, outcome: "ignored" }],
  done: [],
  decision: null,
  forecast: null,
  author: EVIL,
  techniques: [{ id: EVIL, name: EVIL, tactics: [EVIL] }],
};
const SOURCE = {
  name: EVIL,
  description: EVIL,
  owner: EVIL,
  datasets: [EVIL],
  rowCount: 1,
  byteCount: 1,
  quarantinedCount: 1,
  firstTime: EVIL,
  lastTime: EVIL,
  lastIngested: null,
  rate: [1],
  state: "sick",
  healthIssues: [ISSUE],
  costUsdPerMonth: 0,
  riskReductionUsd: null,
  rules: [EVIL],
};
const ANSWERS: Readonly<Record<string, unknown>> = {
  "/api/session": { user: EVIL, workspace: EVIL, version: EVIL, engineVersion: EVIL },
  "/api/today": {
    lights: [{ name: "seeing", state: "bad", reason: EVIL, href: "javascript:alert(1)" }],
    openAlerts: [ALERT],
    healthIssues: [{ source: EVIL, issue: ISSUE, blinds: [EVIL] }],
    hunts: [],
    huntsChanged: [
      { name: EVIL, title: EVIL, unseenChange: { rowsAdded: EVIL, rowsRemoved: EVIL, started: EVIL } },
    ],
    rulesWaiting: [{ rule: EVIL, stage: "draft", why: EVIL }],
    draftCount: EVIL,
  },
  "/api/sources": [SOURCE],
  "/api/alerts": [ALERT],
  "/api/alerts/a1": ALERT,
  "/api/activity": [{ at: EVIL, actor: EVIL, verb: EVIL, subject: EVIL, detail: EVIL }],
  "/api/owners": [{ name: EVIL, onCall: EVIL, systems: [EVIL], alertsPerWeekBudget: 1 }],
};

let directory: string;
let server: Server;
let browser: Browser;

before(async () => {
  if (withoutChromium) return;
  directory = await mkdtemp(join(tmpdir(), "spoor-workbench-"));
  await buildWorkbench({ outDirectory: directory, minify: true });
  server = createServer(async (request, response) => {
    const path = (request.url ?? "").split("?")[0]!;
    if (path.startsWith("/api/")) {
      const known = Object.hasOwn(ANSWERS, path);
      response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(known ? ANSWERS[path] : { error: { message: EVIL, issues: [ISSUE] } }));
      return;
    }
    const asset = path.startsWith("/assets/") ? path : "/index.html";
    const type = asset.endsWith(".js")
      ? "text/javascript"
      : asset.endsWith(".css")
        ? "text/css"
        : "text/html";
    response.writeHead(200, { "content-type": type, "content-security-policy": POLICY });
    response.end(await readFile(join(directory, asset)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  browser = await launchChromium();
});

after(async () => {
  if (withoutChromium) return;
  await browser.close();
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

test("strings from data are shown as text on every page, and nothing is fetched from elsewhere", {
  skip: withoutChromium,
}, async () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:"))
      elsewhere.push(request.url());
  });
  const shown: string[] = [];
  const findings = await walkPages(page, {
    origin,
    paths: ["/today", "/sources", "/alerts", "/alerts/a1", "/activity", "/owners"],
    onPage: async (path) => {
      assert.notEqual(await page.title(), "hit", path);
      assert.equal(await page.locator("main img, main script, main b").count(), 0, path);
      const links = await page
        .locator("main a")
        .evaluateAll((anchors) => anchors.map((a) => (a as HTMLAnchorElement).protocol));
      assert.deepEqual(
        links.filter((protocol) => !/^https?:$/.test(protocol)),
        [],
        path,
      );
      if (((await page.locator("main").textContent()) ?? "").includes("<img src=x")) shown.push(path);
    },
  });
  assert.deepEqual(shown, ["/today", "/sources", "/alerts", "/alerts/a1", "/activity", "/owners"]);
  assert.deepEqual(elsewhere, []);
  assert.deepEqual(
    findings.filter(({ kind }) => kind === "exception" || kind === "overflow"),
    [],
  );

  await page.goto(`${origin}/forecasts`);
  await page.locator(".failure").waitFor();
  assert.ok(
    ((await page.locator(".failure").textContent()) ?? "").includes("<img src=x"),
    "a failure shows its message as text",
  );
  await page.close();
});

test("the page has no inline script and the bundle is whole", {
  skip: withoutChromium,
}, async () => {
  const index = await readFile(join(directory, "index.html"), "utf8");
  for (const [, attributes, body] of index.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)) {
    assert.match(attributes!, /src="\/assets\/app\.js"/);
    assert.equal(body, "");
  }
  const css = await readFile(join(directory, "assets", "app.css"), "utf8");
  assert.doesNotMatch(css, /@import|https?:\/\//);
  assert.ok((await readFile(join(directory, "assets", "frame.js"))).length > 1000);
});
