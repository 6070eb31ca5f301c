/** Fields of a section, written `- **Actor:** somebody`. Browser-safe: pure functions only. */
import { keptProse, type ListPart, oneLine, readListParts, renderListParts } from "./list-parts.ts";

const BOLD = /^(?:\*\*|__)([^*_:]{1,90}?)\s*:?\s*(?:\*\*|__)\s*:?\s*(.*)$/;
const PLAIN = /^([\p{L}\p{N} -]{1,90}?)\s*:\s*(.*)$/u;

/** A text's label in lower case and what follows it; null when it begins with none. */
export function readLabel(text: string): { readonly label: string; readonly value: string } | null {
  const match = BOLD.exec(text) ?? PLAIN.exec(text);
  return match ? { label: oneLine(match[1]!).toLowerCase(), value: match[2]!.trim() } : null;
}

/**
 * Takes the fields with these labels (lower case) out of a body. A field that is there twice is joined; what is nested under
 * a field is more lines of its value. Everything else is kept in `rest`.
 */
export function readFields<Key extends string>(
  body: string,
  labels: Readonly<Record<string, Key>>,
): { readonly values: Readonly<Partial<Record<Key, string>>>; readonly rest: readonly ListPart[] } {
  const values: Partial<Record<Key, string>> = {};
  const rest: ListPart[] = [];
  for (const part of readListParts(body)) {
    const read = part.kind === "item" ? readLabel(part.item.text) : null;
    const key = read && Object.hasOwn(labels, read.label) ? labels[read.label] : undefined;
    if (part.kind === "prose" || !read || key === undefined) {
      rest.push(part);
      continue;
    }
    const value = read.value + (part.item.nested === "" ? "" : `\n${part.item.nested}`);
    values[key] = values[key] === undefined ? value : `${values[key]}\n${value}`;
  }
  return { values, rest };
}

/** Writes prose, then the fields that have a value, as one list. */
export function renderFields(
  prose: string,
  fields: readonly (readonly [label: string, value: string])[],
): string {
  const kept = keptProse(prose);
  const list = fields.flatMap(([label, value]): ListPart[] => {
    const [first = "", ...more] = value.split("\n");
    if (value.trim() === "") return [];
    const nested = more.join("\n");
    return [{ kind: "item", item: { marker: "-", text: `**${label}:** ${oneLine(first)}`.trim(), nested } }];
  });
  return renderListParts([...(kept === "" ? [] : readListParts(kept)), ...list]);
}
