import type { Atom, Formula } from "./formula.ts";

/** Atoms of which at least one is true wherever a formula is, and how often that happens. */
export interface Access {
  readonly atoms: ReadonlySet<number>;
  /** Share of the events on which one of the atoms is true, at most. */
  readonly share: number;
}

/**
 * The atoms by which events are found that a formula may be true on: of an AND the rarest part's, of an OR all parts'.
 * Null when it may be true with every atom false (a NOT).
 */
export function accessOf(formula: Formula, shareOf: (atom: number) => number): Access | null {
  switch (formula.kind) {
    case "constant":
      return formula.value ? null : { atoms: new Set(), share: 0 };
    case "atom":
      return { atoms: new Set([formula.atom]), share: shareOf(formula.atom) };
    case "not":
      return null;
    case "is":
      return formula.value && !formula.negated ? accessOf(formula.of, shareOf) : null;
    case "otherwise":
      return formula.value ? null : accessOf(formula.of, shareOf);
    case "and": {
      let best: Access | null = null;
      for (const part of formula.of) {
        const access = accessOf(part, shareOf);
        if (access !== null && (best === null || access.share < best.share)) best = access;
      }
      return best;
    }
    case "or": {
      const atoms = new Set<number>();
      let share = 0;
      for (const part of formula.of) {
        const access = accessOf(part, shareOf);
        if (access === null) return null;
        for (const atom of access.atoms) atoms.add(atom);
        share += access.share;
      }
      return { atoms, share: Math.min(1, share) };
    }
  }
}

/** How often an atom is true before anything was counted: long literals are rare. */
export function guessedShare(atom: Atom): number {
  if (atom.kind === "number" && atom.order === "=") return 0.1;
  if (atom.kind !== "text") return 0.3;
  const { test } = atom;
  if (test.kind === "contains") return Math.min(0.5, 2 / test.literal.length ** 2);
  if (test.kind === "like") return 0.01;
  return Math.min(0.2, 1 / (test.literal.length + 4));
}
