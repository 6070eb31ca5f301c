/** An input as the kit knows them: an element with a `value` that says by `input` when it changes. */
export interface InputElement<T> extends HTMLElement {
  value: T;
}

/** A form with a label, as the other inputs have; the part with the controls is given back too. */
export function inputForm(label: string): { readonly form: HTMLFormElement; readonly controls: HTMLElement } {
  const form = document.createElement("form");
  form.className = "spoor-input";
  form.addEventListener("submit", (event) => event.preventDefault());
  const name = document.createElement("span");
  name.className = "input-label";
  name.textContent = label;
  const controls = document.createElement("span");
  controls.className = "input-controls";
  form.append(name, controls);
  if (label === "") name.remove();
  return { form, controls };
}

/** Says that the value of an input changed. */
export function changed(element: HTMLElement): void {
  element.dispatchEvent(new Event("input", { bubbles: true }));
}
