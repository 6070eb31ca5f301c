import { overlapReasons } from "../../ads/strategy.ts";
import { type GateInput, ownerOf } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, failed, figure, passed, percent, waiting } from "./answer.ts";

const SHOWN = 5;
/** From this share on, everything that a rule finds is another's too. */
const ALL = 0.9999;

/** What the rule adds to the others, and to what its owner takes from all of them. */
export function loadChecks(input: GateInput): GateCheck[] {
  return [
    check("overlap", "It finds what no other rule finds", "backtest", overlapAnswer(input)),
    check("budget", "Within the owner's alert budget", "backtest", budgetAnswer(input)),
  ];
}

function overlapAnswer({ overlap, ads }: GateInput): Answer {
  if (!overlap) return waiting("It has not been compared with the other rules.", "Check everything.");
  const sharing = overlap.rules
    .filter(({ shared }) => shared > 0)
    .sort((left, right) => right.ofMine - left.ofMine);
  if (sharing.length === 0) return passed("It shares no detection with another rule.");
  const told = sharing
    .slice(0, SHOWN)
    .map(
      ({ rule, shared, ofMine, ofTheirs }) =>
        `${rule} has ${shared} of them too: ${percent(ofMine)} of this rule's, ${percent(ofTheirs)} of its own`,
    )
    .join("; ");
  const reasons = overlapReasons(ads?.sections.strategyAbstract ?? "");
  const whole = sharing.filter(({ ofMine }) => ofMine >= ALL);
  const unsaid = whole.filter(({ rule }) => !reasons.has(rule));
  if (unsaid.length > 0)
    return failed(
      `${told}.`,
      `Let ${unsaid[0]!.rule} page instead, narrow one of them, or say why both are needed in Strategy Abstract: \`- **Overlap with ${unsaid[0]!.rule}:** …\`.`,
    );
  const why = whole.map(({ rule }) => ` Both are needed, because: ${reasons.get(rule)}`).join("");
  return passed(`${told}.${why}`);
}

function budgetAnswer(input: GateInput): Answer {
  const { backtest, budget } = input;
  const owner = ownerOf(input);
  if (!owner) return waiting("There is no owner whose budget could be compared.", "Name an owner first.");
  if (!backtest) return waiting("Known once the backtest has run.", "Run the backtest.");
  const remedy = "Narrow the rule, or agree on a larger budget with the owner in owners.yaml.";
  const alone = `${figure(backtest.alertsPerWeek)} alerts a week in the backtest; ${owner.name} takes ${figure(owner.alertsPerWeekBudget)}`;
  if (backtest.alertsPerWeek > owner.alertsPerWeekBudget) return failed(`${alone}.`, remedy);
  if (!budget || budget.owner !== owner.name)
    return waiting(
      `${alone}. What the owner's other rules bring has not been added up.`,
      "Check everything.",
    );
  const others = budget.others.filter(({ alertsPerWeek }) => alertsPerWeek > 0);
  const told = `${figure(budget.total)} alerts a week from all rules together, ${figure(budget.mine)} of them from this one${
    others.length === 0
      ? ""
      : ` (${others
          .slice(0, SHOWN)
          .map(({ rule, alertsPerWeek }) => `${rule} ${figure(alertsPerWeek)}`)
          .join(", ")}${others.length > SHOWN ? `, and ${others.length - SHOWN} more rules` : ""})`
  }; ${owner.name} takes ${figure(owner.alertsPerWeekBudget)}.`;
  return budget.mine + others.reduce((sum, { alertsPerWeek }) => sum + alertsPerWeek, 0) <=
    owner.alertsPerWeekBudget
    ? passed(told)
    : failed(told, remedy);
}
