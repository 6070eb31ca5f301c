import { type TextColumn, textAt } from "../../../notebooks/engine/slice-columns.ts";
import type { ConditionColumns } from "./condition-columns.ts";
import type { Atom, Formula, TextTest } from "./formula.ts";
import { formulaClosure, type Truth } from "./formula-closure.ts";
import { numberHolds } from "./number-tests.ts";

/** Works out formulas one after another on each event, each test as often as it stands in a rule. */
export class PlainMatch {
  readonly #formulas: readonly Formula[];
  readonly #tests: readonly ((row: number) => Truth)[];
  readonly #closures: readonly (() => Truth)[];
  #columns: ConditionColumns = { rowCount: 0, texts: [], numbers: [], booleans: [] };
  #texts: readonly (readonly (string | null)[])[] = [];
  #row = 0;

  constructor(atoms: readonly Atom[], formulas: readonly Formula[]) {
    this.#formulas = formulas;
    this.#tests = atoms.map((atom) => this.#test(atom));
    this.#closures = formulas.map((formula) => formulaClosure(formula, this));
  }

  truth(atom: number): Truth {
    return this.#tests[atom]!(this.#row);
  }

  #test(atom: Atom): (row: number) => Truth {
    if (atom.kind === "sql") return (row) => this.#columns.booleans[atom.column]![row] as Truth;
    if (atom.kind === "number") {
      const { number, order, value } = atom;
      const holds = numberHolds(order, value);
      return (row) => {
        const { values, nulls } = this.#columns.numbers[number]!;
        return nulls !== null && nulls[row] === 1 ? 2 : holds(values[row]!) ? 1 : 0;
      };
    }
    const { subject } = atom;
    if (atom.kind === "null") return (row) => (this.#texts[subject]![row] === null ? 1 : 0);
    const holds = textHolds(atom.test);
    return (row) => {
      const text = this.#texts[subject]![row];
      return text === null || text === undefined ? 2 : holds(text) ? 1 : 0;
    };
  }

  /** Rows on which each formula is true; only formulas that are `wanted` (1) are worked out. */
  match(columns: ConditionColumns, wanted: Uint8Array): number[][] {
    this.#columns = columns;
    this.#texts = columns.texts.map((column) => decoded(column, columns.rowCount));
    const matches: number[][] = this.#formulas.map(() => []);
    const active = [...this.#closures.entries()].filter(([rule]) => wanted[rule] === 1);
    for (let row = 0; row < columns.rowCount; row += 1) {
      this.#row = row;
      for (const [rule, closure] of active) if (closure() === 1) matches[rule]!.push(row);
    }
    this.#texts = [];
    return matches;
  }
}

function decoded(column: TextColumn, rowCount: number): (string | null)[] {
  return Array.from({ length: rowCount }, (_, row) => textAt(column, row));
}

function textHolds(test: TextTest): (text: string) => boolean {
  if (test.kind !== "like") {
    const literal = Buffer.from(test.literal).toString("utf8");
    if (test.literal[0] === 0xff) return () => false;
    if (test.kind === "contains") return (text) => text.includes(literal);
    if (test.kind === "starts") return (text) => text.startsWith(literal);
    if (test.kind === "ends") return (text) => text.endsWith(literal);
    return (text) => text === literal;
  }
  const pieces = test.pieces.map((piece) => Buffer.from(piece).toString("utf8"));
  return (text) => {
    let at = 0;
    let end = text.length;
    for (const [index, piece] of pieces.entries()) {
      if (index === 0 && test.fromStart) {
        if (!text.startsWith(piece)) return false;
        at = piece.length;
      } else if (index === pieces.length - 1 && test.toEnd) {
        end -= piece.length;
        if (end < at || !text.endsWith(piece)) return false;
      } else {
        const found = text.indexOf(piece, at);
        if (found < 0) return false;
        at = found + piece.length;
      }
    }
    return at <= end;
  };
}
