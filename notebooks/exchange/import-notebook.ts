/** Other programs' notebooks as ours. Nothing of them is run; what is not taken is told. Pure functions only. */
import type { Parsed } from "../../connectors/issue/issue.ts";
import { parseNotebook } from "../document/notebook-html.ts";
import { type ImportedNotebook, type ImportRequest, refused } from "./imported.ts";
import { importJupyter } from "./jupyter-import.ts";
import { importPlaybook, isPlaybookText } from "./playbook-import.ts";

/** Files above this many characters are refused. */
export const LARGEST_IMPORT = 20_000_000;

/**
 * Reads a notebook of Jupyter (nbformat 3 and 4), of the ThreatHunter Playbook (Markdown or Jupyter) or of Notebook Kit.
 * Issues tell what was dropped, assumed or not understood.
 */
export function importNotebook(request: ImportRequest): Parsed<ImportedNotebook> {
  const { file, text } = request;
  if (text.length > LARGEST_IMPORT) {
    return refused(
      "import.large",
      file,
      `The file has ${text.length.toLocaleString("en-US")} characters; ${LARGEST_IMPORT.toLocaleString("en-US")} is the most that is read.`,
      "Clear the outputs of the notebook in its own program, and import it again.",
    );
  }
  const start = text
    .slice(0, 2000)
    .replace(/^\ufeff/, "")
    .trimStart();
  if (start.startsWith("{")) return importJupyter(request);
  if (/^(<!doctype html>\s*)?<notebook[\s>]/i.test(start)) {
    const notebook = parseNotebook(text);
    return { ok: true, value: { kind: "spoor", notebook, tables: [] }, issues: [] };
  }
  if (isPlaybookText(text)) return importPlaybook(request);
  return refused(
    "import.unknown",
    file,
    "The file is no Jupyter notebook, no hunt of the ThreatHunter Playbook and no Notebook Kit document.",
    "Choose a .ipynb file, a notebook.md of the playbook (with headings Hypothesis and Analytics), or a .html notebook.",
  );
}
