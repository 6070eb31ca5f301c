import { html, nothing, type TemplateResult } from "lit";
import type { SigmaExport } from "../../../../server/rule/exchange-types.ts";
import { client } from "../../../api/browser-client.ts";
import { codeArea } from "../../../element/code-area.ts";
import { renderFailure } from "../../../element/failure.ts";
import { renderIssues } from "../../../element/issue-list.ts";
import { View } from "../../../element/view.ts";
import { Working } from "../../../element/working.ts";

/** The ways in which a rule leaves this workspace: as an archive for another one, and as Sigma with what it cannot keep. */
export class TakeAlong extends View {
  static override properties = { rule: { attribute: false } };
  declare rule: string;
  #working = new Working(this);
  #sigma: SigmaExport | null = null;

  override render(): TemplateResult {
    const name = encodeURIComponent(this.rule);
    return html`<section class="panel stack tight section">
      <h2>Take it along</h2>
      <div class="buttons">
        <a class="button" href=${`/api/rules/${name}/bundle`} download>Bundle for another workspace</a>
        <button type="button" class="button" ?disabled=${this.#working.doing !== null} @click=${this.#export}>As Sigma</button>
        <span class="muted">A bundle holds the rule, its tests, strategy, plan and a sample of what it finds, with a checksum.</span>
      </div>
      ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
      ${
        this.#sigma === null
          ? nothing
          : html`${
              this.#sigma.issues.length === 0
                ? html`<p class="notice good" role="status">Sigma keeps all of it.</p>`
                : renderIssues(this.#sigma.issues)
            }
            ${codeArea({ value: this.#sigma.yaml, rows: 16, readOnly: true, label: "The rule as Sigma", change: () => {} })}`
      }
    </section>`;
  }

  #export = (): void => {
    void this.#working.run("sigma", async (signal) => {
      this.#sigma = await client.ruleSigma(this.rule, signal);
    });
  };
}

customElements.define("spoor-take-along", TakeAlong);
