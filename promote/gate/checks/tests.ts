import { DEFAULT_MUTATION_SCORE, parseValidation } from "../../ads/validation.ts";
import type { GateInput } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, failed, passed, percent, waiting } from "./answer.ts";

const SHOWN_SURVIVORS = 4;

/** Events that must match and must not, and whether they would notice it if the SQL were broken. */
export function testChecks(input: GateInput): GateCheck[] {
  return [
    check("tests.match", "A test that must match passes", "tests", testAnswer(input, "match")),
    check("tests.no-match", "A test that must not match passes", "tests", testAnswer(input, "no-match")),
    check("mutation", "The tests notice when the query is broken", "tests", mutationAnswer(input)),
  ];
}

function testAnswer({ tests }: GateInput, expected: "match" | "no-match"): Answer {
  const file = `tests/${expected}-<what>.ndjson`;
  if (!tests) return waiting("The tests have not run.", "Run the tests.");
  const mine = tests.tests.filter((test) => test.expected === expected);
  if (mine.length === 0)
    return failed(
      "There is none.",
      `Add ${file} with events that must ${expected === "match" ? "" : "not "}match.`,
    );
  const broken = mine.filter((test) => !test.passed);
  if (broken.length > 0)
    return failed(
      broken.map(({ name, message }) => `${name}: ${message}`).join(" "),
      "Correct the rule or the test.",
    );
  return passed(`${mine.length} passed.`);
}

function mutationAnswer({ mutation, rule, ads, tests }: GateInput): Answer {
  if (!mutation)
    return waiting("The query has not been broken to see what the tests notice.", "Measure the tests.");
  if (rule && mutation.version !== rule.version)
    return waiting("The tests were measured with another version of the query.", "Measure the tests again.");
  if (mutation.mutants.length === 0) return passed("There is nothing in the query that could be broken.");
  const { minimumScore, equivalents } = parseValidation(ads?.sections.validation ?? "");
  const minimum = minimumScore ?? DEFAULT_MUTATION_SCORE;
  const same = new Set([...mutation.equivalent, ...equivalents.map(({ mutant }) => mutant)]);
  const counted = mutation.mutants.filter(({ id, caught }) => caught || !same.has(id));
  const survivors = counted.filter(({ caught }) => !caught);
  const score = counted.length === 0 ? 0 : (counted.length - survivors.length) / counted.length;
  const judged = mutation.mutants.filter(
    ({ id, caught }) =>
      !caught && equivalents.some(({ mutant }) => mutant === id) && !mutation.equivalent.includes(id),
  );
  const told = [
    `${counted.length - survivors.length} of ${counted.length} broken variants are caught (${percent(score)}); ${percent(minimum)} are asked for.`,
    ...(mutation.equivalent.length > 0
      ? [`${mutation.equivalent.length} found the same as the rule itself.`]
      : []),
    ...(judged.length > 0
      ? [`${judged.length} were judged to mean the same: ${judged.map(({ id }) => id).join(", ")}.`]
      : []),
    ...(survivors.length > 0
      ? [
          `Not caught: ${survivors
            .slice(0, SHOWN_SURVIVORS)
            .map(({ id, what }) => `${what} (${id})`)
            .join(
              "; ",
            )}${survivors.length > SHOWN_SURVIVORS ? ` and ${survivors.length - SHOWN_SURVIVORS} more` : ""}.`,
        ]
      : []),
  ].join(" ");
  if (score >= minimum) return passed(told);
  return failed(
    told,
    tests?.tests.length === 0
      ? "Add tests."
      : "Add a test that catches them, or judge one as meaning the same in Validation, with the reason: `- Mutant `id` means the same: …`.",
  );
}
