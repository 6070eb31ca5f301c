import type { LedgerRecordStore } from "../ledger/record-store.ts";

/** How long a version that passed the gate may wait for what is computed again by itself. */
export const LONGEST_WAIT_MS = 86_400_000;
/** What came due while Spoor was closed still gets this long after it was opened. */
const AFTER_OPENING_MS = 3_600_000;

interface Waits {
  readonly version: string;
  /** When each check began to wait, by its code; Unix milliseconds. */
  readonly sinceMs: Readonly<Record<string, number>>;
}

/** Since when checks of paging rules wait, in the ledger, so that no restart begins the wait anew. */
export class RulePatience {
  readonly #store: LedgerRecordStore;
  readonly #clock: () => number;
  readonly #openedMs: number;

  constructor(store: LedgerRecordStore, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
    this.#openedMs = clock();
  }

  /** Takes note of the checks that this version waits for now, and gives the codes of those that it waited for too long. */
  overdue(name: string, version: string, awaited: readonly string[]): string[] {
    const key = `paging-waits:${name}`;
    const nowMs = this.#clock();
    const known = this.#store.report<Waits>(key)?.report;
    const before = known?.version === version ? known.sinceMs : {};
    const sinceMs = Object.fromEntries(awaited.map((code) => [code, before[code] ?? nowMs]));
    const isSame = Object.keys(before).length === awaited.length && awaited.every((code) => code in before);
    if (!isSame) this.#store.putReport(key, nowMs, { version, sinceMs } satisfies Waits);
    const latestMs = this.#openedMs + AFTER_OPENING_MS;
    return awaited.filter((code) => nowMs >= Math.max(sinceMs[code]! + LONGEST_WAIT_MS, latestMs));
  }
}
