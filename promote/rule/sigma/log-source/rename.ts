/** A condition over a rule's field names as one over a dataset's columns. Browser-safe: pure functions only. */
import type { Condition, ConditionValue, FieldTest } from "../../condition/condition.ts";
import type { LogSourceTarget } from "./target.ts";

/** The condition on the target's columns, with what says that an event is of the log source. */
export function targetCondition(condition: Condition, target: LogSourceTarget): Condition {
  const renamed = renameFields(condition, target);
  if (target.where === null) return renamed;
  const own = renamed.kind === "all" ? renamed.of : [renamed];
  return { kind: "all", of: [...(target.where.kind === "all" ? target.where.of : [target.where]), ...own] };
}

/** The condition alone. A field in several columns meets a test where one column does; one that is nowhere keeps its name. */
export function renameFields(condition: Condition, target: LogSourceTarget): Condition {
  if (condition.kind === "not") return { kind: "not", of: renameFields(condition.of, target) };
  if (condition.kind !== "test")
    return { kind: condition.kind, of: condition.of.map((one) => renameFields(one, target)) };
  if (condition.field === "") return condition;
  const paths = target.columnsOf(condition.field);
  const test = withValues(condition, target);
  const tests = (paths.length === 0 ? [condition.field] : paths).map(
    (field): FieldTest => ({ ...test, field }),
  );
  if (tests.length === 1) return tests[0]!;
  return { kind: condition.operator === "is-null" ? "all" : "any", of: tests };
}

function withValues(test: FieldTest, target: LogSourceTarget): FieldTest {
  if (test.operator === "same-as-field")
    return {
      ...test,
      values: test.values.flatMap((name): readonly ConditionValue[] => {
        const paths = target.columnsOf(String(name));
        return test.everyValue || paths.length === 0 ? [paths[0] ?? name] : paths;
      }),
    };
  const values = target.values[test.field];
  if (!values) return test;
  return { ...test, values: test.values.map((value) => values[String(value).toLowerCase()] ?? value) };
}
