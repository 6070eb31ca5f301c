import type { EntityField, EntityKind, TimeField } from "../source/source.ts";
import { formatInstant, parseInstant } from "../time/instant.ts";
import { KIND, type Shape } from "./shape.ts";

export interface TimeCandidate {
  readonly field: string;
  /** Share of the looked-at values that can be read as an instant. */
  readonly share: number;
  readonly first: string;
  readonly last: string;
}

/** A value path with the values that were looked at. */
interface Leaf {
  readonly path: string;
  readonly last: string;
  readonly count: number;
  readonly samples: readonly (string | number)[];
}

function leavesOf(shape: Shape, prefix: string, depth: number, out: Leaf[]): void {
  for (const [key, field] of shape.fields ?? []) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (field.samples.length > 0) out.push({ path, last: key, count: field.count, samples: field.samples });
    if (field.kinds & KIND.object && depth < 3) leavesOf(field, path, depth + 1, out);
  }
}

/** Names of time fields, the truest first; what stands further right is further from the event itself. */
const TIME_NAMES: readonly RegExp[] = [
  /^utc_?time$/i,
  /^event_?date_?time$/i,
  /^eventtime$/,
  /^ts$/i,
  /^time_?created$|^system_?time$/i,
  /^event_?timestamp$/i,
  /^@timestamp$/,
  /^timestamp$/i,
  /^time_?generated$/i,
  /^(event_?)?time$/i,
  /^date_?time$|^date$/i,
  /^(created|creation|start|occurred|observed|published)_?(at|time|date|timestamp)?$/i,
  /time(stamp)?$/i,
  /received|ingest|write_ts|@version/i,
];
/** Names that hold times of something other than the event. */
const OTHER_TIMES =
  /expir|valid|previous|creationutc|logon_?time|lastwrite|install|birth|modified|not_(before|after)|sessionissuer|creationdate|_write_ts|ref_time|org_time|rec_time|xmt_time|duration|timeout|uptime/i;

function instantOf(value: string | number, named: boolean): bigint | null {
  if (typeof value === "string") {
    const iso = parseInstant(value.replace(/ UTC$/, "Z"));
    if (iso !== null) return iso;
    if (!named) return null;
    if (/^\d{9,19}(\.\d+)?$/.test(value)) return instantOf(Number(value), named);
    const other = /^\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:|^[A-Z][a-z]{2},? /.test(value)
      ? Date.parse(value.replace(/^(\d+\/\w+\/\d+):/, "$1 "))
      : Number.NaN;
    return Number.isNaN(other) ? null : BigInt(other) * 1000n;
  }
  if (!named || value < 5e8 || value > 5e18) return null;
  if (value < 1e11) return BigInt(Math.round(value * 1e6));
  if (value < 1e14) return BigInt(Math.round(value * 1e3));
  return value < 1e17 ? BigInt(Math.round(value)) : BigInt(Math.round(value / 1e3));
}

function nameRank(name: string): number {
  const rank = TIME_NAMES.findIndex((pattern) => pattern.test(name));
  return rank < 0 ? TIME_NAMES.length : rank;
}

/**
 * Proposes event time from names and values over the datasets of a source: fields whose values read as
 * instants, the field nearest to the event first (Sysmon's UtcTime before the collector's @timestamp, which
 * comes before EventTime, local time without a zone).
 */
export function inferTime(shapes: Iterable<Shape>): { time: TimeField; candidates: TimeCandidate[] } {
  const leaves: Leaf[] = [];
  let rowCount = 0;
  for (const shape of shapes) {
    leavesOf(shape, "", 0, leaves);
    rowCount += shape.count;
  }
  const merged = new Map<
    string,
    { rank: number; read: number; seen: number; count: number; times: bigint[]; zoned: boolean }
  >();
  for (const leaf of leaves) {
    const rank = nameRank(leaf.last);
    const named = rank < TIME_NAMES.length;
    let entry = merged.get(leaf.path);
    if (!entry) {
      entry = { rank, read: 0, seen: 0, count: 0, times: [], zoned: false };
      merged.set(leaf.path, entry);
    }
    entry.count += leaf.count;
    for (const value of leaf.samples) {
      if (value === "" || value === "-") continue;
      entry.seen++;
      const instant = instantOf(value, named);
      if (instant === null) continue;
      entry.read++;
      entry.times.push(instant);
      if (typeof value === "number" || /(Z|UTC|[+-]\d{2}:?\d{2})$/.test(value)) entry.zoned = true;
    }
  }
  const found = [...merged].filter(([, e]) => e.seen > 0 && e.read / e.seen >= 0.5);
  const candidates: (TimeCandidate & { weight: number; proposed: boolean; count: number })[] = found.map(
    ([field, e]) => {
      const sorted = e.times.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      const last = field.slice(field.lastIndexOf(".") + 1);
      // EventTime in Windows collectors is local: without an offset it stands behind every zoned field.
      const local = !e.zoned && !/utc/i.test(last);
      const other = OTHER_TIMES.test(field) && !/^@?timestamp$/i.test(last);
      return {
        field,
        share: e.read / e.seen,
        first: formatInstant(sorted[0]!),
        last: formatInstant(sorted.at(-1)!),
        weight: e.rank + (local ? 100 : 0) + (other ? 1000 : 0) + field.split(".").length * 0.1,
        proposed: !other && e.rank < TIME_NAMES.length,
        count: e.count,
      };
    },
  );
  candidates.sort((a, b) => a.weight - b.weight || (a.field < b.field ? -1 : 1));
  // Fields are tried in turn, so the first that every row has ends the list.
  const proposed = candidates.filter((c) => c.proposed);
  const complete = proposed.findIndex((c) => rowCount > 0 && c.count >= rowCount && c.share > 0.999);
  const fields = proposed.slice(0, Math.min(complete < 0 ? 8 : complete + 1, 8)).map((c) => c.field);
  const chosen = fields.length > 0 ? fields : candidates.slice(0, 1).map((c) => c.field);
  return {
    time: { fields: chosen, format: "auto", zone: "UTC" },
    candidates: candidates
      .slice(0, 20)
      .map(({ field, share, first, last }) => ({ field, share, first, last })),
  };
}

