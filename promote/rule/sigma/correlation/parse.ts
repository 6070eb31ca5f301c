import type { Issue, Parsed } from "../../../../connectors/issue/issue.ts";
import { shown, type YamlTree } from "../../../../connectors/yaml/yaml-tree.ts";
import type { Comparison } from "../../shape/shape.ts";
import { SigmaKeys } from "../keys.ts";
import {
  type BooleanExpression,
  expressionNames,
  parseBooleanExpression,
} from "../pipeline/boolean-expression.ts";
import { SIGMA_LEVELS } from "../sigma-rule.ts";
import {
  CORRELATION_TYPES,
  type CorrelationCondition,
  type CorrelationType,
  type SigmaCorrelation,
} from "./correlation.ts";

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  lt: "less",
  lte: "less-or-equal",
  gt: "greater",
  gte: "greater-or-equal",
  eq: "equal",
  neq: "not-equal",
};
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const KNOWN = new Set(["type", "rules", "group-by", "timespan", "aliases", "condition", "generate"]);

/** Reads one document with `correlation:`. All that stops it is told at once, with its line. */
export function readSigmaCorrelation(tree: YamlTree, place: string): Parsed<SigmaCorrelation> {
  const issues: Issue[] = [];
  const keys = new SigmaKeys(tree, place, "sigma.correlation", issues);
  const title = keys.text("title");
  if (title === "")
    keys.error("title.missing", tree.line, "The correlation has no title.", "Give it a `title`.");
  const part = keys.tree("correlation");
  if (part === null || part.kind !== "map") {
    keys.error(
      "empty",
      keys.lineOf("correlation"),
      "The correlation says nothing.",
      "Write `type`, `rules` and `timespan`.",
    );
    return { ok: false, issues };
  }
  const inner = new SigmaKeys(part, place, "sigma.correlation", issues);
  for (const [key, value] of part.entries)
    if (!KNOWN.has(key))
      inner.error(
        "unknown",
        value.line,
        `\`${shown(key)}\` is not known in a correlation.`,
        `Known: ${[...KNOWN].join(", ")}.`,
      );
  const type = typeOf(inner);
  const read = conditionOf(inner, part, type);
  const rules = rulesOf(inner, part, read.expression);
  const level = keys.text("level").toLowerCase();
  const correlation: SigmaCorrelation = {
    title,
    id: keys.text("id"),
    name: keys.text("name"),
    status: keys.text("status").toLowerCase(),
    description: keys.text("description"),
    author: keys.text("author"),
    references: [...keys.texts("references"), ...keys.texts("reference")],
    date: keys.text("date"),
    modified: keys.text("modified"),
    falsePositives: keys.texts("falsepositives"),
    fields: keys.texts("fields"),
    tags: keys.texts("tags"),
    level: SIGMA_LEVELS.find((one) => one === level) ?? null,
    type: type ?? "event_count",
    rules,
    groupBy: inner.texts("group-by"),
    timespanMs: timespanOf(inner),
    aliases: aliasesOf(inner),
    condition: read.condition,
    expression: read.expression,
    generate: isTrue(inner.tree("generate")) || isTrue(keys.tree("generate")),
    place,
    line: tree.line,
  };
  return issues.some(({ severity }) => severity === "error")
    ? { ok: false, issues }
    : { ok: true, value: correlation, issues };
}

function typeOf(keys: SigmaKeys): CorrelationType | null {
  const text = keys.text("type").toLowerCase();
  const known = CORRELATION_TYPES.find((type) => type === text.replace(/_extended$/, ""));
  if (known !== undefined) return known;
  keys.error(
    "type",
    keys.lineOf("type"),
    text === ""
      ? "The correlation has no type."
      : `\`${shown(text)}\` is no type of correlation that is known here.`,
    `Use one of ${CORRELATION_TYPES.join(", ")}.`,
  );
  return null;
}

function rulesOf(keys: SigmaKeys, part: YamlTree, expression: BooleanExpression | null): string[] {
  const tree = keys.tree("rules");
  if (tree?.kind === "map") {
    keys.error("rules", tree.line, "`rules` is no list of ids and names.", "Write a list.");
    return [];
  }
  const rules = keys.texts("rules");
  const named = expression === null ? [] : expressionNames(expression);
  const stray = named.find((name) => rules.length > 0 && !rules.includes(name));
  if (stray !== undefined)
    keys.error(
      "condition",
      keys.lineOf("condition"),
      `The condition asks for \`${shown(stray)}\`, which is not among the rules.`,
      "Add it.",
    );
  if (rules.length === 0 && named.length > 0) return named;
  if (rules.length === 0)
    keys.error(
      "rules",
      part.line,
      "The correlation joins no rules.",
      "List their ids or names under `rules`.",
    );
  return rules;
}

