import type { GateInput } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, failed, figure, passed, percent, waiting } from "./answer.ts";
import { binomialAtMost } from "./binomial.ts";

/** An expectation that the counted detections would give less often than this is no honest one. */
const IMPLAUSIBLE = 0.01;

/** A forecast further than this many times from the backtest asks for a reason. */
const FAR_TIMES = 3;
/** Fewer alerts a week apart than this are no difference. */
const FAR_ALERTS_PER_WEEK = 1;

/** What the history would have brought, and what the author expects of the time to come. */
export function backtestChecks(input: GateInput): GateCheck[] {
  return [
    check("backtest", "Tried on the history", "backtest", backtestAnswer(input)),
    check("forecast", "A forecast of alerts and precision is on record", "rule", forecastAnswer(input)),
    check("forecast.history", "The forecast fits the history, or says why not", "backtest", fitAnswer(input)),
  ];
}

function backtestAnswer({ backtest }: GateInput): Answer {
  if (!backtest) return waiting("The rule has not been tried on the history.", "Run the backtest.");
  if (backtest.from === null || backtest.until === null)
    return failed("There is no history to try it on.", "Load data of the sources that it reads.");
  return passed(
    `${backtest.detections} detections from ${backtest.from} to ${backtest.until}: ${figure(backtest.alertsPerWeek)} alerts a week, ${figure(backtest.triageMinutesPerWeek)} minutes a week, $${figure(backtest.triageUsdPerYear)} a year.`,
  );
}

function forecastAnswer({ rule, backtest, falsePositives }: GateInput): Answer {
  const missing = [
    ...(rule?.expectedPrecision == null ? ["expectedPrecision"] : []),
    ...(rule?.expectedAlertsPerWeek == null ? ["expectedAlertsPerWeek"] : []),
  ];
  if (!rule || missing.length > 0)
    return failed(
      `Not given: ${missing.join(", ")}.`,
      "Say in rule.yaml what you expect; it is scored later.",
    );
  const precision = rule.expectedPrecision!;
  const expected = `${percent(precision)} true, ${figure(rule.expectedAlertsPerWeek!)} alerts a week.`;
  const worst = [...(falsePositives ?? [])].sort((left, right) => right.detections - left.detections)[0];
  if (worst && worst.of > 0 && binomialAtMost(worst.of - worst.detections, worst.of, precision) < IMPLAUSIBLE)
    return failed(
      `${expected} Yet ${worst.detections} of the backtest's ${worst.of} detections are "${worst.statement}", so at most ${percent(1 - worst.detections / worst.of)} can be true.`,
      "Expect less in expectedPrecision, or leave that activity out of the query.",
    );
  const seen = backtest ? ` The backtest has ${figure(backtest.alertsPerWeek)} a week.` : "";
  return passed(`${expected}${seen}`);
}

function fitAnswer({ rule, backtest }: GateInput): Answer {
  const expected = rule?.expectedAlertsPerWeek ?? null;
  if (expected === null) return waiting("There is no forecast to compare.", "Give expectedAlertsPerWeek.");
  if (!backtest) return waiting("Known once the backtest has run.", "Run the backtest.");
  const seen = backtest.alertsPerWeek;
  const told = `${figure(expected)} alerts a week are expected, and the backtest has ${figure(seen)}.`;
  const [less, more] = expected < seen ? [expected, seen] : [seen, expected];
  if (more <= FAR_TIMES * less || more - less <= FAR_ALERTS_PER_WEEK) return passed(told);
  const reason = rule?.forecastReason ?? "";
  return reason === ""
    ? failed(
        told,
        "Expect in expectedAlertsPerWeek what the history shows, or say in rule.yaml under forecastReason why it will be another.",
      )
    : passed(`${told} ${reason}`);
}
