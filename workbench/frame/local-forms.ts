/**
 * The sandbox lets no form be sent, and the browser then says nothing to the form either. Here Enter in a field and a
 * submit button tell the form, as anywhere, and nothing is ever sent.
 */
export function keepFormsLocal(): void {
  addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
    if (!(target instanceof HTMLInputElement) || !target.form || isButton(target)) return;
    event.preventDefault();
    target.dispatchEvent(new Event("change", { bubbles: true }));
    submit(target.form, null);
  });
  addEventListener("click", (event) => {
    const button = event
      .composedPath()
      .find((node) => node instanceof HTMLButtonElement || node instanceof HTMLInputElement);
    if (event.defaultPrevented || !button?.form || button.type !== "submit") return;
    event.preventDefault();
    submit(button.form, button);
  });
}

function isButton({ type }: HTMLInputElement): boolean {
  return ["button", "submit", "reset", "image", "checkbox", "radio", "file"].includes(type);
}

function submit(form: HTMLFormElement, submitter: HTMLElement | null): void {
  if (!form.noValidate && !form.reportValidity()) return;
  form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter }));
}
