// biome-ignore-all lint/performance/useDomNodeTextContent: what a person sees counts
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Annotation, EntityProfile } from "../../notebooks/entity/entity-profile.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { sourceYaml } from "../server/entity/entity-workspace.ts";
import { type RunningServer, startServer } from "../server/running-server.ts";
import { walkPages } from "../workbench/page-walk.ts";

const PICTURES = join(import.meta.dirname, "..", "..", ".artefacts", "screens");
const T0 = Date.UTC(2026, 10, 16);
const HOUR_MS = 3_600_000;
const HOSTILE = `<img src=x onerror="document.title='owned'">'--%\n日本`;
const skip = withoutChromium;

let folder: string;
let server: RunningServer;
let browser: Browser;
let page: Page;

function events(count: number, event: (index: number, at: string) => object): string {
  return Array.from(
    { length: count },
    (_, index) =>
      `${JSON.stringify(event(index, new Date(T0 + (index * 7 * 24 * HOUR_MS) / count).toISOString()))}\n`,
  ).join("");
}

before(
  async () => {
    if (withoutChromium) return;
    folder = mkdtempSync(join(tmpdir(), "spoor-entity-page-"));
    mkdirSync(PICTURES, { recursive: true });
    const workspace = join(folder, "workspace");
    const write = (name: string, yaml: string) => {
      mkdirSync(join(workspace, "sources", name), { recursive: true });
      writeFileSync(join(workspace, "sources", name, "source.yaml"), yaml);
    };
    write("endpoint", sourceYaml("endpoint", "time", "host Hostname", "user User", "file Image"));
    write("network", sourceYaml("network", "time", "ip source", "ip destination"));
    writeFileSync(
      join(workspace, "owners.yaml"),
      "owners:\n  - { name: platform, title: Platform, onCall: [it02], systems: [], channels: [] }\nsystems:\n  - { name: apps, title: Application servers, owner: platform, hosts: [APP03] }\n",
    );
    writeFileSync(
      join(folder, "endpoint.ndjson"),
      events(4000, (index, time) => ({
        time,
        Hostname: `APP0${index % 4}.lantern.example`,
        User: index % 40 === 3 ? HOSTILE : `LANTERN\\svc_${index % 3}`,
        Image: `C:\\Windows\\System32\\tool${index % 6}.exe`,
        CommandLine: `tool${index % 6}.exe /run ${index}`,
        DestinationIp: index % 200 === 3 ? "203.0.113.77" : "",
        detail: { deep: { list: [{ key: "a", value: index }] } },
      })),
    );
    writeFileSync(
      join(folder, "network.ndjson"),
      events(1500, (index, time) => ({
        time,
        source: `10.0.0.${index % 9}`,
        destination: index % 150 === 0 ? "203.0.113.77" : "198.51.100.9",
        port: 443,
      })),
    );
    server = await startServer(workspace, ["--empty"]);
    for (const name of ["endpoint", "network"])
      await server.job("/api/sources", { name, paths: [join(folder, `${name}.ndjson`)] });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme: "light" });
    await page.goto(server.signIn);
  },
  { timeout: 120_000 },
);

after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function inView(): Promise<number> {
  const text = (await page.locator(".timeline-count").innerText()).replaceAll(",", "");
  return Number(/^(\d+)/.exec(text)![1]);
}

async function drag(from: number, until: number): Promise<void> {
  const box = (await page.locator(".timeline-area").boundingBox())!;
  const x = (share: number) => box.x + 108 + (box.width - 108 - 24) * share;
  await page.mouse.move(x(from), box.y + 60);
  await page.mouse.down();
  await page.mouse.move(x((from + until) / 2), box.y + 62, { steps: 4 });
  await page.mouse.move(x(until), box.y + 60, { steps: 4 });
  await page.mouse.up();
}

function shown(): Promise<void> {
  return page.locator(".neighbour-group").first().waitFor();
}

