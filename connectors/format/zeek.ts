import { type ColumnType, scalar } from "../dataset/type.ts";
import { formatInstant } from "../time/instant.ts";

/** A field of a Zeek log, with the column type that its Zeek type has. */
export interface ZeekField {
  readonly name: string;
  /** As in `#types`; empty when the log has none. */
  readonly zeekType: string;
  readonly type: ColumnType | null;
}

export interface ZeekTaker {
  /** A header was read: the log's type (`conn`) and its fields. */
  header(path: string, fields: readonly ZeekField[]): void;
  /** A row, as JSON text with numbers as written, instants as ISO text, sets and vectors as arrays. */
  row(line: number, json: string): void;
  reject(line: number, code: string, reason: string, text: string): void;
}

const SCALARS: Readonly<Record<string, string>> = {
  time: "TIMESTAMP",
  interval: "DOUBLE",
  double: "DOUBLE",
  count: "BIGINT",
  int: "BIGINT",
  port: "BIGINT",
  bool: "BOOLEAN",
};

function columnType(zeekType: string): ColumnType | null {
  const inner = /^(?:set|vector|table)\[(.*)\]$/.exec(zeekType);
  if (inner) return { kind: "list", item: columnType(inner[1]!) ?? scalar("VARCHAR") };
  return zeekType === "" ? null : scalar(SCALARS[zeekType] ?? "VARCHAR");
}

/** Reads `\x09` and the like. */
function unescapeHex(text: string): string {
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const SHORT_CONTROLS = new Set([8, 9, 10, 12, 13]);

/**
 * A string as Zeek's JSON writer would give it: `\\` is one backslash, `\x7c` the character; bytes that are
 * neither printable nor one of JSON's short escapes, and bytes that are not UTF-8, stay `\x00` as text.
 */
export function unescapeZeek(text: string): string {
  if (!text.includes("\\")) return text;
  let out = "";
  let at = 0;
  while (at < text.length) {
    const slash = text.indexOf("\\", at);
    if (slash < 0) return out + text.slice(at);
    out += text.slice(at, slash);
    if (text[slash + 1] === "\\") {
      out += "\\";
      at = slash + 2;
      continue;
    }
    const run = /^(?:\\x[0-9a-fA-F]{2})+/.exec(text.slice(slash, slash + 4096));
    if (!run) {
      out += "\\";
      at = slash + 1;
      continue;
    }
    const bytes = Buffer.from(run[0].replaceAll("\\x", ""), "hex");
    out += renderBytes(bytes);
    at = slash + run[0].length;
  }
  return out;
}

function renderBytes(bytes: Buffer): string {
  let out = "";
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      out += (byte >= 32 && byte !== 127) || SHORT_CONTROLS.has(byte) ? String.fromCharCode(byte) : hex(byte);
      at++;
      continue;
    }
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    const character = bytes.subarray(at, at + size).toString("utf8");
    if (at + size <= bytes.length && !character.includes("\ufffd")) {
      out += character;
      at += size;
    } else {
      out += hex(byte);
      at++;
    }
  }
  return out;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

const EPOCH = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;
const EXPONENT_EPOCH = /^(-?)(\d)(?:\.(\d{1,20}))?e\+?(\d{1,2})$/;
const FIRST_US = -62_135_596_800_000_000n;
const LAST_US = 253_402_300_799_999_999n;

/** `-2.15e+09`, as Zeek writes times far away, without the exponent and with six decimals. */
function plainEpoch(text: string): string {
  const match = EXPONENT_EPOCH.exec(text);
  if (!match) return text;
  const [, sign, whole, fraction = "", exponent] = match;
  const digits = `${whole}${fraction}`;
  const decimals = fraction.length - Number(exponent);
  const micros =
    decimals <= 6 ? BigInt(digits) * 10n ** BigInt(6 - decimals) : roundedOff(BigInt(digits), decimals - 6);
  const padded = micros.toString().padStart(7, "0");
  return `${sign}${padded.slice(0, -6)}.${padded.slice(-6)}`;
}

function roundedOff(digits: bigint, places: number): bigint {
  const factor = 10n ** BigInt(places);
  return (digits + factor / 2n) / factor;
}

