import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { discover } from "../../../connectors/discover/discover.ts";
import { corpus } from "../../corpora.ts";

const mordor = corpus("mordor");

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "spoor-discover-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test("ranks logs by what they tell, with reasons, and loads nothing", async (t) => {
  const directory = folder(t);
  const logs = join(directory, "logs");
  for (const name of ["sysmon", "dns", "shop"]) mkdirSync(join(logs, name), { recursive: true });
  for (const day of [1, 2]) {
    const event = {
      UtcTime: `2026-01-0${day} 10:00:00.000`,
      Image: "C:\\Windows\\cmd.exe",
      CommandLine: "cmd /c whoami",
      User: "LAB\\ana",
      Computer: "ws1",
    };
    writeFileSync(join(logs, "sysmon", `day${day}.ndjson`), `${JSON.stringify(event)}\n`.repeat(5));
  }
  const dns = [
    "#separator \\x09",
    "#path\tdns",
    "#fields\tts\tuid\tid.orig_h\tquery\tqtype_name",
    "#types\ttime\tstring\taddr\tstring\tstring",
    "1.000000\tC1\t10.0.0.1\texample.org\tA",
    "",
  ];
  writeFileSync(join(logs, "dns", "dns.log.gz"), gzipSync(dns.join("\n")));
  writeFileSync(join(logs, "shop", "orders.csv"), "order,price\n1,2.5\n2,3.5\n");
  writeFileSync(join(logs, "shop", "README.md"), "# nothing\n");
  const found = await discover({ paths: [logs], scratchDirectory: join(directory, "scratch") });
  assert.deepEqual(
    found.map(({ path, suggestedSource }) => [path, suggestedSource]),
    [
      [join(logs, "sysmon"), "sysmon"],
      [join(logs, "dns", "dns.log.gz"), "dns"],
      [join(logs, "shop", "orders.csv"), "orders"],
    ],
  );
  const [sysmon, zeek, shop] = found;
  assert.equal(sysmon?.reasons[0], "process creation with command lines");
  assert.equal(sysmon?.sampleRows, 10);
  assert.deepEqual(sysmon?.timeFields, ["UtcTime"]);
  assert.ok(sysmon?.entities.some((entity) => entity.kind === "user" && entity.field === "User"));
  assert.deepEqual([zeek?.format, zeek?.compression, zeek?.reasons[0]], ["zeek", "gzip", "DNS queries"]);
  assert.ok(
    sysmon!.score > zeek!.score && zeek!.score > shop!.score,
    JSON.stringify(found.map((f) => f.score)),
  );
  assert.deepEqual(readdirSync(join(directory, "scratch")), []);
});

test("reads a bounded part of a large input", async (t) => {
  const directory = folder(t);
  const line = `${JSON.stringify({ ts: "2026-01-01T00:00:00Z", pad: "x".repeat(900) })}\n`;
  const path = join(directory, "large.ndjson.gz");
  writeFileSync(path, gzipSync(line.repeat(40_000)));
  const started = performance.now();
  const [found] = await discover({ paths: [path], scratchDirectory: join(directory, "scratch") });
  assert.ok(found!.sampleRows > 100 && found!.sampleRows < 2_000, `${found!.sampleRows} rows`);
  assert.ok(performance.now() - started < 5_000);
});

test("looks into archives", { skip: mordor === null && "the shared corpora are absent" }, async (t) => {
  const directory = folder(t);
  const found = await discover({
    paths: [join(mordor!, "atomic", "windows", "credential_access")],
    scratchDirectory: join(directory, "scratch"),
  });
  assert.ok(found.length > 5, `${found.length} found`);
  assert.ok(
    found.every((f) => f.format === "ndjson" && f.score > 50),
    JSON.stringify(found.map((f) => [f.path, f.score])),
  );
  assert.ok(found.some((f) => f.reasons.includes("process creation with command lines")));
});

test("an aborted look throws", async (t) => {
  const directory = folder(t);
  writeFileSync(join(directory, "a.ndjson"), '{"a":1}\n');
  await assert.rejects(
    discover({
      paths: [directory],
      scratchDirectory: join(directory, "scratch"),
      signal: AbortSignal.abort(),
    }),
    { name: "AbortError" },
  );
});
