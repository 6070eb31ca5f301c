// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters and white space end a host and a URL
/** Browser-safe: pure functions, and SQL that makes the same ones. */
import { getPublicSuffix, parse } from "tldts";
import { asciiLower } from "./ascii.ts";
import { type HuntMacro, letIn, macro, patternText } from "./hunt-function.ts";
import { IPV4 } from "./ip.ts";

const BARE_IPV6 = /[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*/;
/** The scheme is only one when slashes follow: `host:443` has none. */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//;
const HOST = /^(?:[^/?#\\@]*@)?(?:\[([0-9a-f:.]*)\]|([^/?#\\:@[\]]*))(?::[0-9]*)?(?:[/?#\\]|$)/;
/** What is its own host, so that nothing has to be taken off it. */
const PLAIN_HOST = /[a-z0-9_-]+(?:[.][a-z0-9_-]+)*/;
const BLANK = /[\x00- ]+/;
const HOSTNAME = /(?:[a-z0-9_-]|[^\x00-\x7f])+(?:[.](?:[a-z0-9_-]|[^\x00-\x7f])+)*/;
const DOMAIN_END = /[.](?:[a-z]{2,}|xn--[a-z0-9-]+)$/;

function whole(pattern: RegExp): RegExp {
  return new RegExp(`^(?:${pattern.source})$`);
}

const WHOLE_IPV4 = whole(IPV4);
const WHOLE_IPV6 = whole(BARE_IPV6);
const WHOLE_HOSTNAME = whole(HOSTNAME);

/** As `url_host` in SQL. */
export function urlHost(url: string | null): string | null {
  if (url === null) return null;
  const text = asciiLower(url).replace(new RegExp(BLANK.source, "g"), "");
  if (WHOLE_IPV6.test(text)) return text;
  const match = HOST.exec(text.replace(SCHEME, "").replace(/^\/\//, ""));
  const host = (match?.[1] || match?.[2] || "").replace(/[.]$/, "");
  return host === "" ? null : host;
}

function hostname(host: string | null): string | null {
  const name = urlHost(host);
  return name === null || WHOLE_IPV4.test(name) || !WHOLE_HOSTNAME.test(name) ? null : name;
}

const AS_IT_IS = { extractHostname: false, validateHostname: false, detectIp: false } as const;

/** As `public_suffix` in SQL. */
export function publicSuffix(host: string | null): string | null {
  const name = hostname(host);
  return name === null ? null : getPublicSuffix(name, AS_IT_IS);
}

/** As `registered_domain` in SQL. */
export function registeredDomain(host: string | null): string | null {
  const name = hostname(host);
  if (name === null) return null;
  const suffix = getPublicSuffix(name, AS_IT_IS)!;
  if (suffix === name) return null;
  const before = name.slice(0, name.length - suffix.length - 1);
  return name.slice(before.lastIndexOf(".") + 1);
}

/** Whether a lower-case name is a domain below a suffix of the list. */
export function knownDomain(name: string): boolean {
  if (!WHOLE_HOSTNAME.test(name) || !DOMAIN_END.test(name)) return false;
  const { isIcann, publicSuffix: suffix } = parse(name, AS_IT_IS);
  return isIcann === true && suffix !== name;
}

/** Gives the labels of the longest rule for a name's labels, or NULL; made from the list, see public-suffix-rules.ts. */
export const SUFFIX_RULE_MACRO = "hunt_suffix_rule";

const suffixCount = (rule: string) => `coalesce(${rule}, 1)`;

export const DOMAIN_MACROS: readonly HuntMacro[] = [
  macro(
    "url_host",
    ["__url"],
    letIn(
      "__address",
      `regexp_replace(hunt_lower(__url), ${patternText(BLANK)}, '', 'g')`,
      `CASE WHEN regexp_full_match(__address, ${patternText(PLAIN_HOST)}) THEN __address
        WHEN regexp_full_match(__address, ${patternText(BARE_IPV6)}) THEN __address ELSE ${letIn(
          "__rest",
          `regexp_replace(regexp_replace(__address, ${patternText(SCHEME)}, ''), '^//', '')`,
          `nullif(regexp_replace(regexp_extract(__rest, ${patternText(HOST)}, 1) || regexp_extract(__rest, ${patternText(HOST)}, 2), '[.]$', ''), '')`,
        )} END`,
    ),
    ["hunt_lower"],
  ),
  macro(
    "hunt_labels",
    ["__host"],
    letIn(
      "__name",
      "url_host(__host)",
      `CASE WHEN regexp_full_match(__name, ${patternText(HOSTNAME)}) AND NOT regexp_full_match(__name, ${patternText(IPV4)}) THEN string_split(__name, '.') END`,
    ),
    ["url_host"],
  ),
  macro(
    "public_suffix",
    ["__host"],
    letIn(
      "__split",
      "hunt_labels(__host)",
      letIn(
        "__rule",
        "hunt_suffix_rule(__split)",
        `CASE WHEN __split IS NULL THEN NULL ELSE array_to_string(__split[-${suffixCount("__rule")}:], '.') END`,
      ),
    ),
    ["hunt_labels", SUFFIX_RULE_MACRO],
  ),
  macro(
    "registered_domain",
    ["__host"],
    letIn(
      "__split",
      "hunt_labels(__host)",
      letIn(
        "__rule",
        "hunt_suffix_rule(__split)",
        `CASE WHEN len(__split) > ${suffixCount("__rule")} THEN array_to_string(__split[-(${suffixCount("__rule")} + 1):], '.') END`,
      ),
    ),
    ["hunt_labels", SUFFIX_RULE_MACRO],
  ),
  macro(
    "hunt_is_domain",
    ["__name"],
    letIn(
      "__domain",
      "__name",
      `CASE WHEN regexp_full_match(__domain, ${patternText(HOSTNAME)}) AND regexp_matches(__domain, ${patternText(DOMAIN_END)}) THEN ${letIn(
        "__parts",
        "string_split(__domain, '.')",
        letIn(
          "__rule",
          "hunt_suffix_rule(__parts)",
          `coalesce(__rule IS NOT NULL AND len(__parts) > ${suffixCount("__rule")}, false)`,
        ),
      )} ELSE false END`,
    ),
    [SUFFIX_RULE_MACRO],
  ),
];
