import { isNode, nodesOf, type TreeNode, textOf } from "../../../notebooks/engine/syntax-tree.ts";
import { likePattern } from "./like-pattern.ts";
import { type ColumnIndex, nodeText, resolveColumn, structuredCopy, typeAt } from "./plain-rule.ts";
import { isQuiet, typeClass } from "./quiet.ts";

/** A test of one text, true or false where the text is not NULL, and NULL where it is. Literals are UTF-8. */
export type TextTest =
  | { readonly kind: "contains" | "starts" | "ends" | "equals"; readonly literal: Uint8Array }
  | {
      readonly kind: "like";
      /** Plain pieces between `%`, in order; the first and last may be bound to the ends. */
      readonly pieces: readonly Uint8Array[];
      readonly fromStart: boolean;
      readonly toEnd: boolean;
    };

export type Order = "=" | "<" | "<=" | ">" | ">=";

/**
 * What a condition is made of: a test of a text, whether a text is NULL, a comparison of a whole number (as a DOUBLE,
 * which orders every 64-bit number against a constant of at most 53 bits as the number itself), or a boolean that DuckDB
 * works out.
 */
export type Atom =
  | { readonly kind: "text"; readonly subject: number; readonly test: TextTest }
  | { readonly kind: "null"; readonly subject: number }
  | { readonly kind: "number"; readonly number: number; readonly order: Order; readonly value: number }
  | { readonly kind: "sql"; readonly column: number };

/** A condition over atoms in SQL's three-valued logic. */
export type Formula =
  | { readonly kind: "and" | "or"; readonly of: readonly Formula[] }
  | { readonly kind: "not"; readonly of: Formula }
  /** `x IS [NOT] TRUE/FALSE`: never NULL. */
  | { readonly kind: "is"; readonly of: Formula; readonly value: boolean; readonly negated: boolean }
  | { readonly kind: "otherwise"; readonly of: Formula; readonly value: boolean }
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "atom"; readonly atom: number };

class NotCompilable extends Error {}

/** Bytes of literals that one rule may bring, and all rules of a set together: DuckDB looks for the rest. */
export interface LiteralBudget {
  readonly ruleBytes: number;
  readonly setBytes: number;
}

/** Of 2,777 rules as they are published the largest brings 0.2 MB in 5,600 literals, and all together 0.8 MB. */
const LITERAL_BUDGET: LiteralBudget = { ruleBytes: 512 << 10, setBytes: 4 << 20 };

const TEXT_TESTS: Readonly<Record<string, "contains" | "starts" | "ends">> = {
  contains: "contains",
  starts_with: "starts",
  prefix: "starts",
  ends_with: "ends",
  suffix: "ends",
};
const LIKES: Readonly<Record<string, { readonly negated: boolean; readonly folded: boolean }>> = {
  "~~": { negated: false, folded: false },
  "!~~": { negated: true, folded: false },
  "~~*": { negated: false, folded: true },
  "!~~*": { negated: true, folded: true },
  like_escape: { negated: false, folded: false },
  not_like_escape: { negated: true, folded: false },
  ilike_escape: { negated: false, folded: true },
  not_ilike_escape: { negated: true, folded: true },
};

/**
 * Compiles conditions of many rules over one set of atoms: the same test is one atom wherever it stands. What it has no
 * own meaning for becomes a boolean that DuckDB works out for every event, if that cannot fail; a condition with
 * anything that can is refused.
 */
export class FormulaCompiler {
  readonly atoms: Atom[] = [];
  /** Expressions of type VARCHAR that DuckDB is asked for. */
  readonly subjects: TreeNode[] = [];
  /** Columns of whole numbers, which DuckDB is asked for as DOUBLE. */
  readonly numbers: TreeNode[] = [];
  /** Expressions of type BOOLEAN that DuckDB is asked for. */
  readonly booleans: TreeNode[] = [];
  readonly #columns: ColumnIndex;
  readonly #subjectByText = new Map<string, number>();
  readonly #numberByText = new Map<string, number>();
  readonly #atomByText = new Map<string, number>();
  readonly #utf8 = new TextEncoder();
  readonly #budget: LiteralBudget;
  #ruleBytes = 0;
  #setBytes = 0;

  constructor(columns: ColumnIndex, budget: LiteralBudget = LITERAL_BUDGET) {
    this.#columns = columns;
    this.#budget = budget;
  }

