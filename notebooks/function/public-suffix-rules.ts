import {
  edgeChild,
  edgeLength,
  edgeStart,
  exceptionsRoot,
  labelText,
  nodeFlags,
  rulesRoot,
} from "tldts/dist/cjs/src/data/trie.js";
import { quoteText } from "../../connectors/sql/quote.ts";
import { SUFFIX_RULE_MACRO } from "./domain.ts";
import { type HuntMacro, letIn, macro } from "./hunt-function.ts";

/** The mark of a rule that ICANN's part of the list holds. */
const ICANN = 1;

/**
 * The ICANN rules of the Public Suffix List as tldts carries them: `co.uk`, `*.ck`, and exceptions as `!www.ck`. Its
 * trie keeps labels from the right. Sorted, each once.
 */
export function publicSuffixRules(): readonly string[] {
  const starts: number[] = [];
  let offset = 0;
  for (const length of edgeLength) {
    starts.push(offset);
    offset += length;
  }
  const rules = new Set<string>();
  const visit = (node: number, suffix: string, mark: string): void => {
    if ((nodeFlags[node]! & ICANN) !== 0) rules.add(mark + suffix);
    for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge += 1) {
      const label = labelText.slice(starts[edge]!, starts[edge]! + edgeLength[edge]!);
      visit(edgeChild[edge]!, suffix === "" ? label : `${label}.${suffix}`, mark);
    }
  };
  visit(rulesRoot, "", "");
  visit(exceptionsRoot, "", "!");
  return [...rules].sort();
}

/** A type whose values are the plain rules: a cast to it is one look into a hash table. */
const RULE_TYPE = "public_suffix_rule";

function labelCount(name: string): number {
  return name.split(".").length;
}

function oneOf(expression: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${expression} IN (${names.map(quoteText).join(", ")})`];
}

/** The list as a type of the engine and the macro that finds the longest rule in it. */
export function publicSuffixMacros(): readonly HuntMacro[] {
  const rules = publicSuffixRules();
  const exceptions = rules.filter((rule) => rule.startsWith("!")).map((rule) => rule.slice(1));
  const wildcards = rules.filter((rule) => rule.startsWith("*.")).map((rule) => rule.slice(2));
  const plain = rules.filter((rule) => !/^[!*]/.test(rule));
  const most = Math.max(...plain.map(labelCount), ...wildcards.map((name) => labelCount(name) + 1));
  const counts = Array.from({ length: most }, (_, at) => most - at);
  const tail = (count: number) => `array_to_string(__given[-${count}:], '.')`;
  const ofCount = (names: readonly string[], count: number) =>
    names.filter((name) => labelCount(name) === count);
  // Exceptions and wildcards are of few countries: the others' names are never compared with them.
  const oddCountries = new Set([...exceptions, ...wildcards].map((name) => name.split(".").at(-1)!));
  const tailOf = (count: number) => `__tails[${most - count + 1}]`;
  const oddBranches = [
    ...counts.flatMap((count) =>
      oneOf(tailOf(count), ofCount(exceptions, count)).map((test) => `WHEN ${test} THEN ${count - 1}`),
    ),
    ...counts.flatMap((count) =>
      count === 1
        ? []
        : oneOf(tailOf(count - 1), ofCount(wildcards, count - 1)).map(
            (test) =>
              `WHEN len(__given) >= ${count} AND ${test} THEN greatest(${count}, coalesce(__plain, 0))`,
          ),
    ),
  ];
  // The type is named once: each cast to it is planned at some cost.
  const isRule = `list_transform(__tails, lambda __tail: try_cast(__tail AS ${RULE_TYPE}) IS NOT NULL)`;
  const plainCount = letIn(
    "__place",
    `list_position(${isRule}, true)`,
    `CASE WHEN __place > 0 THEN least(len(__given), ${most + 1} - __place) END`,
  );
  return [
    {
      name: RULE_TYPE,
      needs: [],
      create: `CREATE TYPE ${RULE_TYPE} AS ENUM (${plain.map(quoteText).join(", ")})`,
    },
    macro(
      SUFFIX_RULE_MACRO,
      ["__labels"],
      letIn(
        "__given",
        "__labels",
        letIn(
          "__tails",
          `[${counts.map(tail).join(", ")}]`,
          letIn(
            "__plain",
            plainCount,
            `CASE WHEN __given[-1] IN (${[...oddCountries].map(quoteText).join(", ")}) THEN CASE ${oddBranches.join(" ")} ELSE __plain END ELSE __plain END`,
          ),
        ),
      ),
      [RULE_TYPE],
    ),
  ];
}
