export interface PaletteItem {
  readonly kind: "action" | "page" | "dataset" | "hunt" | "rule" | "alert" | "owner" | "entity";
  readonly title: string;
  readonly detail: string;
  readonly href: string;
}

/**
 * Items whose title or detail hold every typed word, best first: titles that start with what was typed, then words
 * that start with it, then the rest; ties keep their order. Nothing typed gives all.
 */
export function matchItems(items: readonly PaletteItem[], typed: string): readonly PaletteItem[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items;
  const scored: { readonly item: PaletteItem; readonly score: number }[] = [];
  for (const item of items) {
    const title = item.title.toLowerCase();
    const text = `${title} ${item.detail.toLowerCase()} ${item.kind}`;
    if (!words.every((word) => text.includes(word))) continue;
    let score = 0;
    if (title.startsWith(words.join(" "))) score += 4;
    for (const word of words) {
      if (title.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word))) score += 2;
      else if (title.includes(word)) score += 1;
    }
    scored.push({ item, score });
  }
  return scored.toSorted((one, other) => other.score - one.score).map(({ item }) => item);
}
