/**
 * Reads and writes Notebook Kit's HTML without a DOM. Browser-safe: pure functions only.
 * Format: https://observablehq.com/notebook-kit/kit (a `notebook` element with `script` elements as cells).
 */
import { type CellMode, type NotebookCell, type NotebookDocument, newCell, newNotebook } from "./notebook.ts";

const TYPE_BY_MODE: Readonly<Record<CellMode, string>> = {
  js: "module",
  ts: "text/x-typescript",
  ojs: "application/vnd.observable.javascript",
  md: "text/markdown",
  html: "text/html",
  tex: "application/x-tex",
  dot: "text/vnd.graphviz",
  sql: "application/sql",
  node: "application/vnd.node.javascript",
  python: "text/x-python",
  r: "text/x-r",
};
const MODE_BY_TYPE = new Map(Object.entries(TYPE_BY_MODE).map(([mode, type]) => [type, mode as CellMode]));

const KNOWN_CELL_ATTRIBUTES = new Set(["id", "type", "pinned", "hidden", "database", "output", "format"]);
const KNOWN_NOTEBOOK_ATTRIBUTES = new Set(["theme", "readonly"]);

/**
 * Parses a notebook file. Never fails: a text without a notebook element is a notebook without cells, as in the kit.
 * Ids that are missing, not positive or taken twice are given anew.
 */
export function parseNotebook(html: string): NotebookDocument {
  const opening = findTag(html, "notebook", 0);
  const titleTag = findTag(html, "title", 0);
  const titleEnd = titleTag ? html.slice(titleTag.end).search(/<\/title[\s/>]/i) : -1;
  const title = titleTag && titleEnd >= 0 ? html.slice(titleTag.end, titleTag.end + titleEnd) : null;
  const cells: NotebookCell[] = [];
  const taken = new Set<number>();
  let highest = 0;
  if (opening) {
    let position = opening.end;
    for (;;) {
      const tag = findTag(html, "script", position);
      const close = html.slice(position).search(/<\/notebook[\s/>]/i);
      if (!tag || (close >= 0 && position + close < tag.start)) break;
      const rest = html.slice(tag.end);
      const length = rest.search(/<\/script[\s/>]/i);
      const text = length < 0 ? rest : rest.slice(0, length);
      let id = Math.floor(Number(tag.attributes.id));
      if (!Number.isFinite(id) || id <= 0 || taken.has(id)) id = highest + 1;
      highest = Math.max(highest, id);
      taken.add(id);
      cells.push(cellOf(id, tag.attributes, text));
      position = length < 0 ? html.length : tag.end + length + 1;
    }
  }
  return newNotebook({
    title: title === null ? "Untitled" : decodeEntities(title),
    theme: opening?.attributes.theme?.trim() || "air",
    readOnly: opening ? "readonly" in opening.attributes : false,
    attributes: rest(opening?.attributes ?? {}, KNOWN_NOTEBOOK_ATTRIBUTES),
    cells,
  });
}

/** Writes a notebook as the kit would, plus the attributes that the kit does not know. Ends with a line end. */
export function serializeNotebook(notebook: NotebookDocument): string {
  const lines = [
    "<!doctype html>",
    `<notebook${attribute("theme", notebook.theme)}${notebook.readOnly ? ' readonly=""' : ""}${others(notebook.attributes)}>`,
    `  <title>${escapeText(notebook.title)}</title>`,
  ];
  for (const cell of notebook.cells) {
    const tag = [
      `<script${attribute("id", String(cell.id))}${attribute("type", TYPE_BY_MODE[cell.mode])}`,
      cell.pinned ? ' pinned=""' : "",
      cell.hidden ? ' hidden=""' : "",
      cell.database ? attribute("database", cell.database) : "",
      cell.output ? attribute("output", cell.output) : "",
      cell.format ? attribute("format", cell.format) : "",
      others(cell.attributes),
      ">",
    ].join("");
    lines.push(`  ${tag}\n${indent(escapeScript(cell.value))}\n  </script>`);
  }
  return `${lines.join("\n")}\n</notebook>\n`;
}

function cellOf(id: number, attributes: Readonly<Record<string, string>>, text: string): NotebookCell {
  return newCell({
    id,
    mode: MODE_BY_TYPE.get(attributes.type ?? "") ?? "js",
    value: dedent(unescapeScript(text)),
    pinned: "pinned" in attributes,
    hidden: "hidden" in attributes,
    output: attributes.output ?? null,
    database: attributes.database ?? null,
    format: attributes.format ?? null,
    attributes: rest(attributes, KNOWN_CELL_ATTRIBUTES),
  });
}

interface Tag {
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string>>;
}

const ATTRIBUTE = /\s*([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?|\s*\/|\s+/y;

function findTag(html: string, name: string, from: number): Tag | null {
  const pattern = new RegExp(`<${name}(?=[\\s/>])`, "gi");
  pattern.lastIndex = from;
  const match = pattern.exec(html);
  if (!match) return null;
  const attributes: Record<string, string> = Object.create(null);
  let position = pattern.lastIndex;
  while (position < html.length && html[position] !== ">") {
    ATTRIBUTE.lastIndex = position;
    const found = ATTRIBUTE.exec(html);
    if (!found) {
      position += 1;
      continue;
    }
    position = ATTRIBUTE.lastIndex;
    const key = found[1]?.toLowerCase();
    if (key && !(key in attributes)) attributes[key] = decodeEntities(found[2] ?? found[3] ?? found[4] ?? "");
  }
  return { start: match.index, end: Math.min(position + 1, html.length), attributes };
}

function rest(
  attributes: Readonly<Record<string, string>>,
  known: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !known.has(name)));
}

function attribute(name: string, value: string): string {
  return ` ${name}="${value.replaceAll("&", "&amp;").replaceAll("\u00a0", "&nbsp;").replaceAll('"', "&quot;")}"`;
}

function others(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .filter(([name]) => /^[^\s"'<>/=]+$/.test(name))
    .map(([name, value]) => attribute(name, value))
    .join("");
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("\u00a0", "&nbsp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** A cell may hold the end tag of its own element: the kit writes one backslash more, and we also where it forgets. */
function escapeScript(value: string): string {
  return value.replace(/<(?=\\*\/script(?:[\s/>]|$))/gi, "<\\");
}

function unescapeScript(text: string): string {
  return text.replace(/<\\(?=\\*\/script(?:[\s/>]|$))/gi, "<");
}

function indent(value: string): string {
  return value
    .split(/\r\n?|\n/)
    .map((line) => (line === "" ? "" : `    ${line}`))
    .join("\n");
}

function dedent(text: string): string {
  const lines = text.split(/\r\n?|\n/);
  if (lines.at(-1)?.trim() === "") lines.pop();
  if (lines[0]?.trim() === "") lines.shift();
  return lines.map((line) => line.replace(/^ {4}/, "")).join("\n");
}
