/** One line that says what an event is, from its telling fields. Browser-safe: pure functions only. */

type Cell = unknown;
type EventRow = Readonly<Record<string, Cell>>;

const LONGEST_SUMMARY = 240;
const LONGEST_PART = 120;
/** A field whose name has one of these words tells little in one line. */
const QUIET =
  /^_|(?:^|_|[a-z])(?:id|guid|uuid|time|timestamp|version|hash|hashes|ts|channel|type)$|^@|Id$|Guid$|Time$|keywords|opcode|provider|task$|message$/i;
const TELLING =
  /(?:action|event_?name|operation|activity|command_?line|query|url|uri|method|status|result|outcome|reason|service|port|user|host|ip|path|file|image|process|name|signature|category|country|rule|sentence|note|kind|state)/i;

function text(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value === "-" ? "" : value.replaceAll(/\s+/g, " ").trim();
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return String(value);
  if (Array.isArray(value)) {
    const texts = value.map(text).filter(Boolean);
    return texts.length > 3
      ? `${texts.slice(0, 3).join(", ")} and ${texts.length - 3} more`
      : texts.join(", ");
  }
  return "";
}

function cut(value: string, longest = LONGEST_PART): string {
  return value.length > longest ? `${value.slice(0, longest - 1)}…` : value;
}

function at(row: EventRow, path: string): string {
  if (Object.hasOwn(row, path)) return text(row[path]);
  let value: Cell = row;
  for (const name of path.split(".")) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, name)) return "";
    value = (value as EventRow)[name];
  }
  return text(value);
}

function first(row: EventRow, ...paths: readonly string[]): string {
  for (const path of paths) {
    const found = at(row, path);
    if (found !== "") return found;
  }
  return "";
}

function base(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) + 1);
}

function joined(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(" ");
}

function prefixed(word: string, value: string): string {
  return value === "" ? "" : `${word} ${value}`;
}

