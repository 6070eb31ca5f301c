/** Which result columns name the time and the entities. Browser-safe: pure functions only. */
import type { EntityKind } from "../../connectors/source/source.ts";
import type { QueryColumn } from "../../notebooks/engine/engine.ts";
import type { RuleEntity } from "./rule.ts";

const MAXIMUM_PROPOSED = 4;
/** What a column's name tells of its kind, the surest first. Names are compared without case and punctuation. */
const NAMES: readonly (readonly [EntityKind, RegExp])[] = [
  ["host", /^(?:host|hostname|computer|computername|machine|device|devicename|agent)$/],
  ["user", /^(?:user|username|account|accountname|subjectusername|targetusername|actor|principal|who)$/],
  [
    "ip",
    /^(?:ip|ipaddress|address|sourceip|srcip|destinationip|dstip|sourceipaddress|idorigh|idresph|destination|clientip)$/,
  ],
  ["process", /^(?:process|processguid|pid|processid)$/],
  ["hash", /^(?:hash|hashes|sha256|sha1|md5)$/],
  ["domain", /^(?:domain|query|queryname|fqdn|dnsname)$/],
  ["url", /^(?:url|uri)$/],
  ["file", /^(?:file|filename|path|image|targetfilename)$/],
];

/** The result column that most likely holds the event time: `_time`, else the first TIMESTAMP, else `_time` all the same. */
export function proposeTimeColumn(columns: readonly QueryColumn[]): string {
  const timed = columns.filter(({ type }) => type.startsWith("TIMESTAMP"));
  return (
    (timed.find(({ name }) => name === "_time") ?? timed.find(({ name }) => name !== "_ingested"))?.name ??
    "_time"
  );
}

/** Up to four result columns that name an entity: those of a known kind first, then by their names. */
export function proposeEntities(
  columns: readonly QueryColumn[],
  kinds: ReadonlyMap<string, EntityKind> = new Map(),
): RuleEntity[] {
  const known = columns.flatMap(({ name }) => {
    const kind = kinds.get(name);
    return kind ? [{ column: name, kind }] : [];
  });
  const guessed = NAMES.flatMap(([kind, pattern]) =>
    columns
      .filter(
        ({ name, type }) =>
          /^(?:VARCHAR|BIGINT|INTEGER|U?\w*INT)$/.test(type) &&
          pattern.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, "")) &&
          !kinds.has(name),
      )
      .map(({ name }) => ({ column: name, kind })),
  );
  return [...known, ...guessed].slice(0, MAXIMUM_PROPOSED);
}
