import { html, type TemplateResult } from "lit";
import type { EntityFollowing, NamedEntity } from "./entity-address.ts";

/** A link to an entity; a plain click follows it in place where its holder does so. */
export function entityLink(
  entity: NamedEntity,
  { href, follow }: EntityFollowing,
  content: unknown = entity.value,
  title: string = entity.value,
): TemplateResult {
  const onClick = (event: MouseEvent) => {
    if (follow === null || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    follow({ kind: entity.kind, value: entity.value });
  };
  return html`<a class="entity-link" href=${href(entity)} title=${title.slice(0, 400)} @click=${onClick}>${content}</a>`;
}
