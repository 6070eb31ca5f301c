/** A condition in words. Browser-safe: pure functions only. */
import type { Condition, ConditionValue, FieldTest } from "../condition/condition.ts";

const SHOWN_VALUES = 6;

/** `EventID is 4625 and User ends with "$"`; empty when every event meets it. Groups inside a group stand in parentheses. */
export function conditionPhrase(condition: Condition): string {
  return phrase(condition, true);
}

function phrase(condition: Condition, outermost: boolean): string {
  switch (condition.kind) {
    case "test":
      return testPhrase(condition, false);
    case "not":
      if (condition.of.kind === "test") return testPhrase(condition.of, true);
      return `not (${phrase(condition.of, true) || "anything"})`;
    case "all":
    case "any": {
      const parts = condition.of.map((part) => phrase(part, condition.of.length === 1 && outermost));
      const said = parts.filter((part) => part !== "");
      if (condition.kind === "any" && (condition.of.length === 0 || said.length < parts.length))
        return condition.of.length === 0 ? "nothing at all" : "";
      const text = said.join(condition.kind === "all" ? " and " : " or ");
      return outermost || said.length < 2 ? text : `(${text})`;
    }
  }
}

function valuePhrase(value: ConditionValue): string {
  if (value === null) return "nothing";
  return typeof value === "string" ? `“${value}”` : String(value);
}

function valuesPhrase(test: FieldTest): string {
  const values = test.values.map(valuePhrase);
  const shown = values.length > SHOWN_VALUES ? values.slice(0, SHOWN_VALUES - 1) : values;
  const rest = values.length - shown.length;
  const all = rest > 0 ? [...shown, `${rest} more`] : shown;
  if (all.length === 0) return "a value";
  if (all.length === 1) return all[0]!;
  return `${all.slice(0, -1).join(", ")} ${test.everyValue ? "and" : "or"} ${all.at(-1)}`;
}

const VERBS: Readonly<Record<FieldTest["operator"], readonly [is: string, isNot: string]>> = {
  is: ["is", "is not"],
  contains: ["contains", "does not contain"],
  "starts-with": ["begins with", "does not begin with"],
  "ends-with": ["ends with", "does not end with"],
  glob: ["looks like", "does not look like"],
  regex: ["matches the pattern", "does not match the pattern"],
  cidr: ["is in the network", "is not in the network"],
  less: ["is below", "is not below"],
  "less-or-equal": ["is at most", "is not at most"],
  greater: ["is above", "is not above"],
  "greater-or-equal": ["is at least", "is not at least"],
  "is-null": ["is empty", "is not empty"],
  exists: ["has a value", "has no value"],
  "same-as-field": ["is the same as", "is not the same as"],
  keyword: ["any text contains", "no text contains"],
};

function testPhrase(test: FieldTest, negated: boolean): string {
  const verb = VERBS[test.operator][negated ? 1 : 0];
  if (test.operator === "keyword") return `${verb} ${valuesPhrase(test)}`;
  const name = test.field === "" ? "a field that is not chosen yet" : test.field;
  const field = test.datePart === undefined ? name : `the ${test.datePart} of ${name}`;
  if (test.operator === "is-null" || test.operator === "exists") return `${field} ${verb}`;
  const exact = test.caseSensitive ? " (in exactly this case)" : "";
  if (test.operator === "same-as-field") {
    const part = test.fieldPart === undefined ? verb : `${VERBS[test.fieldPart][negated ? 1 : 0]} what is in`;
    return `${field} ${part} ${test.values.map(String).join(test.everyValue ? " and " : " or ")}${exact}`;
  }
  return `${field} ${verb} ${valuesPhrase(test)}${exact}`;
}
