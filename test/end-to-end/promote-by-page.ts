import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { GateCheck, RuleDetail } from "../../server/api/api.ts";
import type { RunningServer } from "../server/running-server.ts";

const COMPUTED_MS = 60_000;

/** The Promote page of one rule, by what a person does there. */
export class PromoteByPage {
  readonly page: Page;
  readonly server: RunningServer;
  readonly rule: string;

  constructor(page: Page, server: RunningServer, rule: string) {
    this.page = page;
    this.server = server;
    this.rule = rule;
  }

  async goto(): Promise<void> {
    await this.page.goto(`${this.server.url}/rules/${this.rule}/promote`);
    await this.page.locator(".verdict").waitFor();
    await this.computed();
  }

  detail(): Promise<RuleDetail> {
    return this.server.json<RuleDetail>(`/api/rules/${this.rule}`);
  }

  async open(code: string): Promise<Locator> {
    await this.page.locator(`.gate-rail [data-check="${code}"]`).click();
    const pane = this.page.locator(`[data-pane="${code}"]`);
    await pane.waitFor();
    return pane;
  }

  /** Everything typed has reached the server. */
  async saved(): Promise<void> {
    await this.page.waitForTimeout(50);
    await this.page.locator(".verdict[data-files=saved]").waitFor({ timeout: COMPUTED_MS });
  }

  /** No job runs for the rule. */
  async computed(): Promise<void> {
    await this.page.waitForTimeout(150);
    await this.page.locator(".verdict[data-job=none]").waitFor({ timeout: COMPUTED_MS });
  }

  async checkEverything(): Promise<void> {
    await this.page.getByRole("button", { name: "Check everything" }).click();
    await this.computed();
  }

  async passes(...codes: readonly string[]): Promise<void> {
    await this.saved();
    for (const code of codes) {
      try {
        await this.page.locator(`.gate-rail [data-check="${code}"].passed`).waitFor({ timeout: 10_000 });
      } catch {
        const check = (await this.detail()).gate.checks.find((one) => one.code === code);
        assert.fail(`${code} does not pass: ${JSON.stringify(check)}`);
      }
    }
  }

  /** Asks for paging and gives the dialog, with its refusal when there is one. */
  async askToPage(reason: string): Promise<Locator> {
    await this.page.getByRole("button", { name: "Let it page" }).click();
    const dialog = this.page.locator("dialog[open]");
    await dialog.locator("textarea[name=reason]").fill(reason);
    return dialog;
  }

  async unfulfilled(): Promise<readonly GateCheck[]> {
    return (await this.detail()).gate.checks.filter(({ state }) => state !== "passed");
  }
}

export interface PromotionAnswers {
  readonly owner: string;
  readonly precisionPercent: number;
  readonly technique: string;
  readonly goal: { readonly actor: string; readonly behaviour: string; readonly asset: string };
  /** What each column of the result tells; others get `otherField`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly otherField: string;
  readonly background: string;
  readonly noneKnown: string;
  readonly steps: string;
  readonly priority: string;
  readonly priorityReason: string;
  /** Why it is needed beside a rule that finds the same. */
  readonly overlap: string;
}

/** Walks a draft through every check by clicks and fields alone, until nothing is open but the stage. */
export async function fulfilTheGate(gate: PromoteByPage, answers: PromotionAnswers): Promise<void> {
  const { page } = gate;

  let pane = await gate.open("owner");
  await pane.locator("select[name=owner]").selectOption(answers.owner);
  await gate.passes("owner");

  pane = await gate.open("forecast");
  await pane.getByRole("button", { name: /from the backtest/ }).click();
  await pane.locator("input[name=expectedPrecision]").fill(String(answers.precisionPercent));
  await pane.locator("input[name=expectedPrecision]").press("Tab");
  await gate.passes("forecast");

  pane = await gate.open("tests.match");
  await pane
    .getByRole("button", { name: /^Must match/ })
    .first()
    .click();
  await gate.passes("tests.match");
  pane = await gate.open("tests.no-match");
  await pane
    .getByRole("button", { name: /^An ordinary event/ })
    .first()
    .click();
  await gate.passes("tests.no-match");

  pane = await gate.open("plan");
  await pane.getByRole("button", { name: "Begin with the usual plan" }).click();
  await gate.passes("plan", "plan.options");

  pane = await gate.open("ads.goal");
  for (const [name, text] of Object.entries(answers.goal))
    await pane.locator(`input[name=${name}]`).fill(text);
  await gate.passes("ads.goal");

  pane = await gate.open("ads.categorization");
  // A hunt's techniques are there already; another is added beside them.
  const picker = pane.locator("spoor-technique-picker").getByRole("combobox");
  await picker.fill(answers.technique);
  await picker.press("Enter");
  await gate.passes("ads.categorization");

  pane = await gate.open("ads.strategy-abstract");
  if (await pane.locator("[data-generate]").isEnabled()) await pane.locator("[data-generate]").click();
  await gate.passes("ads.strategy-abstract");

  pane = await gate.open("ads.technical-context");
  await pane.locator("textarea[name=background]").fill(answers.background);
  for (const input of await pane.locator("input[data-field]").all()) {
    const column = (await input.getAttribute("data-field")) ?? "";
    if ((await input.inputValue()) === "") await input.fill(answers.fields[column] ?? answers.otherField);
  }
  await gate.passes("ads.technical-context");

  pane = await gate.open("ads.blind-spots");
  await pane.locator("button[data-proposed]").first().click();
  await gate.passes("ads.blind-spots");

  pane = await gate.open("ads.false-positives");
  await pane.locator("[data-none-known]").click();
  await pane.locator("input[name=statement]").fill(answers.noneKnown);
  await gate.passes("ads.false-positives");

  pane = await gate.open("ads.validation");
  await pane.locator("textarea[name=steps]").fill(answers.steps);
  await gate.passes("ads.validation");

  pane = await gate.open("ads.priority");
  await pane.locator(`input[name=priority][value=${answers.priority}]`).check();
  await pane.locator("input[name=reason]").fill(answers.priorityReason);
  await gate.passes("ads.priority");

  pane = await gate.open("ads.response");
  if (await pane.locator("[data-generate]").isEnabled()) await pane.locator("[data-generate]").click();
  await gate.passes("ads.response");

  pane = await gate.open("ads.additional-resources");
  if ((await pane.locator("button[data-proposed]").count()) > 0)
    await pane.locator("button[data-proposed]").first().click();
  await gate.passes("ads.additional-resources");

  await gate.checkEverything();
  pane = await gate.open("overlap");
  for (const input of await pane.locator("input[name=overlap]").all()) {
    await input.fill(answers.overlap);
    await input.press("Tab");
  }
  await gate.passes("overlap");
  await noticeEveryMutant(gate);
  await gate.checkEverything();
  await page
    .locator(".verdict", { hasText: "All" })
    .waitFor({ timeout: 20_000 })
    .catch(async () => {
      assert.fail(`still open: ${JSON.stringify(await gate.unfulfilled(), null, 1)}`);
    });
}

/** Adds the test that each surviving broken variant suggests, until the score is enough. */
async function noticeEveryMutant(gate: PromoteByPage): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    const check = (await gate.detail()).gate.checks.find(({ code }) => code === "mutation");
    if (check?.state === "passed") return;
    const pane = await gate.open("mutation");
    await pane
      .getByRole("button", { name: /^Add a test that notices/ })
      .first()
      .click();
    await gate.computed();
  }
}
