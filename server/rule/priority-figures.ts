import type { PriorityFigures } from "../../promote/gate/evidence.ts";
import type { RiskModel } from "../../promote/risk/model.ts";
import type { RiskReport } from "../../promote/risk/report-value.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import type { Spoor } from "../spoor.ts";

/**
 * The costliest scenario that the rule's techniques are a step of, with the mean loss of one such attack that nothing
 * detects, from the last risk report. Null where the model has none, or no report was made yet.
 */
export function priorityFigures(spoor: Spoor, rule: Pick<Rule, "techniques">): PriorityFigures | null {
  if (rule.techniques.length === 0) return null;
  const report = spoor.store.report<RiskReport>("risk")?.report;
  if (report === undefined) return null;
  const model = modelOf(spoor);
  const mine = rule.techniques.flatMap((id) => [id, id.split(".")[0]!]);
  const scenarios = (model?.scenarios ?? []).filter(({ steps }) =>
    steps.some(({ techniques }) => techniques.some(([id]) => mine.includes(id))),
  );
  const priced = scenarios.flatMap(({ id, title }) => {
    const lossUsd = report.scenarios.find((scenario) => scenario.id === id)?.lossPerEventUsd.mean;
    return lossUsd === undefined ? [] : [{ scenario: title, lossUsd }];
  });
  return priced.sort((left, right) => right.lossUsd - left.lossUsd)[0] ?? null;
}

function modelOf(spoor: Spoor): RiskModel | null {
  try {
    return spoor.risk.model();
  } catch {
    // A model that is missing or cannot be read prices nothing.
    return null;
  }
}
