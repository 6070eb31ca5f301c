import { html, nothing, type TemplateResult } from "lit";

/** One entry of a menu. `keys` names the key that does the same. */
export function menuItem(
  label: string,
  action: () => void,
  options: {
    readonly keys?: string;
    readonly checked?: boolean;
    readonly disabled?: boolean;
    readonly title?: string;
  } = {},
): TemplateResult {
  return html`<button
    type="button"
    role=${options.checked === undefined ? "menuitem" : "menuitemcheckbox"}
    aria-checked=${options.checked === undefined ? nothing : String(options.checked)}
    ?disabled=${options.disabled ?? false}
    title=${options.title ?? nothing}
    @click=${action}
  >
    ${options.checked === undefined ? nothing : html`<span class="check" aria-hidden="true">${options.checked ? "✓" : ""}</span>`}<span
      class="label"
      >${label}</span
    >${options.keys ? html`<kbd>${options.keys}</kbd>` : nothing}
  </button>`;
}

export function menuLine(): TemplateResult {
  return html`<div class="menu-line" role="separator"></div>`;
}
