/** Blind Spots and Assumptions, each bound to what tells whether it holds. Browser-safe: pure functions only. */

import { sqlTokens } from "../rule/sql-tokens.ts";
import { codeSpan, readCodeSpan, readSql, sqlText } from "./code-span.ts";
import type { Gap } from "./gap.ts";
import { readLabel } from "./labelled.ts";
import {
  itemsOf,
  readListParts,
  renderListParts,
  renderTypedParts,
  type SectionPart,
  typedParts,
} from "./list-parts.ts";
import { isPlaceholder } from "./said.ts";
import { sha256Hex } from "./sha256.ts";

/** How it is seen whether an assumption holds, or whether what the rule cannot see is there. */
export type BlindSpotCheck =
  /** The query, over the workspace's datasets, must give no row, or some. */
  | { readonly kind: "sql"; readonly sql: string; readonly expects: "no-row" | "rows" }
  /** The first number that the query gives must lie within the bounds, both inclusive; null is no bound. */
  | {
      readonly kind: "sql-number";
      readonly sql: string;
      readonly minimum: number | null;
      readonly maximum: number | null;
    }
  /** The source has no error of health. */
  | { readonly kind: "source-well"; readonly source: string }
  /** The field has a value in at least this share of the dataset's newest rows, 0..1. */
  | {
      readonly kind: "field-filled";
      readonly dataset: string;
      readonly field: string;
      readonly share: number;
    }
  /** Nothing can show it; an owner answers for it. */
  | { readonly kind: "untestable"; readonly owner: string };

export interface BlindSpot {
  /** `-`, or a number of an ordered list. */
  readonly marker: string;
  readonly statement: string;
  /** Null while it is bound to nothing. */
  readonly check: BlindSpotCheck | null;
  /** What else is nested under it, Markdown. */
  readonly note: string;
}

export type BlindSpots = readonly SectionPart<BlindSpot>[];

/** Reads the section: every item of its lists is a blind spot or an assumption; anything else is kept. */
export function parseBlindSpots(body: string): BlindSpots {
  return typedParts(body, ({ marker, text, nested }) => {
    const parts = readListParts(nested);
    let check: BlindSpotCheck | null = null;
    const kept = parts.filter((part) => {
      if (check !== null || part.kind === "prose") return true;
      const read = readCheck(part.item.text, part.item.nested);
      check = read;
      return read === null;
    });
    return { marker, statement: text, check, note: renderListParts(kept).trimStart() };
  });
}

/** Writes the section; parses back to the same value. */
export function renderBlindSpots(section: BlindSpots): string {
  return renderTypedParts(section, ({ marker, statement, check, note }) => ({
    marker,
    text: statement,
    nested: renderListParts([
      ...(check === null ? [] : [{ kind: "item" as const, item: { marker: "-", ...checkText(check) } }]),
      ...readListParts(note),
    ]),
  }));
}

/** Blind spots and assumptions of a section's text. */
export function blindSpotsOf(body: string): BlindSpot[] {
  return itemsOf(parseBlindSpots(body));
}

/** Name of a blind spot in the evidence: another statement or check is another one. */
export function blindSpotId({ statement, check }: Pick<BlindSpot, "statement" | "check">): string {
  return sha256Hex(JSON.stringify([statement, check === null ? null : checkText(check)])).slice(0, 12);
}

/** A check as its line says it, without the label. */
export function checkWords(check: BlindSpotCheck): string {
  const { text, nested } = checkText(check);
  return `${text.replace(/^Check: /, "")}${nested === "" ? "" : `: ${codeSpan("sql" in check ? check.sql : "")}`}`;
}

function checkText(check: BlindSpotCheck): { readonly text: string; readonly nested: string } {
  if (check.kind === "untestable") return { text: `Untestable, owner: ${codeSpan(check.owner)}`, nested: "" };
  if (check.kind === "source-well")
    return { text: `Check: source ${codeSpan(check.source)} is well`, nested: "" };
  if (check.kind === "field-filled")
    return {
      text: `Check: field ${codeSpan(check.field)} of ${codeSpan(check.dataset)} is filled in at least ${percent(check.share)} %`,
      nested: "",
    };
  const { inline, nested } = sqlText(check.sql);
  const gives = check.kind === "sql" ? (check.expects === "rows" ? "rows" : "no row") : boundText(check);
  return { text: `Check: ${inline === "" ? "the query" : inline} gives ${gives}`, nested };
}

function boundText({ minimum, maximum }: { minimum: number | null; maximum: number | null }): string {
  if (minimum !== null && maximum !== null) return `between ${minimum} and ${maximum}`;
  return minimum === null ? `at most ${maximum ?? "∞"}` : `at least ${minimum}`;
}

const NUMBER = "(-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)";
const BETWEEN = new RegExp(`^gives between ${NUMBER} and ${NUMBER}\\.?$`, "i");
const BOUND = new RegExp(`^gives at (least|most) ${NUMBER}\\.?$`, "i");

