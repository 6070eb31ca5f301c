import { html, nothing, type TemplateResult } from "lit";
import {
  HUNT_FUNCTION_GROUPS,
  type HuntFunction,
  javascriptName,
} from "../../../notebooks/function/registry.ts";
import { View } from "../../element/view.ts";

/** The hunt functions by what they are for: searched, read, and put into the query by their example. */
export class FunctionReference extends View {
  static override properties = { filter: { state: true } };

  /** Puts a text where the cursor is; without it there are no buttons to insert. */
  declare insert: ((text: string) => void) | undefined;
  declare filter: string;

  constructor() {
    super();
    this.filter = "";
  }

  override render(): unknown {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = HUNT_FUNCTION_GROUPS.map(({ title, functions }) => ({
      title,
      functions: functions.filter((entry) => {
        const text =
          `${title} ${entry.name} ${entry.name.replaceAll("_", " ")} ${entry.signature} ${entry.summary}`.toLowerCase();
        return words.every((word) => text.includes(word));
      }),
    })).filter(({ functions }) => functions.length > 0);
    return html`
      <input
        type="search"
        placeholder="Filter functions"
        aria-label="Filter functions"
        .value=${this.filter}
        @input=${(event: Event) => {
          this.filter = (event.target as HTMLInputElement).value;
        }}
      />
      ${groups.map(
        ({ title, functions }) => html`<section class="function-group">
          <h3>${title}</h3>
          <ul class="function-list">
            ${functions.map((entry) => this.#entry(entry))}
          </ul>
        </section>`,
      )}
      ${groups.length === 0 ? html`<p class="muted" role="status">No function matches.</p>` : nothing}
      <p class="muted">In JavaScript cells the same functions are <code>hunt.</code> and the name in camel case.</p>
    `;
  }

  #entry(entry: HuntFunction): TemplateResult {
    const call = javascriptName(entry.name);
    return html`<li>
      <details>
        <summary>${entry.name}</summary>
        <div class="function-body">
          <code>${entry.signature}</code>
          <p>${entry.summary}</p>
          <pre>${entry.example}</pre>
          <p class="result">${entry.result}</p>
          <p>
            <code>hunt.${call}</code>
            ${entry.kind === "window" ? "takes the columns as lists and gives a list." : nothing}
          </p>
          ${
            this.insert
              ? html`<span class="buttons"
                  ><button type="button" class="button small" @click=${() => this.insert?.(entry.example)}>
                    Insert example
                  </button>
                  <button type="button" class="button small" @click=${() => this.insert?.(`${entry.name}()`)}>
                    Insert name
                  </button></span
                >`
              : nothing
          }
        </div>
      </details>
    </li>`;
  }
}

customElements.define("spoor-function-reference", FunctionReference);
