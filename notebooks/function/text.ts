/** Browser-safe: pure functions, and SQL that makes the same ones. */
import { asciiLower } from "./ascii.ts";
import { registeredDomain } from "./domain.ts";
import { type HuntMacro, letIn, macro, patternText } from "./hunt-function.ts";
import { IPV4 } from "./ip.ts";

/** What is replaced in a command line, in this order; the text is in lower case by then. */
const MARKS: readonly (readonly [RegExp, string])[] = [
  [/["'^`]+/, ""],
  [/[{(]?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[)}]?/, "<guid>"],
  [/([\\/](?:users|home)[\\/])[^\\/ \t\r\n]+/, "\\1<user>"],
  [new RegExp(`\\b${IPV4.source}\\b`), "<ip>"],
  [/\b(?:0x[0-9a-f]+|[0-9a-f]{16,})\b/, "<hex>"],
  [/\b[a-z0-9+/]{40,}={0,2}/, "<base64>"],
  [/\b[0-9]+\b/, "<n>"],
  [/[ \t\r\n]+/, " "],
  [/^ | $/, ""],
];

/** What looks like a Latin letter: digits and Cyrillic or Greek letters, one for one. */
const ALIKE_FROM = "01345789$|@іаеорсухԁһјӏѕԛԝαβεικνορτυχ";
const ALIKE_TO = "oleastbgslaiaeopcyxdhjlsqwabeiknoptux";
const ALIKE_PAIRS: readonly (readonly [string, string])[] = [
  ["rn", "m"],
  ["vv", "w"],
  ["cl", "d"],
];

const LABEL_DASH = "-";
const SHORT_NAME = 5;
const LONG_NAME = 10;
/** The longest label of a domain. */
const LONGEST_LABEL_BYTES = 63;
/** A comparison takes memory and time by the product of the lengths, outside of the engine's limits. */
const LONGEST_COMPARED_BYTES = 1000;

const alikeLetters = new Map([...ALIKE_FROM].map((letter, at) => [letter, ALIKE_TO[at]!]));

const SKELETON_SQL = ALIKE_PAIRS.reduce(
  (inner, [from, to]) => `replace(${inner}, '${from}', '${to}')`,
  `translate(__label, '${ALIKE_FROM}', '${ALIKE_TO}')`,
);

const MARKS_SQL = MARKS.reduce(
  (inner, [pattern, text]) => `regexp_replace(${inner}, ${patternText(pattern)}, '${text}', 'g')`,
  "hunt_lower(__text)",
);

const IMITATES = `__one.domain IS NOT NULL AND (
  __one.skeleton = __case.skeleton
  OR list_contains(string_split(__case.label, '${LABEL_DASH}'), __one.label)
  OR (strlen(__one.skeleton) BETWEEN ${SHORT_NAME} AND ${LONGEST_LABEL_BYTES} AND strlen(__case.skeleton) <= ${LONGEST_LABEL_BYTES}
    AND damerau_levenshtein(__one.skeleton, __case.skeleton) <= CASE WHEN strlen(__one.skeleton) >= ${LONG_NAME} THEN 2 ELSE 1 END))`;

export const TEXT_MACROS: readonly HuntMacro[] = [
  macro(
    "shannon_entropy",
    ["__text"],
    letIn(
      "__spread",
      "__text",
      `CASE WHEN __spread = '' THEN 0.0::DOUBLE WHEN __spread IS NOT NULL THEN greatest(0, -list_sum(list_transform(map_values(list_histogram(string_split(__spread, ''))),
        lambda __times: __times / length(__spread) * log2(__times / length(__spread))))) END`,
    ),
  ),
  macro(
    "edit_similarity",
    ["__left", "__right"],
    letIn(
      "__both",
      "{'left': __left, 'right': __right}",
      `CASE WHEN __both.left IS NULL OR __both.right IS NULL THEN NULL
        WHEN __both.left = __both.right THEN 1.0::DOUBLE
        WHEN greatest(strlen(__both.left), strlen(__both.right)) > ${LONGEST_COMPARED_BYTES} THEN NULL
        ELSE 1 - damerau_levenshtein(__both.left, __both.right) / greatest(strlen(__both.left), strlen(__both.right)) END`,
    ),
  ),
  macro("hunt_skeleton", ["__label"], SKELETON_SQL),
  macro(
    "lookalike_domain",
    ["__host", "__known"],
    letIn(
      "__case",
      `{'known': list_transform(__known::VARCHAR[], lambda __name: {'written': __name, 'domain': registered_domain(__name)}), 'domain': registered_domain(__host)}`,
      `CASE WHEN __case.domain IS NULL OR list_contains(list_transform(__case.known, lambda __name: __name.domain), __case.domain) THEN NULL ELSE ${letIn(
        "__case",
        `{'known': list_transform(__case.known, lambda __name: {'written': __name.written, 'domain': __name.domain, 'label': split_part(__name.domain, '.', 1), 'skeleton': hunt_skeleton(split_part(__name.domain, '.', 1))}),
          'label': split_part(__case.domain, '.', 1), 'skeleton': hunt_skeleton(split_part(__case.domain, '.', 1))}`,
        `list_filter(__case.known, lambda __one: coalesce(${IMITATES}, false))[1].written`,
      )} END`,
    ),
    ["registered_domain", "hunt_skeleton"],
  ),
  macro("normalise_command_line", ["__text"], MARKS_SQL, ["hunt_lower"]),
  macro("path_basename", ["__path"], "regexp_extract(__path, '([^/\\\\]*)[/\\\\]*$', 1)"),
  macro(
    "path_dirname",
    ["__path"],
    letIn(
      "__head",
      "regexp_replace(__path, '[^/\\\\]*[/\\\\]*$', '')",
      letIn(
        "__body",
        "{'head': __head, 'bare': rtrim(__head, '/\\')}",
        `CASE WHEN __body.bare = '' OR regexp_full_match(__body.bare, '[A-Za-z]:') THEN left(__body.head, length(__body.bare) + 1) ELSE __body.bare END`,
      ),
    ),
  ),
  macro(
    "path_extension",
    ["__path"],
    "hunt_lower(regexp_extract(path_basename(__path), '[^.][.]([^.]*)$', 1))",
    ["hunt_lower", "path_basename"],
  ),
];

function every(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, "g");
}

/** As `shannon_entropy` in SQL. */
export function shannonEntropy(text: string | null): number | null {
  if (text === null) return null;
  const counts = new Map<string, number>();
  let length = 0;
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
    length += 1;
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length);
  return Math.max(0, bits);
}

