import { html, type TemplateResult } from "lit";
import type { CheckContext } from "../../gate/check-context.ts";

/** One section of an ADS as a form: read from its Markdown, shown as fields, written back. */
export interface SectionForm<Value> {
  parse(body: string): Value;
  render(value: Value): string;
  form(value: Value, put: (value: Value) => void, context: CheckContext): TemplateResult;
}

/** A line of text in a form, told of while it is typed. */
export function line(
  label: string,
  value: string,
  put: (value: string) => void,
  options: { readonly name?: string; readonly hint?: string; readonly placeholder?: string } = {},
): TemplateResult {
  return html`<label class="field"
    ><span>${label}</span
    ><input
      type="text"
      name=${options.name ?? ""}
      placeholder=${options.placeholder ?? ""}
      .value=${value}
      @input=${(event: InputEvent) => put((event.target as HTMLInputElement).value)}
    />${options.hint ? html`<span class="hint">${options.hint}</span>` : ""}</label
  >`;
}

/** Several lines of Markdown in a form. */
export function prose(
  label: string,
  value: string,
  put: (value: string) => void,
  options: { readonly name?: string; readonly hint?: string; readonly rows?: number } = {},
): TemplateResult {
  const rows =
    options.rows ?? Math.min(12, Math.max(3, value.split("\n").length + Math.ceil(value.length / 110)));
  return html`<label class="field"
    ><span>${label}</span
    ><textarea
      name=${options.name ?? ""}
      rows=${rows}
      .value=${value}
      @input=${(event: InputEvent) => put((event.target as HTMLTextAreaElement).value)}
    ></textarea
    >${options.hint ? html`<span class="hint">${options.hint}</span>` : ""}</label
  >`;
}
