import { accessOf, guessedShare } from "./access.ts";
import type { ConditionColumns } from "./condition-columns.ts";
import type { Atom, Formula, Order } from "./formula.ts";
import { formulaClosure, type Truth } from "./formula-closure.ts";
import { type BoundTest, LiteralAutomaton } from "./literal-automaton.ts";
import { NumberTests } from "./number-tests.ts";

/** The index is made anew when so many times the events were counted as when it was made. */
const RECOUNT_FACTOR = 4;
const FIRST_RECOUNT_EVENTS = 2_000;

/**
 * Works out many formulas over events: each text is read once for all literals of all rules, and of the rules only those
 * are looked at of which an atom is true that they cannot match without.
 */
export class IndexedMatch {
  readonly #atoms: readonly Atom[];
  readonly #formulas: readonly Formula[];
  readonly #automata: readonly LiteralAutomaton[];
  readonly #subjectOf: Int32Array;
  readonly #numbers: readonly NumberTests[];
  readonly #numberOf: Int32Array;
  readonly #numberNull: Uint8Array;
  readonly #booleanAtoms: readonly { readonly atom: number; readonly column: number }[];
  readonly #nullAtoms: readonly { readonly atom: number; readonly subject: number }[];
  readonly #closures: readonly (() => Truth)[];
  /** The row in which an atom was last true, plus one. */
  readonly #trueIn: Int32Array;
  readonly #subjectNull: Uint8Array;
  readonly #booleanTruth: Uint8Array;
  readonly #counts: Float64Array;
  #stamp = 0;
  #eventCount = 0;
  #recountAt = FIRST_RECOUNT_EVENTS;
  /** Rules to look at when an atom is true. */
  #rulesOf: readonly Int32Array[] = [];
  /** Rules to look at for every event. */
  #always: readonly number[] = [];

