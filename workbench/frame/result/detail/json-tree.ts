import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { jsonText, valueText } from "../value-text.ts";

const OPEN_DEPTH = 1;
const CHILDREN_SHOWN = 200;

/** A nested value as a tree that opens branch by branch; each node's path and value can be copied. */
export function jsonTree(
  value: unknown,
  path: string,
  copy: (text: string) => void,
  depth = 0,
): TemplateResult {
  const entries = entriesOf(value);
  if (!entries) {
    const text = valueText(value);
    return html`<span class="leaf ${text === null ? "missing" : typeof value}"
      >${text === null ? "null" : typeof value === "string" ? JSON.stringify(text) : text}</span
    >`;
  }
  const list = Array.isArray(value);
  return html`<details
    class="branch"
    ?open=${depth < OPEN_DEPTH}
    @toggle=${(event: Event) => {
      const branch = event.currentTarget as HTMLDetailsElement;
      branch.classList.toggle("was-open", branch.open || branch.classList.contains("was-open"));
    }}
  >
    <summary>${list ? `[${entries.length}]` : `{${entries.length}}`}</summary>
    <ul>
      ${repeat(
        entries.slice(0, CHILDREN_SHOWN),
        ([key]) => key,
        ([key, inner]) => {
          const own = list
            ? `${path}[${key}]`
            : `${path}${/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `["${key}"]`}`;
          return html`<li>
          <span class="key">${key}</span>
          ${jsonTree(inner, own, copy, depth + 1)}
          <span class="node-actions"
            ><button type="button" @click=${() => copy(own)} title=${own}>path</button
            ><button type="button" @click=${() => copy(typeof inner === "string" ? inner : jsonText(inner, 2))}>value</button></span
          >
        </li>`;
        },
      )}
      ${entries.length > CHILDREN_SHOWN ? html`<li class="more">and ${entries.length - CHILDREN_SHOWN} more</li>` : nothing}
    </ul>
  </details>`;
}

function entriesOf(value: unknown): [string, unknown][] | null {
  if (Array.isArray(value)) return value.map((inner, index) => [String(index), inner]);
  if (value === null || typeof value !== "object" || value instanceof Date || value instanceof Uint8Array)
    return null;
  return Object.entries(value);
}

/** What a text holds when it is JSON of a list or an object; undefined otherwise. */
export function nestedJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text) || text.length > 2_000_000) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
