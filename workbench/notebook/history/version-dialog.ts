import { html, nothing } from "lit";
import type { NotebookDocument } from "../../../notebooks/document/notebook.ts";
import { View } from "../../element/view.ts";
import { renderDifference } from "./difference-view.ts";
import { versionDifference } from "./version-difference.ts";

export interface ShownVersion {
  readonly title: string;
  readonly before: NotebookDocument;
  readonly after: NotebookDocument;
  readonly beforeLabel: string;
  readonly afterLabel: string;
  /** The notebook as it is now, to compare with instead; null when `after` is that. */
  readonly now: NotebookDocument | null;
  /** Null for a comparison from which nothing is restored. */
  readonly restore: (() => Promise<void>) | null;
}

/** A version of the notebook beside another, with the way back to it. */
export class VersionDialog extends View {
  static override properties = {
    shown: { state: true },
    againstNow: { state: true },
    working: { state: true },
    failure: { state: true },
  };

  declare shown: ShownVersion | null;
  declare againstNow: boolean;
  declare working: boolean;
  declare failure: string;

  constructor() {
    super();
    this.shown = null;
    this.againstNow = false;
    this.working = false;
    this.failure = "";
  }

  async show(version: ShownVersion): Promise<void> {
    this.shown = version;
    this.againstNow = false;
    this.failure = "";
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  override render(): unknown {
    const { shown } = this;
    if (!shown) return nothing;
    const against = this.againstNow && shown.now;
    const difference = against
      ? versionDifference(shown.after, against)
      : versionDifference(shown.before, shown.after);
    return html`<dialog class="dialog version-dialog" aria-labelledby="version-title" @close=${() => {
      this.shown = null;
    }}>
      <header>
        <div>
          <h2 id="version-title">${shown.title}</h2>
          <p class="muted">
            ${against ? `${shown.afterLabel} → the notebook now` : `${shown.beforeLabel} → ${shown.afterLabel}`}
          </p>
        </div>
        <div class="buttons">
          ${
            shown.now
              ? html`<button
                  type="button"
                  class="button small"
                  aria-pressed=${this.againstNow}
                  @click=${() => {
                    this.againstNow = !this.againstNow;
                  }}
                >
                  ${this.againstNow ? "What this version changed" : "Compare with now"}
                </button>`
              : nothing
          }
          ${
            shown.restore
              ? html`<button
                  type="button"
                  class="button small primary"
                  ?disabled=${this.working}
                  @click=${() => void this.#restore()}
                >
                  Restore this version
                </button>`
              : nothing
          }
          <button type="button" class="button small" @click=${() => this.querySelector("dialog")?.close()}>
            Close
          </button>
        </div>
      </header>
      ${this.failure ? html`<p class="notice bad" role="alert">${this.failure}</p>` : nothing}
      <div class="version-body">${renderDifference(difference)}</div>
    </dialog>`;
  }

  async #restore(): Promise<void> {
    if (!this.shown?.restore || this.working) return;
    this.working = true;
    this.failure = "";
    try {
      await this.shown.restore();
      this.querySelector("dialog")?.close();
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    } finally {
      this.working = false;
    }
  }
}

customElements.define("spoor-version-dialog", VersionDialog);
