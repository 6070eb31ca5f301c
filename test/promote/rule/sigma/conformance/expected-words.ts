/** Reads expected queries made of words: pySigma's own test backend, ES|QL and EQL. */
import {
  filled,
  type Hints,
  inNetwork,
  KEYWORD_FIELD,
  type Predicate,
  type Row,
  sampleOf,
  type Value,
  wildcards,
} from "./row.ts";

export interface WordsDialect {
  /** Backslashes in quoted texts escape. */
  readonly escapes: boolean;
  /** What two tests side by side mean. */
  readonly beside: "and" | "or";
  /** `%` in a text is a wildcard too. */
  readonly percent: boolean;
  /** Regular expressions between slashes are for the whole text. */
  readonly wholeRegex: boolean;
}

type Token =
  | { readonly kind: "string" | "field" | "word" | "mark"; readonly text: string }
  | { readonly kind: "regex"; readonly text: string; readonly flags: string };

function tokensOf(text: string, dialect: WordsDialect): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const quoted = (quote: string, escapes: boolean): string => {
    let out = "";
    at += 1;
    while (at < text.length && text[at] !== quote) {
      // A backslash before a wildcard belongs to the pattern.
      if (escapes && text[at] === "\\" && /[\\"/]/.test(text[at + 1] ?? "")) {
        out += text[at + 1] === "\\" && /[*?]/.test(text[at + 2] ?? "") ? "\\\\" : text[at + 1];
        at += 2;
      } else {
        out += text[at];
        at += 1;
      }
    }
    at += 1;
    return out;
  };
  while (at < text.length) {
    const sign = text[at]!;
    const rest = text.slice(at);
    const last = tokens.at(-1);
    if (/\s/.test(sign)) at += 1;
    else if (sign === '"') tokens.push({ kind: "string", text: quoted('"', dialect.escapes) });
    else if (sign === "'" || sign === "`") tokens.push({ kind: "field", text: quoted(sign, false) });
    else if (sign === "/" && last?.text === "=") {
      const match = /^\/((?:\\.|[^/\\])*)\/([a-z]*)/.exec(rest)!;
      tokens.push({ kind: "regex", text: match[1]!, flags: match[2]! });
      at += match[0].length;
    } else {
      const match = /^(?:[<>!=]=|like~|regex~|[(),=<>:]|-?\d+(?![\w.-])|[@?]?[A-Za-z_][\w.@-]*)/.exec(rest);
      if (!match) throw new Error(`The expected query cannot be read at: ${rest.slice(0, 30)}`);
      const word = match[0].replace(/^\?/, "");
      tokens.push({ kind: /^[A-Za-z_@\d-]/.test(word) && !/~$/.test(word) ? "word" : "mark", text: word });
      at += match[0].length;
    }
  }
  return tokens;
}

