import type { Issue } from "../../../../connectors/issue/issue.ts";
import { shown } from "../../../../connectors/yaml/yaml-tree.ts";
import { readSigmaFilter, type SigmaFilter } from "../filter/filter.ts";
import { readSigmaDocuments, readSigmaRule } from "../parse.ts";
import type { SigmaRule } from "../sigma-rule.ts";
import type { SigmaCorrelation } from "./correlation.ts";
import { readSigmaCorrelation } from "./parse.ts";

/** A text and where it came from. */
export interface SigmaText {
  readonly place: string;
  readonly text: string;
}

/** One document that could not be read, with all that is wrong with it. */
export interface RefusedDocument {
  readonly place: string;
  readonly title: string;
  readonly issues: readonly Issue[];
}

/** Rules, correlations and filters that were read together and may speak of each other. */
export interface SigmaCollection {
  readonly rules: readonly SigmaRule[];
  readonly correlations: readonly SigmaCorrelation[];
  readonly filters: readonly SigmaFilter[];
  readonly refused: readonly RefusedDocument[];
  /** Of what was read all the same. */
  readonly warnings: readonly Issue[];
  /** What an id or a name stands for; `ambiguous` where two documents have it. */
  readonly named: ReadonlyMap<string, SigmaRule | SigmaCorrelation | "ambiguous">;
}

/** Reads every document of every text. A document that cannot be read is refused by itself; the others stay. */
export function readSigmaCollection(texts: Iterable<SigmaText>): SigmaCollection {
  const rules: SigmaRule[] = [];
  const correlations: SigmaCorrelation[] = [];
  const filters: SigmaFilter[] = [];
  const refused: RefusedDocument[] = [];
  const warnings: Issue[] = [];
  for (const { place, text } of texts) {
    const { documents, issues } = readSigmaDocuments(text, place);
    const broken = issues.filter(({ severity }) => severity === "error");
    if (broken.length > 0) refused.push({ place, title: "", issues: broken });
    for (const { kind, tree } of documents) {
      const read =
        kind === "correlation"
          ? readSigmaCorrelation(tree, place)
          : kind === "filter"
            ? readSigmaFilter(tree, place)
            : readSigmaRule(tree, place);
      if (!read.ok) {
        const title = tree.kind === "map" ? tree.entries.get("title") : undefined;
        refused.push({
          place: `${place}:${tree.line}`,
          title: title?.kind === "scalar" ? shown(String(title.value ?? "")) : "",
          issues: read.issues.filter(({ severity }) => severity === "error"),
        });
        continue;
      }
      warnings.push(...read.issues);
      if (kind === "correlation") correlations.push(read.value as SigmaCorrelation);
      else if (kind === "filter") filters.push(read.value as SigmaFilter);
      else rules.push(read.value as SigmaRule);
    }
  }
  return { rules, correlations, filters, refused, warnings, named: namesOf([...rules, ...correlations]) };
}

/** Whether what a correlation joins is a correlation itself. */
export function isCorrelation(one: SigmaRule | SigmaCorrelation): one is SigmaCorrelation {
  return "timespanMs" in one;
}

/** Rules and correlations that are only parts of a correlation, and no rules of their own. */
export function partsOnly(collection: SigmaCollection): ReadonlySet<SigmaRule | SigmaCorrelation> {
  const parts = new Set<SigmaRule | SigmaCorrelation>();
  const kept = new Set<SigmaRule | SigmaCorrelation>();
  for (const correlation of collection.correlations)
    for (const reference of correlation.rules) {
      const found = collection.named.get(reference);
      if (found !== undefined && found !== "ambiguous") (correlation.generate ? kept : parts).add(found);
    }
  return new Set([...parts].filter((one) => !kept.has(one)));
}

function namesOf(
  all: readonly (SigmaRule | SigmaCorrelation)[],
): Map<string, SigmaRule | SigmaCorrelation | "ambiguous"> {
  const named = new Map<string, SigmaRule | SigmaCorrelation | "ambiguous">();
  for (const one of all)
    for (const key of new Set([one.id, one.name]))
      if (key !== "") named.set(key, named.has(key) ? "ambiguous" : one);
  return named;
}
