import { BACKUP_UPLOADER, cloudRecord } from "./cloudtrail.ts";
import { type Company, type Network, OFFICE_ADDRESS, OFFICE_NETWORK } from "./company.ts";
import { IDP_APPLICATIONS, type IdpEventType, sessionOf, signInLine } from "./idp.ts";
import { createRandom, uuid, windowsGuid } from "./random.ts";
import { DAY_MS, HOUR_MS } from "./rhythm.ts";
import { type DayStamps, dayStamps, midnightOf } from "./stamp.ts";
import {
  connectionFields,
  encodedCommand,
  escapeJson,
  otherLine,
  type ParentProcess,
  POWERSHELL,
  type Program,
  processLine,
  program,
  SERVICES,
  SYSTEM_IDENTITY,
  standingParent,
} from "./sysmon.ts";
import { explicitLogonLine, failedLogonLine, type Logon, logonLine, privilegesLine } from "./winauth.ts";
import { connectionId, connectionLine, type Lookup, lookupConnectionLine, lookupLine } from "./zeek.ts";

export const INTRUSION_STEPS = [
  "stolen-session",
  "server-logon",
  "new-service",
  "beacon",
  "collection",
  "upload",
  "cloud-keys",
] as const;
export type IntrusionStep = (typeof INTRUSION_STEPS)[number];

/** One event of the intrusion: `match` names fields, as they stand in the log, that no other event shares. */
export interface TruthEvent {
  readonly source: string;
  readonly dataset: string;
  readonly step: IntrusionStep;
  /** Milliseconds since the epoch, UTC. */
  readonly timeMs: number;
  readonly match: Readonly<Record<string, string>>;
}

/** A truth event with the line (or record) that the log holds. */
export interface IntrusionEvent extends TruthEvent {
  readonly text: string;
}

/** The look-alike of the company's own name: an "m" where "rn" should be. */
export const LOOKALIKE_DOMAIN = "lantem.example";
export const ATTACKER_ADDRESS = "203.0.113.77";
export const ATTACKER_NETWORK: Network = {
  asNumber: 64511,
  asOrganisation: "Driftwood Hosting",
  city: "Tallinn",
  country: "Estonia",
};
/** The server that is taken over, the account whose session is stolen, and the account that logs on. */
export const VICTIM_SERVER = "APP03";
export const VICTIM_ACCOUNT = "finance07";
const SERVICE_NAME = "WinSyncHelper";

/** What the service starts: an encoded command that only names the look-alike and sleeps. */
export const SERVICE_COMMAND = `powershell.exe -nop -w hidden -enc ${encodedCommand(
  `$u='https://sync.${LOOKALIKE_DOMAIN}/t';while($true){Start-Sleep -Seconds 300}`,
)}`;

const WHOAMI: Program = windowsTool("whoami.exe", "Displays logged on user information");
const NLTEST: Program = windowsTool("nltest.exe", "Microsoft Logon Server Test Utility");
const NET: Program = windowsTool("net.exe", "Net Command");
const ARCHIVER: Program = program("C:\\ProgramData\\sync\\7z.exe", "7-Zip Console", "7-Zip", "-");

function windowsTool(file: string, description: string): Program {
  return program(
    `C:\\Windows\\System32\\${file}`,
    description,
    "Microsoft Windows Operating System",
    "Microsoft Corporation",
  );
}

/** The two Sysmon lines of the service: its registry value, and the process it starts. */
export function serviceCreation(
  company: Company,
  stamps: DayStamps,
  registryMsOfDay: number,
  processMsOfDay: number,
  processGuid: string,
  processId: string,
): { registry: string; process: string } {
  const server = company.server(VICTIM_SERVER);
  const services = server.standing.services;
  return {
    registry: otherLine(
      13,
      stamps.date,
      stamps.clock(registryMsOfDay),
      server.hostname,
      { ...services, image: SERVICES.image, user: SYSTEM_IDENTITY.user },
      `"EventType":"SetValue","TargetObject":"${escapeJson(`HKLM\\System\\CurrentControlSet\\Services\\${SERVICE_NAME}\\ImagePath`)}","Details":"${escapeJson(`%COMSPEC% /c ${SERVICE_COMMAND}`)}"`,
    ),
    process: processLine({
      date: stamps.date,
      clock: stamps.clock(processMsOfDay),
      hostname: server.hostname,
      guid: processGuid,
      id: processId,
      program: POWERSHELL,
      commandLine: escapeJson(SERVICE_COMMAND),
      directory: escapeJson("C:\\Windows\\system32\\"),
      identity: SYSTEM_IDENTITY,
      parent: standingParent(server, "services"),
    }),
  };
}

