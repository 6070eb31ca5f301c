import { BACKUP_ADDRESS, DOMAIN, type Machine, MIRROR_ADDRESS } from "./company.ts";
import type { Day, WrittenFile } from "./day.ts";
import type { LogFile } from "./log-file.ts";
import { type Random, weighted } from "./random.ts";
import { dayCount, HOUR_MS, instantsOfDay, MACHINE_HOURS, OFFICE_HOURS } from "./rhythm.ts";
import { createTimeline } from "./timeline.ts";

/** Look-ups of a week at scale 1; each is a line of dns.log and a line of conn.log. */
export const DNS_EVENTS = 565_000;
/** Connections of a week at scale 1 that are not look-ups. */
export const OTHER_CONNECTIONS = 425_000;

/** When the sensor's DNS analyser was sick: nothing was written, then what was written came late. */
export const DNS_SICKNESS = {
  /** The third day. */
  day: 2,
  silentFromMs: 9 * HOUR_MS,
  lateFromMs: 13 * HOUR_MS,
  untilMs: 15 * HOUR_MS,
} as const;

const CONN_COLUMNS: readonly (readonly [string, string])[] = [
  ["ts", "time"],
  ["uid", "string"],
  ["id.orig_h", "addr"],
  ["id.orig_p", "port"],
  ["id.resp_h", "addr"],
  ["id.resp_p", "port"],
  ["proto", "enum"],
  ["service", "string"],
  ["duration", "interval"],
  ["orig_bytes", "count"],
  ["resp_bytes", "count"],
  ["conn_state", "string"],
  ["local_orig", "bool"],
  ["local_resp", "bool"],
  ["missed_bytes", "count"],
  ["history", "string"],
  ["orig_pkts", "count"],
  ["orig_ip_bytes", "count"],
  ["resp_pkts", "count"],
  ["resp_ip_bytes", "count"],
  ["tunnel_parents", "set[string]"],
];
const DNS_COLUMNS: readonly (readonly [string, string])[] = [
  ["ts", "time"],
  ["uid", "string"],
  ["id.orig_h", "addr"],
  ["id.orig_p", "port"],
  ["id.resp_h", "addr"],
  ["id.resp_p", "port"],
  ["proto", "enum"],
  ["trans_id", "count"],
  ["rtt", "interval"],
  ["query", "string"],
  ["qclass", "count"],
  ["qclass_name", "string"],
  ["qtype", "count"],
  ["qtype_name", "string"],
  ["rcode", "count"],
  ["rcode_name", "string"],
  ["AA", "bool"],
  ["TC", "bool"],
  ["RD", "bool"],
  ["RA", "bool"],
  ["Z", "count"],
  ["answers", "vector[string]"],
  ["TTLs", "vector[interval]"],
  ["rejected", "bool"],
];

/** The lines that begin a Zeek log: separators, the log's name, its columns and their types. */
function zeekHeader(path: string, date: string, columns: readonly (readonly [string, string])[]): string {
  return [
    "#separator \\x09",
    "#set_separator\t,",
    "#empty_field\t(empty)",
    "#unset_field\t-",
    `#path\t${path}`,
    `#open\t${date}-00-00-00`,
    `#fields\t${columns.map(([name]) => name).join("\t")}`,
    `#types\t${columns.map(([, type]) => type).join("\t")}`,
    "",
  ].join("\n");
}

function zeekFooter(date: string): string {
  return `#close\t${date}-23-59-59\n`;
}

/** Zeek's id of a connection. */
export function connectionId(random: Random): string {
  return `C${random.letters(16)}`;
}

export interface Lookup {
  /** Seconds since the epoch, six decimals. */
  readonly epoch: string;
  readonly uid: string;
  readonly client: string;
  readonly clientPort: number;
  readonly resolver: string;
  readonly name: string;
  readonly type: "A" | "AAAA" | "TXT" | "PTR" | "SRV";
  /** Empty for NXDOMAIN. */
  readonly answers: string;
  readonly transaction: number;
  readonly micros: number;
}

const TYPE_NUMBERS = { A: 1, AAAA: 28, TXT: 16, PTR: 12, SRV: 33 } as const;

