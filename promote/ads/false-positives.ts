/** False Positives: what harmless looks the same, as predicates that can be counted. Browser-safe: pure functions only. */

import { sqlTokens } from "../rule/sql-tokens.ts";
import { codeSpan, readSql, sqlText } from "./code-span.ts";
import type { Gap } from "./gap.ts";
import { readLabel } from "./labelled.ts";
import {
  itemsOf,
  proseOf,
  readListParts,
  renderListParts,
  renderTypedParts,
  type SectionPart,
  typedParts,
} from "./list-parts.ts";
import { isPlaceholder, wordCount } from "./said.ts";
import { sha256Hex } from "./sha256.ts";

export interface FalsePositive {
  /** `-`, or a number of an ordered list. */
  readonly marker: string;
  /** What harmless activity it is; `None known: …` says how it was looked for. */
  readonly statement: string;
  /** SQL over the rule's result columns that is true for it; null while there is none. */
  readonly sql: string | null;
  /** What else is nested under it, Markdown. */
  readonly note: string;
}

export type FalsePositives = readonly SectionPart<FalsePositive>[];

const NONE_KNOWN = /^\**none (?:are |is )?known\**\s*[:;,.–—-]?\s*(.*)$/i;
const UNKNOWN =
  /^(?:(?:they|these|it) (?:are|is) )?(?:currently |still |as yet |yet )?(?:unknown|not (?:yet )?known|unclear|not (?:yet )?determined)\b/i;
const FEWEST_WORDS_OF_SEARCH = 5;

/** Reads the section: every item of its lists is a false positive; anything else is kept. */
export function parseFalsePositives(body: string): FalsePositives {
  return typedParts(body, ({ marker, text, nested }) => {
    let sql: string | null = null;
    const kept = readListParts(nested).filter((part) => {
      if (sql !== null || part.kind === "prose") return true;
      const label = readLabel(part.item.text);
      if (label?.label !== "predicate") return true;
      const read = readSql(label.value, part.item.nested);
      if (read?.before !== "" || !/^\.?$/.test(read.after) || read.nested !== "" || read.sql === "")
        return true;
      sql = read.sql;
      return false;
    });
    return { marker, statement: text, sql, note: renderListParts(kept).trimStart() };
  });
}

/** Writes the section; parses back to the same value. */
export function renderFalsePositives(section: FalsePositives): string {
  return renderTypedParts(section, ({ marker, statement, sql, note }) => {
    const written = sql === null ? null : sqlText(sql);
    return {
      marker,
      text: statement,
      nested: renderListParts([
        ...(written === null
          ? []
          : [
              {
                kind: "item" as const,
                item: { marker: "-", text: `Predicate: ${written.inline}`.trim(), nested: written.nested },
              },
            ]),
        ...readListParts(note),
      ]),
    };
  });
}

/** False positives of a section's text; those that say that none is known are not among them. */
export function falsePositivesOf(body: string): FalsePositive[] {
  return itemsOf(parseFalsePositives(body)).filter(({ statement }) => !NONE_KNOWN.test(statement));
}

/** How it was looked for where none is known; null where the section does not say so. */
export function noneKnown(body: string): string | null {
  for (const { statement, note } of itemsOf(parseFalsePositives(body))) {
    const how = NONE_KNOWN.exec(statement)?.[1];
    if (how !== undefined) return [how, note].filter((text) => text !== "").join(" ");
  }
  for (const line of proseOf(parseFalsePositives(body)).split("\n\n")) {
    const how = NONE_KNOWN.exec(line.replaceAll(/\s+/g, " ").trim())?.[1];
    if (how !== undefined) return how;
  }
  return null;
}

/** Name of a false positive in the evidence: another statement or predicate is another one. */
export function falsePositiveId({ statement, sql }: Pick<FalsePositive, "statement" | "sql">): string {
  return sha256Hex(JSON.stringify([statement, sql])).slice(0, 12);
}

/** Why a text cannot be a predicate over result columns; null when its form is one. Whether it runs, the engine says. */
export function predicateFault(sql: string): string | null {
  const tokens = sqlTokens(sql);
  let depth = 0;
  for (const { kind, text } of tokens) {
    if (kind === "parameter") return "takes a parameter";
    if (kind === "symbol" && text === ";") return "holds a semicolon";
    if (kind === "word" && /^(?:select|with|from|insert|update|delete|copy|attach)$/i.test(text)) {
      if (text.toLowerCase() !== "from" || depth === 0)
        return "is a query; only columns of the rule's result may be named";
    }
    if (kind === "symbol" && text === "(") depth += 1;
    if (kind === "symbol" && text === ")") depth -= 1;
    if (depth < 0) return "closes more parentheses than it opens";
  }
  if (tokens.length === 0) return "is empty";
  return depth > 0 ? "opens more parentheses than it closes" : null;
}

/** False positives that nothing counts, and sections that do not know. */
export function falsePositiveGaps(body: string): Gap[] {
  const items = falsePositivesOf(body);
  const how = noneKnown(body);
  const example = "List each as an item, with `- Predicate: `account = 'backup'`` nested under it.";
  if (items.length === 0 && how === null) {
    return [
      UNKNOWN.test(proseOf(parseFalsePositives(body)).trim())
        ? { message: "Unknown is no answer.", remedy: `Look through the backtest. ${example}` }
        : {
            message: "It lists no false positive.",
            remedy: `${example} Or write \`- None known: \` and how you looked.`,
          },
    ];
  }
  const gaps = items.flatMap(({ statement, sql }): Gap[] => {
    const what = `"${statement.length > 80 ? `${statement.slice(0, 79)}…` : statement}"`;
    if (isPlaceholder(statement) || UNKNOWN.test(statement))
      return [{ message: `${what} is no false positive.`, remedy: `Look through the backtest. ${example}` }];
    if (sql === null)
      return [{ message: `${what} has no predicate, so nobody can count it.`, remedy: example }];
    const fault = predicateFault(sql);
    return fault === null
      ? []
      : [
          {
            message: `The predicate ${codeSpan(sql)} ${fault}.`,
            remedy: "Write a condition over the rule's result columns.",
          },
        ];
  });
  if (how !== null && items.length === 0 && (wordCount(how) < FEWEST_WORDS_OF_SEARCH || UNKNOWN.test(how)))
    gaps.push({
      message: "It says that none is known, and not how it was looked for.",
      remedy:
        "Say what you looked through and whom you asked: `- None known: read all 12 detections of the backtest with platform`.",
    });
  return gaps;
}
