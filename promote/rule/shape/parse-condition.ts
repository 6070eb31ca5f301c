import type { Issue } from "../../../connectors/issue/issue.ts";
import { Fields } from "../../../connectors/yaml/fields.ts";
import { shown, type YamlTree } from "../../../connectors/yaml/yaml-tree.ts";
import type { Condition, ConditionOperator, ConditionValue, FieldTest } from "../condition/condition.ts";

const OPERATORS: readonly ConditionOperator[] = [
  "is",
  "contains",
  "starts-with",
  "ends-with",
  "glob",
  "regex",
  "cidr",
  "less",
  "less-or-equal",
  "greater",
  "greater-or-equal",
  "is-null",
  "exists",
  "same-as-field",
  "keyword",
];
const DATE_PARTS = ["minute", "hour", "day", "week", "month", "year"] as const;
const FIELD_PARTS = ["contains", "starts-with", "ends-with"] as const;
const MAXIMUM_VALUES = 5_000;
const NOTHING: Condition = { kind: "all", of: [] };

/**
 * Reads a condition: `{ all: [...] }`, `{ any: [...] }`, `{ not: ... }`, or a test `{ field: User, contains: [a, b] }`
 * whose key is the operator. Issues carry their line.
 */
export function readCondition(tree: YamlTree, place: string, issues: Issue[]): Condition {
  const problem = (line: number, code: string, message: string, remedy: string): Condition => {
    issues.push({
      severity: "error",
      code: `shape.where.${code}`,
      place: `${place}:${line}`,
      message,
      remedy,
    });
    return NOTHING;
  };
  if (tree.kind !== "map") {
    return problem(
      tree.line,
      "shape",
      "This is no condition.",
      "Write all:, any:, not: or { field: ..., is: ... }.",
    );
  }
  for (const kind of ["all", "any"] as const) {
    const list = tree.entries.get(kind);
    if (list === undefined) continue;
    if (tree.entries.size > 1)
      problem(
        tree.line,
        "keys",
        `Beside \`${kind}\` stands another key.`,
        "Put each into a condition of its own.",
      );
    if (list.kind !== "list")
      return problem(list.line, kind, `\`${kind}\` is no list.`, "Begin every condition with `- `.");
    return { kind, of: list.items.map((item) => readCondition(item, place, issues)) };
  }
  const negated = tree.entries.get("not");
  if (negated !== undefined) {
    if (tree.entries.size > 1)
      problem(tree.line, "keys", "Beside `not` stands another key.", "Put each into a condition of its own.");
    return { kind: "not", of: readCondition(negated, place, issues) };
  }
  return readTest(tree, place, issues, problem);
}

function readTest(
  tree: YamlTree & { readonly kind: "map" },
  place: string,
  issues: Issue[],
  problem: (line: number, code: string, message: string, remedy: string) => Condition,
): Condition {
  const fields = new Fields(tree, place, "shape.where", issues);
  const found = OPERATORS.filter((operator) => tree.entries.has(operator));
  const [operator] = found;
  if (operator === undefined || found.length > 1) {
    return problem(
      tree.line,
      "operator",
      operator === undefined
        ? "The test has no comparison that is known."
        : "The test has several comparisons.",
      `Write one of ${OPERATORS.join(", ")}.`,
    );
  }
  const field = operator === "keyword" ? "" : fields.text("field", "", 500);
  if (operator !== "keyword" && field === "")
    fields.wrong("field", "The test names no field.", "Write field: and a column of the dataset.");
  const bare = operator === "is-null" || operator === "exists";
  const values = bare ? [] : valuesOf(tree.entries.get(operator)!, operator, problem);
  if (!bare && values.length === 0)
    problem(
      tree.line,
      "values",
      `\`${operator}\` is compared with nothing.`,
      "Give a value or a list of values.",
    );
  const test: FieldTest = {
    kind: "test",
    field,
    operator,
    values,
    everyValue: fields.boolean("everyValue", false),
    caseSensitive: fields.boolean("caseSensitive", false),
    ...(fields.has("flags")
      ? { flags: fields.matching("flags", "", /^[ims]{0,3}$/, "letters of i, m, s") }
      : {}),
    ...(fields.has("datePart") ? { datePart: fields.choice("datePart", "hour", DATE_PARTS) } : {}),
    ...(fields.has("fieldPart") ? { fieldPart: fields.choice("fieldPart", "contains", FIELD_PARTS) } : {}),
  };
  for (const [key, value] of tree.entries) {
    if (KNOWN_KEYS.has(key) || key === operator) continue;
    problem(value.line, "unknown-key", `\`${shown(key)}\` means nothing in a test.`, "Remove it.");
  }
  return test;
}

const KNOWN_KEYS = new Set(["field", "everyValue", "caseSensitive", "flags", "datePart", "fieldPart"]);

function valuesOf(
  tree: YamlTree,
  operator: ConditionOperator,
  problem: (line: number, code: string, message: string, remedy: string) => Condition,
): ConditionValue[] {
  const items = tree.kind === "list" ? tree.items : [tree];
  if (items.length > MAXIMUM_VALUES)
    problem(tree.line, "values", `More than ${MAXIMUM_VALUES} values.`, "Put them into a lookup dataset.");
  return items.slice(0, MAXIMUM_VALUES).flatMap((item): ConditionValue[] => {
    if (item.kind === "scalar") return [item.value];
    problem(item.line, "values", `A value of \`${operator}\` is a list or a map.`, "Give texts or numbers.");
    return [];
  });
}
