import { namesOf } from "../../../notebooks/document/data-flow.ts";
import type { TranspiledCell } from "../../../notebooks/document/transpile-cells.ts";

/** Values for inputs in a page's address: `?hours=48&host=ws-1`. The names are those of cells. */
export function addressInputsOf(search: string): ReadonlyMap<string, string> {
  return new Map([...new URLSearchParams(search)].filter(([name]) => /^[A-Za-z_$][\w$]*$/.test(name)));
}

/**
 * A cell whose inputs begin with the values of the address. What a cell shows by `view(…)` belongs, in order, to the
 * names that it declares; the text from the address becomes a number, boolean or list where the input has one.
 */
export function withAddressInputs(
  transpiled: TranspiledCell,
  inputs: ReadonlyMap<string, string>,
): TranspiledCell {
  const view = transpiled.inputs.indexOf("view");
  const names = namesOf(transpiled);
  if (view < 0 || !names.some((name) => inputs.has(name))) return transpiled;
  const values = names.map((name) => inputs.get(name) ?? null);
  const body = `(...inputs) => {
const values = ${JSON.stringify(values)};
const view = inputs[${view}];
let shown = 0;
inputs[${view}] = (element) => {
  const text = values[shown++] ?? null;
  if (text !== null) (${fillInput.toString()})(element, text);
  return view(element);
};
return (${transpiled.body}
)(...inputs);
}`;
  return { ...transpiled, body };
}

/** Runs in the frame, as text: it may use nothing from around it. */
function fillInput(element: { value?: unknown }, text: string): void {
  const read = (): unknown => {
    const now = element.value;
    if (typeof now === "number") return Number.isFinite(Number(text)) ? Number(text) : now;
    if (typeof now === "boolean") return text === "true" || text === "1";
    if (typeof now === "string" || now === null || now === undefined) return text;
    try {
      return JSON.parse(text);
    } catch {
      return Array.isArray(now) ? [text] : now;
    }
  };
  try {
    element.value = read();
  } catch {
    // The input takes no such value: it keeps its own.
  }
}
