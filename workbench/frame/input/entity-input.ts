import type { PageChannel } from "../page-channel.ts";
import { changed, type InputElement, inputForm } from "./input-form.ts";

export interface EntityOptions {
  /** Kind of entity as the catalog names it: host, user, ip, hash, … */
  readonly entity?: string;
  readonly label?: string;
  readonly value?: string;
  readonly placeholder?: string;
}

const ASK_AFTER_MS = 200;

/**
 * `Inputs.entity({entity: "host", label, value})`: one value of an entity, picked from those in the data while one
 * types. Its value is the text; empty before anything was picked.
 */
export function entityInput(page: PageChannel): (options?: EntityOptions) => InputElement<string> {
  return ({ entity = "host", label = entity, value: start = "", placeholder = `any ${entity}` } = {}) => {
    const { form, controls } = inputForm(label);
    const input = document.createElement("input");
    input.type = "search";
    input.value = start;
    input.placeholder = placeholder;
    input.autocomplete = "off";
    input.spellcheck = false;
    input.setAttribute("aria-label", label);
    const list = document.createElement("datalist");
    list.id = `entities-${crypto.randomUUID()}`;
    input.setAttribute("list", list.id);
    const note = document.createElement("span");
    note.className = "input-note";
    controls.append(input, list, note);
    let value = start;
    let turn = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const suggest = async () => {
      turn += 1;
      const mine = turn;
      try {
        const { json } = await page.ask({ what: "entityValues", entity, text: input.value });
        if (mine !== turn) return;
        const values = json as readonly { readonly value: string; readonly count: number }[];
        list.replaceChildren(
          ...values.map((found) => {
            const option = document.createElement("option");
            option.value = found.value;
            option.label = `${found.count.toLocaleString("en-US")} events`;
            return option;
          }),
        );
        note.textContent = values.length === 0 ? "none in the data" : "";
      } catch {
        // Without suggestions any text can be typed.
      }
    };
    const take = () => {
      if (input.value === value) return;
      value = input.value;
      changed(form);
    };
    input.addEventListener("focus", () => void suggest());
    input.addEventListener("input", (event) => {
      // The form speaks for the field: a value that is picked or entered, not each letter.
      event.stopPropagation();
      clearTimeout(timer);
      timer = setTimeout(() => void suggest(), ASK_AFTER_MS);
      if (!(event instanceof InputEvent) || event.inputType === "insertReplacementText") take();
    });
    input.addEventListener("change", take);
    form.addEventListener("submit", take);
    return Object.defineProperty(form, "value", {
      get: () => value,
      set: (text: unknown) => {
        value = text === null || text === undefined ? "" : String(text);
        input.value = value;
      },
    }) as unknown as InputElement<string>;
  };
}
