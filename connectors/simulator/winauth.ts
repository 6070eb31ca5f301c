import { type Account, type Machine, NETBIOS } from "./company.ts";
import type { Day, WrittenFile } from "./day.ts";
import { uuid, weighted } from "./random.ts";
import { dayCount, instantsOfDay, MACHINE_HOURS, OFFICE_HOURS } from "./rhythm.ts";
import { createTimeline } from "./timeline.ts";

/** Events of a week at scale 1. */
export const WINAUTH_EVENTS = 150_000;
/** Share of lines that the collector cut off in the middle. */
const CUT_SHARE = 0.0004;

function head(event: number, task: number, ok: boolean, date: string, clock: string, host: string): string {
  return `{"@timestamp":"${date}T${clock}Z","EventTime":"${date} ${clock.slice(0, 8)}","SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","EventID":${event},"Task":${task},"EventType":"${ok ? "AUDIT_SUCCESS" : "AUDIT_FAILURE"}","Hostname":"${host}"`;
}

export interface Logon {
  readonly date: string;
  readonly clock: string;
  readonly machine: Machine;
  readonly account: Account;
  readonly logonId: string;
  /** 2 at the keyboard, 3 over the network, 5 service, 7 unlock, 10 remote desktop. */
  readonly logonType: 2 | 3 | 5 | 7 | 10;
  readonly address: string;
  readonly port: number;
  readonly workstation: string;
  readonly guid: string;
}

const PACKAGES: Readonly<Record<Logon["logonType"], readonly [string, string, string]>> = {
  2: ["User32", "Negotiate", "C:\\\\Windows\\\\System32\\\\svchost.exe"],
  3: ["Kerberos", "Kerberos", "-"],
  5: ["Advapi", "Negotiate", "C:\\\\Windows\\\\System32\\\\services.exe"],
  7: ["User32", "Negotiate", "C:\\\\Windows\\\\System32\\\\svchost.exe"],
  10: ["User32", "Negotiate", "C:\\\\Windows\\\\System32\\\\svchost.exe"],
};

/** 4624: somebody logged on. */
export function logonLine(logon: Logon): string {
  const [process, authentication, image] = PACKAGES[logon.logonType];
  const { account } = logon;
  return `${head(4624, 12544, true, logon.date, logon.clock, logon.machine.hostname)},"SubjectUserSid":"S-1-5-18","SubjectUserName":"${logon.machine.name}$","SubjectDomainName":"${NETBIOS}","SubjectLogonId":"0x3e7","TargetUserSid":"${account.securityId}","TargetUserName":"${account.name}","TargetDomainName":"${NETBIOS}","TargetLogonId":"${logon.logonId}","LogonType":"${logon.logonType}","LogonProcessName":"${process}","AuthenticationPackageName":"${authentication}","WorkstationName":"${logon.workstation}","LogonGuid":"{${logon.guid}}","ProcessName":"${image}","IpAddress":"${logon.address}","IpPort":"${logon.port}","ElevatedToken":"%%1843","ImpersonationLevel":"%%1833"}\n`;
}

/** 4625: somebody failed to. */
export function failedLogonLine(logon: Logon, subStatus: "0xc000006a" | "0xc0000064" | "0xc0000234"): string {
  return `${head(4625, 12544, false, logon.date, logon.clock, logon.machine.hostname)},"SubjectUserSid":"S-1-0-0","SubjectUserName":"-","SubjectDomainName":"-","SubjectLogonId":"0x0","TargetUserSid":"S-1-0-0","TargetUserName":"${logon.account.name}","TargetDomainName":"${NETBIOS}","Status":"0xc000006d","FailureReason":"%%2313","SubStatus":"${subStatus}","LogonType":"${logon.logonType}","LogonProcessName":"NtLmSsp","AuthenticationPackageName":"NTLM","WorkstationName":"${logon.workstation}","ProcessName":"-","IpAddress":"${logon.address}","IpPort":"${logon.port}"}\n`;
}

/** 4634: logged off. */
export function logoffLine(logon: Logon): string {
  return `${head(4634, 12545, true, logon.date, logon.clock, logon.machine.hostname)},"TargetUserSid":"${logon.account.securityId}","TargetUserName":"${logon.account.name}","TargetDomainName":"${NETBIOS}","TargetLogonId":"${logon.logonId}","LogonType":"${logon.logonType}"}\n`;
}

