/** A run of a text that both have, that only the second has, or that only the first has. */
export interface DifferencePart {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
}

const MAXIMUM_WORDS = 3000;

/** How two texts differ, by words, in reading order; removed stands before added. Very long texts are taken by lines. */
export function textDifference(before: string, after: string): readonly DifferencePart[] {
  const byWord = (text: string) => text.match(/\s+|[\w$]+|[^\s\w]/g) ?? [];
  const byLine = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];
  let [one, other] = [byWord(before), byWord(after)];
  if (one.length + other.length > MAXIMUM_WORDS) [one, other] = [byLine(before), byLine(after)];
  let head = 0;
  while (head < one.length && head < other.length && one[head] === other[head]) head += 1;
  let tail = 0;
  while (
    tail < one.length - head &&
    tail < other.length - head &&
    one[one.length - 1 - tail] === other[other.length - 1 - tail]
  )
    tail += 1;
  const parts: DifferencePart[] = [];
  const push = (kind: DifferencePart["kind"], text: string) => {
    if (text === "") return;
    const last = parts.at(-1);
    if (last?.kind === kind) parts[parts.length - 1] = { kind, text: last.text + text };
    else parts.push({ kind, text });
  };
  push("same", one.slice(0, head).join(""));
  for (const part of aligned(one.slice(head, one.length - tail), other.slice(head, other.length - tail)))
    push(part.kind, part.text);
  push("same", one.slice(one.length - tail).join(""));
  return parts;
}

/** Longest common subsequence by table; where it would be larger than it is worth, the one is replaced by the other. */
function aligned(one: readonly string[], other: readonly string[]): DifferencePart[] {
  if (one.length * other.length > 4_000_000) {
    return [
      { kind: "removed", text: one.join("") },
      { kind: "added", text: other.join("") },
    ];
  }
  const width = other.length + 1;
  const lengths = new Uint16Array((one.length + 1) * width);
  for (let row = one.length - 1; row >= 0; row -= 1) {
    for (let column = other.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        one[row] === other[column]
          ? lengths[(row + 1) * width + column + 1]! + 1
          : Math.max(lengths[(row + 1) * width + column]!, lengths[row * width + column + 1]!);
    }
  }
  const parts: DifferencePart[] = [];
  let row = 0;
  let column = 0;
  while (row < one.length && column < other.length) {
    if (one[row] === other[column]) {
      parts.push({ kind: "same", text: one[row]! });
      row += 1;
      column += 1;
    } else if (lengths[(row + 1) * width + column]! >= lengths[row * width + column + 1]!) {
      parts.push({ kind: "removed", text: one[row]! });
      row += 1;
    } else {
      parts.push({ kind: "added", text: other[column]! });
      column += 1;
    }
  }
  for (; row < one.length; row += 1) parts.push({ kind: "removed", text: one[row]! });
  for (; column < other.length; column += 1) parts.push({ kind: "added", text: other[column]! });
  return parts;
}
