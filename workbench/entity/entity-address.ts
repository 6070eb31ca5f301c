import type { EntityKind } from "../../connectors/source/source.ts";
import { formatRoute } from "../route/route.ts";

/** An entity as a page names it. */
export interface NamedEntity {
  readonly kind: EntityKind;
  readonly value: string;
}

/** How an entity is followed: where its page is, and what a click does instead where it stays in place. */
export interface EntityFollowing {
  readonly href: (entity: NamedEntity) => string;
  /** Null where a click is an ordinary link. */
  readonly follow: ((entity: NamedEntity) => void) | null;
}

const LONGEST_TRAIL = 8;

/** Address of an entity's page; `trail` are the entities that led there, oldest first. */
export function entityHref(entity: NamedEntity, trail: readonly NamedEntity[] = []): string {
  const path = formatRoute({ page: "entity", kind: entity.kind, name: entity.value });
  const query = new URLSearchParams();
  for (const { kind, value } of trail.slice(-LONGEST_TRAIL)) query.append("via", `${kind}:${value}`);
  return query.size === 0 ? path : `${path}?${query}`;
}

/** The trail of an address's query, as `entityHref` wrote it; what is none is left out. */
export function trailOf(search: string): NamedEntity[] {
  return new URLSearchParams(search).getAll("via").flatMap((text) => {
    const at = text.indexOf(":");
    return at < 1 || at === text.length - 1
      ? []
      : [{ kind: text.slice(0, at) as EntityKind, value: text.slice(at + 1) }];
  });
}

/** The kinds as people say them. */
export const KIND_TITLES: Readonly<Record<EntityKind, { readonly one: string; readonly many: string }>> = {
  user: { one: "user", many: "users" },
  host: { one: "host", many: "hosts" },
  ip: { one: "IP address", many: "IP addresses" },
  process: { one: "process", many: "processes" },
  hash: { one: "hash", many: "hashes" },
  domain: { one: "domain", many: "domains" },
  url: { one: "URL", many: "URLs" },
  file: { one: "file", many: "files" },
};

/** True for a text that names a kind of entity. */
export function isEntityKind(text: string): text is EntityKind {
  return Object.hasOwn(KIND_TITLES, text);
}
