import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { EntityField } from "../../connectors/source/source.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { QueryError, type QueryParameter, type Row } from "../../notebooks/engine/engine.ts";
import { fieldExpression, parameterBinder } from "../../notebooks/entity/entity-condition.ts";
import { fieldsOfKind } from "../../notebooks/entity/entity-fields.ts";
import { canonicalEntity } from "../../notebooks/entity/entity-form.ts";
import type { Spoor } from "../spoor.ts";

/** What was measured of a source's data, for its coverage in the risk model. */
export interface SourceMeasures {
  /** Share of the time between its first and last event in which it was not silent; null when nothing watches silence. */
  readonly healthyShare: number | null;
  /** Hosts of the inventory, and those of them that sent at least one event; null without an inventory. */
  readonly hosts: { readonly seen: number; readonly expected: number } | null;
}

/** Measured at most so often: the figures are of weeks, and a page asks every second. */
const FRESH_MS = 600_000;
const MAXIMUM_HOSTS = 200_000;
type Ask = (sql: string, parameters: Readonly<Record<string, QueryParameter>>) => Promise<readonly Row[]>;

const NOTHING: SourceMeasures = { healthyShare: null, hosts: null };

/** Blind time and coverage of each source, asked of its data and kept for ten minutes while the data changes. */
export class SourceMeasurer {
  readonly #spoor: Spoor;
  readonly #kept = new Map<
    string,
    { readonly key: string; readonly atMs: number; readonly value: SourceMeasures }
  >();

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  /** What was measured last; nothing before the first `refresh`. */
  of(source: string): SourceMeasures {
    return this.#kept.get(source)?.value ?? NOTHING;
  }

  /**
   * Measures every source whose data or definition changed, one after another. A query that fails is noted and
   * leaves nothing known.
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    const { sources, registry, huntEngine: engine, clock } = this.#spoor;
    for (const name of sources.names()) {
      const definition = sources.files.definition(name);
      const datasets = registry.list().filter((dataset) => dataset.source === name);
      if (definition === undefined || datasets.length === 0) {
        this.#kept.delete(name);
        continue;
      }
      const silenceMs = definition.health.maximumSilenceMs;
      const inventory = definition.inventory ?? null;
      const listed = inventory === null ? undefined : registry.get(inventory.dataset);
      const key = JSON.stringify([
        silenceMs,
        inventory,
        definition.entities,
        datasets.map((dataset) => [dataset.name, dataset.version]),
        listed?.version,
      ]);
      const known = this.#kept.get(name);
      const nowMs = clock();
      if (known && (known.key === key || nowMs - known.atMs < FRESH_MS)) continue;
      const ask: Ask = async (sql, parameters) => {
        try {
          return (await engine.rows({ sql, parameters, ...(signal === undefined ? {} : { signal }) })).rows;
        } catch (error) {
          if (!(error instanceof QueryError) || signal?.aborted === true) throw error;
          this.#spoor.note(`${name} could not be measured: ${error.message}`);
          return [];
        }
      };
      const value: SourceMeasures = {
        healthyShare: silenceMs === null ? null : await healthyShare(ask, datasets, silenceMs),
        hosts:
          inventory === null || listed === undefined
            ? null
            : compared(
                await values(ask, listed.name, quoteIdentifier(inventory.column), {}),
                await hostsOf(ask, datasets, definition.entities),
              ),
      };
      this.#kept.set(name, { key, atMs: nowMs, value });
    }
  }
}

/** Every text of the fields that the source declares as hosts. */
async function hostsOf(
  ask: Ask,
  datasets: readonly Dataset[],
  entities: readonly EntityField[],
): Promise<string[]> {
  const found: string[] = [];
  for (const { name, source, columns } of datasets) {
    const typed = columns.map((column) => ({ name: column.name, type: column.type, entity: null }));
    const fields = fieldsOfKind({ name, source, origin: "source", columns: typed, entities }, "host");
    for (const field of fields.filter(({ declared }) => declared)) {
      const binder = parameterBinder();
      const { sql, many } = fieldExpression(field, binder.bind);
      found.push(...(await values(ask, name, many ? `unnest(${sql})` : sql, binder.parameters)));
    }
  }
  return found;
}

/** Silence longer than allowed is blind time: the part of each gap past the bound, over the time from first to last event. */
async function healthyShare(
  ask: Ask,
  datasets: readonly Dataset[],
  silenceMs: number,
): Promise<number | null> {
  let blindUs = 0;
  let spanUs = 0;
  for (const { name } of datasets) {
    const [row] = await ask(
      `WITH minutes AS (SELECT DISTINCT time_bucket(INTERVAL 1 MINUTE, _time) AS moment FROM ${quoteIdentifier(name)} WHERE _time IS NOT NULL),
        gaps AS (SELECT moment, epoch_us(moment) - epoch_us(lag(moment) OVER (ORDER BY moment)) AS gap FROM minutes)
       SELECT coalesce(sum(gap - $silence) FILTER (gap > $silence), 0)::DOUBLE AS blind,
        (epoch_us(max(moment)) - epoch_us(min(moment)))::DOUBLE AS span FROM gaps`,
      { silence: BigInt(Math.round(silenceMs * 1000)) },
    );
    if (typeof row?.blind !== "number" || typeof row.span !== "number") continue;
    blindUs += row.blind;
    spanUs += row.span;
  }
  return spanUs > 0 ? 1 - blindUs / spanUs : null;
}

async function values(
  ask: Ask,
  dataset: string,
  expression: string,
  parameters: Readonly<Record<string, QueryParameter>>,
): Promise<string[]> {
  const rows = await ask(
    `SELECT DISTINCT CAST(value AS VARCHAR) AS value FROM (SELECT ${expression} AS value FROM ${quoteIdentifier(dataset)} AS t) WHERE value IS NOT NULL LIMIT ${MAXIMUM_HOSTS}`,
    parameters,
  );
  return rows.flatMap(({ value }) => (typeof value === "string" && value.trim() !== "" ? [value] : []));
}

/** Hosts of the inventory, and how many of them are among those that sent; spellings of one host count once. */
function compared(inventory: readonly string[], sent: readonly string[]): { seen: number; expected: number } {
  const expected = new Set(inventory.map((host) => canonicalEntity("host", host)));
  const seen = new Set(sent.map((host) => canonicalEntity("host", host)));
  return { seen: [...expected].filter((host) => seen.has(host)).length, expected: expected.size };
}
