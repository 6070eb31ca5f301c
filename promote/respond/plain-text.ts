import type { EntityKind } from "../../connectors/source/source.ts";
import type { RuleEntity } from "../rule/rule.ts";

const SHOWN_LENGTH = 80;
const NAMED_ENTITIES = 2;

/** What a person knows by its name comes first; what only a machine knows comes last. */
const KINDS_BY_USE = [
  "host",
  "user",
  "ip",
  "domain",
  "url",
  "file",
  "process",
  "hash",
] as const satisfies readonly EntityKind[];

/** A name without a space: nothing in it can be read as a further sentence. */
const PLAIN_NAME = /^[\p{L}\p{N}_.:@$%-]+$/u;
/** `CORP\bob`, `NT AUTHORITY\SYSTEM`. */
const PLAIN_ACCOUNT = /^(?:[\p{L}\p{N}_.-]+(?: [\p{L}\p{N}_.-]+)?\\)?[\p{L}\p{N}_.@$-]+$/u;

/**
 * One value from data as a short quoted text for a sentence: control, line-break and direction-changing characters
 * become spaces, double quotes become single ones, and what is longer than 80 characters is cut.
 */
export function quotedValue(value: string): string {
  const plain = value
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, " ")
    .replaceAll(/\s+/g, " ")
    .replaceAll('"', "'")
    .trim();
  const characters = [...plain];
  const shown = characters.length > SHOWN_LENGTH ? `${characters.slice(0, SHOWN_LENGTH).join("")}…` : plain;
  return `"${shown}"`;
}

/**
 * `Title on WS-1, as CORP\bob.` when the rule says of which kind its entities are, else
 * `Title: host "WS-1", account "CORP\bob".` Names at most two entities with a value, hosts and people before addresses,
 * those before processes, hashes and files. A value that is no plain name stays in quotes.
 */
export function alertSentence(
  title: string,
  entities: Readonly<Record<string, string>>,
  kinds: readonly RuleEntity[] = [],
): string {
  const head = inside(title).replace(/[.\s]+$/, "");
  const named = Object.entries(entities)
    .filter(([, value]) => value !== "")
    .map(([column, value]) => ({
      column,
      value,
      kind: kinds.find((entity) => entity.column === column)?.kind ?? null,
    }))
    .toSorted((one, other) => rank(one.kind) - rank(other.kind))
    .slice(0, NAMED_ENTITIES);
  const spoken = named.map(({ column, value, kind }, index) => {
    const repeated = named.findIndex((entity) => entity.kind === kind) !== index;
    if (kind === "host" && !repeated) return `on ${name(value, PLAIN_NAME)}`;
    if (kind === "user" && !repeated) return `as ${name(value, PLAIN_ACCOUNT)}`;
    const label = inside(column.replaceAll("_", " "));
    return `${label} ${kind === "ip" || kind === "domain" ? name(value, PLAIN_NAME) : quotedValue(value)}`;
  });
  if (spoken.length === 0) return `${head}.`;
  if (named[0]!.kind === "host") return `${head} ${spoken.join(", ")}.`;
  return `${head}${named[0]!.kind === "user" ? ", " : ": "}${spoken.join(", ")}.`;
}

function rank(kind: EntityKind | null): number {
  const at = kind === null ? -1 : KINDS_BY_USE.indexOf(kind);
  return at === -1 ? KINDS_BY_USE.length : at;
}

function name(value: string, plain: RegExp): string {
  return value.length <= SHOWN_LENGTH && plain.test(value) ? value : quotedValue(value);
}

function inside(text: string): string {
  return quotedValue(text).slice(1, -1);
}