test("typing a host in the palette leads to everything about it", { skip, timeout: 60_000 }, async () => {
  await page.getByRole("heading", { name: "Today" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.locator("dialog.palette input").fill("app03.lantern.example");
  const option = page.getByRole("option", { name: /Everything about app03.lantern.example\s+host/ });
  await option.waitFor();
  await option.click();
  await page.waitForURL("**/entity/host/app03.lantern.example");
  await shown();
  assert.equal(
    await page
      .locator(".entity-figures dd")
      .first()
      .innerText()
      .then((text) => text.split("\n")[0]),
    "1,000",
  );
  assert.match(
    await page.locator(".entity-figures").innerText(),
    /platform[\s\S]*Application servers; on call it02/,
  );
  assert.equal(await page.locator(".events-table tbody tr").count(), 60);
  await page.screenshot({ path: join(PICTURES, "entity-page-1280-light.png") });
});

test("wheel, buttons and keys zoom; the slices become finer and the address keeps the range", {
  skip,
  timeout: 60_000,
}, async () => {
  const whole = await inView();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.waitForURL("**from=**");
  const half = await inView();
  assert.ok(half < whole * 0.7 && half > whole * 0.3, `${half} of ${whole}`);
  const box = (await page.locator(".timeline-area").boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 60);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -120);
  await page.keyboard.up("Control");
  await page.waitForFunction(
    (before) =>
      Number(document.querySelector(".timeline-count")!.textContent!.replaceAll(/\D/g, "")) < before,
    half,
  );
  await page.locator(".timeline-area").focus();
  await page.keyboard.press("-");
  await page.keyboard.press("Home");
  await page.waitForFunction(
    (all) => Number(document.querySelector(".timeline-count")!.textContent!.replaceAll(/\D/g, "")) === all,
    whole,
  );
  assert.ok(!page.url().includes("from="));
  const before = await page.evaluate(() => window.scrollY);
  await page.locator("h1").click();
  await page.mouse.move(box.x + box.width / 2, box.y + 60);
  await page.mouse.wheel(0, 200);
  await page.waitForFunction((y) => window.scrollY > y, before);
  assert.equal(await inView(), whole, "without the focus the wheel scrolls the page");
  await page.evaluate(() => window.scrollTo(0, 0));
});

test("a brush selects a range that list, neighbours and counts follow", {
  skip,
  timeout: 60_000,
}, async () => {
  const whole = await inView();
  await drag(0.25, 0.5);
  await page.locator(".timeline-count", { hasText: "selected" }).waitFor();
  const selected = await inView();
  assert.ok(Math.abs(selected - whole / 4) < whole * 0.05, `${selected} of ${whole}`);
  await page.waitForFunction(() => {
    const times = [...document.querySelectorAll<HTMLTimeElement>(".events-table tbody time")];
    return times.length > 0 && times.every((time) => time.dateTime < "2026-11-20");
  });
  const user = page.locator(".neighbour-group li", { hasText: "svc_0" }).first();
  await page.waitForFunction(
    (most) =>
      Number(
        [...document.querySelectorAll(".neighbour-group li")]
          .find((item) => item.textContent!.includes("svc_0"))
          ?.querySelector(".number")?.textContent,
      ) < most,
    120,
  );
  assert.ok(await user.isVisible());
  await page.getByRole("button", { name: "Clear selection" }).click();
  await page.locator(".timeline-count", { hasText: "in view" }).waitFor();
  await page.locator(".timeline-area").focus();
  for (let step = 0; step < 4; step += 1) await page.keyboard.press("ArrowRight");
  for (let step = 0; step < 8; step += 1) await page.keyboard.press("Shift+ArrowRight");
  await page.locator(".timeline-count", { hasText: "selected" }).waitFor();
  const byKeys = await inView();
  assert.ok(byKeys > 0 && byKeys < whole / 3);
});

test("a note on the selection shows as a flag, is kept, and can be taken back", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.locator(".timeline-area").focus();
  await page.keyboard.press("n");
  await page.locator("dialog[open] textarea").fill("The service was replaced here <b>by hand</b>.");
  await page.getByRole("button", { name: "Save the note" }).click();
  await page.locator(".entity-notes .note-text", { hasText: "replaced here <b>by hand</b>" }).waitFor();
  await page.locator(".timeline-plot text", { hasText: "⚑" }).waitFor();
  const kept = await server.json<readonly Annotation[]>("/api/annotations?kind=host&value=APP03");
  assert.equal(kept.length, 1);
  assert.ok(kept[0]!.until !== null && kept[0]!.until > kept[0]!.at);
  await page.screenshot({ path: join(PICTURES, "entity-note-1280-light.png") });
  await page.reload();
  await page.locator(".entity-notes .note-text").waitFor();
  await page.getByRole("button", { name: /Take back the note/ }).click();
  await page.locator(".entity-notes .muted", { hasText: /taken back by/ }).waitFor({ state: "attached" });
  assert.equal(await page.locator(".entity-notes .note-time").count(), 0);
  assert.equal(
    (await server.json<readonly Annotation[]>("/api/annotations?kind=host&value=APP03")).length,
    0,
  );
  assert.equal(
    (await server.json<readonly Annotation[]>("/api/annotations?kind=host&value=APP03&deleted=1")).length,
    1,
  );
});

