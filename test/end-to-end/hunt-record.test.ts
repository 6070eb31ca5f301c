import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { newCell, newNotebook } from "../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../notebooks/document/notebook-html.ts";
import { type HuntRecord, huntOf, newHunt, withHunt } from "../../notebooks/hunt/hunt-record.ts";
import type { HuntSummary, NotebookFile } from "../../server/api/api.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { eventually, type RunningServer, startServer } from "../server/running-server.ts";
import { walkPages } from "../workbench/page-walk.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PICTURES = join(ROOT, ".artefacts", "screens");
const HOSTILE = `<img src=x onerror="document.title='owned'">`;
const NAME = "lsass-handles";
const skip = withoutChromium;

let folder: string;
let workspace: string;
let server: RunningServer;
let browser: Browser;
let page: Page;

before(
  async () => {
    if (withoutChromium) return;
    folder = mkdtempSync(join(tmpdir(), "spoor-hunt-record-"));
    workspace = join(folder, "workspace");
    mkdirSync(PICTURES, { recursive: true });
    mkdirSync(join(workspace, "sources"), { recursive: true });
    server = await startServer(workspace);
    await load("first", 1200);
    await save(NAME, newHunt(), "Handles to LSASS");
    const about: Partial<HuntRecord> = {
      hypothesis:
        "If an intruder makes a service on workstations, then the data shows a service nobody asked for.",
      owner: "ada",
      hours: 3.5,
    };
    await save(
      "services",
      newHunt({
        ...about,
        techniques: ["T1543.003"],
        state: "confirmed",
        outcome: { kind: "rule", reference: "new-service" },
        hours: 6,
      }),
      "A service nobody asked for",
    );
    await save(
      "beacons",
      newHunt({
        ...about,
        techniques: ["T1071.001", "T1573"],
        hypothesis: "Something calls home at even intervals.",
        state: "inconclusive",
        outcome: { kind: "data gap", reference: "proxy" },
        dataNeeds: [{ dataset: "proxy", columns: ["url"], why: "" }],
      }),
      "Beacons in web traffic",
    );
    await save(
      "phish",
      newHunt({
        techniques: ["T1566.001"],
        hypothesis: HOSTILE,
        schedule: { cron: "0 6 * * 1", zone: "UTC", paused: true },
      }),
      "Macros that start a shell",
    );
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

async function load(
  file: string,
  count: number,
  change: (index: number) => object = () => ({}),
): Promise<void> {
  const path = join(folder, `${file}.ndjson`);
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      UtcTime: new Date(Date.UTC(2026, 10, 16) + index * 300_000 + file.length)
        .toISOString()
        .replace("T", " ")
        .slice(0, 23),
      EventID: 10,
      Computer: `ws-${index % 9}.lantern.example`,
      User: `LANTERN\\user${index % 13}`,
      SourceImage: index % 400 === 7 ? "C:\\Temp\\dump.exe" : "C:\\Windows\\System32\\svchost.exe",
      TargetImage:
        index % 3 === 0 ? "C:\\Windows\\System32\\lsass.exe" : "C:\\Windows\\System32\\winlogon.exe",
      GrantedAccess: index % 400 === 7 ? "0x1010" : "0x1000",
      ...change(index),
    }),
  );
  writeFileSync(path, `${lines.join("\n")}\n`);
  await server.job("/api/sources", { name: "sysmon", paths: [path] });
}

