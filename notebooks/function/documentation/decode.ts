import type { HuntFunction } from "../hunt-function.ts";

export const DECODE_FUNCTIONS: readonly HuntFunction[] = [
  {
    name: "decode_base64",
    signature: "decode_base64(text VARCHAR) -> VARCHAR",
    summary:
      "Text that Base64 hides, as UTF-8. Missing padding and white space are forgiven; NULL when it is no Base64 or no text.",
    example: "decode_base64('aHR0cDovL2V2aWwuZXhhbXBsZS9h')",
    result: "http://evil.example/a",
    kind: "scalar",
  },
  {
    name: "decode_base64url",
    signature: "decode_base64url(text VARCHAR) -> VARCHAR",
    summary: "As decode_base64, in the alphabet of URLs and JSON Web Tokens (- and _ for + and /).",
    example: "decode_base64url('eyJhbGciOiJub25lIn0')",
    result: '{"alg":"none"}',
    kind: "scalar",
  },
  {
    name: "decode_base64_utf16",
    signature: "decode_base64_utf16(text VARCHAR) -> VARCHAR",
    summary:
      "Base64 of UTF-16LE, as PowerShell takes it. Half a surrogate pair becomes U+FFFD; NULL for an odd number of bytes.",
    example: "decode_base64_utf16('dwBoAG8AYQBtAGkA')",
    result: "whoami",
    kind: "scalar",
  },
  {
    name: "decode_powershell",
    signature: "decode_powershell(command_line VARCHAR) -> VARCHAR",
    summary:
      "The script behind -EncodedCommand, -enc, -e and every other short form in a command line; NULL when there is none.",
    example: "decode_powershell('powershell.exe -nop -w hidden -enc dwBoAG8AYQBtAGkA')",
    result: "whoami",
    kind: "scalar",
  },
  {
    name: "decode_hex",
    signature: "decode_hex(text VARCHAR) -> VARCHAR",
    summary:
      "Text written as hexadecimal bytes, also with 0x, \\x, spaces, commas, colons or dashes; NULL when it is none.",
    example: "decode_hex('0x77 68 6f 61 6d 69')",
    result: "whoami",
    kind: "scalar",
  },
  {
    name: "decode_url",
    signature: "decode_url(text VARCHAR) -> VARCHAR",
    summary:
      "Percent-encoded text, once. A stray % stays as it is; NULL when the bytes are no UTF-8. Repeat it for double encoding.",
    example: "decode_url('cmd%2Eexe%20/c%20whoami')",
    result: "cmd.exe /c whoami",
    kind: "scalar",
  },
];
