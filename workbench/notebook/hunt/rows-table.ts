import { html, nothing, type TemplateResult } from "lit";
import type { RowsDiff } from "../../../notebooks/hunt/kept-rows.ts";
import { formatPlural } from "../../format/number.ts";

type PlainRow = Readonly<Record<string, unknown>>;

/** Rows as a small table that scrolls by itself. */
export function rowsTable(
  caption: string,
  rows: readonly PlainRow[],
  tone: "added" | "removed" | "" = "",
): TemplateResult {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return html`<div class="rows-table ${tone}" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="hidden">${caption}</caption>
      <thead>
        <tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map((row) => html`<tr>${names.map((name) => html`<td>${cellText(row[name])}</td>`)}</tr>`)}
      </tbody>
    </table>
  </div>`;
}

/** What came and what went between two results. */
export function rowsDiffView(diff: RowsDiff): TemplateResult {
  const columns = [
    diff.columnsAdded.length > 0 ? `new columns: ${diff.columnsAdded.join(", ")}` : "",
    diff.columnsRemoved.length > 0 ? `columns gone: ${diff.columnsRemoved.join(", ")}` : "",
  ].filter(Boolean);
  if (!diff.comparable) {
    return html`<p class="muted">
      The rows are too many to be told apart: ${diff.added > 0 ? `${formatPlural(diff.added, "row")} more` : diff.removed > 0 ? `${formatPlural(diff.removed, "row")} fewer` : "as many rows, not all the same"}.
    </p>`;
  }
  return html`
    ${columns.length > 0 ? html`<p class="muted">${columns.join("; ")}</p>` : nothing}
    ${side("new", diff.added, diff.addedRows, "added")} ${side("gone", diff.removed, diff.removedRows, "removed")}
  `;
}

function side(
  word: string,
  count: number,
  rows: readonly PlainRow[],
  tone: "added" | "removed",
): TemplateResult | typeof nothing {
  if (count === 0) return nothing;
  const title = `${formatPlural(count, "row")} ${word}`;
  return html`<p class="diff-title ${tone}">
      ${tone === "added" ? "+" : "−"} ${title}${rows.length > 0 && rows.length < count ? `, the first ${rows.length} shown` : ""}${rows.length === 0 ? ": only their hashes were kept" : ""}
    </p>
    ${rows.length > 0 ? rowsTable(title, rows, tone) : nothing}`;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
