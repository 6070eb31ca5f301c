import { html, nothing } from "lit";
import { client } from "../../api/browser-client.ts";
import { dialog } from "../../element/dialog.ts";
import { renderFailure } from "../../element/failure.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { parseRoute } from "../../route/route.ts";
import "../../notebook/command/command-menu.ts";

type Format = "html" | "ipynb" | "md";

/**
 * A button that opens a menu of forms in which a notebook leaves: it runs the notebook and saves the file. Without a
 * `name` it is the notebook of the address.
 */
export class NotebookExport extends View {
  static override properties = { name: { type: String } };
  declare name: string;
  #working = new Working(this);

  constructor() {
    super();
    this.name = "";
  }

  override render(): unknown {
    const { doing, failure } = this.#working;
    return html`<span class="export">
      ${
        doing === null
          ? html`<spoor-command-menu
            label="Export the notebook"
            text="Export"
            look="button small"
            .sections=${() => [
              {
                title: "With results, run now",
                entries: [
                  this.#entry("html", true, "One page", "opens offline, prints to PDF"),
                  this.#entry("ipynb", true, "Jupyter", ".ipynb with tables"),
                  this.#entry("md", true, "Markdown", "reads on GitHub"),
                ],
              },
              {
                title: "Without results",
                entries: [
                  this.#entry("ipynb", false, "Jupyter, cells only", ""),
                  this.#entry("md", false, "Markdown, cells only", ""),
                ],
              },
            ]}
          ></spoor-command-menu>`
          : html`<span class="muted" role="status">Running the cells for ${doing}…</span>
            <button type="button" class="button small" @click=${() => this.#working.stop()}>Stop</button>`
      }
      ${
        failure === null
          ? nothing
          : dialog(
              "The export did not work",
              () => this.#dismiss(),
              html`${renderFailure(failure)}
            <div class="buttons">
              <button type="button" class="button" @click=${() => this.#dismiss()}>Close</button>
            </div>`,
            )
      }
    </span>`;
  }

  #entry(format: Format, results: boolean, label: string, hint: string) {
    return { label, hint, act: () => this.#export(format, results, label) };
  }

  #export(format: Format, results: boolean, label: string): void {
    const route = parseRoute(location.pathname);
    const name = this.name || (route.page === "notebook" ? route.name : "");
    void this.#working.run(label, async (signal) => {
      const blob = await client.exportNotebook(name, format, results, signal);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${name}.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  }

  #dismiss(): void {
    this.#working.failure = null;
    this.requestUpdate();
  }
}

customElements.define("spoor-notebook-export", NotebookExport);
