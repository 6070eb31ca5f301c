import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Forecast } from "../../../promote/records/records.ts";
import type { AlertSummary, ForecastsPage, Job, QueryJson } from "../../../server/api/api.ts";
import { openEntityWorkspace, sourceYaml } from "../entity/entity-workspace.ts";
import { OWNERS_YAML, promoteToPaging, ruleFiles } from "../paging-rule.ts";
import type { RunningServer } from "../running-server.ts";

const DAY_MS = 86_400_000;
const NOVEMBER = Date.UTC(2026, 10, 24, 12);
const NAME = "credentials-from-memory";

function event(ms: number, user: string, marked: boolean): object {
  return {
    ...{ UtcTime: new Date(ms).toISOString(), Computer: "ws-01.example", User: user },
    ...{ Image: "C:\\cmd.exe", CommandLine: marked ? `cmd /c read-credentials ${user}` : "cmd /c dir" },
  };
}

const MODEL = `scenarios:
  - id: theft
    frequency: { gamma: [2, 10] }
    magnitude: [1000, 9000]
    steps: [{ name: copy, techniques: { T1003.001: 1 } }]
sources:
  - id: sysmon
    costUsdPerYear: 100
    coverage: { theft: { interval: [0.6, 0.9], origin: elicited, date: 2026-10-01 } }
detections:
  - { id: ${NAME}, requires: [sysmon], targets: [T1003.001] }
`;

