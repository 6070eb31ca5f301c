/** Values of text tests as Sigma writes them, with wildcards. Browser-safe: pure functions only. */
import type { ConditionValue, FieldTest } from "../../condition/condition.ts";
import { type GlobPart, globParts, globPattern } from "../../condition/glob.ts";

const ANY: GlobPart = { wildcard: "*" };

/** The value of a text test as Sigma writes it: `contains` x is `*x*`. Null for values and tests that are no texts. */
export function textOfValue(test: FieldTest, value: ConditionValue): string | null {
  if (typeof value !== "string") return null;
  const plain: readonly GlobPart[] = value === "" ? [] : [value];
  switch (test.operator) {
    case "is":
      return globPattern(plain);
    case "contains":
      return globPattern([ANY, ...plain, ANY]);
    case "starts-with":
      return globPattern([...plain, ANY]);
    case "ends-with":
      return globPattern([ANY, ...plain]);
    case "glob":
    case "keyword":
      return value;
    default:
      return null;
  }
}

/** The operator and value that a text with wildcards stands for; `is` and the like take the text without escapes. */
export function operatorOfText(text: string): {
  readonly operator: "is" | "contains" | "starts-with" | "ends-with" | "glob";
  readonly value: string;
} {
  const parts = globParts(text);
  const isAny = (part: GlobPart | undefined) => typeof part === "object" && part.wildcard === "*";
  if (parts.length === 0) return { operator: "is", value: "" };
  const [first, second, third] = parts;
  if (parts.length === 1 && typeof first === "string") return { operator: "is", value: first };
  if (parts.length === 2 && typeof first === "string" && isAny(second))
    return { operator: "starts-with", value: first };
  if (parts.length === 2 && isAny(first) && typeof second === "string")
    return { operator: "ends-with", value: second };
  if (parts.length === 3 && isAny(first) && typeof second === "string" && isAny(third))
    return { operator: "contains", value: second };
  return { operator: "glob", value: text };
}
