// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import { newCell } from "../../../notebooks/document/notebook.ts";
import { conclusionIssues } from "../../../notebooks/hunt/conclusion.ts";
import { currentIn } from "../../../notebooks/hunt/current-power.ts";
import { checkNeed, type DatasetFacts, worstHealth } from "../../../notebooks/hunt/data-health.ts";
import { ORDINARY } from "../../../notebooks/hunt/event-template.ts";
import { newFinding, newHunt, newPower } from "../../../notebooks/hunt/hunt-record.ts";
import { powerSentence } from "../../../notebooks/hunt/power-sentence.ts";
import { nextTurn, scheduleProblem, turnsBetween } from "../../../notebooks/hunt/schedule.ts";
import { startQuery } from "../../../notebooks/run/start-query.ts";

const FACTS: DatasetFacts = {
  name: "sysmon",
  source: "windows",
  columns: ["_time", "Image", "Computer"],
  rowCount: 10,
  firstTime: "2026-11-01T00:00:00.000000Z",
  lastTime: "2026-11-20T00:00:00.000000Z",
  sourceProblems: [],
  isRecorded: false,
};
const NEED = { dataset: "sysmon", columns: ["image"], why: "" };
const OPEN = { from: "", until: "" };

test("data is well, sick or missing, and why", () => {
  assert.equal(checkNeed(NEED, FACTS, OPEN).state, "well");
  assert.equal(checkNeed(NEED, FACTS, { from: "2026-11-02", until: "2026-11-19" }).state, "well");
  const early = checkNeed(NEED, FACTS, { from: "2026-10-01", until: "2026-12-01" });
  assert.equal(early.state, "sick");
  assert.equal(early.problems.length, 2);
  assert.equal(checkNeed(NEED, undefined, OPEN).state, "missing");
  assert.equal(checkNeed({ ...NEED, columns: ["Nothing"] }, FACTS, OPEN).state, "missing");
  assert.equal(checkNeed(NEED, { ...FACTS, rowCount: 0 }, OPEN).state, "missing");
  assert.equal(checkNeed(NEED, { ...FACTS, rowCount: 0, isRecorded: true }, OPEN).state, "well");
  assert.equal(checkNeed(NEED, { ...FACTS, sourceProblems: ["late"] }, OPEN).state, "sick");
  assert.equal(
    checkNeed(NEED, { ...FACTS, firstTime: null }, { from: "2026-11-02", until: "" }).state,
    "sick",
  );
  assert.equal(worstHealth([]), null);
  assert.equal(worstHealth([checkNeed(NEED, FACTS, OPEN), early]), "sick");
});

test("a conclusion is questioned where nothing carries it", () => {
  const finding = newFinding({
    id: "a",
    cell: 1,
    note: "",
    sql: "SELECT 1",
    parameters: {},
    rowCount: 1,
    complete: true,
    datasetVersions: {},
    engineVersion: "",
    dataHash: "",
    firstTime: null,
    lastTime: null,
    at: "",
    by: "",
  });
  const power = newPower({
    cell: 1,
    sql: "",
    injected: 20,
    found: 19,
    low: 0.76,
    high: 0.99,
    seed: 1,
    at: "2026",
    by: "",
    variants: [{ name: ORDINARY, injected: 20, found: 1, low: 0, high: 0.24 }],
  });
  const codes = (
    hunt: Parameters<typeof newHunt>[0],
    state: "confirmed" | "refuted" | "open",
    sick = false,
  ) =>
    conclusionIssues(newHunt(hunt), state, [checkNeed(NEED, sick ? undefined : FACTS, OPEN)]).map(
      ({ severity, code }) => `${severity} ${code}`,
    );
  assert.deepEqual(codes({}, "open"), []);
  assert.deepEqual(codes({}, "confirmed"), ["warning conclusion.evidence"]);
  assert.deepEqual(codes({ findings: [finding] }, "confirmed"), []);
  assert.deepEqual(codes({ findings: [{ ...finding, complete: false }] }, "confirmed"), [
    "error conclusion.incomplete",
  ]);
  assert.deepEqual(codes({}, "refuted"), ["warning conclusion.power"]);
  assert.deepEqual(codes({ powers: [power] }, "refuted"), []);
  assert.deepEqual(codes({ powers: [{ ...power, variants: [] }] }, "refuted"), [
    "warning conclusion.ordinary",
  ]);
  const blunt = { ...power, variants: [{ ...power.variants[0]!, found: 20, high: 1 }] };
  assert.deepEqual(codes({ powers: [blunt] }, "refuted"), ["error conclusion.blunt"]);
  assert.match(powerSentence(blunt), /20 of 20 ordinary events too: this claims nothing/);
  assert.deepEqual(
    conclusionIssues(newHunt({ powers: [power] }), "refuted", [], () => false).map(({ code }) => code),
    ["conclusion.power-stale"],
  );
  assert.deepEqual(codes({ powers: [{ ...power, complete: false }] }, "refuted"), [
    "error conclusion.power-incomplete",
  ]);
  assert.deepEqual(codes({ powers: [{ ...power, found: 5, low: 0.11 }] }, "refuted", true), [
    "warning conclusion.weak",
    "warning conclusion.data-missing",
  ]);
});

