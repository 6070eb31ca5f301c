import type { HuntFunction } from "../hunt-function.ts";

export const DOMAIN_FUNCTIONS: readonly HuntFunction[] = [
  {
    name: "url_host",
    signature: "url_host(url VARCHAR) -> VARCHAR",
    summary: "The host of a URL (or of host:port) in lower case, without user, port, brackets and last dot.",
    example: "url_host('https://user@WWW.Evil.example:8443/a?b')",
    result: "www.evil.example",
    kind: "scalar",
  },
  {
    name: "public_suffix",
    signature: "public_suffix(host VARCHAR) -> VARCHAR",
    summary:
      "The public suffix of a host or URL by the ICANN rules of the Public Suffix List; NULL for addresses and for what is no host.",
    example: "public_suffix('cdn.evil.co.uk')",
    result: "co.uk",
    kind: "scalar",
  },
  {
    name: "registered_domain",
    signature: "registered_domain(host VARCHAR) -> VARCHAR",
    summary:
      "The domain that somebody registered: the public suffix and one label more. Takes hosts and URLs.",
    example: "registered_domain('https://a.b.evil.co.uk/x')",
    result: "evil.co.uk",
    kind: "scalar",
  },
];