test("forecasts are written down before the month, the tests and the inventory, and resolved after", {
  timeout: 120_000,
}, async () => {
  let nowMs = NOVEMBER;
  const workspace = await openEntityWorkspace(() => nowMs);
  const { spoor, json } = workspace;
  try {
    const post = <T>(path: string, body: unknown) =>
      json<T>(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const job = async <T>(path: string, body: unknown): Promise<T> => {
      let now = await post<Job>(path, body);
      while (now.state === "running") {
        await new Promise((resolve) => setTimeout(resolve, 20));
        now = await json<Job>(`/api/jobs/${now.id}`);
      }
      assert.equal(now.state, "succeeded", JSON.stringify(now.error));
      return now.result as T;
    };
    writeFileSync(spoor.layout.owners, OWNERS_YAML);
    mkdirSync(spoor.layout.risk, { recursive: true });
    writeFileSync(join(spoor.layout.risk, "model.yaml"), MODEL);
    const past = Array.from({ length: 300 }, (_, i) =>
      event(NOVEMBER - 30 * DAY_MS + i * 8_000_000, `user-${i}`, i % 10 === 3),
    );
    const source = sourceYaml("sysmon", "UtcTime", "host Computer", "user User");
    await workspace.load("sysmon", source, past);
    await promoteToPaging(
      { json, post, job } as unknown as RunningServer,
      NAME,
      ruleFiles({
        name: NAME,
        sql: `select _time, Computer, "User", CommandLine from sysmon where CommandLine like '%read-credentials%'`,
        run: "run: { mode: batch, cron: '*/10 * * * *', zone: UTC, reason: a test }",
        tests: {
          "match-marker.ndjson": JSON.stringify(event(NOVEMBER, "ann", true)),
          "no-match-dir.ndjson": JSON.stringify(event(NOVEMBER, "ann", false)),
        },
      }),
    );
    const forecasts = (subject: string): Forecast[] => spoor.store.forecasts({ subject });
    const outcomeOf = (id: string) =>
      spoor.store.resolutions().find(({ forecastId }) => forecastId === id)?.outcome ?? null;

    // The tests ran for the gate; what was expected of them was written down before, once.
    const [tested, ...others] = forecasts(`tests:${NAME}`);
    assert.deepEqual(others, []);
    assert.equal(tested!.value, 0.8);
    assert.equal(outcomeOf(tested!.id), 1);

    await spoor.forecasts.turn();
    const before = spoor.store.forecasts({}).length;
    nowMs += 60_000;
    await spoor.forecasts.turn();
    await spoor.forecasts.turn();
    assert.equal(spoor.store.forecasts({}).length, before);
    const [december] = forecasts(`volume:${NAME}`);
    assert.match(december!.statement, /2026-12/);
    assert.deepEqual(december!.sources, ["sysmon"]);
    assert.ok(Number(december!.value) > 20 && Number(december!.value) < 45, String(december!.value));
    const [minutes] = forecasts(`minutes:${NAME}`);
    assert.equal(minutes!.unit, "minutes");
    const [coverage] = forecasts("coverage:sysmon/theft");
    assert.equal(coverage!.kind, "interval");
    const [p] = forecasts(`p:${NAME}`);
    assert.equal(outcomeOf(p!.id), null);

    // An inventory: 45 of 50 hosts. Later intervals of the same number come too late to be scored.
    spoor.risk.observe(
      { input: "coverage:sysmon", hits: 45, trials: 50, trial: "hosts", hunt: "", note: "" },
      "ann",
    );
    nowMs += 60_000;
    await spoor.forecasts.turn();
    assert.equal(outcomeOf(coverage!.id), 0.9);
    assert.equal(forecasts("coverage:sysmon/theft").length, 1);

    // A trial of a fortnight ago that is entered now was no secret when the number was forecast: late, unscored.
    appendFileSync(
      join(spoor.layout.risk, "measured.yaml"),
      `- { input: "p:${NAME}", observed: [3, 4], trial: red team, date: 2026-11-10, author: ann }\n`,
    );
    await spoor.forecasts.turn();
    assert.equal(outcomeOf(p!.id), 0.75);
    const states = (await json<ForecastsPage>("/api/forecasts")).forecasts;
    assert.equal(states.find(({ id }) => id === p!.id)!.state, "late");
    assert.equal(states.find(({ id }) => id === coverage!.id)!.state, "scored");

    // December: events come, an alert is decided.
    nowMs = Date.UTC(2026, 11, 20);
    const december20 = Array.from({ length: 40 }, (_, i) =>
      event(Date.UTC(2026, 11, 2) + i * 10_000_000, `late-${i}`, i % 2 === 0),
    );
    await workspace.load("sysmon", source, december20);
    await job(`/api/rules/${NAME}/run`, {});
    spoor.store.putOutcome({
      ...{ alertId: "a", rule: NAME, ruleVersion: december!.modelVersion!, kind: "false-positive" },
      ...{ actor: "sam", reason: "", minutes: 9, recordedMs: nowMs },
    });
    await spoor.forecasts.turn();
    assert.equal(outcomeOf(december!.id), null, "the month is not over");
    assert.equal(forecasts(`volume:${NAME}`).length, 2, "January is forecast in December");

    nowMs = Date.UTC(2027, 0, 1, 12);
    await spoor.forecasts.turn();
    assert.equal(outcomeOf(december!.id), null, "late events may still come");
    assert.ok(Math.abs(outcomeOf(minutes!.id)! - 9) < 1e-9);
    nowMs = Date.UTC(2027, 0, 2, 0, 1);
    await spoor.forecasts.turn();
    assert.equal(outcomeOf(december!.id), 20);

    const page = await json<ForecastsPage>("/api/forecasts");
    const bySource = page.groups!.filter(({ by, name }) => by === "source" && name === "sysmon");
    assert.deepEqual(bySource.map(({ kind, n }) => [kind, n]).sort(), [
      ["count", 1],
      ["interval", 2],
    ]);
    assert.ok(bySource.find(({ kind }) => kind === "count")!.crps! >= 0);
    assert.equal(page.brier, null, "tests are no headline");
    const { rows } = await post<QueryJson>("/api/query", {
      sql: "select kind, low, high, count, rule, model_version, state, score from forecasts where subject like 'volume:%' order by _time",
      format: "json",
    });
    assert.deepEqual(
      rows.map(({ kind, rule, state, low }) => [kind, rule, state, low]),
      [
        ["count", NAME, "scored", null],
        ["count", NAME, "open", null],
        ["count", NAME, "open", null],
      ],
    );
    assert.ok(Math.abs(Number(rows[0]!.count) - Number(december!.value)) < 1e-9);
    assert.equal(typeof rows[0]!.score, "number");
    assert.equal((await json<AlertSummary[]>("/api/alerts?state=all")).length, 20);
  } finally {
    await workspace.close();
  }
});
