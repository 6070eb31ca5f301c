import { basename, extname } from "node:path";

/** What the rows of an input look like. `json` is anything but one value a line. */
export type Format = "ndjson" | "json" | "csv" | "zeek" | "parquet" | "text";

export type Detected =
  | { readonly format: Format; readonly delimiter?: string }
  | { readonly format: null; readonly reason: string };

const MAGIC: readonly (readonly [string, string])[] = [
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF8", "a GIF image"],
  ["%PDF", "a PDF document"],
  ["ElfFile\x00", "a Windows event log in binary (EVTX), which is not read yet: export it to JSON"],
  ["\xd4\xc3\xb2\xa1", "a packet capture: run Zeek or Suricata over it"],
  ["\xa1\xb2\xc3\xd4", "a packet capture: run Zeek or Suricata over it"],
  ["\x0a\x0d\x0d\x0a", "a packet capture: run Zeek or Suricata over it"],
  ["\x28\xb5\x2f\xfd", "compressed with zstd, which is not read yet"],
  ["BZh", "compressed with bzip2, which is not read yet"],
  ["\xfd7zXZ", "compressed with xz, which is not read yet"],
  ["7z\xbc\xaf", "a 7-Zip archive, which is not read yet"],
  ["\x7fELF", "a program"],
  ["MZ", "a program"],
  ["\xff\xfe", "UTF-16 text: convert it to UTF-8"],
  ["\xfe\xff", "UTF-16 text: convert it to UTF-8"],
];

const NO_LOG_EXTENSIONS: Readonly<Record<string, string>> = {
  ".yaml": "YAML, not a log",
  ".yml": "YAML, not a log",
  ".md": "a document, not a log",
  ".rst": "a document, not a log",
  ".html": "a web page, not a log",
  ".htm": "a web page, not a log",
  ".xml": "XML, which is not read yet",
  ".py": "a program, not a log",
  ".ps1": "a program, not a log",
  ".sh": "a program, not a log",
  ".js": "a program, not a log",
  ".sql": "a program, not a log",
  ".toml": "settings, not a log",
  ".ini": "settings, not a log",
};

/**
 * Tells the format by the first bytes (64 KiB are plenty); the name only breaks ties between kinds of text.
 *
 * @param whole whether `head` is all of it.
 */
export function detectFormat(head: Buffer, name: string, whole: boolean): Detected {
  if (head.length === 0) return { format: null, reason: "empty" };
  const start = head.toString("latin1", 0, 8);
  if (start.startsWith("PAR1")) return { format: "parquet" };
  for (const [magic, reason] of MAGIC) if (start.startsWith(magic)) return { format: null, reason };
  let text = head.toString("utf8");
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  if (text.trim() === "") return { format: null, reason: "empty" };
  const nulCount = text.split("\u0000").length - 1;
  if (nulCount > 0 && nulCount * 20 > text.length)
    return { format: null, reason: "binary, of an unknown kind" };
  const lines = text.split("\n");
  if (!whole && lines.length > 1) lines.pop();
  if (lines.slice(0, 20).some((line) => /^#(separator|fields)[\s\x21-\x7e]/.test(line)))
    return { format: "zeek" };
  const json = detectJson(text, lines, whole);
  if (json) return { format: json };
  const extension = extname(basename(name)).toLowerCase();
  const noLog = NO_LOG_EXTENSIONS[extension];
  if (noLog) return { format: null, reason: noLog };
  if (/^(readme|license|licence|copying|changelog|notice)(\.(md|txt|rst))?$/i.test(basename(name))) {
    return { format: null, reason: "a document, not a log" };
  }
  if (/^\s*<(\?xml|!doctype|html|Event)/i.test(text))
    return { format: null, reason: "XML or HTML, which is not read yet" };
  if (/^---\s*$/m.test(lines[0] ?? "") && lines.slice(1, 10).some((line) => /^[\w-]+:/.test(line))) {
    return { format: null, reason: "YAML, not a log" };
  }
  const delimiter = detectDelimiter(lines, extension);
  if (delimiter) return { format: "csv", delimiter };
  let control = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if ((c < 32 && c !== 9 && c !== 10 && c !== 13 && c !== 27) || c === 0xfffd) control++;
  }
  if (control * 10 > text.length) return { format: null, reason: "binary, of an unknown kind" };
  return { format: "text" };
}

function parsesAsJson(line: string): boolean {
  const first = line.trimStart()[0];
  if (first !== "{" && first !== "[") return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function detectJson(text: string, lines: readonly string[], whole: boolean): "ndjson" | "json" | null {
  const filled = lines.filter((line) => line.trim() !== "").slice(0, 100);
  const first = filled[0] ?? "";
  const start = /^\s*([{[])\s*(\S?)/.exec(text);
  if (start) {
    const [, open, next = ""] = start;
    if (open === "[") {
      if ("{[]".includes(next) || (whole && parsesAsJson(text))) return "json";
    } else if (/^\s*\{\s*"Records"\s*:\s*\[/.test(text)) {
      return "json";
    } else if (parsesAsJson(first) || filled.some((line) => line.startsWith("{") && parsesAsJson(line))) {
      return "ndjson";
    } else if (next === '"' || next === "}" || next === "") {
      return filled.length === 1 && first.trim() !== "{" ? "ndjson" : "json";
    }
  }
  const good = filled.filter(parsesAsJson).length;
  return good > 0 && good * 2 >= filled.length ? "ndjson" : null;
}

function detectDelimiter(lines: readonly string[], extension: string): string | null {
  const sample = lines.filter((line) => line.trim() !== "").slice(0, 60);
  const header = sample.find((line) => !line.startsWith("#"));
  if (header === undefined) return null;
  const named = extension === ".csv" || extension === ".tsv";
  let best: string | null = null;
  let bestCount = 1;
  for (const delimiter of [",", "\t", ";", "|"]) {
    const names = splitQuoted(header, delimiter);
    if (names.length < 2 || names.length <= bestCount) continue;
    const trimmed = names.map((name) => name.trim().replace(/^"|"$/g, ""));
    if (trimmed.some((name) => name === "" || /^-?[\d.]+$/.test(name) || name.length > 80)) {
      if (!named) continue;
    }
    if (new Set(trimmed).size !== trimmed.length && !named) continue;
    const rows = sample.slice(sample.indexOf(header) + 1);
    const fitting = rows.filter((row) => splitQuoted(row, delimiter).length === names.length).length;
    if (!named && (rows.length === 0 || fitting < rows.length * 0.8)) continue;
    best = delimiter;
    bestCount = names.length;
  }
  return best ?? (extension === ".csv" ? "," : null);
}

function splitQuoted(line: string, delimiter: string): string[] {
  const out: string[] = [];
  let from = 0;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"') quoted = !quoted;
    else if (!quoted && line[i] === delimiter) {
      out.push(line.slice(from, i));
      from = i + 1;
    }
  }
  out.push(line.slice(from));
  return out;
}
