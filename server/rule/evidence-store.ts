import { createHash } from "node:crypto";
import type { LedgerRecordStore } from "../ledger/record-store.ts";
import type { EvidenceKind } from "./rule-types.ts";

/** One computed piece of evidence, and what it was computed from. */
export interface KeptEvidence<T> {
  readonly atMs: number;
  /** Hash of what decides it beside the rule's version: tests, texts. */
  readonly inputs: string;
  /** Hash of the data that it was computed over. */
  readonly dataHash: string;
  readonly value: T;
}

/** Computed evidence in the ledger, by kind, rule and version. */
export class EvidenceStore {
  readonly #store: LedgerRecordStore;

  constructor(store: LedgerRecordStore) {
    this.#store = store;
  }

  put<T>(kind: EvidenceKind, rule: string, version: string, kept: KeptEvidence<T>): void {
    const { atMs, ...body } = kept;
    this.#store.putReport(key(kind, rule, version), atMs, body);
  }

  get<T>(kind: EvidenceKind, rule: string, version: string): KeptEvidence<T> | null {
    const found = this.#store.report<Omit<KeptEvidence<T>, "atMs">>(key(kind, rule, version));
    return found === undefined ? null : { atMs: found.atMs, ...found.report };
  }
}

function key(kind: EvidenceKind, rule: string, version: string): string {
  return `evidence:${kind}:${rule}:${version}`;
}

/** Hash of whatever evidence is made from. */
export function inputsHash(inputs: unknown): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
}