function bytes(value: string): string {
  const count = Number(value);
  if (value === "" || !Number.isFinite(count)) return "";
  if (count < 1000) return `${count} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = count / 1000;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size >= 10 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

type Shape = (row: EventRow) => string;

const LOGON_TYPES: Readonly<Record<string, string>> = {
  "2": "at the keyboard",
  "3": "over the network",
  "4": "as a batch job",
  "5": "as a service",
  "7": "to unlock",
  "9": "with other credentials",
  "10": "by remote desktop",
  "11": "with cached credentials",
};

const WINDOWS_EVENTS: Readonly<Record<string, string>> = {
  "4624": "logged on",
  "4625": "failed to log on",
  "4634": "logged off",
  "4647": "logged off",
  "4648": "used other credentials",
  "4672": "got special privileges",
  "4768": "asked for a Kerberos ticket",
  "4769": "asked for a service ticket",
  "4771": "failed Kerberos pre-authentication",
  "4776": "had credentials checked",
};

/** Asked in this order; the first that says something is taken. */
const SHAPES: readonly Shape[] = [
  // a rule's find, an alert, an outcome, a note
  (row) =>
    at(row, "rule_version") === ""
      ? ""
      : joined(at(row, "rule"), "found it", prefixed("in stage", at(row, "stage"))),
  (row) =>
    at(row, "case_id") === ""
      ? ""
      : joined(at(row, "sentence"), prefixed("–", first(row, "outcome", "state"))),
  (row) =>
    at(row, "alert_id") === "" || at(row, "kind") === ""
      ? ""
      : joined(at(row, "actor"), "decided", at(row, "kind"), prefixed("because", at(row, "reason"))),
  (row) =>
    at(row, "note") === "" || at(row, "author") === "" ? "" : `${at(row, "author")}: ${at(row, "note")}`,
  // Windows logons
  (row) => {
    const event = WINDOWS_EVENTS[first(row, "EventID", "event_id", "winlog.event_id")];
    if (event === undefined) return "";
    const user = first(row, "TargetUserName", "event_data.TargetUserName", "SubjectUserName");
    const address = first(row, "IpAddress", "event_data.IpAddress", "WorkstationName");
    return joined(
      user,
      event,
      LOGON_TYPES[at(row, "LogonType")] ?? "",
      prefixed("from", address),
      prefixed("on", first(row, "Hostname", "Computer", "host")),
    );
  },
  // a process, and what it did
  (row) => {
    const image = base(first(row, "Image", "process.executable", "NewProcessName", "event_data.Image"));
    const command = first(row, "CommandLine", "process.command_line", "event_data.CommandLine");
    if (command !== "") {
      const parent = base(first(row, "ParentImage", "ParentProcessName", "event_data.ParentImage"));
      return joined(parent, parent === "" ? "" : "→", command);
    }
    if (image === "") return "";
    const target = first(row, "DestinationHostname", "DestinationIp", "event_data.DestinationIp");
    if (target !== "")
      return joined(
        image,
        "connected to",
        `${target}${prefixed("port", first(row, "DestinationPort", "event_data.DestinationPort")).replace("port ", ":")}`,
      );
    const query = first(row, "QueryName", "event_data.QueryName");
    if (query !== "") return joined(image, "looked up", query);
    const object = first(row, "TargetFilename", "TargetObject", "ImageLoaded", "TargetImage", "PipeName");
    return joined(image, object === "" ? "ended or changed" : "touched", object);
  },
  // DNS
  (row) => {
    const query = first(row, "query", "dns.question.name", "rrname");
    if (query === "" || first(row, "qtype_name", "answers", "rcode_name", "rcode", "dns.type") === "")
      return "";
    return joined(
      "looked up",
      query,
      at(row, "qtype_name"),
      prefixed("→", first(row, "answers", "rcode_name")),
    );
  },
  // a connection
  (row) => {
    const from = first(row, "id.orig_h", "src_ip", "source.ip", "srcaddr");
    const to = first(row, "id.resp_h", "dest_ip", "destination.ip", "dstaddr");
    if (from === "" || to === "") return "";
    const port = first(row, "id.resp_p", "dest_port", "destination.port", "dstport");
    const sent = bytes(first(row, "orig_bytes", "source.bytes", "flow.bytes_toserver"));
    const received = bytes(first(row, "resp_bytes", "destination.bytes", "flow.bytes_toclient"));
    return joined(
      `${from} → ${to}${port === "" ? "" : `:${port}`}`,
      first(row, "service", "app_proto", "proto"),
      first(row, "alert.signature", "host", "server_name"),
      sent === "" ? "" : `sent ${sent},`,
      received === "" ? "" : `got ${received}`,
    ).replace(/,$/, "");
  },
  // cloud API calls
  (row) => {
    const name = at(row, "eventName");
    if (name === "") return "";
    const who = first(row, "userIdentity.userName", "userIdentity.arn", "userIdentity.principalId");
    return joined(
      base(who) === "" ? who : base(who),
      "called",
      name,
      prefixed("of", at(row, "eventSource").replace(/\.amazonaws\.com$/, "")),
      prefixed("from", at(row, "sourceIPAddress")),
      prefixed("–", at(row, "errorCode")),
    );
  },
  // identity provider
  (row) => {
    const event = first(row, "displayMessage", "eventType");
    const actor = first(row, "actor.alternateId", "actor.displayName");
    if (event === "" || actor === "") return "";
    const result = at(row, "outcome.result");
    return joined(
      actor,
      "–",
      event,
      result === "SUCCESS" ? "" : prefixed("–", joined(result, at(row, "outcome.reason"))),
      prefixed("from", joined(at(row, "client.ipAddress"), at(row, "client.geographicalContext.country"))),
    );
  },
];

function leaves(
  row: EventRow,
  before: string,
  found: { name: string; value: string }[],
  depth: number,
): void {
  for (const [name, value] of Object.entries(row)) {
    if (found.length > 200) return;
    const path = before === "" ? name : `${before}.${name}`;
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      if (depth < 3) leaves(value as EventRow, path, found, depth + 1);
      continue;
    }
    const shown = text(value);
    if (shown !== "") found.push({ name: path, value: shown });
  }
}

/**
 * One line of at most 240 characters that says what the event is: by its shape where it is a known one (process, logon,
 * connection, DNS, cloud call, sign-in, detection), else its first telling fields as `name value`. Never empty.
 */
export function summariseEvent(row: EventRow): string {
  for (const shape of SHAPES) {
    const line = shape(row);
    if (line !== "") return cut(line.trim(), LONGEST_SUMMARY);
  }
  const found: { name: string; value: string }[] = [];
  leaves(row, "", found, 0);
  const shown = found.filter(({ name }) => !QUIET.test(name));
  const telling = shown.filter(({ name }) => TELLING.test(name));
  const chosen = (telling.length >= 2 ? telling : shown.length > 0 ? shown : found).slice(0, 6);
  const line = chosen
    .map(({ name, value }) => `${name.slice(name.lastIndexOf(".") + 1)} ${cut(value, 60)}`)
    .join(" · ");
  return line === "" ? "an event without fields" : cut(line, LONGEST_SUMMARY);
}
