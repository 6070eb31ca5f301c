/** Events like Sysmon's, some 600 bytes each, drawn from a seed: the same number gives the same event. */

export interface SysmonEvent {
  readonly [key: string]: string | number;
}

/** A small generator of whole numbers (mulberry32). */
export function draws(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

const FOLDERS = [
  "C:\\Windows\\System32\\",
  "C:\\Windows\\SysWOW64\\",
  "C:\\Program Files\\Google\\Chrome\\Application\\",
  "C:\\Program Files\\Microsoft Office\\root\\Office16\\",
  "C:\\Users\\Public\\",
  "C:\\ProgramData\\Package Cache\\",
];
const PROGRAMS = [
  "svchost.exe",
  "chrome.exe",
  "conhost.exe",
  "taskhostw.exe",
  "RuntimeBroker.exe",
  "dllhost.exe",
  "MsMpEng.exe",
  "SearchIndexer.exe",
  "cmd.exe",
  "powershell.exe",
  "WINWORD.EXE",
  "OUTLOOK.EXE",
  "rundll32.exe",
  "wmiprvse.exe",
  "services.exe",
  "explorer.exe",
];
const ARGUMENTS = [
  "-k netsvcs -p -s Schedule",
  "--type=renderer --field-trial-handle=1718,i,52 --lang=en-US --device-scale-factor=1",
  "0xffffffff -ForceV1",
  "/c echo %USERDOMAIN% >> C:\\Temp\\out.log",
  "-NoProfile -ExecutionPolicy Bypass -File C:\\scripts\\inventory.ps1",
  "/Embedding",
  "/Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}",
  "C:\\Windows\\system32\\shell32.dll,Control_RunDLL",
];
/** What only intruders write: one event in some thousands has one of them. */
const RARE = [
  "comsvcs.dll,MiniDump",
  "-enc SQBFAFgAIAAoAE4AZQB3AC0A",
  "vssadmin delete shadows /all /quiet",
  "sekurlsa::logonpasswords",
  "reg save HKLM\\SAM",
  "net user /add backdoor",
  "certutil -urlcache -split -f",
  "bitsadmin /transfer",
];
const HEX = "0123456789ABCDEF";
export const SYSMON_START_US = 1_767_225_600_000_000n;

function text(draw: (below: number) => number, length: number): string {
  let made = "";
  for (let at = 0; at < length; at += 1) made += HEX[draw(16)]!;
  return made;
}

/** The `number`th event; `eventsASecond` sets how fast its clock goes. */
export function sysmonEvent(number: number, eventsASecond = 20_000): SysmonEvent {
  const draw = draws(number + 1);
  const timeMs = Number(SYSMON_START_US / 1000n) + Math.floor((number * 1000) / eventsASecond);
  const program = PROGRAMS[Math.min(draw(16), draw(16))]!;
  const parent = PROGRAMS[draw(16)]!;
  const image = FOLDERS[draw(6)]! + program;
  const parentImage = FOLDERS[draw(3)]! + parent;
  const kind = draw(100);
  const base = {
    UtcTime: new Date(timeMs).toISOString(),
    EventID: kind < 40 ? 1 : kind < 60 ? 3 : kind < 75 ? 7 : kind < 85 ? 11 : kind < 95 ? 13 : 22,
    Computer: `ws-${draw(800)}.corp.example`,
    RuleName: "-",
    ProcessGuid: `{${text(draw, 8)}-${text(draw, 4)}-${text(draw, 4)}-0000-${text(draw, 12)}}`,
    ProcessId: 100 + draw(30_000),
    Image: image,
    User: `CORP\\user${draw(400)}`,
  };
  if (base.EventID === 1) {
    const rare = draw(4000) === 0 ? ` ${RARE[draw(8)]!}` : "";
    return {
      ...base,
      CommandLine: `"${image}" ${ARGUMENTS[draw(8)]!} /i:${text(draw, 6)}${rare}`,
      CurrentDirectory: "C:\\Windows\\system32\\",
      IntegrityLevel: ["Low", "Medium", "High", "System"][draw(4)]!,
      Hashes: `SHA256=${text(draw, 64)}`,
      OriginalFileName: program,
      ParentImage: parentImage,
      ParentCommandLine: `${parentImage} ${ARGUMENTS[draw(8)]!}`,
      ParentProcessId: 100 + draw(30_000),
      LogonId: `0x${text(draw, 5)}`,
    };
  }
  const filler = `{${text(draw, 8)}} ${text(draw, 40)}`;
  if (base.EventID === 3) {
    return {
      ...base,
      Protocol: draw(2) === 0 ? "tcp" : "udp",
      SourceIp: `10.${draw(8)}.${draw(256)}.${draw(256)}`,
      SourcePort: 1024 + draw(60_000),
      DestinationIp: `${20 + draw(180)}.${draw(256)}.${draw(256)}.${draw(256)}`,
      DestinationPort: [443, 80, 53, 445, 3389, 8080][draw(6)]!,
      DestinationHostname: `host${draw(5000)}.cdn.example.net`,
      Details: filler,
    };
  }
  if (base.EventID === 7) {
    return {
      ...base,
      ImageLoaded: `C:\\Windows\\System32\\${["ntdll", "kernel32", "user32", "advapi32", "wininet", "amsi"][draw(6)]!}.dll`,
      Signed: draw(20) === 0 ? "false" : "true",
      Signature: "Microsoft Windows",
      Hashes: `SHA256=${text(draw, 64)}`,
      Details: filler,
    };
  }
  if (base.EventID === 11) {
    return {
      ...base,
      TargetFilename: `C:\\Users\\user${draw(400)}\\AppData\\Local\\Temp\\${text(draw, 8)}.${["tmp", "log", "exe", "ps1", "docx"][draw(5)]!}`,
      CreationUtcTime: new Date(timeMs).toISOString(),
      Details: filler,
    };
  }
  if (base.EventID === 13) {
    return {
      ...base,
      EventType: "SetValue",
      TargetObject: `HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\${["Run", "Explorer", "Policies", "Uninstall"][draw(4)]!}\\${text(draw, 6)}`,
      Details: filler,
    };
  }
  return { ...base, QueryName: `host${draw(5000)}.cdn.example.net`, QueryStatus: "0", QueryResults: filler };
}

/** Events `first` to `first + count` as one NDJSON body. */
export function sysmonLines(first: number, count: number, eventsASecond = 20_000): Buffer {
  const lines: string[] = [];
  for (let at = first; at < first + count; at += 1)
    lines.push(JSON.stringify(sysmonEvent(at, eventsASecond)));
  return Buffer.from(`${lines.join("\n")}\n`);
}
