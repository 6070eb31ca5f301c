/** Regular expressions as DuckDB (RE2) reads them. Browser-safe: pure functions only. */

export type ReadRegex =
  | { readonly ok: true; readonly pattern: string }
  | { readonly ok: false; readonly what: string };

const MAXIMUM_REPEAT = 1_000;
/** What PCRE has and RE2 has not, by the characters after `(?`. */
const GROUPS: readonly (readonly [RegExp, string])[] = [
  [/^[=!]/, "looks ahead (`(?=` or `(?!`)"],
  [/^<[=!]/, "looks behind (`(?<=` or `(?<!`)"],
  [/^>/, "has an atomic group (`(?>`)"],
  [/^[|&R\d(+]/, "has a recursive or conditional group"],
  [/^P[=>]/, "refers back to a group"],
];
/** Escapes that RE2 reads as they are. */
const SAME_ESCAPE = /[0abBCdDfnpPQrsStvwWxzAE]/;
const TRANSLATED: Readonly<Record<string, string>> = { e: "\\x1b", h: "[ \\t]", Z: "\\n?\\z", N: "[^\\n]" };

/**
 * Reads a regular expression written for PCRE. What RE2 writes in another way is rewritten; what it cannot do, since it
 * needs steps back (looking around, back references), is refused by name. Time of a match stays linear in the text.
 */
export function readRegex(pattern: string, flags = ""): ReadRegex {
  const no = (what: string): ReadRegex => ({ ok: false, what });
  let out = "";
  let depth = 0;
  /** What a quantifier would repeat: nothing, something, or what is repeated already. */
  let before: "nothing" | "atom" | "repeat" = "nothing";
  let at = 0;
  while (at < pattern.length) {
    const character = pattern[at]!;
    const rest = pattern.slice(at);
    if (character === "\\") {
      const next = pattern[at + 1];
      if (next === undefined) return no("ends in a backslash");
      if (/[1-9]/.test(next) || next === "k" || next === "g") return no("refers back to a group");
      if (/[GKRXuUlL]/.test(next)) return no(`uses \\${next}`);
      if (next === "Q") {
        const end = pattern.indexOf("\\E", at + 2);
        const plain = pattern.slice(at + 2, end < 0 ? undefined : end);
        out += plain.replaceAll(/[\\^$.|?*+()[\]{}]/g, "\\$&");
        at = end < 0 ? pattern.length : end + 2;
        if (plain !== "") before = "atom";
        continue;
      }
      if (next === "c") return no("uses a control escape (`\\c`)");
      const known = SAME_ESCAPE.test(next) || !/[A-Za-z0-9]/.test(next);
      const translated = TRANSLATED[next];
      if (translated === undefined && !known) out += next;
      else out += translated ?? (next === "_" ? "_" : `\\${next}`);
      if (/[xpP]/.test(next) && pattern[at + 2] === "{") {
        const end = pattern.indexOf("}", at);
        if (end < 0) return no("has a `{` that is never closed");
        out += pattern.slice(at + 2, end + 1);
        at = end - 1;
      }
      at += 2;
      before = "atom";
    } else if (character === "[") {
      const set = readSet(pattern, at);
      if (set === null) return no("has a `[` that is never closed");
      if (set.wrong !== null) return no(set.wrong);
      out += set.written;
      at = set.end;
      before = "atom";
    } else if (character === "(") {
      depth += 1;
      before = "nothing";
      if (!rest.startsWith("(?")) {
        if (rest.startsWith("(*")) return no("has a verb (`(*`)");
        out += "(";
        at += 1;
        continue;
      }
      const inside = rest.slice(2);
      const group = GROUPS.find(([begins]) => begins.test(inside));
      if (group) return no(group[1]);
      if (inside.startsWith("#")) {
        const end = pattern.indexOf(")", at);
        if (end < 0) return no("has a `(` that is never closed");
        depth -= 1;
        at = end + 1;
        continue;
      }
      const opening = /^(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'|([imsU]*(?:-[imsU]+)?)(:|\)))/.exec(inside);
      if (!opening) return no("has a group that RE2 does not know");
      const name = opening[1] ?? opening[2];
      if (name !== undefined) out += `(?P<${name}>`;
      else {
        out += `(?${opening[3]}${opening[4]}`;
        if (opening[4] === ")") depth -= 1;
      }
      at += 2 + opening[0].length;
    } else if (character === ")") {
      if (depth === 0) return no("closes a group that was never opened");
      depth -= 1;
      out += ")";
      at += 1;
      before = "atom";
    } else if (/[*+?]/.test(character) || /^\{\d+(?:,\d*)?\}/.test(rest)) {
      const written = character === "{" ? /^\{\d+(?:,\d*)?\}/.exec(rest)![0] : character;
      const after = pattern[at + written.length];
      if (before === "nothing") return no("repeats nothing");
      if (before === "repeat") return no("repeats a repetition");
      if (after === "+") return no("has a possessive repetition");
      const counts = written.match(/\d+/g)?.map(Number) ?? [];
      if (counts.some((count) => count > MAXIMUM_REPEAT))
        return no(`repeats more than ${MAXIMUM_REPEAT} times`);
      if (counts.length === 2 && counts[0]! > counts[1]!)
        return no("repeats at least more often than at most");
      out += written;
      at += written.length;
      if (after === "?") {
        out += "?";
        at += 1;
      }
      before = "repeat";
    } else {
      out += character === "{" || character === "}" ? `\\${character}` : character;
      at += 1;
      before = character === "|" ? "nothing" : "atom";
    }
  }
  if (depth > 0) return no("has a `(` that is never closed");
  const inline = [...new Set(flags)]
    .filter((flag) => "ims".includes(flag))
    .sort()
    .join("");
  return { ok: true, pattern: (inline === "" ? "" : `(?${inline})`) + out };
}

interface ReadSet {
  readonly written: string;
  readonly end: number;
  readonly wrong: string | null;
}

/** One `[...]` from `start`; null when it is not closed. */
function readSet(pattern: string, start: number): ReadSet | null {
  let written = "[";
  let at = start + 1;
  if (pattern[at] === "^") {
    written += "^";
    at += 1;
  }
  let first = true;
  let low: number | null = null;
  let ranged = false;
  while (at < pattern.length) {
    const character = pattern[at]!;
    if (character === "]" && !first) return { written: `${written}]`, end: at + 1, wrong: null };
    first = false;
    let code: number | null = null;
    const named = /^\[:\^?[a-z]+:\]/.exec(pattern.slice(at));
    if (named) {
      written += named[0];
      at += named[0].length;
    } else if (character === "\\") {
      const next = pattern[at + 1];
      if (next === undefined) return null;
      if (/[GKRXuUlLkg]/.test(next)) return { written, end: at, wrong: `uses \\${next} in a set` };
      const hex = /^\\x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{1,2})/.exec(pattern.slice(at));
      const property = /^\\[pP]\{[^}]*\}/.exec(pattern.slice(at));
      if (hex || property) written += (hex ?? property)![0];
      else if (next === "h") written += " \\t";
      else if (next === "b") written += "\\x08";
      else if (next === "e") written += "\\x1b";
      else if (/[dDwWsSnrtfvapP0-7]/.test(next) || !/[A-Za-z0-9_]/.test(next)) written += `\\${next}`;
      else written += next;
      if (!/[dDwWsSpPhnrtfva]/.test(next) && !hex) code = next.codePointAt(0)!;
      at += hex?.[0].length ?? property?.[0].length ?? 2;
    } else if (
      character === "-" &&
      low !== null &&
      pattern[at + 1] !== undefined &&
      pattern[at + 1] !== "]"
    ) {
      written += "-";
      at += 1;
      ranged = true;
      continue;
    } else {
      const point = pattern.codePointAt(at)!;
      const sign = String.fromCodePoint(point);
      written += sign === "[" || sign === "-" || sign === "]" ? `\\${sign}` : sign;
      code = point;
      at += sign.length;
    }
    if (ranged && low !== null && code !== null && code < low)
      return { written, end: at, wrong: "has a range that runs backwards" };
    low = ranged ? null : code;
    ranged = false;
  }
  return null;
}