/** The query as a test of a row; what it asks for is noted in `hints`. */
export function readWords(text: string, dialect: WordsDialect, hints: Hints): Predicate {
  const tokens = tokensOf(text, dialect);
  let at = 0;
  const peek = (ahead = 0) => tokens[at + ahead]?.text ?? "";
  const isWord = (word: string) => tokens[at]?.kind === "word" && peek().toLowerCase() === word;
  const take = (wanted?: string): Token => {
    const token = tokens[at]!;
    if (token === undefined || (wanted !== undefined && token.text !== wanted))
      throw new Error(
        `Expected ${wanted ?? "more"} at ${tokens
          .slice(at, at + 5)
          .map((one) => one.text)
          .join(" ")} of ${text}`,
      );
    at += 1;
    return token;
  };
  const either = (): Predicate => {
    const parts = [both()];
    while (isWord("or") || (dialect.beside === "or" && at < tokens.length && peek() !== ")")) {
      if (isWord("or")) at += 1;
      parts.push(both());
    }
    return (row) => parts.some((part) => part(row));
  };
  const both = (): Predicate => {
    const parts = [one()];
    while (
      isWord("and") ||
      (dialect.beside === "and" && at < tokens.length && peek() !== ")" && !isWord("or"))
    ) {
      if (isWord("and")) at += 1;
      parts.push(one());
    }
    return (row) => parts.every((part) => part(row));
  };
  const one = (): Predicate => {
    if (isWord("not")) {
      at += 1;
      const inner = one();
      return (row) => !inner(row);
    }
    if (peek() === "(") {
      take("(");
      const inner = either();
      take(")");
      return inner;
    }
    if (tokens[at]?.kind === "string") return keyword(take().text);
    const token = take();
    if (token.kind === "word" && peek() === "(") return call(token.text);
    return test(token.text);
  };
  const keyword = (word: string): Predicate => {
    hints.add(KEYWORD_FIELD, `zz ${filled(word)} zz`);
    const pattern = wildcards(`*${word}*`, { cased: false });
    return (row) => Object.values(row).some((value) => pattern.test(String(value ?? "")));
  };
  const list = (): Token[] => {
    take("(");
    const found = [take()];
    while (peek() === ",") {
      take(",");
      found.push(take());
    }
    take(")");
    return found;
  };
  const call = (name: string): Predicate => {
    if (name === "exists" || name === "notexists") {
      const [field] = list();
      hints.add(field!.text, ...(name === "exists" ? ["x"] : [null]));
      return (row) => (row[field!.text] !== null) === (name === "exists");
    }
    if (name === "cidrmatch" || name === "cidr_match") {
      const [field, network, extra] = list();
      const masked = /\./.test(extra?.text ?? "") ? String(prefixOf(extra!.text)) : extra?.text;
      const whole = masked === undefined ? network!.text : `${network!.text}/${masked}`;
      hints.add(field!.text, whole.split("/")[0]!);
      return (row) => inNetwork(row[field!.text]!, whole);
    }
    if (name === "strftime") {
      const [field, part] = list();
      return dateTest(field!.text, part!.text);
    }
    throw new Error(`The function ${name} of the expected query is not known.`);
  };
  const dateTest = (field: string, part: string): Predicate => {
    const [operator, number] = [take().text, Number(take().text)];
    const read = (value: string): number => {
      const [year, month, day, hour, minute] = value.split(/\D/).map(Number);
      if (part === "%V") return isoWeek(year!, month!, day!);
      return { "%M": minute, "%H": hour, "%d": day, "%m": month, "%Y": year }[part] ?? Number.NaN;
    };
    hints.add(field, "2026-01-21 02:01:00", "2012-12-03 08:30:00", "0006-05-03 23:08:00");
    return (row) => row[field] !== null && compare(read(String(row[field])), operator, number);
  };
  const test = (field: string): Predicate => {
    const operator = take();
    const name = operator.text.toLowerCase();
    if (name === "is") {
      take("null");
      hints.add(field, null);
      return (row) => row[field] === null;
    }
    if (name === "in" || name === "like~") {
      const values = peek() === "(" ? list() : [take()];
      const tests = values.map((value) => equals(field, value.text));
      return (row) => tests.some((part) => part(row));
    }
    const cased = name.endsWith("_cased") || name === "casematch";
    const place = name.replace(/_cased$/, "").replace(/^not_/, "");
    if (["startswith", "endswith", "contains", "match", "casematch"].includes(place)) {
      const value = take().text;
      // A backslash at the end is itself, and no escape of the wildcard that stands for what follows.
      const safe = value.replace(/(?<!\\)\\$/, "\\\\");
      const pattern =
        { startswith: `${safe}*`, endswith: `*${value}`, contains: `*${safe}*` }[place] ?? value;
      const found = textTest(field, pattern, cased);
      return name.startsWith("not_") ? (row) => !found(row) : found;
    }
    if (name === "contains-all") {
      const tests = list().map(({ text: value }) => textTest(field, `*${value}*`, false));
      hints.add(field, "zz adm_1 srv_2");
      return (row) => tests.every((part) => part(row));
    }
    if (name === "rlike" || name === "regex~")
      return regexTest(field, take().text, name === "regex~" ? "i" : "", true);
    const value = take();
    if (value.kind === "regex")
      // That backend puts a backslash before a slash and before the word `bar`, and doubles others where it says so.
      return regexTest(
        field,
        value.text.replaceAll("\\/", "/").replaceAll("\\bar", "bar").replaceAll("\\\\", "\\"),
        value.flags,
        dialect.wholeRegex,
      );
    if (value.kind === "word" && value.text.startsWith("fieldref")) return referenceTest(field, value.text);
    if (value.kind === "field") return sameField(field, value.text, "");
    if (["<", "<=", ">", ">="].includes(name)) {
      const number = Number(value.text);
      hints.add(field, number - 1, number, number + 1);
      return (row) => row[field] !== null && compare(Number(row[field]), name, number);
    }
    if (value.kind === "word" && value.text === "null") {
      hints.add(field, null, "x");
      return (row) => (row[field] === null) === (name === "==");
    }
    const same = equals(field, value.text, value.kind === "word");
    return name === "!=" ? (row) => !same(row) : same;
  };
  const equals = (field: string, text: string, isNumber = false): Predicate =>
    field === "_"
      ? keyword(text)
      : isNumber || /^-?\d+$/.test(text)
        ? numberTest(field, text)
        : textTest(field, text, false);
  const numberTest = (field: string, text: string): Predicate => {
    hints.add(field, Number(text));
    return (row) => row[field] !== null && String(row[field]) === text;
  };
  const textTest = (field: string, pattern: string, cased: boolean): Predicate => {
    hints.add(field, filled(pattern));
    const expression = wildcards(pattern, { cased, percent: dialect.percent });
    return (row) => row[field] !== null && expression.test(String(row[field]));
  };
  const regexTest = (field: string, pattern: string, flags: string, whole: boolean): Predicate => {
    const inline = /^\(\?([a-z]+)\)/.exec(pattern);
    const body = pattern.slice(inline?.[0].length ?? 0);
    const expression = new RegExp(whole ? `^(?:${body})$` : body, (inline?.[1] ?? "") + flags);
    const target = field === "_" ? KEYWORD_FIELD : field;
    hints.add(target, sampleOf(body));
    if (field === "_")
      return (row) => Object.values(row).some((value) => expression.test(String(value ?? "")));
    return (row) => row[field] !== null && expression.test(String(row[field]));
  };
  const referenceTest = (field: string, word: string): Predicate => {
    const [other] = list();
    return sameField(field, other!.text, word.replace(/^fieldref_?/, ""));
  };
  const sameField = (field: string, other: string, place: string): Predicate => {
    hints.add(field, "same", "aa same zz", "zz same");
    hints.add(other, "same", "SAME");
    return (row: Row) => {
      const [left, right] = [row[field] as Value, row[other] as Value];
      if (left === null || right === null) return false;
      const [a, b] = [String(left).toLowerCase(), String(right).toLowerCase()];
      return place === "endswith" ? a.endsWith(b) : place === "contains" ? a.includes(b) : a === b;
    };
  };
  const predicate = either();
  if (at < tokens.length) throw new Error(`The expected query goes on at ${peek()}: ${text}`);
  return predicate;
}

function compare(left: number, operator: string, right: number): boolean {
  if (operator === "=" || operator === "==") return left === right;
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  return operator === ">" ? left > right : left >= right;
}

function isoWeek(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year);
  date.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const start = new Date(Date.UTC(2000, 0, 1));
  start.setUTCFullYear(date.getUTCFullYear());
  return Math.ceil(((date.getTime() - start.getTime()) / 86_400_000 + 1) / 7);
}

function prefixOf(mask: string): number {
  return mask
    .split(".")
    .map((part) => Number(part).toString(2))
    .join("")
    .replaceAll("0", "").length;
}
