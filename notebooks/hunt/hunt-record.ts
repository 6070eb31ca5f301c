/** What a hunt asks and what it found. Browser-safe: pure functions only. */
import * as v from "valibot";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { type NotebookCell, type NotebookDocument, newCell, nextCellId } from "../document/notebook.ts";

export const HUNT_STATES = ["open", "confirmed", "refuted", "inconclusive"] as const;
export type HuntState = (typeof HUNT_STATES)[number];

const parameterSchema = v.union([v.string(), v.number(), v.boolean(), v.null()]);

const findingSchema = v.object({
  /** Unique within the hunt. */
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** The cell it was pinned from. */
  cell: v.pipe(v.number(), v.integer()),
  note: v.string(),
  sql: v.string(),
  parameters: v.record(v.string(), parameterSchema),
  rowCount: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** False when the result was cut: such a finding claims nothing about the number of rows. */
  complete: v.boolean(),
  /** Versions of the datasets that were read. */
  datasetVersions: v.record(v.string(), v.number()),
  engineVersion: v.string(),
  /** SHA-256 over columns and rows, whatever the order of the rows. See dataHash. */
  dataHash: v.string(),
  /** First and last `_time` (or the first TIMESTAMP column) of the rows, ISO 8601 UTC; null without one. */
  firstTime: v.nullable(v.string()),
  lastTime: v.nullable(v.string()),
  /** When it was pinned, ISO 8601 UTC, and by whom. */
  at: v.string(),
  by: v.string(),
});

const huntSchema = v.object({
  hypothesis: v.string(),
  /** ATT&CK technique ids: `T1003.001`. */
  techniques: v.array(v.pipe(v.string(), v.regex(/^T\d{4}(\.\d{3})?$/))),
  state: v.picklist(HUNT_STATES),
  findings: v.array(findingSchema),
});

type Deep<T> = T extends readonly (infer U)[]
  ? readonly Deep<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Deep<T[K]> }
    : T;
/** A result kept as evidence, with all that is needed to see whether it still holds. */
export type Finding = Deep<v.InferOutput<typeof findingSchema>>;
/** The hunt record of a notebook. */
export type HuntRecord = Deep<v.InferOutput<typeof huntSchema>>;

export const EMPTY_HUNT: HuntRecord = { hypothesis: "", techniques: [], state: "open", findings: [] };

const OPENING = "<!-- spoor-hunt 1";
const CLOSING = "-->";

/** Whether a cell is the one that carries the hunt record. */
export function isHuntCell(cell: NotebookCell): boolean {
  return cell.mode === "md" && cell.value.trimStart().startsWith("<!-- spoor-hunt ");
}

/**
 * Reads the hunt record of a notebook: a Markdown cell that is one comment, which Notebook Kit keeps and shows nothing
 * of. A notebook without one has an empty, open hunt. Issues name the field.
 */
export function huntOf(notebook: NotebookDocument): Parsed<HuntRecord> {
  const cell = notebook.cells.find(isHuntCell);
  if (!cell) return { ok: true, value: EMPTY_HUNT, issues: [] };
  return parseHunt(cell.value);
}

/** Parses the text of a hunt cell. */
export function parseHunt(text: string): Parsed<HuntRecord> {
  const trimmed = text.trim();
  if (!trimmed.startsWith(OPENING) || !trimmed.endsWith(CLOSING)) {
    return {
      ok: false,
      issues: [issue("hunt.format", "hunt", "The hunt record is not of a form that is known.")],
    };
  }
  let json: unknown;
  try {
    json = JSON.parse(trimmed.slice(OPENING.length, -CLOSING.length));
  } catch (error) {
    return {
      ok: false,
      issues: [issue("hunt.json", "hunt", `The hunt record is no JSON: ${String(error)}.`)],
    };
  }
  const result = v.safeParse(huntSchema, json);
  if (result.success) return { ok: true, value: result.output as HuntRecord, issues: [] };
  return {
    ok: false,
    issues: result.issues.map((found) =>
      issue("hunt.field", `hunt.${v.getDotPath(found) ?? ""}`, `${found.message}.`),
    ),
  };
}

/** The text of a hunt cell. Nothing in it can end the comment, the script element or start an interpolation. */
export function serializeHunt(hunt: HuntRecord): string {
  const json = JSON.stringify(hunt, null, 2).replace(/[<>$`&]|--/g, (found) =>
    [...found].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
  return `${OPENING}\n${json}\n${CLOSING}`;
}

/** The notebook with this hunt record: its cell is changed in place, or added at the end. */
export function withHunt(notebook: NotebookDocument, hunt: HuntRecord): NotebookDocument {
  const value = serializeHunt(hunt);
  if (notebook.cells.some(isHuntCell)) {
    let first = true;
    const cells = notebook.cells.map((cell) => {
      if (!first || !isHuntCell(cell)) return cell;
      first = false;
      return { ...cell, value };
    });
    return { ...notebook, cells };
  }
  const cell = newCell({ id: nextCellId(notebook.cells), mode: "md", value });
  return { ...notebook, cells: [...notebook.cells, cell] };
}

/** Adds a finding; one with the same id is replaced. */
export function pinFinding(hunt: HuntRecord, finding: Finding): HuntRecord {
  return { ...hunt, findings: [...hunt.findings.filter(({ id }) => id !== finding.id), finding] };
}

function issue(code: string, place: string, message: string): Issue {
  return {
    severity: "error",
    code,
    place,
    message,
    remedy: "Mend the field, or delete the cell that begins with `<!-- spoor-hunt` to start a new record.",
  };
}
