import type { TreeNode, TreeValue } from "../../../../notebooks/engine/syntax-tree.ts";
import { isNode, nodesOf, textOf } from "../../../../notebooks/engine/syntax-tree.ts";
import type { Condition, ConditionOperator, ConditionValue, FieldTest } from "../../condition/condition.ts";
import { type GlobPart, globPattern } from "../../condition/glob.ts";
import { operatorOfText } from "../pipeline/pattern-text.ts";

/** What a plain SELECT says: the events of one dataset that meet a condition. */
export interface ReadSelect {
  readonly dataset: string;
  readonly condition: Condition;
}

/** Names what keeps a SELECT from being a condition over one dataset. */
export class UnreadableSql extends Error {}

/**
 * Reads `SELECT ... FROM dataset WHERE ...` back as a condition of the same meaning, from DuckDB's own tree. SQL knows a
 * third truth, unknown, where a field is missing: what must be false in SQL is therefore asked to be there and not to hold.
 * Throws UnreadableSql that names the first part with no exact counterpart; nothing is guessed.
 */
export function readSelect(tree: TreeNode): ReadSelect {
  const [statement, ...more] = nodesOf(tree.statements);
  const select = statement && isNode(statement.node) ? statement.node : null;
  if (select === null || more.length > 0 || textOf(select.type) !== "SELECT_NODE")
    throw new UnreadableSql("it is no single SELECT");
  const from = isNode(select.from_table) ? select.from_table : null;
  if (from === null || textOf(from.type) !== "BASE_TABLE")
    throw new UnreadableSql("it reads more than one dataset");
  const withTables = isNode(select.cte_map) ? nodesOf(select.cte_map.map) : [];
  if (withTables.length > 0) throw new UnreadableSql("it names queries with WITH");
  const grouped = [select.group_expressions, select.group_sets].some(
    (value) => Array.isArray(value) && value.length > 0,
  );
  if (grouped || isNode(select.having)) throw new UnreadableSql("it groups events");
  if (isNode(select.qualify)) throw new UnreadableSql("it uses QUALIFY");
  if (isNode(select.sample)) throw new UnreadableSql("it takes a sample");
  if (nodesOf(select.modifiers).some((modifier) => textOf(modifier.type) !== "ORDER_MODIFIER"))
    throw new UnreadableSql("it limits its rows or takes distinct ones");
  for (const node of nodesOf(select.select_list)) refuseAcrossEvents(node);
  const names = new Set([textOf(from.table_name), textOf(from.alias)].filter((name) => name !== ""));
  const where = isNode(select.where_clause) ? select.where_clause : null;
  if (where === null) throw new UnreadableSql("it has no WHERE, so it means every event");
  return { dataset: textOf(from.table_name), condition: new Reader(names).truth(where, true) };
}

/** A function in the SELECT list that looks at other events makes the rows depend on more than each event. */
function refuseAcrossEvents(value: TreeValue | undefined): void {
  if (Array.isArray(value)) for (const item of value) refuseAcrossEvents(item);
  else if (isNode(value)) {
    const kind = textOf(value.class);
    if (kind === "WINDOW" || kind === "SUBQUERY")
      throw new UnreadableSql(kind === "WINDOW" ? "it uses a window function" : "it holds another SELECT");
    for (const child of Object.values(value)) refuseAcrossEvents(child);
  }
}

interface Operand {
  readonly field: string;
  /** Whether the case of letters was folded away. */
  readonly folded: boolean;
}

const ORDER: Readonly<Record<string, ConditionOperator>> = {
  COMPARE_LESSTHAN: "less",
  COMPARE_LESSTHANOREQUALTO: "less-or-equal",
  COMPARE_GREATERTHAN: "greater",
  COMPARE_GREATERTHANOREQUALTO: "greater-or-equal",
};
const TURNED: Readonly<Record<string, string>> = {
  COMPARE_LESSTHAN: "COMPARE_GREATERTHAN",
  COMPARE_LESSTHANOREQUALTO: "COMPARE_GREATERTHANOREQUALTO",
  COMPARE_GREATERTHAN: "COMPARE_LESSTHAN",
  COMPARE_GREATERTHANOREQUALTO: "COMPARE_LESSTHANOREQUALTO",
};
const LIKES: Readonly<Record<string, { readonly cased: boolean; readonly negated: boolean }>> = {
  "~~": { cased: true, negated: false },
  "~~*": { cased: false, negated: false },
  "!~~": { cased: true, negated: true },
  "!~~*": { cased: false, negated: true },
  like_escape: { cased: true, negated: false },
  ilike_escape: { cased: false, negated: false },
  not_like_escape: { cased: true, negated: true },
  not_ilike_escape: { cased: false, negated: true },
};
const PARTS: Readonly<Record<string, ConditionOperator>> = {
  contains: "contains",
  starts_with: "starts-with",
  prefix: "starts-with",
  "^@": "starts-with",
  ends_with: "ends-with",
  suffix: "ends-with",
};

