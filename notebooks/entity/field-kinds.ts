/** The kinds of entity that a field holds by the name it has in common logs. Browser-safe: no imports of values. */
import type { EntityKind } from "../../connectors/source/source.ts";

interface NameRule {
  readonly kinds: readonly EntityKind[];
  /** Against the name's words in lower case, one space between them: `DestinationIp` is `destination ip`. */
  readonly words: RegExp;
}

/** Asked in this order; the first that fits decides. */
const NAME_RULES: readonly NameRule[] = [
  { kinds: ["ip"], words: /(?:^|\s)(?:ip|ipv4|ipv6|ipaddress|ipaddr|ip address|ip addr|ip src|ip dst)$/ },
  {
    kinds: ["ip"],
    words:
      /^(?:.* )?(?:src|dst|source|destination|client|server|remote|local|peer) (?:addr|address)$|^(?:orig|resp) h$/,
  },
  { kinds: ["hash"], words: /(?:^|\s)(?:hash|hashes|md5|sha ?1|sha ?256|sha ?512|imphash)$/ },
  { kinds: ["process"], words: /(?:^|\s)process (?:guid|entity id)$/ },
  { kinds: ["url"], words: /(?:^|\s)(?:url|uri)$|^referr?er$/ },
  { kinds: ["file", "process"], words: /(?:^|\s)(?:image|executable|process name|process path|exe)$/ },
  {
    kinds: ["file"],
    words: /(?:^|\s)(?:filename|file name|filepath|file path|image loaded|image path|object name)$/,
  },
  {
    kinds: ["domain"],
    words:
      /^(?:query|query name|dns query|qname|rrname|server name|sni|tls sni|domain|host header)$|(?:^|\s)fqdn$/,
  },
  {
    kinds: ["host"],
    words:
      /(?:^|\s)(?:hostname|host name|computer|computer name|workstation|workstation name|machine|machine name|device name|agent name)$|^(?:host|(?:source|destination|src|dst|target|client) host|target server name)$/,
  },
  {
    kinds: ["user"],
    words:
      /(?:^|\s)(?:user name|username|account name|accountname|sam account name|user principal name|upn|alternate id|user email|arn)$|^(?:(?:source|target|subject) )?user$|^(?:account|login|user id)$/,
  },
];

/** The words of a name in lower case: `sourceIPAddress` gives `source ip address`. */
function wordsOf(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .replaceAll(/[^A-Za-z0-9]+/g, " ")
    .trim()
    .toLowerCase();
}

/** Kinds by the last part of a field's path; empty where the name says nothing. */
export function kindsByName(path: string): readonly EntityKind[] {
  const words = wordsOf(path.slice(path.lastIndexOf(".") + 1));
  if (words === "" || /^(?:is|has|logon process)\s|\sis\s/.test(words)) return [];
  return NAME_RULES.find((rule) => rule.words.test(words))?.kinds ?? [];
}