/** Damerau and Levenshtein's distance in bytes of UTF-8 (a swapped pair is one edit, also around other edits). */
function editDistance(left: Uint8Array, right: Uint8Array): number {
  const far = left.length + right.length;
  const width = right.length + 2;
  const cost = new Uint32Array((left.length + 2) * width);
  const lastRow = new Map<number, number>();
  cost[0] = far;
  for (let row = 0; row <= left.length; row += 1) {
    cost[(row + 1) * width] = far;
    cost[(row + 1) * width + 1] = row;
  }
  for (let column = 0; column <= right.length; column += 1) {
    cost[column + 1] = far;
    cost[width + column + 1] = column;
  }
  for (let row = 1; row <= left.length; row += 1) {
    let lastColumn = 0;
    for (let column = 1; column <= right.length; column += 1) {
      const matchedRow = lastRow.get(right[column - 1]!) ?? 0;
      const matchedColumn = lastColumn;
      const isEqual = left[row - 1] === right[column - 1];
      if (isEqual) lastColumn = column;
      cost[(row + 1) * width + column + 1] = Math.min(
        cost[row * width + column]! + (isEqual ? 0 : 1),
        cost[(row + 1) * width + column]! + 1,
        cost[row * width + column + 1]! + 1,
        cost[matchedRow * width + matchedColumn]! + (row - matchedRow - 1) + 1 + (column - matchedColumn - 1),
      );
    }
    lastRow.set(left[row - 1]!, row);
  }
  return cost[(left.length + 1) * width + right.length + 1]!;
}

const encoder = new TextEncoder();

/** As `edit_similarity` in SQL. */
export function editSimilarity(left: string | null, right: string | null): number | null {
  if (left === null || right === null) return null;
  if (left === right) return 1;
  const leftBytes = encoder.encode(left);
  const rightBytes = encoder.encode(right);
  if (Math.max(leftBytes.length, rightBytes.length) > LONGEST_COMPARED_BYTES) return null;
  return 1 - editDistance(leftBytes, rightBytes) / Math.max(leftBytes.length, rightBytes.length);
}

function skeleton(label: string): string {
  const letters = [...label].map((letter) => alikeLetters.get(letter) ?? letter).join("");
  return ALIKE_PAIRS.reduce((now, [from, to]) => now.replaceAll(from, to), letters);
}

/** As `lookalike_domain` in SQL. */
export function lookalikeDomain(
  host: string | null,
  known: readonly (string | null)[] | null,
): string | null {
  const domain = registeredDomain(host);
  if (domain === null || known === null) return null;
  const own = known.map((written) => ({ written, domain: registeredDomain(written) }));
  if (own.some((one) => one.domain === domain)) return null;
  const label = domain.split(".")[0]!;
  const look = skeleton(label);
  const found = own.find((one) => {
    if (one.domain === null) return false;
    const name = one.domain.split(".")[0]!;
    const nameLook = skeleton(name);
    const length = encoder.encode(nameLook).length;
    const isCompared =
      length >= SHORT_NAME && Math.max(length, encoder.encode(look).length) <= LONGEST_LABEL_BYTES;
    const edits = !isCompared ? -1 : length < LONG_NAME ? 1 : 2;
    return (
      nameLook === look ||
      label.split(LABEL_DASH).includes(name) ||
      (edits > 0 && editDistance(encoder.encode(nameLook), encoder.encode(look)) <= edits)
    );
  });
  return found?.written ?? null;
}

/** As `normalise_command_line` in SQL. */
export function normaliseCommandLine(commandLine: string | null): string | null {
  if (commandLine === null) return null;
  return MARKS.reduce(
    (now, [pattern, mark]) => now.replace(every(pattern), mark.replace("\\1", "$1")),
    asciiLower(commandLine),
  );
}

function withoutEnd(text: string, isEnd: (character: string) => boolean): string {
  let end = text.length;
  while (end > 0 && isEnd(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

const isSeparator = (character: string) => character === "/" || character === "\\";

/** As `path_basename` in SQL. */
export function pathBasename(path: string | null): string | null {
  if (path === null) return null;
  const bare = withoutEnd(path, isSeparator);
  return bare.slice(withoutEnd(bare, (character) => !isSeparator(character)).length);
}

/** As `path_dirname` in SQL. */
export function pathDirname(path: string | null): string | null {
  if (path === null) return null;
  const head = withoutEnd(withoutEnd(path, isSeparator), (character) => !isSeparator(character));
  const bare = withoutEnd(head, isSeparator);
  return bare === "" || /^[A-Za-z]:$/.test(bare) ? head.slice(0, bare.length + 1) : bare;
}

/** As `path_extension` in SQL. */
export function pathExtension(path: string | null): string | null {
  const name = pathBasename(path);
  if (name === null) return null;
  const dot = name.lastIndexOf(".");
  return dot < 1 || name[dot - 1] === "." ? "" : asciiLower(name.slice(dot + 1));
}
