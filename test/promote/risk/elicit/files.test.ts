import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { ANSWER_FILE_HEAD, formatAnswer, parseAnswers } from "../../../../promote/risk/elicit/answer-file.ts";
import { elicitedInputs } from "../../../../promote/risk/elicit/elicited-input.ts";
import { type KeptAnswer, standingAnswers } from "../../../../promote/risk/elicit/kept-answer.ts";
import { withHitRate, withInterval } from "../../../../promote/risk/elicit/model-edit.ts";
import { parseRiskModel } from "../../../../promote/risk/model-file/model-file.ts";
import { COMPANY_MODEL } from "../company.ts";

const DEMO = readFileSync(
  join(import.meta.dirname, "..", "..", "..", "..", "server", "demo", "files", "risk", "model.yaml"),
  "utf8",
);
const POOLED = { cap: null, author: "dana, lee", date: "2026-11-24", source: "pool of 2 answers" };

test("answers survive their file, whatever people write", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          input: fc.constantFrom("frequency:a", "p:b"),
          person: fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => text.trim() === text),
          date: fc.constant("2026-11-24"),
          low: fc.double({ min: 1e-6, max: 1, noNaN: true, minExcluded: true }),
          high: fc.double({ min: 2, max: 1e9, noNaN: true }),
          cap: fc.option(fc.double({ min: 3, max: 1e9, noNaN: true })),
          note: fc.string({ unit: "grapheme" }),
        }),
        { maxLength: 4 },
      ),
      (answers: KeptAnswer[]) => {
        const parsed = parseAnswers(
          ANSWER_FILE_HEAD + answers.map(formatAnswer).join(""),
          "risk/elicited.yaml",
        );
        assert.ok(parsed.ok, JSON.stringify(parsed));
        assert.deepEqual(
          parsed.value,
          answers.map((answer) => ({ ...answer })),
        );
      },
    ),
  );
});

test("a wrong answer is named by its line", () => {
  const bad = `${ANSWER_FILE_HEAD}- { input: a, person: b, date: 2026-11-24, low: 1, high: 2 }\n- { input: a, person: b, date: soon, low: 3, high: 2, hihg: 1 }\n`;
  const parsed = parseAnswers(bad, "risk/elicited.yaml");
  assert.ok(!parsed.ok);
  assert.deepEqual([...new Set(parsed.issues.map(({ place }) => place))], ["risk/elicited.yaml:3"]);
  assert.equal(parsed.issues.length, 3);
});

test("a person's newer answer stands", () => {
  const answer = { input: "a", person: "dana", date: "2026-11-01", low: 1, high: 2, cap: null, note: "" };
  const newer = { ...answer, date: "2026-11-02", low: 3, high: 4 };
  const other = { ...answer, person: "lee" };
  assert.deepEqual(standingAnswers([answer, other, newer], "a"), [newer, other]);
});

for (const [name, yaml] of [
  ["the company's", COMPANY_MODEL],
  ["the demo's", DEMO],
] as const) {
  test(`every input of ${name} model can be written, and nothing else of the file changes`, () => {
    const before = parseRiskModel(yaml, "risk/model.yaml");
    assert.ok(before.ok);
    const kinds = Map.groupBy(elicitedInputs(before.value), ({ kind }) => kind);
    for (const input of [...kinds.values()].flatMap((all) => [all[0]!, all.at(-1)!])) {
      const given = input.shape === "probability" ? { low: 0.21, high: 0.61 } : { low: 3, high: 41 };
      const cap = input.kind === "severity" ? 900 : null;
      const edited = withInterval(yaml, "risk/model.yaml", input.name, { ...POOLED, ...given, cap });
      assert.ok(edited.ok, `${input.name} ${JSON.stringify(edited)}`);
      const after = parseRiskModel(edited.value, "risk/model.yaml");
      assert.ok(after.ok);
      const now = elicitedInputs(after.value).find((one) => one.name === input.name)!;
      assert.ok(Math.abs(now.current.low / given.low - 1) < 1e-3, input.name);
      assert.ok(Math.abs(now.current.high / given.high - 1) < 1e-3, input.name);
      assert.equal(now.current.cap, cap);
      assert.deepEqual(
        [now.current.origin, now.current.author, now.current.date, now.current.from],
        ["elicited", POOLED.author, POOLED.date, POOLED.source],
      );
      const others = (model: typeof after.value) =>
        elicitedInputs(model).filter((one) => one.name !== input.name);
      assert.deepEqual(others(after.value), others(before.value));
      const comments = (text: string) => text.split("\n").filter((line) => line.startsWith("#"));
      assert.deepEqual(comments(edited.value), comments(yaml));
      const changed = edited.value.split("\n").filter((line) => !yaml.split("\n").includes(line));
      assert.ok(changed.length <= 2, `${input.name}: ${changed.join("\n")}`);
    }
  });
}

test("a hit rate finds its place with and without settings; anchors are refused", () => {
  const set = withHitRate(DEMO, "risk/model.yaml", 0.72);
  assert.ok(set.ok);
  assert.equal(set.value, DEMO.replace("intervalHitRate: 0.8", "intervalHitRate: 0.72"));
  const company = withHitRate(COMPANY_MODEL, "risk/model.yaml", 0.72);
  assert.ok(company.ok);
  const parsed = parseRiskModel(company.value, "risk/model.yaml");
  assert.ok(parsed.ok && parsed.value.settings.intervalHitRate === 0.72);
  const without = COMPANY_MODEL.replace(/settings:[\s\S]*?scenarios:/, "scenarios:");
  const fresh = withHitRate(without, "risk/model.yaml", 0.6);
  assert.ok(fresh.ok);
  const anchored = DEMO.replace(
    /coverage:\n {6}ransomware: \{ beta/,
    "coverage:\n      ransomware: &inventory { beta",
  ).replace(/contract-theft: \{ beta: \[45.5, 4.5\][^}]*\}/, "contract-theft: *inventory");
  const refused = withInterval(anchored, "risk/model.yaml", "coverage:sysmon/ransomware", {
    ...POOLED,
    low: 0.2,
    high: 0.5,
  });
  assert.ok(!refused.ok && refused.issues[0]!.code === "risk.edit.anchor");
  const unknown = withInterval(DEMO, "risk/model.yaml", "p:nothing", { ...POOLED, low: 0.2, high: 0.5 });
  assert.ok(!unknown.ok && unknown.issues[0]!.remedy !== "");
});
