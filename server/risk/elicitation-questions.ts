import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { CalibrationQuestion } from "../../promote/risk/elicit/calibration.ts";
import type { CatalogEntry } from "../api/api.ts";

const LARGEST_ROWS = 20_000_000;
const MOST_COLUMNS = 6;
/** Aggregates of the whole dataset come before those of its columns. */
const FIRST = 6;
const TIME_LIMIT_MS = 10_000;
const COUNTABLE = /^(VARCHAR|BIGINT|INTEGER|UINTEGER|SMALLINT|USMALLINT|UBIGINT|DOUBLE|BOOLEAN)$/;

/**
 * Questions about the workspace's own data whose answers are counted now: people learn how sure they are from what they
 * think they know. At most `most`, spread over the datasets; a dataset that cannot be read is left out.
 */
export async function dataQuestions(
  engine: Pick<QueryEngine, "rows">,
  catalog: readonly CatalogEntry[],
  signal: AbortSignal,
  most = 30,
): Promise<CalibrationQuestion[]> {
  const datasets = catalog
    .filter(({ origin, rowCount }) => origin === "source" && rowCount > 0 && rowCount <= LARGEST_ROWS)
    .sort((left, right) => right.rowCount - left.rowCount)
    .slice(0, 8);
  const lists: CalibrationQuestion[][] = [];
  for (const dataset of datasets) {
    const found = await questionsOf(engine, dataset, signal).catch(() => []);
    lists.push(found);
  }
  lists.push(comparisons(datasets));
  const spread: CalibrationQuestion[] = [];
  for (let at = 0; spread.length < most && lists.some((list) => at < list.length); at++) {
    for (const list of lists) if (at < list.length && spread.length < most) spread.push(list[at]!);
  }
  return spread;
}

async function questionsOf(
  engine: Pick<QueryEngine, "rows">,
  dataset: CatalogEntry,
  signal: AbortSignal,
): Promise<CalibrationQuestion[]> {
  const columns = dataset.columns
    .filter(({ name, type }) => !name.startsWith("_") && COUNTABLE.test(type))
    .slice(0, MOST_COLUMNS);
  const from = quoteIdentifier(dataset.name);
  const counted = columns.flatMap(({ name }) => {
    const column = quoteIdentifier(name);
    return [
      `count(DISTINCT ${column})`,
      `count(*) FILTER (WHERE ${column} IS NOT NULL)`,
      `count(*) FILTER (WHERE ${column} = (SELECT mode(${column}) FROM ${from}))`,
      `max(length(CAST(${column} AS VARCHAR)))`,
    ];
  });
  const aggregates = [
    "count(*)",
    "count(*) FILTER (WHERE _time > last - INTERVAL 7 DAY)",
    "count(*) FILTER (WHERE hour(_time) < 6)",
    "count(DISTINCT date_trunc('day', _time))",
    "count(*) FILTER (WHERE dayofweek(_time) IN (0, 6))",
    "count(*) FILTER (WHERE _time > last - INTERVAL 1 HOUR)",
    ...counted,
  ];
  const { rows } = await engine.rows({
    sql: `WITH whole AS (SELECT max(_time) AS last FROM ${from})
SELECT ${aggregates.map((one, i) => `${one} AS v${i}`).join(",\n  ")}
FROM ${from}, whole GROUP BY last`,
    rowLimit: 1,
    timeLimitMs: TIME_LIMIT_MS,
    signal,
  });
  const values = aggregates.map((_, i) => Number(rows[0]?.[`v${i}`] ?? 0));
  const [whole = 0, week = 0, night = 0, days = 0, weekend = 0, hour = 0] = values;
  const name = dataset.name;
  const question = (id: string, text: string, unit: string, answer: number): CalibrationQuestion => ({
    id: `data:${name}:${id}`,
    kind: "interval",
    text,
    unit,
    answer,
    source: `counted in ${name} now`,
  });
  return [
    question(
      "week",
      `How many events does ${name} hold of the last seven days that it covers?`,
      "events",
      week,
    ),
    question("whole", `How many events does ${name} hold altogether?`, "events", whole),
    question(
      "night",
      `How many of every 100 events in ${name} are from before six in the morning (UTC)?`,
      "of 100",
      share(night, whole),
    ),
    ...columns.flatMap((column, i) => {
      const [distinct = 0, filled = 0, top = 0] = values.slice(FIRST + 4 * i, FIRST + 3 + 4 * i);
      return [
        question(
          `distinct:${column.name}`,
          `How many different values has ${column.name} in ${name}?`,
          "values",
          distinct,
        ),
        question(
          `top:${column.name}`,
          `How many of every 100 events in ${name} have the most common value of ${column.name}?`,
          "of 100",
          share(top, whole),
        ),
        ...(filled < whole
          ? [
              question(
                `filled:${column.name}`,
                `How many of every 100 events in ${name} have a value in ${column.name}?`,
                "of 100",
                share(filled, whole),
              ),
            ]
          : []),
      ];
    }),
    question("days", `On how many days are there events in ${name}?`, "days", days),
    question("hour", `How many events does ${name} hold of the last hour that it covers?`, "events", hour),
    ...columns.flatMap((column, i) =>
      column.type === "VARCHAR"
        ? [
            question(
              `longest:${column.name}`,
              `How many characters has the longest ${column.name} in ${name}?`,
              "characters",
              values[FIRST + 3 + 4 * i] ?? 0,
            ),
          ]
        : [],
    ),
    question(
      "weekend",
      `How many of every 100 events in ${name} fall on a Saturday or Sunday (UTC)?`,
      "of 100",
      share(weekend, whole),
    ),
  ];
}

function comparisons(datasets: readonly CatalogEntry[]): CalibrationQuestion[] {
  const sorted = [...datasets].sort((left, right) => (left.name < right.name ? -1 : 1));
  return sorted.slice(1).map((dataset, i) => ({
    id: `more:${sorted[i]!.name}:${dataset.name}`,
    kind: "binary" as const,
    text: `${sorted[i]!.name} holds more events than ${dataset.name}.`,
    unit: "",
    answer: sorted[i]!.rowCount > dataset.rowCount ? 1 : 0,
    source: "counted in the catalog now",
  }));
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10;
}
