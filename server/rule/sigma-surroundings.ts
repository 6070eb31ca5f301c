import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { QueryError } from "../../notebooks/engine/engine.ts";
import { columnSql } from "../../promote/rule/condition/field.ts";
import { channelPaths, type SigmaDataset } from "../../promote/rule/sigma/log-source/target.ts";
import type { Spoor } from "../spoor.ts";
import type { SigmaWorld } from "./sigma-import.ts";

const MAXIMUM_CHANNELS = 2000;
const TIME_LIMIT_MS = 20_000;

/** The workspace's datasets as Sigma's log sources are looked for in them. */
function sigmaDatasets(spoor: Spoor): Promise<SigmaDataset[]> {
  return Promise.all(
    spoor.registry.list().map(async (dataset) => {
      const { name, source, columns } = dataset;
      const logSources = spoor.sources.files.definition(source)?.logsources;
      const channels = await channelsOf(spoor, dataset);
      return {
        name,
        columns,
        ...(logSources === undefined ? {} : { logSources }),
        ...(channels === null ? {} : { channels }),
      };
    }),
  );
}

/** Channels of the Windows events that a dataset holds; null when it has no such column, or too many to say. */
async function channelsOf(spoor: Spoor, { name, columns }: Dataset): Promise<string[] | null> {
  const values = channelPaths(columns).flatMap((path) => columnSql(path, columns) ?? []);
  if (values.length === 0) return null;
  const list = values.map(({ sql }) => `CAST(${sql} AS VARCHAR)`).join(", ");
  try {
    const { rows } = await spoor.huntEngine.rows({
      sql: `SELECT DISTINCT lower(unnest([${list}])) AS channel FROM ${quoteIdentifier(name)}`,
      rowLimit: MAXIMUM_CHANNELS,
      timeLimitMs: TIME_LIMIT_MS,
    });
    return rows.length >= MAXIMUM_CHANNELS
      ? null
      : rows.flatMap(({ channel }) => (typeof channel === "string" ? [channel] : []));
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}

/** What Sigma documents are translated against in this workspace. */
export async function sigmaSurroundings(spoor: Spoor): Promise<Pick<SigmaWorld, "datasets" | "kindOf">> {
  return {
    datasets: await sigmaDatasets(spoor),
    kindOf: (dataset, column) => {
      const source = spoor.registry.get(dataset)?.source;
      const entities = source === undefined ? [] : (spoor.sources.files.definition(source)?.entities ?? []);
      return entities.find(({ field }) => field === column)?.kind ?? null;
    },
  };
}
