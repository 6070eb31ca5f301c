import type { BacktestReport } from "../../promote/records/backtest.ts";
import { tallyOutcomes } from "../../promote/risk/precision.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { backtestRule } from "../../promote/run/backtest.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { timeSpan } from "../source/event-rate.ts";
import type { Spoor } from "../spoor.ts";
import { recordedAmong } from "./recorded-dataset.ts";

/** What an alert costs its owner before any has been decided. */
const TRIAGE_MINUTES = 15;
const DEFAULT_HOURLY_USD = 85;

/** Tries a rule on the whole history, at the owner's minutes and hourly rate, and keeps what that gave. */
export async function backtestNow(spoor: Spoor, rule: Rule, context: JobContext): Promise<BacktestReport> {
  const { engine, registry, store, clock } = spoor;
  const owner = spoor.owners.read().owners.owners.find((entry) => entry.name === rule.owner);
  const { minutes } = tallyOutcomes(store.outcomes({ rule: rule.name }));
  const names = await engine.datasetsOf(rule.sql);
  const [firstUs, lastUs] = timeSpan(names.flatMap((name) => registry.get(name) ?? []));
  context.report(null, "running the rule over the whole history");
  const report = await backtestRule({
    rule,
    engine,
    ...(recordedAmong(spoor, names).length > 0
      ? {}
      : { spanUs: firstUs === null || lastUs === null ? null : { firstUs, lastUs } }),
    minutesPerAlert:
      minutes.length > 0 ? minutes.reduce((sum, value) => sum + value, 0) / minutes.length : TRIAGE_MINUTES,
    hourlyRateUsd: owner?.hourlyRateUsd ?? DEFAULT_HOURLY_USD,
    clock,
    signal: context.signal,
  });
  store.putBacktest(rule.name, rule.version, clock(), report);
  return report;
}
