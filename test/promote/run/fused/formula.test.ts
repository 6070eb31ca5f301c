import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { EngineSlice } from "../../../../notebooks/engine/engine-slice.ts";
import { FormulaCompiler, type LiteralBudget } from "../../../../promote/run/fused/formula.ts";
import { columnIndex, plainRule } from "../../../../promote/run/fused/plain-rule.ts";
import { compileRuleSet, ruleKey } from "../../../../promote/run/fused/rule-set.ts";
import { TestLake } from "../../../notebooks/engine/test-lake.ts";
import { START_US, testRule } from "../rules.ts";

const lake = new TestLake();
after(() => lake.close());
const COLUMNS = [
  { name: "_time", type: "TIMESTAMP" },
  { name: "b", type: "VARCHAR" },
];

async function withSlice<Result>(work: (slice: EngineSlice) => Promise<Result>): Promise<Result> {
  await lake.add("events", "SELECT TIMESTAMP '2026-01-01' AS _time, 'x' AS b");
  const slice = await lake.engine.openSlice!({
    dataset: "events",
    window: { afterUs: START_US - 1n, untilUs: START_US + 1n },
  });
  try {
    return await work(slice);
  } finally {
    await slice.close();
  }
}

async function whereOf(slice: EngineSlice, condition: string) {
  const tree = await slice.tree(`SELECT _time FROM events WHERE ${condition}`);
  return plainRule(tree, columnIndex(COLUMNS))!.where;
}

test("literals are paid for once, by each rule and by the set", async () => {
  await withSlice(async (slice) => {
    const budget: LiteralBudget = { ruleBytes: 100, setBytes: 150 };
    const compiler = new FormulaCompiler(columnIndex(COLUMNS), budget);
    const compiles = async (condition: string): Promise<boolean> =>
      compiler.compile(await whereOf(slice, condition)) !== null;
    const long = (sign: string): string => `contains(b, '${sign.repeat(50)}')`;
    assert.equal(await compiles(`${long("a")} OR ${long("b")}`), false, "too much for a rule");
    assert.equal(compiler.atoms.length, 0);
    assert.equal(await compiles(long("a")), true);
    assert.equal(await compiles(long("b")), true);
    assert.equal(await compiles(long("c")), false, "too much for the set");
    assert.equal(await compiles(`NOT ${long("a")}`), true, "known already");
    assert.equal(compiler.atoms.length, 2);
  });
});

test("a condition that cannot be compiled is known, and takes no other with it", async () => {
  await withSlice(async (slice) => {
    const well = testRule({ name: "well", sql: "SELECT _time FROM events WHERE b = 'x'" });
    const bad = testRule({ name: "bad", sql: "SELECT _time FROM events WHERE b = 'y'" });
    const taken = new Map(
      await Promise.all(
        [well, bad].map(async (rule) => {
          const plain = plainRule(await slice.tree(rule.sql), columnIndex(COLUMNS))!;
          return [ruleKey(rule), { plain, outputs: ["_time"] }] as const;
        }),
      ),
    );
    let deep = taken.get(ruleKey(bad))!.plain.where!;
    for (let depth = 0; depth < 100_000; depth += 1)
      deep = { class: "OPERATOR", type: "OPERATOR_NOT", alias: "", children: [deep] };
    const known = new Map(taken);
    known.set(ruleKey(bad), {
      ...known.get(ruleKey(bad))!,
      plain: { ...taken.get(ruleKey(bad))!.plain, where: deep },
    });
    const made = await compileRuleSet(slice, [bad, well], COLUMNS, known);
    assert.deepEqual([...made.set.rules.keys()], [ruleKey(well)]);
    assert.deepEqual([...made.set.alone], [ruleKey(bad)]);
    assert.equal(made.taken.get(ruleKey(bad)), null);
  });
});
