import { html, type TemplateResult } from "lit";
import { client } from "../../../api/browser-client.ts";
import { dialog } from "../../../element/dialog.ts";
import { renderFailure } from "../../../element/failure.ts";
import { field } from "../../../element/field.ts";
import { View } from "../../../element/view.ts";
import { Working } from "../../../element/working.ts";
import { navigate } from "../../../route/navigate.ts";
import { formatRoute } from "../../../route/route.ts";
import { slug } from "../../slug.ts";

/** Makes a draft of SQL, and offers the other ways to a rule. Calls `close` when it is left. */
export class NewRule extends View {
  close: () => void = () => {};
  #working = new Working(this);

  override render(): TemplateResult {
    return dialog(
      "New rule",
      () => this.close(),
      html`<ul class="ways">
          <li>
            <a href="/rules/build"><strong>Build it from parts</strong></a>
            <span class="muted">Source, conditions, threshold, window; no SQL. It says in a sentence what it finds.</span>
          </li>
          <li>
            <a href="/rules?import=sigma"><strong>Take Sigma rules</strong></a>
            <span class="muted">Files or text. What cannot be kept is refused by name.</span>
          </li>
          <li>
            <a href="/hunts"><strong>Promote a finding</strong></a>
            <span class="muted">From any SQL cell of a hunt: it has found something once already.</span>
          </li>
        </ul>
        <form @submit=${this.#create}>
          <h3>Or write its SQL</h3>
          ${field("Title", html`<input type="text" name="title" required maxlength="120" autofocus />`)}
          ${field(
            "SQL",
            html`<textarea class="code" name="sql" rows="7" required spellcheck="false"></textarea>`,
            "One SELECT with a time column and at least one entity column. It begins as a draft.",
          )}
          ${this.#working.failure ? renderFailure(this.#working.failure) : null}
          <div class="buttons">
            <button class="button primary" ?disabled=${this.#working.doing !== null}>Create the draft</button>
            <button type="button" class="button" @click=${() => this.close()}>Cancel</button>
          </div>
        </form>`,
    );
  }

  #create = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const title = String(data.get("title")).trim();
    const sql = String(data.get("sql"));
    void this.#working.run("create", async (signal) => {
      const rule = await client.createRule({ name: slug(title), title, sql }, signal);
      navigate(formatRoute({ page: "promote", name: rule.name }));
    });
  };
}

customElements.define("spoor-new-rule", NewRule);
