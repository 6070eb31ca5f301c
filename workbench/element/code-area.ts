import { html, nothing, type TemplateResult } from "lit";

export interface CodeAreaOptions {
  readonly value: string;
  readonly rows: number;
  readonly change: (value: string) => void;
  readonly readOnly?: boolean;
  /** The control's name when no `<label>` around it says it. */
  readonly label?: string;
}

const INDENT = "  ";

/**
 * A text area for code: even width, long lines folded, Tab and Shift-Tab move the selected lines by two spaces. Escape
 * gives Tab back to the page until the area is entered again, so nobody is caught in it.
 */
export function codeArea({ value, rows, change, readOnly = false, label }: CodeAreaOptions): TemplateResult {
  return html`<textarea
    class="code"
    rows=${rows}
    spellcheck="false"
    autocapitalize="off"
    title="Tab indents; Escape, then Tab, leaves"
    aria-label=${label ?? nothing}
    ?readonly=${readOnly}
    .value=${value}
    @input=${(event: InputEvent) => change((event.target as HTMLTextAreaElement).value)}
    @focus=${(event: FocusEvent) => delete (event.target as HTMLTextAreaElement).dataset.leaving}
    @keydown=${onKey}
  ></textarea>`;
}

function onKey(event: KeyboardEvent): void {
  const area = event.target as HTMLTextAreaElement;
  if (event.key === "Escape") area.dataset.leaving = "";
  if (event.key !== "Tab" || area.readOnly || "leaving" in area.dataset || event.altKey || event.ctrlKey)
    return;
  event.preventDefault();
  const { start, end, text, selectionStart, selectionEnd } = indented(
    area.value,
    area.selectionStart,
    area.selectionEnd,
    event.shiftKey,
  );
  area.setSelectionRange(start, end);
  // The only way that keeps the browser's own undo; it fires `input`.
  document.execCommand(text === "" ? "delete" : "insertText", false, text);
  area.setSelectionRange(selectionStart, selectionEnd);
}

/** What a Tab does to a text: the part to replace, what stands there then, and what is selected then. */
export function indented(
  value: string,
  from: number,
  to: number,
  back: boolean,
): {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly selectionStart: number;
  readonly selectionEnd: number;
} {
  if (from === to && !back) {
    const after = from + INDENT.length;
    return { start: from, end: to, text: INDENT, selectionStart: after, selectionEnd: after };
  }
  const start = value.lastIndexOf("\n", from - 1) + 1;
  const lines = value.slice(start, to).split("\n");
  const moved = lines.map((line) =>
    back ? line.replace(/^ {1,2}|^\t/, "") : line === "" ? line : INDENT + line,
  );
  const first = moved[0]!.length - lines[0]!.length;
  const text = moved.join("\n");
  return {
    start,
    end: to,
    text,
    selectionStart: Math.max(start, from + first),
    selectionEnd: start + text.length,
  };
}
