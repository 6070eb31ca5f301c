import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launchChromium, withoutChromium } from "../browser.ts";
import { eventually } from "../server/running-server.ts";
import { accessibilityIssues, NotebookWorkspace, picture, shownCells } from "./notebook-workspace.ts";

const skip = withoutChromium;
const timeout = 45_000;
let workspace: NotebookWorkspace;
let browser: Browser;
let ada: Page;
let bob: Page;

before(
  async () => {
    if (withoutChromium) return;
    workspace = await NotebookWorkspace.start();
    browser = await launchChromium();
    [ada, bob] = await Promise.all([person(), person()]);
    // A link opens once: who is signed in shares the cookie with the second window.
    await ada.goto(workspace.server.signIn);
    await bob.context().addCookies(await ada.context().cookies());
  },
  { timeout: 60_000 },
);

after(async () => {
  await browser?.close();
  await workspace?.stop();
});

async function person(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
  const page = await context.newPage();
  page.setDefaultTimeout(12_000);
  return page;
}

async function openBoth(name: string): Promise<void> {
  await Promise.all([workspace.open(ada, name), workspace.open(bob, name)]);
}

const text = (page: Page, id: number) => page.locator(`spoor-notebook-cell[data-cell="${id}"] .cm-content`);

/** Types at the end of a cell. */
async function typeInto(page: Page, id: number, words: string): Promise<void> {
  await text(page, id).click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type(words);
}

async function shows(page: Page, wanted: readonly string[]): Promise<void> {
  await eventually("the cells", async () =>
    JSON.stringify(await shownCells(page)) === JSON.stringify(wanted) ? true : null,
  ).catch(async () => assert.deepEqual(await shownCells(page), wanted));
}

const CELLS = [
  { id: 1, mode: "js" as const, value: "const one = 1" },
  { id: 2, mode: "js" as const, value: "const two = 2" },
  { id: 3, mode: "js" as const, value: "const three = 3" },
];

test("two who edit different cells see each other's saves without reloading", { skip, timeout }, async () => {
  const name = await workspace.add(CELLS);
  await openBoth(name);
  await ada.locator(".person").waitFor();
  await typeInto(ada, 1, " // by ada");
  await typeInto(bob, 3, " // by bob");
  const wanted = ["const one = 1 // by ada", "const two = 2", "const three = 3 // by bob"];
  await shows(ada, wanted);
  await shows(bob, wanted);
  await ada.locator("spoor-notebook-cell[data-cell='3'] .cell-people").waitFor();
  assert.deepEqual(await workspace.saved(name), wanted);
  assert.equal(await ada.locator(".cell-versions").count(), 0);

  // Both add, move and delete at once; the text that is being written goes on under the hands.
  await text(ada, 1).click();
  await ada.keyboard.press("Escape");
  await ada.keyboard.press("b");
  await ada.keyboard.type("const fromAda = 4");
  await text(bob, 3).click();
  await bob.keyboard.press("Escape");
  await bob.keyboard.press("b");
  await bob.keyboard.type("const fromBob = 5");
  const both = [wanted[0]!, "const fromAda = 4", wanted[1]!, wanted[2]!, "const fromBob = 5"];
  await shows(ada, both);
  await shows(bob, both);
  await bob.keyboard.type("0");
  both[4] = "const fromBob = 50";
  await shows(ada, both);
  assert.deepEqual(await workspace.saved(name), both);
});

test("two who write in one cell keep both texts, calmly, and one chooses later", {
  skip,
  timeout,
}, async () => {
  const name = await workspace.add(CELLS);
  await openBoth(name);
  // Nothing is exchanged until both have written.
  await Promise.all([ada, bob].map((page) => page.route("**/presence*", (route) => route.abort())));
  await typeInto(ada, 2, " + 20");
  await typeInto(bob, 2, " * 30");
  await bob.getByText("Saved", { exact: true }).waitFor();
  await ada.getByText("Saved", { exact: true }).waitFor();
  await Promise.all([ada, bob].map((page) => page.unroute("**/presence*")));
  const texts = ["const two = 2 + 20", "const two = 2 * 30"];
  for (const page of [ada, bob]) {
    await page.locator(".cell-versions").waitFor();
    const shown = await shownCells(page);
    assert.equal(shown.length, 4);
    for (const each of texts) assert.ok(shown.includes(each), each);
  }
  assert.equal((await workspace.saved(name)).length, 4);
  // Whoever was late goes on writing in the text that is theirs.
  const late = (await ada.locator(".notebook-toasts .notice").count()) > 0 ? ada : bob;
  await late.getByText("Both versions are kept").waitFor();
  await picture(late, "two-editors-versions");
  assert.deepEqual(await accessibilityIssues(late), []);
  await late.keyboard.type("0");
  await eventually("typing on", async () =>
    (await workspace.saved(name)).some((value) => /const two = 2 (\* 300|\+ 200)$/.test(value)) ? true : null,
  );
  assert.equal((await workspace.saved(name)).length, 4, "typing on makes no further copies");

  await late.locator(".cell-versions").getByRole("button", { name: "Compare" }).click();
  await late.locator("dialog.version-dialog .difference.changed").waitFor();
  await late.keyboard.press("Escape");
  await late.locator(".cell-versions").getByRole("button", { name: "Keep this one" }).click();
  for (const page of [ada, bob]) {
    await eventually("the choice", async () => ((await shownCells(page)).length === 3 ? true : null));
    assert.equal(await page.locator(".cell-versions").count(), 0);
  }
});

test("fifty quick saves from two windows lose none", { skip, timeout }, async () => {
  const name = await workspace.add(CELLS);
  await openBoth(name);
  const write = async (page: Page, id: number, who: string) => {
    await text(page, id).click();
    await page.keyboard.press("ControlOrMeta+End");
    for (let count = 0; count < 25; count += 1) {
      await page.keyboard.type(` /*${who}${count}*/`);
      await page.keyboard.press("ControlOrMeta+s");
    }
  };
  await Promise.all([write(ada, 1, "a"), write(bob, 3, "b")]);
  const all = (who: string) => Array.from({ length: 25 }, (_, count) => ` /*${who}${count}*/`).join("");
  const wanted = [`const one = 1${all("a")}`, "const two = 2", `const three = 3${all("b")}`];
  await shows(ada, wanted);
  await shows(bob, wanted);
  assert.deepEqual(await workspace.saved(name), wanted);
});

test("a window that is closed is no longer shown", { skip, timeout }, async () => {
  const name = await workspace.add(CELLS);
  await openBoth(name);
  await ada.locator(".person").waitFor();
  await bob.goto(`${workspace.server.url}/hunts`);
  await ada.locator(".person").waitFor({ state: "detached" });
});
