import type { HuntFunction } from "../hunt-function.ts";

export const IP_FUNCTIONS: readonly HuntFunction[] = [
  {
    name: "cidr_match",
    signature: "cidr_match(ip VARCHAR, cidr VARCHAR) -> BOOLEAN",
    summary:
      "Whether an IPv4 or IPv6 address lies in a range; NULL when either is none. ::ffff:10.0.0.1 counts as 10.0.0.1.",
    example: "cidr_match('10.4.0.9', '10.0.0.0/8')",
    result: "true",
    kind: "scalar",
  },
  {
    name: "is_private_ip",
    signature: "is_private_ip(ip VARCHAR) -> BOOLEAN",
    summary:
      "Whether an address is not routed on the internet: private, shared (100.64/10), loopback, link-local, unique local, unspecified.",
    example: "is_private_ip('172.20.1.1')",
    result: "true",
    kind: "scalar",
  },
  {
    name: "ip_family",
    signature: "ip_family(ip VARCHAR) -> INTEGER",
    summary: "4 or 6; NULL for what is no address.",
    example: "ip_family('2001:db8::1')",
    result: "6",
    kind: "scalar",
  },
  {
    name: "ip_to_number",
    signature: "ip_to_number(ip VARCHAR) -> UHUGEINT",
    summary: "The address as a number, to sort and to join ranges by; IPv6 needs all 128 bits.",
    example: "ip_to_number('10.0.0.1')",
    result: "167772161",
    kind: "scalar",
  },
  {
    name: "cidr_first",
    signature: "cidr_first(cidr VARCHAR) -> UHUGEINT",
    summary:
      "The first address of a range as a number. Join a large lookup ON ip_to_number(ip) BETWEEN cidr_first(cidr) AND cidr_last(cidr).",
    example: "cidr_first('10.0.0.77/24')",
    result: "167772160",
    kind: "scalar",
  },
  {
    name: "cidr_last",
    signature: "cidr_last(cidr VARCHAR) -> UHUGEINT",
    summary: "The last address of a range as a number.",
    example: "cidr_last('10.0.0.77/24')",
    result: "167772415",
    kind: "scalar",
  },
  {
    name: "ip_in_lookup",
    signature: "ip_in_lookup(ip VARCHAR, ranges STRUCT(cidr VARCHAR, label ANY)[]) -> ANY",
    summary:
      "The label of the narrowest range that holds the address, from a lookup of your own: (SELECT list({'cidr': cidr, 'label': team}) FROM networks).",
    example:
      "ip_in_lookup('10.1.2.3', [{'cidr': '10.0.0.0/8', 'label': 'office'}, {'cidr': '10.1.0.0/16', 'label': 'lab'}])",
    result: "lab",
    kind: "scalar",
  },
];
