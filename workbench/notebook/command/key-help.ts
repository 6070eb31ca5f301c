import { html } from "lit";
import { View } from "../../element/view.ts";
import { COMMANDS, type CommandGroup } from "./commands.ts";
import { shownKeys } from "./key-sequence.ts";

const GROUPS: readonly CommandGroup[] = [
  "Move between cells",
  "Run",
  "Add and arrange",
  "Kind of cell",
  "Notebook",
];
/** Keys that the editor takes itself. */
const IN_TEXT: readonly (readonly [string, string])[] = [
  ["Complete", "Ctrl+Space"],
  ["Take the first query into an empty cell", "Tab"],
  ["Find and replace", "Mod+f"],
  ["Comment out", "Mod+/"],
  ["Another cursor", "Mod+Click"],
];

const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** Every key of the notebook, in a dialog. */
export class KeyHelp extends View {
  show(): void {
    this.querySelector("dialog")?.showModal();
  }

  override render(): unknown {
    return html`<dialog class="dialog key-help" aria-labelledby="key-help-title">
      <form method="dialog">
        <header>
          <h2 id="key-help-title">Keys of the notebook</h2>
          <button type="submit" class="button small">Close</button>
        </header>
        <p class="muted">
          Enter edits the selected cell, Esc leaves its text. These keys hold while a cell is selected; those marked
          “in text” also hold while you type.
        </p>
        <div class="key-groups">
          ${GROUPS.map(
            (group) => html`<section>
              <h3>${group}</h3>
              <dl>
                ${COMMANDS.filter((command) => command.group === group).map(
                  ({ label, keys, editorKeys = [] }) => html`<div>
                    <dt>${label}</dt>
                    <dd>
                      ${keys.map((key) => html`<kbd>${shownKeys(key, isMac)}</kbd> `)}${editorKeys
                        .filter((key) => !keys.includes(key))
                        .map(
                          (key) =>
                            html`<kbd>${shownKeys(key, isMac)}</kbd> <span class="muted">in text</span> `,
                        )}
                    </dd>
                  </div>`,
                )}
              </dl>
            </section>`,
          )}
          <section>
            <h3>While you write</h3>
            <dl>
              ${IN_TEXT.map(([label, key]) => html`<div><dt>${label}</dt><dd><kbd>${shownKeys(key, isMac)}</kbd></dd></div>`)}
            </dl>
          </section>
        </div>
      </form>
    </dialog>`;
  }
}

customElements.define("spoor-key-help", KeyHelp);
