import { html, type TemplateResult } from "lit";
import type { QuarantineRow } from "../../server/api/api.ts";
import { tag } from "../element/badge.ts";
import { table } from "../element/table.ts";
import { formatCount } from "../format/number.ts";

const SHOWN_CHARACTERS = 400;

/** Lines that could not be taken, each with file, line, reason and its text. */
export function quarantineTable(rows: readonly QuarantineRow[]): TemplateResult {
  return table<QuarantineRow>({
    caption: "quarantine",
    rows,
    filter: (row) => `${row.file} ${row.code} ${row.reason} ${row.text}`,
    columns: [
      {
        key: "file",
        title: "File",
        sort: (row) => row.file,
        render: (row) => html`<code>${row.file}</code>`,
      },
      {
        key: "line",
        title: "Line",
        number: true,
        sort: (row) => row.line,
        render: (row) => formatCount(row.line),
      },
      {
        key: "reason",
        title: "Reason",
        sort: (row) => row.code,
        render: (row) => html`${row.reason} <span class="sub">${tag(row.code)}</span>`,
      },
      {
        key: "text",
        title: "Text as read",
        render: (row) =>
          html`<code>${row.text.slice(0, SHOWN_CHARACTERS)}${row.text.length > SHOWN_CHARACTERS ? "\u2026" : ""}</code>`,
      },
    ],
  });
}
