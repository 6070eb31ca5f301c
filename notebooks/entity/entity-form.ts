/** What a value may be by its form, and when two spellings name the same entity. Browser-safe: no imports of values. */
import type { EntityKind } from "../../connectors/source/source.ts";

const LONGEST_ENTITY = 4096;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;
const IPV6 = /^(?=.*:.*:)[0-9a-f:]{2,39}(?:(?::|%)[0-9a-z.]{1,20})?$/i;
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i;
const HASH_LIST = /(?:^|,)\s*(SHA512|SHA256|SHA1|MD5|IMPHASH)=([0-9a-f]{32,128})/gi;
const URL_FORM = /^[a-z][a-z0-9+.-]{1,20}:\/\/\S+$/i;
const MAIL = /^[^\s@\\/]+@[^\s@\\/]+\.[^\s@\\/]+$/;
const DOWN_LEVEL_USER = /^[^\s\\/:@][^\\/:@]{0,40}\\[^\\/:@]{1,104}$/;
const ARN = /^arn:[a-z-]*:(?:iam|sts)::\d*:/i;
const WINDOWS_PATH = /^(?:[a-z]:\\|\\\\|%[a-z]+%\\)/i;
const EXECUTABLE = /^[\w .()-]{1,80}\.(?:exe|dll|sys|ps1|bat|cmd|vbs|js|scr|msi|sh|py)$/i;
const GUID = /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i;
const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const DOMAIN = new RegExp(`^(?=.{3,253}\\.?$)(?:${LABEL}\\.)+[a-z][a-z0-9-]{1,62}\\.?$`, "i");
const HOST = /^[a-z0-9][a-z0-9_-]{0,62}$/i;
/** Accounts of the machine itself: the same name elsewhere is somebody else. */
const LOCAL_AUTHORITY =
  /^(?:nt authority|nt service|builtin|window manager|font driver host|iis apppool|nt virtual machine)$/i;

/** The strongest digest of `SHA1=…,MD5=…,SHA256=…`, or the text when it is a digest itself; null when there is none. */
export function hashIn(text: string): string | null {
  const whole = text.trim();
  if (HASH.test(whole)) return whole.toLowerCase();
  let best: { readonly name: string; readonly digest: string } | null = null;
  for (const [, name = "", digest = ""] of whole.slice(0, LONGEST_ENTITY).matchAll(HASH_LIST)) {
    const named = name.toUpperCase();
    if (named === "IMPHASH" && best !== null) continue;
    if (best === null || best.name === "IMPHASH" || digest.length > best.digest.length)
      best = { name: named, digest };
  }
  return best?.digest.toLowerCase() ?? null;
}

/** True for the text of one IPv4 or IPv6 address. */
export function isIp(text: string): boolean {
  return IPV4.test(text) || IPV6.test(text);
}

/** An absolute path of a file: no empty part, nothing that ends in a slash. */
function isUnixPath(text: string): boolean {
  return text.startsWith("/") && text.length > 1 && !text.endsWith("/") && !/\/[/\s]/.test(text);
}

/** The kinds that a value may be by its form alone, the likeliest first; empty for what looks like none. */
export function kindsByForm(text: string): EntityKind[] {
  const value = text.trim();
  if (value === "" || value === "-" || value.length > LONGEST_ENTITY) return [];
  if (isIp(value)) return ["ip"];
  if (hashIn(value) !== null) return ["hash"];
  if (GUID.test(value)) return ["process"];
  if (URL_FORM.test(value)) return ["url"];
  if (MAIL.test(value) || ARN.test(value)) return ["user"];
  if (WINDOWS_PATH.test(value) || isUnixPath(value)) return ["file", "process"];
  if (DOWN_LEVEL_USER.test(value)) return ["user"];
  if (EXECUTABLE.test(value)) return ["file", "process"];
  if (DOMAIN.test(value)) return ["domain", "host"];
  if (HOST.test(value) && /[a-z]/i.test(value)) return ["host", "user"];
  return [];
}

/** The account's bare name: `LANTERN\anna`, `anna@lantern.example` and `arn:…:user/anna` are `anna`. */
export function accountName(text: string): string {
  const lower = text.trim().toLowerCase();
  if (lower.includes("\\")) return lower.slice(lower.lastIndexOf("\\") + 1);
  if (lower.startsWith("arn:"))
    return lower.slice(Math.max(lower.lastIndexOf("/"), lower.lastIndexOf(":")) + 1);
  if (MAIL.test(lower)) return lower.slice(0, lower.indexOf("@"));
  return lower;
}

/** True for `NT AUTHORITY\SYSTEM` and its like: accounts that only mean something on their own machine. */
export function isLocalAccount(text: string): boolean {
  const at = text.indexOf("\\");
  return at > 0 && LOCAL_AUTHORITY.test(text.slice(0, at).trim());
}

/**
 * One text for all spellings of an entity that are certainly the same: the kind's letter case, a host without its
 * domain, an account without its authority, the strongest digest of a list of hashes.
 */
export function canonicalEntity(kind: EntityKind, value: string): string {
  const text = value.trim();
  switch (kind) {
    case "host": {
      const lower = text.toLowerCase().replace(/^\\\\/, "").replace(/\.$/, "");
      return isIp(lower) ? lower : (lower.split(".")[0] ?? lower);
    }
    case "user":
      return isLocalAccount(text) ? text.toLowerCase() : accountName(text);
    case "hash":
      return hashIn(text) ?? text.toLowerCase();
    case "domain":
      return text.toLowerCase().replace(/\.$/, "");
    case "url":
      return text;
    case "ip":
      return text.toLowerCase();
    case "process":
      return text.toLowerCase().replace(/^\{([0-9a-f-]{36})\}$/, "$1");
    case "file":
      return text.toLowerCase();
  }
}
