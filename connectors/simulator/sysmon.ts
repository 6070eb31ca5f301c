import { type Account, type Machine, NETBIOS, type StandingProcess } from "./company.ts";
import type { Day, WrittenFile } from "./day.ts";
import { createRandom, type Random, weighted, windowsGuid } from "./random.ts";
import { dayCount, instantsOfDay, MACHINE_HOURS, OFFICE_HOURS } from "./rhythm.ts";
import { createTimeline } from "./timeline.ts";

/** Events of a week at scale 1. */
export const SYSMON_EVENTS = 180_000;

/** Text as it stands between the quotes of a JSON string. */
export function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** A program as Sysmon describes it; every text JSON-escaped already. */
export interface Program {
  readonly image: string;
  /** The part of the line from `Image` to `OriginalFileName`, ready to write. */
  readonly described: string;
  readonly hashes: string;
}

/** `path` is the image's Windows path; hashes follow from it, so that one program has one hash everywhere. */
export function program(path: string, description: string, product: string, company: string): Program {
  const random = createRandom(`program/${path.toLowerCase()}`);
  const file = path.slice(path.lastIndexOf("\\") + 1);
  const version = `10.0.${19041 + random.below(4000)}.${random.below(3000)}`;
  const image = escapeJson(path);
  return {
    image,
    described: `"Image":"${image}","FileVersion":"${version}","Description":"${description}","Product":"${product}","Company":"${company}","OriginalFileName":"${file}"`,
    hashes: `SHA1=${random.hex(40).toUpperCase()},MD5=${random.hex(32).toUpperCase()},SHA256=${random.hex(64).toUpperCase()},IMPHASH=${random.hex(32).toUpperCase()}`,
  };
}

function windows(file: string, description: string): Program {
  return program(
    `C:\\Windows\\System32\\${file}`,
    description,
    "Microsoft Windows Operating System",
    "Microsoft Corporation",
  );
}

export const POWERSHELL: Program = program(
  "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
  "Windows PowerShell",
  "Microsoft Windows Operating System",
  "Microsoft Corporation",
);
export const CMD: Program = windows("cmd.exe", "Windows Command Processor");
export const SERVICES: Program = windows("services.exe", "Services and Controller app");

const PARENTS: Readonly<Record<StandingProcess, { readonly image: string; readonly commandLine: string }>> = {
  explorer: {
    image: escapeJson("C:\\Windows\\explorer.exe"),
    commandLine: escapeJson("C:\\Windows\\Explorer.EXE"),
  },
  services: { image: SERVICES.image, commandLine: escapeJson("C:\\Windows\\system32\\services.exe") },
  svchost: {
    image: escapeJson("C:\\Windows\\System32\\svchost.exe"),
    commandLine: escapeJson("C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule"),
  },
  wininit: {
    image: escapeJson("C:\\Windows\\System32\\wininit.exe"),
    commandLine: "wininit.exe",
  },
  browser: {
    image: escapeJson("C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"),
    commandLine: escapeJson('"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"'),
  },
  agent: {
    image: escapeJson("C:\\Program Files\\Tallow\\Agent\\tallow-agent.exe"),
    commandLine: escapeJson('"C:\\Program Files\\Tallow\\Agent\\tallow-agent.exe" --service'),
  },
};

/** Who a process runs as. */
export interface Identity {
  readonly user: string;
  readonly logonId: string;
  readonly integrity: "System" | "High" | "Medium" | "Low";
}
export const SYSTEM_IDENTITY: Identity = {
  user: escapeJson("NT AUTHORITY\\SYSTEM"),
  logonId: "0x3e7",
  integrity: "System",
};
export function identityOf(account: Account, integrity: Identity["integrity"] = "Medium"): Identity {
  return { user: escapeJson(`${NETBIOS}\\${account.name}`), logonId: account.logonId, integrity };
}

export interface ParentProcess {
  readonly guid: string;
  readonly id: string;
  readonly image: string;
  readonly commandLine: string;
}
export function standingParent(machine: Machine, name: StandingProcess): ParentProcess {
  const { guid, id } = machine.standing[name];
  return { guid, id, ...PARENTS[name] };
}

/** One process creation; texts are JSON-escaped. */
export interface ProcessCreation {
  readonly date: string;
  readonly clock: string;
  readonly hostname: string;
  readonly guid: string;
  readonly id: string;
  readonly program: Program;
  readonly commandLine: string;
  readonly directory: string;
  readonly identity: Identity;
  readonly parent: ParentProcess;
}

