import { createHash } from "node:crypto";
import {
  isCorrelation,
  partsOnly,
  readSigmaCollection,
  type SigmaCollection,
} from "../../promote/rule/sigma/correlation/collection.ts";
import type { SigmaCorrelation } from "../../promote/rule/sigma/correlation/correlation.ts";
import { type DocumentBody, documentBodies, joinedBodies } from "../../promote/rule/sigma/document-bodies.ts";
import { filterIsFor, type SigmaFilter } from "../../promote/rule/sigma/filter/filter.ts";
import type { SigmaRule } from "../../promote/rule/sigma/sigma-rule.ts";
import { normalSql } from "../../promote/rule/version.ts";
import type { LedgerRecordStore } from "../ledger/record-store.ts";
import type { ImportText } from "./exchange-types.ts";
import { type SigmaWorld, sigmaOutcome } from "./sigma-import.ts";

/** What an import made of a Sigma text, by hashes. */
interface Given {
  readonly sigma: string;
  readonly sql: string;
}

export function textHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** The documents that a rule came from, of all that were given together: what `sigma.yml` of its folder holds. */
export class GivenTexts {
  readonly #collection: SigmaCollection;
  readonly #texts = new Map<string, { readonly text: string; readonly bodies: readonly DocumentBody[] }>();
  readonly #order = new Map<string, number>();

  constructor(collection: SigmaCollection, texts: readonly ImportText[]) {
    this.#collection = collection;
    for (const { place, text } of texts) {
      this.#order.set(place, this.#order.size);
      this.#texts.set(place, { text, bodies: documentBodies(text).bodies });
    }
  }

  /**
   * The document itself, what a correlation joins, and the filters that are for them, in the order in which they were given. A
   * file that holds nothing else is kept as it was.
   */
  of(document: SigmaRule | SigmaCorrelation): string {
    const wanted = this.#with(document);
    const places = new Set([...wanted].map(({ place }) => place));
    const [only] = places;
    const file = only === undefined ? undefined : this.#texts.get(only);
    if (places.size === 1 && file !== undefined && file.bodies.length === wanted.size) return file.text;
    const bodies = [...wanted]
      .sort((left, right) => this.#orderOf(left) - this.#orderOf(right) || left.line - right.line)
      .flatMap(({ place, line }) => bodyAt(this.#texts.get(place)?.bodies ?? [], line) ?? []);
    return joinedBodies(bodies);
  }

  #orderOf({ place }: { readonly place: string }): number {
    return this.#order.get(place) ?? 0;
  }

  #with(document: SigmaRule | SigmaCorrelation): Set<SigmaRule | SigmaCorrelation | SigmaFilter> {
    const found = new Set<SigmaRule | SigmaCorrelation | SigmaFilter>();
    const take = (one: SigmaRule | SigmaCorrelation): void => {
      if (found.has(one)) return;
      found.add(one);
      if (!isCorrelation(one)) {
        for (const filter of this.#collection.filters) if (filterIsFor(filter, one)) found.add(filter);
        return;
      }
      for (const reference of one.rules) {
        const part = this.#collection.named.get(reference);
        if (part !== undefined && part !== "ambiguous") take(part);
      }
    };
    take(document);
    return found;
  }
}

function bodyAt(bodies: readonly DocumentBody[], line: number): DocumentBody | undefined {
  return bodies.findLast(({ start }) => start < line);
}

/** Remembers what an import made of a text, so that a later edit of either is seen. */
export function keepGiven(
  store: LedgerRecordStore,
  name: string,
  of: { readonly sigmaYaml: string; readonly sql: string },
  nowMs: number,
): void {
  const given: Given = { sigma: textHash(of.sigmaYaml), sql: textHash(normalSql(of.sql)) };
  store.putReport(givenKey(name), nowMs, given);
}

/**
 * Whether the rule's SQL is what its Sigma text gives: what the import made of this very text, or, where no import of this
 * workspace did, what translating it over the present data gives.
 */
export function isAsGiven(
  store: LedgerRecordStore,
  name: string,
  of: { readonly sigmaYaml: string; readonly sql: string },
  world: Omit<SigmaWorld, "collection" | "pipelines">,
): boolean {
  const known = store.report<Given>(givenKey(name))?.report;
  const sql = normalSql(of.sql);
  if (known?.sigma === textHash(of.sigmaYaml) && known.sql === textHash(sql)) return true;
  const collection = readSigmaCollection([{ place: "sigma.yml", text: of.sigmaYaml }]);
  const parts = partsOnly(collection);
  return [...collection.correlations, ...collection.rules]
    .filter((document) => !parts.has(document))
    .some((document) => {
      const outcome = sigmaOutcome(document, { ...world, collection, pipelines: [] });
      return outcome.ok && normalSql(outcome.value.sql) === sql;
    });
}

function givenKey(name: string): string {
  return `sigma-given:${name}`;
}
