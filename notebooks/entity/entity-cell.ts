/** The question about an entity as the text of a notebook's SQL cell. Browser-safe: text is made, nothing is run. */
import type { EntityKind } from "../../connectors/source/source.ts";
import { quoteIdentifier, quoteText } from "../../connectors/sql/quote.ts";
import { entityCondition } from "./entity-condition.ts";
import type { EntityDataset } from "./entity-fields.ts";

/** A value as the notebook's own interpolation, which binds it: `${"…"}`. Nothing of it can end the text early. */
function interpolation(value: string): string {
  const text = JSON.stringify(value.toWellFormed())
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029")
    .replaceAll("`", "\\u0060")
    .replaceAll("$", "\\u0024")
    .replaceAll("{", "\\u007b")
    .replaceAll("}", "\\u007d");
  return `\${${text}}`;
}

function name(text: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(text) ? text : quoteIdentifier(text);
}

/**
 * SQL for a cell that brings the events of an entity: the whole rows of one dataset, or of several their time, dataset and
 * event as JSON, in order of time. Values are bound by the notebook. Null where no dataset has a field of the kind.
 *
 * @param range ISO 8601 UTC texts, both ends included; null for all the data
 */
export function entityCell(
  kind: EntityKind,
  value: string,
  datasets: readonly EntityDataset[],
  range: { readonly from: string; readonly until: string } | null,
): string | null {
  const between =
    range === null
      ? ""
      : `\n  AND t._time BETWEEN CAST(${interpolation(range.from.replace(/Z$/, ""))} AS TIMESTAMP) AND CAST(${interpolation(range.until.replace(/Z$/, ""))} AS TIMESTAMP)`;
  const parts = datasets.flatMap((dataset) => {
    const condition = entityCondition(dataset, kind, value, interpolation);
    return condition === null || !dataset.columns.some((column) => column.name === "_time")
      ? []
      : [{ dataset: dataset.name, where: `WHERE (${condition.replaceAll(" OR ", "\n    OR ")})${between}` }];
  });
  const [only] = parts;
  if (only === undefined) return null;
  if (parts.length === 1)
    return `SELECT t.*\nFROM ${name(only.dataset)} AS t\n${only.where}\nORDER BY t._time`;
  const selects = parts.map(
    (part) =>
      `SELECT t._time, ${quoteText(part.dataset)} AS dataset, to_json(t) AS event\nFROM ${name(part.dataset)} AS t\n${part.where}`,
  );
  return `${selects.join("\nUNION ALL\n")}\nORDER BY _time`;
}
