import type { HeldRule } from "../held-rule.ts";
import type { RuleTurns } from "../rule-turns.ts";

/** Rules that wait for the same range of the same dataset, two or more; each group has one allowed lateness. */
export function groupsOf(rules: readonly HeldRule[]): readonly (readonly HeldRule[])[] {
  const groups = new Map<string, HeldRule[]>();
  for (const held of rules) {
    const waiting = held.waiting[0];
    const [dataset] = held.datasets;
    if (waiting === undefined || dataset === undefined || (held.rule.lookups?.length ?? 0) > 0) continue;
    const { range, late } = waiting;
    const key = `${dataset}:${range.afterUs}:${range.untilUs}:${late}:${held.rule.allowedLatenessMs}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [held]);
    else group.push(held);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Runs the work when all of the rules are free. */
export function inAllTurns<T>(
  turns: RuleTurns,
  rules: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const nested = rules.reduceRight<() => Promise<T>>((inner, rule) => () => turns.inTurn(rule, inner), work);
  return nested();
}
