import type { HuntFunction } from "../hunt-function.ts";

export const INDICATOR_FUNCTIONS: readonly HuntFunction[] = [
  {
    name: "refang",
    signature: "refang(text VARCHAR) -> VARCHAR",
    summary: "Makes defanged indicators whole again: hxxp, [.], (.), {.}, [dot], [:], [://], [@], [at], [/].",
    example: "refang('hxxps://evil[.]example/a')",
    result: "https://evil.example/a",
    kind: "scalar",
  },
  {
    name: "defang",
    signature: "defang(text VARCHAR) -> VARCHAR",
    summary:
      "Makes links and addresses safe to paste: http becomes hxxp, each dot or @ before a letter or digit gets brackets.",
    example: "defang('http://evil.example/a')",
    result: "hxxp://evil[.]example/a",
    kind: "scalar",
  },
  {
    name: "extract_urls",
    signature: "extract_urls(text VARCHAR) -> VARCHAR[]",
    summary: "http, https and ftp addresses in a text, defanged ones too; sorted, each once.",
    example: "extract_urls('see hxxp://a[.]example/x and https://b.example.')",
    result: "['http://a.example/x', 'https://b.example']",
    kind: "scalar",
  },
  {
    name: "extract_ips",
    signature: "extract_ips(text VARCHAR) -> VARCHAR[]",
    summary: "IPv4 and IPv6 addresses in a text, defanged ones too; sorted, each once, as written.",
    example: "extract_ips('10.0.0.7 to 2001:db8::1 and 203[.]0[.]113[.]9')",
    result: "[10.0.0.7, '2001:db8::1', 203.0.113.9]",
    kind: "scalar",
  },
  {
    name: "extract_domains",
    signature: "extract_domains(text VARCHAR) -> VARCHAR[]",
    summary:
      "Domain names in a text, of URLs and e-mail addresses too, whose public suffix exists; file names in paths are left out.",
    example: "extract_domains('C:\\run.sh asked cdn.evil[.]co.uk and a@mail.example.com')",
    result: "[cdn.evil.co.uk, mail.example.com]",
    kind: "scalar",
  },
  {
    name: "extract_emails",
    signature: "extract_emails(text VARCHAR) -> VARCHAR[]",
    summary: "E-mail addresses in a text in lower case, defanged ones too; sorted, each once.",
    example: "extract_emails('From: Eve@Evil[.]example')",
    result: "[eve@evil.example]",
    kind: "scalar",
  },
  {
    name: "extract_hashes",
    signature: "extract_hashes(text VARCHAR) -> VARCHAR[]",
    summary: "MD5, SHA-1 and SHA-256 in a text in lower case; sorted, each once.",
    example: "extract_hashes('MD5=D41D8CD98F00B204E9800998ECF8427E,x=1')",
    result: "[d41d8cd98f00b204e9800998ecf8427e]",
    kind: "scalar",
  },
  {
    name: "extract_cves",
    signature: "extract_cves(text VARCHAR) -> VARCHAR[]",
    summary: "CVE numbers in a text in upper case; sorted, each once.",
    example: "extract_cves('exploits cve-2021-44228')",
    result: "[CVE-2021-44228]",
    kind: "scalar",
  },
  {
    name: "extract_indicators",
    signature: "extract_indicators(text VARCHAR) -> STRUCT(kind VARCHAR, value VARCHAR)[]",
    summary: "Every indicator in a text with its kind: cve, domain, email, ip, md5, sha1, sha256, url.",
    example: "extract_indicators('hxxp://evil[.]com/a from 203.0.113.9')",
    result:
      "[{'kind': domain, 'value': evil.com}, {'kind': ip, 'value': 203.0.113.9}, {'kind': url, 'value': 'http://evil.com/a'}]",
    kind: "scalar",
  },
  {
    name: "indicators",
    signature: "indicators(text VARCHAR) -> TABLE(kind VARCHAR, value VARCHAR)",
    summary:
      "Every indicator in a text as a row; after a table in FROM it runs for each of its rows (FROM mail, indicators(mail.body)).",
    example: "indicators('evil.com, CVE-2021-44228')",
    result: "cve CVE-2021-44228; domain evil.com",
    kind: "table",
  },
];
