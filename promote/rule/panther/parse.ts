import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import { Fields } from "../../../connectors/yaml/fields.ts";
import { readYamlTree, shown } from "../../../connectors/yaml/yaml-tree.ts";
import type { PantherCorrelation, PantherMember } from "./correlation.ts";
import { readTests } from "./parse-tests.ts";
import { pantherTechniques } from "./sample-tests.ts";

const DEFAULT_WINDOW_MINUTES = 15;
const MINUTE_MS = 60_000;
const SEVERITIES = ["Info", "Low", "Medium", "High", "Critical"] as const;

/**
 * Reads one Panther correlation rule: `Group` or `Sequence` with `MatchCriteria` or `Transitions`, `MinMatchCount`,
 * `Absence`, `LookbackWindowMinutes` (15 when not said), `WithinTimeFrameMinutes`, and its tests. What our rules have no
 * word for is refused by name. `Schedule` is left out: a rule of ours streams. Never throws.
 */
export function parsePantherCorrelation(text: string, place: string): Parsed<PantherCorrelation> {
  const issues: Issue[] = [];
  const read = readYamlTree(text, place);
  issues.push(...read.issues);
  const fields = new Fields(read.tree, place, "panther", issues);
  if (fields.text("AnalysisType", "") !== "correlation_rule")
    fields.wrong(
      "AnalysisType",
      "This is no correlation rule of Panther.",
      "Give a file with AnalysisType: correlation_rule.",
    );
  const severity = fields.choice("Severity", "Medium", SEVERITIES);
  const [detection, ...others] = fields.list("Detection");
  if (detection === undefined || others.length > 0)
    fields.wrong(
      "Detection",
      `The rule has ${others.length + (detection === undefined ? 0 : 1)} detections.`,
      "Split it into rules with one Group or Sequence each.",
    );
  const found = detection === undefined ? null : readDetection(detection);
  const value: PantherCorrelation = {
    id: fields.text("RuleID", ""),
    title: fields.text("DisplayName", fields.text("RuleID", "")),
    description: fields.text("Description", "", 20_000).trim(),
    runbook: fields.text("Runbook", "", 20_000).trim(),
    reference: fields.text("Reference", "").trim(),
    severity:
      severity === "Info" ? "low" : (severity.toLowerCase() as "low" | "medium" | "high" | "critical"),
    techniques: pantherTechniques(read.tree),
    kind: found?.kind ?? "group",
    members: found?.members ?? [],
    windowMs: (found?.windowMinutes ?? DEFAULT_WINDOW_MINUTES) * MINUTE_MS,
    tests: readTests(fields, found?.members ?? []),
  };
  return found === null || issues.some((issue) => issue.severity === "error")
    ? { ok: false, issues }
    : { ok: true, value, issues };
}

function readDetection(
  detection: Fields,
): { kind: PantherCorrelation["kind"]; members: PantherMember[]; windowMinutes: number } | null {
  const kind = detection.has("Sequence") ? "sequence" : "group";
  if (detection.has("Sequence") && detection.has("Group")) {
    detection.wrong("Group", "The detection has a Group and a Sequence.", "Split it into two rules.");
    return null;
  }
  const members = detection.list(kind === "sequence" ? "Sequence" : "Group", 16).map(readMember);
  if (members.length === 0) {
    detection.report(
      "error",
      "members",
      detection.line,
      "The detection has no Group and no Sequence.",
      "List the rules that belong together.",
    );
    return null;
  }
  const twice = members.find(({ id }, at) => members.findIndex((other) => other.id === id) !== at);
  if (twice !== undefined)
    detection.wrong(
      "Group",
      `The ID ${shown(twice.id)} is there twice.`,
      "Give each member an ID of its own.",
    );
  const lookback = detection.number("LookbackWindowMinutes", DEFAULT_WINDOW_MINUTES, 1, 527_040);
  detection.choice("EventEvaluationOrder", "Chronological", ["Chronological"]);
  const matches = new Map<string, string>();
  let within: number | null = null;
  if (kind === "group") readMatchCriteria(detection, matches);
  else within = readTransitions(detection, members, lookback, matches);
  const windowMinutes = Math.min(within ?? lookback, lookback);
  detection.map("Schedule");
  detection.finish();
  return {
    kind,
    windowMinutes,
    members: members.map((member) => ({ ...member, match: matches.get(member.id) ?? null })),
  };
}

function readMember(fields: Fields): PantherMember {
  const ruleId = fields.text("RuleID", "");
  const member = {
    id: fields.text("ID", ruleId),
    ruleId,
    match: null,
    minimumCount: fields.number("MinMatchCount", 1, 1, 100_000),
    absent: fields.boolean("Absence", false),
  };
  if (fields.has("MaxMatchCount"))
    fields.wrong(
      "MaxMatchCount",
      "`MaxMatchCount` bounds a count from above, which our sequences cannot.",
      "Write the rule as SQL, or make it a threshold.",
    );
  if (ruleId === "")
    fields.report("error", "rule", fields.line, "A member names no rule.", "Give its RuleID.");
  fields.finish();
  return member;
}

/** The one criterion that says which field of each member must be the same. */
function readMatchCriteria(detection: Fields, matches: Map<string, string>): void {
  const criteria = detection.map("MatchCriteria");
  if (criteria === null) return;
  const names = criteria.keys();
  if (names.length > 1)
    criteria.wrong(
      names[1]!,
      "More than one match criterion is given.",
      "Keep one: members are matched by one field of each.",
    );
  for (const entry of criteria.list(names[0] ?? "")) {
    matches.set(entry.text("GroupID", ""), entry.text("Match", ""));
    entry.finish();
  }
}

/** Fields of the transitions, and the time frame of a pair; null when the lookback window holds. */
function readTransitions(
  detection: Fields,
  members: readonly PantherMember[],
  lookback: number,
  matches: Map<string, string>,
): number | null {
  const spans: number[] = [];
  const transitions = detection.list("Transitions", 32);
  transitions.forEach((transition) => {
    transition.text("ID", "");
    const from = transition.text("From", "");
    const to = transition.text("To", "");
    const at = members.findIndex(({ id }) => id === from);
    if (at < 0 || members[at + 1]?.id !== to)
      transition.wrong(
        "From",
        `The transition leads from ${shown(from)} to ${shown(to)}, which do not follow each other.`,
        "Order the Sequence as the transitions go.",
      );
    const span = transition.number("WithinTimeFrameMinutes", null, 1, 527_040);
    if (span !== null) spans.push(span);
    if (span !== null && members.length > 2 && span < lookback)
      transition.wrong(
        "WithinTimeFrameMinutes",
        "A step of a longer sequence has a time frame of its own.",
        "A sequence has one window for all of its steps: leave it out, or make a rule of each pair.",
      );
    for (const match of transition.list("Match", 10).slice(0, 1)) {
      const on = match.text("On", "");
      put(matches, from, match.text("From", on), transition);
      put(matches, to, match.text("To", on), transition);
      match.finish();
    }
    transition.finish();
  });
  return spans.length === 0 ? null : Math.min(...spans);
}

function put(matches: Map<string, string>, member: string, field: string, transition: Fields): void {
  const known = matches.get(member);
  if (known !== undefined && known !== field)
    transition.wrong(
      "Match",
      `${shown(member)} is matched by ${shown(known)} and by ${shown(field)}.`,
      "Match the whole sequence by one field of each member.",
    );
  matches.set(member, field);
}