test("neighbours lead on, the trail leads back, and so does the browser", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.goto(`${server.url}/entity/host/APP03`);
  await shown();
  await page.locator(".neighbour-group a", { hasText: "203.0.113.77" }).click();
  await page.waitForURL("**/entity/ip/203.0.113.77?via=**");
  await page.locator("h1", { hasText: "203.0.113.77" }).waitFor();
  await shown();
  const profile = await server.json<EntityProfile>("/api/entities/ip/203.0.113.77");
  assert.deepEqual(
    profile.lanes.filter(({ count }) => count > 0).map(({ dataset, count }) => [dataset, count]),
    [
      ["endpoint", 20],
      ["network", 10],
    ],
  );
  await page.locator(".neighbour-group a", { hasText: "10.0.0." }).first().click();
  await page.waitForURL("**/entity/ip/10.0.0.**");
  await shown();
  assert.equal(await page.locator(".entity-trail li").count(), 2);
  await page.screenshot({ path: join(PICTURES, "entity-trail-1280-light.png") });
  await page.locator(".entity-trail a", { hasText: "APP03" }).click();
  await page.locator("h1", { hasText: "APP03" }).waitFor();
  assert.equal(await page.locator(".entity-trail").count(), 0);
  await page.goBack();
  await page.locator("h1", { hasText: "10.0.0." }).waitFor();
  await page.goBack();
  await page.locator("h1", { hasText: "203.0.113.77" }).waitFor();
});

test("an event opens to its fields as a tree, and its values lead on", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.goto(`${server.url}/entity/host/APP03`);
  await shown();
  await page.locator(".event-summary").first().click();
  const fields = page.locator(".event-fields").first();
  await fields.waitFor();
  assert.match(await fields.innerText(), /CommandLine[\s\S]*tool/);
  assert.match(await fields.innerText(), /detail[\s\S]*deep[\s\S]*list/);
  assert.match((await fields.locator("mark.entity-own").first().textContent()) ?? "", /APP03/);
  await page.getByRole("button", { name: "Show more" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".events-table .event-summary").length === 120);
  await page.locator("#nothing, .event-fields .entity-link").first().click();
  await page.waitForURL("**via=host%3AAPP03**");
});

test("a text is found in the events, and only there", { skip, timeout: 60_000 }, async () => {
  await page.goto(`${server.url}/entity/host/APP03`);
  await shown();
  await page.getByLabel("Find in these events").fill("RUN 3999");
  await page.waitForFunction(() => document.querySelectorAll(".events-table .event-summary").length === 1);
  assert.equal(await page.locator(".event-summary").textContent(), "tool3.exe /run 3999");
  await page.getByLabel("Find in these events").fill("no such thing %");
  await page.getByText("No event in this time holds that text.").waitFor();
  await page.getByLabel("Find in these events").fill("");
  await page.waitForFunction(() => document.querySelectorAll(".events-table .event-summary").length === 60);
});

