/** Conditions of temporal correlations in words. Browser-safe: pure functions only. */
import type { BooleanExpression } from "../pipeline/boolean-expression.ts";

const MAXIMUM_GROUPS = 16;

/**
 * The expression as groups of names, of each of which one is there: `(a or b) and c` is `[[a, b], [c]]`. Says why where
 * it is not of that form; `a or (b and c)` is multiplied out.
 */
export function alternatives(
  expression: BooleanExpression,
): readonly (readonly string[])[] | { readonly error: string } {
  switch (expression.kind) {
    case "name":
      return [[expression.name]];
    case "not":
      return { error: "asks that a rule did not match" };
    case "and": {
      const groups: (readonly string[])[] = [];
      for (const part of expression.of) {
        const inner = alternatives(part);
        if ("error" in inner) return inner;
        groups.push(...inner);
      }
      return checked(groups);
    }
    case "or": {
      let groups: (readonly string[])[] = [[]];
      for (const part of expression.of) {
        const inner = alternatives(part);
        if ("error" in inner) return inner;
        groups = groups.flatMap((group) => inner.map((more) => [...new Set([...group, ...more])]));
        if (groups.length > 256) return { error: "has too many combinations" };
      }
      return checked(groups);
    }
  }
}

/** Without groups that another one within them already asks for. */
function checked(
  groups: readonly (readonly string[])[],
): readonly (readonly string[])[] | { readonly error: string } {
  const kept = groups.filter(
    (group, index) =>
      !groups.some(
        (other, at) =>
          at !== index &&
          other.every((name) => group.includes(name)) &&
          (other.length < group.length || at < index),
      ),
  );
  return kept.length > MAXIMUM_GROUPS ? { error: "has too many combinations" } : kept;
}
