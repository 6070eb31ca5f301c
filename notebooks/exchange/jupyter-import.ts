/** Jupyter files as notebooks: Markdown and SQL become cells, other code stays text. Pure functions only. */
import * as v from "valibot";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import {
  CELL_MODES,
  type NotebookCell,
  type NotebookDocument,
  newCell,
  newNotebook,
} from "../document/notebook.ts";
import { addBlock, fileTitle, magicLine } from "./foreign-block.ts";
import { type ImportedNotebook, type ImportRequest, refused } from "./imported.ts";
import { type ForeignBlock, ImportedCells } from "./imported-cells.ts";
import { sqlMagic } from "./jupyter-export.ts";
import { isPlaybookBlocks, playbookOf } from "./playbook-import.ts";

/** Cells beyond this many make a file that is refused. */
export const MOST_CELLS = 5000;
const LONGEST_CELL = 1_000_000;

const sourceSchema = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((source) => (typeof source === "string" ? source : source.join(""))),
);
const cellSchema = v.object({
  cell_type: v.string(),
  source: v.optional(sourceSchema),
  /** nbformat 3 has `input` for code and `level` for headings. */
  input: v.optional(sourceSchema),
  level: v.optional(v.number()),
  language: v.optional(v.string()),
  metadata: v.optional(v.record(v.string(), v.unknown()), {}),
  attachments: v.optional(v.record(v.string(), v.unknown()), {}),
});
const fileSchema = v.object({
  nbformat: v.pipe(v.number(), v.integer()),
  metadata: v.optional(v.record(v.string(), v.unknown()), {}),
  cells: v.optional(v.array(v.unknown())),
  worksheets: v.optional(v.array(v.object({ cells: v.optional(v.array(v.unknown()), []) }))),
});
const attributePairs = v.pipe(
  v.array(v.tuple([v.string(), v.string()])),
  v.transform((pairs): Record<string, string> => Object.fromEntries(pairs)),
);
const documentNote = v.object({
  version: v.literal(1),
  title: v.string(),
  theme: v.string(),
  readOnly: v.boolean(),
  attributes: attributePairs,
});
const cellNote = v.object({
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  mode: v.picklist(CELL_MODES),
  pinned: v.boolean(),
  hidden: v.boolean(),
  output: v.nullable(v.string()),
  database: v.nullable(v.string()),
  format: v.nullable(v.string()),
  attributes: attributePairs,
});

type JupyterCell = v.InferOutput<typeof cellSchema>;

/**
 * Reads a .ipynb text. A file that Spoor exported gives the same notebook back, with the changes that were made to its
 * cells elsewhere. In others: `%%sql` cells and SQL in plain literals of known calls become SQL cells, Markdown stays,
 * other code becomes fenced Markdown. Outputs are ignored, attachments dropped.
 */
export function importJupyter(request: ImportRequest): Parsed<ImportedNotebook> {
  const { file } = request;
  let json: unknown;
  try {
    json = JSON.parse(request.text.replace(/^\ufeff/, ""));
  } catch (error) {
    return refused(
      "import.json",
      file,
      `The file is no JSON: ${error instanceof Error ? error.message : String(error)}.`,
      "Open it in Jupyter, save it, and import what it saved.",
    );
  }
  const parsed = v.safeParse(fileSchema, json);
  if (!parsed.success) {
    return refused(
      "import.nbformat",
      `${file}:${v.getDotPath(parsed.issues[0]) ?? ""}`,
      `The file is no Jupyter notebook: ${parsed.issues[0].message}.`,
      "Choose a .ipynb file: JSON with nbformat and cells.",
    );
  }
  const { nbformat, metadata, worksheets } = parsed.output;
  if (nbformat !== 3 && nbformat !== 4) {
    return refused(
      "import.nbformat.version",
      file,
      `The file is of nbformat ${nbformat}; 3 and 4 are read.`,
      "Save it in a current Jupyter (or run `jupyter nbconvert --to notebook --nbformat 4`), and import that.",
    );
  }
  const raw = parsed.output.cells ?? (worksheets ?? []).flatMap(({ cells }) => cells);
  if (raw.length > MOST_CELLS) {
    return refused(
      "import.cells",
      file,
      `The notebook has ${raw.length} cells; ${MOST_CELLS} is the most that is read.`,
      "Part it into several notebooks.",
    );
  }
  const issues: Issue[] = [];
  const cells: { readonly cell: JupyterCell; readonly text: string; readonly place: string }[] = [];
  raw.forEach((value, index) => {
    const place = `${file}#cell-${index + 1}`;
    const cell = v.safeParse(cellSchema, value);
    const drop = (code: string, message: string, remedy: string) =>
      issues.push({ severity: "warning", code, place, message, remedy });
    if (!cell.success) {
      drop("import.cell", "The cell is not of Jupyter's form and was left out.", "Look at it in Jupyter.");
      return;
    }
    const text = (cell.output.source ?? cell.output.input ?? "").replace(/\r\n?/g, "\n");
    if (text.length > LONGEST_CELL) {
      drop(
        "import.cell.long",
        `The cell has ${text.length.toLocaleString("en-US")} characters and was left out.`,
        "Move what it holds into a file, and bring that in as a source.",
      );
      return;
    }
    const attached = Object.keys(cell.output.attachments);
    if (attached.length > 0) {
      drop(
        "import.attachment",
        `Its ${attached.length === 1 ? "attachment was" : `${attached.length} attachments were`} dropped: ${attached.join(", ").slice(0, 200)}.`,
        "Keep the picture beside the notebook, or describe what it shows.",
      );
    }
    cells.push({ cell: cell.output, text, place });
  });
  const own = v.safeParse(documentNote, metadata.spoor);
  if (own.success) {
    return { ok: true, value: { kind: "spoor", notebook: restored(own.output, cells), tables: [] }, issues };
  }
  const language = languageOf(metadata);
  const blocks = cells.flatMap(({ cell, text, place }): ForeignBlock[] => {
    if (cell.cell_type === "markdown") return [{ kind: "markdown", text, place }];
    if (cell.cell_type === "heading")
      return [
        { kind: "markdown", text: `${"#".repeat(Math.min(Math.max(cell.level ?? 1, 1), 6))} ${text}`, place },
      ];
    return [
      {
        kind: "code",
        language: cell.cell_type === "code" ? (cell.language ?? language) : "",
        text,
        place,
      },
    ];
  });
  const collected = new ImportedCells(request.datasets ?? {});
  const title = titleOf(metadata, blocks, file);
  if (isPlaybookBlocks(blocks)) {
    const playbook = playbookOf(blocks, request, collected, title);
    return { ...playbook, issues: [...issues, ...playbook.issues] };
  }
  for (const block of blocks) addBlock(block, collected);
  return {
    ok: true,
    value: {
      kind: "jupyter",
      notebook: newNotebook({ title, cells: collected.cells }),
      tables: [...collected.tables],
    },
    issues: [...issues, ...collected.issues],
  };
}

