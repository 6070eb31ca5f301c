import assert from "node:assert/strict";
import { test } from "node:test";
import { planIncidentImport } from "../../../promote/risk/incident-import.ts";
import { parseRiskModel } from "../../../promote/risk/model-file/model-file.ts";
import { type CsvRecord, planRiskquantImport } from "../../../promote/risk/riskquant-import.ts";

const MODEL = `# Written in a workshop.
settings:
  kappa: 0.5   # how alike
scenarios:
  - id: theft            # the one we had
    frequency: 0.2
    magnitude: { interval: [1000, 9000] }
    steps: [{ name: copy, techniques: { T1: 1 } }]
sources:
  - { id: sysmon, coverage: { theft: 0.8 } }  # onboarded
`;

function records(...rows: readonly string[]): CsvRecord[] {
  return rows.map((row, i) => ({ line: i + 1, cells: row.split(",") }));
}

function plan(yaml: string | null, rows: readonly CsvRecord[], sources: readonly string[] = []) {
  return planRiskquantImport({
    ...{ records: rows, file: "losses.csv", yaml, sources, author: "dana", date: "2026-11-24" },
  });
}

const ROWS = records("theft,Stolen plans,0.1,20000,300000", "QUAKE 1,Earthquake,0.01,1000000,10000000");

test("riskquant rows become scenarios: ids safe and free, nothing else of the file changes", () => {
  const planned = plan(MODEL, ROWS);
  assert.ok(planned.ok, JSON.stringify(planned.issues));
  const { scenarios, yaml, totalUsd, added } = planned.value;
  assert.deepEqual(
    scenarios.map(({ id, state, line }) => [id, state, line]),
    [
      ["QUAKE-1", "new", 2],
      ["theft-2", "new", 1],
    ],
  );
  assert.ok(scenarios[0]!.lossUsd > scenarios[1]!.lossUsd);
  assert.ok(Math.abs(totalUsd - scenarios[0]!.lossUsd - scenarios[1]!.lossUsd) < 1e-6);
  const at = MODEL.indexOf("sources:");
  assert.ok(yaml.startsWith(MODEL.slice(0, at)) && yaml.endsWith(MODEL.slice(at)), yaml);
  assert.ok(added.includes("imported from riskquant, losses.csv line 2"));
  const model = parseRiskModel(yaml, "risk/model.yaml");
  assert.ok(model.ok);
  assert.deepEqual(
    model.value.scenarios.map(({ id }) => id),
    ["theft", "theft-2", "QUAKE-1"],
  );
  assert.equal(model.value.scenarios[2]!.frequency.author, "dana");

  // The same file again adds nothing and leaves every byte.
  const again = plan(yaml, ROWS);
  assert.ok(again.ok);
  assert.deepEqual(new Set(again.value.scenarios.map(({ state }) => state)), new Set(["known"]));
  assert.equal(again.value.yaml, yaml);
  assert.equal(again.value.added, "");
});

test("a list in one line is taken too, and without a model one begins with the workspace's sources", () => {
  const flow = plan(
    MODEL.replace(
      /scenarios:[\s\S]*?\nsources/,
      "scenarios: [{ id: theft, frequency: 0.2, magnitude: [1000, 9000], steps: [{ name: copy, techniques: { T1: 1 } }] }]\nsources",
    ),
    ROWS,
  );
  assert.ok(flow.ok, JSON.stringify(flow.issues));
  assert.ok(flow.value.yaml.includes("# how alike") && flow.value.yaml.includes("# onboarded"));
  const fresh = plan(null, ROWS, ["sysmon", "zeek"]);
  assert.ok(fresh.ok, JSON.stringify(fresh.issues));
  const model = parseRiskModel(fresh.value.yaml, "risk/model.yaml");
  assert.ok(model.ok);
  assert.deepEqual(
    model.value.sources.map(({ id, status }) => [id, status]),
    [
      ["sysmon", "onboarded"],
      ["zeek", "onboarded"],
    ],
  );
  assert.equal(plan(null, ROWS).ok, false);
});