function readCheck(text: string, nested: string): BlindSpotCheck | null {
  const untestable = /^(?:un|not )testable\b[\s,;:.]*(?:owner:?|asked of:?)?\s*(.*)$/i.exec(
    text.replaceAll("**", ""),
  );
  if (untestable) {
    const span = readCodeSpan(untestable[1]!);
    const owner = span?.code ?? untestable[1]!.replace(/[.\s]+$/, "");
    return nested === "" && /^[.\s]*$/.test(span?.rest ?? "") ? { kind: "untestable", owner } : null;
  }
  const label = readLabel(text);
  if (label?.label !== "check") return null;
  const named = nested === "" ? (readSourceWell(label.value) ?? readFieldFilled(label.value)) : null;
  if (named) return named;
  const read = readSql(label.value, nested);
  if (read?.nested !== "" || read.sql === "") return null;
  const gives = read.after === "" ? read.before.replace(/^the query\s+/i, "") : read.after;
  if (/^gives no rows?\.?$/i.test(gives)) return { kind: "sql", sql: read.sql, expects: "no-row" };
  if (/^gives (?:some )?rows\.?$/i.test(gives)) return { kind: "sql", sql: read.sql, expects: "rows" };
  const between = BETWEEN.exec(gives);
  if (between)
    return { kind: "sql-number", sql: read.sql, minimum: Number(between[1]), maximum: Number(between[2]) };
  const bound = BOUND.exec(gives);
  if (!bound) return null;
  const value = Number(bound[2]);
  return bound[1]!.toLowerCase() === "least"
    ? { kind: "sql-number", sql: read.sql, minimum: value, maximum: null }
    : { kind: "sql-number", sql: read.sql, minimum: null, maximum: value };
}

function readSourceWell(text: string): BlindSpotCheck | null {
  const source = readName(text, /^source\s+/i);
  return source && /^\s+is well\.?$/i.test(source.rest) ? { kind: "source-well", source: source.name } : null;
}

function readFieldFilled(text: string): BlindSpotCheck | null {
  const field = readName(text, /^field\s+/i);
  const dataset = field && readName(field.rest, /^\s+of\s+/i);
  const share = dataset && /^\s+is filled in at least\s+(\d+(?:\.\d+)?)\s*%\.?$/i.exec(dataset.rest)?.[1];
  if (!share) return null;
  return { kind: "field-filled", field: field.name, dataset: dataset.name, share: Number(`${share}e-2`) };
}

/** The name that follows some words, in inline code or one word. */
function readName(text: string, words: RegExp): { readonly name: string; readonly rest: string } | null {
  const before = words.exec(text)?.[0];
  if (before === undefined) return null;
  const after = text.slice(before.length);
  const span = readCodeSpan(after);
  if (span) return { name: span.code, rest: span.rest };
  const name = /^[^\s`]+/.exec(after)?.[0];
  return name === undefined ? null : { name, rest: after.slice(name.length) };
}

/** A share in per cent, to ten digits. */
function percent(share: number): number {
  return Number((share * 100).toPrecision(12));
}

/** Blind spots that nothing tells about, or whose check cannot be one. */
export function blindSpotGaps(body: string, owners: readonly string[]): Gap[] {
  const spots = blindSpotsOf(body);
  const bind =
    "Nest a check under it, `- Check: source `zeek` is well` for example, or `- Untestable, owner: `platform``.";
  if (spots.length === 0)
    return [
      {
        message: "It lists no blind spot and no assumption.",
        remedy: "List each as an item, with a check nested under it.",
      },
    ];
  return spots.flatMap(({ statement, check }): Gap[] => {
    const what = `"${statement.length > 80 ? `${statement.slice(0, 79)}…` : statement}"`;
    if (isPlaceholder(statement))
      return [{ message: `${what} says nothing.`, remedy: "Say what is not seen or assumed." }];
    if (check === null) return [{ message: `${what} is bound to no check.`, remedy: bind }];
    if (check.kind === "untestable" && !owners.includes(check.owner))
      return [
        {
          message: `${what} is untestable, and its owner "${check.owner}" is not in owners.yaml.`,
          remedy: "Name an owner from owners.yaml who answers for it.",
        },
      ];
    if (check.kind === "field-filled" && (check.share <= 0 || check.share > 1))
      return [
        {
          message: `${what} asks for a share that cannot be.`,
          remedy: "Ask for more than 0 and at most 100 %.",
        },
      ];
    if (check.kind === "sql-number" && (check.minimum ?? -Infinity) > (check.maximum ?? Infinity))
      return [{ message: `${what} has bounds that nothing meets.`, remedy: "Put the smaller bound first." }];
    if ("sql" in check && !/^(?:select|with|from)$/i.test(sqlTokens(check.sql)[0]?.text ?? ""))
      return [
        {
          message: `The check of ${what} is no SELECT.`,
          remedy: "Write one SELECT over the workspace's datasets.",
        },
      ];
    return [];
  });
}