function head(event: number, date: string, clock: string, hostname: string): string {
  return `{"@timestamp":"${date}T${clock}Z","SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","EventID":${event},"Hostname":"${hostname}","RuleName":"-","UtcTime":"${date} ${clock}"`;
}

/** EventID 1 as a collector writes it, with its line end. */
export function processLine(event: ProcessCreation): string {
  const { identity, parent } = event;
  return `${head(1, event.date, event.clock, event.hostname)},"ProcessGuid":"${event.guid}","ProcessId":"${event.id}",${event.program.described},"CommandLine":"${event.commandLine}","CurrentDirectory":"${event.directory}","User":"${identity.user}","LogonId":"${identity.logonId}","TerminalSessionId":"${identity.integrity === "System" ? 0 : 1}","IntegrityLevel":"${identity.integrity}","Hashes":"${event.program.hashes}","ParentProcessGuid":"${parent.guid}","ParentProcessId":"${parent.id}","ParentImage":"${parent.image}","ParentCommandLine":"${parent.commandLine}"}\n`;
}

/** EventID 3 (network connection), 11 (file created) or 13 (registry value set): `rest` is written JSON fields. */
export function otherLine(
  event: 3 | 11 | 13,
  date: string,
  clock: string,
  hostname: string,
  process: { readonly guid: string; readonly id: string; readonly image: string; readonly user: string },
  rest: string,
): string {
  return `${head(event, date, clock, hostname)},"ProcessGuid":"${process.guid}","ProcessId":"${process.id}","Image":"${process.image}","User":"${process.user}",${rest}}\n`;
}

export function connectionFields(
  sourceAddress: string,
  sourcePort: number,
  address: string,
  port: number,
  name: string,
): string {
  return `"Protocol":"tcp","Initiated":"true","SourceIsIpv6":"false","SourceIp":"${sourceAddress}","SourcePort":"${sourcePort}","DestinationIsIpv6":"false","DestinationIp":"${address}","DestinationHostname":"${name}","DestinationPort":"${port}"`;
}

/** Base64 of UTF-16LE, what `powershell -EncodedCommand` takes. */
export function encodedCommand(script: string): string {
  return Buffer.from(script, "utf16le").toString("base64");
}

interface Habit {
  readonly program: Program;
  /** Escaped; `#` becomes a number, `@` the account's name. */
  readonly commandLines: readonly string[];
  readonly parent: StandingProcess;
  readonly as: "account" | "system";
  readonly weight: number;
  readonly integrity?: Identity["integrity"];
}

function habit(
  described: Program,
  parent: StandingProcess,
  as: Habit["as"],
  weight: number,
  commandLines: readonly string[],
  integrity?: Identity["integrity"],
): Habit {
  const escaped = commandLines.map(escapeJson);
  return integrity === undefined
    ? { program: described, commandLines: escaped, parent, as, weight }
    : { program: described, commandLines: escaped, parent, as, weight, integrity };
}

const CHROME = "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe";
const OFFICE = "C:\\Program Files\\Microsoft Office\\root\\Office16";

const SHARED_HABITS: readonly Habit[] = [
  habit(windows("svchost.exe", "Host Process for Windows Services"), "services", "system", 16, [
    "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s BITS",
    "C:\\Windows\\system32\\svchost.exe -k wsappx -p -s AppXSvc",
    "C:\\Windows\\system32\\svchost.exe -k LocalServiceNetworkRestricted -p",
    "C:\\Windows\\System32\\svchost.exe -k WerSvcGroup",
  ]),
  habit(windows("conhost.exe", "Console Window Host"), "svchost", "system", 10, [
    "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1",
  ]),
  habit(windows("taskhostw.exe", "Host Process for Windows Tasks"), "svchost", "system", 6, [
    "taskhostw.exe",
    "taskhostw.exe KEYROAMING",
    "taskhostw.exe SYSTEM",
  ]),
  habit(windows("wbem\\WmiPrvSE.exe", "WMI Provider Host"), "svchost", "system", 8, [
    "C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding",
    "C:\\Windows\\system32\\wbem\\wmiprvse.exe -Embedding",
  ]),
  habit(windows("backgroundTaskHost.exe", "Background Task Host"), "svchost", "account", 5, [
    '"C:\\Windows\\system32\\backgroundTaskHost.exe" -ServerName:App.AppX#.mca',
  ]),
  habit(windows("SearchProtocolHost.exe", "Windows Search Protocol Host"), "svchost", "system", 7, [
    '"C:\\Windows\\system32\\SearchProtocolHost.exe" Global\\UsGthrFltPipeMssGthrPipe#_ Global\\UsGthrCtrlFltPipeMssGthrPipe#',
  ]),
  habit(POWERSHELL, "agent", "system", 3, [
    "powershell.exe -NoProfile -ExecutionPolicy AllSigned -File C:\\ProgramData\\Tallow\\checks\\disk.ps1",
    "powershell.exe -NoProfile -ExecutionPolicy AllSigned -File C:\\ProgramData\\Tallow\\checks\\patches.ps1",
  ]),
  habit(CMD, "agent", "system", 3, ["cmd.exe /c ver", "cmd.exe /c sc query state= all"]),
  habit(windows("dllhost.exe", "COM Surrogate"), "svchost", "account", 5, [
    "C:\\Windows\\system32\\DllHost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}",
  ]),
];

