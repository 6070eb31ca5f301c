import { html, type TemplateResult } from "lit";
import { entityKindsOf } from "../../notebooks/entity/entity-kinds.ts";
import { entityHref } from "./entity-address.ts";

/** A value of a rule's entity column, as a link to everything about it where it names an entity. */
export function entityTexts(column: string, value: string): TemplateResult {
  const [best] = entityKindsOf(value, column, "VARCHAR", [], []);
  return best === undefined
    ? html`<span>${value}</span>`
    : html`<a class="entity-link" href=${entityHref(best)}>${value}</a>`;
}
