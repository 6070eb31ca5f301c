import { HUNT_FUNCTIONS, javascriptName } from "../../../notebooks/function/registry.ts";
import type { EngineFunction } from "../../../server/api/api.ts";

/** A function as editors show it. */
export interface FunctionDoc {
  readonly name: string;
  readonly origin: "hunt" | "engine";
  readonly kind: "scalar" | "table" | "aggregate" | "window";
  readonly signatures: readonly string[];
  readonly summary: string;
  readonly example: string;
  readonly result: string;
}

export const HUNT_DOCS: readonly FunctionDoc[] = HUNT_FUNCTIONS.map((entry) => ({
  ...entry,
  origin: "hunt",
  signatures: [entry.signature],
}));

/** The hunt functions as JavaScript cells call them; those over all rows take columns as lists. */
export const HUNT_JAVASCRIPT_DOCS: readonly FunctionDoc[] = HUNT_DOCS.map((doc) => {
  const name = javascriptName(doc.name);
  const [signature = ""] = doc.signatures;
  const open = signature.indexOf("(");
  const parameters = signature
    .slice(open + 1, signature.indexOf(") ->"))
    .split(/,\s*(?![^(]*\))/)
    .map((parameter) => javascriptName(parameter.split(" ")[0]!) + (doc.kind === "window" ? "s" : ""));
  return {
    ...doc,
    name,
    signatures: [`hunt.${name}(${parameters.join(", ")})`],
    summary:
      doc.kind === "window" ? `${doc.summary} Takes the columns as lists and gives a list.` : doc.summary,
    example: "",
    result: "",
  };
});

export function engineDocs(functions: readonly EngineFunction[]): readonly FunctionDoc[] {
  return functions.map((entry) => ({ ...entry, origin: "engine", result: "" }));
}

/** The documentation as an element: signatures, what it does, an example and what that gives. */
export function renderDoc(doc: FunctionDoc): HTMLElement {
  const element = document.createElement("div");
  element.className = "editor-doc";
  for (const signature of doc.signatures) element.append(part("code", "editor-doc-signature", signature));
  if (doc.origin === "hunt") {
    const kind = doc.kind === "window" ? "hunt function over all rows" : "hunt function";
    element.append(part("span", "editor-doc-kind", kind));
  } else if (doc.kind !== "scalar") {
    element.append(
      part("span", "editor-doc-kind", doc.kind === "table" ? "table function" : "aggregate function"),
    );
  }
  if (doc.summary !== "") element.append(part("p", "", plainSummary(doc.summary)));
  if (doc.example !== "") {
    const example = part("p", "editor-doc-example", "");
    example.append(part("code", "", doc.example));
    if (doc.result !== "") example.append(" → ", part("span", "", doc.result));
    element.append(example);
  }
  return element;
}

function plainSummary(summary: string): string {
  return summary.replaceAll("`", "").trim();
}

export function part(tag: string, className: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.textContent = text;
  return element;
}
