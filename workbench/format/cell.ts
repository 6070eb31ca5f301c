import type { JsonCell } from "../../server/api/api.ts";

/** One cell of data as text for a table: null is an empty text, nested values are compact JSON. */
export function formatCell(cell: JsonCell | undefined): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "string") return cell;
  if (typeof cell === "object") return JSON.stringify(cell);
  return String(cell);
}
