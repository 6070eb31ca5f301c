import "@awesome.me/webawesome/dist/components/dropdown/dropdown.js";
import { html, nothing, type TemplateResult } from "lit";
import { View } from "../../element/view.ts";
import { type CommandId, commandOf } from "./commands.ts";
import { shownKeys } from "./key-sequence.ts";

export interface MenuEntry {
  readonly label: string;
  readonly hint?: string;
  /** Keys as commands name them; the first is shown. */
  readonly keys?: readonly string[];
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** The setting that the entry turns is on. */
  readonly on?: boolean;
  readonly act: () => void;
}

export interface MenuSection {
  readonly title?: string;
  readonly entries: readonly MenuEntry[];
}

/** The entry of a command: its label and keys come from the list of commands. */
export function commandEntry(
  id: CommandId,
  act: (id: CommandId) => void,
  more: Partial<Omit<MenuEntry, "act">> = {},
): MenuEntry {
  const { label, keys, editorKeys } = commandOf(id);
  return { label, keys: keys.length > 0 ? keys : (editorKeys ?? []), act: () => act(id), ...more };
}

const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** A button that opens a menu of commands with their keys. The entries are asked for when the menu is about to open. */
export class CommandMenu extends View {
  static override properties = {
    label: { type: String },
    text: { type: String },
    look: { type: String },
    placement: { type: String },
    armed: { state: true },
  };

  /** What the button does, for whoever does not see it. */
  declare label: string;
  declare text: string;
  declare look: string;
  declare placement: string;
  declare sections: () => readonly MenuSection[];
  declare armed: boolean;
  #chosen: (() => void) | null = null;

  constructor() {
    super();
    this.label = "";
    this.text = "⋯";
    this.look = "more";
    this.placement = "bottom-end";
    this.sections = () => [];
    this.armed = false;
    this.addEventListener("pointerenter", this.#arm);
    this.addEventListener("focusin", this.#arm);
  }

  override render(): unknown {
    const sections = this.armed ? this.sections() : [];
    return html`<wa-dropdown
      placement=${this.placement}
      @wa-show=${() => this.#arm()}
      @wa-select=${(event: CustomEvent<{ item: { value: string } }>) => this.#select(event, sections)}
      @wa-after-hide=${() => this.#hidden()}
      ><button
        type="button"
        slot="trigger"
        class=${this.look}
        aria-label=${this.label || nothing}
        title=${this.label || nothing}
        >${this.text}</button
      >${sections.map((section, index) => this.#section(section, index))}</wa-dropdown
    >`;
  }

  #section({ title, entries }: MenuSection, index: number): TemplateResult {
    return html`${title ? html`<div role="separator" class="menu-title">${title}</div>` : nothing}${entries.map(
      ({ label, hint, keys, danger, disabled, on }, entry) => html`<wa-dropdown-item
        value=${`${index}.${entry}`}
        variant=${danger ? "danger" : "default"}
        ?disabled=${disabled ?? false}
        >${on ? html`<span aria-hidden="true">✓ </span>` : nothing}${label}${on ? html`<span class="hidden"> (on)</span>` : nothing}${
          hint ? html`<span class="hint">${hint}</span>` : nothing
        }${keys?.[0] ? html`<kbd slot="details">${shownKeys(keys[0], isMac)}</kbd>` : nothing}</wa-dropdown-item
      >`,
    )}`;
  }

  #arm = (): void => {
    this.armed = true;
    // What is offered may have changed since.
    this.requestUpdate();
  };

  #select(event: CustomEvent<{ item: { value: string } }>, sections: readonly MenuSection[]): void {
    const [section, entry] = event.detail.item.value.split(".").map(Number);
    this.#chosen = sections[section!]?.entries[entry!]?.act ?? null;
  }

  /** The menu gives the focus back to its button first: what is done may then take it elsewhere. */
  #hidden(): void {
    const chosen = this.#chosen;
    this.#chosen = null;
    this.armed = this.matches(":hover, :focus-within");
    chosen?.();
  }
}

customElements.define("spoor-command-menu", CommandMenu);
