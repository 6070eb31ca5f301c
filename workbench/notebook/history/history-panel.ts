import { html, nothing, type TemplateResult } from "lit";
import type { NotebookVersion } from "../../../server/api/api.ts";
import { View } from "../../element/view.ts";
import { changeWords, groupVersions, type VersionGroup } from "./version-groups.ts";

/** Who saved what and when; a version opens as a comparison from which it can be restored. */
export class HistoryPanel extends View {
  static override properties = {
    versions: { attribute: false },
    failure: { type: String },
    opened: { state: true },
  };

  /** Null while they are asked for. */
  declare versions: readonly NotebookVersion[] | null;
  declare failure: string;
  declare open: (version: NotebookVersion, before: NotebookVersion | null) => void;
  declare opened: ReadonlySet<string>;

  constructor() {
    super();
    this.versions = null;
    this.failure = "";
    this.opened = new Set();
  }

  override render(): unknown {
    if (this.failure) return html`<p class="notice bad" role="alert">${this.failure}</p>`;
    const { versions } = this;
    if (!versions) return html`<p class="muted" role="status">Asking for the history…</p>`;
    if (versions.length === 0) return html`<p class="muted">Nothing has been saved yet.</p>`;
    let day = "";
    return html`<div class="history">
      ${groupVersions(versions).map((group, index) => {
        const at = group.versions[0]!.at.slice(0, 10);
        const isNewDay = at !== day;
        day = at;
        return html`${isNewDay ? html`<h3>${at}</h3>` : nothing}${this.#group(group, index === 0)}`;
      })}
    </div>`;
  }

  #group(group: VersionGroup, isNewest: boolean): TemplateResult {
    const [newest] = group.versions as [NotebookVersion];
    const oldest = group.versions.at(-1)!;
    const key = oldest.at;
    const isOpen = this.opened.has(key);
    const from = oldest.at.slice(11, 16);
    const until = newest.at.slice(11, 16);
    const changes = group.versions.map(({ change }) => change);
    // What was made had no title before.
    const words = changeWords(
      group.kind === "made" ? changes.map((change) => ({ ...change, heading: false })) : changes,
    );
    return html`<div class="history-group">
      <button type="button" class="history-version" @click=${() => this.open(newest, this.#before(oldest))}>
        <span class="history-time">${from === until ? until : `${from} – ${until}`}</span>
        <span class="history-by">${whoDid(group)}${isNewest ? html` <span class="muted">now</span>` : nothing}</span>
        <span class="history-words">${words}</span>
      </button>
      ${
        group.versions.length > 1
          ? html`<button
              type="button"
              class="history-more"
              aria-expanded=${isOpen}
              @click=${() => this.#toggle(key)}
            >
              ${isOpen ? "▾" : "▸"} ${group.versions.length} saves
            </button>`
          : nothing
      }
      ${
        isOpen
          ? html`<ol>
              ${group.versions.map(
                (version) => html`<li>
                  <button type="button" class="history-save" @click=${() => this.open(version, this.#before(version))}>
                    <span class="history-time">${version.at.slice(11, 19)}</span> ${changeWords([version.change])}
                  </button>
                </li>`,
              )}
            </ol>`
          : nothing
      }
    </div>`;
  }

  #before(version: NotebookVersion): NotebookVersion | null {
    const versions = this.versions ?? [];
    return versions[versions.indexOf(version) + 1] ?? null;
  }

  #toggle(key: string): void {
    const opened = new Set(this.opened);
    if (!opened.delete(key)) opened.add(key);
    this.opened = opened;
  }
}

function whoDid({ by, kind }: VersionGroup): string {
  if (kind === "found") return "changed outside";
  const who = by ?? "somebody";
  if (kind === "made") return `${who} made it`;
  return kind === "restored" ? `${who} restored a version` : who;
}

customElements.define("spoor-history-panel", HistoryPanel);