function timespanOf(keys: SigmaKeys): number {
  const text = keys.text("timespan").trim();
  const match = /^(\d{1,9})([a-zA-Z])$/.exec(text);
  const unitMs = match ? UNIT_MS[match[2]!] : undefined;
  const ms = match && unitMs !== undefined ? Number(match[1]) * unitMs : 0;
  if (ms > 0 && ms <= 366 * 86_400_000) return ms;
  keys.error(
    "timespan",
    keys.lineOf("timespan"),
    text === ""
      ? "The correlation has no timespan."
      : /^\d+[My]$/.test(text)
        ? `\`${text}\` has no fixed length: months and years differ.`
        : `\`${shown(text)}\` is no timespan here.`,
    "Write a number and s, m, h, d or w, such as 15m; at most 366d.",
  );
  return 0;
}

function aliasesOf(keys: SigmaKeys): Map<string, Map<string, string>> {
  const aliases = new Map<string, Map<string, string>>();
  const tree = keys.tree("aliases");
  if (tree === null) return aliases;
  if (tree.kind !== "map") {
    keys.error(
      "aliases",
      tree.line,
      "`aliases` is no map.",
      "Write each alias with `rule: field` lines under it.",
    );
    return aliases;
  }
  for (const [alias, of] of tree.entries) {
    const fields = new Map<string, string>();
    if (of.kind === "map")
      for (const [rule, field] of of.entries)
        if (field.kind === "scalar" && field.value !== null) fields.set(rule, String(field.value));
    if (of.kind !== "map" || fields.size < of.entries.size || fields.size === 0)
      keys.error(
        "aliases",
        of.line,
        `The alias \`${shown(alias)}\` names no field for a rule.`,
        "Write `rule: field` lines under it.",
      );
    aliases.set(alias, fields);
  }
  return aliases;
}

function conditionOf(
  keys: SigmaKeys,
  part: YamlTree,
  type: CorrelationType | null,
): { readonly condition: CorrelationCondition | null; readonly expression: BooleanExpression | null } {
  const tree = keys.tree("condition");
  const temporal = type === "temporal" || type === "temporal_ordered";
  const nothing = { condition: null, expression: null };
  if (tree === null) {
    if (!temporal && type !== null)
      keys.error(
        "condition",
        part.line,
        "The correlation has no condition.",
        "Write `condition:` with `gte: 10` or the like.",
      );
    return nothing;
  }
  if (tree.kind === "scalar" && typeof tree.value === "string") {
    if (!temporal) {
      keys.error(
        "condition",
        tree.line,
        "A condition in words is only for temporal correlations.",
        "Write `gte: 10` or the like.",
      );
      return nothing;
    }
    const expression = parseBooleanExpression(tree.value);
    if (!("error" in expression)) return { condition: null, expression };
    keys.error(
      "condition",
      tree.line,
      `The condition cannot be read: ${shown(expression.error)}.`,
      "Join rules by and, or, not.",
    );
    return nothing;
  }
  if (tree.kind !== "map") {
    keys.error(
      "condition",
      tree.line,
      "The condition is neither a map nor a text.",
      "Write `gte: 10` or the like.",
    );
    return nothing;
  }
  const inner = new SigmaKeys(tree, keys.place, "sigma.correlation.condition", []);
  const comparisons: { comparison: Comparison; value: number }[] = [];
  for (const [key, value] of tree.entries) {
    const comparison = COMPARISONS[key];
    if (comparison === undefined) {
      if (key !== "field" && key !== "percentile")
        keys.error(
          "condition",
          value.line,
          `\`${shown(key)}\` is no condition.`,
          `Use ${Object.keys(COMPARISONS).join(", ")}.`,
        );
      continue;
    }
    const number =
      value.kind === "scalar" &&
      value.value !== null &&
      typeof value.value !== "boolean" &&
      value.value !== ""
        ? Number(value.value)
        : Number.NaN;
    if (Number.isFinite(number)) comparisons.push({ comparison, value: number });
    else keys.error("condition", value.line, `\`${key}\` has no number.`, "Give a number.");
  }
  if (comparisons.length === 0)
    keys.error(
      "condition",
      tree.line,
      "The condition compares with nothing.",
      "Write `gte: 10` or the like.",
    );
  const fields = inner.texts("field");
  if (type?.startsWith("value_") && fields.length === 0)
    keys.error(
      "condition.field",
      tree.line,
      `\`${type}\` needs a field.`,
      "Name it as `field` under `condition`.",
    );
  return { condition: { comparisons, fields, percentile: percentileOf(tree, keys) }, expression: null };
}

function percentileOf(tree: Extract<YamlTree, { kind: "map" }>, keys: SigmaKeys): number | null {
  const value = tree.entries.get("percentile");
  if (value === undefined) return null;
  const number = value.kind === "scalar" && value.value !== null ? Number(value.value) : Number.NaN;
  if (number >= 0 && number <= 100) return number;
  keys.error("condition.percentile", value.line, "`percentile` is no number from 0 to 100.", "Give one.");
  return null;
}

function isTrue(tree: YamlTree | null): boolean {
  return tree?.kind === "scalar" && (tree.value === true || /^(?:true|yes|on)$/i.test(String(tree.value)));
}
