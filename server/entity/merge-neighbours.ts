import type { EntityKind } from "../../connectors/source/source.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import type { EntityDataset, FoundField } from "../../notebooks/entity/entity-fields.ts";
import { canonicalEntity, hashIn, isIp } from "../../notebooks/entity/entity-form.ts";
import type { EntityNeighbour, EntityNeighbours } from "../../notebooks/entity/entity-profile.ts";
import { neighbourFields } from "../../notebooks/entity/entity-questions.ts";

/** One value of one field of the events that name the entity. */
export interface SeenValue {
  readonly dataset: EntityDataset;
  /** Index in the dataset's `neighbourFields`. */
  readonly field: number;
  readonly value: string;
  readonly count: number;
  readonly firstUs: bigint | null;
  readonly lastUs: bigint | null;
  readonly sharedBy: number | null;
}

interface Merged {
  readonly kind: EntityKind;
  readonly spellings: Map<string, number>;
  readonly fields: Set<string>;
  /** Events by dataset: an event that names it in two fields counts once, as far as that can be told. */
  readonly counts: Map<string, number>;
  firstUs: bigint | null;
  lastUs: bigint | null;
  sharedBy: number | null;
}

const MOST_NEIGHBOURS_SHOWN = 1_000;

/** Joins what the fields of all datasets name into entities: one for all spellings, without the asked one itself. */
export function mergeNeighbours(
  kind: EntityKind,
  value: string,
  seen: readonly SeenValue[],
): Pick<EntityNeighbours, "neighbours" | "spellings"> {
  const own = canonicalEntity(kind, value);
  const fieldsOf = new Map<EntityDataset, readonly FoundField[]>();
  const merged = new Map<string, Merged>();
  const spellings = new Map<string, number>();
  for (const one of seen) {
    const fields = fieldsOf.get(one.dataset) ?? neighbourFields(one.dataset);
    fieldsOf.set(one.dataset, fields);
    const field = fields[one.field]!;
    const named = field.kind === "hash" ? (hashIn(one.value) ?? one.value) : one.value;
    const found = field.kind === "host" && isIp(named) ? "ip" : field.kind;
    if (!field.declared && !mayBe(found, named)) continue;
    const canonical = canonicalEntity(found, named);
    if (found === kind && (canonical === own || (kind === "hash" && one.value.toLowerCase().includes(own)))) {
      spellings.set(one.value, (spellings.get(one.value) ?? 0) + one.count);
      continue;
    }
    const key = `${found} ${canonical}`;
    let into = merged.get(key);
    if (into === undefined) {
      into = {
        kind: found,
        spellings: new Map(),
        fields: new Set(),
        counts: new Map(),
        firstUs: null,
        lastUs: null,
        sharedBy: null,
      };
      merged.set(key, into);
    }
    into.spellings.set(named, (into.spellings.get(named) ?? 0) + one.count);
    into.fields.add(`${one.dataset.name} ${field.path}`);
    const { name } = one.dataset;
    into.counts.set(name, Math.max(into.counts.get(name) ?? 0, one.count));
    if (one.firstUs !== null && (into.firstUs === null || one.firstUs < into.firstUs))
      into.firstUs = one.firstUs;
    if (one.lastUs !== null && (into.lastUs === null || one.lastUs > into.lastUs)) into.lastUs = one.lastUs;
    const itself = field.kind === kind && fields.find((other) => other.kind === kind) === field;
    if (one.sharedBy !== null && !itself) into.sharedBy = Math.max(into.sharedBy ?? 0, one.sharedBy);
  }
  const neighbours = [...merged.values()].map(
    (one): EntityNeighbour => ({
      kind: one.kind,
      value: [...one.spellings].toSorted((a, b) => b[1] - a[1])[0]![0],
      count: [...one.counts.values()].reduce((sum, count) => sum + count, 0),
      first: one.firstUs === null ? null : formatInstant(one.firstUs),
      last: one.lastUs === null ? null : formatInstant(one.lastUs),
      sharedBy: one.sharedBy,
      fields: [...one.fields],
    }),
  );
  return {
    neighbours: neighbours
      .toSorted(
        (one, other) =>
          (one.sharedBy ?? Number.MAX_SAFE_INTEGER) - (other.sharedBy ?? Number.MAX_SAFE_INTEGER) ||
          other.count - one.count,
      )
      .slice(0, MOST_NEIGHBOURS_SHOWN),
    spellings: [...spellings]
      .map(([text, count]) => ({ value: text, count }))
      .toSorted((one, other) => other.count - one.count),
  };
}

/** Fields that only their name tells hold other things too: an account has no spaces unless its authority has. */
function mayBe(kind: EntityKind, value: string): boolean {
  if (kind === "ip") return isIp(value);
  if (kind === "user") return !value.includes(" ") || value.includes("\\");
  if (kind === "host" || kind === "domain" || kind === "hash") return !value.includes(" ");
  return true;
}