export function lookupLine(lookup: Lookup): string {
  const found = lookup.answers !== "";
  return `${lookup.epoch}\t${lookup.uid}\t${lookup.client}\t${lookup.clientPort}\t${lookup.resolver}\t53\tudp\t${lookup.transaction}\t0.00${lookup.micros}\t${lookup.name}\t1\tC_INTERNET\t${TYPE_NUMBERS[lookup.type]}\t${lookup.type}\t${found ? "0\tNOERROR" : "3\tNXDOMAIN"}\tF\tF\tT\tT\t0\t${found ? lookup.answers : "-"}\t${found ? "300.000000" : "-"}\tF\n`;
}

/** The connection that carried a look-up. */
export function lookupConnectionLine(lookup: Lookup): string {
  const sent = 28 + lookup.name.length;
  const received = sent + 16 + lookup.answers.length;
  return `${lookup.epoch}\t${lookup.uid}\t${lookup.client}\t${lookup.clientPort}\t${lookup.resolver}\t53\tudp\tdns\t0.00${lookup.micros}\t${sent}\t${received}\tSF\tT\tT\t0\tDd\t1\t${sent + 28}\t1\t${received + 28}\t-\n`;
}

export interface Connection {
  readonly epoch: string;
  readonly uid: string;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  readonly protocol: "tcp" | "udp";
  readonly service: string;
  readonly durationSeconds: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly state: "SF" | "S0" | "REJ" | "RSTO";
}

const HISTORIES = { SF: "ShADadFf", S0: "S", REJ: "Sr", RSTO: "ShADadR" } as const;

export function connectionLine(connection: Connection): string {
  const { sentBytes, receivedBytes, state } = connection;
  const open = state === "SF" || state === "RSTO";
  const sentPackets = 2 + Math.ceil(sentBytes / 1400);
  const receivedPackets = open ? 2 + Math.ceil(receivedBytes / 1400) : 0;
  return `${connection.epoch}\t${connection.uid}\t${connection.client}\t${connection.clientPort}\t${connection.server}\t${connection.serverPort}\t${connection.protocol}\t${connection.service}\t${open ? connection.durationSeconds.toFixed(6) : "-"}\t${open ? sentBytes : "-"}\t${open ? receivedBytes : "-"}\t${state}\t${connection.client.startsWith("10.") ? "T" : "F"}\t${connection.server.startsWith("10.") ? "T" : "F"}\t0\t${connection.protocol === "udp" ? "Dd" : HISTORIES[state]}\t${sentPackets}\t${sentBytes + sentPackets * 40}\t${receivedPackets}\t${open ? receivedBytes + receivedPackets * 40 : 0}\t-\n`;
}

/** Names that exist once and are never seen again: trackers, antivirus look-ups. */
function passingName(random: Random): string {
  return `${random.hex(12)}.t.${random.pick(["amber", "fjord", "quartz", "tundra"])}-metrics.example`;
}

function backgroundLookup(day: Day, msOfDay: number): Lookup {
  const { random, company } = day;
  const machine = random.next() < 0.25 ? random.pick(company.servers) : random.pick(company.workstations);
  const resolver = company.resolvers[random.next() < 0.7 ? 0 : 1]!;
  const kind = random.next();
  let name: string;
  let type: Lookup["type"] = "A";
  let answers = "";
  if (kind < 0.62) {
    const r = random.next();
    const site = company.sites[Math.floor(company.sites.length * r * r * r)]!;
    name = site.name;
    if (random.next() < 0.15) type = "AAAA";
    answers = type === "A" ? site.address : `2001:db8:${random.hex(4)}::${random.hex(4)}`;
  } else if (kind < 0.86) {
    const server = random.pick(company.servers);
    name = server.hostname;
    answers = server.address;
  } else if (kind < 0.93) {
    name = random.next() < 0.5 ? `_ldap._tcp.dc._msdcs.${DOMAIN}` : `_kerberos._tcp.${DOMAIN}`;
    type = "SRV";
    answers = `dc01.${DOMAIN}`;
  } else if (kind < 0.96) {
    name = `${1 + random.below(250)}.1.20.10.in-addr.arpa`;
    type = "PTR";
  } else if (kind < 0.975) {
    name = passingName(random);
    answers = `198.51.100.${100 + random.below(130)}`;
  } else if (kind < 0.985) {
    name = `${random.pick(company.sites).name.split(".").slice(1).join(".")}`;
    type = "TXT";
    answers = "TXT_17_v=spf1_-all";
  } else {
    name = `wpad.${DOMAIN}`;
  }
  return {
    epoch: day.stamps.epoch(msOfDay, random.below(1000)),
    uid: connectionId(random),
    client: machine.address,
    clientPort: 49_152 + random.below(16_000),
    resolver: resolver.address,
    name,
    type,
    answers,
    transaction: random.below(65_536),
    micros: 1000 + random.below(8999),
  };
}

