/** What a hunt asks and what it found. Browser-safe: pure functions only. */
import * as v from "valibot";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { type NotebookCell, type NotebookDocument, newCell, nextCellId } from "../document/notebook.ts";
import type { DeepReadonly } from "./deep-readonly.ts";

export const HUNT_STATES = ["open", "confirmed", "refuted", "inconclusive"] as const;
export type HuntState = (typeof HUNT_STATES)[number];

export const OUTCOME_KINDS = ["rule", "incident", "data gap", "nothing"] as const;
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

const parameterSchema = v.union([v.string(), v.number(), v.boolean(), v.null()]);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const jsonRow = v.record(v.string(), v.unknown());

/** How many rows a finding keeps whole, and how many it keeps as hashes. */
export const KEPT_ROWS = 200;
export const KEPT_ROW_HASHES = 2_000;

const findingSchema = v.object({
  /** Unique within the hunt. */
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** The cell it was pinned from. */
  cell: v.pipe(v.number(), v.integer()),
  note: v.string(),
  sql: v.string(),
  parameters: v.record(v.string(), parameterSchema),
  rowCount: count,
  /** False when the result was cut or broke off: such a finding claims nothing about the number of rows. */
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
  /** `all` rows of the query, or only `some` that a person chose: then `rows` holds every one of them. */
  selection: v.optional(v.picklist(["all", "some"]), "all"),
  columns: v.optional(v.array(v.object({ name: v.string(), type: v.string() })), () => []),
  /** The rows themselves, JSON-safe, where they are few enough (KEPT_ROWS); else empty. */
  rows: v.optional(v.array(jsonRow), () => []),
  /** First 16 hexadecimal digits of each row's SHA-256 where the rows are too many to be kept (see rowKeys). */
  rowHashes: v.optional(v.array(v.string()), () => []),
});

const powerVariantSchema = v.object({
  /** What was changed in the events: `as written`, `without Image`, `other casing of CommandLine`. */
  name: v.string(),
  injected: count,
  found: count,
  low: share,
  high: share,
});

const powerSchema = v.object({
  /** The cell whose query was measured, and the query. */
  cell: v.pipe(v.number(), v.integer()),
  sql: v.string(),
  /** How many injections were asked for; 0 where an older record does not tell. */
  asked: v.optional(count, 0),
  /** How many of them were different: equal events count once. */
  injected: count,
  found: count,
  /** Bounds of the share that would be found, at `confidence`, by `interval`. */
  low: share,
  high: share,
  seed: v.pipe(v.number(), v.integer()),
  /** When it was measured, ISO 8601 UTC, and by whom. */
  at: v.string(),
  by: v.string(),
  id: v.optional(v.string(), ""),
  parameters: v.optional(v.record(v.string(), parameterSchema), () => ({})),
  confidence: v.optional(share, 0.95),
  interval: v.optional(v.string(), "Wilson"),
  /** The events of one injection, by dataset: one JSON object a line, with their placeholders. */
  templates: v.optional(v.array(v.object({ dataset: v.string(), events: v.string() })), () => []),
  variants: v.optional(v.array(powerVariantSchema), () => []),
  datasetVersions: v.optional(v.record(v.string(), v.number()), () => ({})),
  engineVersion: v.optional(v.string(), ""),
  /** False when a result was cut on the way: then the share is only a lower bound and no claim. */
  complete: v.optional(v.boolean(), true),
});

const text = v.optional(v.string(), "");

