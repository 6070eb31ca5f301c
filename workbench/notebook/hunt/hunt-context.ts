import type { NotebookDocument } from "../../../notebooks/document/notebook.ts";
import type { HuntRecord } from "../../../notebooks/hunt/hunt-record.ts";
import type { CatalogEntry } from "../../../server/api/api.ts";
import type { AskedQuery } from "../frame-host.ts";

/** What each part of the hunt record works on. */
export interface HuntContext {
  /** Name of the notebook. */
  readonly name: string;
  readonly notebook: NotebookDocument;
  readonly hunt: HuntRecord;
  readonly catalog: readonly CatalogEntry[];
  readonly change: (hunt: HuntRecord) => void;
  /** Shows a cell. */
  readonly show: (cell: number) => void;
  /** The query that a cell asked last; undefined before it ran. */
  readonly asked: (cell: number) => AskedQuery | undefined;
}
