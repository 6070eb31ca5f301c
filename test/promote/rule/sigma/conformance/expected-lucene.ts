/** Reads expected queries in Lucene's syntax, over fields that ignore case. */
import { filled, type Hints, KEYWORD_FIELD, type Predicate, sampleOf, wildcards } from "./row.ts";

/** The query as a test of a row; what it asks for is noted in `hints`. */
export function readLucene(text: string, hints: Hints): Predicate {
  let at = 0;
  const space = () => {
    while (text[at] === " ") at += 1;
  };
  const isWord = (word: string) => {
    space();
    return text.startsWith(word, at) && /[\s(]|$/.test(text[at + word.length] ?? " ");
  };
  const either = (field: string | null): Predicate => {
    const parts = [both(field)];
    while (isWord("OR")) {
      at += 2;
      parts.push(both(field));
    }
    return (row) => parts.some((part) => part(row));
  };
  const both = (field: string | null): Predicate => {
    const parts = [one(field)];
    while (isWord("AND")) {
      at += 3;
      parts.push(one(field));
    }
    return (row) => parts.every((part) => part(row));
  };
  const one = (field: string | null): Predicate => {
    space();
    if (isWord("NOT")) {
      at += 3;
      const inner = one(field);
      return (row) => !inner(row);
    }
    if (text[at] === "(") {
      at += 1;
      const inner = either(field);
      space();
      at += 1;
      return inner;
    }
    if (field !== null) return test(field, term());
    const name = /^[@\w.]+(?=:)/.exec(text.slice(at))?.[0];
    if (name === undefined) return test(null, term());
    at += name.length + 1;
    if (text[at] === "(") return one(name);
    if (name === "_exists_") {
      const asked = term();
      hints.add(asked, "x");
      return (row) => row[asked] !== null;
    }
    return test(name, term());
  };
  const term = (): string => {
    space();
    const match = /^(?:"[^"]*"|\/(?:\\.|[^/\\])*\/|(?:\\.|[^\s()\\])+)/u.exec(text.slice(at))!;
    at += match[0].length;
    return match[0];
  };
  const test = (field: string | null, written: string): Predicate => {
    if (written === '""') {
      hints.add(field!, "");
      return (row) => row[field!] === "";
    }
    if (written.startsWith("/")) {
      const body = written.slice(1, -1).replaceAll("\\/", "/");
      hints.add(field!, sampleOf(body));
      return (row) => row[field!] !== null && new RegExp(`^(?:${body})$`).test(String(row[field!]));
    }
    // Lucene escapes many signs; only the wildcards and the backslash stay escaped for the pattern.
    const pattern = written.replaceAll(/\\([^*?\\])/g, "$1");
    if (field === null) {
      hints.add(KEYWORD_FIELD, filled(pattern));
      return (row) =>
        Object.values(row).some((value) => wildcards(pattern, { cased: false }).test(String(value ?? "")));
    }
    hints.add(field, /^-?\d+$/.test(pattern) ? Number(pattern) : filled(pattern));
    return (row) => row[field] !== null && wildcards(pattern, { cased: false }).test(String(row[field]));
  };
  const predicate = either(null);
  space();
  if (at < text.length) throw new Error(`The expected query goes on at ${text.slice(at)}`);
  return predicate;
}