type Kind = "web" | "files" | "directory" | "time" | "database" | "print" | "desktop" | "shell" | "refused";
const pickKind = weighted<Kind>(
  ["web", "files", "directory", "time", "database", "print", "desktop", "shell", "refused"],
  [56, 9, 14, 5, 7, 2, 1, 1, 3],
);

function backgroundConnection(day: Day, msOfDay: number): Connection {
  const { random, company } = day;
  const hour = Math.floor(msOfDay / HOUR_MS);
  const atNight = hour < 6 || hour > 20;
  const fromServer = random.next() < (atNight ? 0.7 : 0.2);
  const client: Machine = fromServer ? random.pick(company.servers) : random.pick(company.workstations);
  const base = {
    epoch: day.stamps.epoch(msOfDay, random.below(1000)),
    uid: connectionId(random),
    client: client.address,
    clientPort: 49_152 + random.below(16_000),
    durationSeconds: 0.02 + 30 * random.next() ** 4,
    // Sizes have a long tail, but a desk's upload of more than some megabytes is rare.
    sentBytes: Math.floor(400 + 40_000 * random.next() ** 6 + (random.next() < 0.002 ? 6_000_000 : 0)),
    receivedBytes: Math.floor(900 + 3_000_000 * random.next() ** 8),
    state: "SF" as const,
  };
  const inside = (server: Machine, serverPort: number, service: string): Connection => ({
    ...base,
    server: server.address,
    serverPort,
    protocol: "tcp",
    service,
  });
  switch (pickKind(random)) {
    case "web": {
      const r = random.next();
      const site = company.sites[Math.floor(company.sites.length * r * r * r)]!;
      const plain = random.next() < 0.04;
      return {
        ...base,
        server: site.address,
        serverPort: plain ? 80 : 443,
        protocol: "tcp",
        service: plain ? "http" : "ssl",
        state: random.next() < 0.03 ? "RSTO" : "SF",
      };
    }
    case "files":
      return inside(company.server(random.next() < 0.6 ? "FS01" : "FS02"), 445, "gssapi,smb,ntlm");
    case "directory":
      return random.next() < 0.5
        ? inside(random.pick(company.resolvers), 88, "krb_tcp")
        : inside(random.pick(company.resolvers), 389, "ldap_tcp");
    case "time":
      return {
        ...base,
        server: random.pick(company.resolvers).address,
        serverPort: 123,
        clientPort: 123,
        protocol: "udp",
        service: "ntp",
        sentBytes: 48,
        receivedBytes: 48,
      };
    case "database":
      return {
        ...inside(company.server(random.next() < 0.7 ? "DB01" : "DB02"), 5432, "postgresql"),
        client: company.server(random.pick(["APP01", "APP02", "WMS01", "REPORT01"])).address,
      };
    case "print":
      return inside(company.server("PRINT01"), 9100, "-");
    case "desktop":
      return inside(company.server("GATE01"), 3389, "rdp");
    case "shell":
      return {
        ...inside(random.pick(company.servers), 5985, "http"),
        client: company.server("MGMT01").address,
      };
    case "refused":
      return {
        ...base,
        server: random.pick(company.servers).address,
        serverPort: random.pick([135, 8080, 8443, 1433]),
        protocol: "tcp",
        service: "-",
        state: random.next() < 0.5 ? "S0" : "REJ",
      };
  }
}

