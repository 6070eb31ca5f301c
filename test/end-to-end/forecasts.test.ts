import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Forecast } from "../../promote/records/records.ts";
import type { ForecastsPage } from "../../server/api/api.ts";
import { Ledger } from "../../server/ledger/ledger.ts";
import { LedgerRecordStore } from "../../server/ledger/record-store.ts";
import { launchChromium, withoutChromium } from "../browser.ts";
import { startServer } from "../server/running-server.ts";
import { accessibilityIssues, picture } from "./notebook-workspace.ts";

const DAY_MS = 86_400_000;

/** Forty alerts of two rules with what they turned out to be, eight intervals of minutes, two months' counts, and three that are open. */
function pastForecasts(nowMs: number): { forecast: Forecast; outcome: number | null }[] {
  const made = (
    id: string,
    days: number,
    rest: Partial<Forecast> & Pick<Forecast, "kind" | "value" | "subject">,
  ) => ({
    id,
    statement: `${id}: will it be so?`,
    author: "spoor",
    createdMs: nowMs - days * DAY_MS,
    resolveByMs: nowMs - days * DAY_MS + 30 * DAY_MS,
    modelVersion: "1",
    ...rest,
  });
  const alerts = Array.from({ length: 40 }, (_, i) => {
    const said = [0.2, 0.4, 0.6, 0.8][i % 4]!;
    const rule = i % 2 === 0 ? "encoded-powershell" : "rare-upload";
    // Of ten at each level as many came true as were said, one less at 0.8.
    const outcome = Math.floor(i / 4) < said * 10 - (said === 0.8 ? 1 : 0) ? 1 : 0;
    return {
      forecast: made(`alert-${i}`, 60 - i, {
        kind: "binary",
        value: said,
        subject: `alert:a${i}`,
        rule,
        sources: ["sysmon"],
      }),
      outcome,
    };
  });
  const minutes = Array.from({ length: 8 }, (_, i) => ({
    forecast: made(`minutes-${i}`, 50 - i, {
      kind: "interval",
      value: [5, 25],
      unit: "minutes",
      subject: "rule:encoded-powershell",
    }),
    outcome: i === 3 ? 40 : 8 + i,
  }));
  const counts = [12, 31].map((outcome, i) => ({
    forecast: made(`count-${i}`, 70 - 30 * i, {
      kind: "count",
      value: 15,
      volume: { shape: 5, rate: 5 / (15 * 12.17), days: 30 },
      subject: "rule:rare-upload",
    }),
    outcome,
  }));
  const open = Array.from({ length: 3 }, (_, i) => ({
    forecast: made(`open-${i}`, i, {
      kind: "binary",
      value: 0.7,
      subject: `alert:o${i}`,
      rule: "rare-upload",
    }),
    outcome: null,
  }));
  return [...alerts, ...minutes, ...counts, ...open];
}

test("the forecasts page says how good we are once outcomes are known", {
  skip: withoutChromium,
  timeout: 90_000,
}, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-forecasts-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const workspace = join(folder, "workspace");
  const ledger = Ledger.open(join(workspace, ".spoor", "ledger.sqlite"));
  const store = new LedgerRecordStore(ledger);
  const nowMs = Date.now();
  for (const { forecast, outcome } of pastForecasts(nowMs)) {
    store.putForecast(forecast);
    if (outcome !== null)
      store.resolveForecast({ forecastId: forecast.id, outcome, resolvedMs: forecast.createdMs + DAY_MS });
  }
  ledger.close();
  const server = await startServer(workspace, ["--empty"]);
  context.after(() => server.kill());
  const figures = await server.json<ForecastsPage>("/api/forecasts");
  assert.equal(figures.open, 3);
  assert.equal(figures.resolved, 50);
  // Ten at each of 0.2, 0.4, 0.6, 0.8 with 2, 4, 6 and 7 that came true: 1.6 + 2.4 + 2.4 + 2.2.
  assert.ok(figures.brier !== null && Math.abs(figures.brier - 8.6 / 40) < 1e-9, String(figures.brier));
  const browser = await launchChromium();
  context.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(server.signIn);
  await page.goto(`${server.url}/forecasts`);
  await page.locator("main .skeleton").waitFor({ state: "detached" });
  await page.getByText("encoded-powershell").first().waitFor();
  await picture(page, "forecasts-resolved");
  assert.deepEqual(await accessibilityIssues(page), []);
});
