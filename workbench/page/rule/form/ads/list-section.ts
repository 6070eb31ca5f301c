import { itemsOf, proseOf, type SectionPart } from "../../../../../promote/ads/list-parts.ts";

/** A section of typed items as a form holds it: the items, and the free Markdown of the section before them. */
export interface ListSection<Item> {
  readonly prose: string;
  readonly items: readonly Item[];
}

export function readListSection<Item>(parts: readonly SectionPart<Item>[]): ListSection<Item> {
  return { prose: proseOf(parts), items: itemsOf(parts) };
}

export function listSectionParts<Item>({ prose, items }: ListSection<Item>): readonly SectionPart<Item>[] {
  return [
    ...(prose.trim() === "" ? [] : [{ kind: "prose" as const, markdown: prose }]),
    ...items.map((item) => ({ kind: "item" as const, item })),
  ];
}

/** The section with one item put in place of another. */
export function withItem<Item>(
  section: ListSection<Item>,
  index: number,
  change: Partial<Item>,
): ListSection<Item> {
  return {
    ...section,
    items: section.items.map((item, at) => (at === index ? { ...item, ...change } : item)),
  };
}

export function withoutItem<Item>(section: ListSection<Item>, index: number): ListSection<Item> {
  return { ...section, items: section.items.filter((_, at) => at !== index) };
}
