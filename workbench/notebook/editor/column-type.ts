export interface TypeField {
  readonly name: string;
  readonly type: string;
}

/** The fields of a STRUCT type as DuckDB prints it (`STRUCT(a VARCHAR, "b c" INTEGER[])`); none for another type. */
export function fieldsOf(type: string): readonly TypeField[] {
  if (!/^STRUCT\(/i.test(type) || !type.endsWith(")")) return [];
  const inner = type.slice(type.indexOf("(") + 1, -1);
  return topLevelParts(inner).flatMap((part) => {
    const field = /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+([\s\S]+)$/.exec(part);
    return field ? [{ name: field[1]?.replaceAll('""', '"') ?? field[2]!, type: field[3]!.trim() }] : [];
  });
}

function topLevelParts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "," && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** A type for a narrow place: the fields of a STRUCT left out. */
export function shortType(type: string): string {
  const short = type.replace(/\([\s\S]*\)/g, "(…)");
  return short.length > 28 ? `${short.slice(0, 27)}…` : short;
}
