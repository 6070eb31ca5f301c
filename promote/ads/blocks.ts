/** A Markdown text in the parts that matter here: headings, and lines that are none. */
export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "lines"; readonly lines: readonly string[] };

const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+([^\n]*))?$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/**
 * Splits Markdown into headings and other lines. `#` inside code fences and HTML comments is no heading; a fence or
 * comment that is never closed is closed at the end, so that it cannot swallow what is put after it. Each line under a
 * `====` or `----` is a heading of level 1 or 2.
 */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown
    .replace(/^\uFEFF/, "")
    .replaceAll(/\r\n?/g, "\n")
    .split("\n");
  let fence = "";
  let inComment = false;
  const keep = (line: string): void => {
    const last = blocks.at(-1);
    if (last?.kind === "lines") (last.lines as string[]).push(line);
    else blocks.push({ kind: "lines", lines: [line] });
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!;
    const marker = FENCE.exec(line)?.[1] ?? "";
    if (inComment) {
      inComment = !line.includes("-->");
      keep(line);
    } else if (fence !== "") {
      if (marker.startsWith(fence) && line.trim() === marker) fence = "";
      keep(line);
    } else if (marker !== "") {
      fence = marker;
      keep(line);
    } else if (/^ {0,3}<!--/.test(line)) {
      inComment = !line.replace(/^ {0,3}<!--/, "").includes("-->");
      keep(line);
    } else {
      const heading = HEADING.exec(line);
      const underline = /^ {0,3}(=+|-{2,})[ \t]*$/.exec(lines[index + 1] ?? "")?.[1];
      if (heading) {
        blocks.push({ kind: "heading", level: heading[1]!.length, text: headingText(heading[2] ?? "") });
      } else if (underline && isSetext(line, blocks.at(-1))) {
        blocks.push({ kind: "heading", level: underline.startsWith("=") ? 1 : 2, text: headingText(line) });
        index += 1;
      } else keep(line);
    }
  }
  if (fence !== "") keep(fence);
  if (inComment) keep("-->");
  return blocks;
}

/** A heading's text without the `#`s that may close it. */
function headingText(text: string): string {
  let rest = text.trim();
  for (;;) {
    const open = rest.replace(/#+$/, "");
    if (open === rest || (open !== "" && !/\s$/.test(open))) return rest;
    rest = open.trim();
  }
}

/** Whether a line over an underline is a heading: one paragraph line, alone, and no list, quote, table or code. */
function isSetext(line: string, before: Block | undefined): boolean {
  const alone = before?.kind !== "lines" || before.lines.at(-1)!.trim() === "";
  return alone && /^ {0,3}[^\s#>|+*`~-]/.test(line) && !line.includes("|");
}
