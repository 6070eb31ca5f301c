import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import { shown } from "../../../../connectors/yaml/yaml-tree.ts";
import type { Condition } from "../../condition/condition.ts";
import type { ShapeEvents } from "../../shape/shape.ts";
import type { SigmaRule } from "../sigma-rule.ts";
import { isCorrelation, type SigmaCollection } from "./collection.ts";
import type { CorrelationCondition, SigmaCorrelation } from "./correlation.ts";

/** The events of one rule in one dataset, after filters and pipelines. */
export interface SigmaEvents {
  readonly dataset: string;
  readonly where: Condition;
  /** What the pipelines call a field. */
  readonly mapName: (name: string) => readonly string[];
}

/** Where the events of a rule are; several when its log source means several datasets. */
export type EventsOf = (rule: SigmaRule) => Parsed<readonly SigmaEvents[]>;

/** What one reference brings: events of a kind, one entry for each dataset. */
export interface Member {
  readonly reference: string;
  readonly entries: readonly Omit<ShapeEvents, "name">[];
  readonly mapName: (name: string) => readonly string[];
}

/** Why a correlation cannot be said; an empty message when the issues tell it already. */
export class Refused extends Error {
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

/** The events that one reference of a correlation brings. Throws Refused. */
export function memberOf(
  reference: string,
  correlation: SigmaCorrelation,
  collection: Pick<SigmaCollection, "named">,
  eventsOf: EventsOf,
  issues: Issue[],
): Member {
  const found = collection.named.get(reference);
  if (found === undefined)
    throw new Refused(
      "reference",
      `There is no rule with the id or name \`${shown(reference)}\`.`,
      "Import it together with the correlation.",
    );
  if (found === "ambiguous")
    throw new Refused(
      "reference",
      `Two rules have the id or name \`${shown(reference)}\`.`,
      "Give each a name of its own.",
    );
  if (!isCorrelation(found)) return ruleMember(reference, found, correlation, eventsOf, issues, undefined);
  const inner = found;
  if (inner === correlation)
    throw new Refused("nested", "The correlation names itself.", "Name the rules that it is about.");
  const count = inner.type === "event_count" && inner.condition !== null ? lowerBound(inner.condition) : null;
  const [innerReference] = inner.rules;
  const part = innerReference === undefined ? undefined : collection.named.get(innerReference);
  if (
    count === null ||
    inner.rules.length !== 1 ||
    part === undefined ||
    part === "ambiguous" ||
    isCorrelation(part)
  )
    throw new Refused(
      "nested",
      `\`${shown(reference)}\` is a correlation of type ${inner.type}; within another only an event_count of one rule with a lower bound (gt, gte) can be said here.`,
      "Write it as one correlation over single rules.",
    );
  return ruleMember(reference, part, correlation, eventsOf, issues, { count, inner });
}

function ruleMember(
  reference: string,
  rule: SigmaRule,
  correlation: SigmaCorrelation,
  eventsOf: EventsOf,
  issues: Issue[],
  burst: { readonly count: number; readonly inner: SigmaCorrelation } | undefined,
): Member {
  const read = eventsOf(rule);
  issues.push(...read.issues);
  if (!read.ok) throw new Refused("", "", "");
  const keyFields = (from: SigmaCorrelation, called: string, events: SigmaEvents) =>
    from.groupBy.map((name) => oneName(fieldOf(from, name, called, rule), events.mapName));
  const entries = read.value.map((events) => ({
    dataset: events.dataset,
    where: events.where,
    by: keyFields(correlation, reference, events),
    minimumCount: 1,
    ...(burst === undefined
      ? {}
      : {
          burst: {
            count: burst.count,
            windowMs: burst.inner.timespanMs,
            by: keyFields(burst.inner, burst.inner.rules[0]!, events),
          },
        }),
  }));
  const [first] = read.value;
  if (first === undefined)
    throw new Refused(
      "datasets",
      `No dataset has the events of \`${shown(reference)}\`.`,
      "Say which source its log source means.",
    );
  return { reference, entries, mapName: first.mapName };
}

/** The field that a name of `group-by` or `field` stands for in the events of one rule. */
function fieldOf(correlation: SigmaCorrelation, name: string, reference: string, rule: SigmaRule): string {
  const alias = correlation.aliases.get(name);
  if (alias === undefined) return name;
  const field = alias.get(reference) ?? alias.get(rule.name) ?? alias.get(rule.id);
  if (field === undefined)
    throw new Refused(
      "alias",
      `The alias \`${shown(name)}\` names no field for \`${shown(reference)}\`.`,
      "Name one for each rule.",
    );
  return field;
}

/** The one name that pipelines give a field. Throws Refused. */
export function oneName(name: string, mapName: (name: string) => readonly string[]): string {
  const names = mapName(name);
  if (names.length === 1) return names[0]!;
  throw new Refused(
    "field",
    `The pipelines give \`${shown(name)}\` several names (${names.map(shown).join(", ")}), and a group has one.`,
    "Map it to one.",
  );
}

/** The least count that a condition takes, if that is all it says. */
function lowerBound({ comparisons }: CorrelationCondition): number | null {
  const [only, ...more] = comparisons;
  if (only === undefined || more.length > 0) return null;
  const count =
    only.comparison === "greater-or-equal"
      ? Math.ceil(only.value)
      : only.comparison === "greater"
        ? Math.floor(only.value) + 1
        : 0;
  return count >= 1 ? count : null;
}
