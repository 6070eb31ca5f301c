import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  parseAdditionalResources,
  renderAdditionalResources,
} from "../../../promote/ads/additional-resources.ts";
import { ADS_SECTIONS } from "../../../promote/ads/ads.ts";
import { type BlindSpotCheck, parseBlindSpots, renderBlindSpots } from "../../../promote/ads/blind-spots.ts";
import { parseCategorization, renderCategorization } from "../../../promote/ads/categorization.ts";
import { parseFalsePositives, renderFalsePositives } from "../../../promote/ads/false-positives.ts";
import { generatedFrom } from "../../../promote/ads/generated-block.ts";
import { parseGoal, renderGoal } from "../../../promote/ads/goal.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { parsePriority, renderPriority } from "../../../promote/ads/priority.ts";
import { renderAds } from "../../../promote/ads/render.ts";
import { parseResponse, renderResponse } from "../../../promote/ads/response.ts";
import { parseStrategy, renderStrategy } from "../../../promote/ads/strategy.ts";
import { parseTechnicalContext, renderTechnicalContext } from "../../../promote/ads/technical-context.ts";
import { adsTemplate } from "../../../promote/ads/template.ts";
import { parseValidation, renderValidation } from "../../../promote/ads/validation.ts";

/** Each section's reader and writer, by its name. */
const SECTIONS: Readonly<
  Record<
    (typeof ADS_SECTIONS)[number]["name"],
    { readonly parse: (body: string) => unknown; readonly render: (value: never) => string }
  >
> = {
  goal: { parse: parseGoal, render: renderGoal },
  categorization: { parse: parseCategorization, render: renderCategorization },
  strategyAbstract: { parse: parseStrategy, render: renderStrategy },
  technicalContext: { parse: parseTechnicalContext, render: renderTechnicalContext },
  blindSpots: { parse: parseBlindSpots, render: renderBlindSpots },
  falsePositives: { parse: parseFalsePositives, render: renderFalsePositives },
  validation: { parse: parseValidation, render: renderValidation },
  priority: { parse: parsePriority, render: renderPriority },
  response: { parse: parseResponse, render: renderResponse },
  additionalResources: { parse: parseAdditionalResources, render: renderAdditionalResources },
};

const word = fc.stringMatching(/^[a-z]{3,9}$/);
const line = fc.oneof(
  word,
  word.map((text) => `  ${text}`),
  word.map((text) => `- ${text}`),
  word.map((text) => `1. ${text}`),
  word.map((text) => `  - ${text}`),
  word.map((text) => `    ${text}`),
  fc.constantFrom(
    ...["", "", "```", "~~~", "<!-- x", "-->", "***", "* * *", "-", "> quoted", "### deeper", "| a | b |"],
    ...["- **Actor:** somebody", "- Asset: keys", "- **Behaviour**: copies", "- **Actor:** twice"],
    ...[
      "- Credential Access / T1003.001 LSASS",
      "- Nothing / T1",
      "- `host` (host): The machine.",
      "- `x` -",
    ],
    ...[
      "  - Check: source `zeek` is well",
      "  - Check: `select 1` gives no row",
      "  - Check: the query gives rows",
    ],
    ...["    ```sql", "    select 1", "    ```", "  - Untestable, owner: `kim`", "  - Predicate: `a = 'b'`"],
    ...[
      "- None known: looked at all",
      "- **Mutation score:** at least 0.8",
      "- **Mutation score:** at least 80 %, because so",
    ],
    ...[
      "- Mutant `m1` means the same: order",
      "- **Priority:** high",
      "- **Reason:** it is so",
      "- [a](https://b.example/)",
    ],
    ...[
      "<!-- generated from the rule, 0123456789abcdef: x -->",
      "<!-- end of what is generated from the rule -->",
    ],
    ...[
      "<!-- generated from the plan, 0123456789abcdef: x -->",
      "<!-- end of what is generated from the plan -->",
    ],
  ),
  fc.string({ maxLength: 14 }),
);
const body = fc.array(line, { maxLength: 22 }).map((lines) => lines.join("\n"));

