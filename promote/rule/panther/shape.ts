import type { Issue } from "../../../connectors/issue/issue.ts";
import { formatInstant } from "../../../connectors/time/instant.ts";
import type { Condition } from "../condition/condition.ts";
import type { Shape, ShapeEvents } from "../shape/shape.ts";
import type { PantherCorrelation, PantherMember, PantherTest } from "./correlation.ts";

/** The dataset in which what rules found can be asked like any log. */
export const DETECTIONS = "detections";

/** A name of a rule of ours for a rule of Panther's: `AWS.Console.Sign-In` -> `aws-console-sign-in`. */
export function ruleNameOf(ruleId: string): string {
  const name = ruleId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 64);
  return /^[a-z]/.test(name) ? name : `rule-${name}`.slice(0, 64);
}

/** The entity column in which a member's rule gives the field: `p_alert_context.actor` -> `p_alert_context_actor`. */
export function entityOf(match: string): string {
  return match.replaceAll(/[^A-Za-z0-9_]+/g, "_");
}

/** What members go by in a workspace: the names of their rules, and the entities in which these give the match fields. */
export interface MemberNames {
  readonly nameOf: (ruleId: string) => string;
  readonly entityOf: (ruleId: string, match: string) => string;
}

/** Names from the rules' own, where the workspace says nothing else. */
export const PLAIN_NAMES: MemberNames = { nameOf: ruleNameOf, entityOf: (_, match) => entityOf(match) };

/**
 * The correlation as one of our shapes over the detections of its member rules, which go by `names`. Several absent members are refused. A group's absent member must be missing on both
 * sides of the others; a sequence's before, between or after them, as it stands.
 */
export function pantherShape(
  correlation: PantherCorrelation,
  place: string,
  names: MemberNames = PLAIN_NAMES,
): { readonly shape: Shape | null; readonly issues: readonly Issue[] } {
  const { members, kind, windowMs } = correlation;
  const present = members.filter(({ absent }) => !absent);
  const absent = members.filter((member) => member.absent);
  const refuse = (code: string, message: string, remedy: string) => ({
    shape: null,
    issues: [{ severity: "error" as const, code: `panther.${code}`, place, message, remedy }],
  });
  if (present.length === 0)
    return refuse("present", "Every member of the rule must be absent.", "Name what must be there.");
  if (absent.length > 1)
    return refuse("absence", "More than one member must be absent.", "Make a rule of each.");
  const matched = members.filter(({ match }) => match !== null).length;
  if (matched !== 0 && matched !== members.length)
    return refuse(
      "match",
      "Some members have a match field and others have none.",
      "Give each one, or none.",
    );
  const by = matched === 0 ? [] : ["matched"];
  const events = members.map((member, at) => eventsOf(member, at, names));
  const there = events.filter((_, at) => !members[at]!.absent);
  const missingAt = members.findIndex((member) => member.absent);
  const missing = events[missingAt];
  const ordered = kind === "sequence";
  if (missing === undefined)
    return { shape: { kind: "sequence", events: there, by, ordered, windowMs }, issues: [] };
  const side = !ordered
    ? "around"
    : missingAt === 0
      ? "before"
      : missingAt === members.length - 1
        ? "after"
        : "between";
  if (there.length === 1 && side !== "between")
    return { shape: { kind: "absence", events: there[0]!, missing, side, by, windowMs }, issues: [] };
  return { shape: { kind: "sequence", events: there, by, ordered, missing, side, windowMs }, issues: [] };
}

function eventsOf(member: PantherMember, at: number, names: MemberNames): ShapeEvents {
  const where: Condition = {
    kind: "test",
    field: "rule",
    operator: "is",
    values: [names.nameOf(member.ruleId)],
    everyValue: false,
    caseSensitive: true,
  };
  const name = member.id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^[^a-z]+|_+$/g, "")
    .slice(0, 28);
  return {
    name: `${name === "" ? "member" : name}_${at + 1}`,
    dataset: DETECTIONS,
    where,
    by: member.match === null ? [] : [`entities.${names.entityOf(member.ruleId, member.match)}`],
    minimumCount: member.minimumCount,
  };
}

/** A sample test as the events of a test of our rule: detections of the member rules, one JSON object a line. */
export function pantherTestEvents(
  correlation: PantherCorrelation,
  test: PantherTest,
  names: MemberNames = PLAIN_NAMES,
): { readonly file: string; readonly text: string } {
  const lines = test.detections.map(({ member, field, value, timeUs }) => {
    const ruleId = correlation.members.find(({ id }) => id === member)?.ruleId ?? member;
    return JSON.stringify({
      _dataset: DETECTIONS,
      _time: formatInstant(timeUs),
      rule: names.nameOf(ruleId),
      entities: { [names.entityOf(ruleId, field)]: value },
    });
  });
  const slug = ruleNameOf(test.name);
  return {
    file: `${test.expected ? "match" : "no-match"}-${slug}.ndjson`,
    text: `${lines.join("\n")}\n`,
  };
}
