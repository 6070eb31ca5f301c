/** Technical Context: what every field of an alert tells somebody outside security. Browser-safe: pure functions only. */
import { codeSpan, readCodeSpan } from "./code-span.ts";
import type { Gap } from "./gap.ts";
import { itemsOf, proseOf, renderTypedParts, type SectionPart, typedParts } from "./list-parts.ts";
import { isPlaceholder, wordCount } from "./said.ts";

/** A result column of the rule in words: "- `host` (host): The machine on which the program ran." */
export interface ExplainedField {
  readonly column: string;
  /** What kind of thing it names; "" where none is said. */
  readonly kind: string;
  /** Markdown; "" where nothing is said yet. */
  readonly explanation: string;
}

export type TechnicalContext = readonly SectionPart<ExplainedField>[];

const FEWEST_WORDS = 3;

/** Reads the section: bullets that begin with a field in inline code are typed, anything else is kept. */
export function parseTechnicalContext(body: string): TechnicalContext {
  return typedParts(body, ({ text, nested, marker }) => {
    const span = marker === "-" ? readCodeSpan(text) : null;
    if (!span || span.code === "") return null;
    const rest = /^\s*(?:\(([^()]{1,60})\))?\s*(?::|–|—|-(?=\s|$))\s*(.*)$/.exec(span.rest);
    if (!rest) return null;
    const explanation = rest[2]!.trim() + (nested === "" ? "" : `\n${nested}`);
    return { column: span.code, kind: rest[1]?.trim() ?? "", explanation };
  });
}

/** Writes the section; parses back to the same value. */
export function renderTechnicalContext(section: TechnicalContext): string {
  return renderTypedParts(section, ({ column, kind, explanation }) => {
    const [first = "", ...more] = explanation.split("\n");
    return {
      marker: "-",
      text: `${codeSpan(column)}${kind === "" ? "" : ` (${kind})`}: ${first}`.trim(),
      nested: more.join("\n"),
    };
  });
}

/** What the section says of each field, by column: typed bullets, and rows of tables whose first cell is the field. */
export function explainedFields(body: string): ReadonlyMap<string, string> {
  const section = parseTechnicalContext(body);
  const found = new Map<string, string>();
  for (const line of proseOf(section).split("\n")) {
    const cells = line.trim().startsWith("|")
      ? line
          .trim()
          .replace(/^\||\|$/g, "")
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim())
      : [];
    const column = (readCodeSpan(cells[0] ?? "")?.code ?? cells[0] ?? "").replaceAll("\\|", "|");
    const explanation = cells.slice(1).sort((left, right) => right.length - left.length)[0] ?? "";
    if (column !== "" && !/^:?-+:?$/.test(column)) found.set(column.toLowerCase(), explanation);
  }
  for (const { column, explanation } of itemsOf(section)) {
    const key = column.toLowerCase();
    found.set(key, [found.get(key) ?? "", explanation].filter((text) => text !== "").join("\n"));
  }
  return found;
}

/** Fields of the rule's result that nobody has explained, each with why. */
export function technicalContextGaps(body: string, columns: readonly string[]): Gap[] {
  const explained = explainedFields(body);
  return columns.flatMap((column) => {
    const explanation = explained.get(column.toLowerCase());
    const remedy = `Say in a sentence what it tells: \`- ${codeSpan(column)}: …\`.`;
    if (explanation === undefined || isPlaceholder(explanation))
      return [{ message: `The field ${codeSpan(column)} is not explained.`, remedy }];
    return wordCount(explanation) < FEWEST_WORDS
      ? [{ message: `"${explanation.slice(0, 60)}" does not explain the field ${codeSpan(column)}.`, remedy }]
      : [];
  });
}

/**
 * The section with a line for each column that it does not name yet, to be filled. Only the event time is explained by itself;
 * an empty line does not pass.
 */
export function withFields(
  body: string,
  columns: readonly { readonly name: string; readonly kind: string }[],
  timeColumn: string,
): string {
  const named = explainedFields(body);
  const missing = columns.filter(({ name }) => !named.has(name.toLowerCase()));
  return renderTechnicalContext([
    ...parseTechnicalContext(body),
    ...missing.map(({ name, kind }) => ({
      kind: "item" as const,
      item: {
        column: name,
        kind: name === timeColumn ? "time" : kind,
        explanation: name === timeColumn ? "When it happened, in UTC." : "",
      },
    })),
  ]);
}
