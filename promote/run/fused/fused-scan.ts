import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { type EngineSlice, HELD_TABLE } from "../../../notebooks/engine/engine-slice.ts";
import { bigintColumn, booleanColumn, textAt, textColumn } from "../../../notebooks/engine/slice-columns.ts";
import {
  isNode,
  nodesOf,
  type TreeNode,
  type TreeValue,
  textOf,
} from "../../../notebooks/engine/syntax-tree.ts";
import type { Matches } from "./condition-columns.ts";
import { nodeText, structuredCopy } from "./plain-rule.ts";
import type { FusedRule } from "./rule-set.ts";

/** The texts of one scan for many rules. */
export interface FusedScan {
  /** What is held first: the columns of the conditions, and each text in lower case that they ask for, once. */
  readonly hold: string;
  /** Keys of the events on which any rule matches, and of each rule whether it does. */
  readonly select: string;
}

function truthOf(node: TreeNode): TreeNode {
  const type = (id: string): TreeNode => ({ id, type_info: null });
  return {
    class: "COMPARISON",
    type: "COMPARE_NOT_DISTINCT_FROM",
    alias: "",
    left: {
      class: "CAST",
      type: "OPERATOR_CAST",
      alias: "",
      child: node,
      cast_type: type("BOOLEAN"),
      try_cast: false,
    },
    right: {
      class: "CONSTANT",
      type: "VALUE_CONSTANT",
      alias: "",
      value: { type: type("BOOLEAN"), is_null: false, value: true },
    },
  };
}

function either(nodes: readonly TreeNode[]): TreeNode {
  if (nodes.length === 1) return nodes[0]!;
  return { class: "CONJUNCTION", type: "CONJUNCTION_OR", alias: "", children: [...nodes] };
}

function reference(name: string): TreeNode {
  return { class: "COLUMN_REF", type: "COLUMN_REF", alias: "", column_names: [name] };
}

/** Puts names in the place of `lower(column)`, each text once. */
class LoweredOnce {
  readonly nodes: { readonly node: TreeNode; readonly name: string }[] = [];
  readonly #byText = new Map<string, string>();

  replace(value: TreeValue | undefined): TreeValue | undefined {
    if (Array.isArray(value)) return value.map((item) => this.replace(item) as TreeValue);
    if (!isNode(value)) return value;
    const child = textOf(value.function_name) === "lower" ? nodesOf(value.children)[0] : undefined;
    if (child !== undefined && textOf(child.class) === "COLUMN_REF") return reference(this.#name(value));
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.replace(inner)]));
  }

  #name(node: TreeNode): string {
    const text = nodeText(node);
    let name = this.#byText.get(text);
    if (name === undefined) {
      name = `lower ${this.nodes.length}`;
      this.nodes.push({ node: structuredCopy(node), name });
      this.#byText.set(text, name);
    }
    return name;
  }
}

async function selectFrom(
  slice: EngineSlice,
  template: string,
  more: readonly { readonly node: TreeNode; readonly name: string }[],
  where: TreeNode | null,
): Promise<string> {
  const tree = structuredCopy(await slice.tree(template));
  const select = nodesOf(tree.statements)[0]?.node;
  if (!isNode(select) || !Array.isArray(select.select_list)) throw new TypeError("That is no SELECT.");
  for (const { node, name } of more) select.select_list.push({ ...node, alias: name });
  if (where !== null) select.where_clause = where;
  const from = select.from_table;
  if (where !== null && isNode(from)) from.table_name = HELD_TABLE;
  return slice.write(tree);
}

/** Writes the scan of rules over one dataset. */
export async function fusedScan(slice: EngineSlice, rules: readonly FusedRule[]): Promise<FusedScan> {
  const lowered = new LoweredOnce();
  const conditions = rules.map(({ plain: { where } }) =>
    where === null ? null : (lowered.replace(where) as TreeNode),
  );
  const always: TreeNode = (truthOf(reference("_line")).right as TreeNode) ?? {};
  const truths = conditions.map((condition) => (condition === null ? always : truthOf(condition)));
  const read = new Set(["_file", "_line", ...rules.flatMap(({ plain }) => [...plain.whereColumns])]);
  const source = quoteIdentifier(slice.dataset.name);
  const hold = await selectFrom(
    slice,
    `SELECT ${[...read].map(quoteIdentifier).join(", ")} FROM ${source}`,
    lowered.nodes,
    null,
  );
  const more = truths.map((node, at) => ({ node, name: `m${at}` }));
  const where = either(conditions.map((condition) => condition ?? always));
  const select = await selectFrom(slice, `SELECT "_file" AS f, "_line" AS l FROM ${source}`, more, where);
  return { hold, select };
}

/** Runs the scan. Throws QueryError when a condition fails on some event. */
export async function runFusedScan(slice: EngineSlice, scan: FusedScan, ruleCount: number): Promise<Matches> {
  await slice.hold(scan.hold);
  const result = await slice.chunks(scan.select);
  const files = textColumn(result, 0);
  const lines = bigintColumn(result, 1);
  const rows = Array.from({ length: ruleCount }, (_, rule) => {
    const truths = booleanColumn(result, 2 + rule);
    const matching: number[] = [];
    for (let row = truths.indexOf(1); row >= 0; row = truths.indexOf(1, row + 1)) matching.push(row);
    return matching;
  });
  return { rows, key: (row) => ({ file: textAt(files, row) ?? "", line: lines[row]! }) };
}
