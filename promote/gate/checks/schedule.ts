import { formatDuration } from "../../../connectors/yaml/duration.ts";
import type { GateInput } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, failed, passed, percent, waiting } from "./answer.ts";

/** Where nothing is hidden from a turn but what comes later, this share of the history's detections must be found. */
const AGREES = 0.8;

/** For a batch rule: whether its turns find what the backtest promises. Nothing for a stream, which has its proof. */
export function scheduleChecks(input: GateInput): GateCheck[] {
  if (input.rule?.run.mode !== "batch") return [];
  return [
    check("schedule", "What the schedule finds is what the history shows", "backtest", scheduleAnswer(input)),
  ];
}

function scheduleAnswer({ schedule }: GateInput): Answer {
  if (!schedule) return waiting("It has not been tried turn by turn on the history.", "Check everything.");
  const { checked, found, changed, looksBackOverAll, lookbackMs, missed } = schedule;
  if (checked === 0) return passed("The history has no detection that a turn could miss.");
  const other = changed === 0 ? "" : ` ${changed} of them have other rows there.`;
  const told = `${found} of ${checked} detections of the history (${percent(found / checked)}) are found by the turn that they fall into.${other}`;
  if (found === checked) return passed(told);
  if (looksBackOverAll && found / checked >= AGREES)
    return passed(`${told} The others hang on what came after them.`);
  const example = missed[0] === undefined ? "" : ` Missed, for one: ${missed[0].time}.`;
  return failed(
    `${told}${example} A turn looks back ${formatDuration(lookbackMs)}.`,
    looksBackOverAll
      ? "Let a row hang only on what came before it: rarity over the whole history changes with what comes later."
      : "Widen the lookback; rarity over the whole history changes with it.",
  );
}
