import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import { Fields } from "../../../connectors/yaml/fields.ts";
import { readYamlTree, shown, type YamlTree } from "../../../connectors/yaml/yaml-tree.ts";
import { ruleNameOf } from "./shape.ts";

/** Kinds of analysis whose tests are events of a log. */
const OF_EVENTS: ReadonlySet<string> = new Set(["rule", "scheduled_rule", "policy"]);
const LIMITS = { kibibytes: 2_048, nodes: 200_000 };

/** What of a Panther rule can come over without its Python: what it is about, and its sample events. */
export interface PantherSamples {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly techniques: readonly string[];
  readonly logTypes: readonly string[];
  readonly samples: readonly PantherSample[];
  /** Tests that cannot come over, each with the reason. */
  readonly refused: readonly { readonly name: string; readonly issues: readonly Issue[] }[];
}

/** One event, and whether a rule for the same thing must find it. */
export interface PantherSample {
  readonly name: string;
  /** `match-console-login.ndjson`, unique among the samples. */
  readonly file: string;
  readonly expected: boolean;
  /** The event, without the fields that Panther itself adds to events (`p_any_ip_addresses`). */
  readonly event: Readonly<Record<string, unknown>>;
}

/**
 * Reads a rule's YAML for its metadata and its sample tests. The Python that it names is not read. A test that mocks a
 * function depends on that Python, and is refused by name; so is one without an event or without what it expects. An
 * issue is an error of the file as a whole. Never throws.
 */
export function parsePantherSamples(text: string, place: string): Parsed<PantherSamples> {
  const issues: Issue[] = [];
  const read = readYamlTree(text, place, LIMITS);
  issues.push(...read.issues);
  const fields = new Fields(read.tree, place, "panther", issues);
  const kind = fields.text("AnalysisType", "");
  if (read.tree !== null && !OF_EVENTS.has(kind))
    fields.wrong(
      "AnalysisType",
      `This is no rule of Panther with sample events, but ${kind === "" ? "no analysis at all" : shown(kind)}.`,
      kind === "correlation_rule"
        ? "Import it as a rule: spoor rule import --panther FILE."
        : "Give a file with AnalysisType: rule.",
    );
  const id = fields.text("RuleID", fields.text("PolicyID", ""));
  const samples: PantherSample[] = [];
  const refused: { name: string; issues: Issue[] }[] = [];
  const taken = new Set<string>();
  for (const [at, tree] of testsOf(read.tree).entries()) {
    const { name, sample, issue } = readSample(tree, `${at + 1}`, place);
    if (issue !== null) refused.push({ name, issues: [issue] });
    if (sample === null) continue;
    let { file } = sample;
    for (let number = 2; taken.has(file); number += 1)
      file = sample.file.replace(".ndjson", `-${number}.ndjson`);
    taken.add(file);
    samples.push({ ...sample, file });
  }
  if (issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  const value: PantherSamples = {
    id,
    title: fields.text("DisplayName", id),
    description: fields.text("Description", "", 20_000).trim(),
    techniques: pantherTechniques(read.tree),
    logTypes: fields.texts("LogTypes"),
    samples,
    refused,
  };
  return { ok: true, value, issues };
}

function testsOf(tree: YamlTree | null): readonly YamlTree[] {
  const tests = tree?.kind === "map" ? tree.entries.get("Tests") : undefined;
  return tests?.kind === "list" ? tests.items : [];
}

function readSample(
  tree: YamlTree,
  number: string,
  place: string,
): { name: string; sample: PantherSample | null; issue: Issue | null } {
  const entries = tree.kind === "map" ? tree.entries : new Map<string, YamlTree>();
  const nameTree = entries.get("Name");
  const name = nameTree?.kind === "scalar" ? String(nameTree.value ?? "").trim() : "";
  const refuse = (code: string, message: string, remedy: string) => ({
    name: name === "" ? `test ${number}` : name,
    sample: null,
    issue: {
      severity: "error" as const,
      code: `panther.test.${code}`,
      place: `${place}:${tree.line}`,
      message: `The test "${shown(name || number)}" ${message}`,
      remedy,
    },
  });
  const mocks = entries.get("Mocks");
  if (mocks !== undefined && !(mocks.kind === "list" && mocks.items.length === 0) && !isNull(mocks))
    return refuse(
      "mocks",
      "mocks a function of the rule's Python, so that its event alone does not say what must be found.",
      "Write a test with an event that decides by itself.",
    );
  const expected = entries.get("ExpectedResult");
  if (expected?.kind !== "scalar" || typeof expected.value !== "boolean")
    return refuse("expected", "does not say what it expects.", "Write ExpectedResult: true or false.");
  const log = entries.get("Log") ?? entries.get("Resource");
  if (log?.kind !== "map") return refuse("log", "has no event.", "Give its Log as keys and values.");
  const event = Object.fromEntries(
    [...log.entries].filter(([key]) => !key.startsWith("p_")).map(([key, value]) => [key, plain(value)]),
  );
  if (Object.keys(event).length === 0)
    return refuse("empty", "has an event without a field of its own.", "Give the fields that the log has.");
  const slug = ruleNameOf(name === "" ? `test-${number}` : name);
  const file = `${expected.value ? "match" : "no-match"}-${slug}.ndjson`;
  return { name, sample: { name, file, expected: expected.value, event }, issue: null };
}

function isNull(tree: YamlTree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}

function plain(tree: YamlTree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, value]) => [key, plain(value)]));
}

/** Technique ids of `Reports: MITRE ATT&CK: [TA0004:T1098.001]`. */
export function pantherTechniques(tree: YamlTree | null): string[] {
  const reports = tree?.kind === "map" ? tree.entries.get("Reports") : undefined;
  const attack = reports?.kind === "map" ? reports.entries.get("MITRE ATT&CK") : undefined;
  const items = attack?.kind === "list" ? attack.items : [];
  const ids = items.flatMap((item) =>
    item.kind === "scalar" ? (/\bT\d{4}(?:\.\d{3})?\b/.exec(String(item.value)) ?? []) : [],
  );
  return [...new Set(ids)];
}
