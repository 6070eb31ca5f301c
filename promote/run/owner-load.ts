import type { RecordStore } from "../records/records.ts";

const WEEK_MS = 7 * 86_400_000;

/** What the rules together have asked of one owner. */
export interface OwnerLoad {
  readonly owner: string;
  /** Alerts that were opened in the seven days before `nowMs`, over all rules. */
  readonly total: number;
  /** By rule, most first. */
  readonly rules: readonly { readonly rule: string; readonly alerts: number }[];
}

/**
 * Alerts of the last seven days by owner and rule, of all rules together: an owner's budget is one budget. An alert
 * that was handed on counts for whom it was handed to; `owner` alone or every owner that was asked.
 */
export function ownerLoads(store: RecordStore, nowMs: number, owner?: string): OwnerLoad[] {
  const byOwner = new Map<string, Map<string, number>>();
  if (owner !== undefined) byOwner.set(owner, new Map());
  for (const alert of store.alerts({ openedAfterMs: nowMs - WEEK_MS })) {
    if (owner !== undefined && alert.owner !== owner) continue;
    const rules = byOwner.get(alert.owner) ?? new Map<string, number>();
    rules.set(alert.rule, (rules.get(alert.rule) ?? 0) + 1);
    byOwner.set(alert.owner, rules);
  }
  return [...byOwner]
    .map(([name, rules]) => ({
      owner: name,
      total: [...rules.values()].reduce((sum, count) => sum + count, 0),
      rules: [...rules]
        .map(([rule, alerts]) => ({ rule, alerts }))
        .sort((left, right) => right.alerts - left.alerts || (left.rule < right.rule ? -1 : 1)),
    }))
    .sort((left, right) => right.total - left.total || (left.owner < right.owner ? -1 : 1));
}
