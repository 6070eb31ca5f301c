import { made } from "../chart/chart-frame.ts";
import type { BinChoice, Dimension } from "./dimension.ts";

/** What a panel asks of the crossfilter around it. */
export interface PanelHost {
  near(): void;
  /** One choice for each dimension of the panel; null for none. `settled` is false while a brush is still dragged. */
  choose(choices: readonly BinChoice[] | null, settled: boolean): void;
}

/** One linked view of a crossfilter. */
export interface Panel {
  readonly element: HTMLElement;
  readonly dimensions: readonly Dimension[];
  take(counts: Float64Array): void;
  fail(message: string): void;
  /** Shows nothing chosen; does not tell the host. */
  clear(): void;
  draw(width: number): void;
  /** Lines of the table equivalent: field, bin, all rows, rows that pass. */
  table(): string[][];
}

export interface PanelShell {
  readonly element: HTMLElement;
  readonly body: HTMLElement;
  /** Says what is chosen beside the name. */
  chosen(text: string | null): void;
  scale(text: string | null): void;
  say(text: string): void;
  fail(message: string): void;
}

/** Name, choice with a button that gives it up, body, note and error of a panel. */
export function panelShell(name: string, host: PanelHost, giveUp?: () => void): PanelShell {
  const element = made("section", "crossfilter-panel");
  element.setAttribute("aria-label", name);
  const head = made("div", "crossfilter-head");
  const title = made("span", "crossfilter-name", name);
  title.title = name;
  const choice = made("button", "chart-button crossfilter-choice");
  choice.type = "button";
  choice.hidden = true;
  const scale = made("span", "crossfilter-scale");
  const body = made("div", "crossfilter-body");
  const note = made("p", "chart-note");
  note.hidden = true;
  const error = made("p", "chart-error");
  error.setAttribute("role", "alert");
  error.hidden = true;
  choice.addEventListener("click", () => {
    giveUp?.();
    host.choose(null, true);
    element.dispatchEvent(new CustomEvent("panel-clear"));
  });
  head.append(title, scale, choice);
  element.append(head, body, note, error);
  return {
    element,
    body,
    chosen(text) {
      choice.hidden = text === null;
      choice.textContent = text === null ? "" : `${text} ✕`;
      choice.setAttribute("aria-label", text === null ? "" : `${name}: ${text}. Clear`);
      element.classList.toggle("has-choice", text !== null);
      error.hidden = true;
    },
    scale(text) {
      scale.textContent = text ?? "";
      error.hidden = true;
    },
    say(text) {
      note.textContent = text;
      note.hidden = false;
    },
    fail(message) {
      error.textContent = message;
      error.hidden = false;
    },
  };
}