const DESK_HABITS: readonly Habit[] = [
  ...SHARED_HABITS,
  habit(program(CHROME, "Google Chrome", "Google Chrome", "Google LLC"), "browser", "account", 34, [
    `"${CHROME}" --type=renderer --lang=en-GB --renderer-client-id=# --mojo-platform-channel-handle=#`,
    `"${CHROME}" --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-GB`,
    `"${CHROME}" --type=gpu-process --gpu-preferences=#`,
  ]),
  habit(
    program(`${OFFICE}\\OUTLOOK.EXE`, "Microsoft Outlook", "Microsoft Office", "Microsoft Corporation"),
    "explorer",
    "account",
    3,
    [`"${OFFICE}\\OUTLOOK.EXE"`],
  ),
  habit(
    program(`${OFFICE}\\EXCEL.EXE`, "Microsoft Excel", "Microsoft Office", "Microsoft Corporation"),
    "explorer",
    "account",
    5,
    [
      `"${OFFICE}\\EXCEL.EXE" "C:\\Users\\@\\Documents\\manifest-#.xlsx"`,
      `"${OFFICE}\\EXCEL.EXE" "\\\\FS01\\shared\\rates-#.xlsx"`,
    ],
  ),
  habit(
    program(
      "C:\\Program Files\\Lantern\\Dispatch\\dispatch.exe",
      "Dispatch board",
      "Dispatch",
      "Lantern Freight",
    ),
    "explorer",
    "account",
    6,
    [
      '"C:\\Program Files\\Lantern\\Dispatch\\dispatch.exe" --board=#',
      '"C:\\Program Files\\Lantern\\Dispatch\\dispatch.exe"',
    ],
  ),
  habit(windows("notepad.exe", "Notepad"), "explorer", "account", 2, [
    '"C:\\Windows\\system32\\notepad.exe" C:\\Users\\@\\Desktop\\notes-#.txt',
  ]),
  habit(CMD, "explorer", "account", 1, ['"C:\\Windows\\system32\\cmd.exe"']),
  habit(POWERSHELL, "explorer", "account", 1, [
    '"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"',
  ]),
];

const SERVER_HABITS: readonly Habit[] = [
  ...SHARED_HABITS,
  habit(
    program(
      "C:\\Program Files\\Lantern\\Wms\\worker.exe",
      "Warehouse worker",
      "Warehouse",
      "Lantern Freight",
    ),
    "services",
    "account",
    9,
    [
      '"C:\\Program Files\\Lantern\\Wms\\worker.exe" --queue=picks --batch=#',
      '"C:\\Program Files\\Lantern\\Wms\\worker.exe" --queue=labels --batch=#',
    ],
    "High",
  ),
  habit(windows("wevtutil.exe", "Eventing Command Line Utility"), "agent", "system", 2, [
    "wevtutil.exe qe Security /c:# /rd:true /f:xml",
  ]),
  habit(windows("msiexec.exe", "Windows installer"), "services", "system", 1, [
    "C:\\Windows\\system32\\msiexec.exe /V",
  ]),
];

