/** Values of a Sigma item on their way through its modifiers. Browser-safe: pure functions only. */
import { type GlobPart, globParts } from "../condition/glob.ts";
import type { SigmaValue } from "./sigma-rule.ts";

/** A text with wildcards; `bytes` where each of its characters stands for one byte (after `wide` and its like). */
export interface TextValue {
  readonly parts: readonly GlobPart[];
  readonly bytes: boolean;
}

/** Why a modifier cannot be applied: one sentence and what to do. */
export interface ValueRefusal {
  readonly message: string;
  readonly remedy: string;
}

const ANY: GlobPart = { wildcard: "*" };
const DASHES = "-/\u2013\u2014\u2015";
const DASH = new RegExp(`(?<![\\p{L}\\p{N}_])[${DASHES}](?=[\\p{L}\\p{N}_])`, "gu");
/** More combinations of dashes than that become one regular expression. */
export const MAXIMUM_DASH_TEXTS = 25;

export function textValue(value: SigmaValue): TextValue {
  return { parts: globParts(String(value)), bytes: false };
}

export function isAny(part: GlobPart | undefined): boolean {
  return typeof part === "object" && part.wildcard === "*";
}

/** The value with `*` before it, after it or both, where it has none yet. */
export function surrounded({ parts, bytes }: TextValue, before: boolean, after: boolean): TextValue {
  const begun = before && !isAny(parts[0]) ? [ANY, ...parts] : parts;
  return { parts: after && !isAny(begun.at(-1)) ? [...begun, ANY] : begun, bytes };
}

/** Every way of writing the dashes before words; null when there are too many. */
export function dashed({ parts, bytes }: TextValue): TextValue[] | null {
  let ways: GlobPart[][] = [[]];
  for (const part of parts) {
    const options = typeof part === "string" ? dashedText(part) : [part];
    if (options === null || ways.length * options.length > MAXIMUM_DASH_TEXTS) return null;
    ways = ways.flatMap((way) => options.map((option) => [...way, option]));
  }
  return ways.map((way) => ({ parts: way, bytes }));
}

function dashedText(text: string): string[] | null {
  const pieces = text.split(DASH);
  const written = text.match(DASH) ?? [];
  if (DASHES.length ** written.length > MAXIMUM_DASH_TEXTS) return null;
  let ways = [pieces[0]!];
  for (const [index, own] of written.entries()) {
    const signs = [own, ...[...DASHES].filter((sign) => sign !== own)];
    ways = ways.flatMap((way) => signs.map((sign) => way + sign + pieces[index + 1]!));
  }
  return ways;
}

/** A regular expression that says the same as the pattern, with any dash where one stands before a word. */
export function dashedRegex({ parts }: TextValue): string {
  const plain = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, "\\$&");
  const inner = parts.map((part) => {
    if (typeof part !== "string") return part.wildcard === "*" ? ".*" : ".";
    const pieces = part.split(DASH).map(plain);
    return pieces.join("[-/\u2013\u2014\u2015]");
  });
  return `^${inner.join("")}$`;
}

/** The value in UTF-16; wildcards stay. */
export function utf16({ parts }: TextValue, order: "le" | "be", mark: boolean): TextValue {
  const encode = (text: string): string => {
    let bytes = "";
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const [low, high] = [String.fromCharCode(unit & 0xff), String.fromCharCode(unit >> 8)];
      bytes += order === "le" ? low + high : high + low;
    }
    return bytes;
  };
  const encoded = parts.map((part) => (typeof part === "string" ? encode(part) : part));
  const marked = mark ? ["\u00ff\u00fe", ...encoded] : encoded;
  return { parts: joinedParts(marked), bytes: true };
}

/** The value as Base64. */
export function base64(value: TextValue): TextValue | ValueRefusal {
  const bytes = bytesOf(value);
  return bytes ? plainText(encodeBase64(bytes)) : noWildcards("base64");
}

/** The three texts, one for each place in three, that stay the same wherever the value lies in a Base64 text. */
export function base64Offsets(value: TextValue): TextValue[] | ValueRefusal {
  const bytes = bytesOf(value);
  if (!bytes) return noWildcards("base64offset");
  return [0, 1, 2].map((offset) => {
    const shifted = new Uint8Array(offset + bytes.length);
    shifted.set(bytes, offset);
    const text = encodeBase64(shifted);
    const start = [0, 2, 3][offset]!;
    const end = [0, -3, -2][(offset + bytes.length) % 3]!;
    return plainText(end === 0 ? text.slice(start) : text.slice(start, end));
  });
}

function bytesOf({ parts, bytes }: TextValue): Uint8Array | null {
  if (!parts.every((part) => typeof part === "string")) return null;
  const text = parts.join("");
  return bytes
    ? Uint8Array.from(text, (character) => character.charCodeAt(0))
    : new TextEncoder().encode(text);
}

function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function plainText(text: string): TextValue {
  return { parts: text === "" ? [] : [text], bytes: false };
}

function joinedParts(parts: readonly GlobPart[]): GlobPart[] {
  const joined: GlobPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else if (part !== "") joined.push(part);
  }
  return joined;
}

function noWildcards(modifier: string): ValueRefusal {
  return {
    message: `\`${modifier}\` cannot encode a value with wildcards.`,
    remedy: `Write \`contains\` after \`${modifier}\`, and escape a \`*\` or \`?\` that is meant with a backslash.`,
  };
}
