/** Reads expected correlation queries and says, by brute force, which groups of events they find. */
import { readWords } from "./expected-words.ts";
import { Hints, type Predicate, type Row } from "./row.ts";

export interface ExpectedPart {
  readonly name: string;
  readonly matches: Predicate;
  /** What makes an event of this part. */
  readonly hints: Hints;
  /** Field by the name that the groups use. */
  readonly fields: ReadonlyMap<string, string>;
  /** The part is itself a count: so many within so long. */
  readonly burst: { readonly count: number; readonly windowS: number; readonly by: readonly string[] } | null;
}

export interface ExpectedCorrelation {
  readonly parts: readonly ExpectedPart[];
  readonly by: readonly string[];
  readonly windowS: number;
  readonly kind: "count" | "distinct" | "sum" | "average" | "temporal" | "ordered" | "words";
  readonly field: string;
  readonly least: number;
  /** For `words`: which parts must be there. */
  readonly words: ((holds: (name: string) => boolean) => boolean) | null;
}

const DIALECT = { escapes: false, beside: "and", percent: false, wholeRegex: false } as const;
const UNIT_S: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  min: 60,
  minutes: 60,
  h: 3600,
  d: 86400,
  "": 1,
};

function seconds(text: string): number {
  const [, number, unit] = /^(\d+)(\w*)$/.exec(text)!;
  return Number(number) * UNIT_S[unit!]!;
}

function part(text: string, name: string): ExpectedPart {
  const hints = new Hints();
  const [query, ...rest] = text.split(/\n?\s*\| /);
  const fields = new Map(
    rest.flatMap((one) =>
      [...one.trim().matchAll(/^set (\w+)=([A-Za-z]\w*)$/g)].map((match) => [match[1]!, match[2]!] as const),
    ),
  );
  const counted = /aggregate window=(\w+) count\(\) as event_count by ([\w, ]+)/.exec(text);
  const least = /where event_count >= (\d+)/.exec(text);
  return {
    name,
    matches: readWords(query!.trim(), DIALECT, hints),
    hints,
    fields,
    burst:
      counted && least
        ? { count: Number(least[1]), windowS: seconds(counted[1]!), by: counted[2]!.split(", ") }
        : null,
  };
}

