import type { HuntFunction } from "../hunt-function.ts";

export const TEXT_FUNCTIONS: readonly HuntFunction[] = [
  {
    name: "shannon_entropy",
    signature: "shannon_entropy(text VARCHAR) -> DOUBLE",
    summary:
      "Shannon's entropy of a text's characters in bits for a character: words near 3, random Base64 near 6 when long.",
    example: "shannon_entropy('aabb')",
    result: "1.0",
    kind: "scalar",
  },
  {
    name: "edit_similarity",
    signature: "edit_similarity(left VARCHAR, right VARCHAR) -> DOUBLE",
    summary:
      "1 less the share of bytes that Damerau and Levenshtein's edits (insert, delete, replace, swap) change: 1 is equal, 0 wholly different; NULL beyond 1,000 bytes.",
    example: "edit_similarity('svchost.exe', 'scvhost.exe')",
    result: "0.9090909090909091",
    kind: "scalar",
  },
  {
    name: "lookalike_domain",
    signature: "lookalike_domain(host VARCHAR, known VARCHAR[]) -> VARCHAR",
    summary:
      "The first of your domains that a foreign host imitates: letters that look alike, one edit (two from ten letters on), or its name between dashes. Names under five letters only by look and dashes.",
    example: "lookalike_domain('login.paypa1.com', ['example.org', 'paypal.com'])",
    result: "paypal.com",
    kind: "scalar",
  },
  {
    name: "normalise_command_line",
    signature: "normalise_command_line(command_line VARCHAR) -> VARCHAR",
    summary:
      "A command line to count by: lower case, quotes and carets gone, spaces single; GUIDs, users' folders, addresses, long hexadecimal or Base64 words and numbers as <marks>.",
    example: "normalise_command_line('CMD.exe  /c \"ping 10.0.0.7 -n 4\"')",
    result: "cmd.exe /c ping <ip> -n <n>",
    kind: "scalar",
  },
  {
    name: "path_basename",
    signature: "path_basename(path VARCHAR) -> VARCHAR",
    summary: "The last part of a Windows or Unix path.",
    example: "path_basename('C:\\Windows\\System32\\cmd.exe')",
    result: "cmd.exe",
    kind: "scalar",
  },
  {
    name: "path_dirname",
    signature: "path_dirname(path VARCHAR) -> VARCHAR",
    summary: "All of a Windows or Unix path but the last part; '' when there is nothing before it.",
    example: "path_dirname('C:\\Windows\\System32\\cmd.exe')",
    result: "C:\\Windows\\System32",
    kind: "scalar",
  },
  {
    name: "path_extension",
    signature: "path_extension(path VARCHAR) -> VARCHAR",
    summary:
      "The last extension of a path's last part in lower case, without the dot; '' when there is none.",
    example: "path_extension('/tmp/invoice.pdf.EXE')",
    result: "exe",
    kind: "scalar",
  },
];