const IPV4 = /^(?:::ffff:)?(?:\d{1,3}\.){3}\d{1,3}$/;
const IPV6 = /^[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?$/i;
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i;
const HASH_LIST = /\b(?:MD5|SHA1|SHA256|IMPHASH)=[0-9A-F]{32,64}/i;
const URL_TEXT = /^[a-z][a-z0-9+.-]{1,15}:\/\/\S+$/i;
const DOMAIN = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,24}\.?$/i;
const WINDOWS_PATH = /^(?:[a-z]:\\|\\\\|\\device\\|%\w+%\\)/i;
const UNIX_PATH = /^\/[\w.@-]+\/\S*/;
const HOST = /^[A-Za-z0-9][A-Za-z0-9._-]{0,253}\$?$/;
const USER = /^[^\s/:*?"<>|]{1,64}(?:\\[^\s/:*?"<>|]{1,64})?$|^arn:aws:|^\S+@\S+$|^[A-Z ]+\\[A-Z ]+$/;

interface EntityRule {
  readonly kind: EntityKind;
  readonly name: RegExp;
  readonly value: RegExp;
}

const ENTITY_RULES: readonly EntityRule[] = [
  {
    kind: "ip",
    name: /(^|_|[a-z.])(ip|ip_?addr(ess)?|addr(ess)?|orig_h|resp_h|src|dst|host|source|destination|client|server)$|ip$|ip_?address/i,
    // A hardware address looks like a short IPv6 one, and is none.
    value: new RegExp(`${IPV4.source}|(?!^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$)${IPV6.source}`, "i"),
  },
  {
    kind: "hash",
    name: /hash|md5|sha1|sha256|fingerprint|cert_chain_fps/i,
    value: new RegExp(`${HASH.source}|${HASH_LIST.source}`, "i"),
  },
  { kind: "url", name: /url|uri|referr?er/i, value: URL_TEXT },
  {
    kind: "process",
    name: /(^|[._a-z])(image|process(name|_?path)?|exe|executable|application|processname|comm|parentimage|sourceimage|targetimage)$/i,
    value: new RegExp(`${WINDOWS_PATH.source}|${UNIX_PATH.source}|\\.exe$`, "i"),
  },
  {
    kind: "file",
    name: /file_?(name|path)?$|path$|imageloaded|target_?object|module/i,
    value: new RegExp(`${WINDOWS_PATH.source}|${UNIX_PATH.source}|^[\\w -]+\\.[A-Za-z0-9]{1,5}$`, "i"),
  },
  {
    kind: "domain",
    name: /domain_?name$|query(name)?$|server_name|dns|^domain$|sni|rrname|fqdn|queryname/i,
    value: DOMAIN,
  },
  {
    kind: "host",
    name: /(^|[._])(host|hostname|computer|computer_?name|workstation(name)?|device_?name|machine|agent_?name|dvc|server|node)$|hostname$|computername$/i,
    value: HOST,
  },
  {
    kind: "user",
    name: /(^|[._a-z])(user|user_?name|account_?name|accountname|subjectusername|targetusername|login|principal|identity|arn|samaccountname)$|user_?name$/i,
    value: USER,
  },
];

/** Proposes entities: fields whose name and most of whose values say what they are. */
export function inferEntities(shapes: Iterable<Shape>): EntityField[] {
  const leaves: Leaf[] = [];
  for (const shape of shapes) leavesOf(shape, "", 0, leaves);
  const found = new Map<string, { entity: EntityField; count: number }>();
  for (const leaf of leaves) {
    const texts = leaf.samples.filter((s): s is string => typeof s === "string" && s !== "" && s !== "-");
    if (texts.length === 0) continue;
    for (const rule of ENTITY_RULES) {
      const matching = texts.filter((text) => rule.value.test(text)).length;
      const strong = rule.kind === "ip" || rule.kind === "url" || rule.kind === "hash";
      const needed = strong ? 0.5 : 0.6;
      if (
        !rule.name.test(leaf.last) &&
        !(rule.kind === "ip" && matching === texts.length && texts.length > 3)
      )
        continue;
      if (matching < texts.length * needed) continue;
      const key = `${leaf.path}`;
      const old = found.get(key);
      if (old) old.count += leaf.count;
      else found.set(key, { entity: { kind: rule.kind, field: leaf.path }, count: leaf.count });
      break;
    }
  }
  return [...found.values()]
    .sort((a, b) => b.count - a.count || (a.entity.field < b.entity.field ? -1 : 1))
    .slice(0, 40)
    .map((e) => e.entity);
}
