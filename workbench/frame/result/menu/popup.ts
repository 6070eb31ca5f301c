import { nothing, render, type TemplateResult } from "lit";

const GAP_PX = 2;

/**
 * One small window over a result: a menu or a form. It stays inside the result (what lies outside is covered by the
 * page), closes by Escape, by a click elsewhere and when the focus goes, and gives the focus back.
 */
export class Popup {
  readonly element = document.createElement("div");
  readonly #root: HTMLElement;
  #giveBack: HTMLElement | null = null;

  /** @param root the positioned element that it stays inside */
  constructor(root: HTMLElement) {
    this.#root = root;
    this.element.className = "popup";
    this.element.hidden = true;
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !this.element.contains(relatedTarget)) this.close(false);
    });
    root.append(this.element);
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /**
   * Shows `content` below `anchor` (or above, or beside, as there is room).
   *
   * @param role `menu`: its buttons are items that arrows move between; `dialog`: a form
   */
  open(
    content: TemplateResult,
    anchor: Element,
    options: { readonly role: "menu" | "dialog"; readonly label: string; readonly giveBack: HTMLElement },
  ): void {
    this.#giveBack = options.giveBack;
    const { element } = this;
    element.setAttribute("role", options.role);
    element.setAttribute("aria-label", options.label);
    render(content, element);
    element.hidden = false;
    this.#place(anchor);
    document.addEventListener("pointerdown", this.#onPointerDown, true);
    const first = element.querySelector<HTMLElement>("button, input, select");
    first?.focus({ preventScroll: true });
  }

  close(giveFocusBack = true): void {
    if (!this.isOpen) return;
    document.removeEventListener("pointerdown", this.#onPointerDown, true);
    this.element.hidden = true;
    this.#root.style.minHeight = "";
    render(nothing, this.element);
    if (giveFocusBack) this.#giveBack?.focus({ preventScroll: true });
  }

  #place(anchor: Element): void {
    const { element } = this;
    element.style.maxHeight = "";
    element.style.left = "0";
    element.style.top = "0";
    const size = element.getBoundingClientRect();
    const frame = this.#root.getBoundingClientRect();
    const at = anchor.getBoundingClientRect();
    // A short result makes room for as long as the popup is there.
    const needed = Math.min(size.height, 300) + 8;
    if (frame.height < needed) this.#root.style.minHeight = `${needed}px`;
    const height = Math.max(frame.height, needed);
    const below = at.bottom - frame.top + GAP_PX;
    const above = at.top - frame.top - GAP_PX - size.height;
    const top =
      below + size.height <= height
        ? below
        : above >= 0
          ? above
          : Math.max(0, Math.min(below, height - size.height));
    const left = Math.max(0, Math.min(at.left - frame.left, frame.width - size.width - 2));
    element.style.left = `${Math.round(left)}px`;
    element.style.top = `${Math.round(top)}px`;
    element.style.maxHeight = `${Math.round(height - top - 4)}px`;
  }

  #onPointerDown = (event: Event): void => {
    if (!event.composedPath().includes(this.element)) this.close(false);
  };

  #onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      this.close();
      return;
    }
    if (this.element.getAttribute("role") !== "menu") return;
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Tab") {
      event.preventDefault();
      this.close();
      return;
    }
    const items = [...this.element.querySelectorAll<HTMLElement>("[role^=menuitem]:not([disabled])")];
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      items.at(event.key === "Home" ? 0 : -1)?.focus();
      return;
    }
    if (by === 0) return;
    event.preventDefault();
    const current = items.indexOf(document.activeElement as HTMLElement);
    items[(current + by + items.length) % items.length]?.focus();
  }
}
