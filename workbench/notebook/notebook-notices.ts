import { html, nothing, type TemplateResult } from "lit";
import type { MergedNotebook } from "../../notebooks/document/merge.ts";

export interface NoticesState {
  readonly busy: boolean;
  readonly stopped: boolean;
  readonly huntIsSound: boolean;
  /** What others did, until it is read. */
  readonly noted: string;
  /** What was just done, and the way back from it. */
  readonly said: { readonly text: string; readonly back: "undo" | "redo" | null } | null;
}

export interface NoticesActions {
  stop(): void;
  runAll(): void;
  read(): void;
  back(step: "undo" | "redo"): void;
}

/** What a person should know now. What comes and goes by itself lies over the page and moves nothing. */
export function notebookNotices(state: NoticesState, actions: NoticesActions): TemplateResult {
  const button = (label: string, act: () => void) =>
    html`<button type="button" class="button small" @click=${act}>${label}</button>`;
  const back = state.said?.back ?? null;
  return html`
    ${
      state.busy
        ? html`<div class="notice warning notebook-notice" role="alert">
            <p><strong>A cell keeps the notebook busy.</strong> It may never end. Your text is safe.</p>
            ${button("Stop the cells", () => actions.stop())}
          </div>`
        : nothing
    }
    ${
      state.stopped
        ? html`<div class="notice notebook-notice" role="status">
            <p>The cells are stopped. Change what held them up, then run all.</p>
            ${button("Run all", () => actions.runAll())}
          </div>`
        : nothing
    }
    ${
      state.huntIsSound
        ? nothing
        : html`<div class="notice bad notebook-notice" role="alert">
            The hunt record in this file cannot be read. It is kept as it is and shown as the last cell's text in the file.
          </div>`
    }
    <div class="notebook-toasts">
      ${
        state.noted
          ? html`<div class="notice notebook-notice" role="status">
              <p>${state.noted}</p>
              ${button("All right", () => actions.read())}
            </div>`
          : nothing
      }
      ${
        state.said
          ? html`<div class="notice notebook-notice" role="status">
              <p>${state.said.text}</p>
              ${back ? button(back === "undo" ? "Undo" : "Redo", () => actions.back(back)) : nothing}
            </div>`
          : nothing
      }
    </div>
  `;
}

/** What others changed, in calm words; empty when there is nothing that a person must know. */
export function mergeWords({ conflicts }: MergedNotebook, by: string | null): string {
  const who = by ?? "Somebody";
  const words = conflicts.map((conflict) => {
    if (conflict.kind === "both changed") {
      return `${who} changed the same cell at the same time. Both versions are kept, one below the other: choose when you like.`;
    }
    if (conflict.kind === "title") {
      return `${who} gave the notebook another title; yours was “${conflict.mine}”.`;
    }
    return conflict.deletedBy === "me"
      ? `${who} changed a cell that you deleted, so it is still here.`
      : `${who} deleted a cell that you changed, so it is still here.`;
  });
  return [...new Set(words)].join(" ");
}
