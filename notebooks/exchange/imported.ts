/** What an import takes and gives. Types and one constructor; browser-safe. */
import type { Issue } from "../../connectors/issue/issue.ts";
import type { NotebookDocument } from "../document/notebook.ts";

export interface ImportRequest {
  /** Name of the file; only its ending is used, to tell what it is. */
  readonly file: string;
  readonly text: string;
  /** `metadata.yaml` that lies beside a ThreatHunter-Playbook hunt. */
  readonly metadata?: string;
  /** Dataset that stands for each table or view of the imported SQL. */
  readonly datasets?: Readonly<Record<string, string>>;
}

export interface ImportedNotebook {
  readonly kind: "spoor" | "jupyter" | "playbook";
  readonly notebook: NotebookDocument;
  /** Tables and views that its SQL reads, for the person who says which dataset each is. */
  readonly tables: readonly string[];
}

/** A file that is not read, and why. */
export function refused(
  code: string,
  place: string,
  message: string,
  remedy: string,
): { ok: false; issues: Issue[] } {
  return { ok: false, issues: [{ severity: "error", code, place, message, remedy }] };
}
