import { html, type TemplateResult } from "lit";
import { shapeYaml } from "../../../promote/rule/shape/serialize.ts";
import type { ShapeSql } from "../../../promote/rule/shape/sql.ts";
import { client } from "../../api/browser-client.ts";
import { renderFailure } from "../../element/failure.ts";
import { field } from "../../element/field.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { navigate } from "../../route/navigate.ts";
import { formatRoute } from "../../route/route.ts";
import { slug } from "../slug.ts";
import type { ShapeDraft } from "./shape-draft.ts";

/** Makes a draft rule of the parts, or writes them into the rule that they were taken from. */
export class MakeRule extends View {
  static override properties = {
    draft: { attribute: false },
    written: { attribute: false },
    rule: { attribute: false },
  };
  declare draft: ShapeDraft;
  declare written: ShapeSql;
  declare rule: string;
  #working = new Working(this);

  override render(): TemplateResult {
    const ready = this.written.sql !== "" && this.draft.shape.by.length > 0;
    const hint =
      this.draft.shape.by.length === 0
        ? "Choose whom it concerns first (For each …): an alert needs an owner."
        : "It begins as a draft that reaches nobody.";
    return html`<form class="panel" @submit=${this.#make}>
      ${
        this.rule === ""
          ? field(
              "Title",
              html`<input type="text" name="title" required maxlength="120" autocomplete="off" />`,
              hint,
            )
          : html`<p class="muted">The next version of ${this.rule} has these parts. Its proof and tests run anew.</p>`
      }
      ${this.#working.failure ? renderFailure(this.#working.failure) : null}
      <button class="button primary" ?disabled=${!ready || this.#working.doing !== null}>
        ${this.rule === "" ? "Make this rule" : "Save to the rule"}
      </button>
    </form>`;
  }

  #make = (event: SubmitEvent): void => {
    event.preventDefault();
    const title = String(new FormData(event.target as HTMLFormElement).get("title") ?? "").trim();
    const { shape, kinds } = this.draft;
    const entities = shape.by.map((column, at) => ({ column, kind: kinds[at] ?? ("host" as const) }));
    void this.#working.run("make", async (signal) => {
      const made =
        this.rule === ""
          ? await client.createRule(
              {
                name: slug(title),
                title,
                sql: this.written.sql,
                timeColumn: this.written.timeColumn,
                entities,
                lookbackMs: this.written.lookbackMs,
                lookups: this.written.lookups,
                shapeYaml: shapeYaml(shape),
              },
              signal,
            )
          : await client.saveRuleShape(this.rule, { shapeYaml: shapeYaml(shape), entities }, signal);
      navigate(formatRoute({ page: "rule", name: made.name }));
    });
  };
}

customElements.define("spoor-make-rule", MakeRule);