/** The notebook of a file that Spoor wrote: notes say what each cell was, sources what it says now. */
function restored(
  note: v.InferOutput<typeof documentNote>,
  cells: readonly { readonly cell: JupyterCell; readonly text: string }[],
): NotebookDocument {
  const taken = new Set<number>();
  const known = cells.map(({ cell }) => v.safeParse(cellNote, cell.metadata.spoor));
  for (const one of known) if (one.success) taken.add(one.output.id);
  let highest = Math.max(0, ...taken);
  const used = new Set<number>();
  const restoredCells: NotebookCell[] = [];
  cells.forEach(({ cell, text }, index) => {
    if ((cell.metadata.spoor as { generated?: unknown } | undefined)?.generated === true) return;
    const found = known[index]!;
    const id = () => {
      highest += 1;
      return highest;
    };
    if (!found.success) {
      // Added elsewhere: Markdown and SQL are taken, other code stays text.
      const collected = new ImportedCells({});
      addBlock(
        cell.cell_type === "markdown"
          ? { kind: "markdown", text, place: "" }
          : { kind: "code", text, language: cell.cell_type === "code" ? "python" : "", place: "" },
        collected,
      );
      for (const one of collected.cells) restoredCells.push({ ...one, id: id() });
      return;
    }
    const { attributes, ...rest } = found.output;
    const own = newCell({ ...rest, attributes, id: used.has(rest.id) ? id() : rest.id });
    used.add(own.id);
    if (own.mode !== "sql") {
      restoredCells.push({ ...own, value: text });
      return;
    }
    const end = text.indexOf("\n");
    const first = end < 0 ? text : text.slice(0, end);
    const body = end < 0 ? "" : text.slice(end + 1);
    if (first === sqlMagic(own)) restoredCells.push({ ...own, value: body });
    else if (/^\s*%%sql\b/.test(first)) {
      const { output, rest: begun } = magicLine(first.replace(/^\s*%%sql\b/, ""));
      restoredCells.push({ ...own, output, value: [begun, body].filter((part) => part !== "").join("\n") });
    } else restoredCells.push({ ...own, value: text });
  });
  return newNotebook({
    title: note.title,
    theme: note.theme,
    readOnly: note.readOnly,
    attributes: note.attributes,
    cells: restoredCells,
  });
}

function languageOf(metadata: Readonly<Record<string, unknown>>): string {
  const info = metadata.language_info as { name?: unknown } | undefined;
  const kernel = metadata.kernelspec as { language?: unknown } | undefined;
  const found = info?.name ?? kernel?.language;
  return typeof found === "string" ? found : "python";
}

function titleOf(
  metadata: Readonly<Record<string, unknown>>,
  blocks: readonly ForeignBlock[],
  file: string,
): string {
  if (typeof metadata.title === "string" && metadata.title.trim() !== "") return metadata.title.trim();
  for (const block of blocks) {
    const heading = block.kind === "markdown" ? /^#\s+(.+?)\s*#*\s*$/m.exec(block.text) : null;
    if (heading) return heading[1]!;
  }
  return fileTitle(file);
}
