import { blindSpotId, blindSpotsOf } from "../../ads/blind-spots.ts";
import { falsePositiveId, falsePositivesOf, noneKnown } from "../../ads/false-positives.ts";
import { parsePriority, priorityDollarGaps, proposedPriority } from "../../ads/priority.ts";
import { type GateInput, ownerOf } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, failed, gapsAnswer, passed, percent, waiting } from "./answer.ts";

const MINUTES_PER_ALERT = 15;
const DEFAULT_HOURLY_USD = 85;
const SHOWN = 6;

/** What was measured of what the ADS says: blind spots that hold, false positives by count, the priority in dollars. */
export function adsEvidenceChecks(input: GateInput): GateCheck[] {
  return [
    check("ads.blind-spots.hold", "What it assumes holds", "ads#blind-spots", blindSpotAnswer(input)),
    check(
      "ads.false-positives.counted",
      "False positives are counted",
      "ads#false-positives",
      countAnswer(input),
    ),
    check(
      "ads.priority.dollars",
      "Dollars and precision agree with the priority",
      "ads#priority",
      dollarAnswer(input),
    ),
  ];
}

function blindSpotAnswer({ ads, blindSpots }: GateInput): Answer {
  const spots = blindSpotsOf(ads?.sections.blindSpots ?? "").filter(({ check }) => check !== null);
  const tested = spots.filter(({ check }) => check!.kind !== "untestable");
  const answered = spots.length - tested.length;
  const rest = answered === 0 ? "" : ` ${answered} cannot be tested and have an owner.`;
  if (spots.length === 0)
    return waiting("No blind spot is bound to a check yet.", "Write Blind Spots and Assumptions first.");
  if (tested.length === 0) return passed(rest.trim());
  const results = tested.map((spot) => blindSpots?.find(({ id }) => id === blindSpotId(spot)));
  const broken = results.filter((result) => result?.state === "broken");
  if (broken.length > 0)
    return failed(
      broken
        .slice(0, SHOWN)
        .map((result) => `"${result!.statement}" does not hold: ${result!.evidence}`)
        .join(" "),
      "Mend what is broken, or say in Blind Spots and Assumptions what is so now.",
    );
  const unseen = results.filter((result) => result === undefined).length;
  if (unseen > 0) return waiting(`${unseen} of ${tested.length} have not been checked.`, "Check everything.");
  return passed(`${tested.length} hold.${rest}`);
}

function countAnswer({ ads, falsePositives }: GateInput): Answer {
  const body = ads?.sections.falsePositives ?? "";
  const items = falsePositivesOf(body);
  if (items.length === 0)
    return noneKnown(body) === null
      ? waiting("No false positive is listed yet.", "Write False Positives first.")
      : passed("None is known.");
  const counts = items.map((item) => falsePositives?.find(({ id }) => id === falsePositiveId(item)));
  const broken = counts.find((count) => count?.error !== undefined);
  if (broken)
    return failed(
      `The predicate of "${broken.statement}" cannot be counted: ${broken.error}`,
      "Write a condition over the rule's result columns.",
    );
  const uncounted = counts.filter((count) => count === undefined).length;
  if (uncounted > 0)
    return waiting(`${uncounted} of ${items.length} have not been counted.`, "Check everything.");
  return passed(
    `${counts
      .slice(0, SHOWN)
      .map(
        (count) =>
          `"${count!.statement}": ${count!.detections} of ${count!.of}${count!.of > 0 ? ` (${percent(count!.detections / count!.of)})` : ""}`,
      )
      .join("; ")}.`,
  );
}

function dollarAnswer(input: GateInput): Answer {
  const { ads, rule, priority, backtest } = input;
  const body = ads?.sections.priority ?? "";
  const minutes =
    backtest && backtest.alertsPerWeek > 0
      ? backtest.triageMinutesPerWeek / backtest.alertsPerWeek
      : MINUTES_PER_ALERT;
  if (rule && priority && rule.expectedPrecision === null)
    return waiting("Known once rule.yaml says the expected precision.", "Give expectedPrecision.");
  const proposed =
    rule && priority
      ? proposedPriority({
          scenario: priority.scenario,
          lossUsd: priority.lossUsd,
          precision: rule.expectedPrecision ?? 0,
          minutesPerAlert: minutes,
          hourlyRateUsd: ownerOf(input)?.hourlyRateUsd ?? DEFAULT_HOURLY_USD,
        })
      : null;
  const refused = gapsAnswer(priorityDollarGaps(body, proposed));
  if (refused) return refused;
  const { reason } = parsePriority(body);
  const said = reason === "" ? "" : ` Reason given: ${reason.split("\n")[0]}`;
  return passed(`${proposed?.sentence ?? "No scenario of the risk model prices it."}${said}`);
}
