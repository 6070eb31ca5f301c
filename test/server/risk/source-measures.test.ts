import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RiskModel } from "../../../promote/risk/model.ts";
import { startServer } from "../running-server.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-source-measures-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const MODEL = `
settings: { analystUsdPerHour: 95 }
scenarios:
  - id: theft
    title: Theft
    frequency: { interval: [0.05, 0.5], origin: elicited, author: dana, date: 2026-10-01 }
    magnitude: { interval: [50000, 800000], origin: elicited, author: dana, date: 2026-10-01 }
    irCostUsd: 4000
    damage: [[0, 0], [10, 1]]
    responseDays: 0.25
    steps: [{ name: impact, days: 1, techniques: { T1490: 1 } }]
sources:
  - id: agents
    title: Agents
    status: onboarded
    costUsdPerYear: 1000
    coverage: { theft: { beta: [5, 5], origin: default, source: a guess } }
detections:
  - { id: none-yet, kind: rule, requires: [agents], targets: [T1490], p: { beta: [3, 7], origin: default, source: a guess }, h: 0.9, lagDays: 0.1, cadenceDays: 0, alertsPerYear: 4, triageMinutes: 12 }
`;

/** An event a minute of `hosts` in turn, from `fromMinute` to `untilMinute` of one day. */
function events(hosts: readonly string[], fromMinute: number, untilMinute: number): string {
  return Array.from({ length: untilMinute - fromMinute + 1 }, (_, at) => {
    const time = new Date(Date.UTC(2026, 9, 1) + (fromMinute + at) * 60_000).toISOString();
    return JSON.stringify({ time, host: hosts[at % hosts.length] });
  }).join("\n");
}

test("coverage comes from the inventory and blind time from silence, with their evidence", {
  timeout: 120_000,
}, async (context) => {
  const workspace = join(folder, "workspace");
  mkdirSync(join(workspace, "risk"), { recursive: true });
  writeFileSync(join(workspace, "risk", "model.yaml"), MODEL);
  mkdirSync(join(workspace, "sources", "agents"), { recursive: true });
  writeFileSync(
    join(workspace, "sources", "agents", "source.yaml"),
    `name: agents
owner: it
time: { fields: [time], format: iso, zone: UTC }
entities: [{ kind: host, field: host }]
inventory: { dataset: machines, column: name }
health: { maximumSilenceMs: 600000 }
`,
  );
  const server = await startServer(workspace, ["--empty"]);
  context.after(() => server.kill());
  await server.upload(
    "machines",
    ["web-1", "web-2", "WEB-3", "db-1"].map((name) => JSON.stringify({ name })).join("\n"),
  );
  // Silent from minute 60 to minute 160: 90 minutes more than the ten that are allowed, of 200.
  const lines = [
    events(["web-1.corp.example", "WEB-2", "web-3", "laptop-9"], 0, 60),
    events(["web-1"], 160, 200),
  ];
  await server.upload("agents", lines.join("\n"));
  const model = await server.json<RiskModel>("/api/risk/model");
  const coverage = model.sources.find(({ id }) => id === "agents")!.coverage.theft!;
  assert.equal(coverage.origin, "measured");
  assert.match(coverage.source ?? "", /3 of 4 hosts sent data; 55% of the time it sent data/);
  assert.equal(coverage.distribution.kind, "beta");
  const { a, b } = coverage.distribution as { a: number; b: number };
  // Beta(5, 5) with 3 of 4 is 8 of 14; of it 55 % of the time.
  assert.ok(Math.abs(a / (a + b) - (8 / 14) * 0.55) < 1e-9, `${a} ${b}`);
});