/** The big uploads that are meant to be: the backup every night, a release on some evenings. */
function plannedUploads(day: Day): { msOfDay: number; connection: Connection }[] {
  const { random, company, stamps } = day;
  const uploads: { msOfDay: number; connection: Connection }[] = [];
  const add = (machine: string, address: string, msOfDay: number, sentBytes: number): void => {
    uploads.push({
      msOfDay,
      connection: {
        epoch: stamps.epoch(msOfDay, random.below(1000)),
        uid: connectionId(random),
        client: company.server(machine).address,
        clientPort: 49_152 + random.below(16_000),
        server: address,
        serverPort: 443,
        protocol: "tcp",
        service: "ssl",
        durationSeconds: 300 + random.below(900),
        sentBytes,
        receivedBytes: 90_000 + random.below(40_000),
        state: "SF",
      },
    });
  };
  for (let part = 0; part < 12; part++) {
    const msOfDay = HOUR_MS + part * 900_000 + random.below(400_000);
    add("BACKUP01", BACKUP_ADDRESS, msOfDay, 700_000_000 + random.below(500_000_000));
  }
  if (day.index % 2 === 0) {
    add(
      "BUILD01",
      MIRROR_ADDRESS,
      21 * HOUR_MS + random.below(HOUR_MS),
      130_000_000 + random.below(90_000_000),
    );
  }
  return uploads;
}

/** Writes one day of conn.log and dns.log. */
export async function writeZeekDay(day: Day): Promise<WrittenFile[]> {
  const { random, stamps } = day;
  const lookups = Math.round(dayCount(DNS_EVENTS, day.weekStartMs, day.index) * day.scale);
  const others = Math.round(dayCount(OTHER_CONNECTIONS, day.weekStartMs, day.index) * day.scale);
  const lookupInstants = instantsOfDay(random, lookups, MACHINE_HOURS);
  const otherHours = OFFICE_HOURS.map((weight, hour) => weight * 0.6 + MACHINE_HOURS[hour]! * 0.4);
  const otherInstants = instantsOfDay(random, others, otherHours);

  const conn = day.open(`conn.${stamps.date}.log.gz`);
  const dns = day.open(`dns.${stamps.date}.log.gz`);
  const sick = day.index === DNS_SICKNESS.day;
  const late = sick ? day.open(`dns.${stamps.date}.written-late.log.gz`) : null;
  conn.write(zeekHeader("conn", stamps.date, CONN_COLUMNS));
  for (const file of [dns, late]) file?.write(zeekHeader("dns", stamps.date, DNS_COLUMNS));

  const uploads = plannedUploads(day).map(({ msOfDay, connection }) => ({
    msOfDay,
    text: connectionLine(connection),
  }));
  const plannedConn = createTimeline([...day.planned("zeek_conn"), ...uploads], conn.write);
  const plannedDns = createTimeline(day.planned("zeek_dns"), dns.write);
  let connEvents = others + lookups;
  let dnsEvents = 0;
  let lateEvents = 0;

  const writeLookup = (msOfDay: number): void => {
    const lookup = backgroundLookup(day, msOfDay);
    conn.write(lookupConnectionLine(lookup));
    if (sick && msOfDay >= DNS_SICKNESS.silentFromMs && msOfDay < DNS_SICKNESS.lateFromMs) return;
    if (late && msOfDay >= DNS_SICKNESS.lateFromMs && msOfDay < DNS_SICKNESS.untilMs) {
      late.write(lookupLine(lookup));
      lateEvents += 1;
      return;
    }
    dns.write(lookupLine(lookup));
    dnsEvents += 1;
  };

  let other = 0;
  for (const msOfDay of lookupInstants) {
    while (other < others && otherInstants[other]! <= msOfDay) {
      connEvents += plannedConn.until(otherInstants[other]!);
      conn.write(connectionLine(backgroundConnection(day, otherInstants[other]!)));
      other += 1;
    }
    dnsEvents += plannedDns.until(msOfDay);
    writeLookup(msOfDay);
    for (const file of [conn, dns, late]) if (file?.full) await file.drain();
  }
  for (; other < others; other++)
    conn.write(connectionLine(backgroundConnection(day, otherInstants[other]!)));
  connEvents += plannedConn.rest();
  dnsEvents += plannedDns.rest();

  const finish = async (file: LogFile, events: number): Promise<WrittenFile> => {
    file.write(zeekFooter(stamps.date));
    return { path: file.path, events, malformed: 0, bytes: await file.close() };
  };
  const written = [await finish(conn, connEvents), await finish(dns, dnsEvents)];
  if (late) written.push(await finish(late, lateEvents));
  return written;
}
