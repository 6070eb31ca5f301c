/** Rows and the tests that an expected query makes of them, with what makes a row meet them. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;
export type Predicate = (row: Row) => boolean;

/** Fields that a query asks, and values that meet one of its tests. */
export class Hints {
  readonly hits = new Map<string, Value[]>();

  add(field: string, ...values: readonly Value[]): void {
    const known = this.hits.get(field) ?? [];
    for (const value of values) if (!known.includes(value)) known.push(value);
    this.hits.set(field, known);
  }
}

/** Where keywords lie: any text of the row. */
export const KEYWORD_FIELD = "message";

/** A text with `*`, `?` (and what `more` names) as a regular expression; a backslash makes them plain. */
export function wildcards(
  text: string,
  options: { readonly cased: boolean; readonly percent?: boolean },
): RegExp {
  let out = "";
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]!;
    if (sign === "\\" && /[*?\\]/.test(text[at + 1] ?? "")) {
      at += 1;
      out += `\\${text[at]}`;
    } else if (sign === "*" || (options.percent && sign === "%")) out += "[^]*";
    else if (sign === "?") out += "[^]";
    else out += sign.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  return new RegExp(`^${out}$`, options.cased ? "u" : "iu");
}

/** A text that the pattern matches. */
export function filled(text: string): string {
  const network = /^((?:\d{1,3}\.){1,3})[*%]$/.exec(text)?.[1];
  if (network !== undefined)
    return network + ["3", "4", "5"].slice(0, 5 - network.split(".").length).join(".");
  return text.replaceAll(
    /\\([*?\\])|[*?%]/g,
    (found, plain: string | undefined) => plain ?? (found === "?" ? "q" : "zz"),
  );
}

/** A text that a simple regular expression finds. */
export function sampleOf(pattern: string): string {
  return pattern
    .replaceAll(/\(\?[a-z]+\)/g, "")
    .replaceAll("[1-9]", "5")
    .replaceAll("\\d{3}", "123")
    .replaceAll(/\\r/g, "\r")
    .replaceAll(".*", "zz")
    .replaceAll(/\\(.)/g, "$1");
}

/** Whether an address lies in a network; IPv4 as numbers, IPv6 by its written groups. */
export function inNetwork(address: Value, network: string): boolean {
  const [base = "", length = "0"] = network.split("/");
  const bits = (text: string): string | null => {
    if (/^\d+(?:\.\d+){3}$/.test(text))
      return text
        .split(".")
        .map((part) => Number(part).toString(2).padStart(8, "0"))
        .join("");
    if (!/^[0-9a-f:]+$/i.test(text) || !text.includes(":")) return null;
    const [head = "", tail] = text.split("::");
    const groups = (part: string) => part.split(":").filter((group) => group !== "");
    const [front, back] = [groups(head), groups(tail ?? "")];
    const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => "0"), ...back];
    return all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("");
  };
  const [left, right] = [bits(String(address)), bits(base)];
  return (
    left !== null &&
    right !== null &&
    left.length === right.length &&
    left.slice(0, Number(length)) === right.slice(0, Number(length))
  );
}
