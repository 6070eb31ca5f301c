import {
  decodeBase64,
  decodeBase64Utf16,
  decodeHex,
  decodePowershell,
  decodeUrl,
} from "../../../notebooks/function/decode.ts";
import { defang, refang } from "../../../notebooks/function/indicator.ts";

/** A text seen another way. */
export interface DecodedView {
  readonly name: string;
  readonly text: string;
}

const DECODERS = [
  ["PowerShell command", decodePowershell],
  ["Base64, UTF-16", decodeBase64Utf16],
  ["Base64", decodeBase64],
  ["Hexadecimal", decodeHex],
  ["URL", decodeUrl],
  ["Defanged", defang],
  ["Refanged", refang],
] as const;

/** The decodings of a text that say something new: readable, and not the text itself. */
export function decodedViews(text: string): readonly DecodedView[] {
  if (text.length < 4 || text.length > 1_000_000) return [];
  const seen = new Set([text]);
  return DECODERS.flatMap(([name, decode]) => {
    const decoded = decode(text);
    if (decoded === null || decoded === "" || seen.has(decoded) || !isReadable(decoded)) return [];
    seen.add(decoded);
    return [{ name, text: decoded }];
  });
}

/** Nearly all of it can be read: chance decodings of words are noise. */
function isReadable(text: string): boolean {
  const start = text.slice(0, 2000);
  let readable = 0;
  for (const character of start) {
    const code = character.codePointAt(0)!;
    if ((code >= 0x20 && code < 0x7f) || code === 9 || code === 10 || code === 13) readable += 1;
    else if (code >= 0xa0 && code < 0x2e80) readable += 0.5;
  }
  return readable / Math.max(1, [...start].length) > 0.9;
}
