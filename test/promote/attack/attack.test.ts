import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fullName,
  replacementOf,
  TACTICS,
  tacticNamed,
  technique,
  techniques,
} from "../../../promote/attack/attack.ts";

test("the table is the whole of one version, and every entry has a known tactic and parent", () => {
  const all = techniques();
  assert.equal(all.filter(({ id }) => !id.includes(".")).length, 202);
  assert.equal(all.filter(({ id }) => id.includes(".")).length, 435);
  for (const { id, name, tactics } of all) {
    assert.ok(
      name.length > 1 && tactics.length > 0 && tactics.every((tactic) => TACTICS.includes(tactic)),
      id,
    );
    assert.ok(technique(id.slice(0, 5)), id);
  }
});

test("names, tactics and withdrawn ids", () => {
  assert.equal(fullName(technique("T1003.001")!), "OS Credential Dumping: LSASS Memory");
  assert.deepEqual(technique("T1003.001")!.tactics, ["Credential Access"]);
  assert.equal(replacementOf("T1086"), "T1059.001");
  assert.equal(technique("T1086"), undefined);
  assert.equal(technique("__proto__"), undefined);
  assert.equal(tacticNamed("command-and-control"), "Command and Control");
});