const DIRECTORIES = {
  system: escapeJson("C:\\Windows\\system32\\"),
  account: escapeJson("C:\\Users\\"),
};
const REGISTRY_TARGETS: readonly string[] = [
  "HKLM\\System\\CurrentControlSet\\Services\\BITS\\Start",
  "HKLM\\System\\CurrentControlSet\\Services\\W32Time\\Config\\LastKnownGoodTime",
  "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer\\StartupApproved\\Run\\Dispatch",
].map(escapeJson);
const CREATED_FILES: readonly string[] = [
  "C:\\Windows\\Prefetch\\CHROME.EXE-#.pf",
  "C:\\Users\\@\\AppData\\Local\\Temp\\tmp#.tmp",
  "C:\\ProgramData\\Tallow\\spool\\#.json",
].map(escapeJson);

const pickDeskHabit = weighted(
  DESK_HABITS,
  DESK_HABITS.map((each) => each.weight),
);
const pickServerHabit = weighted(
  SERVER_HABITS,
  SERVER_HABITS.map((each) => each.weight),
);

function processId(random: Random): string {
  return String(4 * (60 + random.below(5000)));
}

/** Replaces the marks of a habit's text; the values hold nothing that JSON would escape. */
function fill(text: string, random: Random, account: Account): string {
  const numbered = text.includes("#") ? text.replaceAll("#", () => String(random.below(90_000))) : text;
  return numbered.includes("@") ? numbered.replaceAll("@", account.name) : numbered;
}

/** One everyday event of some machine. */
export function sysmonBackgroundLine(
  day: Pick<Day, "company" | "random" | "stamps">,
  msOfDay: number,
): string {
  const { random, company, stamps } = day;
  const onServer = random.next() < 0.3;
  const machine = onServer ? random.pick(company.servers) : random.pick(company.workstations);
  const chosen = onServer ? pickServerHabit(random) : pickDeskHabit(random);
  const identity =
    chosen.as === "system" ? SYSTEM_IDENTITY : identityOf(machine.account, chosen.integrity ?? "Medium");
  const clock = stamps.clock(msOfDay);
  const guid = windowsGuid(random);
  const id = processId(random);
  const kind = random.next();
  if (kind < 0.88) {
    return processLine({
      date: stamps.date,
      clock,
      hostname: machine.hostname,
      guid,
      id,
      program: chosen.program,
      commandLine: fill(random.pick(chosen.commandLines), random, machine.account),
      directory:
        chosen.as === "system"
          ? DIRECTORIES.system
          : `${DIRECTORIES.account}${machine.account.name}${escapeJson("\\")}`,
      identity,
      parent: standingParent(machine, chosen.parent),
    });
  }
  const process = { guid, id, image: chosen.program.image, user: identity.user };
  if (kind < 0.95) {
    const r = random.next();
    const site = company.sites[Math.floor(company.sites.length * r * r * r)]!;
    const fields = connectionFields(
      machine.address,
      49_152 + random.below(16_000),
      site.address,
      443,
      site.name,
    );
    return otherLine(3, stamps.date, clock, machine.hostname, process, fields);
  }
  if (kind < 0.98) {
    const file = fill(random.pick(CREATED_FILES), random, machine.account);
    return otherLine(
      11,
      stamps.date,
      clock,
      machine.hostname,
      process,
      `"TargetFilename":"${file}","CreationUtcTime":"${stamps.date} ${clock}"`,
    );
  }
  return otherLine(
    13,
    stamps.date,
    clock,
    machine.hostname,
    { ...process, image: SERVICES.image, user: SYSTEM_IDENTITY.user },
    `"EventType":"SetValue","TargetObject":"${random.pick(REGISTRY_TARGETS)}","Details":"DWORD (0x0000000${random.below(5)})"`,
  );
}

/** Writes one day of Sysmon as NDJSON. */
export async function writeSysmonDay(day: Day): Promise<WrittenFile[]> {
  const file = day.open(`sysmon-${day.stamps.date}.ndjson`);
  const planned = createTimeline(day.planned("sysmon"), file.write);
  const count = Math.round(dayCount(SYSMON_EVENTS, day.weekStartMs, day.index) * day.scale);
  const hours = OFFICE_HOURS.map((weight, hour) => weight * 0.7 + MACHINE_HOURS[hour]! * 0.3);
  let events = count;
  for (const msOfDay of instantsOfDay(day.random, count, hours)) {
    events += planned.until(msOfDay);
    file.write(sysmonBackgroundLine(day, msOfDay));
    if (file.full) await file.drain();
  }
  events += planned.rest();
  return [{ path: file.path, events, malformed: 0, bytes: await file.close() }];
}
