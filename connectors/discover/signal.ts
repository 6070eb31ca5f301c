/** One kind of knowledge that makes a log worth having, and how to tell that it is there. */
interface Signal {
  readonly reason: string;
  readonly weight: number;
  readonly holds: (log: SampledLog) => boolean;
}

/** What was seen of a log: its keys (last part of each path, lower case, without `_`, `.` and `-`) and values by key. */
export interface SampledLog {
  readonly keys: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

function any(log: SampledLog, ...names: string[]): boolean {
  return names.some((name) => log.keys.has(name));
}

function anyValue(log: SampledLog, key: string, pattern: RegExp): boolean {
  return (log.values.get(key) ?? []).some((value) => pattern.test(value));
}

const SIGNALS: readonly Signal[] = [
  {
    reason: "process creation with command lines",
    weight: 40,
    holds: (log) =>
      any(log, "commandline", "processcommandline", "cmdline", "parentcommandline") ||
      (any(log, "newprocessname") && any(log, "parentprocessname", "creatorprocessid")),
  },
  {
    reason: "cloud audit",
    weight: 36,
    holds: (log) =>
      (any(log, "eventsource") && any(log, "eventname", "useridentity")) ||
      any(log, "operationname", "methodname"),
  },
  {
    reason: "alerts of a detection tool",
    weight: 36,
    holds: (log) => any(log, "signatureid", "alertname", "threatname", "alertseverity"),
  },
  {
    reason: "logons",
    weight: 34,
    holds: (log) =>
      any(log, "logontype", "authenticationpackagename", "authsuccess", "targetlogonid") ||
      anyValue(log, "eventid", /^(4624|4625|4648|4672|4768|4769|4776)$/) ||
      anyValue(log, "eventtype", /session\.start|authentication|signin|login/i),
  },
  { reason: "script texts", weight: 28, holds: (log) => any(log, "scriptblocktext") },
  {
    reason: "network flows",
    weight: 26,
    holds: (log) =>
      (any(log, "origh", "idorigh", "sourceip", "srcip", "sourceaddress", "saddr") &&
        any(log, "respp", "idrespp", "destinationport", "destport", "dstport", "dport")) ||
      any(log, "connstate"),
  },
  {
    reason: "DNS queries",
    weight: 26,
    holds: (log) =>
      any(log, "qtypename", "queryname", "rrname") || (any(log, "query") && any(log, "answers")),
  },
  {
    reason: "process access and loaded images",
    weight: 22,
    holds: (log) => any(log, "grantedaccess", "imageloaded"),
  },
  {
    reason: "file and registry changes",
    weight: 22,
    holds: (log) => any(log, "targetobject", "targetfilename", "objectname"),
  },
  {
    reason: "e-mail",
    weight: 22,
    holds: (log) => any(log, "mailfrom", "rcptto", "messageid") && any(log, "mailfrom", "subject", "helo"),
  },
  {
    reason: "web requests",
    weight: 20,
    holds: (log) => any(log, "useragent") && any(log, "uri", "url", "method", "referrer"),
  },
  { reason: "TLS server names", weight: 18, holds: (log) => any(log, "servername", "ja3", "sni") },
  {
    reason: "services, tasks and shares",
    weight: 16,
    holds: (log) => any(log, "servicename", "taskname", "sharename"),
  },
  {
    reason: "file hashes",
    weight: 12,
    holds: (log) => any(log, "hashes", "sha256", "md5", "imphash", "sha1"),
  },
];

/** `id.orig_h` -> `idorigh`. */
export function plainKey(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9@]/g, "");
}

/**
 * How useful a log is to security, 0 to 100, with the reasons, the strongest first: what it tells weighs most, then
 * whether its events have a time and name users, hosts, addresses.
 */
export function weighLog(
  log: SampledLog,
  hasTime: boolean,
  entityKinds: readonly string[],
): { score: number; reasons: string[] } {
  const found = SIGNALS.filter((signal) => signal.holds(log)).sort((a, b) => b.weight - a.weight);
  const told = found.reduce((sum, signal, index) => sum + signal.weight / (index + 1), 0);
  const reasons = found.map((signal) => signal.reason);
  let score = told;
  if (hasTime) score += 10;
  else reasons.push("no event time found");
  if (entityKinds.length > 0) {
    score += Math.min(20, 4 * entityKinds.length);
    reasons.push(`names ${entityKinds.join(", ")}`);
  }
  return { score: Math.max(1, Math.min(100, Math.round(score))), reasons };
}