class Reader {
  readonly #tables: ReadonlySet<string>;

  constructor(tables: ReadonlySet<string>) {
    this.#tables = tables;
  }

  /** The condition under which a node is true, or under which it is false. */
  truth(node: TreeNode, wanted: boolean): Condition {
    const [kind, type] = [textOf(node.class), textOf(node.type)];
    const children = nodesOf(node.children);
    if (kind === "CONJUNCTION") {
      const every = (type === "CONJUNCTION_AND") === wanted;
      return { kind: every ? "all" : "any", of: children.map((child) => this.truth(child, wanted)) };
    }
    if (kind === "OPERATOR") {
      if (type === "OPERATOR_NOT") return this.truth(children[0]!, !wanted);
      if (type === "OPERATOR_IS_NULL" || type === "OPERATOR_IS_NOT_NULL") {
        const test = plainTest(this.#field(children[0]!).field, "exists", []);
        return (type === "OPERATOR_IS_NOT_NULL") === wanted ? test : { kind: "not", of: test };
      }
      if (type === "COMPARE_IN" || type === "COMPARE_NOT_IN") {
        const [subject, ...values] = children;
        const operand = this.#field(subject!);
        const constants = values.map(constant);
        if (constants.includes(null)) throw new UnreadableSql("a list holds NULL");
        return decided(isTest(operand, constants), wanted === (type === "COMPARE_IN"));
      }
    }
    if (kind === "COMPARISON") return this.#comparison(type, node, wanted);
    if (kind === "BETWEEN" && isNode(node.input) && isNode(node.lower) && isNode(node.upper)) {
      const pair = [
        this.#ordered("COMPARE_GREATERTHANOREQUALTO", node.input, node.lower, wanted),
        this.#ordered("COMPARE_LESSTHANOREQUALTO", node.input, node.upper, wanted),
      ];
      return { kind: wanted ? "all" : "any", of: pair };
    }
    if (kind === "FUNCTION")
      return this.#function(textOf(node.function_name).toLowerCase(), children, wanted);
    if (kind === "COLUMN_REF") return decided(plainTest(this.#field(node).field, "is", [true]), wanted);
    throw new UnreadableSql(`\`${type || kind}\` has no counterpart`);
  }

  #comparison(type: string, node: TreeNode, wanted: boolean): Condition {
    const { left, right } = node;
    if (!isNode(left) || !isNode(right)) throw new UnreadableSql("a comparison cannot be read");
    const turned = !isField(left) && isField(right);
    const [subject, other] = turned ? [right, left] : [left, right];
    const operator = turned ? (TURNED[type] ?? type) : type;
    if (operator in ORDER) return this.#ordered(operator, subject, other, wanted);
    const equal = operator === "COMPARE_EQUAL";
    if (!equal && operator !== "COMPARE_NOTEQUAL") throw new UnreadableSql(`\`${type}\` has no counterpart`);
    const operand = this.#field(subject);
    if (isField(other)) {
      const second = this.#field(other);
      if (operand.folded !== second.folded)
        throw new UnreadableSql("only one side of a comparison has its case folded");
      const same: FieldTest = {
        ...plainTest(operand.field, "same-as-field", [second.field]),
        caseSensitive: !operand.folded,
      };
      const there = plainTest(second.field, "exists", []);
      if (wanted === equal) return same;
      return { kind: "all", of: [plainTest(operand.field, "exists", []), there, { kind: "not", of: same }] };
    }
    return decided(isTest(operand, [constant(other)]), wanted === equal);
  }

  #ordered(type: string, subject: TreeNode, other: TreeNode, wanted: boolean): Condition {
    const operand = this.#field(subject);
    const value = constant(other);
    if (typeof value !== "number" && typeof value !== "bigint")
      throw new UnreadableSql(`\`${operand.field}\` is compared in order with something that is no number`);
    return decided(plainTest(operand.field, ORDER[type]!, [value]), wanted);
  }

  #function(name: string, children: readonly TreeNode[], wanted: boolean): Condition {
    const [subject, second, third] = children;
    const like = LIKES[name];
    if (like && subject && second) {
      const operand = this.#field(subject);
      const text = plainText(second, name);
      const escapeSign = third === undefined ? null : plainText(third, name);
      if (operand.folded && text !== text.toLowerCase())
        throw new UnreadableSql("a folded field is compared with capitals");
      const { operator, value } = operatorOfText(globPattern(likeParts(text, escapeSign)));
      const test: FieldTest = {
        ...plainTest(operand.field, operator, [value]),
        caseSensitive: like.cased && !operand.folded,
      };
      return decided(test, wanted !== like.negated);
    }
    const operator = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (operator && subject && second) {
      const operand = this.#field(subject);
      const text = plainText(second, name);
      if (operand.folded && text !== text.toLowerCase())
        throw new UnreadableSql("a folded field is compared with capitals");
      return decided(
        { ...plainTest(operand.field, operator, [text]), caseSensitive: !operand.folded },
        wanted,
      );
    }
    if ((name === "regexp_matches" || name === "regexp_full_match") && subject && second) {
      const operand = this.#field(subject);
      if (operand.folded) throw new UnreadableSql("a regular expression is applied to folded text");
      const options = third === undefined ? "" : plainText(third, name);
      if (/[^cis]/.test(options))
        throw new UnreadableSql(`the option ${options} of \`${name}\` has no counterpart`);
      const pattern = plainText(second, name);
      const flags = ["i", "s"].filter((flag) => options.includes(flag)).join("");
      const test: FieldTest = {
        ...plainTest(operand.field, "regex", [name === "regexp_matches" ? pattern : `^(?:${pattern})$`]),
        caseSensitive: true,
        ...(flags === "" ? {} : { flags }),
      };
      return decided(test, wanted);
    }
    throw new UnreadableSql(`the function \`${name}\` has no counterpart`);
  }

