/** Runs in the browser: what cells see of charts, on a bare page. */
import inputsStyle from "@observablehq/inputs/dist/index.css";
import chartStyle from "../../../../workbench/frame/chart/chart.css";
import { charts } from "../../../../workbench/frame/chart/charts.ts";
import frameStyle from "../../../../workbench/frame/frame.css";
import tokens from "../../../../workbench/style/tokens.css";
import * as hunterData from "./hunter-data.ts";

const style = document.createElement("style");
style.textContent = `${tokens}\n${inputsStyle}\n${frameStyle}\n${chartStyle}
body { overflow: auto; background: var(--surface); padding: 16px; } .output { position: static; visibility: visible; }`;
document.head.append(style);

/** Puts a chart on the page; what it announces is collected in `heard`. */
function show(name: keyof typeof charts, rows: unknown, options: unknown, width: number): unknown {
  document.body.replaceChildren();
  const output = document.createElement("div");
  output.className = "output";
  output.style.width = `${width}px`;
  document.body.append(output);
  const heard: unknown[] = [];
  const element = (charts[name] as (rows: unknown, options: unknown) => HTMLElement & { value: unknown })(
    rows,
    options,
  );
  element.addEventListener("input", () => heard.push(element.value));
  output.append(element);
  Object.assign(globalThis, { chart: element, heard });
  return element;
}

Object.assign(globalThis, { gallery: { show, charts, ...hunterData } });
