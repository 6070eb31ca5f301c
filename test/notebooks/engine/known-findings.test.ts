import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type CellValue, QueryError, type RowsResult } from "../../../notebooks/engine/engine.ts";
import { corpus } from "../../corpora.ts";
import { LoadedLake } from "../loaded-lake.ts";

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
const lake = new LoadedLake();
const { engine } = lake;
after(() => lake.close());

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
  const report = await lake.load(name, [file]);
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
