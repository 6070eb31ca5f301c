import type { QuarantinedRow } from "../dataset/dataset.ts";
import { CsvReader } from "../format/csv.ts";
import type { Format } from "../format/detect.ts";
import { DocumentSplitter } from "../format/document.ts";
import { type Input, readChunks } from "../format/input.ts";
import { LineSplitter, type LineTaker } from "../format/lines.ts";
import { uniqueNames, ZeekReader, zeekInstant } from "../format/zeek.ts";
import { DuplicateKeyError, KIND, observeText, observeValue, Shape } from "./shape.ts";
import { surveyText } from "./survey-text.ts";

/** Where rows of one format family go: dataset NAME itself, or NAME_suffix. */
export type Family = "json" | "csv" | "parquet" | "text" | `zeek:${string}`;

/** What an intake hands on. */
export interface RowTaker {
  /** A good row as one line of JSON text. */
  row(family: Family, line: number, json: string): void;
  reject(row: Omit<QuarantinedRow, "source" | "ingestedUs">): void;
}

/** The shapes of all rows taken so far, by family. */
export type Shapes = Map<Family, Shape>;

const MAXIMUM_TEXT = 65_536;
/** Objects and lists within one another, so that no row exhausts a stack. */
const MAXIMUM_DEPTH = 1000;
/** Of one object, each of which may become a column: real logs have hundreds. */
const MAXIMUM_KEYS = 2000;
/** Datasets of one load, since values of `_path` name them: Zeek has some 70 logs. */
export const MAXIMUM_FAMILIES = 128;
const JSON_START = /^[\s\ufeff]*[-{["\dtfn]/;
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const LINE_BREAKS = /[\r\n]/g;
const ZEEK_NAME = /^[A-Za-z][A-Za-z0-9_-]*/;

/** Takes rows of one input: checks each, adds it to the shapes, and hands it on as good or rejected. */
export class Intake {
  readCount = 0;
  goodCount = 0;
  quarantinedCount = 0;
  readonly families = new Set<Family>();
  private readonly file: string;
  private readonly shapes: Shapes;
  private readonly taker: RowTaker;
  /** Stops reading after this many rows; for previews. */
  readonly rowLimit: number;

  constructor(file: string, shapes: Shapes, taker: RowTaker, rowLimit = Number.POSITIVE_INFINITY) {
    this.file = file;
    this.shapes = shapes;
    this.taker = taker;
    this.rowLimit = rowLimit;
  }

  get full(): boolean {
    return this.readCount >= this.rowLimit;
  }

  /** The shape of a family's rows, made where there is none yet. */
  shapeOf(family: Family): Shape {
    let shape = this.shapes.get(family);
    if (!shape) {
      shape = new Shape();
      this.shapes.set(family, shape);
    }
    return shape;
  }

  reject(line: number, code: string, reason: string, text: string): void {
    if (this.full) return;
    this.readCount++;
    this.quarantinedCount++;
    this.taker.reject({ file: this.file, line, code, reason, text: cut(text) });
  }

  private good(family: Family, line: number, json: string): void {
    this.readCount++;
    this.goodCount++;
    this.families.add(family);
    this.taker.row(family, line, json);
  }

  /** One JSON text that should be an object. Blank text is not read. */
  json(line: number, given: string, valid: boolean): void {
    if (this.full) return;
    let text = given;
    if (!valid) {
      this.reject(line, "text.not-utf8", "the text is not valid UTF-8", text);
      return;
    }
    if (text.trim() === "") return;
    // Told by its first character, so that a body of junk does not cost an exception a line.
    if (!JSON_START.test(text)) {
      this.reject(line, "json.malformed", "the line does not begin as JSON", text);
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      this.reject(line, "json.malformed", error instanceof Error ? shorten(error.message) : "not JSON", text);
      return;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.reject(line, "json.not-object", "the value is not an object", text);
      return;
    }
    if (text.length > 4 * MAXIMUM_KEYS && Object.keys(value).length > MAXIMUM_KEYS) {
      this.reject(line, "json.too-many-keys", `the object has more than ${MAXIMUM_KEYS} keys`, text);
      return;
    }
    if (text.length > 2 * MAXIMUM_DEPTH && depthOf(text) > MAXIMUM_DEPTH) {
      this.reject(line, "json.too-deep", `values lie more than ${MAXIMUM_DEPTH} deep`, text);
      return;
    }
    const mayHaveSurrogates = text.includes("\\ud") || text.includes("\\uD");
    if (mayHaveSurrogates && SURROGATE_ESCAPE.test(text) && !isWellFormed(value)) {
      this.reject(
        line,
        "json.lone-surrogate",
        "a string has half of a surrogate pair, which no UTF-8 text can hold",
        text,
      );
      return;
    }
    if (text.includes("\n") || text.includes("\r")) text = text.replace(LINE_BREAKS, " ");
    const object = value as Record<string, unknown>;
    const zeekPath = object.ts === undefined ? null : this.zeekPathOf(object);
    const wanted: Family = zeekPath === null ? "json" : `zeek:${zeekPath}`;
    const isOneTooMany = !this.shapes.has(wanted) && this.shapes.size >= MAXIMUM_FAMILIES;
    const family: Family = isOneTooMany ? "json" : wanted;
    if (zeekPath !== null && typeof object.ts === "number") text = rewriteEpoch(text);
    // Zeek's text form writes a set of one empty text and an empty set alike: both are read as empty.
    if (zeekPath !== null && text.includes('""')) text = text.replace(EMPTY_SET, ":[]");
    const shape = this.shapeOf(family);
    try {
      if (zeekPath !== null) observeText(shape, text, true);
      else {
        const { keyCount, hasTellingNumber } = surveyText(text);
        if (hasTellingNumber || keyCount !== countKeys(value)) observeText(shape, text);
        else observeValue(shape, value);
      }
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      this.reject(line, "json.duplicate-key", error.message, text);
      return;
    }
    this.good(family, line, text);
  }

  private zeekPathOf(object: Record<string, unknown>): string | null {
    if (typeof object._path === "string") return zeekName(object._path);
    if (object.uid === undefined || object["id.orig_h"] === undefined) return null;
    return zeekName(pathFromFile(this.file));
  }

  /** Reads all rows of the input, which is of a format other than Parquet. */
  async read(input: Input, format: Exclude<Format, "parquet">, delimiter = ","): Promise<void> {
    const reader = this.reader(format, delimiter);
    for await (const chunk of readChunks(input)) {
      reader.push(chunk);
      if (this.full) return;
    }
    reader.end();
  }

  /** A reader for bytes that come in pieces. */
  reader(format: Exclude<Format, "parquet">, delimiter: string): { push(chunk: Buffer): void; end(): void } {
    switch (format) {
      case "ndjson":
        return new LineSplitter((line, text, valid) => this.json(line, text, valid));
      case "json":
        return new DocumentSplitter(
          (record, text, valid) => this.json(record, text, valid),
          (record, text) =>
            this.reject(
              record,
              "json.malformed",
              "the text ends inside a value, or lies beside Records",
              text,
            ),
        );
      case "text":
        return new LineSplitter((line, text, valid) => this.textLine(line, text, valid));
      case "zeek":
        return this.zeekReader();
      case "csv":
        return this.csvReader(delimiter);
    }
  }

  private textLine(line: number, text: string, valid: boolean): void {
    if (this.full || text.trim() === "") return;
    if (!valid) {
      this.reject(line, "text.not-utf8", "the text is not valid UTF-8", text);
      return;
    }
    const shape = this.shapeOf("text");
    shape.kinds |= KIND.object;
    shape.count++;
    const field = shape.field("line");
    field.kinds |= KIND.text;
    field.sample(text);
    this.good("text", line, JSON.stringify({ line: text }));
  }

  /** Counts rows of a Zeek log that were checked elsewhere. */
  countPlain(family: Family, rowCount: number): void {
    this.readCount += rowCount;
    this.goodCount += rowCount;
    this.families.add(family);
  }

  /** Single lines of a Zeek log, with the directives that stand before them. */
  zeekLines(
    directives: readonly string[],
    lines: readonly { readonly line: number; readonly text: string; readonly valid: boolean }[],
  ): void {
    const take = this.zeekTaker();
    for (const [index, text] of directives.entries()) take(index + 1, text, true);
    for (const { line, text, valid } of lines) take(line, text, valid);
  }

  /** Adds rows of a Zeek log to a shape, and nowhere else. */
  sampleZeek(shape: Shape, directives: readonly string[], lines: readonly string[]): void {
    const reader = new ZeekReader(pathFromFile(this.file), {
      header: () => {},
      row: (_line, json) => observeText(shape, json, true),
      reject: () => {},
    });
    for (const text of [...directives, ...lines]) reader.line(0, text);
  }

  private zeekReader(): LineSplitter {
    return new LineSplitter(this.zeekTaker());
  }

  private zeekTaker(): LineTaker {
    let family: Family = "zeek:log";
    let shape = new Shape();
    let declared = false;
    const reader = new ZeekReader(pathFromFile(this.file), {
      header: (path, fields) => {
        family = zeekFamily(path);
        shape = this.shapeOf(family);
        declared = fields.some((field) => field.type !== null);
        for (const field of fields) {
          const column = shape.field(field.name);
          column.declared = column.declared ?? field.type;
        }
      },
      row: (line, json) => {
        if (this.full) return;
        if (declared) observeText(shape, json, true);
        else observeTextual(shape, JSON.parse(json) as Record<string, string | null>);
        this.good(family, line, json);
      },
      reject: (line, code, reason, text) => this.reject(line, code, reason, text),
    });
    return (line, text, valid) => {
      if (this.full) return;
      if (valid) reader.line(line, text);
      else this.reject(line, "text.not-utf8", "the text is not valid UTF-8", text);
    };
  }

  private csvReader(delimiter: string): { push(chunk: Buffer): void; end(): void } {
    let header: string[] | null = null;
    const shape = (): Shape => this.shapeOf("csv");
    const reader = new CsvReader(delimiter, (line, fields, text) => {
      if (this.full) return;
      if (fields === null) {
        this.reject(line, "csv.unclosed-quote", "a quote is opened and never closed", text);
        return;
      }
      if (fields.every((field) => field === null) && fields.length === 1) return;
      if (header === null) {
        if (text.startsWith("#")) return;
        header = uniqueNames(fields.map((field) => (field ?? "").trim()));
        const root = shape();
        root.kinds |= KIND.object;
        for (const name of header) root.field(name);
        return;
      }
      if (text.includes("\ufffd")) {
        this.reject(line, "text.not-utf8", "the text is not valid UTF-8", text);
        return;
      }
      if (fields.length !== header.length) {
        const code = fields.length > header.length ? "csv.too-many-columns" : "csv.too-few-columns";
        this.reject(line, code, `${fields.length} columns where the header has ${header.length}`, text);
        return;
      }
      const row: Record<string, string> = Object.create(null) as Record<string, string>;
      for (let i = 0; i < header.length; i++) {
        const field = fields[i];
        if (field !== null && field !== undefined) row[header[i]!] = field;
      }
      observeTextual(shape(), row);
      this.good("csv", line, JSON.stringify(row));
    });
    const decoder = new TextDecoder("utf-8");
    return {
      push: (chunk) => reader.push(decoder.decode(chunk, { stream: true })),
      end: () => {
        reader.push(decoder.decode());
        reader.end();
      },
    };
  }
}

/** Adds a row whose values are all text to the shape, with the kind that the text itself shows. */
function observeTextual(shape: Shape, row: Readonly<Record<string, string | null>>): void {
  shape.kinds |= KIND.object;
  shape.count++;
  for (const key in row) {
    const field = shape.field(key);
    const value = row[key];
    if (typeof value !== "string") {
      field.kinds |= value === null ? KIND.null : KIND.text;
      continue;
    }
    field.kinds |= textualKind(value);
    field.sample(value);
  }
}

/** Only text that comes back the same from its number counts as one. */
function textualKind(text: string): number {
  if (text === "true" || text === "false") return KIND.boolean;
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(text)) return KIND.integer;
  if (/^-?(?:0|[1-9]\d{0,9})\.(?:0|\d{0,4}[1-9])$/.test(text) && text !== "-0.0") return KIND.decimal;
  return KIND.text;
}

/** How deep brackets lie in sound JSON text. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 34) {
      at = text.indexOf('"', at + 1);
      while (isEscaped(text, at)) at = text.indexOf('"', at + 1);
    } else if (c === 91 || c === 123) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (c === 93 || c === 125) depth--;
  }
  return deepest;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === 92) slashes++;
  return slashes % 2 === 1;
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countKeys(item);
    return count;
  }
  const object = value as Record<string, unknown>;
  for (const key in object) {
    const child = object[key];
    count++;
    if (typeof child === "object") count += countKeys(child);
  }
  return count;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.entries(value).every(([key, child]) => key.isWellFormed() && isWellFormed(child));
}

const EMPTY_SET = /:\s*\[\s*""\s*\]/g;
const EPOCH_MEMBER = /"ts"\s*:\s*(-?\d+(?:\.\d+)?)(?=\s*[,}])/g;

/** Zeek's JSON may give `ts` as seconds: written as ISO text, so that both of its forms become one table. */
function rewriteEpoch(text: string): string {
  const matches = [...text.matchAll(EPOCH_MEMBER)];
  const [match] = matches;
  if (matches.length !== 1 || !match) return text;
  const instant = zeekInstant(match[1]!);
  if (instant === null) return text;
  const end = match.index + match[0].length;
  return `${text.slice(0, end - match[1]!.length)}"${instant}"${text.slice(end)}`;
}

/** A Zeek log type as the tail of a dataset's name. */
function zeekName(path: string): string {
  return (
    path
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "")
      .slice(0, 48) || "log"
  );
}

/** The family of a Zeek log by its type. */
export function zeekFamily(path: string): Family {
  return `zeek:${zeekName(path)}`;
}

/** `…/conn.2020-01-01.log.gz` -> `conn`. */
export function pathFromFile(file: string): string {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("!"), file.lastIndexOf("\\")) + 1);
  return ZEEK_NAME.exec(name)?.[0] ?? "log";
}

function cut(text: string): string {
  return text.length > MAXIMUM_TEXT ? text.slice(0, MAXIMUM_TEXT) : text;
}

function shorten(message: string): string {
  const at = message.indexOf(', "');
  return (at > 0 ? message.slice(0, at) : message).slice(0, 200);
}
