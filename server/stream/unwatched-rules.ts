import type { RuleTurns } from "../../promote/run/rule-turns.ts";
import type { StreamRunner } from "../../promote/run/stream.ts";
import type { ActiveRule } from "../rule/rule-desk.ts";
import type { Spoor } from "../spoor.ts";

/**
 * Forgets how far versions came that nobody lets watch any more: of a rule that is gone, a draft or retired, and of
 * another version than the one that watches. Watching again, they begin anew, and what lies behind wakes nobody. A rule
 * that rests, or whose files cannot be read or do not pass the gate just now, goes on where it stopped.
 */
export async function forgetUnwatched(
  spoor: Spoor,
  active: readonly ActiveRule[],
  runners: { readonly stream: StreamRunner; readonly turns: RuleTurns },
): Promise<void> {
  const { rules, store } = spoor;
  const watching = new Map(active.map(({ rule }) => [rule.name, rule.version]));
  const keeps = new Map<string, string | null>();
  for (const { rule: name, ruleVersion } of store.progressVersions()) {
    const version = watching.get(name);
    if (version !== undefined) {
      if (version !== ruleVersion) keeps.set(name, version);
      continue;
    }
    const loaded = await rules.loaded(name);
    const stage = loaded?.rule?.stage;
    if (loaded === null || stage === "draft" || stage === "retired") keeps.set(name, null);
  }
  if (keeps.size === 0) return;
  await runners.stream.settled();
  for (const [name, version] of keeps) {
    await runners.turns.inTurn(name, async () => store.dropProgress(name, version));
  }
}