async function save(name: string, hunt: HuntRecord, title: string): Promise<void> {
  const notebook = newNotebook({
    title,
    cells: [
      newCell({ id: 1, mode: "md", value: `# ${title}` }),
      newCell({
        id: 2,
        mode: "sql",
        output: "handles",
        value:
          "SELECT _time, Computer, SourceImage, GrantedAccess\nFROM sysmon\nWHERE TargetImage ILIKE '%lsass.exe' AND GrantedAccess = '0x1010'",
      }),
    ],
  });
  await server.json(`/api/notebooks/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ html: serializeNotebook(withHunt(notebook, hunt)), baseRevision: null }),
  });
}

async function record(): Promise<HuntRecord> {
  const { html } = await server.json<NotebookFile>(`/api/notebooks/${NAME}`);
  const hunt = huntOf(parseNotebook(html));
  assert.ok(hunt.ok);
  return hunt.value;
}

/** The saved record once it passes. */
function saved(what: string, test: (hunt: HuntRecord) => boolean): Promise<HuntRecord> {
  return eventually(what, async () => {
    const hunt = await record();
    return test(hunt) ? hunt : null;
  });
}

async function part(title: string): Promise<Locator> {
  const head = page.locator("spoor-hunt-panel").getByRole("button", { name: new RegExp(`^\\W*${title}`) });
  if ((await head.getAttribute("aria-expanded")) === "false") await head.click();
  return page.locator(`#${await head.getAttribute("aria-controls")}`);
}

async function picture(name: string): Promise<void> {
  for (const [width, theme] of [
    [1280, "light"],
    [1920, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height: 1000 });
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForTimeout(150);
    await page.screenshot({ path: join(PICTURES, `hunt-${name}-${width}-${theme}.png`) });
  }
  await page.setViewportSize({ width: 1280, height: 1000 });
  await page.emulateMedia({ colorScheme: "light" });
}

async function open(): Promise<void> {
  await page.goto(`${server.url}/notebooks/${NAME}`);
  await page.locator("spoor-hunt-panel").waitFor();
  await page.locator('spoor-notebook-cell[data-cell="2"][aria-label$="done"]').waitFor();
}

test("a hypothesis is made of its parts, and the technique found by name, with the keyboard", {
  skip,
  timeout: 60_000,
}, async () => {
  await open();
  const question = await part("Question");
  for (const [label, text] of [
    ["Who", "an intruder with a user's password"],
    ["does what", "reads the memory of LSASS"],
    ["where", "workstations"],
    ["which leaves", "a handle to lsass.exe with read access"],
  ] as const) {
    await question.getByLabel(label, { exact: true }).fill(text);
    await question.getByLabel(label, { exact: true }).press("Tab");
  }
  await question.getByLabel("What would refute it").fill("No such handle, with a power above 80 %.");
  await question.getByRole("combobox").fill("lsass");
  await page.getByRole("option", { name: /T1003\.001/ }).waitFor();
  await question.getByRole("combobox").press("Enter");
  const hunt = await saved(
    "the question",
    ({ techniques, refutation }) => techniques.length === 1 && refutation !== "",
  );
  assert.equal(
    hunt.hypothesis,
    "If an intruder with a user's password reads the memory of LSASS on workstations, then the data shows a handle to lsass.exe with read access.",
  );
  assert.deepEqual(hunt.techniques, ["T1003.001"]);
});

test("the data that is needed is read off the cells and its health is shown", {
  skip,
  timeout: 60_000,
}, async () => {
  const data = await part("Data needed");
  await data.getByRole("button", { name: "Take from the cells" }).click();
  await data.getByText("well").waitFor();
  await data.getByLabel(/Looks at the time from/).fill("2026-01-01");
  await data.getByLabel(/Looks at the time from/).press("Tab");
  await data.getByText(/after the hunt's time does/).waitFor();
  await data.getByText("sick").waitFor();
  const hunt = await saved("the needs", ({ timeFrom }) => timeFrom !== "");
  assert.deepEqual(hunt.dataNeeds, [
    { dataset: "sysmon", columns: ["Computer", "GrantedAccess", "SourceImage", "TargetImage"], why: "" },
  ]);
  await data.getByLabel(/Looks at the time from/).fill("2026-11-17");
  await data.getByLabel(/Looks at the time from/).press("Tab");
  await data.getByText("well").waitFor();
});

test("refuted without power is questioned; power is measured in a copy of the data, and blind spots show", {
  skip,
  timeout: 90_000,
}, async () => {
  const conclusion = await part("Conclusion");
  await conclusion.getByRole("radio", { name: /refuted/ }).check();
  await conclusion.getByText(/power was not measured/).waitFor();
  const power = await part("Power");
  await power.getByRole("button", { name: /Measure its power/ }).click();
  const dialog = page.getByRole("dialog", { name: "Measure the hunt's power" });
  const events = dialog.getByLabel("Events of sysmon");
  await eventually("an event of the data", async () =>
    (await events.inputValue()).includes("{{time}}") ? true : null,
  );
  await events.fill(
    '{"UtcTime":"{{time}}","EventID":10,"Computer":"{{Computer}}","User":"{{User}}","SourceImage":"C:\\\\Users\\\\Public\\\\procdump.exe","TargetImage":"C:\\\\Windows\\\\System32\\\\lsass.exe","GrantedAccess":"0x1010"}',
  );
  await dialog.getByText("other casing in TargetImage").waitFor();
  assert.equal(
    await dialog.getByText("without Computer").count(),
    0,
    "Computer is shown, and decides nothing",
  );
  await dialog.getByRole("button", { name: "Measure", exact: true }).click();
  await dialog.getByText(/Would have seen 20 of 20 such events: at least 83 %/).waitFor({ timeout: 40_000 });
  await dialog.getByText("blind").first().waitFor();
  await picture("power");
  await dialog.getByText("Events that it missed").click();
  assert.match((await dialog.locator("pre").first().textContent()) ?? "", /procdump/);
  await dialog.getByRole("button", { name: "Keep in the record" }).click();
  await power.getByText(/Would have seen 20 of 20/).waitFor();
  const [kept] = (await saved("the power", ({ powers }) => powers.length === 1)).powers;
  const found = Object.fromEntries(kept!.variants.map((variant) => [variant.name, variant.found]));
  assert.equal(found["other casing in TargetImage"], 20, "the query compares without case");
  assert.equal(found["without GrantedAccess"], 0);
  assert.equal(found["ordinary events"], 0);
  await page.locator(".conclusion-issues").waitFor({ state: "detached" });
  await (await part("Conclusion")).getByRole("button", { name: "Add its power" }).click();
  await saved("the conclusion", ({ conclusion: text }) => text.includes("at least 83 %"));
});

test("rows are pinned with their query and hash; asked again they are the same, changed with the rows, or cannot run", {
  skip,
  timeout: 60_000,
}, async () => {
  const hunt = await record();
  const cell = page.locator('spoor-notebook-cell[data-cell="2"]');
  await cell.getByRole("button", { name: "Run", exact: true }).hover();
  await cell.getByRole("button", { name: "Pin finding" }).first().click();
  await page.getByLabel("What does it show?").fill(`dump.exe reads LSASS ${HOSTILE}`);
  await page.getByRole("button", { name: "Pin finding" }).last().click();
  const findings = await part("Findings");
  await findings.locator(".finding-note", { hasText: "dump.exe reads LSASS" }).waitFor();
  const kept = (await saved("the finding", ({ findings: all }) => all.length === 1)).findings[0]!;
  assert.ok(kept.rowCount > 0 && kept.rows.length === kept.rowCount && kept.complete);
  assert.equal(kept.dataHash.length, 64);
  await findings.getByRole("button", { name: "Check again" }).click();
  await findings.getByText("same rows today").waitFor();
  await load("later", 8);
  await findings.getByRole("button", { name: "Check again" }).click();
  if (kept.rowCount > 0) await findings.getByText(/same rows today|other rows today/).waitFor();
  await load("latest!", 400, () => ({
    GrantedAccess: "0x1010",
    SourceImage: "C:\\Temp\\late.exe",
    TargetImage: "C:\\Windows\\System32\\LSASS.EXE",
  }));
  await findings.getByRole("button", { name: "Check again" }).click();
  await findings.getByText("other rows today").waitFor();
  await findings.getByText("+ 400 rows new, the first 100 shown").waitFor();
  assert.equal(hunt.findings.length, 0);
  await picture("panel");
});

test("runs are recorded with what changed; a lock gives the same answer, or says what is another", {
  skip,
  timeout: 90_000,
}, async () => {
  const runs = await part("Runs and lock");
  await runs.getByRole("button", { name: "Run it now, recorded" }).click();
  await runs.getByText("first answer").waitFor();
  await runs.getByRole("button", { name: "Lock this answer" }).click();
  await runs.getByText(/^\s*Locked/).waitFor();
  await load("one more thing", 1, () => ({
    GrantedAccess: "0x1010",
    SourceImage: "C:\\Temp\\new.exe",
    TargetImage: "x\\lsass.exe",
  }));
  await runs.getByRole("button", { name: "Run it now, recorded" }).click();
  await runs.getByText("+1 −0").waitFor();
  await runs.getByText("+ 1 row new", { exact: true }).waitFor();
  await runs.getByRole("button", { name: "Re-run on the locked data" }).click();
  await runs.getByText("same answer, same data").waitFor();
  await runs.getByRole("button", { name: "Compare with today" }).click();
  await runs.getByText("another answer").waitFor();
  await runs.getByLabel("Runs by itself").selectOption("0 6 * * *");
  await runs.getByText(/Next run/).waitFor();
  await saved("the schedule", ({ schedule }) => schedule?.cron === "0 6 * * *");
  const work = await part("Owner and hours");
  await work.getByLabel("Owner").fill("ada");
  await work.getByLabel("Owner").press("Tab");
  await work.getByLabel("Hours").fill("2.5");
  await work.getByLabel("Hours").press("Tab");
  await work.getByRole("button", { name: "Start the timer" }).click();
  await work.getByRole("button", { name: /^Stop, and add/ }).click();
  await saved("the hours", ({ hours, owner }) => hours >= 2.5 && owner === "ada");
  await picture("runs");
  const lock = JSON.parse(readFileSync(join(workspace, "notebooks", `${NAME}.lock.json`), "utf8")) as {
    cells: unknown[];
  };
  assert.equal(lock.cells.length, 1);
});

test("the command line runs against the lock: exit 1 and the rows when the answer is another", {
  skip,
  timeout: 60_000,
}, () => {
  const run = (...args: string[]) => {
    try {
      const out = execFileSync(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          join(ROOT, "server", "cli", "main.ts"),
          "notebook",
          "run",
          join(workspace, "notebooks", `${NAME}.html`),
          "--workspace",
          workspace,
          ...args,
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
      );
      return { status: 0, out };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { status, out: stdout };
    }
  };
  const locked = run("--locked");
  assert.equal(locked.status, 0, locked.out);
  assert.match(locked.out, /same answer as the lock, over the same data/);
  const compared = run("--compare");
  assert.equal(compared.status, 1);
  assert.match(compared.out, /1 rows added, 0 removed/);
  const json = run("--compare", "--json");
  assert.equal((JSON.parse(json.out) as { same: boolean }).same, false);
  assert.equal(run("--lock", "--locked").status, 2);
});

test("the list says state, data, power, runs and what came of each; tactics and filters narrow it", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.goto(`${server.url}/hunts`);
  const table = page.getByRole("region", { name: "hunts" });
  await table.getByText("Handles to LSASS").waitFor();
  const row = table.getByRole("row", { name: /Handles to LSASS/ });
  await row.getByText("20/20").waitFor();
  await row.getByText("changed").waitFor();
  assert.equal(await page.title().then((title) => /owned/.test(title)), false);
  await picture("list");
  await page.getByRole("button", { name: /Credential Access/ }).click();
  await table.getByText("Beacons in web traffic").waitFor({ state: "detached" });
  await table.getByText("Handles to LSASS").waitFor();
  await page.getByRole("button", { name: "All tactics" }).click();
  await page.getByLabel("Any outcome").selectOption("data gap");
  await table.getByText("Beacons in web traffic").waitFor();
  assert.match(page.url(), /outcome=data\+gap|outcome=data%20gap/);
  await page.getByRole("button", { name: "Clear filters" }).click();
  const summaries = await server.json<HuntSummary[]>("/api/hunts");
  assert.equal(summaries.find(({ name }) => name === "beacons")!.health, "missing");
});

test("a hunt starts from a technique or a gap in the data", { skip, timeout: 60_000 }, async () => {
  await page.goto(`${server.url}/hunts?new=1&technique=T1021.002`);
  const dialog = page.getByRole("dialog", { name: "New hunt" });
  assert.match(await dialog.getByLabel("Title").inputValue(), /SMB/);
  await picture("new");
  await page.goto(`${server.url}/hunts?new=1&gap=sysmon`);
  await eventually("the suggestion", async () =>
    (await dialog.getByLabel("Title").inputValue()) === "What sysmon does not show" ? true : null,
  );
  await dialog.getByRole("button", { name: "Start hunting" }).click();
  await page.waitForURL(/\/notebooks\/what-sysmon-does-not-show/);
  const { html } = await server.json<NotebookFile>("/api/notebooks/what-sysmon-does-not-show");
  const hunt = huntOf(parseNotebook(html));
  assert.ok(hunt.ok);
  assert.deepEqual([hunt.value.origin, hunt.value.dataNeeds[0]?.dataset], ["gap:sysmon", "sysmon"]);
});

test("the pages have no fault that axe finds, and nothing wider than the window", {
  skip,
  timeout: 90_000,
}, async () => {
  const findings = await walkPages(page, { origin: server.url, paths: ["/hunts", "/hunts?new=1", "/today"] });
  assert.deepEqual(findings, []);
  await open();
  for (const title of ["Data needed", "Power", "Owner and hours", "Runs and lock"]) await part(title);
  await page.locator(".hunt-runs li").first().waitFor();
  const axe = readFileSync(join(ROOT, "node_modules", "axe-core", "axe.min.js"), "utf8");
  const faults = await page.evaluate(async (source) => {
    type Axe = { run(root: Element): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    const loaded = new Function(`${source}; return axe;`)() as Axe;
    const { violations } = await loaded.run(document.querySelector("spoor-hunt-panel")!);
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`,
    );
  }, axe);
  assert.deepEqual(faults, []);
});