test("a hostile value is text, keeps its address, and its query goes whole into a hunt", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.goto(`${server.url}/entity/host/APP03`);
  await shown();
  await page.getByRole("button", { name: /^users/ }).click();
  await page.locator(".neighbour-group a", { hasText: "onerror" }).click();
  await page.locator("h1", { hasText: "onerror" }).waitFor();
  await shown();
  assert.equal(await page.locator("h1").textContent(), HOSTILE);
  assert.equal(
    await page
      .locator(".entity-figures dd")
      .first()
      .innerText()
      .then((text) => text.split("\n")[0]),
    "100",
  );
  assert.ok(!(await page.title()).includes("owned") || (await page.title()).includes("onerror"));
  assert.equal(await page.locator("img").count(), 0);
  const href = await page.getByRole("link", { name: "Open in new hunt" }).getAttribute("href");
  const sql = new URL(href!, server.url).searchParams.get("sql")!;
  assert.ok(!sql.includes('onerror="document'), "the value stands escaped inside an interpolation");
  assert.match(sql, /\$\{"/);
});

test("what is nowhere, and what no source declares, says what to do", { skip, timeout: 60_000 }, async () => {
  await page.goto(`${server.url}/entity/host/nowhere99`);
  await page.locator(".empty-title", { hasText: "Nothing names it" }).waitFor();
  assert.match(await page.locator(".asked-fields").innerText(), /endpoint\s+Hostname/);
  await page.goto(`${server.url}/entity/url/https%3A%2F%2Flantern.example`);
  await page.locator(".empty-title", { hasText: "No source has fields" }).waitFor();
  assert.match(await page.locator(".entity-teach").innerText(), /kind: url/);
  await page.goto(`${server.url}/entity/planet/mars`);
  await page.locator("h1", { hasText: "no such kind" }).waitFor();
});

test("the panel of a notebook: kinds to choose, pivots inside, a cell for the notebook", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.goto(`${server.url}/entity/host/APP03`);
  await shown();
  await page.evaluate(async () => {
    const catalog = await (await fetch("/api/catalog")).json();
    const panel = Object.assign(document.createElement("spoor-entity-panel"), {
      pivot: { column: "Hostname", type: "VARCHAR", value: "APP02.lantern.example", datasets: ["endpoint"] },
      catalog,
      close: () => panel.remove(),
      addCell: (mode: string, text: string) => {
        (window as unknown as { added: string[] }).added = [mode, text];
      },
    });
    document.querySelector("main")!.replaceChildren(panel);
    (panel as HTMLElement).style.width = "460px";
  });
  const panel = page.locator("spoor-entity-panel");
  await panel.locator(".neighbour-group").first().waitFor();
  assert.deepEqual(await panel.locator(".entity-kinds .entity-chip").allInnerTexts(), ["host", "domain"]);
  await panel.getByRole("button", { name: "Add as SQL cell" }).click();
  const [mode, text] = await page.evaluate(() => (window as unknown as { added: string[] }).added);
  assert.equal(mode, "sql");
  assert.match(text!, /FROM endpoint AS t/);
  await page.screenshot({ path: join(PICTURES, "entity-panel-1280-light.png") });
  await panel.locator(".neighbour-group a", { hasText: "svc_0" }).click();
  await panel.locator(".entity-name", { hasText: "svc_0" }).waitFor();
  await panel.getByRole("button", { name: "← Back" }).click();
  await panel.locator(".entity-name", { hasText: "APP02" }).waitFor();
  await panel.getByRole("button", { name: "Close the panel" }).click();
  assert.equal(await panel.count(), 0);
});

test("no page of it violates accessibility or overflows, in light, dark and on a phone", {
  skip,
  timeout: 120_000,
}, async () => {
  await server.post("/api/annotations", {
    kind: "host",
    value: "APP03",
    at: new Date(T0 + 50 * HOUR_MS).toISOString(),
    until: null,
    note: "Seen by the owner.",
  });
  const host = "/entity/host/APP03";
  const ip = "/entity/ip/203.0.113.77?via=host%3AAPP03";
  for (const [width, scheme, paths] of [
    [1280, "light", [host, ip, "/entity/host/nowhere99", "/entity/url/x%3A%2F%2Fy"]],
    [1920, "dark", [host]],
    [390, "light", [host]],
  ] as const) {
    await page.setViewportSize({ width, height: 1000 });
    await page.emulateMedia({ colorScheme: scheme });
    const findings = await walkPages(page, {
      origin: server.url,
      paths,
      onPage: async (path) => {
        if (!path.includes("APP03") && !path.includes("203")) return;
        await shown();
        await page.screenshot({
          path: join(PICTURES, `entity-${path.includes("via") ? "ip" : "host"}-${width}-${scheme}.png`),
          fullPage: width === 390,
        });
      },
    });
    assert.deepEqual(findings, []);
  }
});
