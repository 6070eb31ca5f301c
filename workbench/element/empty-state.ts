import { html, type TemplateResult } from "lit";

/** What is not there yet, why it would be good to have, and the one step that brings it. */
export function emptyState(
  title: string,
  text: string,
  step?:
    | { readonly label: string; readonly href: string }
    | { readonly label: string; readonly run: () => void },
): TemplateResult {
  return html`<div class="empty">
    <p class="empty-title">${title}</p>
    <p>${text}</p>
    ${
      step === undefined
        ? null
        : "href" in step
          ? html`<a class="button primary" href=${step.href}>${step.label}</a>`
          : html`<button type="button" class="button primary" @click=${step.run}>${step.label}</button>`
    }
  </div>`;
}
