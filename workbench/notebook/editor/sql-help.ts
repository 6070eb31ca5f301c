import type { Extension } from "@codemirror/state";
import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, hoverTooltip, showTooltip, type Tooltip, ViewPlugin } from "@codemirror/view";
import {
  engineDocs,
  type FunctionDoc,
  HUNT_DOCS,
  HUNT_JAVASCRIPT_DOCS,
  part,
  renderDoc,
} from "./function-docs.ts";
import { type CompletionWorld, renderColumn, renderDataset, TEXT_TYPE } from "./sql-completion.ts";
import { resolve, type ScopeColumn, scopeAt } from "./sql-scope.ts";
import { isName, isToken, nameOf, type SqlToken, sqlTokensOf } from "./sql-text.ts";

const VALUES_SHOWN = 6;

/** Documentation of the function, column or dataset under the pointer. */
export function sqlHover(world: CompletionWorld): Extension {
  return hoverTooltip(async (view, at): Promise<Tooltip | null> => {
    const sql = view.state.doc.toString();
    const tokens = sqlTokensOf(sql).filter(({ kind }) => kind !== "comment");
    const index = tokens.findIndex((token) => token.from <= at && at < token.to);
    const token = tokens[index];
    if (!isName(token)) return null;
    const dom = await documentationOf(sql, tokens, index, world, () => view.requestMeasure());
    if (dom === null) return null;
    return { pos: token.from, end: token.to, above: true, create: () => ({ dom }) };
  });
}

async function documentationOf(
  sql: string,
  tokens: readonly SqlToken[],
  index: number,
  world: CompletionWorld,
  grown: () => void,
): Promise<HTMLElement | null> {
  const token = tokens[index]!;
  const name = nameOf(token);
  if (isToken(tokens[index + 1], "(")) {
    const doc = functionDoc(name, engineDocs(await world.knowledge.functions()));
    if (doc) return renderDoc(doc);
  }
  const scope = scopeAt(sql, token.from, world.catalog());
  const path = [name];
  for (let at = index; isToken(tokens[at - 1], ".") && isName(tokens[at - 2]); at -= 2) {
    path.unshift(nameOf(tokens[at - 2]!));
  }
  const previous = tokens[index - 1];
  if (["from", "join"].some((word) => isToken(previous, word)) || isToken(previous, ",")) {
    const entry = world.catalog().find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (entry && scope.clause !== "select") return renderDataset(entry);
  }
  const column = resolve(path, scope.tables);
  if (column) {
    const dom = renderColumn(column);
    void addValues(dom, column, world).then(grown);
    return dom;
  }
  const entry = world.catalog().find((one) => one.name.toLowerCase() === name.toLowerCase());
  return entry ? renderDataset(entry) : null;
}

/** The column's commonest values, once they are known. */
async function addValues(dom: HTMLElement, column: ScopeColumn, world: CompletionWorld): Promise<void> {
  const entry = world.catalog().find(({ name }) => name === column.origin?.dataset);
  if (!entry || !column.origin || !TEXT_TYPE.test(column.type)) return;
  const values = await world.knowledge.values(entry, column.origin.column);
  if (values.length === 0) return;
  const list = part("ul", "editor-doc-values", "");
  for (const { value, count } of values.slice(0, VALUES_SHOWN)) {
    const item = part("li", "", "");
    item.append(part("code", "", value), part("span", "", count.toLocaleString("en")));
    list.append(item);
  }
  dom.append(list);
}

function functionDoc(name: string, engine: readonly FunctionDoc[]): FunctionDoc | undefined {
  const lower = name.toLowerCase();
  return HUNT_DOCS.find((doc) => doc.name === lower) ?? engine.find((doc) => doc.name === lower);
}

/** Documentation of `hunt.…` under the pointer of a JavaScript cell. */
export function javascriptHover(): Extension {
  return hoverTooltip((view, at): Tooltip | null => {
    const word = view.state.wordAt(at);
    if (!word || view.state.sliceDoc(Math.max(0, word.from - 5), word.from) !== "hunt.") return null;
    const doc = HUNT_JAVASCRIPT_DOCS.find(({ name }) => name === view.state.sliceDoc(word.from, word.to));
    return doc
      ? { pos: word.from, end: word.to, above: true, create: () => ({ dom: renderDoc(doc) }) }
      : null;
  });
}

/** A call around the cursor: which function, and which of its parameters. */
export interface CallAt {
  readonly name: string;
  /** Where its parenthesis opens. */
  readonly open: number;
  readonly parameter: number;
}

