/** Shapes of a mutation report. Browser-safe: types only. */

/** One broken variant of the rule's SQL, and whether the rule's tests noticed it. */
export interface Mutant {
  /** Stable for the same SQL and change: what a judgement of equivalence names. */
  readonly id: string;
  /** What was broken, in a phrase: `EventID = 1 is dropped`. */
  readonly what: string;
  readonly sql?: string;
  readonly caught: boolean;
  /** Test that caught it; null where none did. */
  readonly by: string | null;
  /** In which way it is broken: `condition`, `threshold`, `join`. */
  readonly kind?: string;
  /** Of one that nothing caught: what it does on the data there is, in a sentence. */
  readonly onHistory?: string;
  /** A test that would catch it, tried on both; absent where none was found. */
  readonly suggestion?: TestSuggestion;
}

/** A test that can be added as it is. */
export interface TestSuggestion {
  /** File name: `no-match-without-minidump.ndjson`. */
  readonly name: string;
  readonly expected: "match" | "no-match";
  /** One JSON object a line. */
  readonly events: string;
  readonly why: string;
}

/** Whether the rule's tests notice when its SQL is broken. */
export interface MutationReport {
  /** Version of the rule whose SQL was broken. */
  readonly version: string;
  readonly mutants: readonly Mutant[];
  /** Caught of all that are not known to mean the same, 0..1; 0 where there are no tests. */
  readonly score: number;
  /**
   * Ids of mutants that gave the very detections of the rule itself on all tests and all data there is, and that no
   * suggested test tells apart: candidates for meaning the same, which a person judges.
   */
  readonly equivalent: readonly string[];
  /** Variants that there are; more than `mutants` where a part stands for all. */
  readonly possible?: number;
  /** The rule's SQL as the variants are written, to be compared with them. */
  readonly original?: string;
  readonly elapsedMs?: number;
}
