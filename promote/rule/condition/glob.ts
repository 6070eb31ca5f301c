/** Patterns with `*` and `?`. Browser-safe: pure functions only. */
import { isCaseless, lowerLiteral, textLiteral } from "./literal.ts";

/** A pattern taken apart: plain text, any characters, exactly one character. */
export type GlobPart = string | { readonly wildcard: "*" | "?" };

/**
 * Takes a pattern apart as Sigma writes it: a backslash makes a following `*`, `?` or backslash plain and is itself plain
 * before anything else. Adjacent plain characters are one part; `**` is `*`.
 */
export function globParts(pattern: string): GlobPart[] {
  const parts: GlobPart[] = [];
  let plain = "";
  const flush = (): void => {
    if (plain !== "") parts.push(plain);
    plain = "";
  };
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at]!;
    const next = pattern[at + 1];
    if (character === "\\" && (next === "*" || next === "?" || next === "\\")) {
      plain += next;
      at += 1;
    } else if (character === "*" || character === "?") {
      flush();
      const last = parts.at(-1);
      const again = character === "*" && typeof last === "object" && last.wildcard === "*";
      if (!again) parts.push({ wildcard: character });
    } else plain += character;
  }
  flush();
  return parts;
}

/** The pattern that has those parts; plain text is escaped only where it must be. */
export function globPattern(parts: readonly GlobPart[]): string {
  return parts
    .map((part, index) => {
      if (typeof part !== "string") return part.wildcard;
      return part.replaceAll(/\\+|[*?]/g, (run, offset: number) => {
        if (!run.startsWith("\\")) return `\\${run}`;
        const after = part[offset + run.length];
        const beforeWildcard =
          after === undefined ? index + 1 < parts.length : after === "*" || after === "?";
        return run.length > 1 || beforeWildcard ? run + run : run;
      });
    })
    .join("");
}

const ESCAPES = ["!", "~", "^", "#", "@", "\u0001"];

/** A boolean over `text` (an SQL expression of type VARCHAR) that says whether it is of that pattern. */
export function globSql(text: string, parts: readonly GlobPart[], caseSensitive: boolean): string {
  const plain = parts.filter((part) => typeof part === "string");
  const folded = !caseSensitive && !plain.every(isCaseless);
  const subject = folded ? `lower(${text})` : text;
  const literal = folded ? lowerLiteral : textLiteral;
  const isAny = (part: GlobPart | undefined): boolean => typeof part === "object" && part.wildcard === "*";
  if (parts.length === 0) return `${subject} = ''`;
  if (parts.length === 1) {
    if (plain.length === 1) return `${subject} = ${literal(plain[0]!)}`;
    return isAny(parts[0]) ? `${text} IS NOT NULL` : `length(${text}) = 1`;
  }
  if (
    plain.length === 1 &&
    parts.length <= 3 &&
    parts.every((part) => typeof part === "string" || isAny(part))
  ) {
    if (parts.length === 3) return `contains(${subject}, ${literal(plain[0]!)})`;
    if (isAny(parts[0])) return `ends_with(${subject}, ${literal(plain[0]!)})`;
    return `starts_with(${subject}, ${literal(plain[0]!)})`;
  }
  const special = plain.some((part) => /[%_]/.test(part));
  const escapeSign = special
    ? (ESCAPES.find((sign) => plain.every((part) => !part.includes(sign))) ?? "\u0002")
    : null;
  const written = parts
    .map((part) => {
      if (typeof part !== "string") return part.wildcard === "*" ? "%" : "_";
      if (escapeSign === null) return part;
      return [...part]
        .map((sign) => (sign === "%" || sign === "_" || sign === escapeSign ? escapeSign + sign : sign))
        .join("");
    })
    .join("");
  return `${subject} LIKE ${literal(written)}${escapeSign === null ? "" : ` ESCAPE ${textLiteral(escapeSign)}`}`;
}
