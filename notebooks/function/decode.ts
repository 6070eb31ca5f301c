/** Browser-safe: pure functions, and SQL that makes the same ones. */
import { type HuntMacro, letIn, macro, patternText } from "./hunt-function.ts";

const UTF8_HEX =
  /(?:[0-7][0-9A-F]|(?:C[2-9A-F]|D[0-9A-F])[89AB][0-9A-F]|E0[AB][0-9A-F][89AB][0-9A-F]|E[1-9ABCEF](?:[89AB][0-9A-F]){2}|ED[89][0-9A-F][89AB][0-9A-F]|F0[9AB][0-9A-F](?:[89AB][0-9A-F]){2}|F[1-3](?:[89AB][0-9A-F]){3}|F48[0-9A-F](?:[89AB][0-9A-F]){2})*/;
const BASE64 = /[A-Za-z0-9+/]*={0,2}/;
const BASE64URL = /[A-Za-z0-9_-]*={0,2}/;
const SPACE = /[ \t\r\n]+/;
const HEX = /(?:[0-9A-Fa-f][0-9A-Fa-f])*/;
const HEX_FILLER = /0[xX]|\\[xX]|[ ,:\t\r\n-]/;
const ENCODED_COMMAND =
  /(?:^|[ \t])[-/][eE](?:[cC]|[nN](?:[cC](?:[oO](?:[dD](?:[eE](?:[dD](?:[cC](?:[oO](?:[mM](?:[mM](?:[aA](?:[nN][dD]?)?)?)?)?)?)?)?)?)?)?)?)?[ \t:]+["']?([A-Za-z0-9+/]{4,}={0,2})/;
/** One character beyond ASCII as percent-encoded UTF-8. */
const PERCENT_UTF8 =
  /%(?:(?:[cC][2-9a-fA-F]|[dD][0-9a-fA-F])%[89abAB][0-9a-fA-F]|[eE]0%[abAB][0-9a-fA-F]%[89abAB][0-9a-fA-F]|[eE][1-9abcefABCEF](?:%[89abAB][0-9a-fA-F]){2}|[eE][dD]%[89][0-9a-fA-F]%[89abAB][0-9a-fA-F]|[fF]0%[9abAB][0-9a-fA-F](?:%[89abAB][0-9a-fA-F]){2}|[fF][1-3](?:%[89abAB][0-9a-fA-F]){3}|[fF]4%8[0-9a-fA-F](?:%[89abAB][0-9a-fA-F]){2})/;
const PERCENT_HIGH = /%[89a-fA-F][0-9a-fA-F]/;

const SURROGATE_AWARE = `list_transform(__units, lambda __unit, __at: CASE
  WHEN __unit BETWEEN 55296 AND 56319 AND coalesce(__units[__at + 1] BETWEEN 56320 AND 57343, false)
    THEN chr(65536 + (__unit - 55296) * 1024 + __units[__at + 1] - 56320)
  WHEN __unit BETWEEN 56320 AND 57343 AND __at > 1 AND coalesce(__units[__at - 1] BETWEEN 55296 AND 56319, false) THEN ''
  WHEN __unit BETWEEN 55296 AND 57343 THEN chr(65533)
  ELSE chr(__unit) END)`;

export const DECODE_MACROS: readonly HuntMacro[] = [
  macro(
    "hunt_utf8",
    ["__bytes"],
    letIn(
      "__utf8",
      "__bytes",
      `CASE WHEN regexp_full_match(hex(__utf8), ${patternText(UTF8_HEX)}) THEN decode(__utf8) END`,
    ),
  ),
  macro(
    "hunt_utf16",
    ["__bytes"],
    letIn(
      "__utf16",
      "hex(__bytes)",
      `CASE
        WHEN regexp_full_match(__utf16, '(?:[0-7][0-9A-F]00)*') THEN decode(unhex(regexp_replace(__utf16, '(..)00', '\\1', 'g')))
        WHEN length(__utf16) % 4 = 0 THEN ${letIn(
          "__units",
          "list_transform(regexp_extract_all(__utf16, '....'), lambda __word: ('0x' || __word[3:4] || __word[1:2])::INTEGER)",
          `array_to_string(${SURROGATE_AWARE}, '')`,
        )}
      END`,
    ),
  ),
  macro(
    "hunt_base64_bytes",
    ["__text", "__pattern"],
    letIn(
      "__packed",
      `regexp_replace(__text, ${patternText(SPACE)}, '', 'g')`,
      `CASE WHEN regexp_full_match(__packed, __pattern) AND length(rtrim(__packed, '=')) % 4 <> 1 THEN ${letIn(
        "__letters",
        "translate(rtrim(__packed, '='), '-_', '+/')",
        "from_base64(__letters || CASE length(__letters) % 4 WHEN 2 THEN '==' WHEN 3 THEN '=' ELSE '' END)",
      )} END`,
    ),
  ),
  macro("decode_base64", ["__text"], `hunt_utf8(hunt_base64_bytes(__text, ${patternText(BASE64)}))`, [
    "hunt_utf8",
    "hunt_base64_bytes",
  ]),
  macro("decode_base64url", ["__text"], `hunt_utf8(hunt_base64_bytes(__text, ${patternText(BASE64URL)}))`, [
    "hunt_utf8",
    "hunt_base64_bytes",
  ]),
  macro("decode_base64_utf16", ["__text"], `hunt_utf16(hunt_base64_bytes(__text, ${patternText(BASE64)}))`, [
    "hunt_utf16",
    "hunt_base64_bytes",
  ]),
  macro(
    "decode_powershell",
    ["__text"],
    `decode_base64_utf16(nullif(regexp_extract(__text, ${patternText(ENCODED_COMMAND)}, 1), ''))`,
    ["decode_base64_utf16"],
  ),
  macro(
    "decode_hex",
    ["__text"],
    letIn(
      "__digits",
      `regexp_replace(__text, ${patternText(HEX_FILLER)}, '', 'g')`,
      `CASE WHEN regexp_full_match(__digits, ${patternText(HEX)}) THEN hunt_utf8(unhex(__digits)) END`,
    ),
    ["hunt_utf8"],
  ),
  macro(
    "decode_url",
    ["__text"],
    letIn(
      "__encoded",
      "__text",
      `CASE WHEN NOT regexp_matches(regexp_replace(__encoded, ${patternText(PERCENT_UTF8)}, '.', 'g'), ${patternText(PERCENT_HIGH)})
        THEN url_decode(__encoded) END`,
    ),
  ),
];

function whole(pattern: RegExp): RegExp {
  return new RegExp(`^(?:${pattern.source})$`);
}

function every(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, "g");
}

