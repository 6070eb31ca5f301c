/** Reads Sigma documents. */
import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import { readYamlTree, shown, type YamlTree } from "../../../connectors/yaml/yaml-tree.ts";
import { readDetections } from "./detection.ts";
import { documentBodies } from "./document-bodies.ts";
import { SigmaKeys } from "./keys.ts";
import { SIGMA_LEVELS, type SigmaLogSource, type SigmaRule } from "./sigma-rule.ts";

/** One YAML document of a file; lines count from the file's beginning. */
export interface SigmaDocument {
  readonly kind: "rule" | "correlation" | "filter";
  readonly tree: YamlTree;
}

const MAXIMUM_DOCUMENTS = 200;
/** Lists of known hashes are longer than a declaration of ours ever is. */
const LIMITS = { kibibytes: 4_096, nodes: 200_000 };
const KNOWN = new Set(
  (
    "title id name related taxonomy status description license references reference author date modified logsource " +
    "detection fields falsepositives level tags scope"
  ).split(" "),
);

/** Reads every document of a file and says what each is. What is no YAML gives issues with lines. */
export function readSigmaDocuments(
  text: string,
  place: string,
): { readonly documents: readonly SigmaDocument[]; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const documents: SigmaDocument[] = [];
  const { parts, bodies } = documentBodies(text);
  if (parts > MAXIMUM_DOCUMENTS) {
    issues.push(
      issue(
        "sigma.too-many",
        place,
        1,
        `The file holds more than ${MAXIMUM_DOCUMENTS} documents.`,
        "Split it.",
      ),
    );
    return { documents, issues };
  }
  for (const { start, lines } of bodies) {
    const read = readYamlTree("\n".repeat(start) + lines.join("\n"), place, LIMITS);
    issues.push(...read.issues);
    if (read.tree?.kind === "map") {
      const { entries } = read.tree;
      const kind = entries.has("correlation") ? "correlation" : entries.has("filter") ? "filter" : "rule";
      documents.push({ kind, tree: read.tree });
    } else if (read.tree)
      issues.push(
        issue("sigma.shape", place, start + 1, "This is no Sigma document.", "Begin with `title:`."),
      );
  }
  if (documents.length === 0 && issues.length === 0)
    issues.push(
      issue("sigma.empty", place, 1, "The file holds no Sigma document.", "Write or choose a rule."),
    );
  return { documents, issues };
}

/** Reads a file that holds one rule. */
export function parseSigmaRule(text: string, place: string): Parsed<SigmaRule> {
  const { documents, issues } = readSigmaDocuments(text, place);
  if (issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  const [first, ...more] = documents;
  const other = more[0] ?? (first!.kind === "rule" ? null : first!);
  if (other) {
    const collection = documents.some(({ tree }) => tree.kind === "map" && tree.entries.has("action"));
    return {
      ok: false,
      issues: [
        collection
          ? issue(
              "sigma.collection",
              place,
              first!.tree.line,
              "The file is a collection of rules with `action:`, which Sigma has removed.",
              "Write each rule out in a file of its own.",
            )
          : issue(
              "sigma.not-one-rule",
              place,
              other.tree.line,
              "The file holds more than one rule.",
              "Import it as a collection.",
            ),
      ],
    };
  }
  return readSigmaRule(first!.tree, place);
}

/** Reads one document that is a rule. All that stops it is told at once, each with its line. */
export function readSigmaRule(tree: YamlTree, place: string): Parsed<SigmaRule> {
  const issues: Issue[] = [];
  const keys = new SigmaKeys(tree, place, "sigma", issues);
  if (keys.has("action"))
    keys.error(
      "collection",
      keys.lineOf("action"),
      "`action:` collections were removed from Sigma.",
      "Write the rule out.",
    );
  const title = keys.text("title");
  if (title === "") keys.error("title.missing", tree.line, "The rule has no title.", "Give it a `title`.");
  else if (title.length > 256)
    keys.warn("title.long", keys.lineOf("title"), "The title is longer than 256 characters.", "Shorten it.");
  const level = keys.text("level").toLowerCase();
  const known = SIGMA_LEVELS.find((one) => one === level) ?? null;
  if (level !== "" && known === null)
    keys.warn(
      "level.unknown",
      keys.lineOf("level"),
      `\`${shown(level)}\` is no level.`,
      `Use one of ${SIGMA_LEVELS.join(", ")}.`,
    );
  const detection = keys.tree("detection");
  if (!detection)
    keys.error(
      "detection.missing",
      tree.line,
      "The rule has no detection.",
      "Say what it looks for under `detection`.",
    );
  const detections = detection ? readDetections(detection, place, issues) : null;
  const taxonomy = keys.text("taxonomy") || "sigma";
  if (taxonomy !== "sigma")
    keys.error(
      "taxonomy.unknown",
      keys.lineOf("taxonomy"),
      `The rule's fields follow the taxonomy \`${shown(taxonomy)}\`, which is not known here.`,
      "Map its fields to those of the taxonomy `sigma` with a pipeline, and leave `taxonomy` out.",
    );
  const logSource = readLogSource(keys, tree);
  if (!detections || issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  const entries = tree.kind === "map" ? [...tree.entries] : [];
  return {
    ok: true,
    issues,
    value: {
      title,
      id: keys.text("id"),
      name: keys.text("name"),
      related: keys.maps("related").map((one) => ({ id: one.text("id"), type: one.text("type") })),
      taxonomy,
      status: keys.text("status").toLowerCase(),
      description: keys.text("description"),
      license: keys.text("license"),
      references: [...keys.texts("references"), ...keys.texts("reference")],
      author: keys.text("author"),
      date: keys.text("date"),
      modified: keys.text("modified"),
      logSource,
      detections,
      fields: keys.texts("fields"),
      falsePositives: keys.texts("falsepositives"),
      level: known,
      tags: keys.texts("tags"),
      scope: keys.texts("scope"),
      custom: new Map(entries.filter(([key]) => !KNOWN.has(key))),
      place,
      line: tree.line,
    },
  };
}

/** Reads `logsource:` of a rule or filter. */
export function readLogSource(keys: SigmaKeys, tree: YamlTree): SigmaLogSource {
  const source = keys.map("logsource");
  const part = (key: string): string | null => source?.text(key).trim().toLowerCase() || null;
  const read: SigmaLogSource = {
    product: part("product"),
    category: part("category"),
    service: part("service"),
    definition: source?.text("definition") ?? "",
    line: source?.line ?? tree.line,
  };
  if (!source || (read.product === null && read.category === null && read.service === null))
    keys.error(
      "logsource.missing",
      read.line,
      "The rule does not say which log it is about.",
      "Name a product, category or service under `logsource`.",
    );
  return read;
}

function issue(code: string, place: string, line: number, message: string, remedy: string): Issue {
  return { severity: "error", code, place: `${place}:${line}`, message, remedy };
}