  #field(node: TreeNode): Operand {
    if (textOf(node.class) === "FUNCTION" && textOf(node.function_name).toLowerCase() === "lower") {
      const [inner] = nodesOf(node.children);
      if (inner) return { ...this.#field(inner), folded: true };
    }
    if (textOf(node.class) !== "COLUMN_REF" || !Array.isArray(node.column_names))
      throw new UnreadableSql("something that is no plain column is compared");
    const names = node.column_names.map((name) => (typeof name === "string" ? name : ""));
    const path = names.length > 1 && this.#tables.has(names[0]!) ? names.slice(1) : names;
    return { field: path.join("."), folded: false };
  }
}

function plainTest(field: string, operator: ConditionOperator, values: readonly ConditionValue[]): FieldTest {
  return { kind: "test", field, operator, values, everyValue: false, caseSensitive: false };
}

function isTest(operand: Operand, values: readonly ConditionValue[]): FieldTest {
  if (values.includes(null)) throw new UnreadableSql("a field is compared with NULL, which is never true");
  if (operand.folded && values.some((value) => typeof value === "string" && value !== value.toLowerCase()))
    throw new UnreadableSql("a folded field is compared with capitals");
  const isText = values.some((value) => typeof value === "string");
  return { ...plainTest(operand.field, "is", values), caseSensitive: isText && !operand.folded };
}

/** The test where it must be true; where it must be false, the field is there and does not meet it. */
function decided(test: FieldTest, wanted: boolean): Condition {
  if (wanted) return test;
  return { kind: "all", of: [plainTest(test.field, "exists", []), { kind: "not", of: test }] };
}

function isField(node: TreeNode): boolean {
  if (textOf(node.class) === "COLUMN_REF") return true;
  const [inner] = nodesOf(node.children);
  return (
    textOf(node.class) === "FUNCTION" &&
    textOf(node.function_name).toLowerCase() === "lower" &&
    inner !== undefined &&
    isField(inner)
  );
}

function constant(node: TreeNode): ConditionValue {
  if (
    textOf(node.class) === "CAST" &&
    isNode(node.child) &&
    isNode(node.cast_type) &&
    textOf(node.cast_type.id) === "BOOLEAN"
  ) {
    const inner = constant(node.child);
    if (inner === "t" || inner === "f") return inner === "t";
  }
  if (textOf(node.class) !== "CONSTANT" || !isNode(node.value))
    throw new UnreadableSql("a field is compared with an expression");
  const { value, is_null: isNull, type } = node.value;
  if (isNull === true) return null;
  const id = isNode(type) ? textOf(type.id) : "";
  if (
    typeof value === "object" &&
    value !== null &&
    "rawJSON" in value &&
    /^-?\d+$/.test(String(value.rawJSON))
  )
    return BigInt(String(value.rawJSON));
  if (id === "DECIMAL" && isNode(type) && isNode(type.type_info) && typeof value === "number")
    return value / 10 ** Number(type.type_info.scale ?? 0);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  throw new UnreadableSql("a constant cannot be read");
}

function plainText(node: TreeNode, name: string): string {
  const value = constant(node);
  if (typeof value === "string") return value;
  throw new UnreadableSql(`\`${name}\` is given something that is no text`);
}

function likeParts(text: string, escapeSign: string | null): GlobPart[] {
  const parts: GlobPart[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") parts.push(plain);
    plain = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]!;
    if (escapeSign !== null && escapeSign !== "" && sign === escapeSign && at + 1 < text.length) {
      plain += text[at + 1];
      at += 1;
    } else if (sign === "%" || sign === "_") {
      flush();
      parts.push({ wildcard: sign === "%" ? "*" : "?" });
    } else plain += sign;
  }
  flush();
  return parts;
}
