import { html, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";

/** A modal dialog that is open as long as it is rendered; Escape and Cancel call `onClose`. */
export function dialog(title: string, onClose: () => void, content: unknown): TemplateResult {
  const element = createRef<HTMLDialogElement>();
  const open = (dialog: Element | undefined) => {
    if (dialog instanceof HTMLDialogElement && !dialog.open)
      queueMicrotask(() => dialog.isConnected && dialog.showModal());
  };
  return html`<dialog class="dialog" aria-label=${title} ${ref(element)} ${ref(open)} @close=${onClose}>
    <h2>${title}</h2>
    ${content}
  </dialog>`;
}
