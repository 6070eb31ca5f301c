import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { View } from "../../element/view.ts";
import { labelOf } from "../cell-kind.ts";
import type { CellDifference, VersionDifference } from "./version-difference.ts";

/** Two texts as one, with what went and what came. */
export class TextDifference extends View {
  static override properties = { earlier: { type: String }, later: { type: String } };
  declare earlier: string;
  declare later: string;
  #view: EditorView | null = null;

  constructor() {
    super();
    this.earlier = "";
    this.later = "";
  }

  override disconnectedCallback(): void {
    this.#view?.destroy();
    this.#view = null;
    super.disconnectedCallback();
  }

  override render(): unknown {
    return nothing;
  }

  protected override updated(): void {
    this.#view?.destroy();
    this.#view = new EditorView({
      parent: this,
      state: EditorState.create({
        doc: this.later,
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "What changed", tabindex: "0" }),
          unifiedMergeView({
            original: this.earlier,
            mergeControls: false,
            gutter: true,
            collapseUnchanged: { margin: 2, minSize: 5 },
          }),
          theme,
        ],
      }),
    });
  }
}

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", fontSize: "12.5px" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.45" },
  ".cm-content": { padding: "4px 0" },
  ".cm-gutters": { backgroundColor: "transparent", border: "0" },
  ".cm-line, .cm-deletedLine": { padding: "0 8px" },
  "&.cm-merge-b .cm-changedLine, .cm-changedLine": { backgroundColor: "var(--good-ground)" },
  "&.cm-merge-b .cm-changedText, .cm-changedText": {
    background: "color-mix(in srgb, var(--good) 22%, transparent)",
  },
  ".cm-deletedChunk": { backgroundColor: "var(--bad-ground)", paddingLeft: "0" },
  ".cm-deletedChunk .cm-deletedText": { background: "color-mix(in srgb, var(--bad) 22%, transparent)" },
  ".cm-changeGutter": { width: "3px", paddingLeft: "0" },
  ".cm-changedLineGutter": { background: "var(--good)" },
  ".cm-deletedLineGutter": { background: "var(--bad)" },
  ".cm-collapsedLines": {
    color: "var(--text-muted)",
    background: "var(--sunken)",
    padding: "1px 8px",
    fontFamily: "var(--font)",
  },
});

/** What differs between two versions of a notebook. */
export function renderDifference(difference: VersionDifference): TemplateResult {
  const { title, cells } = difference;
  if (!title && cells.length === 0) return html`<p class="muted">Nothing differs.</p>`;
  return html`<div class="differences">
    ${title ? html`<p class="difference-title">Title: <del>${title.before}</del> <ins>${title.after}</ins></p>` : nothing}
    ${repeat(
      cells,
      ({ before, after }) => `${before?.id ?? ""}-${after?.id ?? ""}`,
      (cell) => renderCell(cell),
    )}
  </div>`;
}

function renderCell({ what, before, after, isHunt }: CellDifference): TemplateResult {
  const cell = (after ?? before)!;
  const name = isHunt ? "Hunt record" : `${labelOf(cell.mode)}${cell.output ? ` ${cell.output}` : ""}`;
  const kind = before && after && before.mode !== after.mode ? `, was ${labelOf(before.mode)}` : "";
  const renamed =
    before && after && before.output !== after.output ? `, name was ${before.output ?? "none"}` : "";
  const sameText = before?.value === after?.value;
  return html`<section class="difference ${what}">
    <h3>${name} <span class="difference-what">${what}${kind}${renamed}</span></h3>
    ${
      sameText
        ? html`<p class="muted">The text is the same.</p>`
        : html`<spoor-text-difference .earlier=${before?.value ?? ""} .later=${after?.value ?? ""}></spoor-text-difference>`
    }
  </section>`;
}

customElements.define("spoor-text-difference", TextDifference);
