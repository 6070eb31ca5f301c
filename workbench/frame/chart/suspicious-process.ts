import { baseName, type ProcessNode } from "./process-forest.ts";

const OFFICE = new Set([
  "winword.exe",
  "excel.exe",
  "powerpnt.exe",
  "outlook.exe",
  "onenote.exe",
  "mspub.exe",
  "visio.exe",
]);
const BROWSERS = new Set(["chrome.exe", "msedge.exe", "firefox.exe", "acrord32.exe", "acrobat.exe"]);
const SERVERS = new Set([
  "w3wp.exe",
  "httpd.exe",
  "nginx.exe",
  "tomcat.exe",
  "sqlservr.exe",
  "httpd",
  "nginx",
  "apache2",
  "php-fpm",
  "java",
]);
const SHELLS = new Set([
  ...[
    "cmd.exe",
    "powershell.exe",
    "pwsh.exe",
    "wscript.exe",
    "cscript.exe",
    "mshta.exe",
    "rundll32.exe",
    "regsvr32.exe",
  ],
  ...["sh", "bash", "dash", "zsh", "python", "python3", "perl"],
]);
/** Windows processes and the only parent that starts them. */
const ONLY_PARENT: Readonly<Record<string, readonly string[]>> = {
  "svchost.exe": ["services.exe", "msmpeng.exe"],
  "lsass.exe": ["wininit.exe"],
  "services.exe": ["wininit.exe"],
  "taskhostw.exe": ["svchost.exe"],
};

/**
 * Why a process deserves a look, by what hunters look for first: a shell below an office program, a browser or a server;
 * a system process with a parent that never starts it; command lines that hide, dump or fetch. Null for the rest. A
 * reason is a place to look, never a verdict.
 */
export function suspicionOf(node: ProcessNode): string | null {
  if (!node.start) return null;
  const name = baseName(node.image);
  const parent = node.parent ? baseName(node.parent.image) : "";
  const line = node.start.commandLine;
  if (SHELLS.has(name) && OFFICE.has(parent)) return "a shell started by an office program";
  if (SHELLS.has(name) && SERVERS.has(parent)) return "a shell started by a server";
  if (SHELLS.has(name) && BROWSERS.has(parent)) return "a shell started by a browser or reader";
  if (SHELLS.has(name) && parent === "wmiprvse.exe") return "a shell started by WMI";
  const expected = ONLY_PARENT[name];
  if (expected && parent !== "" && !expected.includes(parent)) return `${name} started by ${parent}`;
  if (/\s[-/]e(n|nc|nco|ncod|ncode|ncoded|c|ncodedc\w*)?\s+[A-Za-z0-9+/=]{16,}/i.test(line))
    return "an encoded command";
  if (/comsvcs(\.dll)?[\s,]+(#?24|minidump)/i.test(line) || /procdump.*lsass/i.test(line))
    return "a dump of credentials";
  if (/certutil.*(-|\/)(urlcache|decode)/i.test(line)) return "certutil fetches or decodes";
  if (/bitsadmin.*\/transfer/i.test(line)) return "bitsadmin fetches a file";
  if (
    /(downloadstring|downloadfile|invoke-webrequest|frombase64string)/i.test(line) &&
    /powershell|pwsh/.test(name)
  )
    return "PowerShell fetches or decodes";
  if (/vssadmin.*delete\s+shadows|wmic.*shadowcopy.*delete/i.test(line)) return "shadow copies deleted";
  if (/(curl|wget)\s.*\|\s*(ba|da|z)?sh\b/i.test(line)) return "a download piped into a shell";
  return null;
}
