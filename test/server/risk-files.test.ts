import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import type { IncidentImportResult, Job, RiskquantImportResult } from "../../server/api/api.ts";
import { spoor } from "./command-line.ts";
import { startServer } from "./running-server.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-risk-files-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const workspace = join(folder, "workspace");
const risk = join(workspace, "risk");

const MODEL = readFileSync(
  join(import.meta.dirname, "..", "..", "server", "demo", "files", "risk", "model.yaml"),
  "utf8",
);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Rows of a Parquet file by a DuckDB of its own. */
async function rowsOf(path: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "500MB", threads: "2" });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(sql.replace("$file", `'${path.replaceAll("'", "''")}'`));
    return reader.getRowObjects() as Record<string, unknown>[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

test("CSV files come in by the command line, draws leave as Parquet", {
  timeout: 180_000,
}, async (context) => {
  mkdirSync(risk, { recursive: true });
  mkdirSync(join(workspace, "sources"), { recursive: true });
  writeFileSync(join(risk, "model.yaml"), MODEL);
  const server = await startServer(workspace, ["--empty"]);
  context.after(() => server.kill());
  const model = () => readFileSync(join(risk, "model.yaml"), "utf8");

  await context.test("riskquant: refused whole, previewed, added, and there already", async () => {
    const bad = file("bad.csv", "OK,Fine,0.1,1000,9000\nNO,Backwards,0.1,9000,1000\nNO2,Words,often,1,2\n");
    const refused = await spoor(workspace, "risk", "import", "riskquant", bad);
    assert.notEqual(refused.status, 0);
    assert.match(refused.error, /bad\.csv:2/);
    assert.match(refused.error, /bad\.csv:3/);
    assert.equal(model(), MODEL);

    const good = file(
      "losses.csv",
      'identifier,name,probability,low_loss,high_loss\nLAPTOP,"Laptop, stolen",0.5,2000,40000\nRANSOMWARE,Ransom,0.05,250000,4000000\n',
    );
    const preview = await spoor(workspace, "risk", "import", "riskquant", good, "--preview");
    assert.equal(preview.status, 0, preview.error);
    assert.ok(preview.out.indexOf("RANSOMWARE") < preview.out.indexOf("LAPTOP"), preview.out);
    assert.match(preview.error, /2 scenarios would be added/);
    assert.equal(model(), MODEL);
    const added = await spoor(workspace, "risk", "import", "riskquant", good, "--json");
    const result = JSON.parse(added.out) as RiskquantImportResult;
    assert.equal(result.written, true);
    const now = model();
    assert.ok(now.includes("# Judgements of a workshop") && now.includes("id: LAPTOP"));
    for (const line of MODEL.split("\n")) assert.ok(now.includes(line), line);
    const known = await spoor(workspace, "risk", "import", "riskquant", good);
    assert.match(known.error, /0 scenarios added/);
    assert.equal(model(), now);
  });

  await context.test("a preview that is out of date writes nothing", async () => {
    const body = { file: "x.csv", text: "X,X,1,10,20\n" };
    const seen = await server.post<RiskquantImportResult>("/api/risk/import/riskquant", body);
    const changed = `${model()}# somebody wrote this\n`;
    writeFileSync(join(risk, "model.yaml"), changed);
    const answer = await server.request("/api/risk/import/riskquant", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...body, write: true, revision: seen.revision }),
    });
    assert.equal(answer.status, 409);
    assert.equal(model(), changed);
    assert.deepEqual(
      readdirSync(risk).filter((name) => name.endsWith(".new")),
      [],
    );
  });

  await context.test("incidents: asked since when, appended, duplicates said", async () => {
    const incidents = file(
      "incidents.csv",
      'date,scenario,found_by,loss_usd,note\n2025-02-01,ransomware,other,120000,"a warehouse, one day"\n2025-07-09,contract-theft,detection,,\n2025-07-09,contract-theft,detection,,\n',
    );
    const before = model();
    const asked = await spoor(workspace, "risk", "import", "incidents", incidents);
    assert.notEqual(asked.status, 0);
    assert.match(asked.error, /--since/);
    assert.equal(model(), before);
    const added = await spoor(
      workspace,
      "risk",
      "import",
      "incidents",
      incidents,
      "--since",
      "2024-01-01",
      "--json",
    );
    const result = JSON.parse(added.out) as IncidentImportResult;
    assert.deepEqual(
      result.incidents.map(({ line, state }) => [line, state]),
      [
        [2, "new"],
        [3, "new"],
        [4, "known"],
      ],
    );
    assert.match(model(), /^ {2}incidentsSince: 2024-01-01$/m);
    const again = await spoor(workspace, "risk", "import", "incidents", incidents);
    assert.match(again.error, /0 incidents added, 3 skipped as there already/);
    assert.equal(readFileSync(join(risk, "incidents.csv"), "utf8").trim().split("\n").length, 3);
    const wrong = file("wrong.csv", "date,scenario,found_by\n2025-01-01,nothing,other\n");
    const refused = await spoor(workspace, "risk", "import", "incidents", wrong);
    assert.match(refused.error, /wrong\.csv:2/);
  });

  await context.test(
    "draws: one row each, values that fit each other, the same for the same seed",
    async () => {
      const out = join(folder, "draws.parquet");
      const make = (path: string, seed: string) =>
        spoor(
          workspace,
          "risk",
          "draws",
          "--out",
          path,
          "--draws",
          "600",
          "--seed",
          seed,
          "--years",
          "40000",
        );
      const made = await make(out, "7");
      assert.equal(made.status, 0, made.error);
      const [summary] = await rowsOf(
        out,
        `select count(*) n, min(draw) a, max(draw) z, avg(baseline_usd - residual_usd) cut,
        avg("shapley_usd:sysmon" + "shapley_usd:idp" + "shapley_usd:winauth" + "shapley_usd:zeek" + "shapley_usd:cloudtrail") shared,
        min("coverage:sysmon/ransomware") low, max("coverage:sysmon/ransomware") high, min("frequency:ransomware") f
       from read_parquet($file)`,
      );
      assert.deepEqual([summary!.n, summary!.a, summary!.z], [600n, 1n, 600n]);
      assert.ok(Number(summary!.cut) > 0);
      assert.ok(
        Math.abs(Number(summary!.cut) / Number(summary!.shared) - 1) < 1e-9,
        "Shapley values sum to the cut",
      );
      assert.ok(Number(summary!.low) > 0.5 && Number(summary!.high) < 1 && Number(summary!.f) > 0);
      const years = join(folder, "draws-years.parquet");
      const [simulated] = await rowsOf(
        years,
        "select count(*) n, avg(loss_without_sources_usd) without_usd, avg(loss_usd) with_usd from read_parquet($file)",
      );
      assert.equal(simulated!.n, 40_000n);
      assert.ok(Number(simulated!.with_usd) < Number(simulated!.without_usd));

      const same = join(folder, "same.parquet");
      const other = join(folder, "other.parquet");
      await make(same, "7");
      await make(other, "8");
      const hash = async (path: string) => {
        const [row] = await rowsOf(
          path,
          "select md5(string_agg(d::varchar, '|' order by 1)) h from read_parquet($file) d",
        );
        return row!.h;
      };
      assert.equal(await hash(same), await hash(out));
      assert.notEqual(await hash(other), await hash(out));
      assert.equal(await hash(join(folder, "same-years.parquet")), await hash(years));
    },
  );

  await context.test(
    "draws over HTTP as CSV and Parquet; a job can be cancelled; nonsense is refused",
    async () => {
      const csv = await (await server.request("/api/risk/draws?format=csv&draws=5&seed=7")).text();
      const lines = csv.trim().split("\r\n");
      assert.equal(lines.length, 6);
      assert.match(lines[0]!, /^draw,frequency:ransomware/);
      const parquet = await server.request("/api/risk/draws?draws=5&seed=7");
      const bytes = Buffer.from(await parquet.arrayBuffer());
      assert.equal(bytes.subarray(0, 4).toString(), "PAR1");
      assert.match(parquet.headers.get("content-disposition")!, /risk-draws-seed-7\.parquet/);
      for (const query of ["draws=0", "draws=x", "seed=-1", "format=xls", "years=1e9", "table=secrets"])
        assert.equal((await server.request(`/api/risk/draws?${query}`)).status, 400, query);
      for (const name of ["..%2f..%2fserver.json", "draws-none.parquet"])
        assert.equal((await server.request(`/api/risk/draws/${name}`)).status, 404, name);
      const job = await server.post<Job>("/api/risk/draws", { draws: 200_000 });
      await server.request(`/api/jobs/${job.id}`, { method: "DELETE" });
      let state = "running";
      for (let turn = 0; turn < 100 && state === "running"; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        ({ state } = await server.json<Job>(`/api/jobs/${job.id}`));
      }
      assert.equal(state, "cancelled");
    },
  );
});
