import type { Condition, ConditionValue, FieldTest } from "../../condition/condition.ts";
import { type GlobPart, globParts, globPattern } from "../../condition/glob.ts";
import { operatorOfText, textOfValue } from "./pattern-text.ts";
import type { Transformation } from "./pipeline.ts";

type Change<Type extends Transformation["type"]> = Extract<Transformation, { type: Type }>;
type ValueChange = Change<"replace_string" | "map_string" | "regex" | "set_value" | "convert_type" | "case">;

const TEXT_OPERATORS = new Set(["is", "contains", "starts-with", "ends-with", "glob", "keyword"]);

/** What a test becomes when its values are changed: several tests where the new values need several operators. */
export function changeValues(test: FieldTest, change: ValueChange): Condition {
  if (test.operator === "exists" || test.operator === "same-as-field") return test;
  if (change.type === "set_value") return withValue(test, change.value);
  if (!TEXT_OPERATORS.has(test.operator)) {
    if (change.type !== "convert_type") return test;
    return { ...test, values: test.values.map((value) => converted(value, change.target)) };
  }
  let isChanged = false;
  const parts = test.values.flatMap((value): Part[] => {
    const next = changedValue(test, value, change);
    if (next === null) return [{ operator: test.operator, value }];
    isChanged = true;
    return next;
  });
  return isChanged ? grouped(test, parts) : test;
}

interface Part {
  readonly operator: FieldTest["operator"];
  readonly value: ConditionValue;
  readonly flags?: string;
}

function changedValue(
  test: FieldTest,
  value: ConditionValue,
  change: Exclude<ValueChange, { type: "set_value" }>,
): Part[] | null {
  if (change.type === "convert_type") {
    const next = converted(value, change.target);
    return next === value ? null : [{ operator: test.operator, value: next }];
  }
  const text =
    textOfValue(test, value) ??
    (change.type === "replace_string" && (typeof value === "number" || typeof value === "bigint")
      ? String(value)
      : null);
  if (text === null) return null;
  switch (change.type) {
    case "map_string": {
      const mapped = change.mapping.get(text);
      return mapped === undefined ? null : mapped.map((one) => ofText(test, one));
    }
    case "replace_string":
      return [ofText(test, replaced(text, change))];
    case "case":
      return [
        ofText(
          test,
          globPattern(
            globParts(text).map((part) => (typeof part === "string" ? inCase(part, change.method) : part)),
          ),
        ),
      ];
    case "regex":
      return text === "" ? null : [regexPart(text, change)];
  }
}

function ofText(test: FieldTest, text: string): Part {
  return test.operator === "keyword" ? { operator: "keyword", value: text } : operatorOfText(text);
}

function replaced(text: string, change: Change<"replace_string">): string {
  if (!change.skipSpecial)
    return text.replaceAll(change.pattern, change.replacement).replaceAll(/\\(?![*?\\])/g, "\\");
  const parts = globParts(text).flatMap((part): GlobPart[] => {
    if (typeof part !== "string") return [part];
    const next = part.replaceAll(change.pattern, change.replacement);
    return change.interpretSpecial ? globParts(next) : [next];
  });
  return globPattern(parts.filter((part) => part !== ""));
}

function inCase(text: string, method: Change<"case">["method"]): string {
  if (method === "lower") return text.toLowerCase();
  return method === "upper" ? text.toUpperCase() : snakeCase(text);
}

/** `ParentProcessId` becomes `parent_process_id`. */
export function snakeCase(text: string): string {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}

function regexPart(text: string, { method }: Change<"regex">): Part {
  const plain = (part: string) =>
    [...part]
      .map((sign) => {
        const [lower, upper] = [sign.toLowerCase(), sign.toUpperCase()];
        if (method === "ignore_case_brackets" && lower !== upper) return `[${lower}${upper}]`;
        return sign.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      })
      .join("");
  const body = globParts(text)
    .map((part) => (typeof part === "string" ? plain(part) : part.wildcard === "*" ? ".*" : "."))
    .join("");
  return {
    operator: "regex",
    value: `^${body}$`,
    flags: method === "ignore_case_flag" ? "is" : "s",
  };
}

function converted(value: ConditionValue, target: "str" | "num"): ConditionValue {
  if (value === null) return null;
  if (target === "str") return typeof value === "string" ? value : String(value);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : value;
}

function withValue(test: FieldTest, value: string | number | boolean | null): FieldTest {
  const { flags: _flags, ...rest } = test;
  if (value === null) return { ...rest, operator: "is-null", values: [], everyValue: false };
  if (typeof value === "string") {
    const { operator, value: plain } = operatorOfText(value);
    return { ...rest, operator, values: [plain] };
  }
  return { ...rest, operator: "is", values: [value] };
}

/** One test for each operator among the parts, joined as the values were. */
function grouped(test: FieldTest, parts: readonly Part[]): Condition {
  const groups = new Map<
    string,
    { operator: FieldTest["operator"]; flags?: string; values: ConditionValue[] }
  >();
  for (const { operator, value, flags } of parts) {
    const key = `${operator} ${flags ?? ""}`;
    const group = groups.get(key) ?? { operator, ...(flags === undefined ? {} : { flags }), values: [] };
    if (!group.values.includes(value)) group.values.push(value);
    groups.set(key, group);
  }
  const tests = [...groups.values()].map(
    ({ operator, values, flags }): FieldTest => ({
      ...test,
      operator,
      values,
      ...(operator === "regex" ? { caseSensitive: true } : {}),
      ...(flags === undefined ? {} : { flags }),
    }),
  );
  return tests.length === 1 ? tests[0]! : { kind: test.everyValue ? "all" : "any", of: tests };
}