/** The query taken apart. `windowS` is for SQLite's, which have none. */
export function readCorrelation(text: string, windowS = 0): ExpectedCorrelation {
  const sqlite =
    /(COUNT\(DISTINCT|SUM\(|AVG\()\s*(\w+)\).*?WHERE (.*?)\) AS subquery HAVING \w+ >= (\d+)/.exec(text);
  if (sqlite) {
    const kind = sqlite[1]!.startsWith("COUNT") ? "distinct" : sqlite[1] === "SUM(" ? "sum" : "average";
    return {
      parts: [part(sqlite[3]!, "base")],
      by: [],
      windowS,
      kind,
      field: sqlite[2]!,
      least: Number(sqlite[4]),
      words: null,
    };
  }
  const esql = /date_trunc\((\d+\w+), @timestamp\).*? by timebucket, (.*?)\n\| where \w+ >= (\d+)/.exec(text);
  if (esql) {
    const [, where = ""] = /\| where (.*?)\n/.exec(text)!;
    const temporal = text.includes("count_distinct(event_type)");
    const parts = temporal
      ? [...text.matchAll(/(\w+=="\w+"), "(\w+)"/g)].map((match) => part(match[1]!, match[2]!))
      : [part(where, "base")];
    return {
      parts,
      by: esql[2]!.split(", "),
      windowS: seconds(esql[1]!),
      kind: temporal ? "temporal" : "count",
      field: "",
      least: Number(esql[3]),
      words: null,
    };
  }
  const searches = [...text.matchAll(/^subsearch \{ ([\s\S]*?) \| set event_type="(\w+)"([^}]*)\}/gm)];
  if (searches.length === 0) {
    const [, window = "", measure = "", field = "", by = "", least = ""] =
      /aggregate window=(\w+) (count|value_count)\((\w*)\) as \w+(?: by ([\w, ]+))?\n\| where \w+ >= (\d+)/.exec(
        text,
      )!;
    return {
      parts: [part(text.split("\n")[0]!, "base")],
      by: by === "" ? [] : by.split(", "),
      windowS: seconds(window),
      kind: measure === "count" ? "count" : "distinct",
      field,
      least: Number(least),
      words: null,
    };
  }
  const parts = searches.map((match) => part(`${match[1]} ${match[3]}`, match[2]!));
  const [, ordered, extended, window = ""] = /\| temporal (ordered=true )?(extended=true )?window=(\w+)/.exec(
    text,
  )!;
  const [, by = ""] = /\| temporal .*? by ([\w, ]+)/.exec(text) ?? [];
  const [, where = ""] = /\n\| where ((?:\(|not )*matched_rules.*)$/.exec(text) ?? [];
  return {
    parts,
    by: by === "" ? [] : by.split(", "),
    windowS: seconds(window),
    kind: extended ? "words" : ordered ? "ordered" : "temporal",
    field: "",
    least: parts.length,
    words: where === "" ? null : wordsOf(where),
  };
}

function wordsOf(where: string): (holds: (name: string) => boolean) => boolean {
  return (holds) => {
    const row: Row = Object.fromEntries(
      [...where.matchAll(/matched_rules="(\w+)"/g)].map(([, name]) => [name!, holds(name!) ? "1" : null]),
    );
    const query = where.replaceAll(/matched_rules="(\w+)"/g, '$1="1"');
    return readWords(query, DIALECT, new Hints())(row);
  };
}

export interface TimedRow {
  readonly second: number;
  readonly row: Row;
}

/** The groups, as JSON of their values, in which some window (t - windowS, t] holds what the query asks. */
export function groupsFound(expected: ExpectedCorrelation, events: readonly TimedRow[]): Set<string> {
  const groups = new Map<string, { second: number; kind: number; row: Row }[]>();
  expected.parts.forEach((one, kind) => {
    const own = events.filter(({ row }) => one.matches(row));
    for (const event of own) {
      const values = expected.by.map((name) => event.row[one.fields.get(name) ?? name] ?? null);
      if (values.includes(null)) continue;
      const { burst } = one;
      if (burst !== null) {
        const near = own.filter(
          (other) =>
            other.second > event.second - burst.windowS &&
            other.second <= event.second &&
            burst.by.every((name) => other.row[name] === event.row[name]),
        );
        if (near.length < burst.count) continue;
      }
      const key = JSON.stringify(values.map(String));
      groups.set(key, [...(groups.get(key) ?? []), { second: event.second, kind, row: event.row }]);
    }
  });
  const found = new Set<string>();
  for (const [key, own] of groups)
    if (
      own.some(({ second }) =>
        holds(
          expected,
          own.filter((one) => one.second > second - expected.windowS && one.second <= second),
        ),
      )
    )
      found.add(key);
  return found;
}

function holds(
  expected: ExpectedCorrelation,
  window: readonly { second: number; kind: number; row: Row }[],
): boolean {
  const kinds = new Set(window.map(({ kind }) => kind));
  const values = window.flatMap(({ row }) => row[expected.field] ?? []);
  switch (expected.kind) {
    case "count":
      return window.length >= expected.least;
    case "distinct":
      return new Set(values).size >= expected.least;
    case "sum":
      return (
        values.length > 0 && values.reduce<number>((sum, value) => sum + Number(value), 0) >= expected.least
      );
    case "average":
      return (
        values.length > 0 &&
        values.reduce<number>((sum, value) => sum + Number(value), 0) / values.length >= expected.least
      );
    case "temporal":
      return kinds.size >= expected.least;
    case "words":
      return expected.words!((name) => kinds.has(expected.parts.findIndex((one) => one.name === name)));
    case "ordered": {
      let after = Number.NEGATIVE_INFINITY;
      for (let kind = 0; kind < expected.parts.length; kind += 1) {
        const next = Math.min(
          ...window.filter((one) => one.kind === kind && one.second > after).map(({ second }) => second),
        );
        if (!Number.isFinite(next)) return false;
        after = next;
      }
      return true;
    }
  }
}