/** The innermost call whose parentheses hold the cursor; null outside of one, in a text or in a comment. Pure. */
export function callAt(sql: string, cursor: number): CallAt | null {
  const open: { readonly name: string | null; readonly open: number; parameter: number }[] = [];
  let before: SqlToken | undefined;
  for (const token of sqlTokensOf(sql)) {
    if (token.from >= cursor) break;
    if (token.kind === "comment" && token.to >= cursor) return null;
    if (token.kind === "symbol" && "([{".includes(token.text)) {
      const name =
        token.text === "(" && before?.kind === "word" && before.to === token.from ? before.text : null;
      open.push({ name, open: token.from, parameter: 0 });
    } else if (token.kind === "symbol" && ")]}".includes(token.text)) open.pop();
    else if (isToken(token, ",") && open.length > 0) open.at(-1)!.parameter += 1;
    before = token;
  }
  const call = open.at(-1);
  return call?.name ? { name: call.name, open: call.open, parameter: call.parameter } : null;
}

const setEngineDocs = StateEffect.define<readonly FunctionDoc[]>();
const dismiss = StateEffect.define<number>();

interface SignatureState {
  readonly docs: readonly FunctionDoc[];
  readonly tooltip: Tooltip | null;
  /** Where the call opens whose help was put away. */
  readonly dismissed: number | null;
}

/** Shows the signature of the call that is being written, with its present parameter. */
export function signatureHelp(world: CompletionWorld): Extension {
  const field = StateField.define<SignatureState>({
    create: () => ({ docs: [], tooltip: null, dismissed: null }),
    update(value, transaction) {
      let { docs, dismissed } = value;
      for (const effect of transaction.effects) {
        if (effect.is(setEngineDocs)) docs = effect.value;
        if (effect.is(dismiss)) dismissed = effect.value;
      }
      const isMoved = transaction.docChanged || transaction.selection !== undefined;
      if (!isMoved && docs === value.docs && dismissed === value.dismissed) return value;
      const typed = transaction.isUserEvent("input") || transaction.isUserEvent("delete");
      const isKept = value.tooltip !== null && !transaction.isUserEvent("select.pointer");
      const call =
        typed || isKept
          ? callAt(transaction.state.doc.toString(), transaction.state.selection.main.head)
          : null;
      if (call === null) return { docs, tooltip: null, dismissed: null };
      if (call.open === dismissed) return { docs, tooltip: null, dismissed };
      const doc = functionDoc(call.name, docs);
      if (doc === undefined) return { docs, tooltip: null, dismissed };
      return { docs, dismissed: null, tooltip: signatureTooltip(doc, call) };
    },
    provide: (own) => showTooltip.from(own, ({ tooltip }) => tooltip),
  });
  const loader = ViewPlugin.define((view) => {
    let isAsked = false;
    return {
      update(update) {
        if (!update.view.hasFocus || isAsked) return;
        isAsked = true;
        void world.knowledge.functions().then((functions) => {
          view.dispatch({ effects: setEngineDocs.of(engineDocs(functions)) });
        });
      },
    };
  });
  const closing = EditorView.domEventHandlers({
    keydown(event, view) {
      const { tooltip } = view.state.field(field);
      if (event.key !== "Escape" || tooltip === null) return false;
      const call = callAt(view.state.doc.toString(), view.state.selection.main.head);
      if (call) view.dispatch({ effects: dismiss.of(call.open) });
      return false;
    },
    blur(_event, view) {
      const { tooltip } = view.state.field(field);
      if (tooltip !== null) {
        const call = callAt(view.state.doc.toString(), view.state.selection.main.head);
        if (call) setTimeout(() => view.dom.isConnected && view.dispatch({ effects: dismiss.of(call.open) }));
      }
      return false;
    },
  });
  return [field, loader, closing];
}

function signatureTooltip(doc: FunctionDoc, call: CallAt): Tooltip {
  return {
    pos: call.open,
    above: true,
    strictSide: false,
    arrow: false,
    create: () => ({ dom: renderSignature(doc, call.parameter) }),
  };
}

function renderSignature(doc: FunctionDoc, parameter: number): HTMLElement {
  const element = part("div", "editor-signature", "");
  const fitting =
    doc.signatures.find((signature) => parametersOf(signature).length > parameter) ?? doc.signatures[0] ?? "";
  const parameters = parametersOf(fitting);
  const line = part("code", "", `${doc.name}(`);
  parameters.forEach((text, at) => {
    if (at > 0) line.append(", ");
    const isHere =
      at === parameter || (at === parameters.length - 1 && text.startsWith("…") && parameter > at);
    line.append(part("span", isHere ? "editor-signature-here" : "", text));
  });
  line.append(`)${/\)( -> .*)$/.exec(fitting)?.[1] ?? ""}`);
  element.append(line);
  return element;
}

/** The parameters of `name(a TYPE, b STRUCT(c, d)) -> TYPE`, as written. */
export function parametersOf(signature: string): readonly string[] {
  const start = signature.indexOf("(");
  const parts: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at >= 0 && at < signature.length; at += 1) {
    const character = signature[at]!;
    if ("([".includes(character)) depth += 1;
    if (")]".includes(character)) depth -= 1;
    if ((character === "," && depth === 1) || depth === 0) {
      parts.push(signature.slice(from, at).trim());
      from = at + 1;
      if (depth === 0) break;
    }
  }
  return parts.filter((text) => text !== "");
}
