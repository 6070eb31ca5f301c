/** Where the texts between a cell's `${…}` start and end; quotes and nested braces inside an interpolation are skipped. */
export function textSpans(value: string): readonly { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let start = 0;
  let position = 0;
  while (position < value.length) {
    if (value[position] === "\\") {
      position += 2;
    } else if (value.startsWith("${", position)) {
      spans.push({ start, end: position });
      position = afterBrace(value, position + 2);
      start = position;
    } else {
      position += 1;
    }
  }
  spans.push({ start, end: value.length });
  return spans;
}

function afterBrace(value: string, from: number): number {
  let depth = 1;
  let quote: string | null = null;
  for (let position = from; position < value.length; position += 1) {
    const character = value[position]!;
    if (character === "\\") position += 1;
    else if (quote !== null) {
      if (character === quote) quote = null;
    } else if (character === '"' || character === "'" || character === "`") quote = character;
    else if (character === "{") depth += 1;
    else if (character === "}") {
      depth -= 1;
      if (depth === 0) return position + 1;
    }
  }
  return value.length;
}

/** The offset in a cell's text of an error that the frame placed; null when the text has changed since. */
export function offsetInCell(
  value: string,
  place:
    | { readonly text: number; readonly offset: number }
    | { readonly line: number; readonly column: number },
): number | null {
  if ("line" in place) {
    // The transpiler leaves out white space before a cell's text.
    const start = value.length - value.trimStart().length;
    const lines = value.slice(start).split("\n");
    const line = lines[place.line - 1];
    if (line === undefined) return null;
    const before = lines.slice(0, place.line - 1).reduce((length, text) => length + text.length + 1, start);
    const indent = line.length - line.trimStart().length;
    return before + Math.min(Math.max(place.column - 1, indent), line.length);
  }
  const span = textSpans(value)[place.text];
  if (!span) return null;
  // The transpiler leaves out white space before a cell's first text.
  const skipped = place.text === 0 ? value.length - value.trimStart().length : 0;
  return Math.min(span.start + skipped + place.offset, span.end);
}
