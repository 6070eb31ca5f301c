import type { EngineSlice } from "../../../notebooks/engine/engine-slice.ts";
import { uniqueNames } from "../../../notebooks/engine/query-run.ts";
import type { Rule } from "../../rule/rule.ts";
import { conditionSelect } from "./condition-columns.ts";
import { type Formula, FormulaCompiler } from "./formula.ts";
import { IndexedMatch } from "./indexed-match.ts";
import { PlainMatch } from "./plain-match.ts";
import { columnIndex, type NamedColumn, type PlainRule, plainRule } from "./plain-rule.ts";

/** A rule that can be evaluated together with others. */
export interface FusedRule {
  readonly rule: Rule;
  readonly plain: PlainRule;
  /** Null when only DuckDB can work its condition out. */
  readonly formula: Formula | null;
  /** Names of its result's columns, `*` spread out; empty when some item is an expression. */
  readonly outputs: readonly string[];
}

/** The formulas of a set's rules, made ready. */
export interface Compiled {
  /** Rules with a formula, in the order of the formulas. */
  readonly rules: readonly FusedRule[];
  readonly subjectCount: number;
  readonly numberCount: number;
  readonly booleanCount: number;
  readonly atomCount: number;
  readonly select: string;
  readonly indexed: IndexedMatch;
  readonly plain: PlainMatch;
}

/** Rules over one dataset with one set of columns. */
export interface RuleSet {
  readonly key: string;
  readonly rules: ReadonlyMap<string, FusedRule>;
  /** Names of rules that have to be evaluated by themselves. */
  readonly alone: ReadonlySet<string>;
  readonly compiled: Compiled;
}

export function ruleKey(rule: Rule): string {
  return `${rule.name}@${rule.version}`;
}

/** What a set depends on: other columns need another one. */
export function columnsKey(columns: readonly NamedColumn[]): string {
  return JSON.stringify(columns.map(({ name, type }) => [name, type]));
}

/** Takes rules apart and compiles them. `known` may give rules of the same columns that were taken apart before. */
export async function compileRuleSet(
  slice: EngineSlice,
  rules: readonly Rule[],
  columns: readonly NamedColumn[],
  known: ReadonlyMap<string, Pick<FusedRule, "plain" | "outputs"> | null>,
): Promise<{
  readonly set: RuleSet;
  readonly taken: ReadonlyMap<string, Pick<FusedRule, "plain" | "outputs"> | null>;
}> {
  const index = columnIndex(columns);
  const taken = new Map<string, Pick<FusedRule, "plain" | "outputs"> | null>();
  const compiler = new FormulaCompiler(index);
  const fused = new Map<string, FusedRule>();
  const alone = new Set<string>();
  for (const rule of rules) {
    const key = ruleKey(rule);
    let parts = known.has(key) ? known.get(key)! : await takeApart(slice, rule, columns);
    if (parts !== null) {
      try {
        fused.set(key, { rule, ...parts, formula: compiler.compile(parts.plain.where) });
      } catch {
        // One condition that is too much for the compiler (as by its depth) does not take the others with it.
        parts = null;
      }
    }
    taken.set(key, parts);
    if (parts === null) alone.add(key);
  }
  const withFormula = [...fused.values()].filter(({ formula }) => formula !== null);
  const formulas = withFormula.map(({ formula }) => formula!);
  const compiled: Compiled = {
    rules: withFormula,
    subjectCount: compiler.subjects.length,
    numberCount: compiler.numbers.length,
    booleanCount: compiler.booleans.length,
    atomCount: compiler.atoms.length,
    select: await conditionSelect(slice, compiler),
    indexed: new IndexedMatch(compiler.atoms, formulas, compiler.subjects.length, compiler.numbers.length),
    plain: new PlainMatch(compiler.atoms, formulas),
  };
  return { set: { key: columnsKey(columns), rules: fused, alone, compiled }, taken };
}

/** Null when the rule is not of the plain form, or cannot be read: then it says so itself when it is evaluated alone. */
async function takeApart(
  slice: EngineSlice,
  rule: Rule,
  columns: readonly NamedColumn[],
): Promise<Pick<FusedRule, "plain" | "outputs"> | null> {
  try {
    const plain = plainRule(await slice.tree(rule.sql), columnIndex(columns));
    if (plain === null) return null;
    if (plain.items.some(({ kind }) => kind === "expression")) {
      // Only DuckDB knows whether its expressions can be bound; matching rows are fetched by its own SQL.
      await slice.describe(rule.sql);
      return { plain, outputs: [] };
    }
    const names = plain.items.flatMap((item) =>
      item.kind === "column" ? [item.name] : columns.map(({ name }) => name),
    );
    return { plain, outputs: uniqueNames(names) };
  } catch {
    return null;
  }
}
