import { html, nothing, type TemplateResult } from "lit";

/** A labelled control with an optional hint below it. */
export function field(label: string, control: TemplateResult, hint = ""): TemplateResult {
  return html`<label class="field"
    ><span>${label}</span>${control}${hint === "" ? nothing : html`<span class="hint">${hint}</span>`}</label
  >`;
}
