import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ADS_SECTIONS, emptySections, isEmptySection } from "../../../promote/ads/ads.ts";
import { categorized } from "../../../promote/ads/categorization.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { renderAds } from "../../../promote/ads/render.ts";
import { adsTemplate } from "../../../promote/ads/template.ts";

function parsed(markdown: string) {
  const result = parseAds(markdown, "ADS.md");
  assert.ok(result.ok);
  return result.value;
}

const line = fc.oneof(
  fc.constantFrom(
    ...ADS_SECTIONS.map(({ title }) => `## ${title}`),
    "# Goal",
    "# Title",
    "## Other",
    "### Goal",
    "### deeper",
    "#",
    "##",
    "## ##",
    "###### six",
    "# 3. RESPONSE:",
    "```",
    "````",
    "~~~",
    "<!--",
    "-->",
    "<!-- x -->",
    "<!-->",
    "===",
    "---",
    "- item",
    "> quote",
    "    code",
    "",
    "  ",
  ),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const markdown = fc.array(line, { maxLength: 40 }).map((lines) => lines.join("\n"));

test("any markdown parses, and parsing what was rendered gives the same strategy", () => {
  fc.assert(
    fc.property(markdown, (text) => {
      const ads = parsed(text);
      assert.deepEqual(parsed(renderAds(ads)), ads);
    }),
    { numRuns: 4_000 },
  );
});

test("no words are lost between markdown and what is rendered from it", () => {
  const word = fc.stringMatching(/^[a-z]{3,9}$/);
  const prose = fc.array(fc.oneof(word, fc.constantFrom("## Goal", "# Response", "### x", "```", "")), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(prose, (lines) => {
      const rendered = renderAds(parsed(lines.join("\n"))).split("\n");
      for (const each of lines.filter((text) => /^[a-z]/.test(text)))
        assert.ok(rendered.includes(each), each);
    }),
  );
});

test("headings of published strategies open the sections, at any level", () => {
  const text = [
    "# Goal",
    "Detect.",
    "",
    "# Categorization",
    "These attempts are categorized as [Credential Access / Account Manipulation](https://attack.mitre.org/wiki/Technique/T1098).",
    "# Strategy Abstract",
    "s",
    "# Technical Context",
    "## Inner",
    "t",
    "# Blind spots & assumptions",
    "b",
    "# FALSE POSITIVES",
    "f",
    "# Validation:",
    "```",
    "# Goal",
    "echo",
    "```",
    "# 8. Priority",
    "p",
    "# Response",
    "r",
    "# Additional Resources",
    "[x](https://example.org)",
  ].join("\r\n");
  const ads = parsed(text);
  assert.deepEqual(emptySections(ads), []);
  assert.equal(ads.sections.technicalContext, "### Inner\nt");
  assert.equal(ads.sections.validation, "```\n# Goal\necho\n```");
  assert.deepEqual(categorized(ads.sections.categorization), [
    { tactic: "Credential Access", technique: "T1098" },
  ]);
});

test("a template, prompts, comments and placeholders are empty; words are not", () => {
  assert.equal(emptySections(parsed(renderAds(adsTemplate("T")))).length, 10);
  for (const body of [
    "",
    " \n\t",
    "<!-- x\ny -->",
    "<!-- open",
    "> Prompt: what?",
    "TODO",
    "- tbd.",
    "### head",
    "_none_",
    "…",
    "***",
    "&",
  ]) {
    if (body !== "&") assert.ok(isEmptySection(body), body);
  }
  for (const body of [
    "Reset the password.",
    "> Prompt: what?\n\nAn answer.",
    "none of the hosts",
    "<!-- a --> text",
  ])
    assert.ok(!isEmptySection(body), body);
});

test("a text that is too large is an issue", () => {
  assert.equal(parseAds("x".repeat(1_000_001), "ADS.md").ok, false);
});
