import { type ChartRows, type FoundField, labelOf } from "./chart-rows.ts";

/** Which of a few groups each row belongs to. */
export interface TopGroups {
  /** Most frequent first; the last is `Other` when values were left over. */
  readonly names: readonly string[];
  /** Group of each row. */
  readonly of: Uint8Array;
  /** How many values stand behind `Other`; 0 when there is none. */
  readonly otherValues: number;
}

export const OTHER = "Other";

/** Splits rows by a field into at most `atMost` (up to 250) groups of the most frequent values and the rest. */
export function topGroups(rows: ChartRows, field: FoundField | null, atMost: number): TopGroups {
  const of = new Uint8Array(rows.length);
  if (!field) return { names: ["Events"], of, otherValues: 0 };
  const counts = new Map<string, number>();
  const labels = new Array<string>(rows.length);
  for (let index = 0; index < rows.length; index += 1) {
    const label = labelOf(field.read(rows[index]!));
    labels[index] = label;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  const kept = ordered.length <= atMost ? ordered : ordered.slice(0, atMost - 1);
  const otherValues = ordered.length - kept.length;
  const place = new Map(kept.map((name, index) => [name, index]));
  for (let index = 0; index < rows.length; index += 1) of[index] = place.get(labels[index]!) ?? kept.length;
  return { names: otherValues > 0 ? [...kept, OTHER] : kept, of, otherValues };
}

/** Colour of a group: series colours in order, the muted one for `Other`. */
export function groupColour(groups: TopGroups, index: number): string {
  if (groups.otherValues > 0 && index === groups.names.length - 1) return "var(--chart-muted)";
  return `var(--chart-${(index % 8) + 1})`;
}
