import { parseJavaScript } from "@observablehq/notebook-kit";
import type { NotebookCell } from "../document/notebook.ts";

/** A value that a cell gives without running: what a literal says. */
export type LiteralValue = string | number | boolean | null | readonly LiteralValue[];

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/**
 * Values of names that JavaScript cells give literally: `const days = 7`, and what an input starts with
 * (`const minimum = view(Inputs.range([0, 100], {value: 10}))`). Other names are absent: nothing is run.
 */
export function literalsOf(cells: readonly NotebookCell[]): ReadonlyMap<string, LiteralValue> {
  const values = new Map<string, LiteralValue>();
  for (const { mode, value } of cells) {
    if (mode !== "js" && mode !== "ts") continue;
    let body: Node;
    try {
      body = parseJavaScript(value).body as unknown as Node;
    } catch {
      continue;
    }
    for (const statement of listOf(body.body)) {
      if (statement.type !== "VariableDeclaration") continue;
      for (const { id, init } of listOf(statement.declarations) as unknown as readonly {
        id: Node;
        init: Node | null;
      }[]) {
        if (id.type !== "Identifier" || !init) continue;
        const found = literalOf(init) ?? inputValueOf(init);
        if (found) values.set(String(id.name), found.value);
      }
    }
  }
  return values;
}

/** The value of a SQL interpolation: a literal, or a name among `values`; null when it needs a program to run. */
export function valueOfExpression(
  expression: string,
  values: ReadonlyMap<string, LiteralValue>,
): { readonly value: LiteralValue } | null {
  let node: Node;
  try {
    node = parseJavaScript(expression).body as unknown as Node;
  } catch {
    return null;
  }
  if (node.type === "Identifier") {
    const name = String(node.name);
    return values.has(name) ? { value: values.get(name) ?? null } : null;
  }
  return literalOf(node);
}

function literalOf(node: Node | null | undefined): { readonly value: LiteralValue } | null {
  if (!node) return null;
  if (node.type === "Literal") {
    const { value } = node;
    const plain = value === null || ["string", "number", "boolean"].includes(typeof value);
    return plain && !("regex" in node) ? { value: value as LiteralValue } : null;
  }
  if (node.type === "UnaryExpression" && node.operator === "-") {
    const inner = literalOf(node.argument as Node);
    return typeof inner?.value === "number" ? { value: -inner.value } : null;
  }
  if (node.type === "TemplateLiteral" && listOf(node.expressions).length === 0) {
    const text = (listOf(node.quasis)[0]?.value as { cooked?: string } | undefined)?.cooked;
    return text === undefined ? null : { value: text };
  }
  if (node.type === "ArrayExpression") {
    const items = listOf(node.elements).map(literalOf);
    return items.every((item) => item !== null) ? { value: items.map((item) => item.value) } : null;
  }
  return null;
}

/** `view(Inputs.range(…, {value: 3}))`, `view(Inputs.select(["a", "b"]))`, `view(Inputs.toggle())`. */
function inputValueOf(node: Node): { readonly value: LiteralValue } | null {
  if (node.type !== "CallExpression" || (node.callee as Node).name !== "view") return null;
  const call = listOf(node.arguments)[0];
  if (call?.type !== "CallExpression") return null;
  const callee = call.callee as Node;
  if (callee.type !== "MemberExpression" || (callee.object as Node).name !== "Inputs") return null;
  const kind = String((callee.property as Node).name);
  const given = listOf(call.arguments);
  const options = given.at(-1)?.type === "ObjectExpression" ? given.at(-1) : undefined;
  const property = listOf(options?.properties).find(
    ({ key }) => (key as Node | undefined)?.name === "value" || (key as Node | undefined)?.value === "value",
  );
  if (property) return literalOf(property.value as Node);
  const multiple = listOf(options?.properties).some(
    ({ key }) => (key as Node | undefined)?.name === "multiple",
  );
  if (kind === "select" && !multiple) {
    const choices = literalOf(given[0]);
    return Array.isArray(choices?.value) && choices.value.length > 0
      ? { value: choices.value[0] as LiteralValue }
      : null;
  }
  if (kind === "toggle") return { value: false };
  if (kind === "text" || kind === "textarea") return { value: "" };
  if (kind === "checkbox") return { value: [] };
  return null;
}

function listOf(value: unknown): readonly Node[] {
  return Array.isArray(value) ? (value as Node[]) : [];
}
