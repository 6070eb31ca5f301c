/** What a shipped hunt says of itself beside its hunt record. Browser-safe: pure functions only. */
import * as v from "valibot";
import type { NotebookCell, NotebookDocument } from "../document/notebook.ts";
import type { DeepReadonly } from "../hunt/deep-readonly.ts";

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const noteSchema = v.object({
  /** One sentence: what its rows are. */
  finds: v.string(),
  /** What each dataset is, for a team that calls it otherwise: `Sysmon, event 13`. */
  sources: v.record(v.string(), v.string()),
  /** What it answers over the demo data. */
  answer: v.object({
    /** The cell whose rows are the answer. */
    cell: v.pipe(v.number(), v.integer()),
    kind: v.picklist(["finding", "null", "data gap"]),
    /** Texts that are among the rows of a finding. */
    contains: v.array(v.string()),
    says: v.string(),
  }),
  /** Events by which the power of the answer's query is measured, and values of its inputs for that. */
  injection: v.object({
    events: v.array(v.object({ dataset: v.string(), events: v.string() })),
    parameters: v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])),
  }),
  /** What was measured over the demo data: how many of the injections were found, bounds at 95 % by Wilson. */
  power: v.nullable(
    v.object({
      injected: v.pipe(v.number(), v.integer()),
      found: v.pipe(v.number(), v.integer()),
      low: share,
      high: share,
    }),
  ),
});

export type TemplateNote = DeepReadonly<v.InferOutput<typeof noteSchema>>;

const OPENING = "<!-- spoor-template 1";
const CLOSING = "-->";

/** Whether a cell carries the note. */
export function isTemplateCell(cell: NotebookCell): boolean {
  return cell.mode === "md" && cell.value.trimStart().startsWith("<!-- spoor-template ");
}

/** The note of a template. Throws an Error for a document without one: shipped files are ours to keep right. */
export function templateNoteOf(notebook: NotebookDocument): TemplateNote {
  const text = notebook.cells.find(isTemplateCell)?.value.trim();
  if (!text?.startsWith(OPENING) || !text.endsWith(CLOSING))
    throw new Error(`The notebook "${notebook.title}" is no template.`);
  return v.parse(noteSchema, JSON.parse(text.slice(OPENING.length, -CLOSING.length)));
}

/** The text of a template's note. Nothing in it can end the comment or the element, or start an interpolation. */
export function serializeTemplateNote(note: TemplateNote): string {
  const json = JSON.stringify(note, null, 2).replace(/[<>$`&]|--/g, (found) =>
    [...found].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
  return `${OPENING}\n${json}\n${CLOSING}`;
}
