import { html, nothing, type TemplateResult } from "lit";
import type { EntityDataset } from "../../notebooks/entity/entity-fields.ts";
import { canonicalEntity } from "../../notebooks/entity/entity-form.ts";
import { entityKindsOf } from "../../notebooks/entity/entity-kinds.ts";
import type { EntityCell } from "../../notebooks/entity/entity-profile.ts";
import { type EntityFollowing, KIND_TITLES, type NamedEntity } from "./entity-address.ts";
import { entityLink } from "./entity-link.ts";

const LONGEST_SHOWN = 400;
const MOST_ITEMS = 100;
const OPEN_ITEMS = 12;

export interface JsonTreeOptions {
  readonly dataset: string;
  readonly catalog: readonly EntityDataset[];
  readonly following: EntityFollowing;
  /** The entity whose event it is: its own values are marked. */
  readonly entity: NamedEntity;
}

/** A row as its fields, nested ones to open; a value that names an entity leads to it. Empty fields are left out. */
export function jsonTree(
  row: Readonly<Record<string, EntityCell>>,
  options: JsonTreeOptions,
): TemplateResult {
  return html`<dl class="entity-json">
    ${Object.entries(row)
      .filter(([, cell]) => cell !== null && cell !== "")
      .map(([name, cell]) => branch(name, name, cell, options))}
  </dl>`;
}

function branch(name: string, path: string, cell: EntityCell, options: JsonTreeOptions): TemplateResult {
  return html`<dt>${name}</dt>
    <dd>${value(path, cell, options)}</dd>`;
}

function value(path: string, cell: EntityCell, options: JsonTreeOptions): unknown {
  if (cell === null) return html`<span class="muted">null</span>`;
  if (typeof cell !== "object") return leaf(path, String(cell), typeof cell, options);
  const list = Array.isArray(cell);
  const entries = list
    ? cell.map((item, at) => [String(at), path, item] as const)
    : Object.entries(cell)
        .filter(([, item]) => item !== null)
        .map(([name, item]) => [name, `${path}.${name}`, item as EntityCell] as const);
  if (entries.length === 0) return html`<span class="muted">${list ? "[]" : "{}"}</span>`;
  return html`<details ?open=${entries.length <= OPEN_ITEMS}>
    <summary class="muted">${list ? `list of ${entries.length}` : `${entries.length} fields`}</summary>
    <dl class="entity-json">
      ${entries.slice(0, MOST_ITEMS).map(([name, below, item]) => branch(name, below, item, options))}
    </dl>
    ${entries.length > MOST_ITEMS ? html`<p class="muted">and ${entries.length - MOST_ITEMS} more</p>` : nothing}
  </details>`;
}

function leaf(path: string, text: string, type: string, options: JsonTreeOptions): TemplateResult {
  const guess =
    type === "string" && !path.startsWith("_")
      ? (entityKindsOf(text, path, "VARCHAR", [options.dataset], options.catalog).find(
          ({ because }) => because !== "form",
        ) ?? strong(text, path, options))
      : undefined;
  const { entity } = options;
  if (
    guess?.kind === entity.kind &&
    canonicalEntity(guess.kind, guess.value) === canonicalEntity(entity.kind, entity.value)
  )
    return html`<mark class="entity-own"><code>${text}</code></mark>`;
  const shown =
    text.length <= LONGEST_SHOWN
      ? html`<code>${text}</code>`
      : html`<details class="long">
          <summary><code>${text.slice(0, 160)}…</code></summary>
          <code>${text}</code>
        </details>`;
  if (guess === undefined) return shown;
  return html`${shown}
  ${entityLink(
    guess,
    options.following,
    html`<span aria-hidden="true">→</span><span class="hidden">Everything about this ${KIND_TITLES[guess.kind].one}</span>`,
    `Everything about this ${KIND_TITLES[guess.kind].one}`,
  )}`;
}

/** Forms that cannot be mistaken: addresses, digests, mail addresses and URLs. */
function strong(text: string, path: string, options: JsonTreeOptions) {
  return entityKindsOf(text, path, "VARCHAR", [options.dataset], options.catalog).find(
    ({ kind }) =>
      kind === "ip" || kind === "hash" || kind === "url" || (kind === "user" && text.includes("@")),
  );
}