for (const { name, title } of ADS_SECTIONS) {
  const { parse, render } = SECTIONS[name];
  test(`${title}: reading what was written gives the same, and every word is kept`, () => {
    fc.assert(
      fc.property(body, (text) => {
        const value = parse(text);
        const written = render(value as never);
        assert.deepEqual(parse(written), value);
        const kept = new Set(written.match(/[a-z]{3,}/g) ?? []);
        for (const each of text.match(/[a-z]{3,}/g) ?? [])
          assert.ok(kept.has(each), `${each} of\n${text}\n--\n${written}`);
        // The section is safe among the others too.
        const template = adsTemplate("T");
        const ads = { ...template, sections: { ...template.sections, [name]: written } };
        const read = parseAds(renderAds(ads), "ADS.md");
        assert.ok(read.ok);
        for (const other of ADS_SECTIONS.filter((each) => each.name !== name))
          assert.equal(read.value.sections[other.name], template.sections[other.name]);
      }),
      { numRuns: 1_200 },
    );
  });
}

const text = fc
  .array(fc.oneof(word, fc.constantFrom("is", "10 %", "`code`", "*", "|", "<b>", "#1", "a_b", "ü", "日本")), {
    minLength: 1,
    maxLength: 6,
  })
  .map((words) => `w ${words.join(" ")}`);
const name = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_.$ -]{0,12}[A-Za-z0-9]$/)
  .map((each) => each.replaceAll(/ +/g, " "));
const sql = fc.oneof(
  word.map((each) => `select ${each} from t where a = '\`x\`'`),
  fc
    .array(word, { minLength: 2, maxLength: 4 })
    .map((lines) => `select\n  ${lines.join(",\n  ")} -- why\nfrom t\n\nwhere b > 1`),
);
const number = fc
  .oneof(fc.integer({ min: -5, max: 1_000_000 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((each) => (Object.is(each, -0) ? 0 : each));
/** Plain objects, as readers give them. */
const record = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record(model, { noNullPrototype: true });
const check: fc.Arbitrary<BlindSpotCheck | null> = fc.oneof(
  fc.constant(null),
  record({
    kind: fc.constant("sql" as const),
    sql,
    expects: fc.constantFrom("no-row" as const, "rows" as const),
  }),
  record({ kind: fc.constant("sql-number" as const), sql, minimum: number, maximum: number }),
  record({ kind: fc.constant("sql-number" as const), sql, minimum: number, maximum: fc.constant(null) }),
  record({ kind: fc.constant("sql-number" as const), sql, minimum: fc.constant(null), maximum: number }),
  record({ kind: fc.constant("source-well" as const), source: name }),
  record({
    kind: fc.constant("field-filled" as const),
    dataset: name,
    field: name,
    share: fc.integer({ min: 1, max: 1000 }).map((thousandths) => thousandths / 1000),
  }),
  record({ kind: fc.constant("untestable" as const), owner: name }),
);
const marker = fc.constantFrom("-", "1.", "12)");
const items = <T>(item: fc.Arbitrary<T>) =>
  fc.array(
    item.map((each) => ({ kind: "item" as const, item: each })),
    { maxLength: 5 },
  );

test("typed values survive being written and read", () => {
  fc.assert(
    fc.property(
      record({ actor: text, behaviour: text, asset: text, prose: text }),
      items(record({ marker, statement: text, check, note: fc.constantFrom("", "- more", "A note.") })),
      items(
        record({
          marker,
          statement: text,
          sql: fc.option(sql.map((each) => `(${each})`)),
          note: fc.constantFrom("", "- more"),
        }),
      ),
      items(
        record({
          column: name,
          kind: fc.constantFrom("", "host", "time"),
          explanation: fc.oneof(fc.constant(""), text),
        }),
      ),
      record({
        minimumScore: fc.option(
          fc.double({ min: 0, max: 1, noNaN: true }).map((score) => Math.round(score * 1000) / 1000),
        ),
        because: fc.constant(""),
        equivalents: fc.array(record({ mutant: name, reason: text }), { maxLength: 3 }),
        prose: text,
      }),
      record({ level: word, reason: text, prose: text }),
      record({
        before: text,
        generated: fc.option(text.map((each) => generatedFrom(["v"], each))),
        after: fc.constant(""),
      }),
      (goal, spots, falsePositives, context, validation, priority, strategy) => {
        assert.deepEqual(parseGoal(renderGoal(goal)), goal);
        assert.deepEqual(parseBlindSpots(renderBlindSpots(spots)), spots);
        assert.deepEqual(parseFalsePositives(renderFalsePositives(falsePositives)), falsePositives);
        assert.deepEqual(parseTechnicalContext(renderTechnicalContext(context)), context);
        assert.deepEqual(parseValidation(renderValidation(validation)), validation);
        assert.deepEqual(parsePriority(renderPriority(priority)), priority);
        assert.deepEqual(parseStrategy(renderStrategy(strategy)), strategy);
        assert.deepEqual(parseResponse(renderResponse(strategy)), strategy);
      },
    ),
    { numRuns: 600 },
  );
});