test("a head line is passed over; hostile names stay text; wrong rows refuse all and are named by line", () => {
  const named = plan(MODEL, [
    { line: 1, cells: ["identifier", "name", "probability", "low_loss", "high_loss"] },
    { line: 2, cells: ["../../x: {y}", 'a": [1]\n- id: evil # no', "1", "10", "20"] },
    { line: 4, cells: ["", "", "", "", ""] },
    { line: 5, cells: ["é".repeat(90), "", "2", "10", "20"] },
  ]);
  assert.ok(named.ok, JSON.stringify(named.issues));
  const ids = named.value.scenarios.map(({ id }) => id).sort();
  assert.deepEqual(ids, ["e".repeat(58), "x-y"]);
  const model = parseRiskModel(named.value.yaml, "m");
  assert.ok(model.ok);
  assert.equal(model.value.scenarios[1]!.title, 'a": [1]\n- id: evil # no');
  assert.equal(model.value.scenarios.length, 3);

  const wrong = plan(MODEL, records("a,A,0.1,10,5", "b,B,0.1,1,9", "c,C,often,1,2"));
  assert.equal(wrong.ok, false);
  assert.deepEqual(
    wrong.issues.map(({ place }) => place),
    ["losses.csv:1", "losses.csv:3"],
  );
  const wide = plan(MODEL, records("a,A,0.1,1,9000000"));
  assert.deepEqual(
    wide.issues.map(({ place, code }) => [place, code]),
    [["losses.csv:1", "risk.riskquant.wide"]],
  );
  assert.equal(plan(MODEL, []).ok, false);
});

const HEAD = "date,scenario,found_by,loss_usd,note";

function incidents(rows: readonly CsvRecord[], part: { text?: string; yaml?: string; since?: string } = {}) {
  return planIncidentImport({
    records: rows,
    file: "in.csv",
    existing:
      part.text === undefined ? null : { text: part.text, records: records(...part.text.trim().split("\n")) },
    yaml: part.yaml ?? MODEL,
    since: part.since ?? null,
    today: "2026-11-24",
  });
}

test("incidents are appended in the file's own columns; what is there already is skipped", () => {
  const text = `scenario,date,found_by,loss_usd,note\ntheft,2025-01-02,other,500,first\n`;
  const rows = records(
    HEAD,
    "2025-01-02,theft,other,500,first",
    "2025-03-04,theft,detection,,second",
    "2025-03-04,theft,detection,,second",
  );
  const planned = incidents(rows, { text, since: "2025-02-01" });
  assert.ok(planned.ok, JSON.stringify(planned.issues));
  assert.deepEqual(
    planned.value.incidents.map(({ line, state }) => [line, state]),
    [
      [2, "known"],
      [3, "new"],
      [4, "known"],
    ],
  );
  assert.equal(planned.value.csv, `${text}theft,2025-03-04,detection,,second\n`);
  assert.equal(planned.value.yaml, MODEL.replace("settings:\n", "settings:\n  incidentsSince: 2025-02-01\n"));
  const early = incidents(rows, { text, since: "2025-06-01" });
  assert.deepEqual(
    early.issues.map(({ severity, place }) => [severity, place]),
    [["warning", "in.csv:3"]],
  );
});

test("the day since when the list is whole is asked for once, and never changed in passing", () => {
  const rows = records(HEAD, "2025-03-04,theft,other,10,x");
  const asked = incidents(rows);
  assert.ok(asked.ok);
  assert.equal(asked.value.since, null);
  assert.equal(asked.value.yaml, MODEL);
  const declared = MODEL.replace("settings:\n", "settings:\n  incidentsSince: 2024-01-01\n");
  const known = incidents(rows, { yaml: declared });
  assert.ok(known.ok);
  assert.equal(known.value.since, "2024-01-01");
  assert.equal(known.value.yaml, declared);
  assert.equal(incidents(rows, { yaml: declared, since: "2023-01-01" }).ok, false);
  assert.equal(incidents(rows, { since: "2027-01-01" }).ok, false);
  const bare = incidents(rows, { yaml: MODEL.replace(/settings:\n.*\n/, ""), since: "2024-01-01" });
  assert.ok(bare.ok);
  const model = parseRiskModel(bare.value.yaml, "m");
  assert.ok(model.ok && model.value.settings.incidentsSince === "2024-01-01");
});

test("rows with a line break in a note are named by the line of the file; a missing column refuses", () => {
  const planned = incidents(
    [
      { line: 1, cells: HEAD.split(",") },
      { line: 2, cells: ["2025-03-04", "theft", "other", "10", 'two\nlines, "quoted"'] },
      { line: 4, cells: ["2025-03-05", "nothing", "other", "10", ""] },
    ],
    { since: "2024-01-01" },
  );
  assert.equal(planned.ok, false);
  assert.deepEqual(
    planned.issues.map(({ place }) => place),
    ["in.csv:4"],
  );
  const narrow = incidents(records(HEAD, "2025-03-04,theft,other,10,x"), {
    ...{ text: "date,scenario,found_by\n", since: "2024-01-01" },
  });
  assert.deepEqual(
    narrow.issues.map(({ code }) => code),
    ["risk.incidents.column"],
  );
});
