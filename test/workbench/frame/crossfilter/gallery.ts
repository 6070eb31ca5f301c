/** Runs in the browser: crossfilter over a result of the page that serves it, without a notebook around. */
import chartStyle from "../../../../workbench/frame/chart/chart.css";
import { crossfilterTools } from "../../../../workbench/frame/crossfilter/crossfilter-tools.ts";
import frameStyle from "../../../../workbench/frame/frame.css";
import tokens from "../../../../workbench/style/tokens.css";
import * as hunterData from "../chart/hunter-data.ts";

const style = document.createElement("style");
style.textContent = `${tokens}\n${frameStyle}\n${chartStyle}
body { overflow: auto; background: var(--surface); padding: 16px; } .output { position: static; visibility: visible; }`;
document.head.append(style);

async function ask(body: unknown): Promise<Response> {
  const response = await fetch("/ask", { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return response;
}

const kept: unknown[] = [];
const tools = crossfilterTools({
  async crossfilter(body) {
    const bytes = new Uint8Array(await (await ask({ what: "crossfilter", body })).arrayBuffer());
    return body.type === "exec" ? null : bytes;
  },
  async state(result) {
    return (await ask({ what: "state", result })).json();
  },
  say: (message) => kept.push(message),
});

/** Puts a crossfilter on the page; what it announces is collected in `heard`. */
function show(
  rows: Parameters<typeof tools.crossfilter>[0],
  options: Parameters<typeof tools.crossfilter>[1],
  width: number,
) {
  document.body.replaceChildren();
  const output = document.createElement("div");
  output.className = "output";
  output.style.width = `${width}px`;
  document.body.append(output);
  const element = tools.crossfilter(rows, options);
  const heard: unknown[] = [];
  element.addEventListener("input", () => heard.push(element.value));
  output.append(element);
  Object.assign(globalThis, { chart: element, heard, kept });
}

/** An array as a SQL cell gives it. */
function resultRows(result: string, schema: readonly { readonly name: string; readonly type: string }[]) {
  return Object.assign([], { result, schema, columns: schema.map(({ name }) => name), complete: true });
}

Object.assign(globalThis, {
  gallery: { show, resultRows, vg: tools.vg, crossfilter: tools.crossfilter, ...hunterData },
});
