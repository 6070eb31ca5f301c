/** What stands between a hunt and its conclusion. Browser-safe: pure functions only. */
import type { Issue } from "../../connectors/issue/issue.ts";
import type { NeedHealth } from "./data-health.ts";
import type { HuntRecord, HuntState, PowerMeasurement } from "./hunt-record.ts";
import { isBlunt, latestPower, ordinaryOf } from "./power-sentence.ts";

/** Below this share "we found nothing" says little. */
const WEAK_POWER = 0.5;

/**
 * What a reader would ask about a hunt that ends in this state: confirmed without a complete finding, refuted without
 * power or on sick data. Warnings, since people decide; errors where a claim would rest on an incomplete result alone, or
 * on a query that answers to ordinary events as well.
 *
 * @param isCurrent tells whether the query that was measured is still in the notebook (see currentIn); without it every
 *   measurement counts
 */
export function conclusionIssues(
  hunt: HuntRecord,
  state: HuntState,
  health: readonly NeedHealth[],
  isCurrent: (power: PowerMeasurement) => boolean = () => true,
): readonly Issue[] {
  const issues: Issue[] = [];
  const add = (severity: Issue["severity"], code: string, message: string, remedy: string) =>
    issues.push({ severity, code, place: "hunt.state", message, remedy });
  if (state === "open") return [];
  const complete = hunt.findings.filter((finding) => finding.complete);
  if (state === "confirmed" && complete.length === 0) {
    if (hunt.findings.length > 0)
      add(
        "error",
        "conclusion.incomplete",
        "Every pinned result is incomplete: none of them can carry a claim.",
        "Narrow the query and pin its whole result.",
      );
    else
      add(
        "warning",
        "conclusion.evidence",
        "Nothing is pinned that shows it.",
        "Pin the rows that confirm it.",
      );
  }
  if (state !== "refuted") return issues;
  const power = latestPower(hunt, isCurrent);
  if (power === null) {
    if (hunt.powers.length > 0 && !hunt.powers.some(isCurrent))
      add(
        "warning",
        "conclusion.power-stale",
        "The query or its values have changed since its power was measured: that measurement does not count.",
        "Measure the power of the query as it is now.",
      );
    else if (hunt.powers.length > 0)
      add(
        "error",
        "conclusion.power-incomplete",
        "The power was measured on results that were cut: it claims nothing.",
        "Narrow the query and measure again.",
      );
    else
      add(
        "warning",
        "conclusion.power",
        "Its power was not measured: nobody knows whether the query would have seen it.",
        "Measure the power with an event as the attack would leave it.",
      );
  } else {
    const ordinary = ordinaryOf(power);
    if (ordinary === null)
      add(
        "warning",
        "conclusion.ordinary",
        "Nobody tried whether the query answers to ordinary events too: then its power would say nothing.",
        "Measure again, with ordinary events.",
      );
    else if (isBlunt(power))
      add(
        "error",
        "conclusion.blunt",
        `The query also found ${ordinary.found} of ${ordinary.injected} ordinary events: that it sees an event says nothing.`,
        "Narrow the query to what the attack alone leaves, and measure again.",
      );
    if (power.low < WEAK_POWER)
      add(
        "warning",
        "conclusion.weak",
        `The query found ${power.found} of ${power.injected} different such events: finding nothing says little.`,
        "Widen the query, measure with more different events, or conclude that it is inconclusive.",
      );
  }
  for (const need of health) {
    if (need.state !== "well")
      add(
        "warning",
        `conclusion.data-${need.state}`,
        `${need.dataset}: ${need.problems.join(" ")}`,
        "Mend the data, or conclude that it is inconclusive.",
      );
  }
  return issues;
}