/** `1521911720.615923` (seconds) as ISO text, or null when it is no such number or outside the years 1 to 9999. */
export function zeekInstant(text: string): string | null {
  const match = EPOCH.exec(plainEpoch(text));
  if (!match) return null;
  const [, sign, seconds, fraction = ""] = match;
  let timeUs = BigInt(seconds!) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
  if (sign) timeUs = -timeUs;
  return timeUs < FIRST_US || timeUs > LAST_US ? null : formatInstant(timeUs);
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Reads a Zeek log in its text form, whatever its separators; one reader an input. */
export class ZeekReader {
  private separator = "\t";
  private setSeparator = ",";
  private emptyField = "(empty)";
  private unsetField = "-";
  private path: string;
  private names: string[] = [];
  private types: string[] | null = null;
  private fields: ZeekField[] | null = null;
  private keys: string[] = [];
  private readonly taker: ZeekTaker;

  /** @param fallbackPath the log's type when it has no `#path`. */
  constructor(fallbackPath: string, taker: ZeekTaker) {
    this.path = fallbackPath;
    this.taker = taker;
  }

  line(line: number, text: string): void {
    if (text.startsWith("#")) {
      this.directive(text);
      return;
    }
    if (this.names.length === 0) {
      this.taker.reject(line, "zeek.no-fields", "a row comes before any #fields line", text);
      return;
    }
    if (this.fields === null) this.begin();
    const fields = this.fields!;
    const values = text.split(this.separator);
    if (values.length !== fields.length) {
      const code = values.length > fields.length ? "zeek.too-many-columns" : "zeek.too-few-columns";
      this.taker.reject(line, code, `${values.length} columns where #fields names ${fields.length}`, text);
      return;
    }
    let json = "{";
    if (!this.names.includes("_path")) json += `"_path":${JSON.stringify(this.path)}`;
    for (let i = 0; i < values.length; i++) {
      const value = this.value(values[i]!, fields[i]!.zeekType, fields[i]!.name);
      if (value !== null) json += `${json.length > 1 ? "," : ""}${this.keys[i]}:${value}`;
    }
    this.taker.row(line, `${json}}`);
  }

  private directive(text: string): void {
    if (text.startsWith("#separator")) {
      const given = text.slice("#separator".length).replace(/^[ \t]/, "");
      this.separator = unescapeHex(given) || "\t";
      return;
    }
    const match = /^#(set_separator|empty_field|unset_field|path|fields|types|close|open)/.exec(text);
    if (!match) return;
    const name = match[1]!;
    let rest = text.slice(match[0].length);
    if (rest.startsWith(this.separator)) rest = rest.slice(this.separator.length);
    else if (/^[ \t]/.test(rest)) rest = rest.slice(1);
    else return;
    if (name === "set_separator") this.setSeparator = unescapeHex(rest) || ",";
    else if (name === "empty_field") this.emptyField = rest;
    else if (name === "unset_field") this.unsetField = rest;
    else if (name === "path") this.path = rest;
    else if (name === "fields") {
      this.names = uniqueNames(rest.split(this.separator).map(unescapeHex));
      this.types = null;
      this.fields = null;
    } else if (name === "types") {
      const types = rest.split(this.separator);
      this.types = types.length === this.names.length ? types : null;
      this.fields = null;
    }
  }

  private begin(): void {
    this.fields = this.names.map((name, i) => {
      const zeekType = this.types?.[i] ?? "";
      return { name, zeekType, type: columnType(zeekType) };
    });
    this.keys = this.names.map((name) => JSON.stringify(name));
    this.taker.header(this.path, this.fields);
  }

  private value(raw: string, zeekType: string, name: string): string | null {
    if (raw === this.unsetField) return null;
    const inner = /^(?:set|vector|table)\[(.*)\]$/.exec(zeekType);
    if (inner) {
      if (raw === this.emptyField || raw === "") return "[]";
      const items = raw.split(this.setSeparator).map((item) => this.value(item, inner[1]!, "") ?? "null");
      return `[${items.join(",")}]`;
    }
    if (raw === this.emptyField) return '""';
    switch (zeekType) {
      case "time":
        return JSON.stringify(zeekInstant(raw) ?? raw);
      case "bool":
        if (raw === "T") return "true";
        if (raw === "F") return "false";
        return JSON.stringify(unescapeZeek(raw));
      case "count":
      case "int":
      case "port":
        return INTEGER.test(raw) ? raw : JSON.stringify(unescapeZeek(raw));
      case "double":
      case "interval":
        if (INTEGER.test(raw)) return `${raw}.0`;
        return DECIMAL.test(raw) ? raw : JSON.stringify(unescapeZeek(raw));
      case "":
        if (name === "ts") return JSON.stringify(zeekInstant(raw) ?? raw);
        return JSON.stringify(unescapeZeek(raw));
      default:
        return JSON.stringify(unescapeZeek(raw));
    }
  }
}

/** Names with the second and later of the same one told apart: `a`, `a_2`. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name, i) => {
    let unique = name === "" ? `column_${i + 1}` : name;
    if (seen.has(unique)) {
      let n = 2;
      while (taken.has(`${unique}_${n}`) || seen.has(`${unique}_${n}`)) n++;
      unique = `${unique}_${n}`;
    }
    seen.add(unique);
    return unique;
  });
}
