import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Dataset, DatasetCommit, DatasetRegistry } from "../../../connectors/dataset/dataset.ts";
import { loadFiles } from "../../../connectors/load/load.ts";
import { createDuckDbEngine } from "../../../notebooks/engine/duckdb-engine.ts";
import { type CellValue, QueryError, type RowsResult } from "../../../notebooks/engine/engine.ts";
import { corpus } from "../../corpora.ts";

interface Finding {
  readonly id: string;
  readonly dataset: string;
  readonly events_in_dataset?: number;
  readonly duckdb_sql: string;
  readonly expected_rows: number;
  readonly rows: readonly Readonly<Record<string, CellValue>>[];
  readonly columns_absent_from_dataset: readonly string[] | null;
}

const hunts = corpus("hunts");
const mordor = corpus("mordor");
const cloudtrail = corpus("cloudtrail");
const absent = hunts === null || mordor === null || cloudtrail === null;
const skip = absent ? "the shared corpora (hunts, mordor, cloudtrail) are absent" : false;
const folder = mkdtempSync(join(tmpdir(), "spoor-findings-"));

class MemoryRegistry implements DatasetRegistry {
  readonly #datasets = new Map<string, Dataset>();

  list(): readonly Dataset[] {
    return [...this.#datasets.values()];
  }
  get(name: string): Dataset | undefined {
    return this.#datasets.get(name);
  }
  hasInput(): boolean {
    return false;
  }
  spoolPosition(): undefined {}
  commit(change: DatasetCommit): void {
    const names = new Set([
      ...change.columns.keys(),
      ...change.segmentsAdded.map((segment) => segment.dataset),
    ]);
    for (const name of names) {
      const old = this.#datasets.get(name);
      const kept = (old?.segments ?? []).filter((segment) => !change.segmentIdsRemoved.includes(segment.id));
      this.#datasets.set(name, {
        name,
        source: change.source,
        columns: change.columns.get(name) ?? old?.columns ?? [],
        segments: [...kept, ...change.segmentsAdded.filter((segment) => segment.dataset === name)],
        version: (old?.version ?? 0) + 1,
      });
    }
  }
}

const registry = new MemoryRegistry();
const engine = createDuckDbEngine({
  datasets: () => registry.list(),
  ledgerTables: [],
  temporaryDirectory: join(folder, "spill"),
  memoryLimit: "2GB",
  threads: 2,
  maximumConcurrent: 2,
  clock: () => performance.now(),
});
after(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const loaded = new Map<string, string>();

/** Loads the archive once and gives the dataset's name. */
async function datasetOf(path: string): Promise<string> {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  const name = `d${loaded.size + 1}`;
  loaded.set(path, name);
  const file = path.startsWith("cloudtrail/")
    ? join(cloudtrail!, path.slice("cloudtrail/".length).replace("/*.json", ""))
    : join(mordor!, path);
  const { report } = await loadFiles({
    definition: null,
    name,
    paths: [file],
    lakeDirectory: join(folder, "lake"),
    scratchDirectory: join(folder, "scratch"),
    registry,
    clock: () => 1_700_000_000_000,
  });
  assert.ok(report.good > 0, `${path}: ${report.files.map((one) => one.reason).join("; ")}`);
  return name;
}

function text(value: CellValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function sqlOver(finding: Finding, dataset: string): string {
  return finding.duckdb_sql.replaceAll(/\b(from|join)(\s+)(?:dataTable|records|t)\b/gi, `$1$2${dataset}`);
}

/** Rows as texts in column order, sorted, so that ties in ORDER BY do not matter. */
function texts({ columns }: RowsResult, rows: readonly Readonly<Record<string, CellValue>>[]): string[] {
  return rows
    .map((row) => {
      const byLower = new Map(Object.entries(row).map(([key, value]) => [key.toLowerCase(), value]));
      const cells = columns.map(({ name }) =>
        text(name in row ? row[name] : byLower.get(name.toLowerCase())),
      );
      return JSON.stringify(cells);
    })
    .sort();
}

function findings(file: string): readonly Finding[] {
  return hunts === null ? [] : (JSON.parse(readFileSync(join(hunts, file), "utf8")) as Finding[]);
}

async function assertFound(finding: Finding): Promise<void> {
  const sql = sqlOver(finding, await datasetOf(finding.dataset));
  const absent = finding.columns_absent_from_dataset ?? [];
  if (absent.length > 0 && finding.expected_rows === 0) {
    // The reference counts a column that the data lack as NULL; here such a query is refused, and the column named.
    const result = await engine.rows({ sql }).catch((error: unknown) => error);
    if (result instanceof QueryError)
      return assert.ok(
        absent.some((name) => result.message.includes(name)),
        result.message,
      );
  }
  const result = await engine.rows({ sql });
  assert.equal(result.rows.length, finding.expected_rows);
  const named = new Set(finding.rows.flatMap((row) => Object.keys(row).map((name) => name.toLowerCase())));
  const compared = {
    ...result,
    columns: result.columns.filter(({ name }) => finding.rows.length === 0 || named.has(name.toLowerCase())),
  };
  assert.deepEqual(texts(compared, result.rows), texts(compared, finding.rows));
}

const known = findings("known_findings.json");
if (skip !== false) test("known findings", { skip }, () => undefined);
for (const finding of known.filter(({ id }) => id !== "A01")) {
  test(`known finding ${finding.id} has its exact rows`, { skip }, () => assertFound(finding));
}
for (const finding of known.filter(({ id }) => id === "A01")) {
  test("known finding A01 has its exact counts", { skip }, async () => {
    const { rows } = await engine.rows({ sql: sqlOver(finding, await datasetOf(finding.dataset)) });
    assert.equal(rows.length, finding.expected_rows);
    const counts = new Map(rows.map((row) => [row.eventName, Number(row["count_star()"])]));
    for (const row of finding.rows) assert.equal(counts.get(row.eventName), row.count, String(row.eventName));
    assert.ok(finding.rows.length > 5);
  });
}
for (const finding of findings("threathunter_playbook_analytics.json")) {
  test(`analytic ${finding.id} has its exact rows`, { skip }, () => assertFound(finding));
}
