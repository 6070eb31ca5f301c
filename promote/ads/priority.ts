/** Priority: how urgent an alert is, and what that rests on. Browser-safe: pure functions only. */
import type { Gap } from "./gap.ts";
import { readFields, renderFields } from "./labelled.ts";
import { oneLine, renderListParts } from "./list-parts.ts";
import { isPlaceholder, wordCount } from "./said.ts";

export const PRIORITY_LEVELS = ["low", "medium", "high", "critical"] as const;
export type PriorityLevel = (typeof PRIORITY_LEVELS)[number];

export interface Priority {
  /** As written; one of PRIORITY_LEVELS when it is right, "" where it is not said. */
  readonly level: string;
  /** Why it differs from what is proposed, or what it rests on where nothing is; "" where it is not said. */
  readonly reason: string;
  readonly prose: string;
}

const LABELS = {
  priority: "level",
  level: "level",
  severity: "level",
  reason: "reason",
  "override reason": "reason",
  override: "reason",
  because: "reason",
} as const;
const FEWEST_WORDS_OF_REASON = 3;

/** Reads the section. Text without fields is kept as prose. */
export function parsePriority(body: string): Priority {
  const { values, rest } = readFields(body, LABELS);
  return { level: values.level ?? "", reason: values.reason ?? "", prose: renderListParts(rest) };
}

/** Writes the section; parses back to the same value. */
export function renderPriority({ level, reason, prose }: Priority): string {
  return renderFields(prose, [
    ["Priority", level],
    ["Reason", reason],
  ]);
}

/** The level that is written, or null where it is none: "High." is high. */
export function priorityLevel(written: string): PriorityLevel | null {
  const bare = oneLine(written)
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "");
  return PRIORITY_LEVELS.find((level) => level === bare) ?? null;
}

/** What a priority rests on. Dollars are US dollars. */
export interface PriorityBasis {
  /** The scenario that the rule's techniques are a step of; null where the risk model prices none. */
  readonly scenario: string | null;
  /** Mean loss of one such attack when nothing detects it. */
  readonly lossUsd: number;
  /** P(an alert is true), 0..1. */
  readonly precision: number;
  readonly minutesPerAlert: number;
  readonly hourlyRateUsd: number;
}

export interface ProposedPriority {
  readonly level: PriorityLevel;
  /** Dollars that one alert is about: precision times loss, less what it costs to look at. */
  readonly usdAtRisk: number;
  readonly sentence: string;
}

/** From how many dollars at risk an alert has which level. */
const FROM_USD: readonly (readonly [number, PriorityLevel])[] = [
  [250_000, "critical"],
  [25_000, "high"],
  [1_000, "medium"],
];

/** The level that dollars and precision propose; null where no scenario prices what the rule looks for. */
export function proposedPriority(basis: PriorityBasis): ProposedPriority | null {
  if (basis.scenario === null) return null;
  const costUsd = (basis.minutesPerAlert / 60) * basis.hourlyRateUsd;
  const usdAtRisk = basis.precision * basis.lossUsd - costUsd;
  const level = FROM_USD.find(([from]) => usdAtRisk >= from)?.[1] ?? "low";
  return {
    level,
    usdAtRisk,
    sentence: `An alert is about $${figure(usdAtRisk)}: one in ${figure(1 / Math.max(basis.precision, 1e-6))} is true, "${oneLine(basis.scenario)}" costs $${figure(basis.lossUsd)} when nothing stops it, and looking costs $${figure(costUsd)}. That is ${level}.`,
  };
}

/** What the section lacks. `severity` is rule.yaml's, which decides what alerts say. */
export function priorityGaps(body: string, severity: PriorityLevel | null): Gap[] {
  const { level: written } = parsePriority(body);
  const level = priorityLevel(written);
  if (level === null)
    return [
      {
        message: isPlaceholder(written) ? "It names no priority." : `"${oneLine(written)}" is no priority.`,
        remedy: `Add \`- **Priority:** ${severity ?? "medium"}\`, one of ${PRIORITY_LEVELS.join(", ")}.`,
      },
    ];
  if (severity === null || level === severity) return [];
  return [
    { message: `It says ${level}, and rule.yaml says ${severity}.`, remedy: "Write the same in both." },
  ];
}

/** Where the priority is neither what dollars and precision propose, nor has a reason. */
export function priorityDollarGaps(body: string, proposed: ProposedPriority | null): Gap[] {
  const { level: written, reason } = parsePriority(body);
  if (!isPlaceholder(reason) && wordCount(reason) >= FEWEST_WORDS_OF_REASON) return [];
  if (proposed === null)
    return [
      {
        message: "No scenario of the risk model prices what it looks for, and no reason is given.",
        remedy: "Add `- **Reason:** …`, or put its technique in a scenario of risk/model.yaml.",
      },
    ];
  const level = priorityLevel(written);
  if (level === proposed.level) return [];
  return [
    {
      message: `${proposed.sentence} The section says ${level ?? "nothing"}.`,
      remedy: `Take ${proposed.level}, or add \`- **Reason:** …\`.`,
    },
  ];
}

function figure(value: number): string {
  return Math.abs(value) >= 10
    ? Math.round(value).toLocaleString("en-US")
    : String(Math.round(value * 10) / 10);
}
