/** A section's body as list items and everything else, in their order. Browser-safe: pure functions only. */

/** One item of a top-level list. */
export interface ListItem {
  /** `-`, or the number of an ordered list with its mark: `2.`. */
  readonly marker: string;
  /** The item's first paragraph, its lines joined. */
  readonly text: string;
  /** What is nested under it, without its indentation; "" when nothing is. */
  readonly nested: string;
}

export type ListPart =
  | { readonly kind: "item"; readonly item: ListItem }
  | { readonly kind: "prose"; readonly markdown: string };

/** A section of typed items among free Markdown, which is kept where it stands. */
export type SectionPart<Item> =
  | { readonly kind: "item"; readonly item: Item }
  | { readonly kind: "prose"; readonly markdown: string };

/** Deep enough that no heading or code fence in it is one of the whole document. */
const NESTING = "    ";
const BULLET = /^( {0,3})([-*+]|\d{1,9}[.)])(?:[ \t]+(.*))?$/;
const BREAK = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const OPENS_BLOCK = /^ {0,3}(?:#{1,6}(?:\s|$)|>|`{3,}|~{3,}|\||<!--)/;

/**
 * Splits a body into the items of its top-level lists and prose. Bullets in code fences and HTML comments are prose. What is
 * indented by two spaces or more under an item is nested in it. Rendering what was read and reading it again gives the same.
 */
export function readListParts(body: string): ListPart[] {
  const parts: ListPart[] = [];
  let prose: string[] = [];
  let item: { marker: string; indent: number; text: string[]; nested: string[]; inText: boolean } | null =
    null;
  let fence = "";
  let inComment = false;
  const closeProse = (): void => {
    const lines = withoutBlankEnds(prose);
    const markdown = parts.at(-1)?.kind === "item" ? lines.trimStart() : lines;
    if (markdown !== "") parts.push({ kind: "prose", markdown });
    prose = [];
  };
  const closeItem = (): void => {
    if (!item) return;
    const text = oneLine(item.text.join(" "));
    parts.push({
      kind: "item",
      item: { marker: /\d/.test(item.marker) ? item.marker : "-", text, nested: dedented(item.nested) },
    });
    item = null;
  };
  for (const line of body.split("\n")) {
    const blank = line.trim() === "";
    const indent = blank ? 0 : line.length - line.trimStart().length;
    if (fence !== "" || inComment) {
      prose.push(line);
      if (inComment) inComment = !line.includes("-->");
      else if ((FENCE.exec(line)?.[1] ?? "").startsWith(fence) && /^ {0,3}(`+|~+)[ \t]*$/.test(line))
        fence = "";
      continue;
    }
    const bullet = BREAK.test(line) ? null : BULLET.exec(line);
    if (item && (blank || indent >= item.indent + 2)) {
      const opensNested =
        /^\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)/.test(line) || OPENS_BLOCK.test(line.trimStart());
      if (item.inText && !blank && !opensNested) item.text.push(line);
      else {
        item.inText = false;
        item.nested.push(line);
      }
      continue;
    }
    if (bullet) {
      closeItem();
      closeProse();
      item = {
        marker: bullet[2]!,
        indent: bullet[1]!.length,
        text: [bullet[3] ?? ""],
        nested: [],
        inText: true,
      };
      continue;
    }
    if (item?.inText && item.text[0] !== "" && !OPENS_BLOCK.test(line) && !BREAK.test(line)) {
      item.text.push(line);
      continue;
    }
    closeItem();
    prose.push(line);
    const marker = FENCE.exec(line)?.[1];
    if (marker) fence = marker;
    else if (/^ {0,3}<!--/.test(line)) inComment = !line.replace(/^ {0,3}<!--/, "").includes("-->");
  }
  closeItem();
  if (fence !== "") prose.push(fence);
  if (inComment) prose.push("-->");
  closeProse();
  return parts;
}

/** Writes parts as Markdown: items of one list on lines of their own, a blank line around prose. */
export function renderListParts(parts: readonly ListPart[]): string {
  let markdown = "";
  let before: ListPart["kind"] | null = null;
  for (const part of parts) {
    const text = part.kind === "item" ? renderItem(part.item) : part.markdown;
    if (text === "") continue;
    markdown += before === null ? "" : before === "item" && part.kind === "item" ? "\n" : "\n\n";
    markdown += text;
    before = part.kind;
  }
  return markdown;
}

function renderItem({ marker, text, nested }: ListItem): string {
  const first = `${marker} ${oneLine(text)}`.trimEnd();
  if (nested === "") return first;
  const indented = nested.split("\n").map((line) => (line === "" ? "" : `${NESTING}${line}`));
  // What is nested and no block of its own would be read as more of the item's first paragraph.
  const opensBlock = /^(?:[-*+]|\d{1,9}[.)])(?:\s|$)/.test(nested) || OPENS_BLOCK.test(nested);
  return [first, ...(opensBlock ? [] : [""]), ...indented].join("\n");
}

/** Free Markdown as it is kept: no blank ends, every code fence and comment closed. */
export function keptProse(markdown: string): string {
  return renderListParts(readListParts(markdown));
}

/** A text on one line, as an item's own words are kept. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Items of a section, in their order. */
export function itemsOf<Item>(parts: readonly SectionPart<Item>[]): Item[] {
  return parts.flatMap((part) => (part.kind === "item" ? [part.item] : []));
}

/** Free Markdown of a section, joined. */
export function proseOf(parts: readonly SectionPart<unknown>[]): string {
  return parts.flatMap((part) => (part.kind === "prose" ? [part.markdown] : [])).join("\n\n");
}

/** The parts with each list item read as a typed one, or kept as prose where `read` gives null. */
export function typedParts<Item>(body: string, read: (item: ListItem) => Item | null): SectionPart<Item>[] {
  const typed: SectionPart<Item>[] = [];
  let kept: ListPart[] = [];
  const close = (): void => {
    const markdown = renderListParts(kept);
    if (markdown !== "") typed.push({ kind: "prose", markdown });
    kept = [];
  };
  for (const part of readListParts(body)) {
    const item = part.kind === "item" ? read(part.item) : null;
    if (item === null) kept.push(part);
    else {
      close();
      typed.push({ kind: "item", item });
    }
  }
  close();
  return typed;
}

/** Writes typed parts. */
export function renderTypedParts<Item>(
  parts: readonly SectionPart<Item>[],
  write: (item: Item) => ListItem,
): string {
  return renderListParts(
    parts.map((part): ListPart => (part.kind === "item" ? { kind: "item", item: write(part.item) } : part)),
  );
}

function withoutBlankEnds(lines: readonly string[]): string {
  return lines
    .join("\n")
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd();
}

function dedented(lines: readonly string[]): string {
  const filled = lines.filter((line) => line.trim() !== "");
  const indent = Math.min(...filled.map((line) => line.length - line.trimStart().length));
  return withoutBlankEnds(lines.map((line) => (line.trim() === "" ? "" : line.slice(indent))));
}
