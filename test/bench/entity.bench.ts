import type { EntityKind } from "../../connectors/source/source.ts";
import type { EntityDataset } from "../../notebooks/entity/entity-fields.ts";
import {
  countQuestion,
  keysQuestion,
  neighboursQuestion,
  rarityQuestion,
} from "../../notebooks/entity/entity-questions.ts";
import { TestLake } from "../notebooks/engine/test-lake.ts";

const ROWS = 1_000_000;
const TIMES = 5;

/** Everything about one host and one address in two datasets of a million events each, against a bare scan of both. */
export async function bench() {
  const lake = new TestLake({ maximumConcurrent: 6, memoryLimit: "2GB" });
  try {
    await lake.add(
      "endpoint",
      `SELECT TIMESTAMP '2026-01-01' + to_milliseconds(i * 600) AS _time, 'HOST' || (hash(i) % 200) || '.lantern.example' AS "Hostname",
         'LANTERN\\user' || (hash(i + 1) % 400) AS "User", 'C:\\Windows\\tool' || (hash(i + 2) % 300) || '.exe' AS "Image",
         '10.0.' || (hash(i + 3) % 4) || '.' || (hash(i + 4) % 250) AS "DestinationIp", md5(CAST(hash(i) % 500 AS VARCHAR)) AS "Hashes",
         repeat('x', 60) || i AS "CommandLine" FROM range(${ROWS}) AS r(i)`,
    );
    await lake.add(
      "network",
      `SELECT TIMESTAMP '2026-01-01' + to_milliseconds(i * 600) AS _time, '10.0.' || (hash(i) % 4) || '.' || (hash(i + 1) % 250) AS "id.orig_h",
         '203.0.113.' || (hash(i + 2) % 250) AS "id.resp_h", 'host' || (hash(i + 3) % 200) AS client_host, hash(i) % 9000 AS bytes
       FROM range(${ROWS}) AS r(i)`,
    );
    const catalog = [...lake.datasets.values()].map(
      (dataset): EntityDataset => ({
        name: dataset.name,
        source: dataset.name,
        origin: "source",
        columns: [
          { name: "_time", type: "TIMESTAMP", entity: null },
          ...dataset.columns.map(({ name, type }) => ({ name, type, entity: null })),
        ],
      }),
    );
    const buckets = { originUs: BigInt(Date.UTC(2026, 0, 1)) * 1000n, widthUs: 3_600_000_000n };
    const everywhere = (ask: (dataset: EntityDataset) => Promise<unknown>) => () =>
      Promise.all(catalog.map(ask));
    const of = (kind: EntityKind, value: string) => ({
      counts: everywhere(async (dataset) => {
        const question = countQuestion(dataset, kind, value, null, buckets);
        if (question) await lake.engine.rows(question);
      }),
      neighbours: everywhere(async (dataset) => {
        const question = neighboursQuestion(dataset, kind, value, null);
        if (!question) return;
        const { rows } = await lake.engine.rows(question);
        const values = new Map<number, string[]>();
        for (const row of rows)
          values.set(Number(row.field), [...(values.get(Number(row.field)) ?? []), String(row.value)]);
        const rarity = rarityQuestion(dataset, kind, values, null);
        if (rarity) await lake.engine.rows(rarity);
      }),
      events: everywhere(async (dataset) => {
        const question = keysQuestion(dataset, kind, value, null, "newest", null, 101);
        if (question) await lake.engine.rows(question);
      }),
    });
    const scan = await median(
      everywhere((dataset) =>
        lake.engine.rows({ sql: `SELECT count(DISTINCT _time), min(_file), count(*) FROM ${dataset.name}` }),
      ),
    );
    const rows = [
      { label: "baseline: distinct times of both", value: scan, unit: "ms", ratio: null as number | null },
    ];
    for (const [name, ask] of [
      ["host", of("host", "host17")],
      ["ip", of("ip", "10.0.1.17")],
    ] as const) {
      for (const [what, work] of Object.entries(ask)) {
        const ms = await median(work);
        rows.push({ label: `${name}: ${what}`, value: ms, unit: "ms", ratio: ms / scan });
      }
    }
    return { name: `Everything about an entity, two datasets of ${ROWS.toLocaleString("en")} events`, rows };
  } finally {
    await lake.close();
  }
}

async function median(work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < TIMES; run += 1) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return Math.round(times.toSorted((one, other) => one - other)[Math.floor(TIMES / 2)]! * 10) / 10;
}
