import { html, nothing, type TemplateResult } from "lit";

/** A text of the record: one line or several, told when the person leaves it. */
export function textEntry(options: {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly rows?: number;
  readonly placeholder?: string;
  readonly hint?: string;
}): TemplateResult {
  const { label, value, change, rows = 1, placeholder = "", hint = "" } = options;
  const onChange = (event: Event) => change((event.target as HTMLInputElement).value.trim());
  return html`<label class="field">
    <span>${label}</span>
    ${
      rows > 1
        ? html`<textarea rows=${rows} placeholder=${placeholder} .value=${value} @change=${onChange}></textarea>`
        : html`<input type="text" placeholder=${placeholder} .value=${value} @change=${onChange} />`
    }
    ${hint === "" ? nothing : html`<span class="hint">${hint}</span>`}
  </label>`;
}
