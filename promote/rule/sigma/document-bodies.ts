/** The YAML documents that one text holds, as text. */

export interface DocumentBody {
  /** Lines of the text before it. */
  readonly start: number;
  readonly lines: readonly string[];
}

/** How a file is divided at its `---` lines. Parts without anything but comments are no documents. */
export function documentBodies(text: string): { readonly parts: number; readonly bodies: DocumentBody[] } {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const starts = [0, ...lines.flatMap((line, index) => (/^---(?:\s|$)/.test(line) ? [index + 1] : []))];
  const bodies = starts.flatMap((start, index) => {
    const end = index + 1 < starts.length ? starts[index + 1]! - 1 : lines.length;
    const body = lines.slice(start, end).map((line) => (/^\.\.\.\s*$/.test(line) ? "" : line));
    return body.every((line) => /^\s*(?:#.*)?$/.test(line)) ? [] : [{ start, lines: body }];
  });
  return { parts: starts.length, bodies };
}

/** The bodies as one text; empty for none. */
export function joinedBodies(bodies: readonly DocumentBody[]): string {
  return bodies.map(({ lines }) => `${lines.join("\n").replace(/\s+$/, "")}\n`).join("---\n");
}
