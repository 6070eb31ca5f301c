import type { RecordStore, RunMode } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";

/**
 * How far a rule's runner has seen what came into a dataset, kept as a progress of its own: the number of an arrival.
 * After a restart everything that came later is looked at again, late events among it. A rule begins at the last
 * arrival of its day: what was there before is history, which a backfill looks at and which reaches nobody.
 */
export interface ArrivalMark {
  readonly rule: Rule;
  readonly dataset: string;
  readonly mode: RunMode;
}

function markVersion({ rule, dataset }: ArrivalMark): string {
  return `${rule.version}/arrival/${dataset}`;
}

/** The last arrival that was seen; null for a dataset that the rule has never looked at. */
export function arrivalMark(store: RecordStore, mark: ArrivalMark): bigint | null {
  return store.progress(mark.rule.name, markVersion(mark), mark.mode)?.evaluatedUntilUs ?? null;
}

export function putArrivalMark(store: RecordStore, mark: ArrivalMark, arrival: bigint): void {
  store.putProgress({
    rule: mark.rule.name,
    ruleVersion: markVersion(mark),
    mode: mark.mode,
    evaluatedUntilUs: arrival,
  });
}