/** 4648: a logon was tried with credentials given on purpose; `by` is the account that tried. */
export function explicitLogonLine(logon: Logon, by: Account, server: string): string {
  return `${head(4648, 12544, true, logon.date, logon.clock, logon.machine.hostname)},"SubjectUserSid":"${by.securityId}","SubjectUserName":"${by.name}","SubjectDomainName":"${NETBIOS}","SubjectLogonId":"${by.logonId}","TargetUserName":"${logon.account.name}","TargetDomainName":"${NETBIOS}","TargetServerName":"${server}","TargetInfo":"${server}","ProcessName":"C:\\\\Windows\\\\System32\\\\lsass.exe","IpAddress":"${logon.address}","IpPort":"${logon.port}"}\n`;
}

/** 4672: the new logon has special privileges. */
export function privilegesLine(logon: Logon): string {
  return `${head(4672, 12548, true, logon.date, logon.clock, logon.machine.hostname)},"SubjectUserSid":"${logon.account.securityId}","SubjectUserName":"${logon.account.name}","SubjectDomainName":"${NETBIOS}","SubjectLogonId":"${logon.logonId}","PrivilegeList":"SeSecurityPrivilege SeBackupPrivilege SeRestorePrivilege SeDebugPrivilege"}\n`;
}

type Kind = "logon" | "logoff" | "failed" | "explicit" | "privileges";
const pickKind = weighted<Kind>(["logon", "logoff", "failed", "explicit", "privileges"], [45, 40, 3, 3, 9]);
const pickType = weighted<Logon["logonType"]>([2, 3, 5, 7, 10], [4, 70, 12, 10, 4]);

function backgroundLine(day: Day, msOfDay: number): string {
  const { random, company, stamps } = day;
  const desk = random.pick(company.workstations);
  const logonType = pickType(random);
  const local = logonType === 2 || logonType === 5 || logonType === 7;
  const server =
    logonType === 10
      ? company.server("GATE01")
      : random.next() < 0.5
        ? random.pick(company.resolvers)
        : random.pick(company.servers);
  const machine = logonType === 5 ? server : local ? desk : server;
  const logon: Logon = {
    date: stamps.date,
    clock: stamps.clock(msOfDay),
    machine,
    account: logonType === 5 ? server.account : desk.account,
    logonId: `0x${random.hex(8)}`,
    logonType,
    address: local ? "127.0.0.1" : desk.address,
    port: local ? 0 : 49_152 + random.below(16_000),
    workstation: desk.name,
    guid: uuid(random),
  };
  switch (pickKind(random)) {
    case "logon":
      return logonLine(logon);
    case "logoff":
      return logoffLine(logon);
    case "failed":
      return failedLogonLine(logon, random.next() < 0.9 ? "0xc000006a" : "0xc0000234");
    case "explicit":
      return explicitLogonLine(logon, company.server("MGMT01").account, server.hostname);
    case "privileges":
      return privilegesLine(logon);
  }
}

/** Writes one day of Windows authentication as NDJSON; a few lines are cut off, as a full disk does it. */
export async function writeWinauthDay(day: Day): Promise<WrittenFile[]> {
  const file = day.open(`security-${day.stamps.date}.ndjson`);
  const planned = createTimeline(day.planned("winauth"), file.write);
  const count = Math.round(dayCount(WINAUTH_EVENTS, day.weekStartMs, day.index) * day.scale);
  const hours = OFFICE_HOURS.map((weight, hour) => weight * 0.6 + MACHINE_HOURS[hour]! * 0.4);
  const malformedCount = Math.max(1, Math.round(count * CUT_SHARE));
  const cutEvery = Math.max(1, Math.floor(count / malformedCount));
  let events = 0;
  let malformed = 0;
  let index = 0;
  for (const msOfDay of instantsOfDay(day.random, count, hours)) {
    events += planned.until(msOfDay);
    const text = backgroundLine(day, msOfDay);
    if (malformed < malformedCount && index % cutEvery === cutEvery - 1) {
      file.write(`${text.slice(0, 120 + day.random.below(200))}\n`);
      malformed += 1;
    } else {
      file.write(text);
      events += 1;
    }
    index += 1;
    if (file.full) await file.drain();
  }
  events += planned.rest();
  return [{ path: file.path, events, malformed, bytes: await file.close() }];
}