  constructor(
    atoms: readonly Atom[],
    formulas: readonly Formula[],
    subjectCount: number,
    numberCount: number,
  ) {
    this.#atoms = atoms;
    this.#formulas = formulas;
    const bound: BoundTest[][] = Array.from({ length: subjectCount }, () => []);
    for (const [atom, value] of atoms.entries()) {
      if (value.kind === "text") bound[value.subject]!.push({ atom, test: value.test });
    }
    const compared: { atom: number; order: Order; value: number }[][] = Array.from(
      { length: numberCount },
      () => [],
    );
    for (const [atom, value] of atoms.entries()) {
      if (value.kind === "number")
        compared[value.number]!.push({ atom, order: value.order, value: value.value });
    }
    this.#numbers = compared.map((tests) => new NumberTests(tests));
    this.#numberOf = Int32Array.from(atoms, (atom) => (atom.kind === "number" ? atom.number : -1));
    this.#numberNull = new Uint8Array(numberCount);
    this.#automata = bound.map((tests) => new LiteralAutomaton(tests));
    this.#subjectOf = Int32Array.from(atoms, (atom) => (atom.kind === "text" ? atom.subject : -1));
    this.#booleanAtoms = atoms.flatMap((value, atom) =>
      value.kind === "sql" ? [{ atom, column: value.column }] : [],
    );
    this.#nullAtoms = atoms.flatMap((value, atom) =>
      value.kind === "null" ? [{ atom, subject: value.subject }] : [],
    );
    this.#trueIn = new Int32Array(atoms.length);
    this.#subjectNull = new Uint8Array(subjectCount);
    this.#booleanTruth = new Uint8Array(atoms.length);
    this.#counts = new Float64Array(atoms.length);
    this.#closures = formulas.map((formula) => formulaClosure(formula, this));
    this.#index();
  }

  /** How many rules have to be looked at for every event. */
  get unindexedCount(): number {
    return this.#always.length;
  }

  truth(atom: number): Truth {
    if (this.#trueIn[atom] === this.#stamp) return 1;
    const subject = this.#subjectOf[atom]!;
    if (subject >= 0) return this.#subjectNull[subject] === 1 ? 2 : 0;
    const number = this.#numberOf[atom]!;
    if (number >= 0) return this.#numberNull[number] === 1 ? 2 : 0;
    return this.#booleanTruth[atom] === 2 ? 2 : 0;
  }

  #index(): void {
    const shareOf = (atom: number): number =>
      this.#eventCount >= FIRST_RECOUNT_EVENTS
        ? (this.#counts[atom]! + 0.5) / this.#eventCount
        : guessedShare(this.#atoms[atom]!);
    const rulesOf: number[][] = this.#atoms.map(() => []);
    const always: number[] = [];
    for (const [rule, formula] of this.#formulas.entries()) {
      const access = accessOf(formula, shareOf);
      if (access === null) always.push(rule);
      else for (const atom of access.atoms) rulesOf[atom]!.push(rule);
    }
    this.#rulesOf = rulesOf.map((rules) => Int32Array.from(rules));
    this.#always = always;
  }

  /** Rows on which each formula is true; only formulas that are `wanted` (1) are worked out. */
  match(columns: ConditionColumns, wanted: Uint8Array): number[][] {
    const matches: number[][] = this.#formulas.map(() => []);
    if (this.#eventCount >= this.#recountAt) {
      this.#recountAt = this.#eventCount * RECOUNT_FACTOR;
      this.#index();
    }
    this.#trueIn.fill(0);
    const trueIn = this.#trueIn;
    const counts = this.#counts;
    const closures = this.#closures;
    const rulesOf = this.#rulesOf;
    const lookedAt = new Int32Array(this.#formulas.length);
    const found: number[] = [];
    let stamp = 0;
    const hold = (atom: number): void => {
      if (trueIn[atom] === stamp) return;
      trueIn[atom] = stamp;
      found.push(atom);
    };
    const always = this.#always.filter((rule) => wanted[rule] === 1);
    for (let row = 0; row < columns.rowCount; row += 1) {
      stamp = row + 1;
      this.#stamp = stamp;
      found.length = 0;
      this.#readTexts(columns, row, hold);
      this.#readNumbers(columns, row, hold);
      for (const { atom, column } of this.#booleanAtoms) {
        const truth = columns.booleans[column]![row]!;
        this.#booleanTruth[atom] = truth;
        if (truth === 1) hold(atom);
      }
      for (const { atom, subject } of this.#nullAtoms) if (this.#subjectNull[subject] === 1) hold(atom);
      for (let at = 0; at < found.length; at += 1) {
        const atom = found[at]!;
        counts[atom] = counts[atom]! + 1;
        const rules = rulesOf[atom]!;
        for (let index = 0; index < rules.length; index += 1) {
          const rule = rules[index]!;
          if (lookedAt[rule] === stamp) continue;
          lookedAt[rule] = stamp;
          if (wanted[rule] === 1 && closures[rule]!() === 1) matches[rule]!.push(row);
        }
      }
      for (const rule of always) if (closures[rule]!() === 1) matches[rule]!.push(row);
    }
    this.#eventCount += columns.rowCount;
    return matches;
  }

  #readTexts(columns: ConditionColumns, row: number, hold: (atom: number) => void): void {
    for (let subject = 0; subject < this.#automata.length; subject += 1) {
      const { bytes, offsets, nulls } = columns.texts[subject]!;
      if (nulls !== null && nulls[row] === 1) {
        this.#subjectNull[subject] = 1;
        continue;
      }
      this.#subjectNull[subject] = 0;
      this.#automata[subject]!.scan(bytes, offsets[row]!, offsets[row + 1]!, hold);
    }
  }

  #readNumbers(columns: ConditionColumns, row: number, hold: (atom: number) => void): void {
    for (let number = 0; number < this.#numbers.length; number += 1) {
      const { values, nulls } = columns.numbers[number]!;
      const isNull = nulls !== null && nulls[row] === 1;
      this.#numberNull[number] = isNull ? 1 : 0;
      if (!isNull) this.#numbers[number]!.scan(values[row]!, hold);
    }
  }
}
