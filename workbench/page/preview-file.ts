import Papa from "papaparse";

/** The first rows of a dropped file, as far as the browser can read it by itself. */
export interface FilePreview {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

const PREVIEW_BYTES = 256 * 1024;
const PREVIEW_ROWS = 6;

/** Largest body that the server takes for a preview. */
export const LARGEST_PREVIEW_BYTES = 60 * 1024 * 1024;

/** First rows of a CSV or NDJSON file; null for what only the server can read (archives, Parquet). */
export async function previewFile(file: File): Promise<FilePreview | null> {
  if (/\.(gz|zip|tgz|parquet)$/i.test(file.name)) return null;
  const text = await file.slice(0, PREVIEW_BYTES).text();
  if (text.includes("\0")) return null;
  return /^\s*[{[]/.test(text) ? previewJson(text) : previewCsv(text);
}

function previewCsv(text: string): FilePreview | null {
  const parsed = Papa.parse<Record<string, string>>(text, {
    header: true,
    preview: PREVIEW_ROWS,
    skipEmptyLines: true,
  });
  const columns = parsed.meta.fields ?? [];
  if (columns.length < 2) return null;
  return { columns, rows: parsed.data };
}

function previewJson(text: string): FilePreview | null {
  const rows: Record<string, string>[] = [];
  const columns = new Set<string>();
  for (const line of text.split("\n")) {
    if (rows.length === PREVIEW_ROWS) break;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    const row: Record<string, string> = {};
    for (const [key, cell] of Object.entries(value)) {
      columns.add(key);
      row[key] = typeof cell === "string" ? cell : JSON.stringify(cell);
    }
    rows.push(row);
  }
  return rows.length === 0 ? null : { columns: [...columns], rows };
}

/**
 * What to send for a preview: the whole file, or the whole lines of its beginning when it is a larger text; null when
 * it is larger than a preview takes and cannot be cut.
 */
export async function previewBytes(file: File): Promise<Blob | null> {
  if (file.size <= LARGEST_PREVIEW_BYTES) return file;
  if (!/\.(csv|tsv|ndjson|jsonl|log|txt)$/i.test(file.name)) return null;
  const start = new Uint8Array(await file.slice(0, 8 * 1024 * 1024).arrayBuffer());
  return new Blob([start.subarray(0, start.lastIndexOf(10) + 1)]);
}
