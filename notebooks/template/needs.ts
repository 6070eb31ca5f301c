/** What data a shipped hunt needs, and what there is. Browser-safe: pure functions only. */
import type { DataNeed } from "../hunt/hunt-record.ts";

/** A dataset as far as needs are checked. */
export interface KnownDataset {
  readonly name: string;
  readonly columns: readonly { readonly name: string }[];
}

/** Whether a need is met, and by what. */
export interface NeedMet extends DataNeed {
  /** What kind of log it is. */
  readonly source: string;
  /** The dataset that stands for it: the picked one, the one of that name, or the best of those that have every column. */
  readonly by: string | null;
  /** Columns that it lacks; every column when there is no dataset. */
  readonly missing: readonly string[];
  /** Other datasets that have every column, best first: for the person who picks. */
  readonly candidates: readonly string[];
}

/**
 * Checks a hunt's needs against the datasets there are. A dataset of the need's own name comes first, then those that
 * have every column (case does not matter), those with the most like names first.
 *
 * @param sources what kind of log each of the needed datasets is
 * @param picked dataset by the hunt's own name for it, as a person picked it
 */
export function checkNeeds(
  needs: readonly DataNeed[],
  sources: Readonly<Record<string, string>>,
  datasets: readonly KnownDataset[],
  picked: Readonly<Record<string, string>> = {},
): NeedMet[] {
  return needs.map((need): NeedMet => {
    const lacking = (dataset: KnownDataset) => {
      const names = new Set(dataset.columns.map(({ name }) => name.toLowerCase()));
      return need.columns.filter((column) => !names.has(column.toLowerCase()));
    };
    const full = datasets
      .filter((dataset) => lacking(dataset).length === 0)
      .map(({ name }) => name)
      .sort(
        (left, right) =>
          likeness(right, need.dataset) - likeness(left, need.dataset) || (left < right ? -1 : 1),
      );
    const wanted = Object.hasOwn(picked, need.dataset) ? picked[need.dataset] : undefined;
    const own =
      datasets.find(({ name }) => name === wanted) ??
      datasets.find(({ name }) => name === need.dataset) ??
      datasets.find(({ name }) => name === full[0]);
    return {
      ...need,
      source: sources[need.dataset] ?? need.why,
      by: own?.name ?? null,
      missing: own ? lacking(own) : need.columns,
      candidates: full.filter((name) => name !== own?.name),
    };
  });
}

/** Whether every need is met. */
export function isReady(needs: readonly NeedMet[]): boolean {
  return needs.every(({ by, missing }) => by !== null && missing.length === 0);
}

/** How much of two names is the same word: `sysmon` and `host_sysmon_events` are alike, `idp` and `sysmon` are not. */
function likeness(left: string, right: string): number {
  const words = (name: string) => new Set(name.toLowerCase().split(/[^a-z0-9]+/));
  const [one, two] = [words(left), words(right)];
  return [...one].filter((word) => two.has(word)).length / Math.max(1, one.size + two.size);
}