function utf8(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function utf16(bytes: Uint8Array | null): string | null {
  if (bytes === null || bytes.length % 2 !== 0) return null;
  return new TextDecoder("utf-16le", { ignoreBOM: true }).decode(bytes);
}

function base64Bytes(text: string, pattern: RegExp): Uint8Array | null {
  const packed = text.replace(every(SPACE), "");
  if (!whole(pattern).test(packed)) return null;
  const letters = packed.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
  if (letters.length % 4 === 1) return null;
  return Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
}

/** As `decode_base64` in SQL. */
export function decodeBase64(text: string | null): string | null {
  return text === null ? null : utf8(base64Bytes(text, BASE64));
}

/** As `decode_base64url` in SQL. */
export function decodeBase64url(text: string | null): string | null {
  return text === null ? null : utf8(base64Bytes(text, BASE64URL));
}

/** As `decode_base64_utf16` in SQL. */
export function decodeBase64Utf16(text: string | null): string | null {
  return text === null ? null : utf16(base64Bytes(text, BASE64));
}

/** As `decode_powershell` in SQL. */
export function decodePowershell(commandLine: string | null): string | null {
  return commandLine === null ? null : decodeBase64Utf16(ENCODED_COMMAND.exec(commandLine)?.[1] ?? null);
}

/** As `decode_hex` in SQL. */
export function decodeHex(text: string | null): string | null {
  if (text === null) return null;
  const digits = text.replace(every(HEX_FILLER), "");
  if (!whole(HEX).test(digits)) return null;
  return utf8(Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}

/** As `decode_url` in SQL. */
export function decodeUrl(text: string | null): string | null {
  if (text === null || PERCENT_HIGH.test(text.replace(every(PERCENT_UTF8), "."))) return null;
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => decodeURIComponent(run));
}
