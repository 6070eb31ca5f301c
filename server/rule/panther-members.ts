import type { Issue } from "../../connectors/issue/issue.ts";
import type { EntityKind } from "../../connectors/source/source.ts";
import type { PantherCorrelation, PantherMember } from "../../promote/rule/panther/correlation.ts";
import { entityOf, type MemberNames, ruleNameOf } from "../../promote/rule/panther/shape.ts";
import { proposeEntities } from "../../promote/rule/propose.ts";
import type { Rule, RuleEntity } from "../../promote/rule/rule.ts";
import type { Spoor } from "../spoor.ts";
import type { CorrelationMember } from "./exchange-types.ts";

/** What names of a match field tell of its kind, where no rule says it. */
const KINDS: readonly (readonly [EntityKind, RegExp])[] = [
  ["ip", /(?:^|_)ip(?:_|$)|ipaddress|ip_addresses/i],
  ["user", /actor|user|email|arn|principal|identity|account/i],
  ["domain", /domain/i],
  ["hash", /hash|sha\d|md5/i],
];

/** The rules that a correlation puts together, as this workspace has them. */
export interface MemberRules {
  readonly names: MemberNames;
  readonly members: readonly CorrelationMember[];
  /** What the correlation's detections are about. */
  readonly entities: readonly RuleEntity[];
  readonly warnings: readonly Issue[];
}

/**
 * Finds the members of a correlation among the workspace's rules, by the name that `imported` or their id gives them, and
 * the entity of their detections that stands for the match field: one of the same name (whole, or its last part), else
 * the only one there is. What is missing or guessed is a warning.
 */
export async function memberRules(
  spoor: Spoor,
  correlation: PantherCorrelation,
  place: string,
  imported: ReadonlyMap<string, string>,
): Promise<MemberRules> {
  const warnings: Issue[] = [];
  const warn = (code: string, message: string, remedy: string) =>
    warnings.push({ severity: "warning", code: `panther.${code}`, place, message, remedy });
  const nameOf = (ruleId: string) => imported.get(ruleId) ?? ruleNameOf(ruleId);
  const found = new Map<string, RuleEntity | null>();
  const members: CorrelationMember[] = [];
  for (const member of correlation.members) {
    const name = nameOf(member.ruleId);
    const rule = spoor.rules.has(name) ? (await spoor.rules.weighed(name)).loaded.rule : null;
    const state = rule !== null ? "here" : imported.has(member.ruleId) ? "imported" : "missing";
    if (state === "missing")
      warn(
        "member.missing",
        `The workspace has no rule ${name} (${member.ruleId}): its detections never come.`,
        `Make a rule named ${name}, or write the name of the one that finds the same into shape.yaml.`,
      );
    if (rule !== null && member.match !== null)
      found.set(keyOf(member.ruleId, member.match), entityFor(rule, member, warn));
    members.push({ ruleId: member.ruleId, name, state, entity: columnOf(member, found) });
  }
  const entities = matchedEntity(correlation, found, warn);
  const names: MemberNames = {
    nameOf,
    entityOf: (ruleId, match) => found.get(keyOf(ruleId, match))?.column ?? entityOf(match),
  };
  return { names, members, entities, warnings };
}

const keyOf = (ruleId: string, match: string) => JSON.stringify([ruleId, match]);

type Warn = (code: string, message: string, remedy: string) => void;

function columnOf(
  { ruleId, match }: PantherMember,
  found: ReadonlyMap<string, RuleEntity | null>,
): string | null {
  return match === null ? null : (found.get(keyOf(ruleId, match))?.column ?? entityOf(match));
}

/** The entity of a member's rule that is its match field. */
function entityFor(rule: Rule, { match }: PantherMember, warn: Warn): RuleEntity | null {
  const { entities } = rule;
  const wanted = [entityOf(match!), entityOf(match!.split(".").at(-1)!)].map((name) => name.toLowerCase());
  const named = entities.find(({ column }) => wanted.includes(column.toLowerCase()));
  if (named !== undefined) return named;
  const columns = entities.map(({ column }) => `\`${column}\``).join(", ") || "none";
  const [only, ...others] = entities;
  if (only !== undefined && others.length === 0) {
    warn(
      "member.entity",
      `${rule.name} has no entity ${match}; its only one, ${columns}, is compared instead.`,
      "Check that both mean the same; else change `by` in shape.yaml.",
    );
    return only;
  }
  warn(
    "member.entity",
    `${rule.name} has no entity ${match}; its entities are ${columns}.`,
    "Choose the one that is compared: write it into `by` in shape.yaml.",
  );
  return null;
}

/** The entity of the correlation: the value that its members share. */
function matchedEntity(
  correlation: PantherCorrelation,
  found: ReadonlyMap<string, RuleEntity | null>,
  warn: Warn,
): RuleEntity[] {
  const matches = correlation.members.flatMap(({ match }) => (match === null ? [] : [match]));
  const [match] = matches;
  if (match === undefined) {
    warn(
      "entity.none",
      "It compares no field of its members, so that its detections are about nobody.",
      "Write the entity that they share into `by` in shape.yaml.",
    );
    return [];
  }
  const known = [...found.values()].find((one) => one !== null)?.kind;
  const last = match.split(".").at(-1)!;
  const guessed =
    proposeEntities([{ name: last, type: "VARCHAR" }])[0]?.kind ??
    KINDS.find(([, pattern]) => pattern.test(match))?.[0];
  if (known === undefined && guessed === undefined)
    warn(
      "entity.kind",
      `What kind of entity ${match} is cannot be told; it is taken for a host.`,
      "Write its kind into rule.yaml.",
    );
  return [{ column: "matched", kind: known ?? guessed ?? "host" }];
}