test("a measurement counts only while its cell asks the same query with the same values", () => {
  const power = (sql: string, parameters = {}) =>
    newPower({
      cell: 2,
      sql,
      parameters,
      injected: 1,
      found: 1,
      low: 0.2,
      high: 1,
      seed: 1,
      at: "2026",
      by: "",
    });
  const cells = (value: string) => ({
    cells: [newCell({ id: 1, value: "const n = 5" }), newCell({ id: 2, mode: "sql", value })],
  });
  const nobody = () => undefined;
  const plain = currentIn(cells("SELECT * FROM t WHERE a = 1"), nobody);
  assert.ok(plain(power("SELECT * FROM t WHERE a = 1")));
  assert.ok(!plain(power("SELECT * FROM t WHERE a = 2")));
  assert.ok(!plain({ ...power("SELECT * FROM t WHERE a = 1"), cell: 3 }));
  const text = "SELECT * FROM t WHERE a = ${n}";
  const measured = power("SELECT * FROM t WHERE a = $value_1", { value_1: 5 });
  const starting = currentIn(cells(text), (id) => startQuery(cells(text).cells, id));
  assert.ok(starting(measured), "the start value");
  assert.ok(!starting({ ...measured, parameters: { value_1: 6 } }));
  assert.ok(!starting(power("SELECT * FROM t WHERE a = $value_1 OR true", { value_1: 5 })));
  const asked = { sql: measured.sql, parameters: { value_1: 6 } };
  assert.ok(!currentIn(cells(text), () => asked)(measured), "the value that was asked last");
  assert.ok(currentIn(cells(text), () => ({ ...asked, sql: "SELECT 1" }))(measured), "asked before a change");
  const unknown = currentIn(cells("SELECT * FROM t WHERE a IN ${list.map(({ x }) => x + '}')}"), nobody);
  assert.ok(unknown(power("SELECT * FROM t WHERE a IN [$value_1, $value_2]", { value_1: 1, value_2: 2 })));
});

test("a schedule's turns lie in its zone; what is none is said", () => {
  const daily = { cron: "0 6 * * *", zone: "Europe/Berlin", paused: false };
  const [after, until] = [Date.parse("2026-11-20T00:00:00Z"), Date.parse("2026-11-22T12:00:00Z")];
  assert.deepEqual(
    turnsBetween(daily, after, until).map((ms) => new Date(ms).toISOString()),
    ["2026-11-20T05:00:00.000Z", "2026-11-21T05:00:00.000Z", "2026-11-22T05:00:00.000Z"],
  );
  assert.equal(nextTurn(daily, after), Date.parse("2026-11-20T05:00:00Z"));
  assert.equal(nextTurn({ ...daily, paused: true }, after), null);
  assert.equal(scheduleProblem(daily), null);
  assert.match(scheduleProblem({ cron: "* * * * * *", zone: "UTC" })!, /five fields/);
  assert.match(scheduleProblem({ cron: "61 * * * *", zone: "UTC" })!, /cannot be read/);
  assert.match(scheduleProblem({ cron: "0 6 * * *", zone: "Mars/Olympus" })!, /cannot be read/);
  assert.deepEqual(turnsBetween({ ...daily, cron: "nonsense" }, after, until), []);
});
