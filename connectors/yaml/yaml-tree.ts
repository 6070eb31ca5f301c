import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Issue } from "../issue/issue.ts";

/** A YAML text as plain values with the line each stands on; keys are text and unique. */
export type YamlTree =
  | { readonly kind: "scalar"; readonly value: string | number | boolean | null; readonly line: number }
  | { readonly kind: "list"; readonly items: readonly YamlTree[]; readonly line: number }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, YamlTree>; readonly line: number };

const MAXIMUM_DEPTH = 32;
/** What one declaration may measure where nothing else is said. */
const LIMITS: YamlLimits = { kibibytes: 256, nodes: 20_000 };

export interface YamlLimits {
  readonly kibibytes: number;
  readonly nodes: number;
}

/**
 * Reads one YAML document that a person wrote. Never throws: what is malformed, too large, nested too deep, or uses
 * anchors, aliases, tags or keys that are not text becomes an issue, and the tree is then null.
 */
export function readYamlTree(
  text: string,
  place: string,
  limits: YamlLimits = LIMITS,
): { readonly tree: YamlTree | null; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const lineCounter = new LineCounter();
  const report = (offset: number, code: string, message: string, remedy: string): null => {
    issues.push({
      severity: "error",
      code,
      place: `${place}:${lineCounter.linePos(offset).line}`,
      message,
      remedy,
    });
    return null;
  };
  if (Buffer.byteLength(text) > limits.kibibytes * 1_024) {
    report(
      0,
      "yaml.too-large",
      `The file is larger than ${limits.kibibytes} KiB.`,
      "Keep only the declaration in it.",
    );
    return { tree: null, issues };
  }
  if (tooDeep(text)) {
    report(0, "yaml.too-deep", "The file nests deeper than 32 levels.", "Flatten it.");
    return { tree: null, issues };
  }
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, {
      lineCounter,
      version: "1.2",
      schema: "core",
      merge: false,
      uniqueKeys: false,
      stringKeys: false,
      logLevel: "silent",
      prettyErrors: false,
    });
  } catch (error) {
    report(0, "yaml.malformed", `The file is no YAML: ${firstLine(error)}`, "Correct it.");
    return { tree: null, issues };
  }
  for (const error of document.errors.slice(0, 20)) {
    report(
      error.pos[0],
      "yaml.malformed",
      `Not valid YAML: ${firstLine(error)}`,
      "Correct the line; quote texts that hold `: ` or ` #`.",
    );
  }
  if (issues.length > 0) return { tree: null, issues };

  let nodeCount = 0;
  const walk = (node: unknown, depth: number): YamlTree | null => {
    const offset = offsetOf(node);
    nodeCount += 1;
    if (nodeCount > limits.nodes || depth > MAXIMUM_DEPTH) {
      return report(
        offset,
        "yaml.too-large",
        "The file holds too many values or nests too deep.",
        "Keep only the declaration in it.",
      );
    }
    if (node === null || node === undefined)
      return { kind: "scalar", value: null, line: lineCounter.linePos(offset).line };
    if (isAlias(node)) {
      return report(
        offset,
        "yaml.alias",
        "Anchors and aliases (`&a`, `*a`) are not read.",
        "Write the value out.",
      );
    }
    const line = lineCounter.linePos(offset).line;
    if (isScalar(node)) {
      const value = node.value;
      if (typeof value === "string" || typeof value === "boolean" || value === null)
        return { kind: "scalar", value, line };
      if (typeof value === "number" && Number.isFinite(value)) return { kind: "scalar", value, line };
      return report(
        offset,
        "yaml.value",
        "This value is no text, number, true or false.",
        "Write it as a text in quotes.",
      );
    }
    if (isSeq(node)) {
      const items: YamlTree[] = [];
      for (const item of node.items) {
        const read = walk(item, depth + 1);
        if (!read) return null;
        items.push(read);
      }
      return { kind: "list", items, line };
    }
    if (isMap(node)) {
      const entries = new Map<string, YamlTree>();
      for (const pair of node.items) {
        if (!isScalar(pair.key) || typeof pair.key.value !== "string") {
          return report(
            offsetOf(pair.key, offset),
            "yaml.key",
            "A key is not a text.",
            "Write keys as plain words.",
          );
        }
        if (entries.has(pair.key.value)) {
          return report(
            offsetOf(pair.key),
            "yaml.key.twice",
            `The key \`${shown(pair.key.value)}\` is there twice.`,
            "Keep one of them.",
          );
        }
        const read = walk(pair.value, depth + 1);
        if (!read) return null;
        entries.set(
          pair.key.value,
          pair.value === null ? { ...read, line: lineCounter.linePos(offsetOf(pair.key)).line } : read,
        );
      }
      return { kind: "map", entries, line };
    }
    return report(
      offset,
      "yaml.value",
      "This value cannot be read.",
      "Write it as text, number, list or map.",
    );
  };
  const tree = walk(document.contents, 0);
  return { tree: issues.length > 0 ? null : tree, issues };
}

/** A text from a file, cut for a message. */
export function shown(text: string): string {
  const printable = text.replaceAll(/\p{C}/gu, "?");
  return printable.length > 60 ? `${printable.slice(0, 60)}…` : printable;
}

/** Guards the parser's stack: an upper bound of the nesting, read from brackets, dashes and indentation. */
function tooDeep(text: string): boolean {
  let brackets = 0;
  for (const line of text.split("\n")) {
    for (const character of line) {
      if (character === "[" || character === "{") brackets += 1;
      else if (character === "]" || character === "}") brackets = Math.max(0, brackets - 1);
      if (brackets > 256) return true;
    }
    if (leadingMarks(line) > MAXIMUM_DEPTH) return true;
  }
  return false;
}

/** How many `- ` and `? ` a line begins with: each opens a level. */
function leadingMarks(line: string): number {
  let marks = 0;
  for (const character of line) {
    if (character === "-" || character === "?") marks += 1;
    else if (character !== " " && character !== "\t") break;
  }
  return /^-+\s*$/.test(line) ? 0 : marks;
}

function offsetOf(node: unknown, otherwise = 0): number {
  if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
    return Number(node.range[0]);
  }
  return otherwise;
}

function firstLine(error: unknown): string {
  return shown((error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "");
}