const huntSchema = v.object({
  /** The hypothesis in one sentence; `actor` to `evidence` are its parts (see hypothesisSentence). */
  hypothesis: v.string(),
  /** ATT&CK technique ids: `T1003.001`. */
  techniques: v.array(v.pipe(v.string(), v.regex(/^T\d{4}(\.\d{3})?$/))),
  state: v.picklist(HUNT_STATES),
  findings: v.array(findingSchema),
  /** Who might have done what, where, and what it would have left in the data. */
  actor: text,
  behaviour: text,
  location: text,
  evidence: text,
  /** What would refute the hypothesis. */
  refutation: text,
  /** What must be there for the hunt to mean anything. */
  dataNeeds: v.optional(
    v.array(
      v.object({
        dataset: v.string(),
        columns: v.optional(v.array(v.string()), () => []),
        why: text,
      }),
    ),
    () => [],
  ),
  owner: text,
  /** Hours of work that went into it. */
  hours: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  conclusion: text,
  /** What came of it; `reference` names the rule, the incident, the gap or nothing. */
  outcome: v.optional(v.object({ kind: v.nullable(v.picklist(OUTCOME_KINDS)), reference: text }), () => ({
    kind: null,
    reference: "",
  })),
  powers: v.optional(v.array(powerSchema), () => []),
  /** When it runs by itself: a cron pattern of five fields in an IANA zone. */
  schedule: v.optional(
    v.nullable(
      v.object({
        cron: v.string(),
        zone: v.optional(v.string(), "UTC"),
        paused: v.optional(v.boolean(), false),
      }),
    ),
    null,
  ),
  /** How the notebook's page treats single cells, by cell id. */
  cellSettings: v.optional(
    v.record(
      v.pipe(v.string(), v.regex(/^\d+$/)),
      v.object({
        run: v.exactOptional(v.picklist(["auto", "demand"])),
        folded: v.exactOptional(v.boolean()),
      }),
    ),
    () => ({}),
  ),
  /** What it was started from: `template:lsass-access`, `alert:…`, `gap:…`; empty for a hunt from nothing. */
  origin: text,
  /** The time that the hunt looks at, ISO 8601 UTC; empty where it is open. */
  timeFrom: text,
  timeUntil: text,
});

/** A result kept as evidence, with all that is needed to see whether it still holds. */
export type Finding = DeepReadonly<v.InferOutput<typeof findingSchema>>;
/** One measurement of how much a hunt's query would find. */
export type PowerMeasurement = DeepReadonly<v.InferOutput<typeof powerSchema>>;
export type PowerVariant = DeepReadonly<v.InferOutput<typeof powerVariantSchema>>;
/** Data that a hunt needs. */
export type DataNeed = HuntRecord["dataNeeds"][number];
/** The hunt record of a notebook. */
export type HuntRecord = DeepReadonly<v.InferOutput<typeof huntSchema>>;

/** A hunt with every default filled. */
export function newHunt(part: Partial<DeepReadonly<v.InferInput<typeof huntSchema>>> = {}): HuntRecord {
  return v.parse(huntSchema, { hypothesis: "", techniques: [], state: "open", findings: [], ...part });
}

/** A finding with every default filled. Throws ValiError for one that the record could not hold. */
export function newFinding(part: DeepReadonly<v.InferInput<typeof findingSchema>>): Finding {
  return v.parse(findingSchema, part);
}

/** A measurement of power with every default filled. */
export function newPower(part: DeepReadonly<v.InferInput<typeof powerSchema>>): PowerMeasurement {
  return v.parse(powerSchema, part);
}

export const EMPTY_HUNT: HuntRecord = newHunt();

/** Version 1 had only hypothesis, techniques, state and findings; every later field has a default. */
const OPENING = /^<!-- spoor-hunt [12]\s/;
const WRITTEN_OPENING = "<!-- spoor-hunt 2";
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
  const opening = OPENING.exec(trimmed);
  if (!opening || !trimmed.endsWith(CLOSING)) {
    return {
      ok: false,
      issues: [issue("hunt.format", "hunt", "The hunt record is not of a form that is known.")],
    };
  }
  let json: unknown;
  try {
    json = JSON.parse(trimmed.slice(opening[0].length, -CLOSING.length));
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
  return `${WRITTEN_OPENING}\n${json}\n${CLOSING}`;
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