  /** The formula of a condition; null when it cannot be one, or its literals are too many bytes. */
  compile(where: TreeNode | null): Formula | null {
    if (where === null) return { kind: "constant", value: true };
    const sizes = [this.atoms, this.subjects, this.numbers, this.booleans].map(({ length }) => length);
    this.#ruleBytes = 0;
    try {
      const formula = this.#formula(where);
      this.#setBytes += this.#ruleBytes;
      return formula;
    } catch (error) {
      this.#forget(sizes);
      if (!(error instanceof NotCompilable)) throw error;
      return null;
    }
  }

  /** Takes back what a refused condition had added. */
  #forget(sizes: readonly number[]): void {
    for (const [at, list] of [this.atoms, this.subjects, this.numbers, this.booleans].entries()) {
      list.length = sizes[at]!;
    }
    for (const [at, known] of [this.#atomByText, this.#subjectByText, this.#numberByText].entries()) {
      for (const [text, number] of known) if (number >= sizes[at]!) known.delete(text);
    }
  }

  #formula(node: TreeNode): Formula {
    const type = textOf(node.type);
    if (type === "CONJUNCTION_AND" || type === "CONJUNCTION_OR") {
      const of = nodesOf(node.children).map((child) => this.#formula(child));
      return { kind: type === "CONJUNCTION_AND" ? "and" : "or", of };
    }
    if (type === "OPERATOR_NOT") return { kind: "not", of: this.#formula(nodesOf(node.children)[0]!) };
    const constant = booleanConstant(node);
    if (constant !== null) return { kind: "constant", value: constant };
    return (
      this.#truthTest(node) ??
      this.#coalesce(node) ??
      this.#nullTest(node) ??
      this.#textTest(node) ??
      this.#comparison(node) ??
      this.#numberTest(node) ??
      this.#boolean(node)
    );
  }

  /** `x IS TRUE` is written as `CAST(x AS BOOLEAN) IS NOT DISTINCT FROM true`. */
  #truthTest(node: TreeNode): Formula | null {
    const type = textOf(node.type);
    if (type !== "COMPARE_DISTINCT_FROM" && type !== "COMPARE_NOT_DISTINCT_FROM") return null;
    const value = isNode(node.right) ? booleanConstant(node.right) : null;
    const cast = node.left;
    if (value === null || !isNode(cast) || textOf(cast.type) !== "OPERATOR_CAST" || !isNode(cast.child))
      return null;
    if (typeClass(cast.child, this.#columns) !== "boolean") return null;
    const of = this.#formula(cast.child);
    return { kind: "is", of, value, negated: type === "COMPARE_DISTINCT_FROM" };
  }

  #coalesce(node: TreeNode): Formula | null {
    if (textOf(node.type) !== "OPERATOR_COALESCE") return null;
    const [first, second, ...more] = nodesOf(node.children);
    const value = second === undefined ? null : booleanConstant(second);
    if (first === undefined || value === null || more.length > 0) return null;
    if (typeClass(first, this.#columns) !== "boolean") return null;
    return { kind: "otherwise", of: this.#formula(first), value };
  }

  #nullTest(node: TreeNode): Formula | null {
    const type = textOf(node.type);
    if (type !== "OPERATOR_IS_NULL" && type !== "OPERATOR_IS_NOT_NULL") return null;
    const subject = this.#subject(nodesOf(node.children)[0]);
    if (subject === null) return null;
    const atom = this.#atom({ kind: "null", subject });
    return type === "OPERATOR_IS_NULL" ? atom : { kind: "not", of: atom };
  }

  #textTest(node: TreeNode): Formula | null {
    if (textOf(node.class) !== "FUNCTION") return null;
    const [left, right, third] = nodesOf(node.children);
    const literal = textConstant(right);
    if (literal === null) return null;
    const kind = TEXT_TESTS[textOf(node.function_name)];
    if (kind !== undefined) {
      const subject = this.#subject(left);
      return subject === null ? null : this.#literalTest(subject, kind, literal);
    }
    const like = LIKES[textOf(node.function_name)];
    if (like === undefined || left === undefined) return null;
    const escaping = third === undefined ? null : textConstant(third);
    if (third !== undefined && escaping === null) return null;
    // Only of ASCII it is certain that its lower case is DuckDB's.
    if (like.folded && !isAscii(literal)) return null;
    const pattern = likePattern(like.folded ? literal.toLowerCase() : literal, escaping);
    const subject = this.#subject(like.folded ? lowerOf(left) : left);
    if (subject === null || pattern === null) return null;
    const test = this.#likeTest(subject, pattern);
    return like.negated ? { kind: "not", of: test } : test;
  }

  #likeTest(subject: number, pattern: NonNullable<ReturnType<typeof likePattern>>): Formula {
    const { pieces, fromStart, toEnd } = pattern;
    if (pieces.length === 0)
      return this.#literalTest(subject, fromStart && toEnd ? "equals" : "contains", "");
    if (pieces.length === 1) {
      const kind = fromStart ? (toEnd ? "equals" : "starts") : toEnd ? "ends" : "contains";
      return this.#literalTest(subject, kind, pieces[0]!);
    }
    const test = {
      kind: "like",
      pieces: pieces.map((piece) => this.#utf8.encode(piece)),
      fromStart,
      toEnd,
    } as const;
    return this.#atom({ kind: "text", subject, test });
  }

  #literalTest(subject: number, kind: "contains" | "starts" | "ends" | "equals", literal: string): Formula {
    if (literal !== "" || kind === "equals") {
      return this.#atom({ kind: "text", subject, test: { kind, literal: this.#utf8.encode(literal) } });
    }
    // Every text has the empty one in it, and NULL gives NULL: NOT of a test that is never true.
    const never = this.#atom({ kind: "text", subject, test: { kind: "contains", literal: NEVER } });
    return { kind: "not", of: never };
  }

  #comparison(node: TreeNode): Formula | null {
    const type = textOf(node.type);
    if (type === "COMPARE_EQUAL" || type === "COMPARE_NOTEQUAL") {
      const [left, right] = [node.left, node.right];
      if (!isNode(left) || !isNode(right)) return null;
      const literal = textConstant(right) ?? textConstant(left);
      const subject = this.#subject(textConstant(right) === null ? right : left);
      if (literal === null || subject === null) return null;
      const test = this.#literalTest(subject, "equals", literal);
      return type === "COMPARE_EQUAL" ? test : { kind: "not", of: test };
    }
    if (type === "COMPARE_IN" || type === "COMPARE_NOT_IN") {
      const [left, ...list] = nodesOf(node.children);
      const literals = list.map(textConstant);
      if (literals.length === 0 || literals.some((literal) => literal === null)) return null;
      const subject = this.#subject(left);
      if (subject === null) return null;
      const of = literals.map((literal) => this.#literalTest(subject, "equals", literal!));
      const test: Formula = { kind: "or", of };
      return type === "COMPARE_IN" ? test : { kind: "not", of: test };
    }
    return null;
  }

  #numberTest(node: TreeNode): Formula | null {
    const type = textOf(node.type);
    if (type === "COMPARE_IN" || type === "COMPARE_NOT_IN") {
      const [left, ...list] = nodesOf(node.children);
      const values = list.map(wholeConstant);
      const number = values.every((value) => value !== null) ? this.#number(left) : null;
      if (number === null || values.length === 0) return null;
      const of = values.map((value) => this.#atom({ kind: "number", number, order: "=", value: value! }));
      return type === "COMPARE_IN" ? { kind: "or", of } : { kind: "not", of: { kind: "or", of } };
    }
    const order = ORDERS[type];
    if (order === undefined || !isNode(node.left) || !isNode(node.right)) return null;
    const value = wholeConstant(node.right);
    const number = value === null ? null : this.#number(node.left);
    if (number === null || value === null) return null;
    const test = this.#atom({ kind: "number", number, order: order === "<>" ? "=" : order, value });
    return order === "<>" ? { kind: "not", of: test } : test;
  }

  #number(node: TreeNode | undefined): number | null {
    if (node === undefined || textOf(node.class) !== "COLUMN_REF") return null;
    const resolved = resolveColumn(node, this.#columns);
    const type = resolved === null ? null : typeAt(resolved);
    if (type?.kind !== "scalar" || !WHOLE.test(type.name)) return null;
    const text = nodeText(node);
    let at = this.#numberByText.get(text);
    if (at === undefined) {
      const cast = { id: "DOUBLE", type_info: null };
      const child = structuredCopy(node);
      at =
        this.numbers.push({
          class: "CAST",
          type: "OPERATOR_CAST",
          alias: "",
          child,
          cast_type: cast,
          try_cast: false,
        }) - 1;
      this.#numberByText.set(text, at);
    }
    return at;
  }

  /** What DuckDB works out for every event. */
  #boolean(node: TreeNode): Formula {
    if (typeClass(node, this.#columns) !== "boolean" || !isQuiet(node, this.#columns))
      throw new NotCompilable();
    const known = this.#atomByText.get(nodeText(node));
    if (known !== undefined) return { kind: "atom", atom: known };
    const column = this.booleans.push(structuredCopy(node)) - 1;
    const atom = this.atoms.push({ kind: "sql", column }) - 1;
    this.#atomByText.set(nodeText(node), atom);
    return { kind: "atom", atom };
  }

  #atom(atom: Exclude<Atom, { kind: "sql" }>): Formula {
    const text = JSON.stringify(atom, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
    );
    let at = this.#atomByText.get(text);
    if (at === undefined) {
      if (atom.kind === "text") this.#spend(atom.test);
      at = this.atoms.push(atom) - 1;
      this.#atomByText.set(text, at);
    }
    return { kind: "atom", atom: at };
  }

  #spend(test: TextTest): void {
    const literals = test.kind === "like" ? test.pieces : [test.literal];
    for (const { length } of literals) this.#ruleBytes += length + ATOM_BYTES;
    if (this.#ruleBytes > this.#budget.ruleBytes) throw new NotCompilable();
    if (this.#setBytes + this.#ruleBytes > this.#budget.setBytes) throw new NotCompilable();
  }

  /** The number of a text that DuckDB is asked for; null when the node is no text that can be had without failing. */
  #subject(node: TreeNode | undefined): number | null {
    if (node === undefined || typeClass(node, this.#columns) !== "text" || !isQuiet(node, this.#columns))
      return null;
    if (textConstant(node) !== null) return null;
    const text = nodeText(node);
    let at = this.#subjectByText.get(text);
    if (at === undefined) {
      at = this.subjects.push(structuredCopy(node)) - 1;
      this.#subjectByText.set(text, at);
    }
    return at;
  }
}

const WHOLE = /^U?(?:TINY|SMALL|BIG)?INT(?:EGER)?$/;
const ORDERS: Readonly<Record<string, Order | "<>">> = {
  COMPARE_EQUAL: "=",
  COMPARE_NOTEQUAL: "<>",
  COMPARE_LESSTHAN: "<",
  COMPARE_GREATERTHAN: ">",
  COMPARE_LESSTHANOREQUALTO: "<=",
  COMPARE_GREATERTHANOREQUALTO: ">=",
};

/** A whole constant of at most 53 bits. */
function wholeConstant(node: TreeNode): number | null {
  if (textOf(node.type) !== "VALUE_CONSTANT" || !isNode(node.value)) return null;
  const { type, value, is_null: isNull } = node.value;
  if (isNull === true || !isNode(type) || !WHOLE.test(textOf(type.id))) return null;
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

/** What a literal takes beside its own bytes, about. */
const ATOM_BYTES = 16;

/** No UTF-8 has this byte. */
const NEVER = new Uint8Array([0xff]);

/** A constant of type VARCHAR; null for everything else. */
export function textConstant(node: TreeNode | undefined): string | null {
  if (node === undefined || textOf(node.type) !== "VALUE_CONSTANT" || !isNode(node.value)) return null;
  const { type, value, is_null: isNull } = node.value;
  if (isNull === true || !isNode(type) || textOf(type.id) !== "VARCHAR" || typeof value !== "string")
    return null;
  return value;
}

/** `true` and `false`, which DuckDB's parser also writes as casts of texts. */
function booleanConstant(node: TreeNode): boolean | null {
  if (textOf(node.type) === "VALUE_CONSTANT" && isNode(node.value)) {
    const { type, value, is_null: isNull } = node.value;
    return isNull !== true && isNode(type) && textOf(type.id) === "BOOLEAN" && typeof value === "boolean"
      ? value
      : null;
  }
  if (textOf(node.type) !== "OPERATOR_CAST" || !isNode(node.cast_type) || !isNode(node.child)) return null;
  if (textOf(node.cast_type.id) !== "BOOLEAN") return null;
  const text = textConstant(node.child);
  return text === "t" ? true : text === "f" ? false : null;
}

function lowerOf(node: TreeNode): TreeNode {
  return {
    class: "FUNCTION",
    type: "FUNCTION",
    alias: "",
    function_name: "lower",
    schema: "",
    children: [node],
    filter: null,
    order_bys: { type: "ORDER_MODIFIER", orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
    catalog: "",
  };
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}
