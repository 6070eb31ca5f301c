import type { Formula } from "./formula.ts";

/** What SQL's logic knows: 0 false, 1 true, 2 NULL. */
export type Truth = 0 | 1 | 2;

/** Tells an atom's truth in the row that is looked at. */
export interface AtomTruths {
  truth(atom: number): Truth;
}

/** Makes a function of a formula. AND and OR stop at the first part that decides. */
export function formulaClosure(formula: Formula, atoms: AtomTruths): () => Truth {
  switch (formula.kind) {
    case "constant": {
      const value = formula.value ? 1 : 0;
      return () => value;
    }
    case "atom": {
      const { atom } = formula;
      return () => atoms.truth(atom);
    }
    case "and":
    case "or":
      return joinedClosure(formula, atoms);
    case "not": {
      const inner = formulaClosure(formula.of, atoms);
      return () => {
        const truth = inner();
        return truth === 2 ? 2 : truth === 1 ? 0 : 1;
      };
    }
    case "is": {
      const inner = formulaClosure(formula.of, atoms);
      const wanted = formula.value ? 1 : 0;
      const [same, other]: [Truth, Truth] = formula.negated ? [0, 1] : [1, 0];
      return () => (inner() === wanted ? same : other);
    }
    case "otherwise": {
      const inner = formulaClosure(formula.of, atoms);
      const value = formula.value ? 1 : 0;
      return () => {
        const truth = inner();
        return truth === 2 ? value : truth;
      };
    }
  }
}

function joinedClosure(formula: Extract<Formula, { kind: "and" | "or" }>, atoms: AtomTruths): () => Truth {
  const deciding = formula.kind === "and" ? 0 : 1;
  const neutral = formula.kind === "and" ? 1 : 0;
  if (formula.of.every((part) => part.kind === "atom")) {
    const list = Int32Array.from(formula.of, (part) => (part.kind === "atom" ? part.atom : -1));
    return () => {
      let truth: Truth = neutral;
      for (let at = 0; at < list.length; at += 1) {
        const one = atoms.truth(list[at]!);
        if (one === deciding) return deciding;
        if (one === 2) truth = 2;
      }
      return truth;
    };
  }
  const parts = formula.of.map((part) => formulaClosure(part, atoms));
  return () => {
    let truth: Truth = neutral;
    for (let at = 0; at < parts.length; at += 1) {
      const one = parts[at]!();
      if (one === deciding) return deciding;
      if (one === 2) truth = 2;
    }
    return truth;
  };
}
