/** Whether the data that a hunt needs is there. Browser-safe: pure functions only. */
import type { DataNeed } from "./hunt-record.ts";

/** What is known of a dataset. */
export interface DatasetFacts {
  readonly name: string;
  readonly source: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** ISO 8601 UTC; null where no row has a time. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  /** What is wrong with its source, one sentence each; only errors. */
  readonly sourceProblems: readonly string[];
  /** A table of Spoor's own records: it has no source, and its times do not bound it. */
  readonly isRecorded: boolean;
}

export interface NeedHealth {
  readonly dataset: string;
  readonly source: string;
  /** `missing`: a hunt over it can find nothing. `sick`: it finds less than it would. */
  readonly state: "well" | "sick" | "missing";
  /** One sentence each; empty when it is well. */
  readonly problems: readonly string[];
  readonly rowCount: number;
  readonly firstTime: string | null;
  readonly lastTime: string | null;
}

/** Times from `from` until `until`, ISO 8601 UTC; empty where open. */
export interface WantedTime {
  readonly from: string;
  readonly until: string;
}

/** Checks one need against what is known of its dataset (undefined: there is none). */
export function checkNeed(need: DataNeed, facts: DatasetFacts | undefined, wanted: WantedTime): NeedHealth {
  if (facts === undefined) {
    return {
      dataset: need.dataset,
      source: "",
      state: "missing",
      problems: [`There is no dataset ${need.dataset}.`],
      rowCount: 0,
      firstTime: null,
      lastTime: null,
    };
  }
  const { source, rowCount, firstTime, lastTime } = facts;
  const known = new Set(facts.columns.map((column) => column.toLowerCase()));
  const lacking = need.columns.filter((column) => !known.has(column.toLowerCase()));
  const problems: string[] = [];
  if (lacking.length > 0)
    problems.push(`It has no ${lacking.length === 1 ? "column" : "columns"} ${lacking.join(", ")}.`);
  if (rowCount === 0 && !facts.isRecorded) problems.push("It has no rows yet.");
  problems.push(...facts.sourceProblems);
  if (!facts.isRecorded && rowCount > 0) problems.push(...timeProblems(facts, wanted));
  const isMissing = lacking.length > 0 || (rowCount === 0 && !facts.isRecorded);
  return {
    dataset: need.dataset,
    source,
    state: isMissing ? "missing" : problems.length > 0 ? "sick" : "well",
    problems,
    rowCount,
    firstTime,
    lastTime,
  };
}

/** The worst of several: a hunt is as well as its data. Null without a need. */
export function worstHealth(needs: readonly NeedHealth[]): NeedHealth["state"] | null {
  if (needs.length === 0) return null;
  if (needs.some(({ state }) => state === "missing")) return "missing";
  return needs.some(({ state }) => state === "sick") ? "sick" : "well";
}

function timeProblems({ firstTime, lastTime }: DatasetFacts, wanted: WantedTime): string[] {
  if (wanted.from === "" && wanted.until === "") return [];
  const [first, last] = [instant(firstTime), instant(lastTime)];
  if (first === null || last === null) return ["Its rows have no time, so nobody knows what they cover."];
  const [from, until] = [instant(wanted.from), instant(wanted.until)];
  const problems: string[] = [];
  if (from !== null && first > from)
    problems.push(`It begins at ${shown(firstTime)}, after the hunt's time does.`);
  if (until !== null && last < until)
    problems.push(`It ends at ${shown(lastTime)}, before the hunt's time does.`);
  return problems;
}

function instant(iso: string | null): number | null {
  const ms = iso === null || iso === "" ? Number.NaN : Date.parse(iso);
  return Number.isNaN(ms) ? null : ms;
}

function shown(iso: string | null): string {
  return `${(iso ?? "").slice(0, 16).replace("T", " ")} UTC`;
}
