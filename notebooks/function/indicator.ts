// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters and white space end a host and a URL
/** Browser-safe: pure functions, and SQL that makes the same ones. */
import { asciiLower, sortedSet } from "./ascii.ts";
import { knownDomain } from "./domain.ts";
import { type HuntMacro, letIn, macro, patternText } from "./hunt-function.ts";
import { IPV4, parseIp } from "./ip.ts";

const REFANGS: readonly (readonly [RegExp, string])[] = [
  [/[hH][xX][xX][pP]/, "http"],
  [/[fF][xX][pP]:/, "ftp:"],
  [/[[({]:\/\/[\])}]/, "://"],
  [/[[({](?:[.]|[dD][oO][tT])[\])}]/, "."],
  [/[[({](?:@|[aA][tT])[\])}]/, "@"],
  [/[[({]:[\])}]/, ":"],
  [/[[({]\/[\])}]/, "/"],
];
const DEFANG_SCHEME = /[hH][tT][tT][pP]([sS]?:\/\/)/;
const DEFANG_MARK = /([.@])([A-Za-z0-9])/;

const URL_TEXT = /(?:[hH][tT][tT][pP][sS]?|[fF][tT][pP]):\/\/[^\x00-\x20"'<>`{}|\\^]+/;
const URL_TAIL = ".,;:!?)]";
const URL_HOST =
  /(?:[hH][tT][tT][pP][sS]?|[fF][tT][pP]):\/\/(?:[^\x00-\x20"'<>`{}|\\^/?#@]*@)?([A-Za-z0-9_.-]*)[^\x00-\x20"'<>`{}|\\^]*/;
const IPV4_TOKEN = /[0-9A-Za-z_.]+/;
const IPV6_TOKEN = /[0-9A-Za-z_.:]+/;
const DOMAIN_TOKEN = /(?:^|[^A-Za-z0-9_./\\-])([A-Za-z0-9_.-]+)/;
const EMAIL = /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}[.][A-Za-z]{2,24}/;
const HASH_TOKEN = /[0-9A-Za-z_]+/;
const HASH = /[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}/;
const CVE = /[cC][vV][eE]-[0-9]{4}-[0-9]{4,7}/;

const refangBody = REFANGS.reduce(
  (inner, [pattern, text]) => `regexp_replace(${inner}, ${patternText(pattern)}, '${text}', 'g')`,
  "__text",
);

function sortedList(expression: string): string {
  return `list_sort(list_distinct(${expression}))`;
}

function kindOf(list: string, kind: string): string {
  return `list_transform(${list}, lambda __value: {'kind': ${kind}, 'value': __value})`;
}

const HASH_KIND = "CASE length(__value) WHEN 32 THEN 'md5' WHEN 40 THEN 'sha1' ELSE 'sha256' END";

export const INDICATOR_MACROS: readonly HuntMacro[] = [
  macro("refang", ["__text"], refangBody),
  macro(
    "defang",
    ["__text"],
    `regexp_replace(regexp_replace(__text, ${patternText(DEFANG_SCHEME)}, 'hxxp\\1', 'g'), ${patternText(DEFANG_MARK)}, '[\\1]\\2', 'g')`,
  ),
  macro(
    "hunt_urls",
    ["__text"],
    sortedList(
      `list_transform(regexp_extract_all(__text, ${patternText(URL_TEXT)}), lambda __url: rtrim(__url, '${URL_TAIL}'))`,
    ),
  ),
  macro(
    "hunt_ips",
    ["__text"],
    sortedList(
      letIn(
        "__ip_text",
        "__text",
        `CASE WHEN __ip_text IS NOT NULL THEN list_concat(
          list_filter(list_transform(regexp_extract_all(__ip_text, ${patternText(IPV4_TOKEN)}), lambda __token: trim(__token, '.')),
            lambda __token: regexp_full_match(__token, ${patternText(IPV4)})),
          list_filter(list_transform(regexp_extract_all(__ip_text, ${patternText(IPV6_TOKEN)}), lambda __token: regexp_replace(trim(__token, '.'), '([^:]):$', '\\1')),
            lambda __token: regexp_matches(__token, ':[^:]*:') AND regexp_matches(__token, '[0-9]') AND hunt_ip(__token) IS NOT NULL)) END`,
      ),
    ),
    ["hunt_ip"],
  ),
  macro(
    "hunt_domains",
    ["__text"],
    sortedList(
      `list_filter(list_transform(regexp_extract_all(regexp_replace(__text, ${patternText(URL_HOST)}, ' \\1 ', 'g'), ${patternText(DOMAIN_TOKEN)}, 1),
        lambda __token: trim(hunt_lower(__token), '.-')), lambda __token: hunt_is_domain(__token))`,
    ),
    ["hunt_lower", "hunt_is_domain"],
  ),
  macro(
    "hunt_emails",
    ["__text"],
    sortedList(
      `list_transform(regexp_extract_all(__text, ${patternText(EMAIL)}), lambda __mail: hunt_lower(__mail))`,
    ),
    ["hunt_lower"],
  ),
  macro(
    "extract_hashes",
    ["__text"],
    sortedList(
      `list_transform(list_filter(regexp_extract_all(__text, ${patternText(HASH_TOKEN)}), lambda __token: regexp_full_match(__token, ${patternText(HASH)})), lambda __token: hunt_lower(__token))`,
    ),
    ["hunt_lower"],
  ),
  macro(
    "extract_cves",
    ["__text"],
    sortedList(`list_transform(regexp_extract_all(__text, ${patternText(CVE)}), lambda __cve: upper(__cve))`),
  ),
  ...["urls", "ips", "domains", "emails"].map((kind) =>
    macro(`extract_${kind}`, ["__text"], `hunt_${kind}(refang(__text))`, [`hunt_${kind}`, "refang"]),
  ),
  macro(
    "extract_indicators",
    ["__text"],
    letIn(
      "__report",
      "refang(__text)",
      `CASE WHEN __report IS NOT NULL THEN list_concat(${[
        kindOf("extract_cves(__report)", "'cve'"),
        kindOf("hunt_domains(__report)", "'domain'"),
        kindOf("hunt_emails(__report)", "'email'"),
        kindOf("hunt_ips(__report)", "'ip'"),
        `list_sort(${kindOf("extract_hashes(__report)", HASH_KIND)})`,
        kindOf("hunt_urls(__report)", "'url'"),
      ].join(", ")}) END`,
    ),
    ["refang", "extract_cves", "hunt_domains", "hunt_emails", "hunt_ips", "extract_hashes", "hunt_urls"],
  ),
  {
    name: "indicators",
    needs: ["extract_indicators"],
    create:
      "CREATE OR REPLACE MACRO indicators(__text) AS TABLE SELECT unnest(extract_indicators(__text), recursive := true)",
  },
];

export interface Indicator {
  readonly kind: "cve" | "domain" | "email" | "ip" | "md5" | "sha1" | "sha256" | "url";
  readonly value: string;
}

function every(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, "g");
}

function whole(pattern: RegExp): RegExp {
  return new RegExp(`^(?:${pattern.source})$`);
}

function matches(text: string, pattern: RegExp): string[] {
  return text.match(every(pattern)) ?? [];
}

/** Without the letters of `marks` at the end. A pattern would try each of them anew, which takes its square. */
function withoutEnd(text: string, marks: string): string {
  let to = text.length;
  while (to > 0 && marks.includes(text[to - 1]!)) to -= 1;
  return text.slice(0, to);
}

/** Without the letters of `marks` at both ends. */
function trimmed(text: string, marks: string): string {
  const bare = withoutEnd(text, marks);
  let from = 0;
  while (from < bare.length && marks.includes(bare[from]!)) from += 1;
  return bare.slice(from);
}

/** As `refang` in SQL. */
export function refang(text: string | null): string | null {
  if (text === null) return null;
  return REFANGS.reduce((now, [pattern, replacement]) => now.replace(every(pattern), replacement), text);
}

/** As `defang` in SQL. */
export function defang(text: string | null): string | null {
  if (text === null) return null;
  return text.replace(every(DEFANG_SCHEME), "hxxp$1").replace(every(DEFANG_MARK), "[$1]$2");
}

function urls(text: string): string[] {
  return sortedSet(matches(text, URL_TEXT).map((url) => withoutEnd(url, URL_TAIL)));
}

function ips(text: string): string[] {
  const four = matches(text, IPV4_TOKEN)
    .map((token) => trimmed(token, "."))
    .filter((token) => whole(IPV4).test(token));
  const six = matches(text, IPV6_TOKEN)
    .map((token) => trimmed(token, ".").replace(/([^:]):$/, "$1"))
    .filter((token) => /:[^:]*:/.test(token) && /[0-9]/.test(token) && parseIp(token) !== null);
  return sortedSet([...four, ...six]);
}

function domains(text: string): string[] {
  const bare = text.replace(every(URL_HOST), " $1 ");
  return sortedSet(
    [...bare.matchAll(every(DOMAIN_TOKEN))]
      .map((match) => trimmed(asciiLower(match[1]!), ".-"))
      .filter((token) => knownDomain(token)),
  );
}

function emails(text: string): string[] {
  return sortedSet(matches(text, EMAIL).map(asciiLower));
}

/** As `extract_urls` in SQL. */
export function extractUrls(text: string | null): string[] | null {
  return text === null ? null : urls(refang(text)!);
}

/** As `extract_ips` in SQL. */
export function extractIps(text: string | null): string[] | null {
  return text === null ? null : ips(refang(text)!);
}

/** As `extract_domains` in SQL. */
export function extractDomains(text: string | null): string[] | null {
  return text === null ? null : domains(refang(text)!);
}

/** As `extract_emails` in SQL. */
export function extractEmails(text: string | null): string[] | null {
  return text === null ? null : emails(refang(text)!);
}

/** As `extract_hashes` in SQL. */
export function extractHashes(text: string | null): string[] | null {
  if (text === null) return null;
  return sortedSet(
    matches(text, HASH_TOKEN)
      .filter((token) => whole(HASH).test(token))
      .map(asciiLower),
  );
}

/** As `extract_cves` in SQL. */
export function extractCves(text: string | null): string[] | null {
  return text === null ? null : sortedSet(matches(text, CVE).map((cve) => cve.toUpperCase()));
}

/** As `extract_indicators` in SQL. */
export function extractIndicators(text: string | null): Indicator[] | null {
  if (text === null) return null;
  const report = refang(text)!;
  const hashes = extractHashes(report)!;
  const kinds: readonly (readonly [Indicator["kind"], readonly string[]])[] = [
    ["cve", extractCves(report)!],
    ["domain", domains(report)],
    ["email", emails(report)],
    ["ip", ips(report)],
    ["md5", hashes.filter(({ length }) => length === 32)],
    ["sha1", hashes.filter(({ length }) => length === 40)],
    ["sha256", hashes.filter(({ length }) => length === 64)],
    ["url", urls(report)],
  ];
  return kinds.flatMap(([kind, values]) => values.map((value) => ({ kind, value })));
}