/** The whole intrusion of one week, oldest first. Pure: equal seed and week give equal events. */
export function createIntrusion(seed: number, company: Company, weekStartMs: number): IntrusionEvent[] {
  const random = createRandom(`intrusion/${seed}/${weekStartMs}`);
  const events: IntrusionEvent[] = [];
  const server = company.server(VICTIM_SERVER);
  const victim = company.account(VICTIM_ACCOUNT);
  const at = (day: number, hour: number, minute: number): number =>
    weekStartMs + day * DAY_MS + hour * HOUR_MS + minute * 60_000 + random.below(50_000);
  const stampsOf = (timeMs: number): DayStamps => dayStamps(midnightOf(timeMs));
  const ofDay = (timeMs: number): number => timeMs - midnightOf(timeMs);
  const port = (): number => 49_152 + random.below(16_000);

  // Day 2, early afternoon: the session that a desk in Galway opened is used from a hosting network.
  const signIns: readonly (readonly [IdpEventType, string])[] = [
    ["policy.evaluate_sign_on", ""],
    ["user.authentication.sso", "Mail and Calendar"],
    ["user.authentication.sso", "Rates Library"],
    ["user.mfa.factor.activate", ""],
    ["user.authentication.sso", "Remote Desktop Gateway"],
    ["user.authentication.sso", "Cloud Console"],
  ];
  let signInMs = at(1, 13, 42);
  for (const [eventType, application] of signIns) {
    const stamps = stampsOf(signInMs);
    const id = uuid(random);
    events.push({
      source: "idp",
      dataset: "idp",
      step: "stolen-session",
      timeMs: signInMs,
      match: { uuid: id },
      text: signInLine({
        date: stamps.date,
        clock: stamps.clock(ofDay(signInMs)),
        uuid: id,
        eventType,
        account: victim,
        session: sessionOf(seed, victim, stamps.date),
        address: ATTACKER_ADDRESS,
        network: ATTACKER_NETWORK,
        userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        application: application || IDP_APPLICATIONS[0]!,
        result: "SUCCESS",
        request: random.letters(24),
      }),
    });
    signInMs += 90_000 + random.below(400_000);
  }

  // Day 4, evening: from the remote desktop gateway to an application server, as its service account.
  const gate = company.server("GATE01");
  let logonMs = at(3, 19, 31);
  const logonId = `0x${random.hex(8)}`;
  const logonSteps = ["failed", "failed", "explicit", "logon", "privileges"] as const;
  for (const kind of logonSteps) {
    const stamps = stampsOf(logonMs);
    const clock = stamps.clock(ofDay(logonMs));
    const machine = kind === "explicit" ? gate : server;
    const logon: Logon = {
      date: stamps.date,
      clock,
      machine,
      account: server.account,
      logonId,
      logonType: 3,
      address: gate.address,
      port: port(),
      workstation: gate.name,
      guid: uuid(random),
    };
    const [eventId, text] =
      kind === "failed"
        ? ["4625", failedLogonLine(logon, "0xc000006a")]
        : kind === "explicit"
          ? ["4648", explicitLogonLine(logon, victim, server.hostname)]
          : kind === "logon"
            ? ["4624", logonLine(logon)]
            : ["4672", privilegesLine(logon)];
    events.push({
      source: "winauth",
      dataset: "winauth",
      step: "server-logon",
      timeMs: logonMs,
      match: { EventID: eventId, Hostname: machine.hostname, "@timestamp": `${stamps.date}T${clock}Z` },
      text,
    });
    logonMs += kind === "logon" ? 4 : 7_000 + random.below(9_000);
  }

  const sysmon = (
    step: IntrusionStep,
    timeMs: number,
    eventId: string,
    processGuid: string,
    text: string,
  ): void => {
    const stamps = stampsOf(timeMs);
    events.push({
      source: "sysmon",
      dataset: "sysmon",
      step,
      timeMs,
      match: {
        EventID: eventId,
        Hostname: server.hostname,
        UtcTime: `${stamps.date} ${stamps.clock(ofDay(timeMs))}`,
        ProcessGuid: processGuid,
      },
      text,
    });
  };

  // Minutes later: a new service, and what it starts.
  const registryMs = at(3, 19, 40);
  const serviceMs = registryMs + 640 + random.below(900);
  const serviceGuid = windowsGuid(random);
  const serviceId = String(4 * (900 + random.below(2000)));
  const creation = serviceCreation(
    company,
    stampsOf(registryMs),
    ofDay(registryMs),
    ofDay(serviceMs),
    serviceGuid,
    serviceId,
  );
  sysmon("new-service", registryMs, "13", server.standing.services.guid, creation.registry);
  sysmon("new-service", serviceMs, "1", serviceGuid, creation.process);
  const service: ParentProcess = {
    guid: serviceGuid,
    id: serviceId,
    image: POWERSHELL.image,
    commandLine: escapeJson(SERVICE_COMMAND),
  };
  const run = (step: IntrusionStep, timeMs: number, started: Program, commandLine: string): string => {
    const stamps = stampsOf(timeMs);
    const guid = windowsGuid(random);
    const text = processLine({
      date: stamps.date,
      clock: stamps.clock(ofDay(timeMs)),
      hostname: server.hostname,
      guid,
      id: String(4 * (900 + random.below(4000))),
      program: started,
      commandLine: escapeJson(commandLine),
      directory: escapeJson("C:\\Windows\\system32\\"),
      identity: SYSTEM_IDENTITY,
      parent: service,
    });
    sysmon(step, timeMs, "1", guid, text);
    return guid;
  };
  run("new-service", serviceMs + 41_000 + random.below(9000), WHOAMI, "whoami /all");
  run("new-service", serviceMs + 75_000 + random.below(9000), NLTEST, "nltest /domain_trusts");
  run("new-service", serviceMs + 130_000 + random.below(9000), NET, 'net group "Domain Admins" /domain');

  // From then on: a look-up of the look-alike about every five minutes, until the week ends.
  const resolver = company.resolvers[0]!;
  let beaconMs = serviceMs + 3_000;
  while (beaconMs < weekStartMs + 7 * DAY_MS - 1000) {
    const lookup: Lookup = {
      epoch: stampsOf(beaconMs).epoch(ofDay(beaconMs), random.below(1000)),
      uid: connectionId(random),
      client: server.address,
      clientPort: port(),
      resolver: resolver.address,
      name: `${random.hex(24)}.sync.${LOOKALIKE_DOMAIN}`,
      type: "TXT",
      answers: `TXT_24_${random.hex(24)}`,
      transaction: random.below(65_536),
      micros: 3000 + random.below(5000),
    };
    const beacon = { source: "zeek", step: "beacon" as const, timeMs: beaconMs, match: { uid: lookup.uid } };
    events.push({ ...beacon, dataset: "zeek_dns", text: lookupLine(lookup) });
    events.push({ ...beacon, dataset: "zeek_conn", text: lookupConnectionLine(lookup) });
    beaconMs += 240_000 + random.below(120_000);
  }

  // Day 5, late evening: files are packed on the server.
  const archiveMs = at(4, 22, 12);
  const archive = "C:\\ProgramData\\sync\\cache.bin";
  const archiveGuid = run(
    "collection",
    archiveMs,
    ARCHIVER,
    `C:\\ProgramData\\sync\\7z.exe a -mhe=on -v900m ${archive} \\\\FS01\\finance \\\\FS01\\contracts`,
  );
  const fileMs = archiveMs + 2_200;
  const fileStamps = stampsOf(fileMs);
  sysmon(
    "collection",
    fileMs,
    "11",
    archiveGuid,
    otherLine(
      11,
      fileStamps.date,
      fileStamps.clock(ofDay(fileMs)),
      server.hostname,
      { guid: archiveGuid, id: "7012", image: ARCHIVER.image, user: SYSTEM_IDENTITY.user },
      `"TargetFilename":"${escapeJson(`${archive}.001`)}","CreationUtcTime":"${fileStamps.date} ${fileStamps.clock(ofDay(fileMs))}"`,
    ),
  );

  // Day 6, at night: the parts leave, one connection each.
  let uploadMs = at(5, 1, 52);
  for (let part = 0; part < 5; part++) {
    const stamps = stampsOf(uploadMs);
    const clientPort = port();
    const uid = connectionId(random);
    sysmon(
      "upload",
      uploadMs - 9,
      "3",
      serviceGuid,
      otherLine(
        3,
        stampsOf(uploadMs - 9).date,
        stampsOf(uploadMs - 9).clock(ofDay(uploadMs - 9)),
        server.hostname,
        { guid: serviceGuid, id: serviceId, image: POWERSHELL.image, user: SYSTEM_IDENTITY.user },
        connectionFields(server.address, clientPort, ATTACKER_ADDRESS, 443, "-"),
      ),
    );
    events.push({
      source: "zeek",
      dataset: "zeek_conn",
      step: "upload",
      timeMs: uploadMs,
      match: { uid },
      text: connectionLine({
        epoch: stamps.epoch(ofDay(uploadMs), random.below(1000)),
        uid,
        client: server.address,
        clientPort,
        server: ATTACKER_ADDRESS,
        serverPort: 443,
        protocol: "tcp",
        service: "ssl",
        durationSeconds: 700 + random.below(500),
        sentBytes: 430_000_000 + random.below(500_000_000),
        receivedBytes: 60_000 + random.below(50_000),
        state: "SF",
      }),
    });
    uploadMs += 21 * 60_000 + random.below(6 * 60_000);
  }

  // Before dawn: a key found on the server is tried from outside.
  const calls: readonly (readonly [string, string, boolean, string, string | null])[] = [
    ["sts", "GetCallerIdentity", true, "null", null],
    ["s3", "ListBuckets", true, "null", null],
    ["iam", "ListUsers", true, "null", "AccessDenied"],
    ["iam", "CreateAccessKey", false, '{"userName":"backup-uploader"}', "AccessDenied"],
    ["s3", "ListObjects", true, '{"bucketName":"lantern-contracts","prefix":""}', null],
    ...Array.from(
      { length: 12 },
      (_, index) =>
        [
          "s3",
          "GetObject",
          true,
          `{"bucketName":"lantern-contracts","key":"2026/contract-${100 + index}.pdf"}`,
          null,
        ] as const,
    ),
  ];
  let callMs = at(5, 4, 31);
  for (const [service_, name, readOnly, request, errorCode] of calls) {
    const stamps = stampsOf(callMs);
    const eventId = uuid(random);
    events.push({
      source: "cloudtrail",
      dataset: "cloudtrail",
      step: "cloud-keys",
      timeMs: Math.floor(callMs / 1000) * 1000,
      match: { eventID: eventId },
      text: cloudRecord({
        date: stamps.date,
        clockSeconds: stamps.clockSeconds(ofDay(callMs)),
        eventId,
        requestId: uuid(random),
        identity: BACKUP_UPLOADER,
        service: service_,
        name,
        readOnly,
        address: ATTACKER_ADDRESS,
        userAgent: "aws-cli/2.15.0 Python/3.11.6 Linux/6.5.0 exe/x86_64",
        request,
        errorCode,
      }),
    });
    callMs += 4_000 + random.below(60_000);
  }

  // The desk itself was at work within the same session: without its own sign-in nothing was stolen.
  const ownMs = weekStartMs + DAY_MS + 8 * HOUR_MS + 12 * 60_000 + random.below(50_000);
  const ownStamps = stampsOf(ownMs);
  const own = uuid(random);
  events.push({
    source: "idp",
    dataset: "idp",
    step: "stolen-session",
    timeMs: ownMs,
    match: { uuid: own },
    text: signInLine({
      date: ownStamps.date,
      clock: ownStamps.clock(ofDay(ownMs)),
      uuid: own,
      eventType: "user.session.start",
      account: victim,
      session: sessionOf(seed, victim, ownStamps.date),
      address: OFFICE_ADDRESS,
      network: OFFICE_NETWORK,
      userAgent: victim.userAgent,
      application: IDP_APPLICATIONS[0]!,
      result: "SUCCESS",
      request: random.letters(24),
    }),
  });
  return events.sort((left, right) => left.timeMs - right.timeMs);
}
